"""A note: pitch, velocity, onset, length."""

from __future__ import annotations

from dataclasses import dataclass, replace

TICKS_PER_QUARTER = 480
"""Resolution of all time inside SoloMuse."""


@dataclass(frozen=True, slots=True, order=True)
class Note:
    """A sounding note over ``[time, end)``, in ticks.

    Examples
    --------
    >>> Note(time=0, pitch=60, duration=480).end
    480
    """

    time: int
    pitch: int
    duration: int
    velocity: int = 80

    def __post_init__(self) -> None:
        if not 0 <= self.pitch < 128:
            raise ValueError(f"pitch {self.pitch} is not in 0..127")
        if self.duration <= 0 or self.time < 0:
            raise ValueError(f"note at {self.time} of length {self.duration}: expected time >= 0, length > 0")
        if not 1 <= self.velocity < 128:
            raise ValueError(f"velocity {self.velocity} is not in 1..127")

    @property
    def end(self) -> int:
        """The tick at which the note no longer sounds."""
        return self.time + self.duration

    def transpose(self, semitones: int) -> Note:
        """The note moved up by `semitones`."""
        return replace(self, pitch=self.pitch + semitones)

    def shift(self, ticks: int) -> Note:
        """The note moved later by `ticks`."""
        return replace(self, time=self.time + ticks)
