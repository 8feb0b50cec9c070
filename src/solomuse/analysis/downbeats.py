"""Finds which beats begin a bar, from what sounds on and around each.

A small convolutional network over the beats gives each the log-odds of beginning a bar; the bars are the likeliest
sequence of lengths, where an unusual length costs something. ``benchmarks/fit_bars.py`` learned the weights. What a
beat is known by, on the average of its song where a unit is missing:

============  =============================================================================================
strength_0-3  summed lengths of the notes that start on the beat and on the sixteenths behind it (square root)
count         notes that start on it
low           summed lengths of those below E3 (square root)
longest       length of the longest note that starts on it in half notes; bass: of the longest below E3
depth         how much lower than usual its lowest note is, in octaves; struck: whether there is one
bass_change   1 where the lowest pitch class is another one than before, -0.5 where it stays
loudness      velocity of its notes against the mean, in sixteens
novelty_N     one less the cosine between what sounds in the N beats before and in the N from it on
low_N         the same of what sounds below A3
top           length of the highest note that starts on it, in half notes
rested        whether nothing started in the beat before
new           pitch classes that did not sound in the beat before, in pairs, up to two
============  =============================================================================================
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from solomuse.analysis.cells import covered_cells
from solomuse.analysis.novelty import novelty, summed
from solomuse.music.note import TICKS_PER_QUARTER

WEIGHTS_FILE = Path(__file__).with_name("downbeat_weights.npz")

WIDTHS, LOW_WIDTHS = (1, 2, 3, 4, 8, 16, 32), (1, 2, 4, 8)
FEATURES = (
    *("strength_0", "strength_1", "strength_2", "strength_3", "count", "low", "longest", "bass", "depth", "struck"),
    *("bass_change", "loudness", *(f"novelty_{width}" for width in WIDTHS), *(f"low_{width}" for width in LOW_WIDTHS)),
    *("top", "rested", "new"),
)
DILATIONS = (1, 4, 1)
"""Of the three layers, each nine beats wide."""

MOST_DEVIATIONS = 5.0
"""Features are cut off this many standard deviations from their mean."""

COST_BY_LENGTH = {
    4: {4: 0.0, 2: 15.0, 6: 18.0, 3: 21.0, 5: 22.5, 1: 27.0},
    3: {3: 0.0, 6: 18.0, 2: 21.0, 4: 21.0, 1: 27.0},
}
"""What the log-odds of the bar lines must gain for a bar of so many beats, by the beats of a usual bar."""

TRIPLE_COST = 5.0
"""What they must gain for usual bars of three beats instead of four."""

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_LOW_PITCH, _BASS_PITCH, _ACCOMPANIMENT_PITCH = 52, 55, 57
_LONGEST = 3 * TICKS_PER_QUARTER
_SIXTEENTH = TICKS_PER_QUARTER // 4


def downbeats(log_odds: Floats) -> tuple[Integers, int]:
    """Indices of the beats that start a bar, given each beat's log-odds to do so, and the beats of a usual bar.

    The usual bar is the one that regular bars fit best; then unusual ones are let in.
    """
    regular = {usual: max(log_odds[phase::usual].sum() for phase in range(usual)) for usual in COST_BY_LENGTH}
    usual = 4 if regular[4] >= regular[3] - TRIPLE_COST else 3
    return _likeliest(log_odds, usual), usual


def _likeliest(log_odds: Floats, usual: int) -> Integers:
    """The bar lines with the largest sum of log-odds, less what the lengths of the bars cost."""
    odds, costs = log_odds.tolist(), sorted(COST_BY_LENGTH[usual].items())
    best: list[float] = []
    before: list[int] = []
    for beat, own in enumerate(odds):
        reached, source = (0.0, -1) if beat < usual else (-1e9, -1)
        for length, cost in costs:
            if length > beat:
                break
            candidate = best[beat - length] - cost
            if candidate > reached:
                reached, source = candidate, beat - length
        best.append(reached + own)
        before.append(source)
    beat = max(range(max(0, len(odds) - usual), len(odds)), key=best.__getitem__)
    lines = []
    while beat >= 0:
        lines.append(beat)
        beat = before[beat]
    return np.array(lines[::-1])


def downbeat_log_odds(columns: Integers, beats: Integers) -> Floats:
    """Log-odds of each beat to begin a bar, shape (beats,).

    Parameters
    ----------
    columns : ndarray of shape (n, 4), int64
        Onset, end, pitch and velocity of the notes, in ticks.
    beats : ndarray of shape (beats,), int64
        Ticks; a quarter apart.
    """
    table = _weights()
    standard = (beat_features(columns, beats).astype(np.float32) - table["mean"]) / table["scale"]
    values = np.clip(standard, -MOST_DEVIATIONS, MOST_DEVIATIONS)
    for layer, dilation in enumerate(DILATIONS):
        found = _convolved(values, table[f"weight_{layer}"], table[f"bias_{layer}"], dilation)
        if layer + 1 < len(DILATIONS):
            found = np.maximum(found, 0) + (values if layer else 0)
        values = found
    return np.asarray(values[:, 0], dtype=np.float64)


def _convolved(
    values: NDArray[np.float32], weight: NDArray[np.float32], bias: NDArray[np.float32], dilation: int
) -> NDArray[np.float32]:
    """Values of shape (beats, in) under weights of shape (width, in, out), zeros beyond both ends."""
    width, reach = len(weight), dilation * (len(weight) // 2)
    padded = np.pad(values, ((reach, reach), (0, 0)))
    places = np.arange(len(values))[:, None] + dilation * np.arange(width)
    return np.asarray(padded[places].reshape(len(values), -1) @ weight.reshape(-1, weight.shape[2]) + bias)


@cache
def _weights() -> dict[str, NDArray[np.float32]]:
    with np.load(WEIGHTS_FILE) as stored:
        return {name: stored[name].astype(np.float32) for name in stored.files}


def beat_features(columns: Integers, beats: Integers) -> Floats:
    """What each beat is known by, shape (beats, len(FEATURES)); the parameters are those of `downbeat_log_odds`."""
    count = len(beats)
    place = np.rint((columns[:, 0] - beats[0]) / _SIXTEENTH).astype(np.int64)
    inside = (place >= 0) & (place < 4 * count)
    columns, place = columns[inside], place[inside]
    onsets, ends, pitches, velocities = columns.T
    lengths = np.minimum(ends - onsets, _LONGEST) / TICKS_PER_QUARTER + 0.1
    halves = np.minimum((ends - onsets) / TICKS_PER_QUARTER, 4) / 2
    strength = np.bincount(place, weights=lengths, minlength=4 * count).reshape(count, 4)
    starts = np.bincount(place, minlength=4 * count).reshape(count, 4)
    on_beat, beat = place % 4 == 0, place // 4
    low = on_beat & (pitches < _LOW_PITCH)
    low_strength = np.bincount(beat[low], weights=lengths[low], minlength=count)
    lowest = np.full(count, 128)
    np.minimum.at(lowest, beat[on_beat], pitches[on_beat])
    struck = lowest < 128
    usual_lowest = lowest[struck].mean() if struck.any() else 0.0
    loudness = np.bincount(beat[on_beat], weights=velocities[on_beat], minlength=count) / np.maximum(starts[:, 0], 1)
    top = np.full(4 * count, -1)
    np.maximum.at(top, place, pitches)
    is_top = on_beat & (pitches == top[place])
    everything, low_chroma = _chromas(columns, beats)
    is_there = everything > 0.15
    was_there = np.vstack([np.zeros((1, 12), dtype=bool), is_there[:-1]])
    scale = strength[:, 0].mean() + 1e-9
    rows = [
        *np.sqrt(strength.T / scale),
        starts[:, 0] / (starts[:, 0].mean() + 1e-9),
        np.sqrt(low_strength / (low_strength.mean() + 1e-9)),
        _largest(beat[on_beat], halves[on_beat], count),
        _largest(beat[low], halves[low], count),
        np.where(struck, (usual_lowest - lowest) / 12, -1.0),
        struck,
        _bass_change(lowest),
        np.where(starts[:, 0] > 0, (loudness - velocities.mean()) / 16, 0.0),
        *novelty(summed(everything), WIDTHS),
        *novelty(summed(low_chroma), LOW_WIDTHS),
        _largest(beat[is_top], halves[is_top], count),
        np.append(True, starts[:-1].sum(1) == 0),
        np.minimum((is_there & ~was_there).sum(1), 4) / 2,
    ]
    return np.stack(rows, axis=1).astype(np.float64)


def _largest(beat: Integers, values: Floats, count: int) -> Floats:
    """The largest of the values of each beat; 0 where there is none."""
    largest = np.zeros(count)
    np.maximum.at(largest, beat, values)
    return largest


def _bass_change(lowest: Integers) -> Floats:
    """Whether the lowest pitch class of each beat is another one than before."""
    struck = lowest < _BASS_PITCH
    classes = lowest[struck] % 12
    change = np.zeros(len(lowest))
    change[struck] = np.where(classes != np.concatenate([[-1], classes[:-1]]), 1.0, -0.5)
    return change


def _chromas(columns: Integers, beats: Integers) -> tuple[Floats, Floats]:
    """Sounding time of each pitch class in each beat, in beats, at most one for a note, shape (beats, 12); below A3."""
    count = len(beats)
    onsets, ends, pitches = columns[:, 0], columns[:, 1], columns[:, 2]
    first = np.clip((onsets - beats[0]) // TICKS_PER_QUARTER, 0, count - 1)
    lengths = np.clip((ends - 1 - beats[0]) // TICKS_PER_QUARTER, first, count - 1) - first + 1
    beat = covered_cells(first, lengths)
    onsets, ends, pitches = (np.repeat(column, lengths) for column in (onsets, ends, pitches))
    sounding = np.minimum(ends, beats[beat] + TICKS_PER_QUARTER) - np.maximum(onsets, beats[beat])
    weights = np.clip(sounding / TICKS_PER_QUARTER, 0, 1)
    cells, is_low = 12 * beat + pitches % 12, pitches < _ACCOMPANIMENT_PITCH
    everything, low = (
        np.bincount(cells[part], weights=weights[part], minlength=12 * count).astype(np.float64).reshape(count, 12)
        for part in (slice(None), is_low)
    )
    return everything, low
