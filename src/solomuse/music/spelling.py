"""Spelling of notes: F sharp or G flat, by chord, key, and where the line goes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from solomuse.music.chart import Chart
from solomuse.music.chord import Chord
from solomuse.music.keys import AWKWARD_NAMES, degree_name, pitch_class_names, relative_major_tonic
from solomuse.music.note import Note
from solomuse.music.pitch import PITCH_CLASS_BY_LETTER, semitones_of_degree

_LETTERS = "CDEFGAB"
_MAJOR_SCALE = (0, 2, 4, 5, 7, 9, 11)

_READ_AS = {"#9": "b3"}
"""Degrees that players would rather read by another name: the B flat of G7(#9)."""

_DIATONIC = {semitones_of_degree(degree): degree for degree in "1234567"}
_RISING = {1: "#1", 3: "#2", 6: "#4", 8: "#5", 10: "#6"}
_FALLING = {1: "b2", 3: "b3", 6: "b5", 8: "b6", 10: "b7"}
_RESTING = _FALLING | {6: "#4"}
"""Degrees by semitones above the root: of the major scale, and of the notes between on their way up, on their way
down, and neither: flat ninths, blue thirds, sharp elevenths, flat thirteenths."""

_OF_THE_CHORD = ("1", "b3", "3", "b5", "5", "b7", "7")
"""Degrees for which the awkward names are right: the E sharp of C sharp 7."""


def spelled(melody: Sequence[Note], chart: Chart) -> list[str]:
    """The name of each note, such as ``F#``; never with a double accidental.

    Notes of the chord at the onset are named as the chord names them, others as the key names its scale; what is left
    is named by its degree of the chord: raised if the next note is a semitone higher, lowered if it is one lower.

    Parameters
    ----------
    melody : sequence of Note
        In order, inside the chart.

    Notes
    -----
    After the rules for enharmonic spelling of E. Gould, Behind Bars, Faber 2011, chapter 3, with the altered degrees of
    jazz harmony.
    """
    ahead = [0]
    for note, after in reversed(list(pairwise(melody))):
        ahead.append(after.pitch - note.pitch or ahead[-1])  # a repeated note is called as where it goes on
    ahead.reverse()
    spans = iter(chart.spans())
    names = list[str]()
    span = next(spans)
    for note, step in zip(melody, ahead, strict=False):
        while span.end <= note.time:
            span = next(spans)
        names.append(_name(note.pitch % 12, step, span.chord, chart.key))
    return names


def _name(pitch_class: int, step: int, chord: Chord, key: str | None) -> str:
    """The name of a pitch class over a chord, `step` semitones below the note that follows."""
    by_key = pitch_class_names(key)
    usual = by_key[pitch_class]
    if chord.root is None:
        return _passing(pitch_class, step, key) or usual
    interval = (pitch_class - chord.root) % 12
    degree = next((degree for degree in chord.degrees if semitones_of_degree(degree) % 12 == interval), None)
    if degree is None and (pitch_class == chord.bass or _is_in_key(pitch_class, key)):
        return usual
    if degree is None:
        altered = {1: _RISING, -1: _FALLING}.get(step, _FALLING if "b3" in chord.degrees else _RESTING)
        degree = (altered | _DIATONIC)[interval]
    name = degree_name(chord.root_name(key), _READ_AS.get(degree, degree))
    is_right = name not in AWKWARD_NAMES or (degree in _OF_THE_CHORD and chord.quality not in ("dim", "dim7"))
    return name if name and is_right else usual


def _passing(pitch_class: int, step: int, key: str | None) -> str | None:
    """The name of a chromatic note that goes on by a semitone, by the next note of the scale; None of any other."""
    if abs(step) != 1 or _is_in_key(pitch_class, key):
        return None
    goal = pitch_class_names(key)[(pitch_class + step) % 12]
    name = _with_letter(_LETTERS[(_LETTERS.index(goal[0]) - step) % 7], pitch_class)
    return name if len(name) < 3 and name not in AWKWARD_NAMES else None


def _is_in_key(pitch_class: int, key: str | None) -> bool:
    return (pitch_class - (relative_major_tonic(key) if key else 0)) % 12 in _MAJOR_SCALE


def _with_letter(letter: str, pitch_class: int) -> str:
    alter = (pitch_class - PITCH_CLASS_BY_LETTER[letter] + 6) % 12 - 6
    return letter + ("#" * alter if alter > 0 else "b" * -alter)
