"""The order in which the bars of an iReal Pro chart are played."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from solomuse.errors import ChartError
from solomuse.formats.ireal.page import Page, WrittenBar
from solomuse.music.repeats import Marks, played_order


def order_of_bars(page: Page) -> list[int]:
    """Indices of the written bars in the order in which they are played."""
    marks = _marks(page)
    for index, bar in enumerate(page.bars):
        if bar.jump and bar.jump.ending:
            return _order_by_ending(page.bars, marks, index)
    order = played_order(marks)
    leaves = [index for index, mark in enumerate(marks) if mark.to_coda]
    if leaves and not any(mark.jump for mark in marks):
        coda = next(index for index, mark in enumerate(marks) if mark.coda)
        exits = [place for place, index in enumerate(order) if index in leaves and coda in order[place + 1 :]]
        if exits:
            return order[: exits[-1] + 1] + order[order.index(coda, exits[-1] + 1) :]
    return order


def _order_by_ending(bars: Sequence[WrittenBar], marks: list[Marks], place: int) -> list[int]:
    """The order with a jump such as ``D.C. al 2nd End.``: to that ending's end, or on from it if it comes later."""
    jump = bars[place].jump
    assert jump is not None
    starts = [i for i, bar in enumerate(bars) if bar.segno] if jump.goal == "segno" else [0]
    if not starts:
        raise ChartError(f"bar {place + 1} says to go to the segno, but no segno is marked")
    start = starts[0]
    under = [i for i, bar in enumerate(bars) if bar.ending == jump.ending and i >= start]
    later = [i for i in under if i > place]
    if not under:
        raise ChartError(f"bar {place + 1} says to play up to ending {jump.ending}, but there is none")
    first_ending = next(i for i, bar in enumerate(bars) if bar.ending and i >= start)
    order = played_order([*marks[:place], replace(marks[place], jump=None)])
    if later:
        onwards = played_order([replace(mark, endings=()) for mark in marks[later[0] :]])
        return [*order, *range(start, first_ending), *(later[0] + i for i in onwards)]
    end = next((i for i in under if i + 1 not in under), under[-1])
    return [*order, *(i for i in range(start, end + 1) if bars[i].ending in (0, jump.ending))]


def _marks(page: Page) -> list[Marks]:
    """The signs of each bar; the repeat sign of a first ending is implied, that of the last one says nothing."""
    bars = page.bars
    codas, leaves = {_coda_bar(page)}, {_leaving_bar(bars, *sign) for sign in page.codas[:-1]}
    marks = []
    for index, bar in enumerate(bars):
        following = bars[index + 1].ending if index + 1 < len(bars) else 0
        times = bar.times
        if bar.ending and following == bar.ending + 1:
            times = max(times, 2)
        elif bar.ending > 1 and times == 2:
            times = 0
        marks.append(
            Marks(
                bar.starts_repeat,
                times,
                (bar.ending,) if bar.ending else (),
                bar.segno,
                coda=index in codas,
                to_coda=index in leaves,
                fine=bar.fine,
                jump=bar.jump.goal if bar.jump else None,
                until=bar.jump.until if bar.jump else None,
            )
        )
    return marks


def _coda_bar(page: Page) -> int | None:
    """The bar at which the coda begins: that of the last ``Q``, or the next if the sign stands behind a chord."""
    if not page.codas:
        return None
    index, is_in_front = page.codas[-1]
    return min(index + (not is_in_front), len(page.bars) - 1)


def _leaving_bar(bars: Sequence[WrittenBar], index: int, is_in_front: bool) -> int:
    """The bar behind which to leave for the coda; after a jump the first endings are not on the way."""
    if not is_in_front or index == 0 or index >= len(bars):
        return min(index, len(bars) - 1)
    before = index - 1
    while before > 0 and bars[before].ending and bars[before].ending < bars[index].ending:
        before -= 1
    return before
