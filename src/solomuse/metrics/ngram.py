"""N-gram models of token sequences: the baseline that a neural model has to beat."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Tokens = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Level:
    """Counts of one order: contexts of some length, each with what follows it; all rows sorted by their keys."""

    grams: Tokens
    counts: NDArray[np.float64]
    contexts: Tokens
    totals: NDArray[np.float64]
    followers: NDArray[np.float64]
    discount: float


class NGram:
    """Interpolated Kneser-Ney model with one discount for each order.

    The discount is ``n1 / (n1 + 2 n2)`` with the numbers of n-grams seen once and twice (Ney, Essen, Kneser
    1994); lower orders count in how many contexts an n-gram was seen (Kneser, Ney 1995), as in Chen and Goodman,
    "An empirical study of smoothing techniques for language modeling", 1999, section 2.7. Below the unigrams
    stands the uniform distribution.

    Parameters
    ----------
    sequences : iterable of sequence of int
        Token ids in ``[0, vocabulary_size)``; each stands alone.
    order : int
        Length of the longest n-gram; 1 and up, at most 6 for a vocabulary of 1,000 tokens.

    Raises
    ------
    ValueError
        If n-grams of this order do not fit 64 bits, or there is no token to count.
    """

    def __init__(self, sequences: Iterable[Sequence[int] | Tokens], order: int, vocabulary_size: int) -> None:
        base = vocabulary_size + 1  # one more: what stands before the start
        if order < 1 or order * np.log2(base) >= 63:
            raise ValueError(f"order {order} over {vocabulary_size} tokens: expected at least 1, in 63 bits")
        self.order, self.vocabulary_size, self._base = order, vocabulary_size, base
        seen = [self._keys(np.asarray(sequence, dtype=np.int64), order) for sequence in sequences]
        if not any(map(len, seen)):
            raise ValueError("no tokens to count")
        grams, counts = np.unique(np.concatenate(seen), return_counts=True)
        self._levels: list[_Level] = []
        for length in range(order, 0, -1):
            self._levels.append(self._level(grams, counts.astype(np.float64)))
            grams, counts = np.unique(grams % base ** (length - 1), return_counts=True)

    def bits(self, sequence: Sequence[int] | Tokens) -> NDArray[np.float64]:
        """Cost of each token given those before it, shape (T,)."""
        token_ids = np.asarray(sequence, dtype=np.int64)
        probabilities = np.full(len(token_ids), 1 / self.vocabulary_size)
        keys = self._keys(token_ids, self.order)
        for length, level in zip(range(1, self.order + 1), reversed(self._levels), strict=True):
            probabilities = self._interpolated(level, keys % self._base**length, probabilities)
        cost: NDArray[np.float64] = -np.log2(probabilities)
        return cost

    def _keys(self, token_ids: Tokens, order: int) -> Tokens:
        """The n-gram that ends at each token as one number, the oldest token in the highest place."""
        padded = np.concatenate([np.full(order - 1, self.vocabulary_size), token_ids])
        keys = np.zeros(len(token_ids), dtype=np.int64)
        for offset in range(order):
            keys = keys * self._base + padded[offset : offset + len(token_ids)]
        return keys

    def _level(self, grams: Tokens, counts: NDArray[np.float64]) -> _Level:
        contexts, starts = np.unique(grams // self._base, return_index=True)
        once, twice = int((counts == 1).sum()), int((counts == 2).sum())
        discount = once / (once + 2 * twice) if once else 0.0
        return _Level(
            grams,
            counts,
            contexts,
            totals=np.add.reduceat(counts, starts),
            followers=np.diff(np.append(starts, len(grams))).astype(np.float64),
            discount=min(max(discount, 0.1), 0.95),  # neither all nor nothing where the counts of counts are odd
        )

    def _interpolated(self, level: _Level, keys: Tokens, lower: NDArray[np.float64]) -> NDArray[np.float64]:
        """Discounted share of each n-gram in its context, plus what the discount leaves to the lower order."""
        place = np.clip(np.searchsorted(level.contexts, keys // self._base), 0, len(level.contexts) - 1)
        known = level.contexts[place] == keys // self._base
        gram = np.clip(np.searchsorted(level.grams, keys), 0, len(level.grams) - 1)
        count = np.where(level.grams[gram] == keys, level.counts[gram], 0.0)
        total, followers = level.totals[place], level.followers[place]
        own = np.maximum(count - level.discount, 0.0) / total
        mixed: NDArray[np.float64] = np.where(known, own + level.discount * followers / total * lower, lower)
        return mixed
