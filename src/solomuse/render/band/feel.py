"""Feel: where even eighths go when they swing, how far a solo lies behind, and how loud its notes are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from solomuse.music.chart import Chart
from solomuse.music.note import TICKS_PER_QUARTER
from solomuse.music.notes import Notes
from solomuse.render.band.pulse import is_counted_in_quarters

SHORT_EIGHTH_MILLISECONDS = 100.0
"""How long the short eighth of a swinging drummer lasts at medium and fast tempos (Friberg and Sundström 2002)."""

LEAST_USUAL_SWING, MOST_USUAL_SWING = 1.2, 2.0
"""Where soloists are, for the band shares their ratio: drummers go from 3.5 at slow tempos to 1 at fast ones (same
source), but the medians of 167 swinging solos of the Weimar Jazz Database from 1.8 below 140 quarters a minute to 1.2
above 280, measured by `solomuse.analysis.swing`."""

LEAST_SWING, MOST_SWING = 1.0, 3.0
"""The limits of what may be asked for."""

RUN_NOTES, NEAR_TICKS = 4, 20
"""Notes in a beat that make a run; how far from its place in the beat a note is still taken to be there."""

GRID_TICKS = TICKS_PER_QUARTER // 12
"""The grid on which solos are written: sixteenths and triplets."""

MOST_DELAY_TICKS = TICKS_PER_QUARTER // 4

PHRASE_REST_TICKS = TICKS_PER_QUARTER
"""A rest of this length ends a phrase."""

ARCH, TOP, OFF_BEAT, HIGH_LOUD = 14.0, 8.0, 5.0, 0.4
"""Velocity from edge to middle of a phrase, of a note above both neighbours, off the beat, a semitone higher."""

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


def usual_swing(qpm: float) -> float:
    """The ratio of long to short eighths at a tempo: the short one lasts 100 ms, the long one what is left of the beat.

    It is kept between `LEAST_USUAL_SWING` and `MOST_USUAL_SWING`.

    References
    ----------
    A. Friberg and A. Sundström, "Swing ratios and ensemble timing in jazz performance: evidence for a common rhythmic
    pattern", Music Perception 19(3), 2002, 333-349.

    Examples
    --------
    >>> [round(usual_swing(qpm), 2) for qpm in (60, 200, 240, 300, 350)]
    [2.0, 2.0, 1.5, 1.2, 1.2]
    """
    beat_milliseconds = 60_000 / qpm
    ratio = (beat_milliseconds - SHORT_EIGHTH_MILLISECONDS) / SHORT_EIGHTH_MILLISECONDS
    return min(MOST_USUAL_SWING, max(LEAST_USUAL_SWING, ratio))


def off_beat_ticks(ratio: float) -> float:
    """Where in the beat the second eighth falls.

    Examples
    --------
    >>> off_beat_ticks(1.0), off_beat_ticks(2.0), off_beat_ticks(3.0)
    (240.0, 320.0, 360.0)
    """
    return TICKS_PER_QUARTER * ratio / (1 + ratio)


def swung(notes: Notes, chart: Chart, ratio: float) -> Notes:
    """The notes with their off-beat eighths moved late, in the bars that are counted in quarters.

    In each beat time runs slower up to the off-beat and faster from there on, so that 240 ticks come to lie at
    `off_beat_ticks`, sixteenths on either side of it with them, and notes stay as legato as they were. Two kinds of
    beat are left as they are: triplets, known by a third of the beat without the off-beat, and runs of four notes or
    more, which are played even. A triplet's last note is therefore never before the off-beat of another part, up to a
    ratio of 2. Order is kept, and every note lasts.
    """
    beats = _beats(chart)
    if ratio == 1 or not len(notes) or not len(beats):
        return notes
    late = np.where(_is_even(notes.times, beats), TICKS_PER_QUARTER / 2, off_beat_ticks(ratio))
    sources = np.concatenate([beats, beats + TICKS_PER_QUARTER / 2, beats + TICKS_PER_QUARTER])
    targets = np.concatenate([beats, beats + late, beats + TICKS_PER_QUARTER])
    return _remapped(notes, sources, targets)


def unswung(notes: Notes, chart: Chart, ratio: float) -> Notes:
    """What `swung` made these notes of, as far as they tell: even eighths, on a grid of `GRID_TICKS` once rounded.

    For each beat the reading is taken, swung or even, that `swung` would have played nearest to it. Where both are
    near, a note on the first third speaks for a triplet; the last one alone in its beat is read as a swung eighth.
    """
    beats = _beats(chart)
    if ratio == 1 or not len(notes) or not len(beats):
        return notes
    beat = np.clip(np.searchsorted(beats, notes.times, side="right") - 1, 0, len(beats) - 1)
    place = np.clip(notes.times - beats[beat], 0, TICKS_PER_QUARTER).astype(np.float64)
    late, half, whole = off_beat_ticks(ratio), TICKS_PER_QUARTER / 2, float(TICKS_PER_QUARTER)
    even = np.rint(place / GRID_TICKS) * GRID_TICKS
    swung_ = np.rint(np.interp(place, [0, late, whole], [0, half, whole]) / GRID_TICKS) * GRID_TICKS
    costs, fits = [], []
    for reading, played in ((swung_, np.interp(swung_, [0, half, whole], [0, late, whole])), (even, even)):
        costs.append(np.bincount(beat, np.abs(played - place), minlength=len(beats)))
        fits.append(_is_even((beats[beat] + np.minimum(reading, whole - 1)).astype(np.int64), beats))
    thirds = np.bincount(beat, np.abs(place - whole / 3) < NEAR_TICKS, minlength=len(beats)) > 0
    is_near = costs[1] <= costs[0] + GRID_TICKS / 4
    is_even = fits[1] & (fits[0] | (costs[1] < costs[0]) | (thirds & is_near))  # what is even when swung is never swung
    sources = np.concatenate([beats, beats + np.where(is_even, half, late), beats + whole])
    targets = np.concatenate([beats, beats + half, beats + whole])
    return _remapped(notes, sources, targets)


def delayed(notes: Notes, chart: Chart, ticks: float, ratio: float) -> Notes:
    """The solo behind the band: by `ticks` on the beat and, where it swings, together with the band off the beat.

    So do soloists over a swinging drummer (Friberg and Sundström 2002), which makes their own ratio smaller. Towards
    the last bar line the delay shrinks to nothing.
    """
    if ticks <= 0 or not len(notes):
        return notes
    return _remapped(notes, *_delay(chart, ticks, ratio))


def undelayed(notes: Notes, chart: Chart, ratio: float) -> Notes:
    """The solo on the beat, of which `delayed` made these notes: by the delay that many on the beats have in common."""
    late = delay_of(notes, chart)
    return _remapped(notes, *reversed(_delay(chart, late, ratio))) if late else notes


def delay_of(notes: Notes, chart: Chart) -> int:
    """By how many ticks notes lie behind their beats, or their bar lines where none is counted in quarters.

    The smallest delay counts that a third as many have as have the commonest one: a delay is that of all, and there are
    fewer sixteenths right after beats than notes on them.
    """
    beats = _beats(chart)
    beats = beats if len(beats) else np.array(chart.bar_times, dtype=np.float64)
    places = notes.times - beats[np.searchsorted(beats, notes.times, side="right") - 1]
    counts = np.bincount(places[places <= MOST_DELAY_TICKS].astype(np.int64), minlength=1)
    return int(np.flatnonzero(3 * counts >= counts.max())[0])


def _delay(chart: Chart, ticks: float, ratio: float) -> tuple[Floats, Floats]:
    """Two time lines: as written, and behind the band."""
    late = min(ticks, MOST_DELAY_TICKS)
    beats = _beats(chart) if ratio > 1 else np.zeros(0)
    off_beats, end = beats + off_beat_ticks(ratio), float(chart.duration)
    edges = [0.0, end] if len(beats) else [0.0, max(0.0, end - 2 * late), end]
    sources = np.concatenate([beats, beats + TICKS_PER_QUARTER, off_beats, edges])
    targets = np.where(np.isin(sources, off_beats), sources, sources + late)
    return sources, np.minimum(targets, (sources + end) / 2)


def _beats(chart: Chart) -> Floats:
    """Ticks of the quarters of all bars that are counted in quarters."""
    beats = [
        time
        for start, bar in zip(chart.bar_times, chart.bars, strict=False)
        if is_counted_in_quarters(bar.meter)
        for time in range(start, start + bar.duration, TICKS_PER_QUARTER)
    ]
    return np.array(beats, dtype=np.float64)


def _is_even(times: Integers, beats: Floats) -> NDArray[np.bool_]:
    """Which beats hold a third without the off-beat, or a run of notes."""
    onsets = np.unique(times)
    beat = np.searchsorted(beats, onsets, side="right") - 1
    is_inside = (beat >= 0) & (onsets - beats[beat] < TICKS_PER_QUARTER)
    beat, place = beat[is_inside], (onsets - beats[beat])[is_inside]

    def count_near(*parts: float) -> Integers:
        is_near = np.min([np.abs(place - part * TICKS_PER_QUARTER) for part in parts], axis=0) < NEAR_TICKS
        return np.bincount(beat[is_near], minlength=len(beats))

    is_triplet = (count_near(1 / 3, 2 / 3) > 0) & (count_near(1 / 2) == 0)
    return np.asarray(is_triplet | (np.bincount(beat, minlength=len(beats)) >= RUN_NOTES))


def _remapped(notes: Notes, sources: Floats, targets: Floats) -> Notes:
    """The notes on another time line; outside the knots they are moved as the nearest knot is."""
    sources, order = np.unique(sources, return_index=True)
    targets = targets[order]

    def moved(ticks: Integers) -> Integers:
        inside = np.interp(ticks, sources, targets)
        before = ticks + targets[0] - sources[0]
        after = ticks + targets[-1] - sources[-1]
        chosen = np.where(ticks < sources[0], before, np.where(ticks > sources[-1], after, inside))
        return np.rint(chosen).astype(np.int64)

    starts = moved(notes.times)
    lengths = np.maximum(moved(notes.ends) - starts, 1)
    columns = notes.columns
    return Notes(np.stack([starts, columns[:, 1], lengths, columns[:, 3]], axis=1))


def shaped(notes: Notes, strength: float) -> Notes:
    """The notes louder in the middle of a phrase, at tops, off the beat and in the height; softer elsewhere.

    Parameters
    ----------
    notes : Notes
        With even eighths.
    strength : float
        0 for as given, 1 for all of it.

    References
    ----------
    Phrase arch and high-loud are rules of A. Friberg, R. Bresin and J. Sundberg, "Overview of the KTH rule system for
    musical performance", Advances in Cognitive Psychology 2, 2006, 145-161; the amounts are ours.
    """
    if strength == 0 or not len(notes):
        return notes
    pitches = notes.pitches.astype(np.float64)
    padded = np.concatenate([[np.inf], pitches, [np.inf]])
    is_top = (pitches > padded[:-2]) & (pitches > padded[2:])
    is_off_beat = np.abs(notes.times % TICKS_PER_QUARTER - TICKS_PER_QUARTER // 2) < 40
    curve = ARCH * (_arch(notes) - 2 / np.pi) + TOP * is_top + OFF_BEAT * is_off_beat
    curve += HIGH_LOUD * np.clip(pitches - np.median(pitches), -12, 12)
    velocities = np.clip(np.rint(notes.columns[:, 3] + strength * curve), 1, 127).astype(np.int64)
    return Notes(np.column_stack([notes.columns[:, :3], velocities]))


def _arch(notes: Notes) -> Floats:
    """Half a sine over each phrase; 0 at its ends, 1 in the middle. A lone note counts as the middle's mean."""
    ends = np.maximum.accumulate(notes.ends)
    begins = np.append(True, notes.times[1:] - ends[:-1] >= PHRASE_REST_TICKS)
    phrase = np.cumsum(begins) - 1
    starts = notes.times[begins]
    lasts = notes.times[np.append(np.flatnonzero(begins)[1:] - 1, len(notes) - 1)]
    lengths = (lasts - starts)[phrase]
    part = (notes.times - starts[phrase]) / np.maximum(lengths, 1)
    return np.where(lengths > 0, np.sin(np.pi * part), 2 / np.pi)
