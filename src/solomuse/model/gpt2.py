"""GPT-2 with features of the chart, as a transformers model, for training.

The embedding of each position is the token's plus one for each feature (`solomuse.tokens.features`): the
current chord, the next one and when it comes, the place in the bar, the last note and how it was reached. To
GPT-2's own scores of the next token are added those of `solomuse.model.relative`, `solomuse.model.rests` and
`solomuse.model.recall`; its attention is turned by the time of the positions (`solomuse.model.rotary`). All else is
GPT-2 unchanged.
"""

from __future__ import annotations

from itertools import takewhile
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedModel
from transformers.modeling_outputs import CausalLMOutputWithPast
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS
from transformers.models.gpt2.modeling_gpt2 import GPT2Attention, eager_attention_forward

from solomuse.config import ModelConfig
from solomuse.model.recall import REACH, with_recall
from solomuse.model.relative import relative_scores, relative_size
from solomuse.model.rests import CELLS, KINDS, with_rests
from solomuse.model.rotary import angles, turned
from solomuse.tokens.features import STEP, feature_sizes, features
from solomuse.tokens.vocabulary import BOS, EOS, PAD, Vocabulary, vocabulary


class ChartGPT2Config(GPT2Config):
    """GPT-2's configuration with the features' sizes and the grid of the vocabulary."""

    model_type = "chart_gpt2"

    feature_sizes: list[int] | None = None
    grid: int = 12


class RotaryAttention(GPT2Attention):
    """GPT-2's attention with queries and keys turned by their time; keys are kept turned."""

    def forward(
        self,
        hidden_states: Tensor,
        past_key_values: Any = None,
        attention_mask: Tensor | None = None,
        *,
        turn: tuple[Tensor, Tensor],
        **kwargs: Any,
    ) -> tuple[Tensor, Tensor | None]:
        """The values mixed, shape (B, T, C), and the shares of each where the implementation gives them.

        Parameters
        ----------
        hidden_states : Tensor of shape (B, T, C)
        turn : tuple of Tensor of shape (B, T, head / 2)
            Cosines and sines of the angles of these positions.
        """
        parts = self.c_attn(hidden_states).unflatten(-1, (3, self.num_heads, self.head_dim))  # (B, T, 3, heads, width)
        queries, keys, values = parts.permute(2, 0, 3, 1, 4).unbind()  # each (B, heads, T, width)
        queries, keys = turned(queries, *turn), turned(keys, *turn)
        if past_key_values is not None:
            keys, values = past_key_values.update(keys, values, self.layer_idx)
        attend = ALL_ATTENTION_FUNCTIONS.get_interface(self.config._attn_implementation, eager_attention_forward)
        dropout = self.attn_dropout.p if self.training else 0.0
        mixed, shares = attend(
            self, queries, keys, values, attention_mask, dropout=dropout, scaling=self.scaling, **kwargs
        )
        return self.resid_dropout(self.c_proj(mixed.flatten(-2))), shares


