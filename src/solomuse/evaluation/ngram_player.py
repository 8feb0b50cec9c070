"""The n-gram baseline: how well it predicts, and a decoder that plays it.

It sees the same tokens as a model but for the chart, and like it every key: each training window is counted in all 12.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from solomuse.datasets.catalogue import TABLE
from solomuse.datasets.load import Dataset, Windows
from solomuse.metrics.ngram import NGram
from solomuse.model.decoder import Cache, Decoder, DecoderConfig
from solomuse.model.folder import Model
from solomuse.tokens.transposition import transpose_ids
from solomuse.tokens.vocabulary import SEP, Vocabulary

ORDERS = (2, 3, 4, 5)
KEYS = (-5, 7)
"""Intervals in semitones by which training windows are moved: each key once."""
UNBOUNDED = 1 << 20
"""Tokens that it can be shown: all but the newest few are forgotten."""
KEPT_CONTEXTS = 1 << 14


@dataclass(frozen=True, slots=True)
class FittedNGram:
    """The n-gram model of the order that predicts a split best, and its bits per note there."""

    model: NGram
    bits_per_note: float


def best_ngram(dataset: Dataset, split: str, orders: Sequence[int] = ORDERS) -> FittedNGram:
    """The n-gram model of a training split whose order predicts the events of another split best."""
    train, held_back, vocabulary = dataset.windows("train"), dataset.windows(split), dataset.vocabulary
    events = [
        transpose_ids(window, semitones, vocabulary)
        for window in (_events(train, index) for index in side_by_side(train.table))
        for semitones in range(*KEYS)
    ]
    lines = [_events(held_back, index) for index in range(len(held_back))]
    note = vocabulary.note_on
    notes = sum(int(((line >= note.start) & (line < note.stop)).sum()) for line in lines)

    def fitted(order: int) -> FittedNGram:
        model = NGram(events, order, len(vocabulary))
        bits = sum(float(model.bits(line).sum()) for line in lines)
        return FittedNGram(model, bits / notes if notes else math.nan)

    return min(map(fitted, orders), key=lambda fit: fit.bits_per_note)


def _events(windows: Windows, index: int) -> NDArray[np.int64]:
    """The tokens of a window after ``<SEP>``."""
    return _after_chart(windows[index][0].astype(np.int64))


def _after_chart(token_ids: NDArray[np.int64]) -> NDArray[np.int64]:
    return token_ids[int(np.argmax(token_ids == SEP)) + 1 :]


def side_by_side(table: NDArray[np.int32]) -> list[int]:
    """Windows of a training split, as many as do not overlap: what is counted twice is no evidence.

    Parameters
    ----------
    table : ndarray of shape (windows, len(TABLE)), int32
        As `Windows` has it: the windows of a lead sheet are beside each other, in order.
    """
    chosen, sheet, end = [], None, 0
    for index, (_, *own, first, bars) in enumerate(table[:, : TABLE.index("bars") + 1].tolist()):
        if own != sheet:
            sheet, end = own, 0
        if first >= end:
            chosen.append(index)
            end = first + bars
    return chosen


def ngram_player(model: NGram, vocabulary: Vocabulary, window_bars: int) -> Model:
    """The n-gram model as a model that plays, under the same grammar as any other."""
    return Model(Path("n-gram"), NGramDecoder(model, vocabulary), vocabulary, {"window_bars": window_bars})


@dataclass(slots=True)
class _Newest(Cache):
    """The newest tokens of each row, the oldest first: shape (B, order - 1)."""

    token_ids: NDArray[np.int64]
    read: int

    @property
    def rows(self) -> int:
        return len(self.token_ids)

    @property
    def length(self) -> int:
        return self.read

    @property
    def room(self) -> int:
        return UNBOUNDED - self.read


class NGramDecoder(Decoder):
    """Scores the next token by those before it since ``<SEP>``; it is deaf to the chart."""

    def __init__(self, model: NGram, vocabulary: Vocabulary) -> None:
        self.config = DecoderConfig(0, 0, 0, UNBOUNDED, vocabulary, ())
        self._model = model
        self._shares = lru_cache(KEPT_CONTEXTS)(self._shares_after)

    @property
    def device(self) -> torch.device:
        """The processor."""
        return torch.device("cpu")

    def start(self, token_ids: Tensor, features: Tensor, counts: Tensor) -> tuple[Tensor, Cache]:  # noqa: ARG002
        """Scores of the token after each row's last, and the row's newest tokens."""
        newest = np.full((len(token_ids), self._model.order - 1), self._model.vocabulary_size)
        for row, (ids, count) in enumerate(zip(token_ids.numpy(), counts.tolist(), strict=True)):
            events = _after_chart(ids[:count])[-newest.shape[1] :] if newest.shape[1] else ids[:0]
            newest[row, newest.shape[1] - len(events) :] = events
        cache = _Newest(newest, int(counts.max()))
        return self._scores(cache), cache

    def step(self, token_ids: Tensor, features: Tensor, cache: Cache) -> Tensor:  # noqa: ARG002
        """Scores of the token after these."""
        assert isinstance(cache, _Newest)
        width = cache.token_ids.shape[1]
        grown = np.concatenate([cache.token_ids, token_ids.numpy()[:, None]], axis=1)
        cache.token_ids, cache.read = grown[:, grown.shape[1] - width :], cache.read + 1
        return self._scores(cache)

    def _scores(self, cache: _Newest) -> Tensor:
        rows = [self._shares(tuple(row)) for row in cache.token_ids.tolist()]
        return torch.from_numpy(np.stack(rows))  # (B, V)

    def _shares_after(self, context: tuple[int, ...]) -> NDArray[np.float32]:
        """Logarithms of the shares of all tokens after a context, shape (V,).

        The model costs whole sequences, so it is given one in which each token follows the context once.
        """
        size = self._model.vocabulary_size
        after = np.empty((size, len(context) + 1), dtype=np.int64)
        after[:, :-1], after[:, -1] = context, np.arange(size)
        bits = self._model.bits(after.ravel()).reshape(after.shape)[:, -1]
        return np.asarray(-bits * math.log(2), dtype=np.float32)
