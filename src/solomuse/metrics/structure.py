"""How much of a melody comes back, and at which scale.

The structureness indicator of the Jazz Transformer (Wu, Yang, ISMIR 2020) is the highest fitness of any
segment whose length lies in a span. The fitness of a segment says how well, and how much of, the piece can be covered
by repetitions of it (M. Müller, N. Jiang, P. Grosche, "A robust fitness measure for capturing repetitions in music
recordings with applications to audio thumbnailing", IEEE TASLP 21, 2013; M. Müller, "Fundamentals of Music Processing",
section 4.3).

The source measures audio, twice a second, and lets repetitions run at another tempo. Here a frame is a bar, and what
comes back does so bar for bar: paths are diagonals, which leaves a sum over bars where the source has a two-dimensional
search. Like there, each two bars are compared in all twelve transpositions, and the most similar quarter of all pairs
is kept; but the others cost a quarter and not 2, for improvised lines rarely come back bar for bar (at 2, nothing of
eight bars and more does). So the figures are for comparison with each other, over solos of the same number of bars, and
not with the published ones; below 32 bars they do not tell a solo from one whose bars are shuffled. See
``docs/experiments/metrics.md``.
"""

from __future__ import annotations

import math

import numpy as np

from solomuse.metrics.line import Floats, Integers, columns
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.note import TICKS_PER_QUARTER

SPANS = {"short": (2, 3), "middle": (4, 7), "long": (8, None)}
"""Bars of the segments of each span, the longest included: a motif, a phrase, a section."""

SLOT = TICKS_PER_QUARTER // 4
"""Ticks of the slots by which two bars are compared: sixteenths, so that a little earlier or later is the same."""
KEPT = 0.25
"""Share of the pairs of bars that are held for similar."""
PENALTY = -0.25
"""What a pair that is not similar costs a repetition."""

_STEP = 40
"""Ticks to which what sounds is resolved."""


def structure_indicator(sheet: LeadSheet, shortest: int, longest: int | None = None) -> float:
    """The highest fitness of a segment of `shortest` to `longest` bars.

    Returns
    -------
    float
        In [0, 1]; 0 where nothing comes back. NaN where the chart is too short for a segment to come back.
    """
    return _highest(fitness(bar_similarity(sheet)), shortest, longest)


def structure_indicators(sheet: LeadSheet) -> dict[str, float]:
    """`structure_indicator` for each of `SPANS`."""
    by_length = fitness(bar_similarity(sheet))
    return {name: _highest(by_length, shortest, longest) for name, (shortest, longest) in SPANS.items()}


def bar_similarity(sheet: LeadSheet) -> Floats:
    """How much each two bars of a melody are alike: shape (bars, bars), in [0, 1] or `PENALTY`, 1 on the diagonal.

    A bar is the time that each pitch class sounds in each of its sixteenths; two are compared by the cosine between
    them, the best of twelve transpositions. Of all pairs the most similar `KEPT` are spread over [0, 1], the others get
    `PENALTY`. A silent bar is like none.
    """
    features = _bar_features(sheet)  # (bars, slots, 12)
    bars = len(features)
    flat = features.reshape(bars, -1)
    moved = (np.roll(features, shift, axis=2).reshape(bars, -1) for shift in range(12))
    raw = np.max([flat @ other.T for other in moved], axis=0)
    raw = np.round(np.maximum(raw, raw.T), 9)  # what is equal but for rounding is equal
    threshold = np.sort(raw, axis=None)[min(round(raw.size * (1 - KEPT)), raw.size - 1)]
    kept = (raw >= threshold) & (raw > 0)
    lowest, highest = raw.max(initial=0.0, where=~kept), raw.max()
    similarity = np.where(kept, (raw - lowest) / max(highest - lowest, 1e-9), PENALTY)
    np.fill_diagonal(similarity, 1.0)
    return similarity


