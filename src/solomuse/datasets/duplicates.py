"""Finds songs with the same melody, in any key, at any tempo, in whatever notation.

A melody is taken as the set of its n-grams of intervals, from each note to the next. Rhythm is left out: two editions
of a song agree on its notes far more than on their lengths. Of the set only a sketch is kept (MinHash, Broder 1997, of
which the low bits are enough, Li, König 2010): equal places in two sketches, over all places, estimate the share of
n-grams that both melodies have. Sketches that agree on a band of places are compared (Leskovec, Rajaraman, Ullman,
"Mining of Massive Datasets", 2nd edition, section 3.4), so that a million songs need no comparison of each with each.

All constants are from ``docs/experiments/duplicates.md``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from solomuse.analysis.hashing import Words, mixed
from solomuse.music.leadsheet import LeadSheet, one_voice

NGRAM = 5
"""Intervals in an n-gram."""

MIN_MOVES = 2
"""Intervals of an n-gram that lead to another pitch: repeated notes sound alike in every song."""

MIN_NGRAMS = 24
"""Different n-grams of a melody that can be a near-duplicate; shorter ones have too much in common by chance."""

MIN_NGRAMS_OF_COPY = 8
"""Different n-grams of a melody that can be a copy: the same n-grams, all of them."""

MIN_OVERLAP = 0.25
"""Overlap from which two melodies are near-duplicates."""

PLACES = 192
"""Places of a sketch, of 16 bits each."""

BAND = 3
"""Places of a band: two melodies are compared if their sketches agree on one of the ``PLACES // BAND`` bands."""

NEIGHBOURS = 32
"""Melodies with which one is compared at most for each band, so that a band that many share costs no more."""

Sketches = NDArray[np.uint16]
Indices = NDArray[np.int64]

_COMPARED_AT_ONCE = 1 << 15
_HASHED_AT_ONCE = 1 << 12


@dataclass(frozen=True, slots=True)
class MelodyPrint:
    """What of a melody is kept to compare it: equal for a melody in another key or at another tempo.

    Parameters
    ----------
    ngrams : int
        How many different n-grams it has.
    sketch : bytes
        `PLACES` numbers of 16 bits; empty where there are fewer than `MIN_NGRAMS_OF_COPY` n-grams.
    """

    ngrams: int
    sketch: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two songs with the same melody, or nearly so.

    Parameters
    ----------
    first, second : int
        Their places in the list, the smaller one first.
    overlap : float
        Share of their n-grams that both have, estimated, in [0, 1]; 1 is the same melody up to transposition.
    """

    first: int
    second: int
    overlap: float


def melody_print(sheets: Sequence[LeadSheet]) -> MelodyPrint:
    """The print of a song's melody, which may be in several stretches."""
    found = interval_ngrams(sheets)
    return MelodyPrint(len(found), _sketch(found).tobytes() if len(found) >= MIN_NGRAMS_OF_COPY else b"")


def interval_ngrams(sheets: Sequence[LeadSheet], length: int = NGRAM) -> Words:
    """The different n-grams of intervals, in semitones, each packed into a number; none reaches across two stretches.

    Parameters
    ----------
    length : int
        Intervals of an n-gram, 8 at most.
    """
    grams = [np.zeros(0, dtype=np.uint64)]
    for sheet in sheets:
        pitches = np.array([note.pitch for note in one_voice(sheet.melody)], dtype=np.int64)
        if len(pitches) > length:
            rows = np.lib.stride_tricks.sliding_window_view(np.diff(pitches), length)  # (n, length)
            telling = rows[(rows != 0).sum(axis=1) >= MIN_MOVES]
            packed = (telling + 128) << (8 * np.arange(length))  # a byte for each interval
            grams.append(packed.sum(axis=1).view(np.uint64))
    return np.unique(np.concatenate(grams))


