"""Repeats: the order in which the bars of a written form are played."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from solomuse.errors import ChartError

MOST_PLAYED_BARS = 20_000
HIGHEST_ENDING = 99


@dataclass(frozen=True, slots=True)
class Marks:
    """What stands at a written bar to say where to go.

    Parameters
    ----------
    starts_repeat : bool
        ``|:`` in front of the bar.
    times : int
        ``:|`` behind the bar: how often the passage is played in all; 0 where none stands.
    endings : tuple of int
        The passes in which the bar is played, where it stands under a bracket such as ``1.`` or ``1, 3``. Every bar
        under the bracket carries them.
    segno, coda : bool
        The sign stands in front of the bar: the place to jump to.
    to_coda : bool
        Behind the bar: where to leave for the coda, once a jump has been made.
    fine : bool
        Behind the bar: the end, once a jump has been made.
    jump : {"capo", "segno"} or None
        Behind the bar: D.C. or D.S.
    until : {"coda", "fine"} or None
        How the jump goes on: al coda, al fine; None plays whichever of the two is marked, else to the end.
    """

    starts_repeat: bool = False
    times: int = 0
    endings: tuple[int, ...] = ()
    segno: bool = False
    coda: bool = False
    to_coda: bool = False
    fine: bool = False
    jump: Literal["capo", "segno"] | None = None
    until: Literal["coda", "fine"] | None = None

    def joined(self, more: Marks) -> Marks:
        """These marks and what others say of where to go; their repeats and endings are left out."""
        return replace(
            self,
            segno=self.segno or more.segno,
            coda=self.coda or more.coda,
            to_coda=self.to_coda or more.to_coda,
            fine=self.fine or more.fine,
            jump=more.jump or self.jump,
            until=more.until or self.until,
        )


def ending_numbers(text: str) -> tuple[int, ...]:
    """The passes that the bracket of an ending names.

    Raises
    ------
    ChartError
        If it names none, a number is above `HIGHEST_ENDING`, or the first of a range above its last.

    Examples
    --------
    >>> ending_numbers("1,3"), ending_numbers("1-3")
    ((1, 3), (1, 2, 3))
    """
    numbers = list[int]()
    for part in text.split(","):
        match = re.fullmatch(r"0*(\d{1,2})(?:-0*(\d{1,2}))?", part.strip())
        if match is None:
            raise ChartError(f"ending {text}.: expected numbers up to {HIGHEST_ENDING}, such as 1,3 or 1-3")
        first, last = match.groups()
        if int(first) > int(last or first):
            raise ChartError(f"ending {text}.: {part} counts down; write {last}-{first}")
        numbers += range(int(first), int(last or first) + 1)
    return tuple(numbers)


def with_exits(marks: Sequence[Marks], behind: Collection[int] = ()) -> list[Marks]:
    """The marks, of several coda signs all but the last being where to leave for it, if nothing else says where.

    Parameters
    ----------
    behind : collection of int
        The bars whose sign stands behind a note of theirs, so that they are still played.

    Examples
    --------
    >>> [mark.to_coda for mark in with_exits([Marks(), Marks(coda=True), Marks(jump="capo"), Marks(coda=True)])]
    [True, False, False, False]
    """
    codas = [index for index, mark in enumerate(marks) if mark.coda]
    if len(codas) < 2 or any(mark.to_coda for mark in marks):
        return [*marks]
    exits = {index if index in behind else index - 1 for index in codas[:-1]}
    return [replace(mark, to_coda=index in exits, coda=index == codas[-1]) for index, mark in enumerate(marks)]


def played_order(marks: Sequence[Marks]) -> list[int]:
    """Indices of the written bars in the order in which they are played.

    A jump is made once, after the repeats around it. After it repeats are not taken again, and of several
    endings the last one is played.

    Raises
    ------
    ChartError
        If a jump has nowhere to go, or more than `MOST_PLAYED_BARS` bars would be played.

    Examples
    --------
    >>> played_order([Marks(starts_repeat=True), Marks(endings=(1,), times=2), Marks(endings=(2,))])
    [0, 1, 0, 2]
    """
    order: list[int] = []
    bar, repeat_start, turn = 0, 0, 1
    jumped: Marks | None = None
    while bar < len(marks):
        here = marks[bar]
        has_left_endings = bool(order) and not here.endings and bar > order[-1] and bool(marks[order[-1]].endings)
        if (here.starts_repeat and bar != repeat_start) or has_left_endings:
            repeat_start, turn = bar, 1
        if here.endings and not _is_played(marks, bar, turn, jumped is not None):
            bar += 1
            continue
        order.append(bar)
        if len(order) > MOST_PLAYED_BARS:
            raise ChartError(f"with its repeats the form has more than {MOST_PLAYED_BARS} bars: check its repeat signs")
        if here.times and jumped is None:
            if turn < _turns(marks, bar):
                bar, turn = repeat_start, turn + 1
                continue
            repeat_start, turn = bar + 1, 1
        if jumped is not None and here.fine and jumped.until != "coda":
            break
        if jumped is not None and here.to_coda and jumped.until != "fine":
            bar, jumped = _coda_after(marks, bar), Marks(until="fine")
            continue
        if jumped is None and here.jump is not None:
            jumped, turn = here, 1
            bar = repeat_start = 0 if here.jump == "capo" else _first(marks, "segno", bar)
            continue
        bar += 1
    return order


def _group(marks: Sequence[Marks], bar: int) -> set[int]:
    """Numbers of the endings that stand side by side around a bar."""
    first = last = bar
    while first > 0 and marks[first - 1].endings and not marks[first].starts_repeat:
        first -= 1
    while last + 1 < len(marks) and marks[last + 1].endings and not marks[last + 1].starts_repeat:
        last += 1
    return {number for mark in marks[first : last + 1] for number in mark.endings}


def _turns(marks: Sequence[Marks], bar: int) -> int:
    """How often the passage is played whose closing repeat sign stands behind a bar."""
    here = marks[bar]
    if not here.endings:
        return here.times
    numbers = _group(marks, bar)
    if here.times > 2:
        return max(*numbers, here.times)
    return max(numbers) + (numbers == set(here.endings))  # of one bracket alone, the last ending is without one


def _is_played(marks: Sequence[Marks], bar: int, turn: int, is_after_jump: bool) -> bool:
    numbers = _group(marks, bar)
    return (max(numbers) if is_after_jump else turn) in marks[bar].endings


def _coda_after(marks: Sequence[Marks], bar: int) -> int:
    codas = [index for index, mark in enumerate(marks) if mark.coda]
    if not codas:
        raise ChartError(f"bar {bar + 1} says to go to the coda, but no coda is marked")
    return next((index for index in codas if index > bar), codas[-1])


def _first(marks: Sequence[Marks], name: str, bar: int) -> int:
    found = [index for index, mark in enumerate(marks) if getattr(mark, name)]
    if not found:
        raise ChartError(f"bar {bar + 1} says to go to the {name}, but no {name} is marked")
    return found[0]
