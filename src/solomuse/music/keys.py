"""Keys: their names, their signatures, and how pitch classes are spelled in them."""

from __future__ import annotations

import re
from functools import lru_cache

from solomuse.errors import ChartError
from solomuse.music.pitch import PITCH_CLASS_BY_LETTER, PITCH_CLASS_NAMES, SHIFT_BY_ACCIDENTAL

_SHARPS = "FCGDAEB"
"""Letters in the order in which signatures sharpen them; they are flattened in the opposite order."""

_FIFTHS_BY_LETTER = {letter: place - 1 for place, letter in enumerate(_SHARPS)}
_FIFTHS_BY_NAME = {
    letter + sign: fifths + shift
    for sign, shift in (("", 0), ("#", 7), ("b", -7))
    for letter, fifths in _FIFTHS_BY_LETTER.items()
}
"""The place of each name on the line of fifths, C = 0."""

AWKWARD_NAMES = ("Cb", "Fb", "E#", "B#")
"""Names of white keys that have a plainer one; a key uses those of its own scale."""

_NAME_BY_FIFTHS = {fifths: name for name, fifths in _FIFTHS_BY_NAME.items()}
_FIFTHS_BY_STEP = (0, 2, 4, -1, 1, 3, 5)
_PLAIN_NAME_BY_FIFTHS = {fifths: name for name, fifths in _FIFTHS_BY_NAME.items() if name not in AWKWARD_NAMES}

_MAJOR_TONICS = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
_MINOR_TONICS = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B")
MOST_ACCIDENTALS = 7
"""Of a key signature."""

_KEY = re.compile(r"([A-Ha-g])([b#]?)[ :]?(major|minor|maj|min|-|m|)", re.ASCII)


def parse_key(text: str) -> str:
    """The key that a text such as ``Bb``, ``F#m``, ``C-``, ``d minor`` or ``Bb:maj`` names, as a label.

    A lower-case tonic alone is minor, as in analysis. A key with more accidentals than a signature has, such as G#
    major, is its enharmonic one.

    Raises
    ------
    ChartError
        If the text names no key.

    Examples
    --------
    >>> parse_key("Bb"), parse_key("F#m"), parse_key("C-"), parse_key("G#")
    ('Bb:maj', 'F#:min', 'C:min', 'Ab:maj')
    """
    match = _KEY.fullmatch(text.strip().replace("♭", "b").replace("♯", "#"))
    if match is None:
        raise ChartError(f"key {text!r}: expected a key such as Bb, F#m or C minor")
    letter, accidental, mode = match.groups()
    is_minor = mode in ("minor", "min", "-", "m") or (not mode and letter.islower())
    tonic = ("B" if letter == "H" else letter.upper()) + accidental
    return writable_key(f"{tonic}:{'min' if is_minor else 'maj'}")


def writable_key(key: str) -> str:
    """The key, or its enharmonic one where it has more accidentals than a signature.

    Examples
    --------
    >>> writable_key("Ab:min"), writable_key("Bbb:min")
    ('Ab:min', 'A:min')
    """
    return key if abs(key_fifths(key)) <= MOST_ACCIDENTALS else transpose_key(key, 0)


def key_fifths(key: str) -> int:
    """Sharps of the key's signature, flats below zero.

    Examples
    --------
    >>> key_fifths("Bb:maj"), key_fifths("F#:min")
    (-2, 3)
    """
    tonic, _, mode = key.partition(":")
    return fifths_of_name(tonic) - (3 if mode == "min" else 0)


