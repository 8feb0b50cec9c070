"""Voicings: chords as two hands or six strings hold them, and how far apart two of them are."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

from solomuse.music.chord import Chord
from solomuse.music.pitch import semitones_of_degree

LOW, HIGH, CENTRE = 51, 76, 62
"""The chords lie around middle C (60), above the bass and mostly below the solo."""

MUDDY_BELOW, MUDDY_SEMITONES = 55, 3
"""Below this pitch two voices are at least so far apart."""

MOST_VOICES = 4

_GUIDES, _PLAIN = ("3", "7", "6", "2", "4"), ("5", "1")


@lru_cache(maxsize=4096)
def voicings(chord: Chord) -> tuple[tuple[int, ...], ...]:
    """The voicings of a chord around middle C, pitches from low to high; none where there is no chord.

    Four different tones, or three where the symbol names no more, fewer where the chord has fewer: those that tell the
    most of it, in close position or with the second voice from the top an octave lower ("drop 2"). The slash bass is
    left to the bass.
    """
    if chord.root is None:
        return ()
    degrees = sorted(chord.degrees, key=_rank)
    told = list(dict.fromkeys((chord.root + semitones_of_degree(degree)) % 12 for degree in degrees))
    sizes = {min(len(told), MOST_VOICES), min(len(told), MOST_VOICES if chord.extensions else 3)}
    found = {voicing for size in sizes for voicing in _positions(tuple(sorted(told[:size])))}
    clear = [voicing for voicing in found if _is_clear(voicing)]
    return tuple(sorted(clear or found))


def _rank(degree: str) -> tuple[int, int]:
    """By what a degree tells of a chord: guide tones, what is altered, colours, then what the bass has anyway.

    Of the colours the highest is what the symbol is written for: the others may be implied by it.
    """
    plain = degree.lstrip("b#")
    if plain in _GUIDES:
        return 0, _GUIDES.index(plain)
    if plain != degree:
        return 1, 0
    return (3, _PLAIN.index(plain)) if plain in _PLAIN else (2, -int(plain))


def _positions(classes: tuple[int, ...]) -> set[tuple[int, ...]]:
    """Close and drop-2 positions of pitch classes in the register."""
    found = set()
    for turn in range(len(classes)):
        order = classes[turn:] + classes[:turn]
        for lowest in range(LOW - 12, HIGH + 1):
            if lowest % 12 == order[0]:
                close = tuple(lowest + (pitch_class - order[0]) % 12 for pitch_class in order)
                found.add(close)
                if len(close) == MOST_VOICES:
                    found.add(tuple(sorted((*close[:2], close[2] - 12, close[3]))))
    return {voicing for voicing in found if voicing[0] >= LOW and voicing[-1] <= HIGH}


def _is_clear(voicing: Sequence[int]) -> bool:
    return all(upper - lower >= MUDDY_SEMITONES for lower, upper in pairwise(voicing) if lower < MUDDY_BELOW)


def movement(before: Sequence[int], after: Sequence[int]) -> float:
    """Semitones that the voices move, each by its distance to the nearest one on the other side.

    Equal numbers of voices are compared voice by voice.
    """
    if len(before) == len(after):
        return float(sum(abs(a - b) for a, b in zip(before, after, strict=True)))
    there = sum(min(abs(pitch - other) for other in after) for pitch in before)
    back = sum(min(abs(pitch - other) for other in before) for pitch in after)
    return (there + back) / 2