def fitness(similarity: Floats) -> Floats:
    """Fitness of each segment: how well its best repetitions fit, and how much they cover.

    For a segment of M of N frames the best family of diagonal paths is taken, none overlapping in time; with p paths
    and the score s they have in sum, the self-explanation left out, ``score = (s - M) / (p M)``,
    ``coverage = (p - 1) M / N`` and fitness is their harmonic mean.

    Parameters
    ----------
    similarity : ndarray of shape (N, N), float64
        At most 1, and 1 on the diagonal.

    Returns
    -------
    ndarray of shape (N, N), float64
        In [0, 1]: row M - 1 has the segments of M frames by their start, 0 where there is none.
    """
    frames = len(similarity)
    found = np.zeros((frames, frames))
    sums = np.zeros((frames + 1, frames + 1))
    for length in range(1, frames // 2 + 1):  # a longer one cannot come back
        starts = frames - length + 1
        sums = sums[:starts, :starts] + similarity[length - 1 :, length - 1 :]  # of each diagonal path, (rows, starts)
        score, paths = _best_family(sums, length)
        own = np.maximum(score - length, 0.0) / (np.maximum(paths, 1) * length)
        coverage = np.maximum(paths - 1, 0) * length / frames
        total = own + coverage
        found[length - 1, :starts] = np.divide(2 * own * coverage, total, out=np.zeros(starts), where=total > 0)
    return found


def repeated_share(values: Integers, length: int) -> float:
    """Share of the figures of so many values in a row that came before in a line; NaN where it is shorter.

    Examples
    --------
    >>> repeated_share(np.diff([60, 62, 64, 65, 60, 62, 64, 65]), 3)
    0.2
    """
    if len(values) < length:
        return math.nan
    figures = np.lib.stride_tricks.sliding_window_view(values, length)
    return (len(figures) - len(np.unique(figures, axis=0))) / len(figures)


def _highest(by_length: Floats, shortest: int, longest: int | None) -> float:
    return float(by_length[shortest - 1 : longest].max()) if len(by_length) >= 2 * shortest else math.nan


def _best_family(sums: Floats, length: int) -> tuple[Floats, Floats]:
    """Score and number of the paths of the best family for each start, both of shape (starts,).

    `best[n]` is the score of the best family within the first n frames: that of n - 1, or the one of n - length with
    one more path. The second depends on what is a whole path back, so that as many frames as a path has are done at
    once.
    """
    rows, starts = sums.shape
    best, paths = np.zeros((rows + length, starts)), np.zeros((rows + length, starts))
    for first in range(length, rows + length, length):
        last = min(first + length, rows + length)
        scores = np.concatenate(
            [best[first - 1 : first], best[first - length : last - length] + sums[first - length : last - length]]
        )
        counts = np.concatenate([paths[first - 1 : first], paths[first - length : last - length] + 1])
        running = np.maximum.accumulate(scores, axis=0)
        is_better = np.zeros(scores.shape, dtype=np.int64)
        is_better[1:] = np.where(running[1:] > running[:-1], np.arange(1, len(scores))[:, None], 0)
        winner = np.maximum.accumulate(is_better, axis=0)
        best[first:last] = running[1:]
        paths[first:last] = np.take_along_axis(counts, winner, axis=0)[1:]
    return best[-1], paths[-1]


def _bar_features(sheet: LeadSheet) -> Floats:
    """Sounding time by bar, slot of the bar and pitch class: shape (bars, slots, 12), each bar of length 1 or 0."""
    times, pitches, durations = columns(sheet)
    lines = np.array(sheet.chart.bar_times)
    steps = -(-sheet.chart.duration // _STEP)
    sounding = np.zeros((steps + 1, 12))
    starts = times // _STEP
    np.add.at(sounding, (starts, pitches % 12), 1.0)
    np.add.at(sounding, (np.minimum(np.maximum((times + durations) // _STEP, starts + 1), steps), pitches % 12), -1.0)
    sounding = np.cumsum(sounding, axis=0)[:-1]
    ticks = np.arange(steps) * _STEP
    bars = np.searchsorted(lines, ticks, side="right") - 1
    slots = (ticks - lines[bars]) // SLOT
    features = np.zeros((len(lines) - 1, -(-int(np.diff(lines).max()) // SLOT), 12))
    np.add.at(features, (bars, slots), sounding)
    norms = np.linalg.norm(features, axis=(1, 2), keepdims=True)
    unit: Floats = np.divide(features, norms, out=np.zeros_like(features), where=norms > 0)
    return unit
