"""How a melody goes with its chords: chord tones, whether they follow the changes, and what becomes of the others.

All measures pool the notes of several lead sheets, so that a long solo counts for more than a short one. A chord tone
is the root, third or its suspension, fifth, sixth or seventh: four for a seventh chord; extensions and a slash bass do
not count, since sources differ in how many of them they write. Notes over no chord are left out.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Literal

import numpy as np

from solomuse.metrics.line import Booleans, Floats, Line, lines
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.scales import chord_scale, chord_tones, tensions

Weighting = Literal["notes", "time", "strong beats"]
SHIFTS = (-16, -8, -4, 4, 8, 16)
"""Quarter notes by which the chords are moved to measure the chord-shift gain: one bar, two and four in 4/4."""


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
    for line in lines(sheets, shift):
        weights = {"notes": np.ones(len(line.pitches)), "time": line.durations, "strong beats": line.is_strong}
        hits += float((weights[weighting] * line.belongs(chord_tones)).sum())
        total += float(weights[weighting].sum())
    return hits / total if total else math.nan


def chord_shift_curve(sheets: Sequence[LeadSheet], shifts: Sequence[int] = SHIFTS) -> Floats:
    """The chord-tone ratio when each note is held against the chord so many quarter notes later.

    Of a melody that follows the changes the curve has its peak at 0.

    Returns
    -------
    ndarray of the length of `shifts`, float64
        As `chord_tone_ratio` gives it for each.
    """
    return np.array([chord_tone_ratio(sheets, shift=shift) for shift in shifts])


def chord_shift_gain(sheets: Sequence[LeadSheet], shifts: Sequence[int] = SHIFTS) -> float:
    """How many more chord tones a melody has over its chords than over the same chords moved in time.

    The chord-tone ratio in place less its mean over `shifts`. A melody that is only in the key has 0; human jazz solos
    have 0.08.

    Returns
    -------
    float
        In [-1, 1]; NaN where a ratio is.
    """
    return chord_tone_ratio(sheets) - float(chord_shift_curve(sheets, shifts).mean())


def scale_share(sheets: Iterable[LeadSheet]) -> float:
    """Share of the notes that are in the scale of the chord over which they start, chord tones included.

    Returns
    -------
    float
        In [0, 1]; NaN where no note starts over a chord that has a scale. Chance is 0.58 over seven tones.

    References
    ----------
    Scales: `solomuse.music.scales`. The measure: Haviv Hakimi et al., "BebopNet", ISMIR 2020; Madaghiele et al.,
    "MINGUS", ISMIR 2021 (by note as here).
    """
    return _pooled((line.belongs(chord_scale), _has_scale(line)) for line in lines(sheets))


def tension_correctness(sheets: Iterable[LeadSheet]) -> float:
    """Share of the notes outside the chord that are tensions which the symbol allows.

    Returns
    -------
    float
        In [0, 1]; NaN where no note is outside a chord that has a scale. Chance over a major seventh chord is 2/8.

    References
    ----------
    `solomuse.music.scales.tensions`; the measure is that of theory-structured harmonic embeddings (2025), with our
    table.
    """
    return _pooled((line.belongs(tensions), _has_scale(line) & ~line.belongs(chord_tones)) for line in lines(sheets))


def step_resolution(sheets: Iterable[LeadSheet], to_chord_tone: bool = False) -> float:
    """Share of the notes outside the chord that move on by a step of one or two semitones.

    Parameters
    ----------
    sheets : iterable of LeadSheet
    to_chord_tone : bool
        Whether the step must lead to a tone of the chord over which the next note starts.

    Returns
    -------
    float
        In [0, 1]; NaN where there is no such note. The last note of a sheet is left out.
    """
    return _pooled(
        (
            line.moves_by_step & (line.next_belongs(chord_tones) if to_chord_tone else True),
            ~line.belongs(chord_tones) & line.has_next,
        )
        for line in lines(sheets)
    )


def notes_per_bar(sheets: Sequence[LeadSheet]) -> float:
    """Notes over bars; NaN without a bar."""
    bars = sum(len(sheet.chart.bars) for sheet in sheets)
    return sum(len(sheet.melody) for sheet in sheets) / bars if bars else math.nan


def _has_scale(line: Line) -> Booleans:
    """Whether the chord of each note implies a scale, shape (n,)."""
    return np.array([bool(chord_scale(chord)) for chord in line.chords], dtype=np.bool_)[line.chord_by_note]


def _pooled(parts: Iterable[tuple[Booleans, Booleans]]) -> float:
    """Of all places that count, the share that hit; each part is hits and counts, both of shape (n,)."""
    hits = total = 0
    for hit, counts in parts:
        hits += int((hit & counts).sum())
        total += int(counts.sum())
    return hits / total if total else math.nan
