"""General MIDI's melodic programs as the built-in sound plays them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from solomuse.render.sound.blown import Blown
from solomuse.render.sound.struck import Struck


@dataclass(frozen=True, slots=True)
class Voice:
    """What plays a program, and how loud: dB relative to a piano as the notes of a band go."""

    sound: Struck | Blown
    level_db: float = 0.0


PIANO = Struck(
    8.0, 0.62, 0.13, 1100, 7000, stiffness=7e-4, position=0.12, strings=(-0.45, 0.05, 0.6), aftersound=0.18,
    knock=0.5, knock_hertz=500, attack_seconds=0.0015, release_seconds=0.35,
)  # fmt: skip
RHODES = Struck(
    5.0, 0.75, 0.3, 1000, 6000, knock=0.12, release_seconds=0.25,
    modes=(
        *((1, 1, 1), (2, 0.42, 0.7), (3, 0.2, 0.5), (4, 0.08, 0.4), (5, 0.05, 0.3)),
        *((6.27, 0.22, 0.06), (17.5, 0.1, 0.03)),
    ),
)  # fmt: skip
HARPSICHORD = Struck(4.0, 0.7, 0.3, 4000, 5500, stiffness=1e-4, position=0.1, knock=0.2, knock_hertz=5000)
NYLON = Struck(4.0, 0.7, 0.8, 1000, 3200, stiffness=5e-5, position=0.17, knock=0.5, release_seconds=0.2)
STEEL = Struck(3.6, 0.72, 1.0, 1500, 4500, stiffness=1e-4, position=0.15, strings=(-0.6, 0.6), knock=0.3)
JAZZ_GUITAR = Struck(
    5.0, 0.72, 0.6, 900, 3000, stiffness=1e-4, position=0.17, pickup=0.11, knock=0.25, release_seconds=0.15
)  # fmt: skip
ELECTRIC_GUITAR = replace(JAZZ_GUITAR, soft_hertz=1500, loud_hertz=4500, damping=0.9, decay_seconds=4.0)
UPRIGHT = Struck(
    1.5, 0.62, 1.2, 700, 1800, stiffness=6e-4, position=0.15, knock=0.9, knock_hertz=700, attack_seconds=0.004,
    aftersound=0.12, release_seconds=0.12,
)  # fmt: skip
BASS_GUITAR = Struck(
    3.0, 0.7, 1.8, 450, 1500, stiffness=2e-4, position=0.18, pickup=0.13, knock=0.3, release_seconds=0.1
)
HARP = Struck(2.5, 0.7, 1.0, 1000, 2600, position=0.3, knock=0.2, release_seconds=1.2)
PIZZICATO = Struck(0.5, 0.7, 3.0, 700, 2200, position=0.2, knock=0.6)
BANJO = Struck(0.9, 0.8, 1.0, 2500, 5500, stiffness=1e-4, position=0.12, knock=0.4, knock_hertz=2500)
VIBES = Struck(
    4.5, 0.8, 0.3, 1500, 6000, modes=((1, 1, 1), (4, 0.22, 0.3), (10.2, 0.1, 0.08)), knock=0.15,
    tremolo=0.3, tremolo_hertz=4.5, release_seconds=0.5,
)  # fmt: skip
MARIMBA = Struck(
    0.9, 0.6, 0.5, 1000, 5000, modes=((1, 1, 1), (3.93, 0.28, 0.35), (9.6, 0.1, 0.15)), knock=0.4, release_seconds=0.6
)  # fmt: skip
BELLS = Struck(
    4.0, 0.8, 0.3, 2500, 9000, modes=((1, 1, 1), (2.76, 0.35, 0.6), (5.4, 0.25, 0.35), (8.9, 0.1, 0.2)),
    release_seconds=0.8,
)  # fmt: skip
TIMPANI = Struck(
    2.0, 0.8, 2.0, 500, 1500, modes=((1, 1, 1), (1.5, 0.5, 0.8), (1.98, 0.3, 0.6), (2.44, 0.2, 0.5)), knock=0.8
)

SAX_FORMANTS = ((560.0, 0.55, 8.0), (1450.0, 0.5, 12.0), (2700.0, 0.45, 10.0))
SAX = Blown(
    13, 5, SAX_FORMANTS, attack_seconds=0.03, sustain=0.82, vibrato_cents=14, vibrato_hertz=5.0,
    scoop_cents=35, breath=0.04,
)  # fmt: skip
SOPRANO = replace(SAX, formants=((900.0, 0.5, 8.0), (2000.0, 0.5, 10.0)))
ALTO = replace(SAX, formants=((750.0, 0.5, 8.0), (1700.0, 0.5, 12.0), (3000.0, 0.45, 9.0)))
BARITONE = replace(SAX, formants=((350.0, 0.5, 8.0), (1000.0, 0.5, 11.0), (2200.0, 0.45, 9.0)))
TRUMPET = Blown(
    13, 1.5, ((1450.0, 0.8, 10.0),), attack_seconds=0.03, decay_seconds=0.12, sustain=0.72, vibrato_cents=9,
    scoop_cents=30, breath=0.012,
)  # fmt: skip
MUTED = replace(TRUMPET, formants=((1900.0, 0.5, 16.0), (4200.0, 0.5, 12.0)), dull_db=12, bright_db=4)
TROMBONE = replace(TRUMPET, formants=((700.0, 0.8, 9.0),), attack_seconds=0.045, dull_db=12, bright_db=4)
HORN = replace(TRUMPET, formants=((420.0, 0.6, 8.0),), dull_db=16, bright_db=8, attack_seconds=0.05)
SECTION = replace(TRUMPET, voices=(-7.0, 0.0, 8.0))
FLUTE = Blown(
    20, 10, ((1600.0, 0.5, 5.0),), attack_seconds=0.06, sustain=0.9, vibrato_cents=10, vibrato_hertz=5.0,
    vibrato_delay_seconds=0.25, breath=0.07, scoop_cents=15,
)  # fmt: skip
CLARINET = Blown(11, 5, ((1500.0, 0.6, 8.0),), 0.22, attack_seconds=0.04, sustain=0.9, breath=0.025, scoop_cents=15)
OBOE = Blown(12, 6, ((1100.0, 0.4, 9.0), (2900.0, 0.4, 5.0)), attack_seconds=0.035, vibrato_cents=8, breath=0.015)
BASSOON = replace(OBOE, formants=((480.0, 0.4, 10.0), (1150.0, 0.4, 5.0)))
VIOLIN_FORMANTS = ((290.0, 0.2, 4.0), (460.0, 0.2, 4.0), (1000.0, 0.5, 3.0), (2600.0, 0.5, 6.0))
VIOLIN = Blown(
    11, 6.5, VIOLIN_FORMANTS, attack_seconds=0.07, decay_seconds=0.3, sustain=0.88, vibrato_cents=16, vibrato_hertz=5.8,
    vibrato_delay_seconds=0.2, breath=0.03, release_seconds=0.2,
)  # fmt: skip
CELLO = replace(VIOLIN, formants=((180.0, 0.3, 5.0), (400.0, 0.4, 4.0), (1500.0, 0.5, 4.0)))
STRINGS = replace(
    VIOLIN,
    voices=(-9.0, -3.0, 4.0, 10.0),
    dull_db=9,
    bright_db=5,
    attack_seconds=0.12,
    vibrato_cents=9,
    release_seconds=0.5,
)
CHOIR = Blown(
    16, 11, ((620.0, 0.3, 12.0), (1100.0, 0.25, 9.0), (2700.0, 0.3, 8.0)), attack_seconds=0.12, vibrato_cents=12,
    voices=(-8.0, 0.0, 9.0), breath=0.05, release_seconds=0.4,
)  # fmt: skip
ORGAN = Blown(
    0, 0, drawbars=((0.5, 0.8), (1.0, 1.0), (1.5, 0.7), (2.0, 0.35), (3.0, 0.2), (4.0, 0.2)), attack_seconds=0.008,
    sustain=1.0, vibrato_cents=5, vibrato_hertz=6.4, vibrato_delay_seconds=0.02, breath=0.004, release_seconds=0.06,
)  # fmt: skip
PIPES = replace(
    ORGAN, drawbars=((0.5, 0.5), (1.0, 1.0), (2.0, 0.7), (4.0, 0.4), (6.0, 0.2), (8.0, 0.2)), vibrato_cents=0
)
REEDS = Blown(10, 7, ((1400.0, 0.7, 4.0),), attack_seconds=0.04, sustain=0.95, voices=(-4.0, 5.0), breath=0.01)
LEAD = Blown(9, 5, attack_seconds=0.01, sustain=0.85, vibrato_cents=8, vibrato_delay_seconds=0.5, release_seconds=0.15)
SYNTH_BASS = Blown(14, 7, attack_seconds=0.006, decay_seconds=0.15, sustain=0.7, release_seconds=0.06)
PAD = Blown(15, 10, voices=(-8.0, -2.0, 3.0, 9.0), attack_seconds=0.25, sustain=0.95, release_seconds=0.9)

_FIRST_PROGRAMS: tuple[tuple[int, Voice], ...] = (
    *((0, Voice(PIANO, -1)), (4, Voice(RHODES)), (6, Voice(HARPSICHORD, -3)), (7, Voice(BANJO, -2))),
    *((8, Voice(BELLS, -4)), (11, Voice(VIBES)), (12, Voice(MARIMBA)), (14, Voice(BELLS, -3)), (15, Voice(BANJO))),
    *((16, Voice(ORGAN, -4)), (19, Voice(PIPES, -4)), (20, Voice(REEDS, -4))),
    *((24, Voice(NYLON)), (25, Voice(STEEL)), (26, Voice(JAZZ_GUITAR)), (27, Voice(ELECTRIC_GUITAR, -1.5))),
    *((32, Voice(UPRIGHT, 3)), (33, Voice(BASS_GUITAR, 2)), (38, Voice(SYNTH_BASS))),
    *((40, Voice(VIOLIN)), (42, Voice(CELLO)), (44, Voice(STRINGS)), (45, Voice(PIZZICATO)), (46, Voice(HARP))),
    *((47, Voice(TIMPANI, 2)), (48, Voice(STRINGS, -2)), (52, Voice(CHOIR, -2)), (55, Voice(SECTION, -2))),
    *((56, Voice(TRUMPET)), (57, Voice(TROMBONE)), (59, Voice(MUTED)), (60, Voice(HORN)), (61, Voice(SECTION, -1))),
    *((64, Voice(SOPRANO)), (65, Voice(ALTO)), (66, Voice(SAX)), (67, Voice(BARITONE)), (68, Voice(OBOE))),
    *((70, Voice(BASSOON)), (71, Voice(CLARINET)), (72, Voice(FLUTE, 2)), (80, Voice(LEAD, -3)), (88, Voice(PAD, -4))),
    *((104, Voice(BANJO)), (106, Voice(STEEL)), (108, Voice(MARIMBA)), (109, Voice(REEDS, -3)), (110, Voice(VIOLIN))),
    *((111, Voice(OBOE)), (112, Voice(BELLS, -4)), (115, Voice(MARIMBA)), (120, Voice(PAD, -8))),
)
"""Each holds up to the next one's program, counted from 0 (General MIDI level 1, sound set)."""


def voice_of(program: int) -> Voice:
    """What plays a program, 0 to 127."""
    return [voice for first, voice in _FIRST_PROGRAMS if first <= program][-1]
