"""Rhythm patterns: text that is laid over bars of any meter.

::

    pattern = bar {"|" bar}        bars that follow one another, counted from the start of the section
    bar     = pulse {" " pulse}    three or four pulses
    pulse   = mark {mark}          one to four steps of equal length; "-" for none

What a mark means is up to the part that plays it. ``x- xx x- xx`` is the ride cymbal of swing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from solomuse.music.meter import Meter
from solomuse.render.band.pulse import cells, pulses

Patterns = Mapping[int, tuple[str, ...]]
"""Variants by the number of pulses, 3 and 4; of one number all have the same number of bars."""


@dataclass(frozen=True, slots=True)
class Stroke:
    """A mark in a bar.

    Parameters
    ----------
    time, rest : int
        Ticks from the bar line, and to the next pulse.
    is_off_beat : bool
        Whether it is in the second half of its pulse.
    """

    time: int
    mark: str
    rest: int
    is_off_beat: bool


def pattern_of(patterns: Patterns, meter: Meter, place: int, draw: float) -> tuple[Stroke, ...]:
    """The strokes of one bar.

    Parameters
    ----------
    place : int
        Bars since the start of the section.
    draw : float
        In [0, 1): which variant.
    """
    strokes: list[Stroke] = []
    first = 0
    for size in cells(len(pulses(meter))):
        variants = patterns[3 if size == 3 else 4]
        bars = variants[int(draw * len(variants))].split("|")
        strokes += laid(bars[place % len(bars)], meter, first, size)
        first += size
    return tuple(strokes)


@lru_cache(maxsize=4096)
def laid(bar: str, meter: Meter, first: int, size: int) -> tuple[Stroke, ...]:
    """The first `size` pulses of a pattern over the pulses of a bar, from its pulse `first` on."""
    return tuple(_strokes(bar.split()[:size], meter, first))


@lru_cache(maxsize=1024)
def laid_at_end(bar: str, meter: Meter) -> tuple[Stroke, ...]:
    """The pattern over the last pulses of a bar; what is too long for it loses its beginning."""
    marks = bar.split()[-len(pulses(meter)) :]
    return tuple(_strokes(marks, meter, len(pulses(meter)) - len(marks)))


def _strokes(marks_by_pulse: list[str], meter: Meter, first: int) -> Iterator[Stroke]:
    for pulse, marks in zip(pulses(meter)[first:], marks_by_pulse, strict=False):
        # Two even strokes in a pulse of three eighths are meant as a stream of eighths: all three are played.
        is_stream = pulse.is_ternary and len(marks) == 2 and "-" not in marks
        played = marks[0] + 2 * marks[1] if is_stream else marks
        for step, mark in enumerate(played):
            if mark != "-":
                time = pulse.step_time(step, len(played))
                yield Stroke(time, mark, pulse.end - time, is_off_beat=2 * step >= len(played))
