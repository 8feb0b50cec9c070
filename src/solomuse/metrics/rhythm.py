"""When the notes of a melody fall: rests, phrases, and how bars resemble each other."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator

import numpy as np

from solomuse.metrics.line import Booleans, Floats, Integers, beats_of_bar, columns
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.note import TICKS_PER_QUARTER

GROOVE_STEPS = 16
"""Steps of a quarter note on which grooves are compared: 64 a bar in 4/4, as in the Jazz Transformer."""
PATTERN_STEPS = 4
"""Steps of a quarter note for rhythm patterns: sixteenths, as in CMT."""
PHRASE_REST = TICKS_PER_QUARTER
"""Ticks of silence that end a phrase, at least."""


def rest_share(sheet: LeadSheet) -> float:
    """Share of the chart's time in which nothing sounds.

    Returns
    -------
    float
        In [0, 1]; 1 without a note.
    """
    times, _, durations = columns(sheet)
    ends = np.maximum.accumulate(np.minimum(times + durations, sheet.chart.duration))
    before = np.append(0, ends)[: len(times)]
    return 1.0 - float(np.maximum(ends - np.maximum(times, before), 0).sum()) / sheet.chart.duration


def groove_similarity(sheet: LeadSheet, steps_per_quarter: int = GROOVE_STEPS) -> float:
    """How much the onsets of a melody's bars fall alike: mean over all pairs of bars of the same length.

    ``1 - xor / steps`` for two bars, with the number of grid steps on which one has an onset and the other none.
    Bars without notes count. The figure rests on the grid: where bars differ in few of many steps it is high.

    Parameters
    ----------
    sheet : LeadSheet
    steps_per_quarter : int
        Onsets go to the nearest step.

    Returns
    -------
    float
        In [0, 1]; NaN where no two bars have the same length.

    References
    ----------
    Wu, Yang, "The Jazz Transformer on the front line", ISMIR 2020; the public code (MusDr) takes 1,000
    pairs at random where there are more.
    """
    total, pairs = 0.0, 0
    for onsets in bar_onsets(sheet, steps_per_quarter):
        count, steps = onsets.shape
        each = onsets.sum(axis=0, dtype=np.int64)  # bars with an onset on a step, (steps,)
        total += count * (count - 1) / 2 - float((each * (count - each)).sum()) / steps
        pairs += count * (count - 1) // 2
    return total / pairs if pairs else math.nan


def bar_rhythm_divergence(first: Iterable[LeadSheet], second: Iterable[LeadSheet]) -> float:
    """Jensen-Shannon divergence of the rhythm patterns of bars in two sets of melodies.

    A pattern is the set of sixteenths of a bar on which a note begins, and the bar's length. Few bars have few patterns
    in common by chance alone: hold the figure against that of two halves of one set.

    Returns
    -------
    float
        In bits, in [0, 1]; 0 for the same distribution. NaN where a set is empty.

    References
    ----------
    Choi et al., IEEE Access 2021 (CMT), who call it rhythm JSD; J. Lin, "Divergence measures based on the Shannon
    entropy", IEEE Transactions on Information Theory 37, 1991.
    """
    counts = [Counter(_patterns(sheets)) for sheets in (first, second)]
    if not all(counts):
        return math.nan
    names = sorted(counts[0] | counts[1])
    p, q = (np.array([count[name] for name in names]) / count.total() for count in counts)
    middle = (p + q) / 2
    return float((_information(p, middle) + _information(q, middle)) / 2)


def phrases(sheet: LeadSheet, rest_ticks: int = PHRASE_REST) -> list[tuple[int, int]]:
    """The phrases of a melody, as ranges ``[first, last)`` of its notes: one ends where a rest follows.

    Parameters
    ----------
    sheet : LeadSheet
    rest_ticks : int
        How long nothing must sound, at least.
    """
    times, _, durations = columns(sheet)
    if not len(times):
        return []
    ends = np.maximum.accumulate(times + durations)
    cuts = np.flatnonzero(times[1:] - ends[:-1] >= rest_ticks) + 1
    return list(zip([0, *cuts.tolist()], [*cuts.tolist(), len(times)], strict=True))


def phrase_lengths(sheet: LeadSheet, rest_ticks: int = PHRASE_REST) -> Floats:
    """Quarter notes from the first onset of each phrase to the end of its last note, shape (phrases,)."""
    times, _, durations = columns(sheet)
    lengths = [
        (times + durations)[first:last].max() - times[first] for first, last in phrases(sheet, rest_ticks=rest_ticks)
    ]
    return np.array(lengths, dtype=np.float64) / TICKS_PER_QUARTER


def bar_onsets(sheet: LeadSheet, steps_per_quarter: int) -> Iterator[Booleans]:
    """Where notes begin, for the bars of each length in turn: shape (bars, steps of a bar), in the chart's order."""
    step = TICKS_PER_QUARTER // steps_per_quarter
    lengths = np.array([bar.duration for bar in sheet.chart.bars])
    bars, steps = _nearest_steps(sheet, step)
    for length in np.unique(lengths):
        own = np.flatnonzero(lengths == length)
        onsets = np.zeros((len(own), -(-int(length) // step)), dtype=np.bool_)
        here = np.isin(bars, own)
        onsets[np.searchsorted(own, bars[here]), steps[here]] = True
        yield onsets


def onset_entropy(times: list[int]) -> float:
    """Entropy in bits of the times from onset to onset; NaN with fewer than two notes.

    Examples
    --------
    >>> onset_entropy([0, 240, 480, 960, 1440])
    1.0
    """
    if len(times) < 2:
        return math.nan
    _, counts = np.unique(np.diff(times), return_counts=True)
    shares = counts / counts.sum()
    return abs(float((shares * np.log2(shares)).sum()))


def on_beat_share(sheet: LeadSheet) -> float:
    """Share of the notes that start on a beat of their bar, a dotted one in 6/8; NaN without a note."""
    times, _, _ = columns(sheet)
    lines = np.array(sheet.chart.bar_times)
    beats = np.array([bar.duration // beats_of_bar(bar.meter) for bar in sheet.chart.bars])
    bars = np.searchsorted(lines, times, side="right") - 1
    return float(((times - lines[bars]) % beats[bars] == 0).mean()) if len(times) else math.nan


def _nearest_steps(sheet: LeadSheet, step: int) -> tuple[Integers, Integers]:
    """Bar and step of each onset, both of shape (n,); what is nearest to the next bar line begins there."""
    times, _, _ = columns(sheet)
    lines = np.array(sheet.chart.bar_times)
    bars = np.searchsorted(lines, times, side="right") - 1
    steps = (times - lines[bars] + step // 2) // step
    is_next = steps * step >= np.diff(lines)[bars]
    bars, steps = bars + is_next, np.where(is_next, 0, steps)
    inside = bars < len(lines) - 1
    return bars[inside], steps[inside]


def _patterns(sheets: Iterable[LeadSheet]) -> Iterator[tuple[int, bytes]]:
    for sheet in sheets:
        for onsets in bar_onsets(sheet, PATTERN_STEPS):
            yield from ((onsets.shape[1], row.tobytes()) for row in np.packbits(onsets, axis=1))


def _information(p: Floats, q: Floats) -> float:
    """Kullback-Leibler divergence in bits."""
    held = p > 0
    return float((p[held] * np.log2(p[held] / q[held])).sum())
