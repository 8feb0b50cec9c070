"""A drum kit: skins, metal and noise, by General MIDI's numbers.

A drum is up to three things at once: a skin, a sine that glides down to its pitch; metal, very many partials that
belong to no harmonic series; and noise in a band. Force makes the higher part of each louder.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from solomuse.render.sound.instrument import SAMPLE_RATE, Wave, frames
from solomuse.render.sound.partials import decaying_partials, falling, noise_band

BRUSH_KIT = range(40, 48)
"""Programs of drum kits that are played with brushes: General MIDI 2's number 40."""

_MODE_RATIOS = ((1.0, 1.0), (1.593, 0.35), (2.135, 0.18))
"""The first modes of a round skin and their gains (Fletcher and Rossing, section 3.1)."""

_STICK_HERTZ = 9000.0


@dataclass(frozen=True, slots=True)
class Skin:
    """A drum head: it falls by 60 dB in its time, and glides from `drop` times above its pitch to it."""

    hertz: float
    decay_seconds: float
    drop: float = 0.3
    gain: float = 1.0


@dataclass(frozen=True, slots=True)
class Metal:
    """A cymbal or a bell: `count` partials between two frequencies, the highest ones of which die soonest."""

    low_hertz: float
    high_hertz: float
    count: int
    decay_seconds: float
    gain: float = 1.0
    attack_seconds: float = 0.001


@dataclass(frozen=True, slots=True)
class Noise:
    """A band of noise."""

    low_hertz: float
    high_hertz: float
    decay_seconds: float
    gain: float = 1.0
    attack_seconds: float = 0.0005


@dataclass(frozen=True, slots=True)
class Drum:
    """What sounds at one pitch of a kit: its parts, its level, its place from -1, left, to 1, and its choke group."""

    parts: tuple[Skin | Metal | Noise, ...]
    level_db: float = 0.0
    pan: float = 0.0
    choke_group: int = 0

    @property
    def seconds(self) -> float:
        """How long it may be heard."""
        return max(part.decay_seconds for part in self.parts) + 0.02

    def tone(self, force: float, seed: int, rng: np.random.Generator) -> Wave:
        """One stroke.

        Parameters
        ----------
        force : float
            From 0, softest, to 1.
        seed : int
            The same for the strokes on one drum: a cymbal's partials are its own.
        rng : Generator
            What differs from stroke to stroke.
        """
        wave = np.zeros(frames(self.seconds), dtype=np.float32)
        for part in self.parts:
            sound = _part(part, force, seed, rng)
            wave[: len(sound)] += sound
        return wave


def _part(part: Skin | Metal | Noise, force: float, seed: int, rng: np.random.Generator) -> Wave:
    count = frames(part.decay_seconds)
    if isinstance(part, Skin):
        return _skin(part, force, count)
    wave = _metal(part, force, count, seed, rng) if isinstance(part, Metal) else _noise(part, force, count, rng)
    rise = min(frames(part.attack_seconds), count)
    wave[:rise] *= np.linspace(0, 1, rise, dtype=np.float32) ** 2
    return wave * np.float32(part.gain)


def _skin(skin: Skin, force: float, count: int) -> Wave:
    seconds = np.arange(count) / SAMPLE_RATE
    glide = 1 + skin.drop * (0.5 + 0.5 * force) * np.exp(-seconds / 0.025)
    turns = np.cumsum(skin.hertz * glide) / SAMPLE_RATE
    modes = (
        gain
        * (1.0 if ratio == 1 else 0.5 + force)
        * np.sin(2 * np.pi * ratio * turns)
        * np.exp(-seconds * (ratio - 1) * 12)
        for ratio, gain in _MODE_RATIOS
    )
    return np.asarray(sum(modes, start=np.zeros(count)) * skin.gain, dtype=np.float32) * falling(
        skin.decay_seconds, count
    )


def _metal(metal: Metal, force: float, count: int, seed: int, rng: np.random.Generator) -> Wave:
    own = np.random.default_rng(seed)
    span = np.log(metal.high_hertz / metal.low_hertz)
    height = np.sort(own.uniform(0, 1, metal.count)) ** 0.7  # denser towards the top
    gains = own.uniform(0.5, 1.7, metal.count) * np.exp(-(1 - force) * 1.5 * height) / np.sqrt(metal.count)
    decays = metal.decay_seconds * own.uniform(0.5, 1.0, metal.count) * (1 - 0.75 * height)
    phases = rng.uniform(0, 2 * np.pi, metal.count)
    return decaying_partials(metal.low_hertz * np.exp(span * height), gains, decays, phases, count)


def _noise(noise: Noise, force: float, count: int, rng: np.random.Generator) -> Wave:
    top = noise.high_hertz * (0.5 + 0.5 * force)
    return noise_band(noise.low_hertz, top, count, rng) * falling(noise.decay_seconds, count)


def _stick(gain: float = 0.5) -> Noise:
    return Noise(2500, _STICK_HERTZ, 0.012, gain)


def _tom(hertz: float, pan: float) -> Drum:
    return Drum((Skin(hertz, 0.5 + 60 / hertz, 0.35), Noise(200, 3500, 0.08, 0.35), _stick(0.15)), -3, pan)


def _hand_drum(hertz: float, pan: float, decay_seconds: float = 0.22) -> Drum:
    return Drum((Skin(hertz, decay_seconds, 0.08, 0.8), Noise(400, 3500, 0.03, 0.25)), -7, pan)


def _block(hertz: float, decay_seconds: float = 0.08) -> Drum:
    return Drum((Skin(hertz, decay_seconds, 0.01, 0.7), _stick(0.2)), -4, 0.3)


def _shaker(decay_seconds: float, pan: float) -> Drum:
    return Drum((Noise(4500, 12_000, decay_seconds, 0.6, 0.015),), -11, pan)


