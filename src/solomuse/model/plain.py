"""Any causal language model of transformers, for generation: slower than our own GPT-2, and less choosy."""

from __future__ import annotations

import inspect
import textwrap
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from solomuse.errors import ConfigError, ModelError
from solomuse.model.decoder import Cache, Decoder, DecoderConfig, Precision
from solomuse.tokens.vocabulary import Vocabulary


class PlainCache(Cache):
    """A cache of transformers; rows end together, and shorter ones begin later.

    Attributes
    ----------
    past : Cache of transformers
    mask : Tensor of shape (B, length), int64
        1 where a row has a token.
    """

    def __init__(self, past: Any, mask: Tensor, context: int) -> None:
        self.past, self.mask, self._context = past, mask, context

    @property
    def rows(self) -> int:
        """How many sequences it holds."""
        return len(self.mask)

    @property
    def length(self) -> int:
        """Positions filled in the longest row."""
        return int(self.mask.shape[1])

    @property
    def room(self) -> int:
        """Positions left in the longest row."""
        return self._context - self.length


class PlainDecoder(Decoder):
    """A model of transformers with its own cache.

    Parameters
    ----------
    model : PreTrainedModel
        Takes ``features`` or leaves them.
    """

    def __init__(self, config: DecoderConfig, model: Any) -> None:
        self.config = config
        self.model = model.eval()
        self._takes_features = "features" in inspect.signature(model.forward).parameters

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        device: torch.device = self.model.device
        return device

    @torch.inference_mode()
    def start(self, token_ids: Tensor, features: Tensor, counts: Tensor) -> tuple[Tensor, PlainCache]:
        """Scores of the token after each row's last, and what is remembered of the rows."""
        starts = int(counts.max()) - counts
        place = torch.arange(int(counts.max()), device=token_ids.device) - starts[:, None]  # (B, T)
        source = place.clamp(min=0)
        wide = source[:, :, None].expand(-1, -1, features.shape[-1])
        cache = PlainCache(None, (place >= 0).long(), self.config.block_size)
        return self._forward(token_ids.gather(1, source), features.gather(1, wide), source, cache), cache

    @torch.inference_mode()
    def step(self, token_ids: Tensor, features: Tensor, cache: Cache) -> Tensor:
        """Scores of the token after these, by which every row grows."""
        assert isinstance(cache, PlainCache)
        assert cache.room > 0, f"the cache is full: {self.config.block_size} positions"
        positions = cache.mask.sum(dim=1, keepdim=True)
        cache.mask = torch.cat((cache.mask, torch.ones_like(positions)), dim=1)
        return self._forward(token_ids[:, None], features[:, None], positions, cache)

    def _forward(self, token_ids: Tensor, features: Tensor, positions: Tensor, cache: PlainCache) -> Tensor:
        """Scores (B, V) after tokens (B, T) that the mask counts already."""
        more = {"features": features} if self._takes_features else {}
        out = self.model(
            token_ids,
            attention_mask=cache.mask,
            position_ids=positions,
            past_key_values=cache.past,
            use_cache=True,
            **more,
        )
        cache.past = out.past_key_values
        scores: Tensor = out.logits[:, -1, : len(self.config.vocabulary)].float()
        return scores


def load_plain(folder: Path, vocabulary: Vocabulary, device: str, precision: Precision) -> PlainDecoder:
    """The decoder of a model folder whose weights ``AutoModelForCausalLM`` loads.

    Raises
    ------
    ConfigError
        If transformers is not installed, or the precision is not for such a model.
    ModelError
        If transformers cannot load the model, or it has too few tokens.
    """
    if precision == "int8":
        raise ConfigError("precision int8 is for GPT-2 only: use auto, fp32 or bf16")
    try:
        from huggingface_hub.errors import StrictDataclassError
        from safetensors import SafetensorError
        from transformers import AutoModelForCausalLM
    except ImportError:
        raise ConfigError(
            f"{folder} is no GPT-2, so it needs transformers: install it with pip install 'solomuse[train]'"
        ) from None
    dtype = torch.bfloat16 if precision == "bf16" else torch.float32
    try:
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype).to(device)
    except (  # what transformers makes of a config.json or of weights that are wrong in one way or another
        *(OSError, ValueError, TypeError, KeyError, ZeroDivisionError, RuntimeError),
        *(StrictDataclassError, SafetensorError),
    ) as error:
        raise ModelError(
            f"transformers cannot load {folder} ({textwrap.shorten(str(error), 200)}): copy or train the model again"
        ) from None
    return PlainDecoder(plain_config(folder, model.config, vocabulary), model)


def plain_config(folder: Path, config: Any, vocabulary: Vocabulary) -> DecoderConfig:
    """What the decoder needs to know of a configuration of transformers.

    Raises
    ------
    ModelError
        If the model has too few tokens, or no fixed number of positions.
    """
    positions = getattr(config, "max_position_embeddings", None)
    if config.vocab_size < len(vocabulary) or positions is None:
        raise ModelError(
            f"{folder} has {config.vocab_size} tokens and {positions} positions: "
            f"expected at least the vocabulary's {len(vocabulary)} tokens, and max_position_embeddings in config.json"
        )
    return DecoderConfig(
        n_layer=config.num_hidden_layers,
        n_head=config.num_attention_heads,
        n_embd=config.hidden_size,
        block_size=positions,
        vocabulary=vocabulary,
        feature_sizes=tuple(getattr(config, "feature_sizes", None) or ()),
    )
