"""A lead sheet on the grid, in columns: what datasets keep and the encoder reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from solomuse.music.chart import Bar
from solomuse.music.chord import Chord
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.note import Note
from solomuse.tokens.vocabulary import (
    CONDITIONS,
    DENSITIES,
    ENDING,
    METERS,
    OPENING,
    PLACE,
    QPMS,
    QUALITY_LABELS,
    REGISTERS,
    TEMPO,
    UNSAID,
    VELOCITIES,
    WHOLE,
    Vocabulary,
    nearest,
    simplify,
)

Columns = NDArray[np.int32]

NO_ROOT, NO_QUALITY = 12, len(QUALITY_LABELS)
NOTHING_SAID = (UNSAID,) * len(CONDITIONS)
_QUALITY_INDEX = {label: index for index, label in enumerate(QUALITY_LABELS)}
_METER_INDEX = {meter: index for index, meter in enumerate(METERS)}
_VELOCITY_BINS = np.array([nearest(velocity, VELOCITIES) for velocity in range(128)])


@dataclass(frozen=True, slots=True, eq=False)
class GridSheet:
    """A quantised lead sheet; all times in grid steps from the first bar line.

    Parameters
    ----------
    notes : ndarray of shape (n, 4), int32
        Start, pitch, steps, velocity; one voice, in order.
    chords : ndarray of shape (m, 5), int32
        Start, end, root (12 for no chord), index of the quality, bass; they fill each bar without a gap.
    bar_lines : ndarray of shape (b + 1,), int32
        The final one included.
    meters : ndarray of shape (b,), int32
        Indices into `solomuse.tokens.vocabulary.METERS`.
    conditions : tuple of int
        For each of `solomuse.tokens.vocabulary.CONDITIONS` the index of its value, `UNSAID` where it is left out.
    """

    notes: Columns
    chords: Columns
    bar_lines: Columns
    meters: Columns
    conditions: tuple[int, ...] = NOTHING_SAID

    @property
    def bars(self) -> int:
        """How many bars it has."""
        return len(self.meters)

    @property
    def steps(self) -> int:
        """Its length."""
        return int(self.bar_lines[-1])

    def slice(self, first: int, last: int) -> GridSheet:
        """The bars ``[first, last)`` on their own: notes that start there, cut at the last bar line.

        They say which part of the piece they are; a sheet that says nothing is the whole.
        """
        start, end = self.bar_lines[first], self.bar_lines[last]
        notes, chords = _starting_within(self.notes, start, end), _starting_within(self.chords, start, end)
        notes[:, 0] -= start
        notes[:, 2] = np.minimum(notes[:, 2], end - start - notes[:, 0])
        chords[:, :2] -= start
        bar_lines = self.bar_lines[first : last + 1] - start
        part = GridSheet(notes, chords, bar_lines, self.meters[first:last], self.conditions)
        place = WHOLE if self.conditions[PLACE] == UNSAID else self.conditions[PLACE]
        return part.saying(place=place & place_of(first, last, self.bars))

    def saying(self, **conditions: int) -> GridSheet:
        """The same with some conditions set, each to the index of a value, or to `UNSAID`."""
        said = dict(zip(CONDITIONS, self.conditions, strict=True)) | conditions
        return replace(self, conditions=tuple(said[name] for name in CONDITIONS))

    def described(self, vocabulary: Vocabulary) -> GridSheet:
        """The same with density and register as its notes have them; without notes neither is said."""
        if not len(self.notes):
            return self.saying(density=UNSAID, register=UNSAID)
        notes_in_four_quarters = len(self.notes) * 4 * vocabulary.grid / self.steps
        density = DENSITIES.index(nearest(notes_in_four_quarters, DENSITIES))
        return self.saying(density=density, register=register_of(self.notes[:, 1]))


def place_of(first: int, last: int, bars: int) -> int:
    """Index of the place that the bars ``[first, last)`` have in a whole of so many."""
    return (first == 0) * OPENING | (last == bars) * ENDING


def register_of(pitches: NDArray[np.integer[Any]]) -> int:
    """Index of the register of some pitches, at least one."""
    return REGISTERS.index(nearest(float(pitches.mean()), REGISTERS))


def _starting_within(rows: Columns, start: int, end: int) -> Columns:
    """A copy of the rows that start in ``[start, end)``."""
    first, last = np.searchsorted(rows[:, 0], (start, end))
    return rows[first:last].copy()


def grid_sheet(sheet: LeadSheet, vocabulary: Vocabulary) -> GridSheet:
    """The columns of the nearest lead sheet that the tokens can express.

    Onsets and ends move to the nearest grid step; a note keeps at least one step and gives way to the next one, so that
    one voice remains; of notes that start together the highest stays. Chords change on grid steps and are simplified,
    velocities and tempo go to their bins.

    Raises
    ------
    VocabularyError
        If a meter is not in the vocabulary.
    """
    bars, qpm = sheet.chart.bars, sheet.chart.qpm
    bar_lines = np.cumsum([0, *(vocabulary.steps_of(bar.meter) for bar in bars)], dtype=np.int32)
    tempo = UNSAID if qpm is None else QPMS.index(nearest(qpm, QPMS))
    return GridSheet(
        _notes_on_grid(sheet.melody, int(bar_lines[-1]), vocabulary),
        _chords_on_grid(bars, bar_lines, vocabulary.step_ticks),
        bar_lines,
        np.array([_METER_INDEX[bar.meter] for bar in bars], dtype=np.int32),
        (tempo, *NOTHING_SAID[TEMPO + 1 :]),
    )


def _notes_on_grid(melody: Sequence[Note], end: int, vocabulary: Vocabulary) -> Columns:
    rows = [(note.time, note.pitch, note.duration, note.velocity) for note in melody]
    times, pitches, durations, velocities = np.array(rows, dtype=np.int32).reshape(-1, 4).T
    onsets, stops = _steps(times, vocabulary.step_ticks), _steps(times + durations, vocabulary.step_ticks)
    order = np.lexsort((-pitches, onsets))
    order = order[onsets[order] < end]
    order = order[np.diff(onsets[order], prepend=-1) > 0]  # the highest of each onset
    onsets = onsets[order]
    room = np.minimum(np.append(onsets[1:], end) - onsets, len(vocabulary.duration.values))
    lengths = np.minimum(np.maximum(stops[order] - onsets, 1), room)
    return np.stack([onsets, pitches[order], lengths, _VELOCITY_BINS[velocities[order]]], axis=1).astype(np.int32)


def _chords_on_grid(bars: Sequence[Bar], bar_lines: Columns, step: int) -> Columns:
    rows = [
        (index, span.time, span.duration, *_chord_columns(span.chord))
        for index, bar in enumerate(bars)
        for span in bar.chords
    ]
    bar, times, durations, *harmony = np.array(rows, dtype=np.int32).T
    columns = np.stack([bar, _steps(times, step), _steps(times + durations, step), *harmony], axis=1)
    columns = columns[columns[:, 2] > columns[:, 1]]
    differs = columns[1:, [0, 3, 4, 5]] != columns[:-1, [0, 3, 4, 5]]
    first = np.flatnonzero(np.append(True, differs.any(axis=1)))  # of equal neighbours in a bar
    last = np.append(first[1:], len(columns)) - 1
    lines = bar_lines[columns[first, 0]]
    starts, ends = lines + columns[first, 1], lines + columns[last, 2]
    return np.column_stack([starts, ends, columns[first, 3:]]).astype(np.int32)


def _steps(ticks: Columns, step: int) -> Columns:
    """The nearest grid steps, the later one at a tie."""
    return (ticks + step // 2) // step


@lru_cache(maxsize=65536)
def _chord_columns(chord: Chord) -> tuple[int, int, int]:
    """Root, index of the quality, bass of the chord of the vocabulary that stands for this one."""
    known = simplify(chord)
    if known.root is None or known.bass is None:
        return NO_ROOT, NO_QUALITY, NO_ROOT
    return known.root, _QUALITY_INDEX[known.quality_label], known.bass
