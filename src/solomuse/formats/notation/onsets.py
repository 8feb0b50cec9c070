"""Onsets: where a played note begins on paper.

A line that goes from sixteenths to triplets within one beat is played without a thought, but would be written in
triplets of 32nds, which nobody reads at sight. So such a quarter is written on one grid of sixteenths, triplets or
sextuplets, its notes moved there by a little.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import groupby

from solomuse.music.note import TICKS_PER_QUARTER

_MIXED = TICKS_PER_QUARTER // 12
"""The grid on which sixteenths and triplets meet; what is beside it is meant to be as it is. Nothing moves farther."""

_SIXTEENTHS, _TRIPLETS, _SEXTUPLETS = (range(0, TICKS_PER_QUARTER, TICKS_PER_QUARTER // parts) for parts in (4, 3, 6))
_COST_BY_GRID = {_SIXTEENTHS: 0, _TRIPLETS: 0, _SEXTUPLETS: TICKS_PER_QUARTER // 24}
"""What each note on a grid costs besides the ticks by which it is moved."""


def written_onsets(onsets: Sequence[int], quarters: Sequence[int]) -> list[int]:
    """Where each note begins on paper.

    Parameters
    ----------
    onsets : sequence of int
        Ticks, rising.
    quarters : sequence of int
        Starts of the beats that are quarters, rising.

    Examples
    --------
    >>> written_onsets([0, 120, 280, 480, 640, 800], [0, 480])
    [0, 120, 240, 480, 640, 800]
    """
    beats = set(quarters)

    def beat_of(onset: int) -> int | None:
        """Where the quarter begins in which an onset lies."""
        place = bisect_right(quarters, onset) - 1
        return quarters[place] if place >= 0 and onset < quarters[place] + TICKS_PER_QUARTER else None

    written = list[int]()
    for beat, group in groupby(onsets, key=beat_of):
        inside = list(group)
        if beat is None:
            written += inside
            continue
        end = beat + TICKS_PER_QUARTER
        after = onsets[len(written) + len(inside)] if len(written) + len(inside) < len(onsets) else None
        slots = range(int(written[-1:] == [beat]), TICKS_PER_QUARTER + (end in beats and after != end))
        written += [beat + place for place in _on_one_grid([onset - beat for onset in inside], slots)]
    return written


def _on_one_grid(places: list[int], slots: range) -> list[int]:
    """The places in a quarter on the grid that changes them least; as they are where they are on one, or none will do.

    Parameters
    ----------
    slots : range
        Ticks from the start of the quarter on which notes may begin; its end is one where nothing else begins there.
    """
    if any(place % _MIXED for place in places) or any(all(place in grid for place in places) for grid in _COST_BY_GRID):
        return places
    best, least = places, float("inf")
    for grid, cost_of_note in _COST_BY_GRID.items():
        free = [place for place in (*grid, TICKS_PER_QUARTER) if place in slots]
        moved = [min(free, key=lambda slot: abs(slot - place)) for place in places]
        steps = [abs(new - old) for new, old in zip(moved, places, strict=True)]
        cost = sum(steps) + cost_of_note * len(places)
        if len({*moved}) == len(places) and max(steps) <= _MIXED and cost < least:
            best, least = moved, cost
    return best
