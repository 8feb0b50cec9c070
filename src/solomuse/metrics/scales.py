"""Which scale goes with which chord.

One table, read in this order: the first scale of a quality that holds most of the extensions that the symbol writes,
then most of the chord's own tones. So C7 is mixolydian, C7(#11) lydian dominant, C7(b9) half-whole diminished, C7alt
altered. Power chords and lone basses imply no scale.

The pairs are those of M. Levine, "The Jazz Theory Book", 1995, chapter 3. Held against the vocabulary that Impro-Visor
ships (``vocab/My.voc``), the usual scale is the same for major, dominant, minor, suspended and diminished sevenths and
for most altered dominants. It differs for the half-diminished chord (there with a natural second; in the Weimar solos
the flat second has twice as many notes), for C7(b13) and C+7 (there altered, or a scale that has its tones), and for
plain triads, which there imply none and here take the scale of their sixth or seventh chord.
"""

from __future__ import annotations

from functools import lru_cache

from solomuse.metrics.line import chord_tones
from solomuse.music.chord import Chord
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


def scale_name(chord: Chord) -> str | None:
    """The name of the chord's scale in `SCALES`; None where the symbol implies none.

    Examples
    --------
    >>> scale_name(Chord(0, "7")), scale_name(Chord(0, "7", ("9", "#11"))), scale_name(Chord(0, "7", ("b9",)))
    ('mixolydian', 'lydian dominant', 'half-whole diminished')
    """

    def lacking(name: str) -> tuple[int, int]:
        scale = SCALES[name]
        above, own = (
            [semitones_of_degree(degree) % 12 for degree in degrees if degree not in chord.omissions]
            for degrees in (chord.extensions, chord.degrees)
        )
        return sum(tone not in scale for tone in above), sum(tone not in scale for tone in own)

    return min(SCALES_BY_QUALITY[chord.quality], key=lacking, default=None)


@lru_cache(maxsize=4096)
def chord_scale(chord: Chord) -> tuple[int, ...]:
    """Sorted pitch classes of the chord's scale, with all that the symbol writes; empty where it implies none.

    Examples
    --------
    >>> chord_scale(Chord(7, "7"))
    (0, 2, 4, 5, 7, 9, 11)
    """
    name = scale_name(chord)
    if name is None or chord.root is None:
        return ()
    written = [semitones_of_degree(degree) for degree in chord.degrees]
    return tuple(sorted({(chord.root + step) % 12 for step in (*SCALES[name], *written)}))


@lru_cache(maxsize=4096)
def tensions(chord: Chord) -> tuple[int, ...]:
    """Sorted pitch classes that the symbol allows beside its chord tones.

    The tones of the scale that are not a semitone above a chord tone: the eleventh over a major third is to be avoided.
    Over a dominant one above the root or the fifth is allowed, and what the symbol writes always is (B. Nettles,
    R. Graf, "The Chord Scale Theory and Jazz Harmony", 1997).

    Examples
    --------
    >>> tensions(Chord(0, "maj7")), tensions(Chord(0, "7", ("b9", "b13")))
    ((2, 9), (1, 8))
    """
    tones, root = chord_tones(chord), chord.root
    if root is None:
        return ()
    is_dominant = {(root + 4) % 12, (root + 10) % 12} <= set(tones)
    free = {root, (root + 7) % 12} if is_dominant else set()
    written = {(root + semitones_of_degree(degree)) % 12 for degree in chord.extensions}
    clashing = {(tone + 1) % 12 for tone in tones if tone not in free} - written
    return tuple(pitch for pitch in chord_scale(chord) if pitch not in tones and pitch not in clashing)
