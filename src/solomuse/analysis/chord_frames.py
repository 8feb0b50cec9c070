"""What of a song's accompaniment sounds in each half beat, and where its harmony may change.

What a half beat is known by, each for the twelve pitch classes (`LENGTH` to `LOW`):

==========  ============================================================================
length      its sounding time in half beats, summed over the notes
presence    whether that is more than a fifth
bass        whether it is the lowest note
struck      how many notes begin with the half beat, up to two
low         its sounding time below A3, up to one half beat
==========  ============================================================================
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from solomuse.analysis.cells import covered_cells
from solomuse.analysis.key import KEY_PROFILES
from solomuse.analysis.novelty import novelty, summed
from solomuse.music.meter import Meter
from solomuse.music.note import TICKS_PER_QUARTER
from solomuse.music.notes import Notes

FRAME_TICKS = TICKS_PER_QUARTER // 2
LENGTH, PRESENCE, BASS, STRUCK, LOW = range(5)
KINDS = 5

LONGEST = 16
"""Half beats of the longest stretch that is looked at as one."""

KEY_REACH = 32
"""Half beats to either side that tell the key of a place."""

KEY_SHARPNESS = 20.0
"""What the correlations with the keys' profiles are multiplied by before they become chances."""

WHOLE_SONG_WEIGHT = 0.5
"""How much the whole song counts beside the surroundings."""

NOVELTY_WIDTHS = (1, 2, 4, 8)
BOUNDARY_FEATURES = 35

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]

