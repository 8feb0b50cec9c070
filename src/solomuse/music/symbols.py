"""Parser of chord symbols: Harte labels, and symbols as musicians write them."""

from __future__ import annotations

import re
from functools import lru_cache

from solomuse.errors import ChordError
from solomuse.music.chord import (
    ALTERED,
    EXTENDED_SHORTHAND,
    NO_CHORD,
    QUALITY_DEGREES,
    UNKNOWN_CHORD,
    Chord,
)
from solomuse.music.pitch import (
    DEGREE_SEMITONES,
    PITCH_CLASS_BY_LETTER,
    SHIFT_BY_ACCIDENTAL,
    semitones_of_degree,
)

_ASCII = str.maketrans({"♭": "b", "♯": "#", "−": "-", "–": "-", "°": "o", "△": "Δ"})
_WORDS = {"N": NO_CHORD, "NC": NO_CHORD, "N.C.": NO_CHORD, "X": UNKNOWN_CHORD}
_DEGREE = re.compile(r"[b#]*(?:1[0-3]|[1-9])")
_MARK = re.compile(r"(add|no|omit|\*)?([b#]*(?:1[0-3]|[2-9])|maj7|M7)|alt|sus2|sus4|sus")

_MINOR, _MAJOR_SEVENTH = ("m", "min", "mi", "-"), ("maj", "Maj", "M", "Δ", "^", "j", "ma")
_DIMINISHED, _HALF, _AUGMENTED = ("dim", "o"), ("ø", "h"), ("aug", "+")


def _symbol_table() -> dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]]:
    """Quality, extensions and omissions by the text that follows the root."""
    table: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {}

    def add(texts: list[str], quality: str, *extensions: str, omit: tuple[str, ...] = ()) -> None:
        table.update(dict.fromkeys(texts, (quality, extensions, omit)))

    add(["", "maj", "Maj", "M"], "maj")
    add(["5"], "5")
    add(["1"], "1")
    add(["2"], "maj", "9")
    add(["6", "maj6", "M6"], "maj6")
    add(["69", "6/9"], "maj6", "9")
    for number in ("7", "9", "11", "13"):
        extensions = EXTENDED_SHORTHAND[number][1] if number != "7" else ()
        add([number, "dom" + number], "7", *extensions)
        add([m + number for m in _MAJOR_SEVENTH], "maj7", *extensions)
        add([m + number for m in _MINOR], "min7", *extensions)
        sus = [number + "sus", number + "sus4", f"sus{number}", f"sus4{number}"]
        add(sus, "sus4", "b7", *(degree for degree in extensions if degree != "11"))
    add(["Δ", "^"], "maj7")
    for minor in _MINOR:
        add([minor], "min")
        add([minor + "6"], "min6")
        add([minor + "69", minor + "6/9"], "min6", "9")
        for major in _MAJOR_SEVENTH:
            if minor + major not in ("mi", "ma"):
                add([minor + major + "7", f"{minor}({major}7)"], "minmaj7")
                add([minor + major + "9", f"{minor}({major}9)"], "minmaj7", "9")
        add([minor + "Δ", minor + "^"], "minmaj7")
    add(["sus", "sus4"], "sus4")
    add(["sus2"], "sus2")
    add(list(_DIMINISHED), "dim")
    add([text + "7" for text in _DIMINISHED], "dim7")
    add([*_HALF, *(text + "7" for text in _HALF)], "hdim7")
    add(list(_AUGMENTED), "aug")
    add([*(text + "7" for text in _AUGMENTED)], "aug", "b7")
    add(["7alt", "alt"], "7", *ALTERED, omit=("5",))
    return table


_SYMBOLS = _symbol_table()
_LONGEST_SYMBOL = max(map(len, _SYMBOLS))


@lru_cache(maxsize=65536)
def parse_chord(text: str) -> Chord:
    """The chord that a symbol or a Harte label stands for.

    Raises
    ------
    ChordError
        With a caret under the first character that does not fit.

    Examples
    --------
    >>> parse_chord("C7(b9)/E").label, parse_chord("Bb:min7/b7").symbol()
    ('C:7(b9)/3', 'Bbm7/Ab')
    """
    plain = text.translate(_ASCII)
    if plain in _WORDS:
        return _WORDS[plain]
    root, end = _pitch_class(text, plain, 0)
    if plain[end : end + 1] == ":":
        return _harte(text, plain, root, end + 1)
    quality, extensions, omissions, end = _quality(text, plain, end)
    bass = root
    if plain[end : end + 1] == "/":
        bass, end = _pitch_class(text, plain, end + 1)
    if end != len(plain):
        raise ChordError(text, end, "not a chord symbol from here on")
    return _chord(root, quality, extensions, omissions, bass)


def _pitch_class(text: str, plain: str, start: int) -> tuple[int, int]:
    """Pitch class of a letter with its accidentals, and where it ends."""
    if plain[start : start + 1] not in PITCH_CLASS_BY_LETTER:
        raise ChordError(text, start, "expected a note name A to G")
    end = start + 1
    while plain[end : end + 1] in SHIFT_BY_ACCIDENTAL:
        end += 1
    shift = sum(SHIFT_BY_ACCIDENTAL[sign] for sign in plain[start + 1 : end])
    return (PITCH_CLASS_BY_LETTER[plain[start]] + shift) % 12, end


