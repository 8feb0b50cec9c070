"""Pulse: how strong each place of a bar is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, pairwise

from solomuse.music.meter import Meter, beat_groups
from solomuse.music.note import TICKS_PER_QUARTER

BAR_LINE, UNEVEN_GROUP, GROUP, BEAT, WITHIN_BEAT, NOTHING = 5, 4, 3, 2, 1, -9
"""Strengths: of the bar line; of the middle of the bar where its groups of beats differ, and where they are equal; of
beats; of their halves or thirds. Finer places go down from there, to what is weaker than all."""

PLAIN_STEP = TICKS_PER_QUARTER // 16
"""The finest place outside tuplets: a 64th, in ticks."""


@dataclass(frozen=True, slots=True)
class Pulse:
    """The strengths of the places of a bar, or of a tuplet.

    Parameters
    ----------
    step : int
        Ticks from one place to the next.
    strengths : tuple of int
        Of each place, the end included.
    is_simple : bool
        Whether notes may be syncopated over a beat: its beats are quarters.
    """

    step: int
    strengths: tuple[int, ...]
    is_simple: bool

    def is_readable(self, start: int, end: int, *, is_rest: bool = False) -> bool:
        """Whether one note over the places ``[start, end)`` leaves clear where the beats are.

        It may cover what is weaker than its start. Of what is stronger only one place, in its middle, or with a
        strong place at its end: the syncopations that every player reads. A rest covers weaker places only.
        """
        first, last = self.strengths[start], self.strengths[end]
        inside = self.strengths[start + 1 : end]
        strongest = max(inside, default=NOTHING)
        if start == 0 and end == len(self.strengths) - 1:
            return True
        if strongest == UNEVEN_GROUP:
            return False
        if is_rest:
            return strongest < first and (strongest < BEAT or min(first, last) >= GROUP)
        if strongest >= BEAT and not self.is_simple:
            return min(first, last) >= BEAT
        if strongest <= first:
            return True
        before, length = inside.index(strongest) + 1, end - start
        is_syncopation = strongest == first + 1 and inside.count(strongest) == 1
        return is_syncopation and (length == 2 * before or (length == 3 * before and last > strongest))

    def strongest_between(self, start: int, end: int) -> int:
        """Where to cut a note that is not readable: of equals the last one if it starts on a beat, else the first."""
        places = range(start + 1, end)
        best = max(self.strengths[place] for place in places)
        equal = [place for place in places if self.strengths[place] == best]
        return equal[-1] if self.strengths[start] >= BEAT else equal[0]


@dataclass(frozen=True, slots=True)
class Beats:
    """The beats of a bar, in ticks.

    Parameters
    ----------
    starts : tuple of int
        Of the beats, the end of the bar included.
    groups : tuple of int
        Of the groups of beats that stay apart, such as the halves of 4/4; the end of the bar included.
    """

    starts: tuple[int, ...]
    groups: tuple[int, ...]


@lru_cache(maxsize=64)
def beats_of(meter: Meter) -> Beats:
    """Its beats: quarters where the unit is a quarter or longer, else two or three units, as `beat_groups` says.

    Examples
    --------
    >>> beats_of(Meter(4, 4)).groups, beats_of(Meter(7, 8)).starts
    ((0, 960, 1920), (0, 480, 960, 1680))
    """
    unit = meter.beat_ticks
    if unit > TICKS_PER_QUARTER:
        halves = meter.bar_ticks // (2 * TICKS_PER_QUARTER)
        return Beats(_sums([TICKS_PER_QUARTER] * 2 * halves), _sums([2 * TICKS_PER_QUARTER] * halves))
    parts = [part * unit for part in beat_groups(meter)]
    if unit == TICKS_PER_QUARTER:
        return Beats(_sums([unit] * meter.numerator), _sums(parts))
    pairs = [sum(parts[index : index + 2]) for index in range(0, len(parts), 2)]
    return Beats(_sums(parts), _sums(pairs if len(parts) % 2 == 0 and len(set(parts)) == 1 else [meter.bar_ticks]))


def _sums(lengths: Sequence[int]) -> tuple[int, ...]:
    return tuple(accumulate(lengths, initial=0))


@lru_cache(maxsize=64)
def pulse_of(meter: Meter) -> Pulse:
    """The pulse of a bar in 64ths."""
    beats = beats_of(meter)
    lengths = [end - start for start, end in pairwise(beats.starts)]
    strengths = list[int]()
    for length in lengths:
        strengths += [BEAT, *_strengths_within(length // PLAIN_STEP, 3 if length % 9 == 0 else 2)]
    groups = {end - start for start, end in pairwise(beats.groups)}
    for start in beats.groups[1:-1]:
        strengths[start // PLAIN_STEP] = GROUP if len(groups) == 1 else UNEVEN_GROUP
    strengths[0] = BAR_LINE
    return Pulse(PLAIN_STEP, (*strengths, BAR_LINE), set(lengths) == {TICKS_PER_QUARTER})


@lru_cache(maxsize=16)
def pulse_of_tuplet(ticks: int) -> Pulse:
    """The pulse of three in the time of two, over `ticks`, in 64ths of it at the finest."""
    step = max(ticks // 24, PLAIN_STEP * 2 // 3)
    return Pulse(step, (BEAT, *_strengths_within(ticks // step, 3), BEAT), is_simple=False)


def _strengths_within(length: int, parts: int) -> list[int]:
    """The strengths within a beat of `length` places: of its halves or thirds, of their halves, down to the finest."""
    strengths = []
    for place in range(1, length):
        unit, strength = length // parts, WITHIN_BEAT
        while place % unit:
            unit, strength = unit // 2, strength - 1
        strengths.append(strength)
    return strengths