_LOW_PITCH = 57
_PLACES = np.eye(4, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Frames:
    """A song's accompaniment by half beats.

    Parameters
    ----------
    times : ndarray of shape (n + 1,), int64
        Where they begin in ticks; the last end included.
    places : ndarray of shape (n,), int64
        0 on a bar line, 1 in the middle of the bar, 2 on another beat, 3 between.
    kinds : ndarray of shape (n, KINDS, 12), float32
        What sounds, as above.
    sounds : ndarray of shape (n,), bool
    keys : ndarray of shape (n, 24), float32
        The chance of each key, twelve in major and twelve in minor by tonic.
    density : float
        Mean number of pitch classes where something sounds, less 3: jazz is denser than folk.
    """

    times: Integers
    places: Integers
    kinds: Floats
    sounds: NDArray[np.bool_]
    keys: Floats
    density: float


def frames_of(tracks: Sequence[Notes], meters: Sequence[Meter]) -> Frames:
    """The half beats of the bars, and what of the tracks sounds in each."""
    times, places = _half_beats(meters)
    count = len(places)
    starts, ends, pitches = (
        np.concatenate(parts) for parts in zip(*((t.times, t.ends, t.pitches) for t in tracks), strict=True)
    )
    first = np.clip(np.searchsorted(times, starts, "right") - 1, 0, count - 1)
    lengths = np.clip(np.searchsorted(times, ends, "left"), first + 1, count) - first
    frame = covered_cells(first, lengths)
    starts, ends, pitches = (np.repeat(column, lengths) for column in (starts, ends, pitches))
    begin = times[frame]
    sounding = (np.minimum(ends, times[frame + 1]) - np.maximum(starts, begin)) / (times[frame + 1] - begin)
    kept = sounding > 0.1
    frame, starts, pitches, sounding, begin = (c[kept] for c in (frame, starts, pitches, sounding, begin))
    cell = 12 * frame + pitches % 12

    def by_class(mask: NDArray[np.bool_], values: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
        part = None if values is None else values[mask]
        return np.bincount(cell[mask], weights=part, minlength=12 * count).astype(np.float64).reshape(count, 12)

    length = np.bincount(cell, weights=sounding, minlength=12 * count).astype(np.float64).reshape(count, 12)
    lowest = np.full(count, 128)
    np.minimum.at(lowest, frame, pitches)
    sounds = lowest < 128
    kinds = np.zeros((count, KINDS, 12), dtype=np.float32)
    kinds[:, LENGTH] = length
    kinds[:, PRESENCE] = length > 0.2
    kinds[np.flatnonzero(sounds), BASS, lowest[sounds] % 12] = 1
    kinds[:, STRUCK] = np.minimum(by_class(starts >= begin - FRAME_TICKS // 8), 2)
    kinds[:, LOW] = np.minimum(by_class(pitches < _LOW_PITCH, sounding), 1)
    density = float(kinds[:, PRESENCE].sum() / max(1, np.count_nonzero(sounds))) - 3
    return Frames(times, places, kinds, sounds, _keys(length), density)


def _half_beats(meters: Sequence[Meter]) -> tuple[Integers, Integers]:
    """Where the half beats begin, the last end included, and which place each has in its bar."""
    starts, places, bar = [], [], 0
    for meter, same in groupby(meters):
        times, kinds = _half_beats_of(meter)
        bars = bar + meter.bar_ticks * np.arange(len(list(same)))
        starts.append((bars[:, None] + times).ravel())
        places.append(np.tile(kinds, len(bars)))
        bar += meter.bar_ticks * len(bars)
    return np.append(np.concatenate(starts), bar), np.concatenate(places)


def _half_beats_of(meter: Meter) -> tuple[Integers, Integers]:
    """The half beats of one bar."""
    beat = meter.beat_ticks * (3 if meter.is_compound else 1)
    times = np.arange(0, meter.bar_ticks, FRAME_TICKS)
    places = np.where(times % beat == 0, 2, 3)
    if meter.bar_ticks % (2 * beat) == 0:
        places[times == meter.bar_ticks // 2] = 1
    places[0] = 0
    return times, places


def _keys(length: NDArray[np.float64]) -> Floats:
    """The chance of each key around each half beat."""
    count = len(length)
    loudness = np.sqrt(length)
    sums = summed(loudness)
    place = np.arange(count)
    around = sums[np.minimum(count, place + KEY_REACH)] - sums[np.maximum(0, place - KEY_REACH)]
    around /= np.maximum(around.sum(1, keepdims=True), 1e-6)
    around += WHOLE_SONG_WEIGHT * sums[-1] / max(sums[-1].sum(), 1e-6)
    around -= around.mean(1, keepdims=True)
    around /= np.maximum(np.sqrt((around * around).sum(1, keepdims=True)), 1e-9)
    fits = KEY_SHARPNESS * around @ KEY_PROFILES.T
    chances = np.exp(fits - fits.max(1, keepdims=True))
    return np.asarray(chances / chances.sum(1, keepdims=True), dtype=np.float32)


def boundary_features(frames: Frames) -> Floats:
    """What tells whether the harmony changes with a half beat, shape (n, BOUNDARY_FEATURES)."""
    kinds = frames.kinds
    struck = kinds[:, STRUCK].sum(1)
    bass, presence = kinds[:, BASS], kinds[:, PRESENCE]
    bass_before, bass_earlier, presence_before = np.zeros_like(bass), np.zeros_like(bass), np.zeros_like(bass)
    bass_before[1:], bass_earlier[2:], presence_before[1:] = bass[:-1], bass[:-2], presence[:-1]
    columns = [
        *novelty(summed(kinds[:, LENGTH]), NOVELTY_WIDTHS),
        struck > 0,
        np.minimum(struck, 6) / 3,
        (bass * bass_before).sum(1),
        (bass * bass_earlier).sum(1),
        (kinds[:, LOW] * (kinds[:, STRUCK] > 0)).sum(1) > 0,
        np.minimum((presence * (1 - presence_before)).sum(1), 4) / 2,
        np.append(False, frames.sounds[1:] != frames.sounds[:-1]),
    ]
    features = np.stack(columns, axis=1).astype(np.float32)
    places = _PLACES[frames.places]
    return np.asarray(np.hstack([features, places, *(features[:, [column]] * places for column in range(5))]))


def boundaries(frames: Frames, weights: Floats, more: Integers | None = None) -> Integers:
    """The half beats at which a chord may begin, in order, and the end: bar lines, and wherever the weights say so.

    Parameters
    ----------
    weights : ndarray of shape (BOUNDARY_FEATURES + 1,), float32
        Intercept and weights of the log-odds.
    more : ndarray of int64, optional
        Half beats to take in besides.
    """
    is_boundary = boundary_features(frames) @ weights[1:] + weights[0] > 0
    is_boundary |= frames.places == 0
    is_boundary[0] = True
    if more is not None:
        is_boundary[more] = True
    found = np.append(np.flatnonzero(is_boundary), len(frames.places))
    for gap in np.flatnonzero(np.diff(found) > LONGEST)[::-1]:
        found = np.insert(found, gap + 1, np.arange(found[gap] + LONGEST // 2, found[gap + 1], LONGEST // 2))
    return found