def altered_letters(fifths: int) -> dict[str, int]:
    """Semitones by which a signature of so many sharps (flats below zero) alters each letter.

    Examples
    --------
    >>> altered_letters(2)
    {'F': 1, 'C': 1, 'G': 0, 'D': 0, 'A': 0, 'E': 0, 'B': 0}
    """
    return {letter: (fifths + 6 - place) // 7 for place, letter in enumerate(_SHARPS)}


def key_of_signature(fifths: int, mode: str = "maj") -> str:
    """The key with this many sharps (flats below zero), as a label.

    Examples
    --------
    >>> key_of_signature(-2), key_of_signature(3, "min")
    ('Bb:maj', 'F#:min')
    """
    place = fifths + (3 if mode == "min" else 0)
    letter = _SHARPS[(place + 1) % 7]
    shift = (place + 1) // 7
    return f"{letter}{'#' * shift if shift > 0 else 'b' * -shift}:{mode}"


def transpose_key(key: str, semitones: int) -> str:
    """The key moved up by `semitones`, by its usual name.

    Examples
    --------
    >>> transpose_key("C:maj", 1), transpose_key("A:min", 4)
    ('Db:maj', 'C#:min')
    """
    tonic, _, mode = key.partition(":")
    names = _MINOR_TONICS if mode == "min" else _MAJOR_TONICS
    return f"{names[(pitch_class_of_name(tonic) + semitones) % 12]}:{mode}"


def pitch_class_of_name(name: str) -> int:
    """Pitch class of a note name such as ``Bb``."""
    return (PITCH_CLASS_BY_LETTER[name[0]] + sum(SHIFT_BY_ACCIDENTAL[sign] for sign in name[1:])) % 12


def relative_major_tonic(key: str) -> int:
    """Pitch class of the tonic of the major key with the same signature.

    Examples
    --------
    >>> relative_major_tonic("A:min"), relative_major_tonic("Bb:maj")
    (0, 10)
    """
    return 7 * key_fifths(key) % 12


@lru_cache(maxsize=256)
def pitch_class_names(key: str | None) -> tuple[str, ...]:
    """The name of each of the 12 pitch classes in a key: of those in use the one nearest to it in fifths.

    Examples
    --------
    >>> pitch_class_names("F:maj")[1], pitch_class_names("D:maj")[1], pitch_class_names("Gb:maj")[11]
    ('Db', 'C#', 'Cb')
    """
    if key is None:
        return PITCH_CLASS_NAMES
    centre = fifths_of_name(key.partition(":")[0]) + 0.5
    lowest = key_fifths(key) - 1
    scale = range(lowest, lowest + 7)
    in_use = [name for name, fifths in _FIFTHS_BY_NAME.items() if name not in AWKWARD_NAMES or fifths in scale]
    nearest = sorted(in_use, key=lambda name: abs(_FIFTHS_BY_NAME[name] - centre))
    return tuple(next(name for name in nearest if pitch_class_of_name(name) == pc) for pc in range(12))


def fifths_of_name(name: str) -> int:
    """The place of a note name on the line of fifths, C = 0.

    Examples
    --------
    >>> fifths_of_name("Bb"), fifths_of_name("F#")
    (-2, 6)
    """
    return _FIFTHS_BY_LETTER[name[0]] + 7 * sum(SHIFT_BY_ACCIDENTAL[sign] for sign in name[1:])


def degree_name(root: str, degree: str) -> str | None:
    """The name of a degree above a root; None where it has two accidentals.

    Examples
    --------
    >>> [degree_name(*of) for of in (("D", "3"), ("G", "b9"), ("F", "b5"), ("D#", "3"))]
    ['F#', 'Ab', 'Cb', None]
    """
    step = _FIFTHS_BY_STEP[(int(degree.lstrip("b#")) - 1) % 7]
    return _NAME_BY_FIFTHS.get(fifths_of_name(root) + step + 7 * (degree.count("#") - degree.count("b")))


def plain_name(fifths: int) -> str | None:
    """The name at a place on the line of fifths; None where there is a plainer one: C flat, and beyond, E sharp.

    Examples
    --------
    >>> plain_name(-2), plain_name(-7)
    ('Bb', None)
    """
    return _PLAIN_NAME_BY_FIFTHS.get(fifths)
