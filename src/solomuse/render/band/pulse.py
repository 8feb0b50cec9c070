"""How a bar of any meter is counted: its pulses, and the short cells of pulses that patterns are written for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

from solomuse.music.meter import Meter, beat_groups
from solomuse.music.note import TICKS_PER_QUARTER

_STEPS_OF_THREE = {1: (0,), 2: (0, 4), 3: (0, 2, 4), 4: (0, 2, 4, 5)}
"""Where the steps of a pattern fall in a pulse of three eighths, in sixths of it: the off-beat is the last eighth."""


@dataclass(frozen=True, slots=True)
class Pulse:
    """What a foot taps: a quarter, or a group of two or three shorter beats.

    Parameters
    ----------
    time, duration : int
        Ticks, the time counted from the bar line.
    is_ternary : bool
        Whether it divides into three.
    """

    time: int
    duration: int
    is_ternary: bool = False

    @property
    def end(self) -> int:
        """The tick within the bar at which the next pulse begins."""
        return self.time + self.duration

    def step_time(self, step: int, steps: int) -> int:
        """The tick within the bar of one of `steps` steps, 1 to 4, of the pulse.

        Examples
        --------
        >>> Pulse(480, 480).step_time(1, 2), Pulse(0, 720, True).step_time(1, 2)
        (720, 480)
        """
        if self.is_ternary:
            return self.time + self.duration * _STEPS_OF_THREE[steps][step] // 6
        return self.time + self.duration * step // steps


@lru_cache(maxsize=256)
def pulses(meter: Meter) -> tuple[Pulse, ...]:
    """The pulses of a bar: its quarters, or the groups of its eighths and shorter beats, as `beat_groups` says.

    Examples
    --------
    >>> [pulse.time for pulse in pulses(Meter(7, 8))], [pulse.time for pulse in pulses(Meter(2, 2))]
    ([0, 480, 960], [0, 480, 960, 1440])
    """
    if meter.denominator <= 4:
        return tuple(Pulse(time, TICKS_PER_QUARTER) for time in range(0, meter.bar_ticks, TICKS_PER_QUARTER))
    groups = beat_groups(meter)
    starts = accumulate((beats * meter.beat_ticks for beats in groups), initial=0)
    return tuple(
        Pulse(start, beats * meter.beat_ticks, is_ternary=beats == 3)
        for start, beats in zip(starts, groups, strict=False)
    )


def is_counted_in_quarters(meter: Meter) -> bool:
    """Whether the bar is made of quarters, which can be swung."""
    return meter.denominator <= 4


@lru_cache(maxsize=256)
def cells(pulse_count: int) -> tuple[int, ...]:
    """The bar in cells of at most four pulses: a three where the count is odd, then fours, then a two.

    Examples
    --------
    >>> [cells(count) for count in (1, 2, 3, 4, 5, 6, 7, 11)]
    [(1,), (2,), (3,), (4,), (3, 2), (4, 2), (3, 4), (3, 4, 4)]
    """
    if pulse_count <= 4:
        return (pulse_count,)
    odd = pulse_count % 2
    fours, rest = divmod(pulse_count - 3 * odd, 4)
    return (3,) * odd + (4,) * fours + ((2,) if rest else ())
