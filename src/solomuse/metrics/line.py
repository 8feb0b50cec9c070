"""A melody as columns, each note beside the chord over which it starts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from solomuse.music.chart import Chart
from solomuse.music.chord import Chord
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.meter import Meter
from solomuse.music.note import TICKS_PER_QUARTER

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]

STEP = 2
"""Semitones of the largest step."""


@dataclass(frozen=True, slots=True)
class Line:
    """The notes of a sheet that start over a chord, in order.

    Parameters
    ----------
    times, pitches, durations : ndarray of shape (n,), int64
        Ticks, MIDI numbers, ticks.
    next_pitches : ndarray of shape (n,), int64
        Pitch of the note after it in the sheet, whether that one starts over a chord or not; -1 after the last one.
    chord_by_note : ndarray of shape (n,), int64
        Place in `chords` of the chord over which each note starts.
    next_chord_by_note : ndarray of shape (n,), int64
        The same of the note after it; of itself for the last one.
    chords : tuple of Chord
        Of the chart, in order.
    is_strong : ndarray of shape (n,), bool
        Whether a note starts on a bar line, or in the middle of a bar that has an even number of beats.
    """

    times: Integers
    pitches: Integers
    durations: Integers
    next_pitches: Integers
    chord_by_note: Integers
    next_chord_by_note: Integers
    chords: tuple[Chord, ...]
    is_strong: Booleans

    @property
    def has_next(self) -> Booleans:
        """Whether another note follows in the sheet, shape (n,)."""
        return self.next_pitches >= 0

    @property
    def moves_by_step(self) -> Booleans:
        """Whether the next note is at most a whole tone away, another one than this; shape (n,)."""
        distance = np.abs(self.next_pitches - self.pitches)
        steps: Booleans = self.has_next & (distance > 0) & (distance <= STEP)
        return steps

    def belongs(self, members: Callable[[Chord], tuple[int, ...]]) -> Booleans:
        """Whether each note's pitch class is among the members of its chord, shape (n,)."""
        return self._table(members)[self.chord_by_note, self.pitches % 12]

    def next_belongs(self, members: Callable[[Chord], tuple[int, ...]]) -> Booleans:
        """Whether the note after each is among the members of its own chord, shape (n,); not after the last one."""
        return self.has_next & self._table(members)[self.next_chord_by_note, self.next_pitches % 12]

    def _table(self, members: Callable[[Chord], tuple[int, ...]]) -> Booleans:
        """The members of each chord, shape (chords, 12)."""
        table = np.zeros((len(self.chords), 12), dtype=np.bool_)
        for row, chord in zip(table, self.chords, strict=True):
            row[list(members(chord))] = True
        return table


@dataclass(frozen=True, slots=True)
class Stretches:
    """The time during which a melody sounds over a chord, cut where the note or the chord changes.

    Parameters
    ----------
    pitches, durations : ndarray of shape (n,), int64
    chord_by_stretch : ndarray of shape (n,), int64
        Place in `chords`.
    chords : tuple of Chord
    """

    pitches: Integers
    durations: Integers
    chord_by_stretch: Integers
    chords: tuple[Chord, ...]


def columns(sheet: LeadSheet) -> tuple[Integers, Integers, Integers]:
    """Onsets, pitches and durations of a melody, each of shape (n,), int64."""
    rows = [(note.time, note.pitch, note.duration) for note in sheet.melody]
    times, pitches, durations = np.array(rows, dtype=np.int64).reshape(-1, 3).T
    return times, pitches, durations


def lines(sheets: Iterable[LeadSheet], shift: int = 0) -> Iterator[Line]:
    """The line of each sheet that has notes, its chords read `shift` quarter notes later."""
    return (line(sheet, shift * TICKS_PER_QUARTER) for sheet in sheets if sheet.melody)


def line(sheet: LeadSheet, shift_ticks: int = 0) -> Line:
    """The line of a sheet; a note at time t is held against the chord at t + `shift_ticks`, if there is one."""
    times, pitches, durations = columns(sheet)
    starts, chords = _changes(sheet.chart)
    moved = times + shift_ticks
    place = np.maximum(np.searchsorted(starts, moved, side="right") - 1, 0)
    is_chord = np.array([chord.root is not None for chord in chords], dtype=np.bool_)
    counts = (moved >= 0) & (moved < sheet.chart.duration) & is_chord[place]
    return Line(
        times=times[counts],
        pitches=pitches[counts],
        durations=durations[counts],
        next_pitches=np.append(pitches[1:], -1)[: len(pitches)][counts],
        chord_by_note=place[counts],
        next_chord_by_note=np.append(place[1:], place[-1:])[counts],
        chords=chords,
        is_strong=np.isin(times, strong_beats(sheet.chart))[counts],
    )


def stretches(sheet: LeadSheet) -> Stretches:
    """What sounds over which chord, and how long: a note that is held into another chord counts for both.

    The melody is one voice: of notes that sound together only the one that started last counts. Time over no chord is
    left out.
    """
    times, pitches, durations = columns(sheet)
    starts, chords = _changes(sheet.chart)
    ends = np.minimum(times + durations, sheet.chart.duration)
    cuts = np.unique(np.concatenate([times, ends, starts]))
    note = np.searchsorted(times, cuts[:-1], side="right") - 1
    place = np.maximum(np.searchsorted(starts, cuts[:-1], side="right") - 1, 0)
    is_chord = np.array([chord.root is not None for chord in chords], dtype=np.bool_)
    sounds = (note >= 0) & is_chord[place]
    sounds[sounds] = cuts[:-1][sounds] < ends[note[sounds]]
    return Stretches(pitches[note[sounds]], np.diff(cuts)[sounds], place[sounds], chords)


def strong_beats(chart: Chart) -> list[int]:
    """Ticks of the bar lines, and of the middle of each bar with an even number of beats."""
    middles = [
        time + bar.duration // 2
        for time, bar in zip(chart.bar_times, chart.bars, strict=False)
        if beats_of_bar(bar.meter) % 2 == 0
    ]
    return [*chart.bar_times, *middles]


def beats_of_bar(meter: Meter) -> int:
    """Beats of a bar: dotted ones in a compound meter.

    Examples
    --------
    >>> beats_of_bar(Meter(6, 8)), beats_of_bar(Meter(7, 8)), beats_of_bar(Meter(3, 4))
    (2, 7, 3)
    """
    return meter.numerator // 3 if meter.is_compound else meter.numerator


def _changes(chart: Chart) -> tuple[Integers, tuple[Chord, ...]]:
    """Where each chord starts, and the chords."""
    spans = list(chart.spans())
    return np.array([span.time for span in spans], dtype=np.int64), tuple(span.chord for span in spans)
