"""The encoder: columns on the grid to token ids with their features, without a loop over tokens."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from solomuse.music.meter import COMMON_TIME
from solomuse.tokens.features import FEATURES, STEP, feature_rows
from solomuse.tokens.grid_sheet import NO_ROOT, GridSheet
from solomuse.tokens.vocabulary import BAR, BOS, CONDITIONS, EOS, METERS, PLAYER, SEP, UNSAID, VELOCITIES, Vocabulary

Integers = NDArray[np.int64]

_COMMON_TIME = METERS.index(COMMON_TIME)
_SLOTS = 5
"""Kinds of tokens of a chord, and of a note with the rest before it."""


def encode(sheet: GridSheet, vocabulary: Vocabulary) -> tuple[NDArray[np.uint16], NDArray[np.int32]]:
    """Token ids of the whole sequence, ``<BOS>`` to ``<EOS>``, and their features.

    Returns
    -------
    token_ids : ndarray of shape (T,), uint16
    features : ndarray of shape (T, len(FEATURES)), int32
        As `solomuse.tokens.features.features` gives them for these ids.
    """
    token_ids, features = encode_start(sheet, sheet.steps, vocabulary)
    return np.append(token_ids, np.uint16(EOS)), np.concatenate([features, features[-1:]])


def encode_start(sheet: GridSheet, until: int, vocabulary: Vocabulary) -> tuple[NDArray[np.uint16], NDArray[np.int32]]:
    """Token ids from ``<BOS>`` to where the cursor stands at the end of a note, or on a bar line, `until`.

    Parameters
    ----------
    until : int
        Steps; no note may sound after it.

    Returns
    -------
    token_ids : ndarray of shape (T,), uint16
    features : ndarray of shape (T, len(FEATURES)), int32
    """
    chart = _chart_ids(sheet, vocabulary)
    events, steps, counts = _events(sheet, until, vocabulary)
    token_ids = np.concatenate([chart, events])
    features = np.zeros((len(token_ids), len(FEATURES)), dtype=np.int32)
    steps, counts = np.concatenate([[0], steps]), np.concatenate([[0], counts])  # from <SEP> on
    features[len(chart) - 1 :, STEP] = steps
    inside = np.flatnonzero(steps < sheet.steps)
    features[len(chart) - 1 + inside] = feature_rows(
        steps[inside], counts[inside], sheet.notes[:, 1], sheet.chords, sheet.bar_lines, sheet.conditions, vocabulary
    )
    return token_ids.astype(np.uint16), features


def token_counts(sheet: GridSheet, first: NDArray[Any], last: NDArray[Any]) -> Integers:
    """How long the bars ``[first, last)`` are once they are sliced and encoded, for many such stretches at once.

    Player, density, register and place are counted as if they were said.

    Parameters
    ----------
    first, last : ndarray of shape (k,), int

    Returns
    -------
    ndarray of shape (k, 3), int64
        Tokens up to ``<SEP>``, tokens after it, notes.
    """
    lines, (onsets, _, lengths, velocities) = sheet.bar_lines, sheet.notes.T
    bar_of_chord = _bars_of_chords(sheet)
    of_bars = np.bincount(bar_of_chord, weights=_chord_slots(sheet, bar_of_chord)[:, 1:].sum(axis=1)).astype(np.int64)
    changes = _sums(np.diff(sheet.meters, prepend=_COMMON_TIME) != 0)
    chart = (
        2
        + sum(index != UNSAID for index in sheet.conditions[:PLAYER])
        + len(CONDITIONS[PLAYER:])  # which a dataset adds
        + (_sums(of_bars)[last] - _sums(of_bars)[first])
        + (sheet.meters[first] != _COMMON_TIME)
        + (changes[last] - changes[first + 1])
    )
    if not len(onsets):
        return np.stack([chart, last - first + 1, np.zeros_like(chart)], axis=1)
    # each note's tokens as they are after the note before it; of a stretch's first note, and last rest, they differ
    bars, shifts, _, _ = _rests(sheet, sheet.steps)
    own = _sums(2 + (bars + (shifts > 0))[:-1] + (np.diff(velocities, prepend=0) != 0))
    low, high = np.searchsorted(onsets, lines[first]), np.searchsorted(onsets, lines[last])
    begin, end = np.minimum(low, len(onsets) - 1), np.maximum(high - 1, 0)
    bar_of_onset, bar_of_end = (np.searchsorted(lines, at, side="right") - 1 for at in (onsets, onsets + lengths))
    head = 3 + bar_of_onset[begin] - first + (onsets[begin] > lines[bar_of_onset[begin]])
    tail = last - np.minimum(bar_of_end[end], last)
    rest_only = last - first
    events = np.where(high > low, head + own[high] - own[begin + 1] + tail, rest_only) + 1
    return np.stack([chart, events, high - low], axis=1)


def _sums(values: NDArray[Any]) -> Integers:
    """Sums of the values before each place, the end included: shape (n + 1,)."""
    return np.concatenate([[0], np.cumsum(values, dtype=np.int64)])


def _chord_slots(sheet: GridSheet, bar: Integers) -> NDArray[np.bool_]:
    """Which of meter, root, quality, bass and length each chord has as a token, given its bar: shape (m, 5)."""
    starts, ends, roots, _, basses = sheet.chords.T
    changes = np.diff(sheet.meters, prepend=_COMMON_TIME) != 0
    slots = np.ones((len(starts), _SLOTS), dtype=np.bool_)
    slots[:, 0] = changes[bar] & (starts == sheet.bar_lines[bar])
    slots[:, 3] = (roots != NO_ROOT) & (basses != roots)
    slots[:, 4] = ends - starts < np.diff(sheet.bar_lines)[bar]
    return slots


def _bars_of_chords(sheet: GridSheet) -> Integers:
    return np.searchsorted(sheet.bar_lines, sheet.chords[:, 0], side="right") - 1


def _chart_ids(sheet: GridSheet, vocabulary: Vocabulary) -> Integers:
    """Token ids ``<BOS>`` to ``<SEP>``."""
    v = vocabulary
    starts, ends, roots, qualities, basses = sheet.chords.T
    bar = _bars_of_chords(sheet)
    values = np.stack(
        [
            v.meter.start + sheet.meters[bar],
            v.chord_root.start + roots,
            v.chord_quality.start + qualities,
            v.chord_bass.start + basses,
            v.chord_duration.start + ends - starts - 1,
        ],
        axis=1,
    )
    said = [kind.start + index for kind, index in zip(v.conditions, sheet.conditions, strict=True) if index != UNSAID]
    return np.concatenate([[BOS, *said], values[_chord_slots(sheet, bar)], [SEP]])


def _rests(sheet: GridSheet, until: int) -> tuple[Integers, Integers, Integers, Integers]:
    """The rest before each note and the one to `until`: bar lines passed, steps after them, first of them, and end.

    Each of shape (n + 1,).
    """
    lines, (onsets, _, lengths, _) = sheet.bar_lines, sheet.notes.T
    starts, ends = np.concatenate([[0], onsets + lengths]), np.concatenate([onsets, [until]])
    following, passed = np.searchsorted(lines, starts, side="right"), np.searchsorted(lines, ends, side="right")
    landed = np.where(passed > following, lines[passed - 1], starts)
    return passed - following, ends - landed, following, ends


def _events(sheet: GridSheet, until: int, vocabulary: Vocabulary) -> tuple[Integers, Integers, Integers]:
    """Token ids after ``<SEP>``, where the cursor stands after each, in steps, and how many notes have begun."""
    v = vocabulary
    _, pitches, lengths, velocities = sheet.notes.T
    count = len(pitches)
    bars, shifts, following, ends = _rests(sheet, until)
    # a row for each note with the rest before it, and one for the last rest: bars, shift, velocity, pitch, length
    times = np.zeros((count + 1, _SLOTS), dtype=np.int64)
    times[:, 0], times[:, 1] = bars, shifts > 0
    times[:count, 2], times[:count, 3:] = np.diff(velocities, prepend=0) != 0, 1
    values = np.full_like(times, BAR)
    values[:, 1] = v.time_shift.start + shifts - 1
    values[:count, 2] = v.velocity.start + np.searchsorted(VELOCITIES, velocities)
    values[:count, 3], values[:count, 4] = v.note_on.start + pitches, v.duration.start + lengths - 1
    steps = np.repeat(ends, _SLOTS).reshape(times.shape)
    steps[:count, 4] += lengths
    begun = np.repeat(np.arange(count + 1), _SLOTS).reshape(times.shape)
    begun[:, 3:] += 1

    place = np.repeat(np.arange(times.size), times.ravel())  # of each token
    token_ids, cursor = values.ravel()[place], steps.ravel()[place]
    is_bar = place % _SLOTS == 0
    nth = np.arange(len(place)) - (np.cumsum(times) - times.ravel())[place]  # of the bar lines of one rest
    cursor[is_bar] = sheet.bar_lines[(following[place // _SLOTS] + nth)[is_bar]]
    return token_ids, cursor, begun.ravel()[place]
