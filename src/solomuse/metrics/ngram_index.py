"""The figures of a corpus, without their order: what a solo shares with it is seen, its melodies are not kept.

What a model has learned from goes with the model as an `NgramIndex`: for each figure of `SPAN` intervals the songs that
have it, some that only seem to (`solomuse.metrics.detours`), and about how often. A run that a solo shares with a song
is a chain of figures, each of which the song has, often enough; that the song has them in this order is likely, for
neighbours overlap in all but a note, but not known. So a run is as long as an `IntervalIndex` of the whole melodies
finds, or longer; ``docs/experiments/metrics.md`` says by how much, and what can still be read.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from solomuse.metrics.detours import detours
from solomuse.metrics.line import Integers
from solomuse.metrics.originality import (
    LEAST_DIFFERENT,
    SharedRun,
    counted_notes,
    different_intervals,
    intervals_of,
    ngrams_that_count,
)

SPAN = 6
"""Intervals of a figure."""
_WIDEST = 19
"""Larger intervals are taken for this one; so a figure is a number below 2 ** 32."""
_POWERS = (2 * _WIDEST + 1) ** np.arange(SPAN - 1, -1, -1)


@dataclass(frozen=True, slots=True, eq=False)
class SongFigures:
    """The figures of a melody, among them those of its detours.

    Parameters
    ----------
    figures : ndarray of shape (n,), uint32
        Sorted, each once.
    doublings : ndarray of shape (n,), uint8
        At least 1; the melody has the figure at most ``2 ** doublings`` times. What it has once is not told from what
        it has twice: numbers that add up would give the detours away.
    """

    figures: NDArray[np.uint32]
    doublings: NDArray[np.uint8]

    @classmethod
    def of(cls, pitches: Sequence[int]) -> SongFigures:
        """The figures of a melody, given as its pitches."""
        digits = _digits(intervals_of(pitches))
        laid = np.array(sorted(detours(digits.tolist(), SPAN)), dtype=np.int64).reshape(-1, SPAN)
        numbers = np.concatenate([_figures(digits), laid @ _POWERS])
        figures, counts = np.unique(numbers, return_counts=True)
        doublings = np.maximum(1, np.frexp(counts - 1)[1])
        return cls(figures.astype(np.uint32), doublings.astype(np.uint8))


@dataclass(frozen=True, slots=True, eq=False)
class NgramIndex:
    """The figures of a corpus, each with the songs that have it.

    Parameters
    ----------
    figures : ndarray of shape (m,), uint32
        Sorted; a figure comes once for each song that has it.
    songs : ndarray of shape (m,), uint32
        The songs, by their number, sorted within a figure.
    doublings : ndarray of shape (m,), uint8
        How often at most, as in `SongFigures`.
    """

    figures: NDArray[np.uint32]
    songs: NDArray[np.uint32]
    doublings: NDArray[np.uint8]

    @classmethod
    def of(cls, melodies: Iterable[Sequence[int]]) -> NgramIndex:
        """The index of melodies, each given as its pitches."""
        return cls.of_figures([SongFigures.of(melody) for melody in melodies])

    @classmethod
    def of_figures(cls, songs: Sequence[SongFigures]) -> NgramIndex:
        """The index of songs, each given as its figures."""
        numbers = np.repeat(np.arange(len(songs)), [len(song.figures) for song in songs])
        figures = np.concatenate([*(song.figures for song in songs), np.zeros(0, dtype=np.uint32)])
        doublings = np.concatenate([*(song.doublings for song in songs), np.zeros(0, dtype=np.uint8)])
        order = np.lexsort((numbers, figures))
        return cls(figures[order], numbers[order].astype(np.uint32), doublings[order])

    def without(self, songs: Collection[int]) -> NgramIndex:
        """The index without some songs; the others keep their numbers."""
        kept = ~np.isin(self.songs, list(songs))
        return NgramIndex(self.figures[kept], self.songs[kept], self.doublings[kept])

    def longest_run(self, pitches: Sequence[int]) -> SharedRun | None:
        """The shared run with most counted notes, the first of several; None where none has a figure's length.

        What counts is said in `solomuse.metrics.originality`.
        """
        query = intervals_of(pitches)
        lengths, songs = self._chains(query)
        counted = counted_notes(query, lengths)
        found = np.flatnonzero(lengths > 0)
        found = found[different_intervals(query, lengths, found) >= LEAST_DIFFERENT]
        if not len(found):
            return None
        at = int(found[np.argmax(counted[found])])
        return SharedRun(int(lengths[at]) + 1, int(counted[at]), at, int(songs[at]), None)

    def novelty(self, pitches: Sequence[int]) -> float:
        """Share of a melody's figures that no song seems to have, in [0, 1]; NaN where no figure counts.

        What `solomuse.metrics.originality.IntervalIndex.novelty` has for `SPAN` intervals, or less.
        """
        query = intervals_of(pitches)
        counts = ngrams_that_count(query, SPAN)
        if not counts.any():
            return math.nan
        first, last = self._places(_figures(_digits(query)))
        return float((first == last)[counts].mean())

    def _places(self, figures: Integers) -> tuple[Integers, Integers]:
        """Where each figure begins and ends in the index."""
        wanted = figures.astype(np.uint32)
        return np.searchsorted(self.figures, wanted, "left"), np.searchsorted(self.figures, wanted, "right")

    def _chains(self, query: Integers) -> tuple[Integers, Integers]:
        """From each place of the query: intervals of the longest chain of figures of one song, and that song."""
        lengths, songs = np.zeros(len(query), dtype=np.int64), np.zeros(len(query), dtype=np.int64)
        figures = _figures(_digits(query))
        ends: dict[int, int] = {}  # where the chain of each song from the next place on ends
        later = defaultdict[int, list[int]](list)  # where each figure comes further on, the nearest place last
        places = list(map(slice, *self._places(figures)))
        for at in reversed(range(len(figures))):
            own, again, here = places[at], later[int(figures[at])], dict[int, int]()
            for song, doublings in zip(self.songs[own].tolist(), self.doublings[own].tolist(), strict=True):
                most = 2**doublings
                end = ends.get(song, at + 1)
                here[song] = min(end, again[-most]) if len(again) >= most else end
            if here:
                songs[at] = max(here, key=lambda song: (here[song], -song))
                lengths[at] = here[int(songs[at])] - at + SPAN - 1
            again.append(at)
            ends = here
        return lengths, songs


def _digits(intervals: Integers) -> Integers:
    return np.clip(intervals, -_WIDEST, _WIDEST) + _WIDEST


def _figures(digits: Integers) -> Integers:
    """The figure from each place on, as a number: shape (max(0, len(digits) - SPAN + 1),)."""
    if len(digits) < SPAN:
        return np.zeros(0, dtype=np.int64)
    return np.asarray(np.lib.stride_tricks.sliding_window_view(digits, SPAN) @ _POWERS)
