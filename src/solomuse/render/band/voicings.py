"""Voicings: chords as two hands or six strings hold them, and how far apart two of them are."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, partial
from itertools import combinations, pairwise

from solomuse.music.chord import Chord
from solomuse.music.pitch import semitones_of_degree

LOW, HIGH, CENTRE = 51, 76, 62
"""The chords lie around middle C (60), above the bass and mostly below the solo."""

MUDDY_BELOW, MUDDY_SEMITONES = 55, 3
"""Below this pitch two voices are at least so far apart."""

MOST_VOICES = 4

MINOR_NINTH = 13
"""What two voices are never apart, where the chord can be laid otherwise: its tones rub there as nowhere else."""

_GUIDES, _PLAIN = ("3", "7", "6", "2", "4"), ("5", "1")


@lru_cache(maxsize=4096)
def voicings(chord: Chord) -> tuple[tuple[int, ...], ...]:
    """The voicings of a chord around middle C, pitches from low to high; none where there is no chord.

    Four different tones, or three where the symbol names no more, fewer where the chord has fewer: those that tell the
    most of it, in close position or with the second voice from the top an octave lower ("drop 2"). The slash bass is
    left to the bass. Of these positions only those are kept that sound well, as far as there are any: no mud, no minor
    ninth, no sharp ninth right below the third, no semitone on top.
    """
    if chord.root is None:
        return ()
    degrees = sorted((degree for degree in chord.degrees if degree not in _left_out(chord)), key=_rank)
    told = list(dict.fromkeys((chord.root + semitones_of_degree(degree)) % 12 for degree in degrees))
    sizes = {min(len(told), MOST_VOICES), min(len(told), MOST_VOICES if chord.extensions else 3)}
    found = sorted({voicing for size in sizes for voicing in _positions(tuple(sorted(told[:size])))})
    for is_good in (_is_clear, _is_without_minor_ninth, partial(_is_sharp_ninth_on_top, chord), _is_open_on_top):
        found = [voicing for voicing in found if is_good(voicing)] or found
    return tuple(found)


def _left_out(chord: Chord) -> frozenset[str]:
    """What players leave out of a major chord: the fifth beside its altered neighbour, the third of a dominant 11."""
    degrees = frozenset(chord.degrees)
    if "3" not in degrees:
        return frozenset()
    fifth = {"5"} if degrees & {"#11", "b13"} else set()
    third = {"3"} if {"b7", "11"} <= degrees else set()
    return frozenset(fifth | third)


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


def _is_without_minor_ninth(voicing: Sequence[int]) -> bool:
    return all(upper - lower != MINOR_NINTH for lower, upper in combinations(voicing, 2))


def _is_sharp_ninth_on_top(chord: Chord, voicing: Sequence[int]) -> bool:
    """Whether no sharp ninth lies a semitone below the third, where it is heard as a minor third."""
    assert chord.root is not None
    third = (chord.root + semitones_of_degree("3")) % 12
    rubs = any(upper - lower == 1 and upper % 12 == third for lower, upper in pairwise(voicing))
    return "#9" not in chord.degrees or not rubs


def _is_open_on_top(voicing: Sequence[int]) -> bool:
    """Whether the highest voice, which is heard as a melody, is not rubbed by the one below."""
    return len(voicing) < 2 or voicing[-1] - voicing[-2] > 1


def movement(before: Sequence[int], after: Sequence[int]) -> float:
    """Semitones that the voices move, each by its distance to the nearest one on the other side.

    Equal numbers of voices are compared voice by voice.
    """
    if len(before) == len(after):
        return float(sum(abs(a - b) for a, b in zip(before, after, strict=True)))
    there = sum(min(abs(pitch - other) for other in after) for pitch in before)
    back = sum(min(abs(pitch - other) for other in before) for pitch in after)
    return (there + back) / 2