def _crash(size: float, decay_seconds: float, pan: float) -> Drum:
    metal = Metal(420 * size, 15_000, 480, decay_seconds, 1.1, 0.004)
    return Drum((metal, Noise(2500, 13_000, 1.5, 0.35, 0.004), _stick(0.3)), -7, pan)


_KICK = Drum((Skin(58, 0.4, 0.9, 1.0), Noise(80, 1200, 0.05, 0.45), Noise(1500, 4500, 0.015, 0.25)), -3)
_SNARE = Drum(
    (Skin(190, 0.22, 0.2, 1.0), Skin(330, 0.14, 0.1, 0.5), Noise(900, 7000, 0.28, 0.6), _stick(0.35)), -2, 0.05
)
_SIDE_STICK = Drum(
    (Skin(1650, 0.09, 0.02, 0.8), Skin(480, 0.12, 0.05, 0.6), Noise(2000, 8000, 0.07, 0.5), _stick(0.5)), -4, 0.05
)
_WASH = Noise(3000, 11_000, 1.6, 0.12, 0.003)
_RIDE = Drum(
    (Metal(420, 13_000, 420, 5.0, 0.5, 0.002), Metal(2800, 7500, 90, 0.8, 0.7), _WASH, _stick(0.6)), -12, -0.35
)
_BELL = Drum((Metal(780, 6500, 18, 3.0, 0.9), Metal(400, 12_000, 240, 4.0, 0.4), _stick(0.4)), -12, -0.35)
_HATS = (Metal(1800, 14_000, 200, 0.2, 0.9), Noise(5500, 13_000, 0.1, 0.35), _stick(0.3))
_PEDAL_HAT = (Metal(1500, 11_000, 180, 0.15, 0.9), Noise(3500, 10_000, 0.06, 0.4, 0.002))
_OPEN_HAT = (Metal(1500, 15_000, 400, 4.0, 0.8), Noise(5500, 13_000, 1.2, 0.25), _stick(0.3))
_TRIANGLE = Metal(1400, 13_000, 12, 2.0, 0.7)

DRUM_BY_PITCH: Mapping[int, Drum] = {
    **dict.fromkeys((35, 36), _KICK),
    37: _SIDE_STICK,
    **dict.fromkeys((38, 40), _SNARE),
    39: Drum((Noise(900, 3500, 0.18, 0.6, 0.006), Noise(1200, 5000, 0.03, 0.6)), -7, 0.1),
    41: _tom(82, 0.4),
    42: Drum(_HATS, -13, 0.3, 1),
    43: _tom(98, 0.3),
    44: Drum(_PEDAL_HAT, -12, 0.3, 1),
    45: _tom(116, 0.15),
    46: Drum(_OPEN_HAT, -12, 0.3, 1),
    47: _tom(138, 0.0),
    48: _tom(165, -0.15),
    49: _crash(1.0, 5.5, 0.25),
    50: _tom(190, -0.3),
    51: _RIDE,
    52: _crash(0.7, 3.0, -0.2),
    53: _BELL,
    54: Drum((Metal(5000, 14_000, 60, 0.3, 0.7), Noise(6000, 13_000, 0.12, 0.3)), -12, 0.3),
    55: _crash(1.8, 2.0, 0.15),
    56: Drum((Metal(560, 3500, 5, 0.4, 1.4), _stick(0.15)), -11, 0.25),
    57: _crash(0.85, 6.5, -0.25),
    58: _shaker(0.4, 0.3),
    59: replace(_RIDE, pan=-0.2),
    60: _hand_drum(330, -0.2),
    61: _hand_drum(240, -0.2),
    62: _hand_drum(230, 0.2, 0.1),
    63: _hand_drum(225, 0.2, 0.3),
    64: _hand_drum(165, 0.2, 0.35),
    65: _hand_drum(300, -0.3, 0.4),
    66: _hand_drum(220, -0.3, 0.4),
    67: _block(900, 0.3),
    68: _block(650, 0.3),
    69: _shaker(0.1, 0.4),
    70: _shaker(0.06, -0.4),
    73: _shaker(0.08, 0.4),
    74: _shaker(0.3, 0.4),
    75: _block(2500, 0.07),
    76: _block(1100),
    77: _block(800),
    80: Drum((replace(_TRIANGLE, decay_seconds=0.25),), -12, 0.4, 2),
    81: Drum((_TRIANGLE,), -12, 0.4, 2),
    82: _shaker(0.08, -0.4),
}
"""General MIDI level 1, percussion key map; what is not listed sounds as `OTHER`."""

OTHER = _block(1400)

_SWISH = Noise(700, 6000, 0.35, 0.5, 0.03)
BRUSHED_BY_PITCH: Mapping[int, Drum] = {
    **DRUM_BY_PITCH,
    38: Drum((Skin(185, 0.16, 0.1, 0.4), Noise(600, 5000, 0.2, 0.5, 0.004)), -4, 0.05),
    39: Drum((Skin(185, 0.16, 0.1, 0.5), Noise(700, 6000, 0.18, 0.7, 0.002)), -3, 0.05),
    40: Drum((replace(_SWISH, decay_seconds=0.6, attack_seconds=0.12),), -6, 0.05),
    **{pitch: Drum((Metal(420, 10_000, 260, 4.0, 0.7, 0.006),), -12, -0.35) for pitch in (51, 59)},
}
"""The kit under brushes: tap, slap and swirl on the snare drum, and a ride without the click of a stick."""


def drum(program: int, pitch: int) -> Drum:
    """What a kit plays at a pitch."""
    return (BRUSHED_BY_PITCH if program in BRUSH_KIT else DRUM_BY_PITCH).get(pitch, OTHER)
