"""Swing: how much longer the first of two eighths is, measured, and taken out of a melody.

The swing ratio is the length of the first eighth over that of the second (A. Friberg and A. Sundström, "Swing ratios
and ensemble timing in jazz performance", Music Perception 19, 2002): 1 is straight, 2 a triplet's. It is told apart
from the notes, so that one solo can be played straight or swung.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from solomuse.music.note import TICKS_PER_QUARTER, Note
from solomuse.music.notes import Notes

FEWEST_PAIRS = 16
"""Pairs of eighths that are needed to speak of a ratio."""

LEAST_RATIO = 1.2
"""What is nearer to straight is left as it is."""

EARLIEST, LATEST = 0.42, 0.72
"""Where in the beat its second eighth may lie; later, at 0.75, it is the sixteenth of a dotted rhythm."""

ON_BEAT = 0.1
"""How far from the beat its first eighth may lie, as share of the beat."""

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


def swing_ratio(onsets: Integers) -> float | None:
    """The median ratio of the pairs of eighths; None where there are fewer than `FEWEST_PAIRS`.

    Parameters
    ----------
    onsets : ndarray of shape (n,), int64
        Of a melody, in ticks, rising.

    Examples
    --------
    >>> swing_ratio(np.array([beat * 480 + part for beat in range(20) for part in (0, 320)]))
    2.0
    """
    _, places = _pairs(onsets)
    if len(places) < FEWEST_PAIRS:
        return None
    return round(float(np.median(places / (1 - places))), 3)


def _pairs(onsets: Integers) -> tuple[Integers, Floats]:
    """The beats that hold a pair of eighths, and where in them, as share of the beat, the second one lies."""
    beat = (onsets + int(ON_BEAT * TICKS_PER_QUARTER)) // TICKS_PER_QUARTER
    place = onsets / TICKS_PER_QUARTER - beat
    first = np.flatnonzero(np.append(True, beat[1:] != beat[:-1])) if len(beat) else np.zeros(0, dtype=np.int64)
    counts = np.diff(np.append(first, len(beat)))
    of_two = first[counts == 2]
    second = place[of_two + 1] if len(of_two) else np.zeros(0)
    is_pair = (place[of_two] <= ON_BEAT) & (second >= EARLIEST) & (second <= LATEST)
    return beat[of_two[is_pair]], second[is_pair]


def straightened(melody: Sequence[Note]) -> tuple[Note, ...]:
    """The melody with its swung pairs of eighths made even; as it is where its ratio is below `LEAST_RATIO`.

    In each beat that holds a pair, time runs faster to the second eighth and slower from there on, so that notes stay
    as legato as they were. Beats of triplets or sixteenths are left alone.
    """
    notes = Notes.of(melody)
    ratio = swing_ratio(notes.times)
    if ratio is None or ratio < LEAST_RATIO:
        return tuple(melody)
    beats, places = _pairs(notes.times)
    knots = np.concatenate([beats, beats + places, beats + 1])
    even = np.concatenate([beats, beats + 0.5, beats + 1])
    order = np.unique(knots, return_index=True)[1]

    def even_time(ticks: Integers) -> Integers:
        moved = np.interp(ticks / TICKS_PER_QUARTER, knots[order], even[order], left=-1, right=-1)
        outside = (ticks < knots.min() * TICKS_PER_QUARTER) | (ticks > knots.max() * TICKS_PER_QUARTER)
        return np.where(outside, ticks, np.rint(moved * TICKS_PER_QUARTER).astype(np.int64))

    starts, columns = even_time(notes.times), notes.columns
    lengths = np.maximum(even_time(notes.ends) - starts, 1)
    return tuple(Notes(np.stack([starts, columns[:, 1], lengths, columns[:, 3]], axis=1)))
