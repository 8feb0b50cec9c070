"""The envelopes and oscillators of a SoundFont's voice, until its key is let go.

Section 8.1.3 of the SoundFont Technical Specification 2.04; numbers in brackets are its generators.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from solomuse.render.sound.instrument import SAMPLE_RATE, Wave, frames, hertz

SILENCE_DB, FULL_FALL_DB = 90.0, 100.0
"""Below the first a note is over; the second is how far decay and release fall in their full time [36, 38]."""

_LEAST_SECONDS = 1e-3

Floats = NDArray[np.float64]
Generators = Mapping[str, float]


def seconds(timecents: float) -> float:
    """Seconds; none for the least value, which stands for an instant."""
    return float(2.0 ** (min(timecents, 8000) / 1200)) if timecents > -12_000 else 0.0


def volume_envelope(generators: Generators, pitch: int, count: int) -> Wave:
    """The gain: it rises in a straight line, and falls in one of dB [33-37, 39, 40]; ends once it is inaudible."""
    delay, attack, hold, decay = _stages(generators, "VolEnv")
    hold *= 2 ** ((60 - pitch) * generators["keynumToVolEnvHold"] / 1200)
    decay *= 2 ** ((60 - pitch) * generators["keynumToVolEnvDecay"] / 1200)
    sustain_db = min(max(generators["sustainVolEnv"] / 10, 0.0), FULL_FALL_DB)
    flat = delay + attack + hold
    if sustain_db > SILENCE_DB:
        count = min(count, frames(flat + decay * SILENCE_DB / FULL_FALL_DB) + 1)
    time = np.arange(count) / SAMPLE_RATE
    fall_db = np.interp(time, [flat, flat + max(decay * sustain_db / FULL_FALL_DB, _LEAST_SECONDS)], [0.0, sustain_db])
    rise = np.clip((time - delay) / max(attack, _LEAST_SECONDS), 0.0, 1.0)
    return (rise * 10 ** (-fall_db / 20)).astype(np.float32)


def modulation_envelope(generators: Generators, count: int) -> Floats:
    """From 0 up to 1 and down to its sustain, in straight lines [25-29]; shape (count,), or (1,) if it stands still."""
    delay, attack, hold, decay = _stages(generators, "ModEnv")
    sustain = 1 - min(max(generators["sustainModEnv"], 0.0), 1000.0) / 1000
    if delay + attack < _LEAST_SECONDS and (sustain == 1 or hold + decay < _LEAST_SECONDS):
        return np.array([sustain])
    corners = np.cumsum([delay, attack, hold, max(decay * (1 - sustain), _LEAST_SECONDS)])
    return np.interp(np.arange(count) / SAMPLE_RATE, corners, [0.0, 1.0, 1.0, sustain])


def oscillator(delay_timecents: float, frequency_cents: float, count: int) -> Floats:
    """A triangle between -1 and 1 that begins at 0 after its delay [21-24]."""
    time = np.maximum(np.arange(count) / SAMPLE_RATE - seconds(delay_timecents), 0)
    turns = time * hertz(0) * 2 ** (frequency_cents / 1200)
    return np.asarray(1 - np.abs((4 * turns + 3) % 4 - 2))


def _stages(generators: Generators, name: str) -> tuple[float, float, float, float]:
    """Seconds of delay, attack, hold, and a decay all the way down."""
    delay, attack, hold, decay = (seconds(generators[stage + name]) for stage in ("delay", "attack", "hold", "decay"))
    return delay, attack, hold, decay
