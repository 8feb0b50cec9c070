"""GPT-2 for generation: torch alone, with or without features of the chart."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

from solomuse.errors import ConfigError
from solomuse.model.attention import Attention, FloatAttention, Heads
from solomuse.model.cache import KeyValueCache
from solomuse.model.decoder import Cache, Decoder, DecoderConfig, Precision
from solomuse.model.layers import Block, FloatLinear, Norm, Stack, compiled
from solomuse.model.quantised import ByteAttention, ByteLinear, is_supported
from solomuse.model.recall import strengths
from solomuse.model.relative import RelativeTables
from solomuse.model.rests import RestTable
from solomuse.model.rotary import Turns
from solomuse.tokens.features import STEP


class GPT2Decoder(Decoder):
    """GPT-2, with or without features of the chart, over a state dict of `solomuse.model.gpt2`.

    Parameters
    ----------
    weights : mapping of str to Tensor, float32
    precision : Precision
        ``auto`` takes bytes where torch has the kernels, else float32: see `precision_for`.

    Raises
    ------
    ConfigError
        If there is no such precision here.
    """

    def __init__(self, config: DecoderConfig, weights: Mapping[str, Tensor], precision: Precision = "fp32") -> None:
        self.config = config
        self._device = weights["transformer.wte.weight"].device
        self.precision = precision_for(self._device) if precision == "auto" else precision
        if self.precision == "int8" and not (self._device.type == "cpu" and is_supported()):
            raise ConfigError("precision int8 needs an x86 processor, and is not for a GPU: use auto, fp32 or bf16")
        self._heads = Heads(config.n_layer, config.n_head, config.n_embd // config.n_head)
        self._attention = self._new_attention()
        self._table, self._columns = _joint_table(config, weights)
        self._reader = _ChartReader(config, weights) if config.feature_sizes else None
        self.recall = strengths(weights["recall"]).cpu().numpy() if config.feature_sizes else None
        self._stack = Stack(
            [self._block(weights, f"transformer.h.{layer}") for layer in range(config.n_layer)],
            self._norm(weights, "transformer.ln_f"),
            self._linear(*_joint_head(config, weights)),
        )
        self._step = compiled(self._stack) if self._device.type == "cpu" else self._stack

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self._device

    @torch.inference_mode()
    def start(self, token_ids: Tensor, features: Tensor, counts: Tensor) -> tuple[Tensor, Cache]:
        """Scores of the token after each row's last, and what is remembered of the rows.

        Rows are read one by one, equal ones once: padding costs as much as it saves, and the shape of a product
        changes its last digit, which a rounding to bytes makes larger.
        """
        distinct, index = _distinct(token_ids, features, counts)
        lengths = counts[distinct].tolist()
        cache = self._new_cache(torch.tensor(lengths, device=self._device))
        hidden = torch.cat(
            [
                self._read(token_ids[row, :length], features[row, :length], cache, place)
                for place, (row, length) in enumerate(zip(distinct, lengths, strict=True))
            ]
        )
        last = torch.stack([features[row, length - 1] for row, length in zip(distinct, lengths, strict=True)])
        scores = self._scores(self._stack.scores(hidden), last)
        if len(distinct) == len(index):
            return scores, cache
        return scores[index], cache.select(torch.tensor(index))

    @torch.inference_mode()
    def step(self, token_ids: Tensor, features: Tensor, cache: Cache) -> Tensor:
        """Scores of the token after these, by which every row grows."""
        assert isinstance(cache, KeyValueCache)
        x = self._embed(token_ids, features, cache.positions)
        cache.advance()
        turns = self._turns(features)
        scores = self._step(x, turns, cache.stores, cache.reach, cache.newest, cache.mask, cache.indices)
        return self._scores(scores, features)

    def _read(self, token_ids: Tensor, features: Tensor, cache: KeyValueCache, row: int) -> Tensor:
        """What the model holds of a row's last token, (1, C), with all of them in the cache."""
        T, heads = len(token_ids), self._heads
        x = self._embed(token_ids, features, torch.arange(T, device=self._device))  # (T, C)
        turns = self._turns(features)
        for layer, block in enumerate(self._stack.blocks):
            parts = block.ask(x, turns).view(1, T, 3, heads.count, heads.width).permute(2, 0, 3, 1, 4)
            queries, keys, values = parts.unbind()  # (1, heads, T, width)
            cache.fill(layer, row, keys[0], values[0])
            mixed = functional.scaled_dot_product_attention(queries, keys, values, is_causal=True)
            x = block.think(x, mixed[0].transpose(0, 1).reshape(T, -1))
        return x[-1:]

    def _embed(self, token_ids: Tensor, features: Tensor, positions: Tensor) -> Tensor:
        """Token, position and features as one sum, shape (N, C), of (N,), (N, F), (N,)."""
        embedded = (features[:, STEP + 1 :],) if self.config.feature_sizes else ()
        parts = (token_ids[:, None], positions[:, None], *embedded)
        return functional.embedding_bag(torch.cat(parts, dim=1) + self._columns, self._table, mode="sum")

    def _turns(self, features: Tensor) -> Tensor | None:
        return self._reader and self._reader.turns(features)

    def _scores(self, scores: Tensor, features: Tensor) -> Tensor:
        return self._reader.scores(scores, features) if self._reader else scores

    def _new_cache(self, positions: Tensor) -> KeyValueCache:
        return KeyValueCache(self._attention, self._heads.layers, self.config.block_size, positions)

    def _new_attention(self) -> Attention:
        if self.precision == "int8":
            return ByteAttention(self._heads)
        # a CPU has no quick attention in bfloat16
        is_short = self.precision == "bf16" and self._device.type != "cpu"
        return FloatAttention(self._heads, torch.bfloat16 if is_short else torch.float32)

    def _block(self, weights: Mapping[str, Tensor], name: str) -> Block:
        norms = [self._norm(weights, f"{name}.{part}") for part in ("ln_1", "ln_2")]
        parts = ("attn.c_attn", "attn.c_proj", "mlp.c_fc", "mlp.c_proj")
        return Block(norms, [self._conv(weights, f"{name}.{part}") for part in parts], self._attention)

    def _norm(self, weights: Mapping[str, Tensor], name: str) -> Norm:
        return Norm(weights[f"{name}.weight"], weights[f"{name}.bias"], self.config.layer_norm_epsilon)

    def _conv(self, weights: Mapping[str, Tensor], name: str) -> nn.Module:
        """GPT-2's ``Conv1D``: a linear layer whose weight is stored transposed."""
        return self._linear(weights[f"{name}.weight"].t().contiguous(), weights[f"{name}.bias"])

    def _linear(self, weight: Tensor, bias: Tensor) -> nn.Module:
        if self.precision == "int8":
            return ByteLinear(weight, bias)
        dtype = torch.bfloat16 if self.precision == "bf16" else torch.float32
        return FloatLinear(weight.to(dtype), bias.to(dtype))


