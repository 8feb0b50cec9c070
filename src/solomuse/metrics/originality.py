"""Whether a melody is copied: what it shares with a corpus, in any key.

A melody is taken as its intervals from note to note, in semitones; rhythm is left out, so that a phrase that is played
twice as fast counts as the same. An `IntervalIndex` holds the intervals of a whole corpus and the order of all its
suffixes (U. Manber, G. Myers, "Suffix arrays", SIAM Journal on Computing 22, 1993), in which the longest run that a
place of a solo shares with the corpus stands beside where that place would be.

Repeated notes, scales and trills are nobody's phrase: a shared run counts only if it has `LEAST_DIFFERENT` different
intervals other than 0, and of its notes only those that the interval two notes before does not lead to already, so that
a trill and a chromatic run count for three notes however long they are. An n-gram counts only if `LEAST_MOVES` of its
intervals are not 0.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from solomuse.metrics.line import Booleans, Integers

LEAST_DIFFERENT = 3
"""Different intervals, unisons left out, that a shared run must have to count as a phrase."""
LEAST_MOVES = 2
"""Intervals other than 0 that an n-gram must have to count."""
LARGEST_INTERVAL = 126
"""Semitones; larger intervals are taken for this one."""

_BOUNDARY = 127
"""Stands in the place of an interval after the last note of each song."""
_AT_ONCE = 16
"""Intervals that are compared in one step."""


@dataclass(frozen=True, slots=True)
class SharedRun:
    """A stretch of a melody that is in the corpus too, perhaps in another key.

    Parameters
    ----------
    notes : int
        Its length.
    counted : int
        Its length without what a trill, a chromatic run or a repeated note adds to itself.
    start : int
        Place of its first note in the melody.
    song : int
        Place of the song in the corpus; one of them, if there are several.
    song_start : int or None
        Place of its first note in that song; None where that is not known.
    """

    notes: int
    counted: int
    start: int
    song: int
    song_start: int | None


@dataclass(frozen=True, slots=True, eq=False)
class IntervalIndex:
    """The melodies of a corpus, to be searched; the caller saves and loads the three arrays.

    Parameters
    ----------
    intervals : ndarray of shape (n,), int8
        Of all songs one after another, each followed by a boundary.
    starts : ndarray of shape (songs,), int64
        Where each song's intervals begin.
    order : ndarray of shape (m,), int32
        The places in `intervals` sorted by what follows from there, as far as its song reaches.
    """

    intervals: NDArray[np.int8]
    starts: Integers
    order: NDArray[np.int32]

    @classmethod
    def of(cls, melodies: Iterable[Sequence[int]]) -> IntervalIndex:
        """The index of melodies, each given as its pitches; it may be empty."""
        parts = [intervals_of(melody) for melody in melodies]
        starts = np.cumsum([0, *(len(part) + 1 for part in parts)])[:-1]
        rows = [np.append(part, _BOUNDARY) for part in parts]
        intervals = np.concatenate([*rows, np.zeros(0, dtype=np.int64)]).astype(np.int8)
        return cls(intervals, starts.astype(np.int64), _suffix_order(intervals))

    def without(self, songs: Collection[int]) -> IntervalIndex:
        """The index without some songs, whose places stay; to hold a song of the corpus against the others."""
        song_by_place = np.searchsorted(self.starts, self.order, side="right") - 1
        return replace(self, order=self.order[~np.isin(song_by_place, list(songs))])

    def longest_runs(self, pitches: Sequence[int], at_least: int = 5) -> list[SharedRun]:
        """The shared runs of a melody, the one with most counted notes first; none lies within another.

        Parameters
        ----------
        pitches : sequence of int
            MIDI numbers.
        at_least : int
            Counted notes of the shortest run that is wanted.
        """
        query = intervals_of(pitches)
        lengths, places = self._matches(query)
        ends = np.arange(len(query)) + lengths
        is_first = np.append(True, ends[1:] > ends[:-1])[: len(query)]  # else it lies within the run before it
        counted = counted_notes(query, lengths)
        found = np.flatnonzero(is_first & (counted >= at_least))
        found = found[different_intervals(query, lengths, found) >= LEAST_DIFFERENT]
        songs = np.searchsorted(self.starts, places, side="right") - 1
        runs = [
            SharedRun(
                int(lengths[at]) + 1, int(counted[at]), at, int(songs[at]), int(places[at] - self.starts[songs[at]])
            )
            for at in found.tolist()
        ]
        return sorted(runs, key=lambda run: (-run.counted, run.start))

    def longest_run(self, pitches: Sequence[int]) -> SharedRun | None:
        """The shared run with most counted notes, the first of several; None where there is none of four or more."""
        return next(iter(self.longest_runs(pitches, at_least=4)), None)

    def shares_more_than(self, pitches: Sequence[int], notes: int) -> bool:
        """Whether a run of more than so many counted notes is in the corpus: then a take may be rejected."""
        return bool(self.longest_runs(pitches, at_least=notes + 1))

    def novelty(self, pitches: Sequence[int], n: int) -> float:
        """Share of a melody's n-grams of intervals that are nowhere in the corpus.

        Parameters
        ----------
        pitches : sequence of int
        n : int
            Intervals of an n-gram: it spans n + 1 notes.

        Returns
        -------
        float
            In [0, 1]; more is newer. NaN where no n-gram counts.

        References
        ----------
        Cf. Haviv Hakimi et al., "BebopNet", ISMIR 2020, on plagiarism; G. Papadopoulos, P. Roy, F. Pachet, "Avoiding
        plagiarism in Markov sequence generation", AAAI 2014.
        """
        query = intervals_of(pitches)
        counts = ngrams_that_count(query, n)
        if not counts.any():
            return math.nan
        lengths, _ = self._matches(query)
        return float((lengths[: len(counts)] < n)[counts].mean())

    def _matches(self, query: Integers) -> tuple[Integers, Integers]:
        """From each place of the query: how many intervals it shares at most, and a place in the corpus of the same."""
        starts = np.arange(len(query))
        if not len(self.order) or not len(query):
            return np.zeros(len(query), dtype=np.int64), np.zeros(len(query), dtype=np.int64)
        low, high = np.zeros(len(query), dtype=np.int64), np.full(len(query), len(self.order))
        while (low < high).any():
            middle = np.minimum((low + high) // 2, len(self.order) - 1)
            is_before = self._compare(query, starts, self.order[middle])[1] & (low < high)
            low, high = (
                np.where(is_before, middle + 1, low),
                np.where(is_before, high, np.where(low < high, middle, high)),
            )
        beside = [self.order[np.clip(low + step, 0, len(self.order) - 1)] for step in (-1, 0)]
        left, right = (self._compare(query, starts, places)[0] for places in beside)
        return np.maximum(left, right), np.where(left >= right, *beside).astype(np.int64)

    def _compare(self, query: Integers, starts: Integers, places: NDArray[np.integer]) -> tuple[Integers, Booleans]:
        """How many intervals agree from `starts` on and from `places` on, and whether the corpus comes first."""
        shared, is_before = np.zeros(len(starts), dtype=np.int64), np.zeros(len(starts), dtype=np.bool_)
        padded = np.append(query, np.full(_AT_ONCE, -_BOUNDARY))  # before all that can be in the corpus
        active = np.arange(len(starts))
        while len(active):
            steps = np.arange(_AT_ONCE)
            own = padded[np.minimum((starts + shared)[active, None] + steps, len(padded) - 1)]
            where = (places.astype(np.int64) + shared)[active, None] + steps
            other = self.intervals[np.minimum(where, len(self.intervals) - 1)]
            differs = own != other
            first = np.where(differs.any(axis=1), differs.argmax(axis=1), _AT_ONCE)
            at = np.minimum(first, _AT_ONCE - 1)
            rows = np.arange(len(active))
            shared[active] += first
            is_before[active] = other[rows, at] < own[rows, at]
            active = active[first == _AT_ONCE]
        return shared, is_before


def diversity(takes: Sequence[Sequence[int]], n: int = 4) -> float:
    """Mean dissimilarity of each two of several melodies: 1 less the share of n-grams that both have, of all of either.

    Parameters
    ----------
    takes : sequence of sequence of int
        Pitches of each.
    n : int
        Intervals of an n-gram; those of fewer than `LEAST_MOVES` moves do not count.

    Returns
    -------
    float
        In [0, 1]; 0 if all takes are alike. NaN with fewer than two takes that have an n-gram.
    """
    similarity = _similarity(takes, n)
    count = len(similarity)
    return float(1 - similarity[np.triu_indices(count, 1)].mean()) if count > 1 else math.nan


def vendi_score(takes: Sequence[Sequence[int]], n: int = 4) -> float:
    """How many different melodies there are in effect: 1 if all are alike, their number if none shares an n-gram.

    The exponential of the entropy of the eigenvalues of the similarities over their number, with the similarity of
    `diversity`.

    Returns
    -------
    float
        From 1 to the number of takes; NaN where none has an n-gram.

    References
    ----------
    D. Friedman, A. Dieng, "The Vendi score", Transactions on Machine Learning Research, 2023.
    """
    similarity = _similarity(takes, n)
    if not len(similarity):
        return math.nan
    values = np.linalg.eigvalsh(similarity / len(similarity))
    values = values[values > 1e-12]
    return float(np.exp(-(values * np.log(values)).sum()))


def _similarity(takes: Sequence[Sequence[int]], n: int) -> NDArray[np.float64]:
    """Jaccard similarity of the n-grams of those takes that have any, shape (k, k)."""
    sets = [grams for take in takes if (grams := _ngram_set(intervals_of(take), n))]
    return np.array([[len(a & b) / len(a | b) for b in sets] for a in sets]).reshape(len(sets), len(sets))


def _ngram_set(intervals: Integers, n: int) -> set[bytes]:
    """The n-grams that count, each as bytes."""
    counts = ngrams_that_count(intervals, n)
    small = intervals.astype(np.int8)
    return {small[at : at + n].tobytes() for at in np.flatnonzero(counts).tolist()}


def ngrams_that_count(intervals: Integers, n: int) -> Booleans:
    """Whether the n-gram from each place on has enough moves, shape (len(intervals) - n + 1,)."""
    if len(intervals) < n:
        return np.zeros(0, dtype=np.bool_)
    moves = np.cumsum(np.append(0, intervals != 0))
    enough: Booleans = moves[n:] - moves[:-n] >= LEAST_MOVES
    return enough


def counted_notes(intervals: Integers, lengths: Integers) -> Integers:
    """Counted notes of the run of each length in intervals, from each place on."""
    starts = np.arange(len(intervals))
    is_new = np.ones(len(intervals), dtype=np.int64)
    is_new[2:] = intervals[2:] != intervals[:-2]
    sums = np.append(0, np.cumsum(is_new))
    first = np.minimum(lengths, 2)
    return np.asarray(1 + first + sums[starts + lengths] - sums[starts + first])


def different_intervals(intervals: Integers, lengths: Integers, places: Integers) -> Integers:
    """How many different intervals other than 0 the runs at some places have, shape of `places`."""
    values = intervals.tolist()
    return np.array([len({*values[at : at + lengths[at]]} - {0}) for at in places.tolist()], dtype=np.int64)


def intervals_of(pitches: Sequence[int]) -> Integers:
    """Semitones from note to note, shape (max(0, notes - 1),); none larger than `LARGEST_INTERVAL`."""
    return np.clip(np.diff(np.asarray(pitches, dtype=np.int64)), -LARGEST_INTERVAL, LARGEST_INTERVAL)


def _suffix_order(intervals: NDArray[np.int8]) -> NDArray[np.int32]:
    """The places of a sequence in the order of what follows them, boundaries left out.

    Ranks by the first interval are doubled in depth until all differ, each boundary being another one: what follows it
    is another song.
    """
    rank = intervals.astype(np.int64) + LARGEST_INTERVAL
    boundaries = np.flatnonzero(intervals == _BOUNDARY)
    rank[boundaries] = 2 * LARGEST_INTERVAL + 1 + np.arange(len(boundaries))
    depth, size = 1, len(rank)
    while depth < 2 * size:
        following = np.append(rank[depth:], np.full(min(depth, size), -1))[:size] + 1
        keys = rank * (size + 2 * LARGEST_INTERVAL + 3) + following
        order = np.argsort(keys)
        is_new = np.append(0, np.diff(keys[order]) > 0)
        rank = np.empty(size, dtype=np.int64)
        rank[order] = np.cumsum(is_new)
        depth *= 2
        if size == 0 or rank[order[-1]] == size - 1:
            break
    order = np.argsort(rank).astype(np.int32)
    return np.asarray(order[intervals[order] != _BOUNDARY])
