"""From tapped beats to metrical time.

A performance is known in seconds; someone tapped its beats and said where the bars begin. Here seconds become
ticks, numbers of beats become bars, and chords that are noted beat by beat become spans.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from solomuse.music.chart import ChordSpan
from solomuse.music.chord import Chord
from solomuse.music.meter import Meter
from solomuse.music.song import MeterChange


def warp_to_ticks(
    seconds: NDArray[np.float64], beat_seconds: NDArray[np.float64], beat_ticks: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Performed time in ticks: linear between the tapped beats, and past either end at the tempo found there.

    Parameters
    ----------
    seconds : ndarray of any shape, float64
    beat_seconds : ndarray of shape (n,), float64
        Strictly rising, two at least.
    beat_ticks : ndarray of shape (n,), int64
        Where each beat lies in the meter; strictly rising.

    Returns
    -------
    ndarray of the shape of `seconds`, int64
        To the nearest tick. Before the first beat it may be negative.

    Raises
    ------
    ValueError
        If there are fewer than two beats, or they do not rise.

    Examples
    --------
    >>> warp_to_ticks(np.array([0.0, 0.75, 3.0]), np.array([0.5, 1.0, 2.0]), np.array([0, 480, 960])).tolist()
    [-480, 240, 1440]
    """
    if len(beat_seconds) < 2 or len(beat_seconds) != len(beat_ticks):
        raise ValueError(f"{len(beat_seconds)} beats at {len(beat_ticks)} ticks: expected as many, two at least")
    lengths = np.diff(beat_seconds)
    if lengths.min() <= 0 or np.diff(beat_ticks).min() <= 0:
        raise ValueError("the beats must rise in seconds as in ticks")
    ticks_per_second = np.diff(beat_ticks) / lengths
    before = np.clip(np.searchsorted(beat_seconds, seconds, side="right") - 1, 0, len(lengths) - 1)
    ticks = beat_ticks[before] + (seconds - beat_seconds[before]) * ticks_per_second[before]
    return np.rint(ticks).astype(np.int64)


def meter_changes(meters: Iterable[Meter]) -> tuple[MeterChange, ...]:
    """The places where the meter of bars that follow each other changes, the first at 0.

    Examples
    --------
    >>> [(change.time, str(change.meter)) for change in meter_changes([Meter(1, 4), Meter(4, 4), Meter(4, 4)])]
    [(0, '1/4'), (480, '4/4')]
    """
    changes: list[MeterChange] = []
    time = 0
    for meter in meters:
        if not changes or changes[-1].meter != meter:
            changes.append(MeterChange(time, meter))
        time += meter.bar_ticks
    return tuple(changes)


def held_chords(times: Sequence[int], chords: Sequence[Chord], end: int) -> tuple[ChordSpan, ...]:
    """The chords, each held until another one comes, the last until `end`; of two at one time the later holds.

    Parameters
    ----------
    times : sequence of int
        Ticks in order; what lies before 0 starts at 0, what lies past `end` is left out.
    chords : sequence of Chord
        One for each time; a chord may be repeated.
    """
    chord_by_time = {max(time, 0): chord for time, chord in zip(times, chords, strict=True) if time < end}
    changes: list[tuple[int, Chord]] = []
    for time, chord in chord_by_time.items():
        if not changes or changes[-1][1] != chord:
            changes.append((time, chord))
    if not changes:
        return ()
    stops = [*(time for time, _ in changes[1:]), end]
    return tuple(ChordSpan(time, stop - time, chord) for (time, chord), stop in zip(changes, stops, strict=True))
