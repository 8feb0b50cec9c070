"""Editing: what of a given line stays, and which bars are played anew."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from solomuse.errors import ConfigError
from solomuse.generation.following import NearTo, SamePitches, SameRhythm
from solomuse.generation.loop import Rule
from solomuse.generation.takes import PlayedNote
from solomuse.music.chart import Chart
from solomuse.music.leadsheet import LeadSheet
from solomuse.tokens.codec import Codec
from solomuse.tokens.grid_sheet import GridSheet


@dataclass(frozen=True, slots=True)
class Edit:
    """A line that a solo begins with, keeps in part, answers or varies.

    Exactly one of `is_motif`, `keep`, `trade`, `vary` and `lock` says how.

    Parameters
    ----------
    line : LeadSheet
        Its melody counts, from the first bar of the chart on; its own chords do not.
    is_motif : bool
        The solo goes on from the end of the line.
    keep : collection of int, optional
        Bars of the chart, from 0, in which the line stays. The others are played anew, with both sides in view.
    trade : int, optional
        The line keeps so many bars, a pickup besides, the solo answers with as many, in turns. What comes later is not
        in view.
    vary : float, optional
        How far the solo may go from the line, from 0 to 1.
    lock : {"rhythm", "pitches"}, optional
        What of the line stays in all bars.

    Raises
    ------
    ConfigError
        If it is not exactly one, or a value is out of its range.
    """

    line: LeadSheet
    is_motif: bool = False
    keep: Collection[int] | None = None
    trade: int | None = None
    vary: float | None = None
    lock: Literal["rhythm", "pitches"] | None = None

    def __post_init__(self) -> None:
        ways = (self.is_motif or None, self.keep, self.trade, self.vary, self.lock)
        if sum(way is not None for way in ways) != 1:
            raise ConfigError("a given line needs one of motif, keep, trade, vary and lock: choose exactly one")
        if self.trade is not None and self.trade < 1:
            raise ConfigError(f"trade is {self.trade}: expected at least 1 bar")
        if self.vary is not None and not 0 <= self.vary <= 1:
            raise ConfigError(f"vary is {self.vary}: expected 0 (the line itself) to 1 (another one)")
        if self.lock not in (None, "rhythm", "pitches"):
            raise ConfigError(f"lock is {self.lock!r}: expected rhythm or pitches")


@dataclass(frozen=True, slots=True)
class Outline:
    """What is there of a solo before it is played.

    Parameters
    ----------
    notes : sequence of PlayedNote
        Those that stay.
    gaps : sequence of (int, int)
        The stretches to be played, in steps, each up to a bar line.
    rules : sequence of Rule
        By which the given line is heard.
    looks_ahead : bool
        Whether what comes after a gap is in view.
    """

    notes: tuple[PlayedNote, ...]
    gaps: tuple[tuple[int, int], ...]
    rules: tuple[Rule, ...] = ()
    looks_ahead: bool = False


def outline(edit: Edit | None, chart: Chart, grid: GridSheet, codec: Codec) -> Outline:
    """The outline of a solo over a chart.

    Parameters
    ----------
    chart, grid : Chart, GridSheet
        The same, as a value on the grid and as columns.

    Raises
    ------
    ConfigError
        If the line does not go with the chart.
    """
    if edit is None:
        return Outline((), ((0, grid.steps),))
    notes = _played(edit, chart, codec)
    if edit.is_motif:
        end = max(start + steps for start, _, steps, _ in notes)
        if end >= grid.steps:
            raise ConfigError(f"the motif fills all {grid.bars} bars of the chart: shorten it, or lengthen the chart")
        return Outline(notes, ((end, grid.steps),))
    if edit.vary is not None:
        return Outline((), ((0, grid.steps),), (NearTo(notes, edit.vary),))
    if edit.lock is not None:
        lines = grid.bar_lines.tolist()
        rule: Rule = SameRhythm(notes) if edit.lock == "rhythm" else SamePitches(notes, lines)
        return Outline((), ((0, grid.steps),), (rule,))
    if edit.trade is not None:
        kept = turns(grid.bars, edit.trade, has_pickup=chart.pickup > 0)
        if len(kept) == grid.bars:
            raise ConfigError(f"trade is {edit.trade}: the chart has {grid.bars} bars, which leaves none to answer in")
    else:
        kept = frozenset(edit.keep or ())
    last = round((edit.line.chart.duration + _later(edit.line.chart, chart)) / codec.vocabulary.step_ticks)
    if kept and min(kept) < grid.bars and grid.bar_lines[min(kept)] >= last:
        raise ConfigError(f"the line ends before bar {min(kept) + 1}: keep bars that it has")
    return _around(kept, notes, grid, looks_ahead=edit.trade is None)


def _played(edit: Edit, chart: Chart, codec: Codec) -> tuple[PlayedNote, ...]:
    """The line's notes on the chart's grid, its first whole bar on that of the chart; what is before is left out."""
    if not edit.line.melody:
        raise ConfigError("the given line has no notes: give a file with a melody")
    later = _later(edit.line.chart, chart)
    melody = [note.shift(later) for note in edit.line.melody if note.time + later >= 0]
    if not melody:
        raise ConfigError("the given line has notes only before the first bar of the chart: give it a whole bar")
    beyond = max(note.time for note in melody) >= chart.duration
    if beyond and edit.is_motif:
        raise ConfigError(f"the motif is longer than the chart, which has {len(chart.bars)} bars: shorten it")
    inside = tuple(note for note in melody if note.time < chart.duration)
    on_grid = codec.on_grid(LeadSheet(chart, inside))
    return tuple((start, pitch, steps, velocity) for start, pitch, steps, velocity in on_grid.notes.tolist())


def _later(line: Chart, chart: Chart) -> int:
    """Ticks from where a line has something to where the chart has it: whole bars begin together."""
    first, second = line.bars[0], line.bars[min(1, len(line.bars) - 1)]
    is_short = len(line.bars) == 2 and first.duration < second.duration  # a pickup and a bar are a usual motif
    return chart.pickup - (first.duration if is_short else line.pickup)


def _around(kept: Collection[int], notes: Sequence[PlayedNote], grid: GridSheet, *, looks_ahead: bool) -> Outline:
    """The notes of the bars that are kept, and the stretches between them.

    A kept note that sounds into a stretch sounds on; one of a stretch that would sound into a kept bar is not kept.
    """
    if not kept or max(kept) >= grid.bars or min(kept) < 0:
        bars = f"1 to {grid.bars}"
        raise ConfigError(f"the bars to keep must be among {bars}: {', '.join(str(bar + 1) for bar in sorted(kept))}")
    if len(set(kept)) == grid.bars:
        raise ConfigError("all bars are kept: leave out those that are to be played anew")
    lines = grid.bar_lines.tolist()
    inside = [bar in kept for bar in range(grid.bars)]
    stay = [note for note in notes if inside[_bar(lines, note[0])]]
    gaps = []
    for first, last in _runs(not is_kept for is_kept in inside):
        sounding = [start + steps for start, _, steps, _ in stay if start < lines[first]]
        begin, end = max([lines[first], *sounding]), lines[last]
        gaps += [(begin, end)] if begin < end else []
    return Outline(tuple(stay), tuple(gaps), looks_ahead=looks_ahead)


def _bar(lines: Sequence[int], step: int) -> int:
    return next(bar for bar, (start, end) in enumerate(pairwise(lines)) if start <= step < end)


def _runs(flags: Iterable[bool]) -> list[tuple[int, int]]:
    """Stretches ``[first, last)`` of True."""
    padded = [False, *flags, False]
    edges = [index for index, (before, after) in enumerate(pairwise(padded)) if before != after]
    return list(zip(edges[::2], edges[1::2], strict=True))


def turns(bars: int, length: int, *, has_pickup: bool = False) -> frozenset[int]:
    """The bars, of so many, that the line has when it takes turns of `length` bars and begins.

    A pickup is its too, and not counted.

    Examples
    --------
    >>> sorted(turns(8, 2)), sorted(turns(9, 2, has_pickup=True))
    ([0, 1, 4, 5], [0, 1, 2, 5, 6])
    """
    return frozenset(bar for bar in range(bars) if max(0, bar - has_pickup) // length % 2 == 0)


def parse_bars(text: str) -> frozenset[int]:
    """The bars that a text such as ``1-4,9`` names, from 0.

    Raises
    ------
    ConfigError
        If it is not of this form.

    Examples
    --------
    >>> sorted(parse_bars("1-3,9"))
    [0, 1, 2, 8]
    """
    bars: set[int] = set()
    for part in text.split(","):
        match = re.fullmatch(r"(\d+)(?:-(\d+))?", part.strip())
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
        if not 1 <= first <= last <= 100_000:
            raise ConfigError(f"bars {text!r}: expected numbers from 1 on such as 1-4,9")
        bars.update(range(first - 1, last))
    return frozenset(bars)
