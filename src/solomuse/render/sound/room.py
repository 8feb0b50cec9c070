"""The sound of a small room around dry sound."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from solomuse.render.sound.instrument import SAMPLE_RATE, Stereo, Wave, frames

WET_DB = -15.0
"""The reverberation's energy, relative to that of the dry sound."""

DECAY_SECONDS_LOW, DECAY_SECONDS_HIGH = 0.9, 0.45
"""Time in which the room's sound falls by 60 dB, below and above `CROSSOVER_HERTZ`."""

CROSSOVER_HERTZ, LOW_CUT_HERTZ, PREDELAY_SECONDS = 2500.0, 180.0, 0.012
REFLECTIONS = ((0.0091, 0.3), (0.0134, 0.26), (0.0192, 0.22), (0.0233, 0.19), (0.0311, 0.16), (0.0373, 0.13))
"""Seconds after the direct sound, and gain, of the walls' first answers; right and left take turns."""

_BLOCK = 1 << 17

Floats = NDArray[np.float64]


def in_room(sound: Stereo) -> Stereo:
    """The sound with the room's reverberation added; the room's is as long, what would ring on after is cut."""
    responses = _responses()
    middle = sound.mean(axis=0)
    out = np.empty_like(sound)
    for side, response in enumerate(responses):
        np.add(sound[side], _convolved(middle, response), out=out[side])
    return out


@cache
def _responses() -> tuple[Wave, Wave]:
    """What left and right hear of a click: first reflections, then noise that dies away, highs sooner."""
    rng = np.random.default_rng(1)  # one room, the same for ever
    count = frames(DECAY_SECONDS_LOW)
    seconds = np.arange(count) / SAMPLE_RATE
    sides = []
    for side in (0, 1):
        low, high = _split(rng.standard_normal(count))
        tail = low * 10 ** (-3 * seconds / DECAY_SECONDS_LOW) + high * 10 ** (-3 * seconds / DECAY_SECONDS_HIGH)
        tail[: frames(PREDELAY_SECONDS)] = 0
        tail /= np.sqrt((tail**2).sum())
        for index, (delay, gain) in enumerate(REFLECTIONS):
            tail[frames(delay)] += gain * (1.0 if index % 2 == side else 0.5) * (-1) ** index
        sides.append((tail * 10 ** (WET_DB / 20)).astype(np.float32))
    return sides[0], sides[1]


def _split(noise: Floats) -> tuple[Floats, Floats]:
    """The noise below and above the crossover, without the lowest lows that make a room boom."""
    spectrum = np.fft.rfft(noise)
    hertz = np.fft.rfftfreq(len(noise), 1 / SAMPLE_RATE)
    low = 1 / (1 + (hertz / CROSSOVER_HERTZ) ** 2)
    cut = hertz**2 / (hertz**2 + LOW_CUT_HERTZ**2)
    return np.fft.irfft(spectrum * low * cut, len(noise)), np.fft.irfft(spectrum * (1 - low) * cut, len(noise))


def _convolved(wave: Wave, response: Wave) -> Wave:
    """The response to the wave, cut to its length; by FFT, block by block, each block's end added to the next."""
    step = _BLOCK - len(response) + 1
    transform = np.fft.rfft(response, _BLOCK)
    out = np.zeros(len(wave) + _BLOCK, dtype=np.float32)
    for start in range(0, len(wave), step):
        block = np.fft.rfft(wave[start : start + step], _BLOCK)
        out[start : start + _BLOCK] += np.fft.irfft(block * transform, _BLOCK)
    return out[: len(wave)]
