"""The figures of a corpus, without their order: enough to see what a solo shares with it, too little to play it.

What a model has learned from goes with the model as an `NgramIndex`: for each figure of `SPAN` intervals the songs that
have it. A run that a solo shares with a song is a chain of figures, each of which the song has; that the song has them
in this order is likely, for neighbours overlap in all but a note, but not known. So a run is as long as an
`IntervalIndex` of the whole melodies finds, or longer.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from solomuse.metrics.line import Integers
from solomuse.metrics.originality import (
    LEAST_DIFFERENT,
    SharedRun,
    counted_notes,
    different_intervals,
    intervals_of,
    ngrams_that_count,
)

SPAN = 5
"""Intervals of a figure."""
_WIDEST = 24
_BASE = 2 * _WIDEST + 1
"""Larger intervals are taken for two octaves; so a figure is a number below 2 ** 32."""


@dataclass(frozen=True, slots=True, eq=False)
class NgramIndex:
    """The figures of a corpus, each with the songs that have it.

    Parameters
    ----------
    figures : ndarray of shape (m,), uint32
        Sorted; a figure comes once for each song that has it.
    songs : ndarray of shape (m,), uint32
        The songs, by their number, sorted within a figure.
    """

    figures: NDArray[np.uint32]
    songs: NDArray[np.uint32]

    @classmethod
    def of(cls, melodies: Iterable[Sequence[int]]) -> NgramIndex:
        """The index of melodies, each given as its pitches."""
        return cls.of_figures([figures_of(melody) for melody in melodies])

    @classmethod
    def of_figures(cls, songs: Sequence[NDArray[np.uint32]]) -> NgramIndex:
        """The index of songs, each given as what `figures_of` says of it."""
        numbers = np.repeat(np.arange(len(songs)), [len(figures) for figures in songs])
        figures = np.concatenate([*songs, np.zeros(0, dtype=np.uint32)])
        order = np.lexsort((numbers, figures))
        return cls(figures[order], numbers[order].astype(np.uint32))

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
        """Share of a melody's figures that no song has, in [0, 1]; NaN where no figure counts.

        As `solomuse.metrics.originality.IntervalIndex.novelty` has it for `SPAN` intervals.
        """
        query = intervals_of(pitches)
        counts = ngrams_that_count(query, SPAN)
        if not counts.any():
            return math.nan
        first, last = self._places(_figures(query))
        return float((first == last)[counts].mean())

    def _places(self, figures: Integers) -> tuple[Integers, Integers]:
        """Where each figure begins and ends in the index."""
        wanted = figures.astype(np.uint32)
        return np.searchsorted(self.figures, wanted, "left"), np.searchsorted(self.figures, wanted, "right")

    def _chains(self, query: Integers) -> tuple[Integers, Integers]:
        """From each place of the query: intervals of the longest chain of figures of one song, and that song."""
        lengths, songs = np.zeros(len(query), dtype=np.int64), np.zeros(len(query), dtype=np.int64)
        following: dict[int, int] = {}  # how many figures each song has in a row from the next place on
        places = np.stack(self._places(_figures(query)), axis=1).tolist()
        for at in range(len(places) - 1, -1, -1):
            first, last = places[at]
            here = {song: following.get(song, 0) + 1 for song in self.songs[first:last].tolist()}
            if here:
                songs[at] = max(here, key=lambda song: (here[song], -song))
                lengths[at] = here[int(songs[at])] + SPAN - 1
            following = here
        return lengths, songs


def figures_of(pitches: Sequence[int]) -> NDArray[np.uint32]:
    """The figures of a melody, sorted, each once."""
    return np.unique(_figures(intervals_of(pitches))).astype(np.uint32)


def _figures(intervals: Integers) -> Integers:
    """The figure from each place on, as a number: shape (max(0, len(intervals) - SPAN + 1),)."""
    count = max(0, len(intervals) - SPAN + 1)
    digits = np.clip(intervals, -_WIDEST, _WIDEST) + _WIDEST
    numbers = np.zeros(count, dtype=np.int64)
    for offset in range(SPAN):
        numbers = numbers * _BASE + digits[offset : offset + count]
    return numbers
