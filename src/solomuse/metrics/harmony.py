"""How a melody goes with its chords: chord tones, whether they follow the changes, and what becomes of the others.

All measures pool the notes of several lead sheets, so that a long solo counts for more than a short one. A chord tone
is a tone of the quality above its root: four for a seventh chord; extensions and a slash bass do not count, since
sources differ in how many of them they write. Notes over no chord are left out.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from solomuse.music.chord import Chord
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.meter import Meter
from solomuse.music.note import TICKS_PER_QUARTER

Weighting = Literal["notes", "time", "strong beats"]
SHIFTS = (-16, -8, -4, 4, 8, 16)
"""Quarter notes by which the chords are moved to measure the chord-shift gain: one bar, two and four in 4/4."""
STEP = 2
"""Semitones of the largest step."""


@dataclass(frozen=True, slots=True)
class _Line:
    """The notes of one sheet that sound over a chord, in order.

    Parameters
    ----------
    is_chord_tone : ndarray of shape (n,), bool
    durations : ndarray of shape (n,), int64, ticks
    is_strong : ndarray of shape (n,), bool
        Whether a note starts on a strong beat.
    leaves_by_step : ndarray of shape (n,), bool
        Whether the next note is at most a whole tone away, another one than this.
    has_next : ndarray of shape (n,), bool
    """

    is_chord_tone: NDArray[np.bool_]
    durations: NDArray[np.int64]
    is_strong: NDArray[np.bool_]
    leaves_by_step: NDArray[np.bool_]
    has_next: NDArray[np.bool_]


def chord_tone_ratio(sheets: Iterable[LeadSheet], weighting: Weighting = "notes", shift: int = 0) -> float:
    """Share of the notes that are tones of the chord over which they start.

    Parameters
    ----------
    sheets : iterable of LeadSheet
    weighting : {"notes", "time", "strong beats"}
        Whether each note counts once, or by its length, or only if it starts on a bar line or in the middle of a bar
        that has an even number of beats.
    shift : int
        Quarter notes: a note at time t is held against the chord at t + shift. Those that find none are left out.

    Returns
    -------
    float
        In [0, 1]; NaN where no note counts. Chance is about 0.33 over seventh chords, human jazz solos have 0.5, and
        more is not better.

    References
    ----------
    Choi et al., "Chord conditioned melody generation with transformer based decoders", IEEE Access 2021 (by note);
    Haviv Hakimi et al., "BebopNet", ISMIR 2020 (by time).
    """
    hits = total = 0.0
    for line in _lines(sheets, shift):
        weights = {"notes": np.ones(len(line.durations)), "time": line.durations, "strong beats": line.is_strong}
        hits += float((weights[weighting] * line.is_chord_tone).sum())
        total += float(weights[weighting].sum())
    return hits / total if total else math.nan


def chord_shift_gain(sheets: Sequence[LeadSheet], shifts: Sequence[int] = SHIFTS) -> float:
    """How many more chord tones a melody has over its chords than over the same chords moved in time.

    The chord-tone ratio in place less its mean over `shifts`. A melody that is only in the key has 0; human jazz solos
    have 0.08.

    Returns
    -------
    float
        In [-1, 1]; NaN where a ratio is.
    """
    moved = [chord_tone_ratio(sheets, shift=shift) for shift in shifts]
    return chord_tone_ratio(sheets) - sum(moved) / len(moved)


def step_resolution(sheets: Iterable[LeadSheet]) -> float:
    """Share of the notes outside the chord that move on by a step of one or two semitones.

    Returns
    -------
    float
        In [0, 1]; NaN where there is no such note. The last note of a sheet is left out.
    """
    resolved = total = 0
    for line in _lines(sheets, 0):
        outside = ~line.is_chord_tone & line.has_next
        resolved += int((outside & line.leaves_by_step).sum())
        total += int(outside.sum())
    return resolved / total if total else math.nan


def notes_per_bar(sheets: Sequence[LeadSheet]) -> float:
    """Notes over bars; NaN without a bar."""
    bars = sum(len(sheet.chart.bars) for sheet in sheets)
    return sum(len(sheet.melody) for sheet in sheets) / bars if bars else math.nan


def _lines(sheets: Iterable[LeadSheet], shift: int) -> Iterator[_Line]:
    for sheet in sheets:
        if sheet.melody:
            yield _line(sheet, shift * TICKS_PER_QUARTER)


def _line(sheet: LeadSheet, shift_ticks: int) -> _Line:
    times, pitches, durations = np.array([(note.time, note.pitch, note.duration) for note in sheet.melody]).T
    spans = list(sheet.chart.spans())
    starts = np.array([span.time for span in spans])
    moved: NDArray[np.int64] = times + shift_ticks
    place = np.searchsorted(starts, moved, side="right") - 1
    tones = np.array([_tones(span.chord) for span in spans])  # (chords, 12)
    is_chord = np.array([span.chord.root is not None for span in spans])
    counts = (moved >= 0) & (moved < sheet.chart.duration) & is_chord[place]
    steps = np.abs(np.diff(pitches, append=pitches[-1]))
    has_next = np.arange(len(times)) < len(times) - 1
    return _Line(
        is_chord_tone=tones[place, pitches % 12][counts],
        durations=durations[counts],
        is_strong=np.isin(times, _strong_beats(sheet))[counts],
        leaves_by_step=((steps > 0) & (steps <= STEP))[counts],
        has_next=has_next[counts],
    )


@lru_cache(maxsize=4096)
def _tones(chord: Chord) -> tuple[bool, ...]:
    """Which pitch classes are tones of the chord's quality."""
    pitch_classes = () if chord.root is None else Chord(chord.root, chord.quality).pitch_classes
    return tuple(pitch_class in pitch_classes for pitch_class in range(12))


def _strong_beats(sheet: LeadSheet) -> list[int]:
    """Ticks of the bar lines, and of the middle of each bar with an even number of beats."""
    chart = sheet.chart
    middles = [
        time + bar.duration // 2
        for time, bar in zip(chart.bar_times, chart.bars, strict=False)
        if _beats(bar.meter) % 2 == 0
    ]
    return [*chart.bar_times, *middles]


def _beats(meter: Meter) -> int:
    """Beats of a bar: dotted ones in 6/8, 9/8, 12/8."""
    is_compound = meter.denominator >= 8 and meter.numerator % 3 == 0 and meter.numerator > 3
    return meter.numerator // 3 if is_compound else meter.numerator
