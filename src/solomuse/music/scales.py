"""Which scales and tensions go with which chord.

One table, read in this order: the scales of a quality that hold most of the extensions that the symbol writes; of these
the usual one is the first that holds most of the chord's own tones. So C7 is mixolydian, C7(#11) lydian dominant,
C7(b9) half-whole diminished, C7alt altered. Power chords and lone basses imply no scale.

The pairs are those of M. Levine, "The Jazz Theory Book", 1995, chapter 3. Held against the vocabulary that Impro-Visor
ships (``vocab/My.voc``), the usual scale is the same for major, dominant, minor, suspended and diminished sevenths and
for most altered dominants. It differs for the half-diminished chord (there with a natural second; in the Weimar solos
the flat second has twice as many notes), for C7(b13) and C+7 (there altered, or a scale that has its tones), and for
plain triads, which there imply none and here take the scale of their sixth or seventh chord.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from solomuse.music.chord import QUALITY_DEGREES, Chord
from solomuse.music.pitch import semitones_of_degree

SCALES: dict[str, tuple[int, ...]] = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "aeolian": (0, 2, 3, 5, 7, 8, 10),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
    "locrian": (0, 1, 3, 5, 6, 8, 10),
    "locrian natural 2": (0, 2, 3, 5, 6, 8, 10),
    "melodic minor": (0, 2, 3, 5, 7, 9, 11),
    "harmonic minor": (0, 2, 3, 5, 7, 8, 11),
    "lydian augmented": (0, 2, 4, 6, 8, 9, 11),
    "lydian dominant": (0, 2, 4, 6, 7, 9, 10),
    "mixolydian b13": (0, 2, 4, 5, 7, 8, 10),
    "phrygian dominant": (0, 1, 4, 5, 7, 8, 10),
    "altered": (0, 1, 3, 4, 6, 8, 10),
    "half-whole diminished": (0, 1, 3, 4, 6, 7, 9, 10),
    "whole-half diminished": (0, 2, 3, 5, 6, 8, 9, 11),
    "whole tone": (0, 2, 4, 6, 8, 10),
}
"""Semitones above the root."""

_MAJOR = ("major", "lydian")
_MINOR = ("dorian", "aeolian", "phrygian")
_DOMINANT = (
    "mixolydian",
    "lydian dominant",
    "mixolydian b13",
    "half-whole diminished",
    "phrygian dominant",
    "altered",
)

SCALES_BY_QUALITY: dict[str, tuple[str, ...]] = {
    "maj": _MAJOR,
    "maj6": _MAJOR,
    "maj7": _MAJOR,
    "7": _DOMINANT,
    "min": _MINOR,
    "min7": _MINOR,
    "min6": ("melodic minor", "dorian"),
    "minmaj7": ("melodic minor", "harmonic minor"),
    "hdim7": ("locrian", "locrian natural 2"),
    "dim": ("whole-half diminished",),
    "dim7": ("whole-half diminished",),
    "aug": ("whole tone", "lydian augmented", "altered"),
    "sus4": ("mixolydian", "phrygian"),
    "sus2": ("major", "mixolydian"),
    "5": (),
    "1": (),
    "N": (),
    "X": (),
}
"""The scales of each quality of `solomuse.music.chord.QUALITY_DEGREES`, the usual one first."""


def scale_names(chord: Chord) -> tuple[str, ...]:
    """The names of all scales that go with the chord, the usual ones first: those with most of the written extensions.

    Examples
    --------
    >>> scale_names(Chord(0, "maj7")), scale_names(Chord(0, "7", ("9", "#11")))
    (('major', 'lydian'), ('lydian dominant',))
    """
    names = SCALES_BY_QUALITY[chord.quality]
    fewest = min((_lacking(name, chord.extensions) for name in names), default=0)
    return tuple(name for name in names if _lacking(name, chord.extensions) == fewest)


def scale_name(chord: Chord) -> str | None:
    """The name of the chord's usual scale; None where the symbol implies none.

    Examples
    --------
    >>> scale_name(Chord(0, "7")), scale_name(Chord(0, "7", ("9", "#11"))), scale_name(Chord(0, "7", ("b9",)))
    ('mixolydian', 'lydian dominant', 'half-whole diminished')
    """
    return min(scale_names(chord), key=lambda name: _lacking(name, chord.degrees), default=None)


def _lacking(name: str, degrees: Sequence[str]) -> int:
    """How many degrees a scale does not have."""
    return sum(semitones_of_degree(degree) % 12 not in SCALES[name] for degree in degrees)


@lru_cache(maxsize=4096)
def chord_scale(chord: Chord) -> tuple[int, ...]:
    """Sorted pitch classes of the chord's usual scale, with all that the symbol writes; empty where it implies none.

    Examples
    --------
    >>> chord_scale(Chord(7, "7"))
    (0, 2, 4, 5, 7, 9, 11)
    """
    name = scale_name(chord)
    return () if name is None else _above(chord, {*SCALES[name], *_semitones(chord.degrees)})


CHORD_TONE_EXTENSIONS = ("b5", "#5", "bb7", "b7", "7")
"""The degrees on top of a quality that make a seventh chord of it, or another fifth: C7sus4, C7b5."""


@lru_cache(maxsize=4096)
def chord_tones(chord: Chord) -> tuple[int, ...]:
    """Root, third or its suspension, fifth, sixth or seventh, as the symbol has them: sorted pitch classes.

    Without what lies above the seventh and a slash bass; none for ``N`` and ``X``.

    Examples
    --------
    >>> chord_tones(Chord(7, "7", ("b9",), bass=5))
    (2, 5, 7, 11)
    """
    own = (*QUALITY_DEGREES[chord.quality], *CHORD_TONE_EXTENSIONS)
    return _above(chord, _semitones([degree for degree in chord.degrees if degree in own]))


@lru_cache(maxsize=4096)
def tensions(chord: Chord) -> tuple[int, ...]:
    """Sorted pitch classes that the chord's usual scale allows beside its chord tones.

    Those that are not a semitone above a chord tone: the eleventh over a major third is to be avoided. Over a dominant
    one above the root or the fifth is allowed, and what the symbol writes always is (B. Nettles, R. Graf, "The Chord
    Scale Theory and Jazz Harmony", 1997).

    Examples
    --------
    >>> tensions(Chord(0, "maj7")), tensions(Chord(0, "7", ("b9", "b13")))
    ((2, 9), (1, 8))
    """
    return _without_clashes(chord, chord_scale(chord))


@lru_cache(maxsize=4096)
def possible_tensions(chord: Chord) -> tuple[int, ...]:
    """Sorted pitch classes that are a tension in any scale that goes with the chord.

    So over a dominant chord the altered ones are too, unless it writes a natural one. Where the symbol implies no
    scale, all that does not clash with its tones.

    Examples
    --------
    >>> possible_tensions(Chord(0, "maj7")), possible_tensions(Chord(0, "7")), possible_tensions(Chord(0, "7", ("9",)))
    ((2, 6, 9), (1, 2, 3, 6, 8, 9), (2, 6, 8, 9))
    """
    steps = {step for name in scale_names(chord) for step in SCALES[name]} or {*range(12)}
    return _without_clashes(chord, _above(chord, steps | _semitones(chord.degrees)))


def _without_clashes(chord: Chord, pitch_classes: Sequence[int]) -> tuple[int, ...]:
    """Those that are neither a chord tone nor to be avoided."""
    tones = {*chord_tones(chord)}
    free = {*_above(chord, (0, 7))} if tones >= {*_above(chord, (4, 10))} else set[int]()
    clashing = {(tone + 1) % 12 for tone in tones - free} - {*_above(chord, _semitones(chord.extensions))}
    return tuple(pitch_class for pitch_class in pitch_classes if pitch_class not in tones | clashing)


def _semitones(degrees: Sequence[str]) -> set[int]:
    """Degrees as semitones above a root."""
    return {semitones_of_degree(degree) for degree in degrees}


def _above(chord: Chord, steps: Iterable[int]) -> tuple[int, ...]:
    """Sorted pitch classes so many semitones above the chord's root; none without one."""
    return () if chord.root is None else tuple(sorted({(chord.root + step) % 12 for step in steps}))
