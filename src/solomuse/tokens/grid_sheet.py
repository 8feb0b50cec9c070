"""A lead sheet on the grid, in columns: what datasets keep and the encoder reads."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from solomuse.errors import VocabularyError
from solomuse.music.chord import Chord
from solomuse.music.leadsheet import LeadSheet
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
    WHOLE,
    Vocabulary,
    nearest,
)

Columns = NDArray[np.int32]

NO_ROOT, NO_QUALITY = 12, len(QUALITY_LABELS)
NOTHING_SAID = (UNSAID,) * len(CONDITIONS)
_QUALITY_INDEX = {label: index for index, label in enumerate(QUALITY_LABELS)}
_METER_INDEX = {meter: index for index, meter in enumerate(METERS)}


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
    """The columns of a lead sheet that is quantised already.

    Raises
    ------
    VocabularyError
        If a chord or note is not on the grid.
    """
    step = vocabulary.step_ticks
    notes = np.array(
        [(note.time, note.pitch, note.duration, note.velocity) for note in sheet.melody], dtype=np.int32
    ).reshape(-1, 4)
    chords = np.array(
        [
            (line + span.time, line + span.end, *_chord_columns(span.chord))
            for line, bar in zip(sheet.chart.bar_times, sheet.chart.bars, strict=False)
            for span in bar.chords
        ],
        dtype=np.int32,
    )
    if (notes[:, ::2] % step).any() or (chords[:, :2] % step).any():
        raise VocabularyError(f"a chord or note does not lie on a grid of {vocabulary.grid} steps a quarter")
    notes[:, ::2] //= step
    chords[:, :2] //= step
    tempo = UNSAID if sheet.chart.qpm is None else QPMS.index(round(sheet.chart.qpm))
    return GridSheet(
        notes,
        chords,
        np.array(sheet.chart.bar_times, dtype=np.int32) // step,
        np.array([_METER_INDEX[bar.meter] for bar in sheet.chart.bars], dtype=np.int32),
        (tempo, *NOTHING_SAID[TEMPO + 1 :]),
    )


def _chord_columns(chord: Chord) -> tuple[int, int, int]:
    """Root, index of the quality, bass."""
    if chord.root is None or chord.bass is None:
        return NO_ROOT, NO_QUALITY, NO_ROOT
    return chord.root, _QUALITY_INDEX[chord.quality_label], chord.bass
