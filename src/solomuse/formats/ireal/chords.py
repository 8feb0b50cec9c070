"""The chords of iReal Pro."""

from __future__ import annotations

from functools import lru_cache

from solomuse.music.chart import Chart
from solomuse.music.chord import NO_CHORD, Chord
from solomuse.music.pitch import semitones_of_degree
from solomuse.music.symbols import parse_chord

_QUALITIES = """
    5 2 add9 + o h sus ^ - ^7 -7 7 7sus h7 o7 ^9 ^13 6 69 ^7#11 ^9#11 ^7#5 -6 -69 -^7 -^9 -9 -11 -7b5 h9 -b6 -#5
    9 7b9 7#9 7#11 7b5 7#5 9#11 9b5 9#5 7b13 7#9#5 7#9b5 7#9#11 7b9#11 7b9b5 7b9#5 7b9#9 7b9b13 7alt
    13 13#11 13b9 13#9 7b9sus 7susadd3 9sus 13sus 7b13sus 11
"""

IREAL_QUALITIES: tuple[str, ...] = tuple(_QUALITIES.split())
"""What the app can write behind a root, apart from nothing, which is a major triad."""

_USUAL = ("", "add9", "h7", "^7")
"""Of several texts for one chord those that charts use."""


@lru_cache(maxsize=1)
def _text_by_chord() -> dict[Chord, str]:
    """The text behind the root of each chord that the app knows, all on C."""
    texts = dict.fromkeys((*_USUAL, *IREAL_QUALITIES))
    return {parse_chord("C" + text): text for text in reversed(texts)}


@lru_cache(maxsize=4096)
def nearest_ireal_chord(chord: Chord) -> Chord:
    """The chord itself if iReal Pro can write it, else the most similar one that it can.

    Of the chords with the same quality the one with the most extensions in common, then with the most tones in common
    and the fewest foreign ones, then the first of `IREAL_QUALITIES`. A quality that the app lacks is left for the one
    with the most tones in common. Root and bass stay. The unknown chord becomes no chord.

    Examples
    --------
    >>> nearest_ireal_chord(parse_chord("Cm13/Eb")).label
    'C:min9/b3'
    """
    if chord.root is None or chord.bass is None:
        return NO_CHORD
    extensions, tones = set(chord.extensions), _tones(chord)

    def similarity(candidate: Chord) -> tuple[bool, int, int, int]:
        others = _tones(candidate)
        same_quality = candidate.quality == chord.quality
        shared = len(extensions & set(candidate.extensions)) if same_quality else 0
        return same_quality, shared, len(tones & others) - len(tones ^ others), -len(candidate.extensions)

    known = sorted(_text_by_chord(), key=_rank)
    best = max(known, key=similarity)
    return Chord(chord.root, best.quality, best.extensions, best.omissions, chord.bass)


def simplified_chords(chart: Chart) -> int:
    """How many chord symbols of a chart iReal Pro cannot write as they are."""
    return sum(nearest_ireal_chord(span.chord) != span.chord for bar in chart.bars for span in bar.chords)


def ireal_symbol(chord: Chord, key: str | None = None) -> str:
    """The text of a chord, or of the nearest that iReal Pro can write, called as it was written, else spelled in a key.

    Examples
    --------
    >>> ireal_symbol(parse_chord("Ebm7b5/Gb"), "Db:maj"), ireal_symbol(NO_CHORD)
    ('Ebh7/Gb', 'n')
    """
    nearest = nearest_ireal_chord(chord)
    if nearest.root is None or nearest.bass is None:
        return "n"
    text = _text_by_chord()[Chord(0, nearest.quality, nearest.extensions, nearest.omissions)]
    slash = "" if nearest.bass == nearest.root else f"/{chord.bass_name(key)}"
    return f"{chord.root_name(key)}{text}{slash}"


def _tones(chord: Chord) -> set[int]:
    """Semitones above the root, within an octave."""
    return {semitones_of_degree(degree) % 12 for degree in chord.degrees}


def _rank(chord: Chord) -> int:
    text = _text_by_chord()[chord]
    return IREAL_QUALITIES.index(text) if text else -1