def _quality(text: str, plain: str, start: int) -> tuple[str, list[str], list[str], int]:
    """The longest known quality at `start` with the marks that follow it, and where they end."""
    longest = min(_LONGEST_SYMBOL, len(plain) - start)
    length = next(n for n in range(longest, -1, -1) if plain[start : start + n] in _SYMBOLS)
    quality, base_extensions, base_omissions = _SYMBOLS[plain[start : start + length]]
    extensions, omissions, end, depth = list(base_extensions), list(base_omissions), start + length, 0
    while end < len(plain) and plain[end] != "/":
        if plain[end] in "(),":
            depth += {"(": 1, ")": -1}.get(plain[end], 0)
            end += 1
            if depth not in (0, 1):
                raise ChordError(text, end - 1, "parenthesis without its partner")
            continue
        mark = _MARK.match(plain, end)
        if mark is None:
            raise ChordError(text, end, "not a chord symbol from here on")
        quality = _apply_mark(mark, quality, extensions, omissions)
        end = mark.end()
    if depth:
        raise ChordError(text, end, "expected a closing parenthesis")
    return quality, extensions, omissions, end


def _apply_mark(mark: re.Match[str], quality: str, extensions: list[str], omissions: list[str]) -> str:
    """Add one mark such as ``b9``, ``no3`` or ``sus`` to the parts; return the quality."""
    verb, degree = mark.group(1), mark.group(2)
    if degree is None:
        if mark.group() == "alt":
            extensions += [d for d in ALTERED if d not in extensions]
            omissions.append("5")
            return quality
        if quality == "7":
            extensions.append("b7")
        return "sus2" if mark.group() == "sus2" else "sus4"
    degree = {"maj7": "7", "M7": "7"}.get(degree, degree)
    if verb in ("no", "omit", "*"):
        omissions.extend(d for d in QUALITY_DEGREES[quality] if d.lstrip("b#") == degree.lstrip("b#"))
        return quality
    degree = {"2": "9", "4": "11"}.get(degree, degree) if verb == "add" else degree
    extensions.append(degree)
    if degree in ("b5", "#5") and "5" in QUALITY_DEGREES[quality]:
        omissions.append("5")
    return quality


def _harte(text: str, plain: str, root: int, start: int) -> Chord:
    """``shorthand ["(" degree {"," degree} ")"] ["/" degree]`` (Harte 2010, section 5.4)."""
    match = re.compile(r"([A-Za-z0-9]*)(?:\(([^()]*)\))?(?:/(.+))?").match(plain, start)
    assert match is not None
    shorthand, marks, bass_degree = match.groups()
    quality, base = EXTENDED_SHORTHAND.get(shorthand, (shorthand or ("1" if marks else "maj"), ()))
    if quality not in QUALITY_DEGREES or quality in ("N", "X"):
        raise ChordError(text, start, f"{shorthand!r} is not a chord quality")
    if match.end() != len(plain):
        raise ChordError(text, match.end(), "not a chord label from here on")
    extensions, omissions = list(base), []
    position = match.start(2)
    for mark in marks.split(",") if marks else ():
        degree = mark.strip()
        omitted = degree.startswith("*")
        degree = degree.removeprefix("*")
        if not _DEGREE.fullmatch(degree) or degree.lstrip("b#") not in DEGREE_SEMITONES:
            raise ChordError(text, position, "expected a degree such as b9 or *5")
        if omitted and degree in extensions:
            extensions.remove(degree)
        elif omitted:
            omissions.append(degree)
        elif degree not in QUALITY_DEGREES[quality]:
            extensions.append(degree)
            omissions += ["5"] if degree in ("b5", "#5") and "5" in QUALITY_DEGREES[quality] else []
        position += len(mark) + 1
    bass = root
    if bass_degree is not None:
        if not _DEGREE.fullmatch(bass_degree):
            raise ChordError(text, match.start(3), "expected a bass degree such as 3 or b7")
        bass = (root + semitones_of_degree(bass_degree)) % 12
    return _chord(root, quality, extensions, omissions, bass)


_SAME_CHORD: dict[tuple[str, tuple[str, ...]], tuple[str, tuple[str, ...]]] = {
    ("min7", ("b5",)): ("hdim7", ()),
    ("min", ("b5",)): ("dim", ()),
    ("maj", ("#5",)): ("aug", ()),
    ("7", ("#5",)): ("aug", ("b7",)),
    ("maj7", ("#5",)): ("aug", ("7",)),
    ("maj", ("b7",)): ("7", ()),
    ("maj", ("7",)): ("maj7", ()),
    ("min", ("7",)): ("minmaj7", ()),
    ("min", ("b7",)): ("min7", ()),
}
"""Spellings of one chord, by quality and extensions, that are read as the same value."""


def _chord(root: int, quality: str, extensions: list[str], omissions: list[str], bass: int) -> Chord:
    """The chord of these parts, with the richest quality of the table that they hold."""
    if quality == "1" and extensions:
        held = [name for name, degrees in QUALITY_DEGREES.items() if degrees and set(degrees[1:]) <= set(extensions)]
        quality = max(held, key=lambda name: len(QUALITY_DEGREES[name]))
        extensions = [degree for degree in extensions if degree not in QUALITY_DEGREES[quality]]
    omissions = list(dict.fromkeys(omissions))
    fifths = [d for d in extensions if d in ("b5", "#5")]
    rest = [d for d in extensions if d not in fifths]
    if omissions == ["5"] and (quality, tuple(fifths)) in _SAME_CHORD:
        quality, more = _SAME_CHORD[quality, tuple(fifths)]
        extensions, omissions = [*more, *rest], []
    elif not omissions and (quality, tuple(extensions)) in _SAME_CHORD:
        quality, more = _SAME_CHORD[quality, tuple(extensions)]
        extensions = list(more)
    unique = tuple(dict.fromkeys(extensions))
    return Chord(root, quality, unique, tuple(omissions), bass)
