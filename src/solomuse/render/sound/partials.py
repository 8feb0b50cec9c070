"""Sums of decaying sines, and bands of noise: what struck and plucked things sound like."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from solomuse.render.sound.instrument import SAMPLE_RATE, Wave

HIGHEST_HERTZ = 18_000.0
_COLUMNS, _FIRST_ROWS = 512, 12
_PIECE_ROWS, _PIECE_TERMS = 4, 128
"""Products of matrices up to this size OpenBLAS leaves to one thread; more threads take twenty times as long on a
machine that is busy, and gain nothing here."""

_HEARD_SHARE = 1.2
"""Of its decay time a partial is computed for so long: until it has fallen by 72 dB, or some frames later."""

Numbers = NDArray[np.float64]


def decaying_partials(hertz: Numbers, gains: Numbers, decay_seconds: Numbers, phases: Numbers, count: int) -> Wave:
    """The sum of sines that each fall by 60 dB in their time; those above `HIGHEST_HERTZ` are left out.

    A decaying sine is a power of a complex number, and ``z^(row * columns + column)`` a product of two powers: the
    whole sum is one product of two small matrices.

    Parameters
    ----------
    hertz, gains, decay_seconds, phases : ndarray of shape (partials,)
        Phases in radians.
    count : int
        Frames.

    Returns
    -------
    ndarray of shape (count,), float32
    """
    log = (2j * np.pi * hertz - np.log(1000) / decay_seconds) / SAMPLE_RATE
    last_frame = np.where(hertz < HIGHEST_HERTZ, decay_seconds * _HEARD_SHARE * SAMPLE_RATE, 0)
    out = np.zeros((-(-count // (_PIECE_ROWS * _COLUMNS)) * _PIECE_ROWS, _COLUMNS), dtype=np.float32)
    first = 0
    while first < len(out) and (last_frame > first * _COLUMNS).any():
        end = min(max(2 * first, _FIRST_ROWS), len(out))
        heard = last_frame > first * _COLUMNS
        out[first:end] = _rows(log[heard], gains[heard] * np.exp(1j * phases[heard]), np.arange(first, end))
        first = end
    return out.ravel()[:count]


def _rows(log: NDArray[np.complex128], starts: NDArray[np.complex128], rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """The sum of ``starts * exp(log * frame)`` over the partials, its imaginary part; shape (rows, columns)."""
    by_row = starts * np.exp(np.outer(rows * _COLUMNS, log))
    by_column = np.exp(np.outer(log, np.arange(_COLUMNS)))
    left = np.concatenate([by_row.real, by_row.imag], axis=1).astype(np.float32).reshape(-1, _PIECE_ROWS, 2 * len(log))
    right = np.concatenate([by_column.imag, by_column.real]).astype(np.float32)
    pieces = (slice(first, first + _PIECE_TERMS) for first in range(0, len(right), _PIECE_TERMS))
    zeros = np.zeros((len(left), _PIECE_ROWS, _COLUMNS), dtype=np.float32)
    return sum((left[:, :, piece] @ right[piece] for piece in pieces), start=zeros).reshape(-1, _COLUMNS)


def noise_band(low_hertz: float, high_hertz: float, count: int, rng: np.random.Generator) -> Wave:
    """Noise of power 1 that falls by 12 dB an octave below the band and 24 above; shape (count,), float32."""
    size = 1 << max(count - 1, 1).bit_length()
    hertz = np.fft.rfftfreq(size, 1 / SAMPLE_RATE)
    above = 1 / (1 + (low_hertz / np.maximum(hertz, 1e-3)) ** 4)
    below = 1 / (1 + (hertz / high_hertz) ** 8)
    shaped = np.fft.irfft(np.fft.rfft(rng.standard_normal(size)) * np.sqrt(above * below), size)
    return np.asarray(shaped[:count] / np.sqrt((shaped**2).mean()), dtype=np.float32)


def falling(decay_seconds: float, count: int) -> Wave:
    """A gain that falls from 1 by 60 dB in its time; shape (count,), float32."""
    rate = np.float32(-np.log(1000) / (decay_seconds * SAMPLE_RATE))
    return np.asarray(np.exp(np.arange(count, dtype=np.float32) * rate))
