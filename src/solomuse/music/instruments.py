"""Instruments: what each can play, and how its player reads it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Literal

from solomuse.errors import ConfigError

Clef = Literal["treble", "treble-8", "alto", "bass"]
"""``treble-8`` is a treble clef that sounds an octave lower, as for a tenor voice."""


@dataclass(frozen=True, slots=True)
class Instrument:
    """An instrument.

    Parameters
    ----------
    name : str
        In lower case, with hyphens: ``tenor-sax``.
    program : int
        General MIDI, 0 to 127.
    low, high : int
        The sounding pitches between which professionals usually play, both included.
    written : int
        Semitones from the sounding pitch up to the written one: 14 for a tenor sax.
    clef : {"treble", "treble-8", "alto", "bass"}
        In which its part is written.

    Raises
    ------
    ValueError
        If program or range are not MIDI's.
    """

    name: str
    program: int
    low: int
    high: int
    written: int = 0
    clef: Clef = "treble"

    def __post_init__(self) -> None:
        if not (0 <= self.program < 128 and 0 <= self.low <= self.high < 128):
            raise ValueError(f"{self.name}: program {self.program}, range {self.low} to {self.high} are not MIDI's")

    @property
    def at_concert_pitch(self) -> Instrument:
        """The same, but written as it sounds, or octaves from that where it always is."""
        return self if self.written % 12 == 0 else replace(self, written=0)

    @property
    def middle(self) -> float:
        """The middle of its range."""
        return (self.low + self.high) / 2

    @property
    def title(self) -> str:
        """The name as it stands above a part: ``Tenor Sax``."""
        return self.name.replace("-", " ").title()


_TABLE = (
    Instrument("soprano-sax", 64, 56, 88, 2),
    Instrument("alto-sax", 65, 49, 81, 9),
    Instrument("tenor-sax", 66, 44, 76, 14),
    Instrument("baritone-sax", 67, 36, 69, 21),
    Instrument("clarinet", 71, 50, 94, 2),
    Instrument("bass-clarinet", 71, 34, 77, 14),
    Instrument("flute", 73, 60, 96),
    Instrument("piccolo", 72, 74, 108, -12),
    Instrument("recorder", 74, 72, 98, -12),
    Instrument("oboe", 68, 58, 91),
    Instrument("english-horn", 69, 52, 81, 7),
    Instrument("bassoon", 70, 34, 75, clef="bass"),
    Instrument("trumpet", 56, 52, 84, 2),
    Instrument("cornet", 56, 52, 82, 2),
    Instrument("flugelhorn", 56, 52, 82, 2),
    Instrument("horn", 60, 35, 77, 7),
    Instrument("trombone", 57, 40, 77, clef="bass"),
    Instrument("bass-trombone", 57, 34, 70, clef="bass"),
    Instrument("tuba", 58, 26, 65, clef="bass"),
    Instrument("violin", 40, 55, 103),
    Instrument("viola", 41, 48, 88, clef="alto"),
    Instrument("cello", 42, 36, 81, clef="bass"),
    Instrument("double-bass", 32, 28, 67, 12, "bass"),
    Instrument("electric-bass", 33, 28, 67, 12, "bass"),
    Instrument("guitar", 24, 40, 83, 12),
    Instrument("electric-guitar", 26, 40, 86, 12),
    Instrument("ukulele", 24, 60, 81),
    Instrument("mandolin", 25, 55, 93),
    Instrument("banjo", 105, 48, 86, 12),
    Instrument("piano", 0, 21, 108),
    Instrument("electric-piano", 4, 28, 100),
    Instrument("organ", 16, 36, 96),
    Instrument("accordion", 21, 53, 93),
    Instrument("harmonica", 22, 60, 96),
    Instrument("vibraphone", 11, 53, 89),
    Instrument("marimba", 12, 45, 96),
    Instrument("xylophone", 13, 65, 108, -12),
    Instrument("glockenspiel", 9, 79, 108, -24),
    Instrument("voice", 53, 53, 77),
    Instrument("tenor-voice", 53, 48, 72, clef="treble-8"),
    Instrument("bass-voice", 53, 40, 64, clef="bass"),
    Instrument("whistle", 78, 74, 98, -12),
)

INSTRUMENTS = {instrument.name: instrument for instrument in _TABLE}
"""Every instrument by its name.

