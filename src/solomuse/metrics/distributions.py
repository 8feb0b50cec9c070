"""Distributions of a melody's pitches, intervals and lengths."""

from __future__ import annotations

import math

import numpy as np

from solomuse.metrics.line import Floats, Integers, columns
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.note import TICKS_PER_QUARTER

NOTE_LENGTHS: dict[str, int] = {
    "whole": 1920,
    "half": 960,
    "quarter": 480,
    "eighth": 240,
    "sixteenth": 120,
    "dotted half": 1440,
    "dotted quarter": 720,
    "dotted eighth": 360,
    "dotted sixteenth": 180,
    "half triplet": 640,
    "quarter triplet": 320,
    "eighth triplet": 160,
}
"""Ticks of the classes of note length that MGEval has, in its order."""

LARGEST_INTERVAL = 12
"""Semitones; larger intervals count as this one."""

_TICKS = np.array(list(NOTE_LENGTHS.values()))


def pitch_class_entropy(sheet: LeadSheet, bars: int) -> float:
    """Mean entropy of the pitch classes that begin within some bars: how much tones change their weight.

    ``-sum h log2 h`` over the shares h of the twelve pitch classes, for each stretch of `bars` bars in turn, one bar
    after another; those without notes are left out. A chart with fewer bars is one stretch.

    Returns
    -------
    float
        In bits, in [0, log2(12)]; NaN without a note. H1 is 1.94 and H4 2.87 for the Weimar solos in the source.

    References
    ----------
    Wu, Yang, "The Jazz Transformer on the front line", ISMIR 2020.
    """
    times, pitches, _ = columns(sheet)
    if not len(times):
        return math.nan
    lines = np.array(sheet.chart.bar_times)
    counts = np.zeros((len(lines), 12))
    np.add.at(counts, (np.searchsorted(lines, times, side="right"), pitches % 12), 1.0)
    sums = np.cumsum(counts, axis=0)  # of the bars before each line
    width = min(bars, len(lines) - 1)
    windows = sums[width:] - sums[:-width]
    totals = windows.sum(axis=1, keepdims=True)
    shares = (windows / np.maximum(totals, 1))[totals[:, 0] > 0]
    logs = np.log2(shares, out=np.zeros_like(shares), where=shares > 0)
    return float(-(shares * logs).sum(axis=1).mean())


def pitch_class_histogram(sheet: LeadSheet) -> Floats:
    """Share of the sounding time on each pitch class, C first: shape (12,); zeros without a note."""
    _, pitches, durations = columns(sheet)
    return _shares(np.bincount(pitches % 12, weights=durations, minlength=12))


def pitch_class_transitions(sheet: LeadSheet) -> Floats:
    """Share of the steps from note to note that lead from one pitch class to another: shape (12, 12), rows from."""
    _, pitches, _ = columns(sheet)
    return _transitions(pitches % 12, 12)


def interval_histogram(sheet: LeadSheet) -> Floats:
    """Share of each interval from note to note: shape (2 * `LARGEST_INTERVAL` + 1,), the largest downwards first."""
    _, pitches, _ = columns(sheet)
    intervals = np.clip(np.diff(pitches), -LARGEST_INTERVAL, LARGEST_INTERVAL) + LARGEST_INTERVAL
    return _shares(np.bincount(intervals, minlength=2 * LARGEST_INTERVAL + 1))


def mean_interval(sheet: LeadSheet) -> float:
    """Mean size of the intervals from note to note, in semitones; NaN with fewer than two notes."""
    _, pitches, _ = columns(sheet)
    return float(np.abs(np.diff(pitches)).mean()) if len(pitches) > 1 else math.nan


def mean_inter_onset_interval(sheet: LeadSheet) -> float:
    """Mean time from onset to onset, in quarter notes; NaN with fewer than two notes."""
    times, _, _ = columns(sheet)
    return float(np.diff(times).mean()) / TICKS_PER_QUARTER if len(times) > 1 else math.nan


def note_length_histogram(sheet: LeadSheet) -> Floats:
    """Share of the notes in each class of `NOTE_LENGTHS`, the nearest one: shape (12,); zeros without a note."""
    return _shares(np.bincount(_length_classes(sheet), minlength=len(NOTE_LENGTHS)))


def note_length_transitions(sheet: LeadSheet) -> Floats:
    """Share of the steps from note to note that lead from one class of length to another: shape (12, 12), rows from."""
    return _transitions(_length_classes(sheet), len(NOTE_LENGTHS))


def turn_share(pitches: list[int]) -> float:
    """Share of the notes at which a line changes its direction, repeated ones left out; NaN if it moves once at most.

    Examples
    --------
    >>> turn_share([60, 62, 64, 62])
    0.5
    """
    signs = np.sign(np.diff(pitches))
    signs = signs[signs != 0]
    return float((signs[1:] != signs[:-1]).mean()) if len(signs) > 1 else math.nan


def _length_classes(sheet: LeadSheet) -> Integers:
    """The nearest class of each note's length, the earlier one of two, shape (n,)."""
    _, _, durations = columns(sheet)
    return np.asarray(np.abs(durations[:, None] - _TICKS).argmin(axis=1))


def _transitions(classes: Integers, count: int) -> Floats:
    pairs = np.bincount(classes[:-1] * count + classes[1:], minlength=count * count)
    return _shares(pairs.reshape(count, count))


def _shares(counts: Floats | Integers) -> Floats:
    """The counts over their sum."""
    return np.asarray(counts / max(float(counts.sum()), 1e-300), dtype=np.float64)
