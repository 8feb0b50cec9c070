"""A chord: root, quality, extensions, omissions, bass."""

from __future__ import annotations

from dataclasses import dataclass, replace

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

_SHORTHAND_BY_PARTS = {parts: name for name, parts in EXTENDED_SHORTHAND.items()}

_SYMBOL_BY_QUALITY = {
    "maj": "",
    "min": "m",
    "dim": "dim",
    "aug": "aug",
    "sus2": "sus2",
    "sus4": "sus4",
    "5": "5",
    "1": "1",
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
}

ALTERED = ("b9", "#9", "#11", "b13")
"""The extensions that ``7alt`` stands for; its fifth is left out."""


@dataclass(frozen=True, slots=True)
class Chord:
    """A chord as a value; transposable, comparable, hashable.

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

    def __post_init__(self) -> None:
        if self.quality not in QUALITY_DEGREES:
            raise ValueError(f"quality {self.quality!r} is not in the table")
        if (self.root is None) != (self.quality in ("N", "X")):
            raise ValueError(f"root {self.root} does not go with quality {self.quality}")
        if self.root is not None and not 0 <= self.root < 12:
            raise ValueError(f"root {self.root} is no pitch class")
        if self.bass is None:
            object.__setattr__(self, "bass", self.root)
        object.__setattr__(self, "extensions", tuple(sorted(self.extensions, key=semitones_of_degree)))
        object.__setattr__(self, "omissions", tuple(sorted(self.omissions, key=semitones_of_degree)))

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

    def transpose(self, semitones: int) -> Chord:
        """The chord moved up by `semitones`."""
        if self.root is None or self.bass is None:
            return self
        return replace(self, root=(self.root + semitones) % 12, bass=(self.bass + semitones) % 12)

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

    def symbol(self) -> str:
        """Text as musicians write it: ``Cmaj7``, ``C7(b9)/E``, ``N.C.``; ``?`` for an unknown chord."""
        if self.root is None or self.bass is None:
            return "N.C." if self.quality == "N" else "?"
        slash = "" if self.bass == self.root else f"/{PITCH_CLASS_NAMES[self.bass]}"
        return f"{PITCH_CLASS_NAMES[self.root]}{self._quality_symbol()}{slash}"

    def _quality_symbol(self) -> str:
        if (self.quality, self.extensions, self.omissions) == ("7", ALTERED, ("5",)):
            return "7alt"
        if self.quality == "sus4" and self.extensions[-1:] == ("b7",) and not self.omissions:
            return "7sus4"
        shorthand = _SHORTHAND_BY_PARTS.get((self.quality, self.extensions))
        if shorthand and not self.omissions:
            return _SYMBOL_BY_QUALITY[shorthand]
        altered_fifths = {"b5", "#5"} & set(self.extensions) if self.omissions == ("5",) else set()
        omitted = () if altered_fifths else tuple(f"no{degree}" for degree in self.omissions)
        extensions = tuple(d if d[0] in "b#" else f"add{d}" for d in self.extensions)
        marks = ",".join((*extensions, *omitted))
        return _SYMBOL_BY_QUALITY[self.quality] + (f"({marks})" if marks else "")


NO_CHORD = Chord(None, "N")
UNKNOWN_CHORD = Chord(None, "X")
