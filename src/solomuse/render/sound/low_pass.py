"""The low-pass filter of a SoundFont's voice, 12 dB an octave.

The biquad of R. Bristow-Johnson, "Cookbook formulae for audio equalizer biquad filter coefficients", applied by its
response at each frequency.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from solomuse.render.sound.instrument import SAMPLE_RATE, Wave, hertz

OPEN_CENTS = 13_500
"""A filter with its corner here or higher lets everything pass."""

_HOP = 512
_RINGING = 2048

Floats = NDArray[np.float64]


def filtered(wave: Wave, corner_cents: Floats, resonance_db: float) -> Wave:
    """The wave through a filter whose corner stands still or moves.

    Parameters
    ----------
    corner_cents : ndarray of shape (1,) or (n,)
        Above 8.176 Hz, at every frame or at all.
    resonance_db : float
        The height of the peak at the corner; half of it is taken off everything.
    """
    if not len(wave) or (corner_cents.min() >= OPEN_CENTS and resonance_db <= 0):
        return wave
    if np.ptp(corner_cents) < 1:
        size = fast_size(len(wave) + _RINGING)
        response = _response(corner_cents[:1], resonance_db, size)[0]
        return np.asarray(np.fft.irfft(np.fft.rfft(wave, size) * response, size)[: len(wave)], dtype=np.float32)
    return _filtered_in_pieces(wave, corner_cents, resonance_db)


def fast_size(count: int) -> int:
    """The least of 2^k, 3 * 2^k and 5 * 2^k that is no less than `count`: sizes that the FFT likes."""
    return min(factor << max(0, (-(-count // factor) - 1).bit_length()) for factor in (1, 3, 5))


def _filtered_in_pieces(wave: Wave, corner_cents: Floats, resonance_db: float) -> Wave:
    """Pieces that fade into one another, each through the filter as it stands in its middle."""
    window = np.hanning(2 * _HOP + 1)[:-1].astype(np.float32)
    padded = np.concatenate([np.zeros(_HOP, np.float32), wave, np.zeros(2 * _HOP - len(wave) % _HOP, np.float32)])
    pieces = np.lib.stride_tricks.sliding_window_view(padded, 2 * _HOP)[::_HOP] * window
    middles = np.minimum(np.arange(len(pieces)) * _HOP, len(corner_cents) - 1)
    response = _response(corner_cents[middles], resonance_db, 4 * _HOP)
    rung = np.fft.irfft(np.fft.rfft(pieces, 4 * _HOP, axis=1) * response, 4 * _HOP, axis=1)
    out = np.zeros((len(pieces) + 3, _HOP), dtype=np.float32)
    for part in range(4):
        out[part : part + len(pieces)] += rung[:, part * _HOP : (part + 1) * _HOP]
    return out.ravel()[_HOP : _HOP + len(wave)]


def _response(corner_cents: Floats, resonance_db: float, size: int) -> NDArray[np.complex64]:
    """The filter at the frequencies of an FFT of `size`, for each corner; shape (corners, size // 2 + 1)."""
    corner = np.clip(hertz(0) * 2 ** (corner_cents / 1200), 20.0, 0.45 * SAMPLE_RATE)
    angle = (2 * np.pi * corner / SAMPLE_RATE)[:, None]
    alpha, cosine = np.sin(angle) / (2 * 10 ** ((resonance_db - 3.01) / 20)), np.cos(angle)
    delay = np.exp(-2j * np.pi * np.arange(size // 2 + 1) / size)
    gain = 10 ** (-max(resonance_db, 0) / 40)
    below = (1 + alpha) - 2 * cosine * delay + (1 - alpha) * delay**2
    return np.asarray(gain * (1 - cosine) / 2 * (1 + delay) ** 2 / below, dtype=np.complex64)
