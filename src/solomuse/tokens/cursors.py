"""The events of many sequences at once: what a `Parser` and a `FeatureReader` say of one, from tables.

`solomuse.tokens.grammar` defines what is well-formed; this says the same, which is tested, for a whole batch without a
loop over its rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from solomuse.tokens.features import (
    DEGREE,
    INTERVAL,
    LARGEST_INTERVAL,
    PITCH,
    POSITION,
    QUALITY,
    ROOT,
    STEP,
    feature_rows,
)
from solomuse.tokens.grid_sheet import NO_QUALITY, NO_ROOT, GridSheet
from solomuse.tokens.vocabulary import BAR, DEFAULT_VELOCITY, EOS, VELOCITIES, Vocabulary

Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]


class Stage:
    """What a sequence is in the middle of: nothing, a note after its rest, after its velocity, after its pitch.

    Plain numbers, since looking up a member of an enumeration takes longer than comparing arrays with it.
    """

    EVENT, ONSET, PITCH, DURATION = range(4)


class _Does:
    """What a token of the events does."""

    NOTHING, NOTE, VELOCITY, SHIFT, BAR, DURATION = range(6)


class Place(NamedTuple):
    """Where in their charts some cursors stand, each of shape (B,).

    Parameters
    ----------
    root : ndarray
        Pitch class of the chord's root; 12 for no chord, and at the end of the form.
    quality : ndarray
        Index of its quality; one past the last for no chord.
    position : ndarray
        Steps since the bar line.
    """

    root: Integers
    quality: Integers
    position: Integers


class Cursors:
    """Where some sequences stand in the events of their charts.

    Parameters
    ----------
    sheets : sequence of GridSheet
        Their charts and conditions, and the notes that have been read.
    steps : sequence of int
        Where each cursor stands; no note sounds after it.
    ends : sequence of int
        Where each must stop, on a bar line: no note sounds beyond.

    Attributes
    ----------
    step, stage, pitch, pitch_before, velocity : ndarray of shape (B,), int64
        As in a `Parser`; `velocity` is an index into `VELOCITIES`.
    phrase_start, last_end : ndarray of shape (B,), int64
        Where the phrase began, that is after a rest of a quarter or more, and where the newest note ended; in steps.
    notes : list of lists of (start, pitch, steps, velocity)
        What each has played since.
    """

    def __init__(
        self, sheets: Sequence[GridSheet], steps: Sequence[int], ends: Sequence[int], vocabulary: Vocabulary
    ) -> None:
        self.vocabulary = vocabulary
        self.rows = np.arange(len(sheets))
        self.step, self.ends = np.array(steps), np.array(ends)
        self.start = self.step.copy()
        self.stage = np.zeros(len(sheets), dtype=np.int64)
        last = [[-1, -1, *sheet.notes[:, 1].tolist()][-2:] for sheet in sheets]
        self.pitch_before, self.pitch = np.array(last, dtype=np.int64).reshape(-1, 2).T.copy()
        before = [sheet.notes[-1, 3] if len(sheet.notes) else DEFAULT_VELOCITY for sheet in sheets]
        self.velocity = np.searchsorted(VELOCITIES, before)
        self.last_end = np.array([sheet.notes[-1, [0, 2]].sum() if len(sheet.notes) else 0 for sheet in sheets])
        self.phrase_start = np.array([_phrase_start(sheet, vocabulary.grid) for sheet in sheets])
        self.silent = np.zeros(len(sheets), dtype=np.int64)
        self.notes: list[list[tuple[int, int, int, int]]] = [[] for _ in sheets]
        charts = [(sheet.chords.tobytes(), sheet.bar_lines.tobytes(), sheet.conditions) for sheet in sheets]
        known = {chart: _places(sheet, vocabulary) for chart, sheet in dict(zip(charts, sheets, strict=True)).items()}
        tables = [known[chart] for chart in charts]
        longest = max(sheet.steps for sheet in sheets) + 1
        self._features = np.stack([np.pad(rows, ((0, longest - len(rows)), (0, 0))) for rows, _ in tables])
        self._to_bar_line = np.stack([np.pad(steps, (0, longest - len(steps))) for _, steps in tables])

    @property
    def is_done(self) -> Booleans:
        """Which stand at their end, shape (B,)."""
        done: Booleans = (self.stage == Stage.EVENT) & (self.step >= self.ends)
        return done

    @property
    def to_bar_line(self) -> Integers:
        """Steps to the next bar line, shape (B,)."""
        steps: Integers = self._to_bar_line[self.rows, self.step]
        return steps

    def place(self) -> Place:
        """Where in their charts they stand."""
        rows = self._features[self.rows, self.step].astype(np.int64)
        root, quality = rows[:, ROOT], rows[:, QUALITY]
        is_chord = root > 0
        return Place(
            np.where(is_chord, root - 1, NO_ROOT), np.where(is_chord, quality - 1, NO_QUALITY), rows[:, POSITION] - 1
        )

    def allowed(self) -> Booleans:
        """Which tokens may come next, shape (B, V)."""
        by_stage, by_room, by_bar = _masks(self.vocabulary)
        room = self.ends - self.step
        to_bar_line = self.to_bar_line
        mask: Booleans = by_stage[self.stage] & by_room[np.minimum(room, len(by_room) - 1)]
        mask &= by_bar[np.minimum(to_bar_line, room)]
        mask[:, BAR] &= to_bar_line <= room
        mask[room == 0] = _only_the_end(self.vocabulary)
        return mask

    def read(self, token_ids: Integers, is_read: Booleans) -> None:
        """Take a token of each sequence, shape (B,), that may come there; where `is_read` is False, none."""
        v = self.vocabulary
        does = np.where(is_read, _deeds(v)[token_ids], _Does.NOTHING)
        is_note, is_length = does == _Does.NOTE, does == _Does.DURATION
        pitch = token_ids - v.note_on.start
        self.pitch_before, self.pitch = (
            np.where(is_note, self.pitch, self.pitch_before),
            np.where(is_note, pitch, self.pitch),
        )
        self.velocity = np.where(does == _Does.VELOCITY, token_ids - v.velocity.start, self.velocity)
        lengths = np.where(is_length, token_ids - v.duration.start + 1, 0)
        rests = np.where(does == _Does.SHIFT, token_ids - v.time_shift.start + 1, 0)
        rests += np.where(does == _Does.BAR, self.to_bar_line, 0)
        for row in np.flatnonzero(is_length).tolist():
            note = (int(self.step[row]), int(self.pitch[row]), int(lengths[row]), VELOCITIES[self.velocity[row]])
            self.notes[row].append(note)
        begins = is_note & (self.step - self.last_end >= v.grid)
        self.phrase_start = np.where(begins, self.step, self.phrase_start)
        self.silent += rests
        self.step = self.step + lengths + rests
        self.last_end = np.where(is_length, self.step, self.last_end)
        self.stage = np.where(does == _Does.NOTHING, self.stage, _AFTER[does])

    def features(self) -> Integers:
        """The features where each stands, shape (B, len(FEATURES))."""
        rows = self._features[self.rows, self.step].astype(np.int64)
        roots, is_inside = rows[:, ROOT], rows[:, -1] >= 0
        interval = np.clip(self.pitch - self.pitch_before, -LARGEST_INTERVAL, LARGEST_INTERVAL) + LARGEST_INTERVAL + 1
        rows[:, DEGREE] = np.where((roots > 0) & (self.pitch >= 0), (self.pitch - roots + 1) % 12 + 1, 0)
        rows[:, PITCH] = self.pitch + 1
        rows[:, INTERVAL] = np.where(self.pitch_before >= 0, interval, 0)
        rows[~is_inside, STEP + 1 :] = 0
        found: Integers = rows[:, :-1]
        return found


_AFTER = np.array([Stage.EVENT, Stage.DURATION, Stage.PITCH, Stage.ONSET, Stage.EVENT, Stage.EVENT])
"""The stage after each of `_Does`."""


def _phrase_start(sheet: GridSheet, grid: int) -> int:
    """Where the newest phrase of some notes began: at the last that comes a quarter or more after the one before it."""
    starts, ends = sheet.notes[:, 0], sheet.notes[:, 0] + sheet.notes[:, 2]
    begins = np.flatnonzero(starts - np.concatenate([[0], ends])[:-1] >= grid)
    return int(starts[begins[-1]]) if len(begins) else 0


def _places(sheet: GridSheet, vocabulary: Vocabulary) -> tuple[NDArray[np.int32], Integers]:
    """The features of each step that do not depend on the notes, and how far it is to the next bar line.

    The last step is the end of the form, where there are no features but the step: the last column says so with -1.
    """
    steps = np.arange(sheet.steps)
    none = np.zeros(0, dtype=np.int64)
    rows = feature_rows(steps, np.zeros_like(steps), none, sheet.chords, sheet.bar_lines, sheet.conditions, vocabulary)
    table: NDArray[np.int32] = np.pad(rows.astype(np.int32), ((0, 1), (0, 1)))
    table[-1, [STEP, -1]] = sheet.steps, -1
    following = sheet.bar_lines[np.searchsorted(sheet.bar_lines, steps, side="right")]
    to_bar_line: Integers = np.append(following - steps, 1)
    return table, to_bar_line


@lru_cache(maxsize=4)
def _deeds(vocabulary: Vocabulary) -> Integers:
    """Which of `_Does` each token is, shape (V,)."""
    v = vocabulary
    deeds = np.full(len(v), _Does.NOTHING)
    kinds = ((v.note_on, _Does.NOTE), (v.velocity, _Does.VELOCITY), (v.time_shift, _Does.SHIFT))
    for kind, deed in (*kinds, (v.duration, _Does.DURATION)):
        deeds[kind.ids] = deed
    deeds[BAR] = _Does.BAR
    return deeds


@lru_cache(maxsize=4)
def _only_the_end(vocabulary: Vocabulary) -> Booleans:
    mask = np.zeros(len(vocabulary), dtype=np.bool_)
    mask[EOS] = True
    return mask


@lru_cache(maxsize=4)
def _masks(vocabulary: Vocabulary) -> tuple[Booleans, Booleans, Booleans]:
    """The tokens of each stage, the lengths that fit each room, the rests that end within each number of steps."""
    v, deeds = vocabulary, _deeds(vocabulary)
    kinds = {
        Stage.EVENT: (_Does.NOTE, _Does.VELOCITY, _Does.SHIFT, _Does.BAR),
        Stage.ONSET: (_Does.NOTE, _Does.VELOCITY),
        Stage.PITCH: (_Does.NOTE,),
        Stage.DURATION: (_Does.DURATION,),
    }
    by_stage = np.stack([np.isin(deeds, kinds[stage]) for stage in sorted(kinds)])
    by_stage[Stage.EVENT, EOS] = True
    longest = len(v.duration.values)
    rooms = np.arange(longest + 1)[:, None]
    lengths, shifts = np.arange(len(v)) - v.duration.start + 1, np.arange(len(v)) - v.time_shift.start + 1
    by_room = (deeds != _Does.DURATION) | (lengths <= rooms)
    by_bar = (deeds != _Does.SHIFT) | (shifts < rooms)
    return by_stage, by_room, by_bar
