"""A chord: root, quality, extensions, omissions, bass."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Literal

from solomuse.music.keys import (
    degree_name,
    fifths_of_name,
    pitch_class_names,
    pitch_class_of_name,
    plain_name,
)
from solomuse.music.pitch import DEGREE_NAMES, PITCH_CLASS_NAMES, semitones_of_degree

QUALITY_DEGREES: dict[str, tuple[str, ...]] = {
    "maj": ("1", "3", "5"),
    "min": ("1", "b3", "5"),
    "dim": ("1", "b3", "b5"),
    "aug": ("1", "3", "#5"),
    "sus2": ("1", "2", "5"),
    "sus4": ("1", "4", "5"),
    "5": ("1", "5"),
    "1": ("1",),
    "maj6": ("1", "3", "5", "6"),
    "min6": ("1", "b3", "5", "6"),
    "7": ("1", "3", "5", "b7"),
    "maj7": ("1", "3", "5", "7"),
    "min7": ("1", "b3", "5", "b7"),
    "minmaj7": ("1", "b3", "5", "7"),
    "dim7": ("1", "b3", "b5", "bb7"),
    "hdim7": ("1", "b3", "b5", "b7"),
    "N": (),
    "X": (),
}
"""The one table of chord qualities, by their Harte shorthand as mir_eval knows it; ``N`` no chord, ``X`` unknown."""

EXTENDED_SHORTHAND: dict[str, tuple[str, tuple[str, ...]]] = {
    "9": ("7", ("9",)),
    "maj9": ("maj7", ("9",)),
    "min9": ("min7", ("9",)),
    "11": ("7", ("9", "11")),
    "min11": ("min7", ("9", "11")),
    "13": ("7", ("9", "13")),
    "maj13": ("maj7", ("9", "13")),
    "min13": ("min7", ("9", "13")),
}
"""Shorthands that stand for a quality and its extensions. A thirteenth chord leaves out its eleventh, as played."""

ALTERED = ("b9", "#9", "#11", "b13")
"""The extensions that ``7alt`` stands for; its fifth is left out."""

SymbolStyle = Literal["plain", "jazz"]

_SHORTHAND_BY_PARTS = {parts: name for name, parts in EXTENDED_SHORTHAND.items()}
_SYMBOLS: dict[SymbolStyle, dict[str, str]] = {
    "plain": {
        "maj": "",
        "min": "m",
        "dim": "dim",
        "aug": "aug",
        "sus2": "sus2",
        "sus4": "sus4",
        "5": "5",
        "1": "Bass",
        "maj6": "6",
        "min6": "m6",
        "7": "7",
        "maj7": "maj7",
        "min7": "m7",
        "minmaj7": "mMaj7",
        "dim7": "dim7",
        "hdim7": "m7b5",
        "9": "9",
        "maj9": "maj9",
        "min9": "m9",
        "11": "11",
        "min11": "m11",
        "13": "13",
        "maj13": "maj13",
        "min13": "m13",
    },
    "jazz": {
        "maj": "",
        "min": "-",
        "dim": "°",
        "aug": "+",
        "sus2": "sus2",
        "sus4": "sus",
        "5": "5",
        "1": "Bass",
        "maj6": "6",
        "min6": "-6",
        "7": "7",
        "maj7": "Δ7",
        "min7": "-7",
        "minmaj7": "-Δ7",
        "dim7": "°7",
        "hdim7": "ø7",
        "9": "9",
        "maj9": "Δ9",
        "min9": "-9",
        "11": "11",
        "min11": "-11",
        "13": "13",
        "maj13": "Δ13",
        "min13": "-13",
    },
}
"""The text behind the root by quality or extended shorthand, in each style."""

_SAME_DEGREE = {
    "b2": "b9",
    "2": "9",
    "#2": "#9",
    "4": "11",
    "#4": "#11",
    "b6": "b13",
    "6": "13",
    "#6": "#13",
    "b3": "#9",
    "b10": "#9",
    "10": "3",
    "12": "5",
    "b12": "b5",
    "#12": "#5",
    "8": "1",
}
"""Extensions by the one name under which a value holds them; a minor third on top is a sharp ninth."""

_RAISED = {
    ("maj", "b7"): ("7", ()),
    ("maj", "7"): ("maj7", ()),
    ("maj", "13"): ("maj6", ()),
    ("min", "b7"): ("min7", ()),
    ("min", "7"): ("minmaj7", ()),
    ("min", "13"): ("min6", ()),
    ("dim", "b7"): ("hdim7", ()),
    ("dim", "bb7"): ("dim7", ()),
    ("maj6", "b7"): ("7", ("13",)),
    ("maj6", "7"): ("maj7", ("13",)),
    ("min6", "b7"): ("min7", ("13",)),
    ("min6", "7"): ("minmaj7", ("13",)),
}
"""A quality with a seventh or sixth on top is another quality, with what is left on top."""

_ALTERED_FIFTH = {
    ("maj", "#5"): ("aug", ()),
    ("7", "#5"): ("aug", ("b7",)),
    ("maj7", "#5"): ("aug", ("7",)),
    ("maj6", "#5"): ("aug", ("13",)),
    ("min6", "b5"): ("dim", ("13",)),
    ("minmaj7", "b5"): ("dim", ("7",)),
    ("min", "b5"): ("dim", ()),
    ("min7", "b5"): ("hdim7", ()),
}
"""A quality whose fifth is altered is another quality, with what is left on top."""

_PLAIN_FIFTH = {"aug": "maj", "dim": "min", "hdim7": "min7"}
_Parts = tuple[str, tuple[str, ...], tuple[str, ...]]

Names = tuple[str | None, str | None]
"""Of root and bass."""
_NO_NAMES: Names = (None, None)


@dataclass(frozen=True, slots=True)
class Chord:
    """A chord as a value; transposable, comparable, hashable.

    Spellings of one chord are one value: ``Chord(0, "maj", ("b7",))`` is ``Chord(0, "7")``. A fifth that is
    altered replaces the plain one.

    Parameters
    ----------
    root : int or None
        Pitch class; None for ``N`` and ``X`` only.
    quality : str
        A key of `QUALITY_DEGREES`.
    extensions : tuple of str
        Degrees on top of the quality, alterations included, lowest first: ``("b9", "#11")``.
    omissions : tuple of str
        Degrees of the quality that are left out: ``("5",)``.
    bass : int or None
        Pitch class; the root unless a slash says otherwise.
    names : (str or None, str or None)
        What the source calls root and bass, such as ``Db``, where it says so; no part of the value. A name of another
        pitch class, or with more than one accidental, is not kept.

    Examples
    --------
    >>> Chord(0, "7", ("b9",), bass=4).label
    'C:7(b9)/3'
    """

    root: int | None
    quality: str
    extensions: tuple[str, ...] = ()
    omissions: tuple[str, ...] = ()
    bass: int | None = None
    names: Names = field(default=_NO_NAMES, compare=False, repr=False)

    def __post_init__(self) -> None:
        if self.quality not in QUALITY_DEGREES:
            raise ValueError(f"quality {self.quality!r} is not in the table")
        if (self.root is None) != (self.quality in ("N", "X")):
            raise ValueError(f"root {self.root} does not go with quality {self.quality}")
        if self.root is not None and not 0 <= self.root < 12:
            raise ValueError(f"root {self.root} is no pitch class")
        if self.bass is None:
            object.__setattr__(self, "bass", self.root)
        if self.names != _NO_NAMES:
            object.__setattr__(self, "names", (_kept(self.names[0], self.root), _kept(self.names[1], self.bass)))
        if self.extensions or self.omissions:
            parts = _canonical(self.quality, tuple(self.extensions), tuple(self.omissions))
            for name, value in zip(("quality", "extensions", "omissions"), parts, strict=True):
                object.__setattr__(self, name, value)

    @property
    def degrees(self) -> tuple[str, ...]:
        """Degrees that sound above the root, the slash bass left out."""
        kept = (degree for degree in QUALITY_DEGREES[self.quality] if degree not in self.omissions)
        return (*kept, *self.extensions)

    @property
    def pitch_classes(self) -> tuple[int, ...]:
        """Sorted pitch classes, the bass included; empty for ``N`` and ``X``."""
        if self.root is None or self.bass is None:
            return ()
        return tuple(sorted({(self.root + semitones_of_degree(d)) % 12 for d in self.degrees} | {self.bass}))

    def transpose(self, semitones: int, fifths: int | None = None) -> Chord:
        """The chord moved up by `semitones`.

        Parameters
        ----------
        fifths : int, optional
            By how many fifths its names move: from E flat to E major are 7, to F flat would be -5. Else the nearest.
            A name that is no plain one there, such as C flat, is left to the key.
        """
        if self.root is None or self.bass is None:
            return self
        root, bass = (self.root + semitones) % 12, (self.bass + semitones) % 12
        shift = (7 * semitones + 5) % 12 - 5 if fifths is None else fifths
        if self.names == _NO_NAMES or shift == 0:
            return replace(self, root=root, bass=bass)
        of_root, of_bass = (name and plain_name(fifths_of_name(name) + shift) for name in self.names)
        if of_root and self._turn(of_root):
            of_root = of_bass = None
        return replace(self, root=root, bass=bass, names=(of_root, of_bass))

    def root_name(self, key: str | None = None) -> str:
        """What the root is called: as the source has it, else as a key has it; empty without a root.

        Where a third or fifth above it would have two accidentals, it is the enharmonic one: E flat, not D sharp major.
        """
        if self.root is None or self.names[0] is not None:
            return self.names[0] or ""
        name = pitch_class_names(key)[self.root]
        return plain_name(fifths_of_name(name) + self._turn(name)) or name

    def bass_name(self, key: str | None = None) -> str:
        """What the bass is called: as the source has it, else by its degree of the chord, else as a key has it."""
        if self.root is None or self.bass is None or self.bass == self.root:
            return self.root_name(key)
        if self.names[1] is not None:
            return self.names[1]
        root, above = self.root_name(key), (self.bass - self.root) % 12
        tones = (degree_name(root, degree) for degree in self.degrees if semitones_of_degree(degree) % 12 == above)
        return next(filter(None, tones), pitch_class_names(key)[self.bass])

    def _turn(self, name: str) -> int:
        """Fifths from a name of the root to the enharmonic one, if a third or fifth above it has two accidentals; 0."""
        if all(degree_name(name, degree) for degree in self.degrees if degree.lstrip("b#") in ("3", "5")):
            return 0
        return -12 if fifths_of_name(name) > 0 else 12

    @property
    def quality_label(self) -> str:
        """The label without its root and bass: ``7(b9)``."""
        shorthand = _SHORTHAND_BY_PARTS.get((self.quality, self.extensions))
        if shorthand and not self.omissions:
            return shorthand
        marks = ",".join([*(f"*{degree}" for degree in self.omissions), *self.extensions])
        return f"{self.quality}({marks})" if marks else self.quality

    @property
    def label(self) -> str:
        """Harte text: ``C:maj7/3``, ``N``, ``X``."""
        if self.root is None or self.bass is None:
            return self.quality
        slash = "" if self.bass == self.root else f"/{DEGREE_NAMES[(self.bass - self.root) % 12]}"
        return f"{PITCH_CLASS_NAMES[self.root]}:{self.quality_label}{slash}"

    def symbol(self, style: SymbolStyle = "plain", key: str | None = None) -> str:
        """Text as musicians write it: ``Cmaj7``, ``C7(b9)/E``, ``N.C.``; ``?`` for an unknown chord.

        Parameters
        ----------
        style : {"plain", "jazz"}
            ``Cm7b5`` and ``Cmaj7``, or ``Cø7`` and ``CΔ7``.
        key : str, optional
            In which roots and basses are spelled that have no `names`, as a label: ``F:min``.
        """
        if self.root is None or self.bass is None:
            return "N.C." if self.quality == "N" else "?"
        slash = "" if self.bass == self.root else f"/{self.bass_name(key)}"
        return f"{self.root_name(key)}{self.quality_symbol(style)}{slash}"

    def quality_symbol(self, style: SymbolStyle = "plain") -> str:
        """The symbol without its root and bass: ``7(b9)``."""
        return _quality_symbol(self.quality, self.extensions, self.omissions, style)


def _kept(name: str | None, pitch_class: int | None) -> str | None:
    """The name, if it is one of that pitch class with at most one accidental."""
    return name if name and len(name) <= 2 and pitch_class_of_name(name) == pitch_class else None


NO_CHORD = Chord(None, "N")
UNKNOWN_CHORD = Chord(None, "X")


@lru_cache(maxsize=16384)
def _canonical(quality: str, extensions: tuple[str, ...], omissions: tuple[str, ...]) -> _Parts:
    """The one way in which a value holds these parts."""
    extended = {_SAME_DEGREE.get(degree, degree) for degree in extensions}
    omitted = set(omissions) & set(QUALITY_DEGREES[quality])
    while True:
        held = {_SAME_DEGREE.get(degree, degree) for degree in QUALITY_DEGREES[quality]}
        restored = {degree for degree in omitted if _SAME_DEGREE.get(degree, degree) in extended}
        omitted -= restored
        extended -= held
        if {"b5", "#5"} & extended and "5" in held:
            omitted.add("5")
        step = _step(quality, extended, omitted)
        if step is None:
            break
        quality, extended, omitted = step
    return quality, _sorted(extended), _sorted(omitted)


def _step(quality: str, extended: set[str], omitted: set[str]) -> tuple[str, set[str], set[str]] | None:
    """One step towards the canonical parts, None at the goal."""
    altered = extended & {"b5", "#5"}
    if quality in _PLAIN_FIFTH and altered:
        own = {degree for degree in QUALITY_DEGREES[quality] if degree in ("b5", "#5")}
        return _PLAIN_FIFTH[quality], extended | own, omitted
    if quality in _PLAIN_FIFTH and omitted & {"b5", "#5"}:
        return _PLAIN_FIFTH[quality], extended, omitted - {"b5", "#5"} | {"5"}
    if len(altered) == 1 and (quality, *altered) in _ALTERED_FIFTH:
        quality, more = _ALTERED_FIFTH[quality, min(altered)]
        return quality, extended - altered | set(more), omitted - {"5"}
    for degree in ("b7", "7", "bb7", "13"):
        if degree in extended and (quality, degree) in _RAISED:
            quality, more = _RAISED[quality, degree]
            return quality, extended - {degree} | set(more), omitted
    has_no_third = quality in ("maj", "min", "dim", "aug", "sus2", "sus4") and omitted & {"3", "b3", "2", "4"}
    if has_no_third or (quality in ("5", "1") and extended) or (quality == "5" and omitted):
        degrees = {_SAME_DEGREE.get(d, d) for d in QUALITY_DEGREES[quality] if d not in omitted} | extended
        best = _richest(degrees)
        return None if best == (quality, extended, omitted) else best
    return None


def _richest(degrees: set[str]) -> tuple[str, set[str], set[str]]:
    """The quality that holds most of some degrees, its fifth omitted where they lack it, and the rest."""
    best = ("1", degrees - {"1"}, set[str]())
    count = 1.0
    for quality, own in QUALITY_DEGREES.items():
        held = {_SAME_DEGREE.get(degree, degree) for degree in own}
        lacking = held - degrees
        score = len(held) - 1.5 * len(lacking)
        if held and lacking <= {"5"} and score > count:
            best, count = (quality, degrees - held, lacking), score
    return best


def _sorted(degrees: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(degrees, key=lambda degree: (semitones_of_degree(degree), degree)))


@lru_cache(maxsize=16384)
def _quality_symbol(quality: str, extensions: tuple[str, ...], omissions: tuple[str, ...], style: SymbolStyle) -> str:
    """The symbol without root and bass."""
    if (quality, extensions, omissions) == ("7", ALTERED, ("5",)):
        return "7alt"
    table, rest = _SYMBOLS[style], list(extensions)
    omitted = [degree for degree in omissions if not (degree == "5" and {"b5", "#5"} & set(extensions))]
    if quality == "aug" and {"b7", "7"} & set(rest):
        quality = "7" if "b7" in rest else "maj7"
        rest = ["#5", *(degree for degree in rest if degree != QUALITY_DEGREES[quality][-1])]
    tail = ""
    if quality in ("sus2", "sus4") and "b7" in rest:
        quality, tail = "7", table[quality]
        rest.remove("b7")
    name = quality
    if not {"b9", "#9"} & set(rest):
        fitting = [
            short for short, (base, more) in EXTENDED_SHORTHAND.items() if base == quality and set(more) <= {*rest}
        ]
        name = max(fitting, key=lambda short: int(short.lstrip("majin")), default=quality)
        rest = [degree for degree in rest if name == quality or degree not in EXTENDED_SHORTHAND[name][1]]
    text = table[name]
    if quality in ("maj6", "min6") and "9" in rest:
        text += "/9"
        rest.remove("9")
    has_seventh = QUALITY_DEGREES[quality][-1].endswith("7")
    marks = [_mark(degree, has_seventh) for degree in rest] + [f"no{degree.lstrip('b#')}" for degree in omitted]
    return text + tail + (f"({','.join(marks)})" if marks else "")


def _mark(degree: str, has_seventh: bool) -> str:
    """How a degree on top is written: bare where it cannot be mistaken."""
    if degree == "b13" and not has_seventh:
        return "b6"
    if degree in ("b9", "#9", "#11", "b13", "b5", "#5") or (has_seventh and degree in ("9", "11", "13")):
        return degree
    return f"add{degree}"
