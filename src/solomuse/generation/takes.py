"""A solo that grows over a chart of any length, through windows of some bars.

A model has learned windows of some bars, so it is shown such a window at any time: the chart's next bars with the solo
so far. Once the cursor nears the window's end, the window moves on, and the solo in its first half is read again as the
context of what follows.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from solomuse.tokens.encoding import encode_start
from solomuse.tokens.grid_sheet import GridSheet
from solomuse.tokens.vocabulary import Vocabulary

TOKENS_OF_A_NOTE = 4
PlayedNote = tuple[int, int, int, int]
"""Start, pitch, steps, velocity."""


@dataclass(frozen=True, slots=True)
class Window:
    """What a model is shown of a take, and how far it plays there.

    Parameters
    ----------
    sheet : GridSheet
        The bars, with the notes so far.
    start : int
        Where they begin in the whole; steps.
    cursor, stop, end : int
        From `start`: where playing begins, where it stops as soon as it can, and which bar line no note may pass.
    token_ids, features : ndarray of shapes (T,) and (T, F)
        Everything up to the cursor.
    before : ndarray of shape (n,), int64
        The pitches of all notes before the cursor, those before the window too.
    """

    sheet: GridSheet
    start: int
    cursor: int
    stop: int
    end: int
    token_ids: NDArray[np.uint16]
    features: NDArray[np.int32]
    before: NDArray[np.int64]


def _nothing_more(_: int) -> dict[str, int]:
    return {}


@dataclass(slots=True)
class Take:
    """A solo that grows.

    Parameters
    ----------
    chart : GridSheet
        The whole, with its conditions and without notes.
    rng : numpy Generator
        Its own, so that a take does not depend on those beside it.
    window_bars, room : int
        Bars, and tokens, that the model can see at once.
    gaps : sequence of (int, int)
        The stretches to be played, in steps, each up to a bar line, in order.
    notes : list of PlayedNote
        Those of the other stretches to begin with; all, in the end.
    conditions_at : callable
        Conditions that hold from a step on, besides those of `chart`.

    Attributes
    ----------
    log_likelihood : float
        Sum of the natural logarithms of the model's shares of what was chosen.
    """

    chart: GridSheet
    vocabulary: Vocabulary
    rng: np.random.Generator
    window_bars: int
    room: int
    gaps: Sequence[tuple[int, int]]
    notes: list[PlayedNote] = field(default_factory=list)
    conditions_at: Callable[[int], dict[str, int]] = _nothing_more
    cursor: int = field(init=False)
    log_likelihood: float = 0.0
    _gap: int = 0
    _lines: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self._lines = self.chart.bar_lines.tolist()
        self.cursor = self.gaps[0][0] if self.gaps else self.chart.steps
        self._settle()

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to be played."""
        return self._gap >= len(self.gaps)

    @property
    def finished_bars(self) -> int:
        """How many bars from the start on will not change any more."""
        return self.chart.bars if self.is_done else bisect_right(self._lines, self.cursor) - 1

    @property
    def next_bar_line(self) -> int:
        """Where the bar ends in which the cursor stands, in steps; the end of the form where there is none."""
        return self._lines[min(self.finished_bars + 1, self.chart.bars)]

    def window(self) -> Window:
        """The window at the cursor."""
        lines = self.chart.bar_lines
        here = bisect_right(self._lines, self.cursor) - 1
        bars, context = self.window_bars, self.window_bars // 2 if here else 0
        while True:
            first = max(0, here - context)
            sheet = self._sheet(first, min(first + bars, self.chart.bars))
            token_ids, features = encode_start(sheet, self.cursor - int(lines[first]), self.vocabulary)
            if len(token_ids) <= self.room * 3 // 4 or (context == 0 and bars == 1):
                break
            context, bars = (context // 2, bars) if context else (0, bars // 2)
        last = min(first + bars, self.chart.bars)
        ahead = 0 if last == self.chart.bars else min(bars // 4, last - here - 1)
        start, end = int(lines[first]), min(self.gaps[self._gap][1], int(lines[last]))
        stop = min(end, int(lines[last - ahead]), self._change(here, last))
        before = np.array([pitch for time, pitch, *_ in self.notes if time < self.cursor], dtype=np.int64)
        return Window(sheet, start, self.cursor - start, stop - start, end - start, token_ids, features, before)

    def _change(self, here: int, last: int) -> int:
        """The first bar line after the bar of the cursor from which on other conditions hold, else the window's end."""
        now, lines = self.conditions_at(self.cursor), self._lines[here + 1 : last]
        return next((line for line in lines if self.conditions_at(line) != now), self._lines[last])

    def _sheet(self, first: int, last: int) -> GridSheet:
        """Some bars with their conditions, and with what has been played in them before the cursor."""
        start = int(self.chart.bar_lines[first])
        notes = [(time - start, *rest) for time, *rest in self.notes if start <= time < self.cursor]
        part = self.chart.slice(first, last).saying(**self.conditions_at(self.cursor))
        return replace(part, notes=np.array(notes, dtype=np.int32).reshape(-1, 4))

    def take_in(self, window: Window, notes: Sequence[PlayedNote], cursor: int) -> None:
        """Add what was played in a window, up to where the cursor stands now."""
        played = [(window.start + time, *rest) for time, *rest in notes]
        self.notes = sorted([*self.notes, *((time, p, steps, v) for time, p, steps, v in played)])
        self.cursor = window.start + cursor
        self._settle()

    def _settle(self) -> None:
        """Go on to the next gap where this one is full."""
        while self._gap < len(self.gaps) and self.cursor >= self.gaps[self._gap][1]:
            self._gap += 1
            if self._gap < len(self.gaps):
                self.cursor = self.gaps[self._gap][0]
