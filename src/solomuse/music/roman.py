"""Roman numerals: chords by their degree in a key."""

from __future__ import annotations

import re

from solomuse.errors import ChordError
from solomuse.music.chord import Chord
from solomuse.music.keys import pitch_class_of_name
from solomuse.music.pitch import semitones_of_degree
from solomuse.music.symbols import parse_chord

_SEMITONES = {"I": 0, "II": 2, "III": 4, "IV": 5, "V": 7, "VI": 9, "VII": 11}
_LOWERED_IN_MINOR = ("III", "VI", "VII")
_NUMERAL = r"([b#♭♯]?)(VII|VI|IV|V|III|II|I|vii|vi|iv|v|iii|ii|i)"
_ROMAN = re.compile(rf"{_NUMERAL}(?![A-Za-z]*[lnxz])(.*?)(?:/(?:{_NUMERAL}|([b#]?[1-7])|([A-Ga-g][b#]?)))?")
_SAYS_MINOR = re.compile(r"m(?!aj|M)|-|o|°|ø|h|dim|sus|alt")


def is_roman(word: str) -> bool:
    """Whether a word is meant as a Roman numeral."""
    return re.match(_NUMERAL, word) is not None


def parse_roman(text: str, key: str) -> Chord:
    """The chord that a Roman numeral stands for in a key.

    Degrees are those of the major scale. In a minor key III, VI and VII are those of natural minor, with or without
    a flat, and a diminished ``vii`` stands on the leading tone. A numeral in lower case is minor: ``ii7`` is a minor
    seventh chord. ``V7/ii`` is the dominant of ii, ``I/3`` has the third in the bass.

    Parameters
    ----------
    key : str
        A label: ``Bb:maj``.

    Raises
    ------
    ChordError
        If it is none, with a caret under the first character that does not fit.

    Examples
    --------
    >>> [parse_roman(text, "Bb:maj").label for text in ("ii7", "V7b9", "IΔ", "V7/ii")]
    ['C:min7', 'F:7(b9)', 'Bb:maj7', 'G:7']
    """
    match = _ROMAN.fullmatch(text)
    if match is None:
        raise ChordError(text, 0, "expected a Roman numeral such as ii7, V7b9 or bVII")
    accidental, numeral, quality, of_accidental, of_numeral, bass_degree, bass_name = match.groups()
    tonic, _, mode = key.partition(":")
    is_minor = mode == "min"
    root = pitch_class_of_name(tonic)
    if of_numeral is not None:
        root += _degree(of_accidental, of_numeral, "", is_minor)
        is_minor = False
    root = (root + _degree(accidental, numeral, quality, is_minor)) % 12
    says_minor = "m" if numeral.islower() and not _SAYS_MINOR.match(quality) else ""
    start = len(accidental) + len(numeral)
    try:
        chord = parse_chord(f"C{says_minor}{quality}")
    except ChordError as error:
        position = start + max(0, error.position - 1 - len(says_minor))
        raise ChordError(text, position, error.why) from None
    bass = None
    if bass_degree is not None:
        bass = (root + semitones_of_degree(bass_degree)) % 12
    elif bass_name is not None:
        bass_name = bass_name[0].upper() + bass_name[1:]
        bass = pitch_class_of_name(bass_name)
    moved = chord.transpose(root)
    return Chord(moved.root, moved.quality, moved.extensions, moved.omissions, bass, (None, bass_name))


def _degree(accidental: str, numeral: str, quality: str, is_minor: bool) -> int:
    """Semitones above the tonic."""
    name = numeral.upper()
    shift = {"b": -1, "♭": -1, "#": 1, "♯": 1, "": 0}[accidental]
    is_leading = name == "VII" and numeral.islower() and re.match(r"o|°|dim|ø|h|m7b5|-7b5", quality)
    if is_minor and name in _LOWERED_IN_MINOR and not is_leading:
        return _SEMITONES[name] - 1 + max(0, shift)
    return _SEMITONES[name] + shift