class _ChartReader:
    """What features do besides being embedded: they turn the attention, and score tokens by what these mean there."""

    def __init__(self, config: DecoderConfig, weights: Mapping[str, Tensor]) -> None:
        table = weights["rest_scores"]
        self._names = len(config.vocabulary)
        self._relative = RelativeTables(config.vocabulary, table.device)
        self._rests = RestTable(table, config.vocabulary)
        self._turns = Turns(config.n_embd // config.n_head, config.vocabulary.grid, table.device)

    def turns(self, features: Tensor) -> Tensor:
        """By how much queries and keys are turned: shape (N, width / 2), complex64, of features of shape (N, F)."""
        return self._turns(features[:, STEP])

    def scores(self, scores: Tensor, features: Tensor) -> Tensor:
        """Scores of all tokens, (N, V), of what `_joint_head` gives and of features of shape (N, F)."""
        by_name, relative = scores.split((self._names, self._relative.size), dim=-1)
        return self._rests.add(by_name + self._relative.scores(relative, features), features)


def precision_for(device: torch.device) -> Precision:
    """What is quickest on a device without harm to the music: see ``benchmarks/generation_speed.py``."""
    return "int8" if device.type == "cpu" and is_supported() else "fp32"


def _distinct(token_ids: Tensor, features: Tensor, counts: Tensor) -> tuple[list[int], list[int]]:
    """The rows that differ from all before them; the place of each row, or of its equal, among those."""
    places: dict[bytes, int] = {}
    rows: list[int] = []
    index: list[int] = []
    joint = torch.cat((token_ids[:, :, None], features), dim=-1).cpu().numpy()
    for row, count in enumerate(counts.tolist()):
        key = joint[row, :count].tobytes()
        if key not in places:
            places[key] = len(rows)
            rows.append(row)
        index.append(places[key])
    return rows, index


def _joint_table(config: DecoderConfig, weights: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
    """The embeddings of tokens, positions and features below each other; the first row of each kind.

    Returns
    -------
    table : Tensor of shape (rows, C)
    columns : Tensor of shape (1 + F,), int64
        Without the step, which has no rows.
    """
    names = ["transformer.wte.weight", "transformer.wpe.weight"]
    tables = [weights[name] for name in (*names, *(("feature_embedding.weight",) if config.feature_sizes else ()))]
    sizes = [len(tables[0]), len(tables[1]), *config.feature_sizes]
    columns = [sum(sizes[:index]) for index in range(len(sizes)) if sizes[index]]
    return torch.cat(tables), torch.tensor(columns, device=tables[0].device)


def _joint_head(config: DecoderConfig, weights: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
    """Weight and bias of the scores of all tokens by name, then the relative ones, then one that is always 0."""
    named = weights.get("lm_head.weight", weights["transformer.wte.weight"])
    parts = [named]
    if config.feature_sizes:
        relative = weights["relative_head.weight"]
        parts += [relative, relative.new_zeros(1, relative.shape[1])]
    weight = torch.cat(parts)
    return weight, weight.new_zeros(len(weight))