Ranges and transpositions are those of orchestration books (S. Adler, The Study of Orchestration, 3rd ed., Norton 2002,
appendix A), those of saxophones up to the written F sharp of their keys and the baritone's with its low A, without
altissimo. Plucked strings reach from the lowest string to the last usual fret; the bass and the guitars are written an
octave above. The harmonica is a chromatic one of 12 holes, the banjo a tenor's, the whistle a tin whistle in D, the
organ's manual and the electric piano those of Hammond (61 keys) and Rhodes (73). Programs are those of General MIDI 1,
counted from 0.
"""

_ALIASES = {
    "soprano-sax": "soprano, ss",
    "alto-sax": "alto, as, sax",
    "tenor-sax": "tenor, ts, ts-c",
    "baritone-sax": "baritone, bari, bari sax, bs, bars",
    "clarinet": "cl, b flat clarinet, bb clarinet",
    "bass-clarinet": "bcl",
    "flute": "fl",
    "piccolo": "piccolo flute, picc",
    "recorder": "soprano recorder, descant recorder, blockflute",
    "oboe": "ob",
    "english-horn": "cor anglais",
    "bassoon": "bn, fagott",
    "trumpet": "tp, tpt, trp, bb trumpet",
    "cornet": "cor",
    "flugelhorn": "flugel, fluegelhorn, flh",
    "horn": "french horn, hn, f horn",
    "trombone": "tb, tbn, tenor trombone, bone",
    "bass-trombone": "btb",
    "violin": "vln, fiddle",
    "viola": "vla",
    "cello": "vc, violoncello",
    "double-bass": "bass, acoustic bass, upright bass, contrabass, string bass, b",
    "electric-bass": "bass guitar, e bass, fretless bass",
    "guitar": "acoustic guitar, nylon guitar, classical guitar",
    "electric-guitar": "jazz guitar, e guitar, g, gtr",
    "ukulele": "uke",
    "banjo": "tenor banjo",
    "piano": "p, pno, grand piano, acoustic piano, keyboard, keys",
    "electric-piano": "rhodes, e piano, wurlitzer, ep",
    "organ": "hammond, hammond organ, b3, drawbar organ",
    "harmonica": "harp, mouth harp, chromatic harmonica, hca",
    "vibraphone": "vib, vibes, vibraharp",
    "glockenspiel": "bells, glock",
    "voice": "vocal, vocals, singer, mezzo, alto voice, female voice, scat",
    "tenor-voice": "male voice",
    "bass-voice": "baritone voice",
    "whistle": "tin whistle, penny whistle",
}


def find_instrument(name: str) -> Instrument:
    """The instrument of this name, in whatever case, with spaces or hyphens, or by one of its usual short names.

    Raises
    ------
    ConfigError
        If there is none; names the nearest ones.

    Examples
    --------
    >>> find_instrument("Saxophone (Tenor)").name, find_instrument("vibes").name
    ('tenor-sax', 'vibraphone')
    """
    for spelling in _spellings(name):
        if spelling in _INSTRUMENT_BY_SPELLING:
            return _INSTRUMENT_BY_SPELLING[spelling]
    near = get_close_matches(_spellings(name)[0], _INSTRUMENT_BY_SPELLING, n=6, cutoff=0.6)
    names = list(dict.fromkeys(_INSTRUMENT_BY_SPELLING[spelling].name for spelling in near))[:3] or list(INSTRUMENTS)
    raise ConfigError(f"instrument {name!r} is not known; {'did you mean' if near else 'known are'} {', '.join(names)}")


def _spellings(name: str) -> tuple[str, str]:
    """The name without what people write differently: as it stands, and with its words in order of the alphabet."""
    words = re.findall(r"[a-z0-9]+", re.sub(r"sax(?:ophone)?s?", " sax ", name.lower()))
    return "".join(words), "".join(sorted(words))


_INSTRUMENT_BY_SPELLING = {
    spelling: INSTRUMENTS[name]
    for name in INSTRUMENTS
    for alias in (name, *_ALIASES.get(name, "").split(", "))
    for spelling in _spellings(alias)
    if spelling
}