def duplicate_pairs(prints: Sequence[MelodyPrint]) -> list[Pair]:
    """The pairs of songs with the same melody, or nearly so, in order of their places.

    Copies of one melody are paired with the first of them only: a thousand copies make 999 pairs. Which songs hang
    together does not depend on their order.
    """
    first_by_print: dict[MelodyPrint, int] = {}
    pairs = []
    for index, own in enumerate(prints):
        if own.ngrams >= MIN_NGRAMS_OF_COPY:
            first = first_by_print.setdefault(own, index)
            if first != index:
                pairs.append(Pair(first, index, 1.0))
    distinct = sorted((own for own in first_by_print if own.ngrams >= MIN_NGRAMS), key=lambda own: own.sketch)
    places = np.array([first_by_print[own] for own in distinct], dtype=np.int64)
    sketches = np.frombuffer(b"".join(own.sketch for own in distinct), dtype=np.uint16).reshape(-1, PLACES)
    for one, other, overlap in _near(sketches):
        first, second = sorted((int(places[one]), int(places[other])))
        pairs.append(Pair(first, second, overlap))
    return sorted(pairs, key=lambda pair: (pair.first, pair.second))


def groups_of(titles: Sequence[str], pairs: Sequence[Pair]) -> list[str]:
    """The group of each song: songs of one title, and duplicates, share the first of their titles."""
    parents = {title: title for title in titles}

    def first_title(title: str) -> str:
        while parents[title] != title:
            parents[title] = title = parents[parents[title]]
        return title

    for pair in pairs:
        low, high = sorted((first_title(titles[pair.first]), first_title(titles[pair.second])))
        parents[high] = low
    return [first_title(title) for title in titles]


def _sketch(grams: Words) -> Sketches:
    """The low bits of the smallest value that each of `PLACES` hash functions gives to an n-gram."""
    lowest = np.full(PLACES, 2**32 - 1, dtype=np.uint64)
    spread = mixed(grams)
    for start in range(0, len(spread), _HASHED_AT_ONCE):
        hashed = spread[start : start + _HASHED_AT_ONCE, None] * _FACTORS + _TERMS >> np.uint64(32)  # (n, PLACES)
        lowest = np.minimum(lowest, hashed.min(axis=0))
    return lowest.astype(np.uint16)


_FACTORS: Words = mixed(np.arange(1, PLACES + 1, dtype=np.uint64)) | np.uint64(1)
_TERMS: Words = mixed(np.arange(PLACES + 1, 2 * PLACES + 1, dtype=np.uint64))


def _near(sketches: Sketches) -> Iterator[tuple[int, int, float]]:
    """Rows with an overlap of at least `MIN_OVERLAP`, each two once: their places and the overlap."""
    overlap_by_code: dict[int, float] = {}
    for start in range(0, PLACES, BAND):
        for one, other in _candidates(sketches[:, start : start + BAND]):
            overlaps = (sketches[one] == sketches[other]).mean(axis=1)
            kept = overlaps >= MIN_OVERLAP
            low, high = np.minimum(one, other)[kept], np.maximum(one, other)[kept]
            overlap_by_code.update(
                zip((low * len(sketches) + high).tolist(), overlaps[kept].round(4).tolist(), strict=True)
            )
    for code, overlap in overlap_by_code.items():
        yield *divmod(code, len(sketches)), overlap


def _candidates(band: Sketches) -> Iterator[tuple[Indices, Indices]]:
    """Rows that agree on a band with one of the `NEIGHBOURS` rows before it that do, some thousands at a time."""
    keys = np.zeros(len(band), dtype=np.uint64)
    for column in band.T:
        keys = keys << np.uint64(16) | column
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    for distance in range(1, NEIGHBOURS + 1):
        found = np.flatnonzero(keys[distance:] == keys[:-distance])
        if not len(found):
            return
        for start in range(0, len(found), _COMPARED_AT_ONCE):
            at = found[start : start + _COMPARED_AT_ONCE]
            yield order[at], order[at + distance]
