"""Pitch classes: 0 to 11, C = 0."""

from __future__ import annotations

import re

PITCH_CLASS_NAMES = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
"""The name by which each pitch class is written where no key says otherwise."""

PITCH_CLASS_BY_LETTER = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
SHIFT_BY_ACCIDENTAL = {"b": -1, "#": 1}

DEGREE_SEMITONES = {
    "1": 0,
    "2": 2,
    "3": 4,
    "4": 5,
    "5": 7,
    "6": 9,
    "7": 11,
    "8": 12,
    "9": 14,
    "10": 16,
    "11": 17,
    "12": 19,
    "13": 21,
}
"""Semitones above the root of each degree of the major scale (Harte 2010, section 5.4.1)."""

DEGREE_NAMES = ("1", "b2", "2", "b3", "3", "4", "b5", "5", "b6", "6", "b7", "7")
"""The degree by which a slash bass is written, by semitones above the root."""


def semitones_of_degree(degree: str) -> int:
    """Semitones above the root of a degree such as ``b9`` or ``#11``.

    Raises
    ------
    KeyError
        If the text is no degree.

    Examples
    --------
    >>> semitones_of_degree("b9"), semitones_of_degree("#11")
    (13, 18)
    """
    number = degree.lstrip("b#")
    return DEGREE_SEMITONES[number] + sum(SHIFT_BY_ACCIDENTAL[sign] for sign in degree[: -len(number)])


def parse_pitch(text: str) -> int:
    """The MIDI number of a note's name, middle C being C4, or of a number.

    Raises
    ------
    ValueError
        If it is neither, or not within 0 to 127.

    Examples
    --------
    >>> parse_pitch("C4"), parse_pitch("Bb2"), parse_pitch("65")
    (60, 46, 65)
    """
    match = re.fullmatch(r"([A-Ga-g])([#b]*)(-?\d)", text.strip())
    if match:
        letter, accidentals, octave = match.groups()
        shift = sum(SHIFT_BY_ACCIDENTAL[sign] for sign in accidentals)
        pitch = PITCH_CLASS_BY_LETTER[letter.upper()] + shift + 12 * (int(octave) + 1)
    else:
        pitch = int(text) if re.fullmatch(r"\d{1,3}", text.strip()) else -1
    if not 0 <= pitch <= 127:
        raise ValueError(f"{text!r} is no pitch: expected a note such as F4, or a number from 0 to 127")
    return pitch
