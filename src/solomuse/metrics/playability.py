"""Whether a player can play it: range, leaps, speed."""

from __future__ import annotations

import math

import numpy as np

from solomuse.metrics.line import columns
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.note import TICKS_PER_QUARTER

OCTAVE = 12
PEAK_SECONDS = 1.0
"""The stretch over which the fastest passage is measured."""


def pitch_range(sheet: LeadSheet) -> float:
    """Semitones from the lowest to the highest note; NaN without a note."""
    _, pitches, _ = columns(sheet)
    return float(np.ptp(pitches)) if len(pitches) else math.nan


def share_outside(sheet: LeadSheet, lowest: int, highest: int) -> float:
    """Share of the notes below `lowest` or above `highest`, MIDI numbers, both of which can be played.

    Returns
    -------
    float
        In [0, 1]; NaN without a note.
    """
    _, pitches, _ = columns(sheet)
    return float(((pitches < lowest) | (pitches > highest)).mean()) if len(pitches) else math.nan


def large_leap_share(sheet: LeadSheet, largest: int = OCTAVE) -> float:
    """Share of the steps from note to note that are larger than an octave.

    Returns
    -------
    float
        In [0, 1]; NaN with fewer than two notes.
    """
    _, pitches, _ = columns(sheet)
    return float((np.abs(np.diff(pitches)) > largest).mean()) if len(pitches) > 1 else math.nan


def notes_per_second(sheet: LeadSheet, qpm: float | None = None) -> float:
    """Notes for each second that the chart lasts.

    Parameters
    ----------
    sheet : LeadSheet
    qpm : float or None
        Quarter notes per minute; the chart's own where None.

    Returns
    -------
    float
        NaN where no tempo is known.
    """
    tempo = qpm or sheet.chart.qpm
    if tempo is None:
        return math.nan
    return len(sheet.melody) / (sheet.chart.duration / TICKS_PER_QUARTER * 60 / tempo)


def peak_notes_per_second(sheet: LeadSheet, qpm: float | None = None) -> float:
    """The most notes that begin within a second.

    Parameters
    ----------
    sheet : LeadSheet
    qpm : float or None
        As in `notes_per_second`.

    Returns
    -------
    float
        NaN where no tempo is known or there is no note.
    """
    tempo = qpm or sheet.chart.qpm
    times, _, _ = columns(sheet)
    if tempo is None or not len(times):
        return math.nan
    window = PEAK_SECONDS * tempo / 60 * TICKS_PER_QUARTER
    after = np.searchsorted(times, times + window, side="left")
    return float((after - np.arange(len(times))).max()) / PEAK_SECONDS
