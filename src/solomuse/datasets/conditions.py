"""What a source says of a song that a model can be asked for: style, feel, instrument."""

from __future__ import annotations

from solomuse.config import DataConfig
from solomuse.music.song import Song
from solomuse.tokens.vocabulary import FEELS, SOLO_INSTRUMENTS, STYLES, UNSAID

_PROGRAMS = {
    "soprano-sax": (64,),
    "alto-sax": (65,),
    "tenor-sax": (66,),
    "baritone-sax": (67,),
    "clarinet": (71,),
    "flute": (73,),
    "trumpet": (56, 59),
    "trombone": (57,),
    "piano": range(8),
    "guitar": range(24, 32),
    "bass": range(32, 40),
    "vibraphone": (11,),
    "violin": (40,),
    "voice": range(52, 55),
    "organ": range(16, 21),
    "synthesizer": range(80, 88),
}
"""General MIDI programs, counted from 0, of each instrument."""

_NAME_BY_PROGRAM = {program: name for name, programs in _PROGRAMS.items() for program in programs}
_UNCHANGED_PROGRAM = 0
"""What a track has that names no instrument: a piano only where the source says so."""
_PIANO = "p"


def solo_instrument(program: int) -> str:
    """The instrument of `SOLO_INSTRUMENTS` that a General MIDI program is; empty where it is none."""
    return _NAME_BY_PROGRAM.get(program, "")


def song_conditions(song: Song, track: int, config: DataConfig) -> dict[str, int]:
    """The conditions of a song whose melody is on `track`, by name; indices of their values, `UNSAID` where unknown."""
    program = song.tracks[track].program
    is_said = program != _UNCHANGED_PROGRAM or song.metadata.get("instrument") == _PIANO
    return {
        "style": _index(song.metadata.get("style") or config.style, STYLES),
        "feel": _index(song.metadata.get("rhythm_feel") or "", FEELS),
        "instrument": _index(solo_instrument(program) if is_said else "", SOLO_INSTRUMENTS),
    }


def _index(value: str, values: tuple[str, ...]) -> int:
    return values.index(value.lower()) if value.lower() in values else UNSAID
