"""The model for generation: torch alone, with a cache of keys and values."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from solomuse.model.relative import relative_scores
from solomuse.tokens.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class DecoderConfig:
    """What the decoder needs to know of ``config.json``.

    Parameters
    ----------
    vocabulary : Vocabulary
    feature_sizes : tuple of int
        Empty for a plain GPT-2.
    """

    n_layer: int
    n_head: int
    n_embd: int
    block_size: int
    vocabulary: Vocabulary
    feature_sizes: tuple[int, ...]
    layer_norm_epsilon: float = 1e-5


class Cache:
    """Keys and values of up to `length` positions for each of `rows` sequences.

    Attributes
    ----------
    keys, values : Tensor of shape (layers, B, heads, length, head width)
    lengths : Tensor of shape (B,), int64
        Positions filled in each row; rows may differ.
    """

    def __init__(self, config: DecoderConfig, rows: int, like: Tensor) -> None:
        shape = (config.n_layer, rows, config.n_head, config.block_size, config.n_embd // config.n_head)
        self.keys = torch.zeros(shape, dtype=like.dtype, device=like.device)
        self.values = torch.zeros_like(self.keys)
        self.lengths = torch.zeros(rows, dtype=torch.int64, device=like.device)


class Decoder:
    """GPT-2, with or without features of the chart, over a state dict of `solomuse.model.gpt2`."""

    def __init__(self, config: DecoderConfig, weights: dict[str, Tensor]) -> None:
        self.config = config
        self.weights = weights
        sizes = config.feature_sizes
        offsets = [sum(sizes[:index]) for index in range(len(sizes))]
        self._offsets = torch.tensor(offsets, device=self.device)

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.weights["transformer.wte.weight"].device

    def new_cache(self, rows: int) -> Cache:
        """An empty cache for `rows` sequences."""
        return Cache(self.config, rows, self.weights["transformer.wte.weight"])

    @torch.inference_mode()
    def forward(self, token_ids: Tensor, features: Tensor, counts: Tensor, cache: Cache) -> Tensor:
        """Scores of the next token of each row, after reading some more of it.

        Parameters
        ----------
        token_ids : Tensor of shape (B, T), int64
            The next tokens of each row, padded on the right.
        features : Tensor of shape (B, T, F), int64
            Ignored by a plain GPT-2.
        counts : Tensor of shape (B,), int64
            How many of the T are real; 0 leaves a row as it was, its scores are then meaningless.
        cache : Cache
            Grows by `counts`.

        Returns
        -------
        Tensor of shape (B, V)
        """
        w, T = self.weights, token_ids.shape[1]
        rows = torch.arange(len(counts), device=self.device)
        positions = cache.lengths[:, None] + torch.arange(T, device=self.device)  # (B, T)
        positions = positions.clamp(max=self.config.block_size - 1)
        x = w["transformer.wte.weight"][token_ids] + w["transformer.wpe.weight"][positions]  # (B, T, C)
        if self.config.feature_sizes:
            x = x + w["feature_embedding.weight"][features + self._offsets].sum(dim=-2)
        reach = int(positions.max()) + 1
        mask = torch.arange(reach, device=self.device) <= positions[:, None, :, None]  # (B, 1, T, reach)
        for layer in range(self.config.n_layer):
            x = self._block(layer, x, positions, mask, cache)
        cache.lengths = cache.lengths + counts
        last = (counts - 1).clamp(min=0)
        hidden = self._norm("transformer.ln_f", x[rows, last])  # (B, C)
        logits = functional.linear(hidden, w.get("lm_head.weight", w["transformer.wte.weight"]))
        if self.config.feature_sizes:
            relative = functional.linear(hidden, w["relative_head.weight"])
            logits = logits + relative_scores(relative, features[rows, last], self.config.vocabulary)
        return logits

    def _block(self, layer: int, x: Tensor, positions: Tensor, mask: Tensor, cache: Cache) -> Tensor:
        name = f"transformer.h.{layer}"
        B, T, C = x.shape
        heads = (B, T, self.config.n_head, C // self.config.n_head)
        queries, keys, values = self._conv(f"{name}.attn.c_attn", self._norm(f"{name}.ln_1", x)).split(C, dim=-1)
        row = torch.arange(B, device=x.device)[:, None]
        cache.keys[layer][row, :, positions] = keys.view(heads)
        cache.values[layer][row, :, positions] = values.view(heads)
        reach = mask.shape[-1]
        mixed = functional.scaled_dot_product_attention(
            queries.view(heads).transpose(1, 2),
            cache.keys[layer][:, :, :reach],
            cache.values[layer][:, :, :reach],
            attn_mask=mask,
        )  # (B, heads, T, head width)
        x = x + self._conv(f"{name}.attn.c_proj", mixed.transpose(1, 2).reshape(B, T, C))
        wide = functional.gelu(self._conv(f"{name}.mlp.c_fc", self._norm(f"{name}.ln_2", x)), approximate="tanh")
        return x + self._conv(f"{name}.mlp.c_proj", wide)

    def _conv(self, name: str, x: Tensor) -> Tensor:
        """GPT-2's ``Conv1D``: a linear layer whose weight is stored transposed."""
        return x @ self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]

    def _norm(self, name: str, x: Tensor) -> Tensor:
        weight, bias = self.weights[f"{name}.weight"], self.weights[f"{name}.bias"]
        return functional.layer_norm(x, (x.shape[-1],), weight, bias, self.config.layer_norm_epsilon)