class ChartGPT2LMHeadModel(GPT2LMHeadModel):
    """GPT-2 with features of the chart; a causal language model like any other of transformers."""

    config_class = ChartGPT2Config

    def __init__(self, config: ChartGPT2Config) -> None:
        super().__init__(config)
        for layer, block in enumerate(self.transformer.h):
            block.attn = RotaryAttention(config, layer_idx=layer)
        sizes = config.feature_sizes or list(feature_sizes(vocabulary(config.grid)))
        self.feature_embedding = nn.Embedding(sum(sizes), config.n_embd)
        self.relative_head = nn.Linear(config.n_embd, relative_size(vocabulary(config.grid)), bias=False)
        self.register_buffer("rest_scores", torch.zeros(CELLS, KINDS))
        self.recall = nn.Parameter(torch.zeros(REACH + 1))
        self._offsets = [sum(sizes[:index]) for index in range(len(sizes)) if sizes[index]]
        self.loss_type = "ForCausalLM"
        self.post_init()

    def forward(
        self,
        input_ids: Tensor,
        features: Tensor | None = None,
        sequences: Tensor | None = None,
        attention_mask: Tensor | None = None,
        labels: Tensor | None = None,
        past_key_values: Any = None,
        use_cache: bool | None = None,
        position_ids: Tensor | None = None,
        **kwargs: Any,
    ) -> CausalLMOutputWithPast:
        """Scores of the next token.

        Parameters
        ----------
        input_ids : Tensor of shape (B, T)
        features : Tensor of shape (B, T, F), optional
            Read off `input_ids` where absent, which must then be whole sequences from ``<BOS>`` on.
        sequences : Tensor of shape (B, S), optional
            The whole sequences that end with `input_ids`, where these are not whole.
        labels : Tensor of shape (B, T), optional
            Token ids, -100 where nothing is to be learned.
        position_ids : Tensor of shape (B, T), optional
            How many tokens stand before each; counted from the first one where absent.
        """
        rows = (self._features_of(input_ids) if features is None else features).long()
        index = rows[..., STEP + 1 :] + torch.tensor(self._offsets, device=rows.device)
        chart = functional.embedding_bag(index.flatten(0, 1), self.feature_embedding.weight, mode="sum")
        embeds = self.transformer.wte(input_ids) + chart.view(*input_ids.shape, -1)  # (B, T, C)
        turn = angles(rows[..., STEP], self.config.n_embd // self.config.n_head, self.config.grid)
        loss_kwargs = {key: kwargs.pop(key) for key in ("num_items_in_batch",) if key in kwargs}
        out = self.transformer(
            inputs_embeds=embeds,
            attention_mask=attention_mask,
            past_key_values=past_key_values,
            use_cache=use_cache,
            position_ids=position_ids,
            turn=(turn.cos().float(), turn.sin().float()),
            **{key: value for key, value in kwargs.items() if key == "cache_position"},
        )
        hidden = out.last_hidden_state
        known = vocabulary(self.config.grid)
        logits = self.lm_head(hidden) + relative_scores(self.relative_head(hidden), rows, known)  # (B, T, V)
        logits = with_rests(logits, rows, self.rest_scores, known)
        logits = with_recall(logits, input_ids if sequences is None else sequences, self.recall, known)
        loss = None
        if labels is not None:
            loss = self.loss_function(logits, labels, vocab_size=self.config.vocab_size, **loss_kwargs)
        return CausalLMOutputWithPast(loss=loss, logits=logits, past_key_values=out.past_key_values)

    def prepare_inputs_for_generation(self, input_ids: Tensor, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """What `generate` feeds to `forward`: the newest tokens with their features, and all before."""
        inputs: dict[str, Any] = super().prepare_inputs_for_generation(input_ids, *args, **kwargs)
        count = inputs["input_ids"].shape[1]
        inputs["features"], inputs["sequences"] = self._features_of(input_ids)[:, -count:], input_ids
        return inputs

    def _features_of(self, input_ids: Tensor) -> Tensor:
        known = vocabulary(self.config.grid)
        rows = []
        for row in input_ids.tolist():
            pads = len(list(takewhile(PAD.__eq__, row)))  # in front of a short prompt
            rows.append(functional.pad(torch.from_numpy(features(row[pads:], known)), (0, 0, pads, 0)))
        return torch.stack(rows).to(input_ids.device)


def build_model(config: ModelConfig, vocabulary: Vocabulary) -> PreTrainedModel:
    """A model with fresh weights, from torch's global random state."""
    shape = {
        "vocab_size": len(vocabulary),
        "n_layer": config.n_layer,
        "n_head": config.n_head,
        "n_embd": config.n_embd,
        "n_positions": config.block_size,
        "resid_pdrop": config.dropout,
        "embd_pdrop": config.dropout,
        "attn_pdrop": 0.0,  # on a CPU dropout inside the attention forbids the fused kernel: 2.6 times slower
        "bos_token_id": BOS,
        "eos_token_id": EOS,
        "pad_token_id": PAD,
    }
    if not config.chart_features:
        return GPT2LMHeadModel(GPT2Config(**shape))
    chart_config = ChartGPT2Config(
        **shape,
        feature_sizes=list(feature_sizes(vocabulary)),
        grid=vocabulary.grid,
    )
    return ChartGPT2LMHeadModel(chart_config)
