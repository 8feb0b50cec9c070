"""Rules that follow a given line: its rhythm, its pitches, or all of it more or less."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from solomuse.generation.takes import PlayedNote, Window
from solomuse.tokens.cursors import Cursors, Stage
from solomuse.tokens.vocabulary import BAR, VELOCITIES


class Line:
    """A line to follow: notes of one voice, in order; times in steps from the start of the whole chart."""

    def __init__(self, notes: Sequence[PlayedNote]) -> None:
        self.notes = tuple(notes)
        self.starts = [start for start, *_ in self.notes]

    def is_left(self, cursors: Cursors, row: int, start: int) -> bool:
        """Whether a cursor, of a window that begins at `start`, stands apart from the line.

        That is at no note of it, nor at the end of one that was played as the line has it, nor in the rest after that.
        """
        place = bisect_left(self.starts, start + int(cursors.step[row]))
        if place < len(self.notes) and self.starts[place] == start + cursors.step[row]:
            return False
        before = self.starts[place - 1] + self.notes[place - 1][2] - start if place else 0
        return bool(cursors.notes[row]) and before != int(cursors.last_end[row])

    def next_token(self, cursors: Cursors, row: int, start: int) -> int:
        """The token by which a cursor, of a window that begins at `start`, goes on as the line does from there on.

        After a note of another line than this one, that is the way to the next note that begins there or later.
        """
        v, step = cursors.vocabulary, int(cursors.step[row])
        place = bisect_left(self.starts, start + step)
        if cursors.stage[row] == Stage.DURATION:
            is_here = place < len(self.notes) and self.starts[place] == start + step
            length = self.notes[place][2] if is_here else v.grid
            room = int(cursors.ends[row]) - step
            return v.duration.start + max(1, min(length, room, len(v.duration.values))) - 1
        to_note = self.starts[place] - start - step if place < len(self.notes) else None
        if to_note == 0:
            _, pitch, _, velocity = self.notes[place]
            is_louder = cursors.stage[row] != Stage.PITCH and VELOCITIES[cursors.velocity[row]] != velocity
            if is_louder:
                return v.velocity.start + int(np.searchsorted(VELOCITIES, velocity))
            return v.note_on.start + pitch
        if cursors.stage[row] != Stage.EVENT:  # a rest has been taken that the line does not have
            return v.note_on.start + max(int(cursors.pitch[row]), 0)
        if to_note is None or to_note >= cursors.to_bar_line[row]:
            return BAR
        return v.time_shift.start + to_note - 1


@dataclass(frozen=True)
class SameRhythm:
    """Plays a line's onsets, lengths and velocities; the pitches are free."""

    notes: Sequence[PlayedNote]

    @cached_property
    def line(self) -> Line:
        """The line to follow."""
        return Line(self.notes)

    def __call__(self, scores: Tensor, cursors: Cursors, windows: Sequence[Window]) -> Tensor:
        """As `solomuse.generation.loop.Rule` says."""
        v = cursors.vocabulary
        kept = torch.zeros_like(scores, dtype=torch.bool)
        for row in np.flatnonzero(~cursors.is_done).tolist():
            token_id = self.line.next_token(cursors, row, windows[row].start)
            is_note = token_id in v.note_on
            kept[row, v.note_on.start if is_note else token_id : v.note_on.stop if is_note else token_id + 1] = True
        kept[torch.from_numpy(cursors.is_done).to(scores.device)] = True
        return scores.masked_fill(~kept, -torch.inf)


@dataclass(frozen=True)
class NearTo:
    """Follows a line with a certain chance at every note: the nearer, the more of it stays.

    What the line does next gets at least the share of the scores that makes this chance; the rest is the model's.

    Parameters
    ----------
    distance : float
        0 plays the line itself, 1 does not know it; in between, about so much of it changes.
    """

    notes: Sequence[PlayedNote]
    distance: float

    @cached_property
    def line(self) -> Line:
        """The line to follow."""
        return Line(self.notes)

    def __call__(self, scores: Tensor, cursors: Cursors, windows: Sequence[Window]) -> Tensor:
        """As `solomuse.generation.loop.Rule` says."""
        share = (1 - self.distance) ** (1 / _TOKENS_AT_STAKE)
        logit = min(_MOST, math.log(share / (1 - share))) if 0 < share < 1 else _MOST * (2 * share - 1)
        leaned = scores.clone()
        for row in np.flatnonzero(~cursors.is_done).tolist():
            if self.distance > 0 and self.line.is_left(cursors, row, windows[row].start):
                continue  # the way back to the line is a rest, of which there would be too many
            token_id = self.line.next_token(cursors, row, windows[row].start)
            own, others = scores[row, token_id], scores[row].clone()
            others[token_id] = -torch.inf
            enough = torch.logsumexp(others, -1) + logit
            if torch.isfinite(own):  # what is forbidden stays so
                leaned[row, token_id] = torch.maximum(own, enough)
        return leaned


_MOST = 1e4
_TOKENS_AT_STAKE = 3
"""A note stays if three tokens do: the rest before it, its pitch, its length."""


@dataclass(frozen=True)
class SamePitches:
    """Plays a line's pitches in order, those of each bar in that bar; their rhythm is free.

    Parameters
    ----------
    notes : sequence of PlayedNote
        No bar has more of them than steps.
    bar_lines : sequence of int
        Of the whole chart, in steps.
    """

    notes: Sequence[PlayedNote]
    bar_lines: Sequence[int]

    @cached_property
    def _pitches(self) -> list[list[int]]:
        """The pitches of each bar."""
        bars: list[list[int]] = [[] for _ in self.bar_lines[1:]]
        for start, pitch, *_ in self.notes:
            bars[int(np.searchsorted(self.bar_lines, start, side="right")) - 1].append(pitch)
        return bars

    def __call__(self, scores: Tensor, cursors: Cursors, windows: Sequence[Window]) -> Tensor:
        """As `solomuse.generation.loop.Rule` says."""
        kept = np.stack(
            [
                np.ones(scores.shape[1], dtype=np.bool_) if done else self._allowed(cursors, row, windows[row])
                for row, done in enumerate(cursors.is_done.tolist())
            ]
        )
        return scores.masked_fill(~torch.from_numpy(kept).to(scores.device), -torch.inf)

    def _allowed(self, cursors: Cursors, row: int, window: Window) -> NDArray[np.bool_]:
        """What leaves room for the pitches of the bar that are still to come."""
        v, step = cursors.vocabulary, window.start + int(cursors.step[row])
        bar = int(np.searchsorted(self.bar_lines, step, side="right")) - 1
        line, room = self.bar_lines[bar] - window.start, self.bar_lines[bar + 1] - step
        onsets = [*window.sheet.notes[:, 0].tolist(), *(onset for onset, *_ in cursors.notes[row])]
        played = sum(onset >= line for onset in onsets)  # a full window ends within a bar
        left = self._pitches[bar][played:]
        allowed = np.ones(len(v), dtype=np.bool_)
        allowed[v.note_on.ids] = False
        if cursors.stage[row] == Stage.DURATION:
            allowed[v.duration.start + max(1, room - len(left) + 1) : v.duration.stop] = False
        elif not left:
            allowed[:] = False
            allowed[BAR] = True
        else:
            allowed[v.note_on.start + left[0]] = True
            allowed[BAR] = False
            allowed[v.time_shift.start + max(0, room - len(left)) : v.time_shift.stop] = False
        return allowed
