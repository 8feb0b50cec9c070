"""What an instrument is to the mixer, and the arrays that sound is kept in."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 44_100
"""Frames per second."""

Wave = NDArray[np.float32]
"""Sound of one channel, shape (n,)."""

Stereo = NDArray[np.float32]
"""Sound of two channels, left above right; shape (2, n)."""


class Instrument(Protocol):
    """Whatever turns single notes into sound."""

    def strike(self, pitch: int, velocity: int, seconds: float) -> Stereo:
        """The sound of one note whose key is held for `seconds`, with its release; empty if it has none.

        Not to be changed. Striking the longest notes first saves time: shorter ones are cut from them.
        """
        ...

    def choke_group(self, pitch: int) -> int:
        """A number that is shared by the pitches that silence one another, such as the hi-hat's; 0 for none."""
        ...


def frames(seconds: float) -> int:
    """The number of frames that last `seconds`, to the nearest."""
    return round(seconds * SAMPLE_RATE)


def hertz(pitch: float) -> float:
    """The frequency of a MIDI pitch in equal temperament, 440 Hz for 69."""
    return float(440.0 * 2.0 ** ((pitch - 69) / 12))


def panned(pan: float) -> NDArray[np.float32]:
    """The gains of left and right at equal power; `pan` from -1, left, to 1, right. Shape (2, 1)."""
    angle = (min(max(pan, -1.0), 1.0) + 1) * np.pi / 4
    return np.array([[np.cos(angle)], [np.sin(angle)]], dtype=np.float32)
