"""The last step of a mix: its level."""

from __future__ import annotations

import numpy as np

from solomuse.render.sound.instrument import Stereo, Wave

PEAK = 10 ** (-1 / 20)
"""-1 dBFS."""

HEADROOM_QUANTILE, MOST_REDUCTION = 0.997, 10 ** (6 / 20)
"""Peaks are held down to the level that three blocks in a thousand exceed, by 6 dB at most."""

_BLOCK = 256
"""Frames: the gain moves within 6 ms at each side of a peak."""


def mastering_gain(mix: Stereo) -> Wave:
    """The gain of each frame, shape (n,): it holds rare peaks down and brings the highest to -1 dBFS; 1 in silence."""
    peak = np.abs(mix).max(initial=0.0)
    if peak == 0:
        return np.ones(mix.shape[1], dtype=np.float32)
    gain = limiting_gain(mix, _ceiling(mix))
    return np.asarray(gain * np.float32(PEAK / np.abs(mix * gain).max()), dtype=np.float32)


def _ceiling(mix: Stereo) -> float:
    peaks = _block_peaks(mix)
    loud = peaks[peaks > peaks.max() / 1000]
    return float(max(np.quantile(loud, HEADROOM_QUANTILE), peaks.max() / MOST_REDUCTION))


def limiting_gain(mix: Stereo, ceiling: float) -> Wave:
    """The gain of each frame with which no sample is over `ceiling`: it dips around each peak in straight lines.

    It is the same for both sides. A block's gain is what its peak needs; at the border of two blocks the lower of both
    holds, and in between the gain is no higher than at either end's need.
    """
    needed = np.minimum(1.0, ceiling / np.maximum(_block_peaks(mix), 1e-12))
    padded = np.concatenate([needed[:1], needed, needed[-1:]])
    at_borders = np.minimum(padded[:-1], padded[1:])
    gain = np.interp(np.arange(mix.shape[1]) / _BLOCK, np.arange(len(at_borders)), at_borders)
    return np.asarray(gain, dtype=np.float32)


def _block_peaks(mix: Stereo) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    """The highest sample of every block, shape (blocks,)."""
    return np.maximum.reduceat(np.abs(mix).max(axis=0), np.arange(0, mix.shape[1], _BLOCK))
