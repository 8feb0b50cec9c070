"""The styles that the band plays: one table of instruments, tempos and patterns.

Patterns are read as `solomuse.render.band.patterns` says. Their marks:

======= ===========================================================================================================
bass    ``R`` root, ``5`` fifth, ``8`` root an octave away, ``w`` walk, ``s`` repeat or step aside, ``a`` lead on to
        what follows, ``g`` a dead note
chords  ``X`` held to the next, ``x`` short
drums   ``X`` accent, ``x``, ``g`` ghost
fills   ``s g S`` snare, its ghost, its accent, ``h m f`` high to floor tom, ``k`` bass drum, ``r`` ride cymbal
======= ===========================================================================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from solomuse.render.band.patterns import Patterns

StyleName = Literal["swing", "bossa", "waltz", "ballad", "pop", "rock", "funk", "blues"]
STYLE_NAMES: tuple[StyleName, ...] = get_args(StyleName)

KICK, SIDE_STICK, SNARE, CLOSED_HAT, PEDAL_HAT, RIDE, CRASH = 36, 37, 38, 42, 44, 51, 49
"""General MIDI percussion, level 1, table 3."""

FILL_PITCHES = {"s": SNARE, "S": SNARE, "g": SNARE, "h": 48, "m": 45, "f": 41, "k": KICK, "r": RIDE}

ACOUSTIC_BASS, FINGERED_BASS, PICKED_BASS = 32, 33, 34
PIANO, NYLON_GUITAR, CLEAN_GUITAR = 0, 24, 27
STANDARD_KIT, BRUSH_KIT = 0, 40
"""Programs, counted from 0. A synthesizer without the brush kit of General MIDI 2 plays its standard kit."""


@dataclass(frozen=True, slots=True)
class Style:
    """What the band plays in one style.

    Parameters
    ----------
    is_swung : bool
        Whether its eighths are long and short.
    qpm : float
        A usual tempo, in quarter notes a minute.
    bass, chords : Patterns
    bass_length : float
        Share of the time to its next note that a bass note sounds.
    chords_name : {"Piano", "Guitar"}
    drums : mapping of int to Patterns
        By percussion key.
    groove_bars : int
        For how many bars the band keeps to a variant of its patterns.
    fills : tuple of str
        Four pulses at most; the last ones of the bar.
    loudness : float
        Of the drums; 1 is as the marks say.
    crash : int
        Velocity of the cymbal at the start of a section, 0 for none.
    short_ticks : int
        How long a short chord sounds.
    """

    is_swung: bool
    qpm: float
    bass_program: int
    bass: Patterns
    bass_length: float
    chords_name: Literal["Piano", "Guitar"]
    chords_program: int
    chords_velocity: int
    chords: Patterns
    drums: Mapping[int, Patterns]
    groove_bars: int
    fills: tuple[str, ...]
    loudness: float
    crash: int
    kit: int = STANDARD_KIT
    short_ticks: int = 200


_WALKING: Patterns = {
    4: ("w w w w",) * 6 + ("w- w- ws w-", "w- ws w- w-", "w- w- w- ws"),
    3: ("w w w", "w w w", "w- ws w-"),
}

_SWING_CHORDS: Patterns = {
    4: (
        *("X- -x -- --", "X- -x -- --", "-X -- -x --", "-x -- X- --", "X- -- -x --", "-- -x -- -X", "-- -X -- --"),
        *("-x -x -- -X", "X- -- -- -X", "-- x- -- x-", "X- -x -- -X", "-x -- -- x-", "-- -- -X --"),
    ),
    3: ("X- -x --", "-X -- -x", "X- -- --", "-- -x X-", "-x -- -X"),
}

_RIDE: Patterns = {
    4: (*("x- Xx x- Xx",) * 5, "x- X- x- Xx", "x- Xx x- X-", "x- Xx xx X-"),
    3: ("x- Xx x-", "x- x- Xx", "x- Xx Xx"),
}

_STYLES: dict[StyleName, Style] = {
    "swing": Style(
        is_swung=True,
        qpm=140,
        bass_program=ACOUSTIC_BASS,
        bass=_WALKING,
        bass_length=0.92,
        chords_name="Piano",
        chords_program=PIANO,
        chords_velocity=70,
        chords=_SWING_CHORDS,
        drums={
            RIDE: _RIDE,
            PEDAL_HAT: {4: ("-- x- -- x-",), 3: ("-- x- --", "-- x- x-")},
            KICK: {4: (*("g- g- g- g-",) * 4, "g- g- g- gx", "g- gx g- g-"), 3: ("g- g- g-",)},
            SNARE: {
                4: ("-- -- -- --", "-- -- -- --", "-- -g -- --", "-- -- -- -g", "-g -- -- -x", "-- -x -g --"),
                3: ("-- -- --", "-- -g --", "-g -- -x"),
            },
        },
        groove_bars=1,
        fills=("-- -- -s sh", "-- -s -s s-", "-- s- hs mf", "-- -- sg sS", "-k -s -k S-"),
        loudness=0.95,
        crash=64,
    ),
    "bossa": Style(
        is_swung=False,
        qpm=130,
        bass_program=ACOUSTIC_BASS,
        bass={4: ("R- -5 5- -R", "R- -5 5- -R", "R- -5 5- -a", "R- -- 5- -R"), 3: ("R- -5 5-", "R- -- 5a")},
        bass_length=0.9,
        chords_name="Guitar",
        chords_program=NYLON_GUITAR,
        chords_velocity=60,
        chords={
            4: ("X- -X -- X- | -X -- X- -X", "X- -X -x -X | -- X- -X --", "-X -- X- -X | -- X- X- -X"),
            3: ("X- -X -X", "X- X- -X", "-X -X --"),
        },
        drums={
            CLOSED_HAT: {4: ("xg xg xg xg",), 3: ("xg xg xg",)},
            KICK: {4: ("x- -x x- -x",), 3: ("x- -x x-",)},
            SIDE_STICK: {
                4: ("x- -x -- x- | -- x- -x --", "x- -x -- x- | -- x- -x --", "-- x- -x -- | x- -x -- x-"),
                3: ("x- -x --", "-- x- -x"),
            },
        },
        groove_bars=4,
        fills=("-- -- -s s-", "-- -- s- hm", "-- s- ss hf"),
        loudness=0.85,
        crash=0,
    ),
    "waltz": Style(
        is_swung=True,
        qpm=150,
        bass_program=ACOUSTIC_BASS,
        bass={4: _WALKING[4], 3: ("w w w", "w w w", "R- -- a-", "R- 5- a-", "R- -5 a-", "w- ws w-")},
        bass_length=0.92,
        chords_name="Piano",
        chords_program=PIANO,
        chords_velocity=70,
        chords={4: _SWING_CHORDS[4], 3: ("X- -x --", "-- X- x-", "-X -- -x", "X- -- -X", "-- -X --", "X- -- --")},
        drums={
            RIDE: {4: _RIDE[4], 3: ("x- Xx x-", "x- Xx x-", "x- xx Xx", "x- X- xx")},
            PEDAL_HAT: {4: ("-- x- -- x-",), 3: ("-- x- --", "-- x- x-")},
            KICK: {4: ("g- g- g- g-",), 3: ("x- -- --", "x- -- -g", "x- -g --")},
            SNARE: {4: ("-- -- -- --", "-- -g -- -g"), 3: ("-- -- --", "-- -- -g", "-g -- g-", "-- -g --")},
        },
        groove_bars=1,
        fills=("-s -s s-", "-- ss hm", "s- hs mf", "-k -s S-"),
        loudness=0.9,
        crash=60,
    ),
    "ballad": Style(
        is_swung=True,
        qpm=66,
        bass_program=ACOUSTIC_BASS,
        bass={
            4: ("R- -- 5- --", "R- -- 5- a-", "R- -- 5- -a", "R- -s 5- a-", "w- w- w- w-"),
            3: ("R- -- a-", "R- 5- a-"),
        },
        bass_length=0.96,
        chords_name="Piano",
        chords_program=PIANO,
        chords_velocity=69,
        chords={
            4: ("X- -- -- --", "X- -- X- --", "X- -- -- -X", "-- X- -- X-", "X- -X -- --"),
            3: ("X- -- --", "X- X- --", "-- X- --"),
        },
        drums={
            SNARE: {4: ("gg xg gg xg", "g- x- g- x-", "gg x- g- xg"), 3: ("g- xg x-", "gg x- xg")},
            PEDAL_HAT: {4: ("-- x- -- x-",), 3: ("-- x- x-",)},
            KICK: {4: ("g- -- g- --", "g- -- -- --"), 3: ("g- -- --",)},
            RIDE: {4: ("-- -- -- --", "-- -- -- --", "x- -- -- -x"), 3: ("-- -- --",)},
        },
        groove_bars=2,
        fills=("-- -- -s ss", "-- -- s- sh"),
        loudness=0.75,
        crash=0,
        kit=BRUSH_KIT,
    ),
    "pop": Style(
        is_swung=False,
        qpm=104,
        bass_program=FINGERED_BASS,
        bass={
            4: ("R- -R R- --", "R- -R R- -a", "RR RR RR RR", "R- -R -R a-", "R- -- 5- -R"),
            3: ("R- -- a-", "R- -R 5-", "RR RR RR"),
        },
        bass_length=0.9,
        chords_name="Piano",
        chords_program=PIANO,
        chords_velocity=66,
        chords={
            4: ("X- X- X- X-", "X- -X -X --", "X- -- X- -X", "X- -X X- --", "X- X- -X X-"),
            3: ("X- X- X-", "X- -X X-", "X- -- X-"),
        },
        drums={
            CLOSED_HAT: {4: ("Xx Xx Xx Xx", "xx xx xx xx"), 3: ("Xx xx xx",)},
            KICK: {4: ("X- -x X- --", "X- -- X- --", "X- -x -x --", "X- -- Xx --"), 3: ("X- -- --", "X- -- -x")},
            SNARE: {4: ("-- X- -- X-", "-- X- -- X-", "-- X- -g X-"), 3: ("-- X- X-", "-- -- X-")},
        },
        groove_bars=8,
        fills=("-- -- ss hf", "-- -- s- ss", "-- S- hh mf", "-- -- -s Sf"),
        loudness=0.85,
        crash=88,
    ),
    "rock": Style(
        is_swung=False,
        qpm=120,
        bass_program=PICKED_BASS,
        bass={4: ("RR RR RR RR", "RR RR RR RR", "RR R- RR -a", "R- RR -R RR"), 3: ("RR RR RR", "R- RR RR")},
        bass_length=0.88,
        chords_name="Guitar",
        chords_program=CLEAN_GUITAR,
        chords_velocity=62,
        chords={
            4: ("Xx Xx Xx Xx", "X- -X -X X-", "X- -- X- -X", "X- X- -X -X", "Xx xX -X X-"),
            3: ("X- Xx Xx", "X- -X X-", "Xx Xx Xx"),
        },
        drums={
            CLOSED_HAT: {4: ("Xx Xx Xx Xx",), 3: ("Xx Xx Xx",)},
            KICK: {4: ("X- -- XX --", "X- -X X- --", "XX -- -X --", "X- -- X- --"), 3: ("X- -- --", "X- -X --")},
            SNARE: {4: ("-- X- -- X-", "-- X- -- X-", "-- X- -g X-"), 3: ("-- X- X-", "-- -- X-")},
        },
        groove_bars=8,
        fills=("-- -- SS hf", "-- ss hh ff", "-- -S -S SS", "-- S- sshh mmff"),
        loudness=0.95,
        crash=104,
    ),
    "funk": Style(
        is_swung=False,
        qpm=100,
        bass_program=FINGERED_BASS,
        bass={
            4: (
                *("R--g --R- -gR- --a-", "R-8- --R- R--5 --a-", "R--R --8- -R-- 5-a-", "R--- -g8- R-R- ---a"),
                *("R--g -R-- --R- 8-a-", "R--R -g-- R--- --8a"),
            ),
            3: ("R--g --R- -Ra-", "R--- R-8- --a-"),
        },
        bass_length=0.7,
        chords_name="Guitar",
        chords_program=CLEAN_GUITAR,
        chords_velocity=72,
        chords={
            4: (
                *("---- x--x ---- x-x-", "-x-- x-x- ---x x---", "--x- --xx ---- x---", "X--- ---x --x- x---"),
                *("---- x--- --xx -x--", "x--x --x- -x-- x---"),
            ),
            3: ("---- x--x x---", "--x- x-x- ---x"),
        },
        drums={
            CLOSED_HAT: {
                4: ("xgxg xgxg xgxg xgxg", "x-xg x-xg x-xg x-xg", "x-x- x-xg x-x- x-xg"),
                3: ("xgxg xgxg xgxg",),
            },
            KICK: {
                4: ("X-x- ---- --X- ----", "X--x ---- --X- -x--", "X-x- ---x --X- ----", "X--- --x- -xX- ----"),
                3: ("X-x- ---- --x-", "X--x --x- ----"),
            },
            SNARE: {4: ("---- X--g -g-- X--g", "---g X--- -g-- X---", "---- X--g -g-g X---"), 3: ("---- X--g X---",)},
        },
        groove_bars=4,
        fills=("---- ---- s-ss h-f-", "---- ---- -ss- S-SS", "---- --s- ssh- m-f-"),
        loudness=0.9,
        crash=92,
        short_ticks=110,
    ),
    "blues": Style(
        is_swung=True,
        qpm=112,
        bass_program=ACOUSTIC_BASS,
        bass=_WALKING,
        bass_length=0.9,
        chords_name="Piano",
        chords_program=PIANO,
        chords_velocity=65,
        chords={
            4: ("X- -x -- --", "x- x- x- x-", "-x -x -x -x", "X- -x -- -x", "-- xx -- xx", "-x X- -x X-"),
            3: ("X- -x --", "-x -x -x", "x- x- x-"),
        },
        drums={
            RIDE: {4: ("xx Xx xx Xx", "xx xx xx xx"), 3: ("xx Xx xx",)},
            PEDAL_HAT: {4: ("-- x- -- x-",), 3: ("-- x- x-",)},
            KICK: {4: ("X- -- X- --", "X- -x X- --", "x- x- x- x-"), 3: ("X- -- --",)},
            SNARE: {4: ("-- X- -- X-", "-- Xg -- X-", "-g X- -g X-"), 3: ("-- X- X-", "-- -- X-")},
        },
        groove_bars=2,
        fills=("-- -- ss hf", "-- -- sS sS", "-- -s hs mf", "-- ss ss S-"),
        loudness=0.85,
        crash=84,
    ),
}

STYLES: Mapping[StyleName, Style] = _STYLES
