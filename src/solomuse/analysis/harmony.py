"""Infers the chords of a song from its accompaniment.

A semi-Markov model: a chord is a stretch of up to `LONGEST` half beats between two places where the harmony may change,
and its score is linear in what sounds in it. The best sequence of stretches is found by dynamic programming (Sarawagi
and Cohen, "Semi-Markov conditional random fields", NIPS 2004). ``benchmarks/fit_chords.py`` learned the weights from
annotated songs, the same for every root.

What a stretch is known by, each for the twelve pitch classes (sums and means are over its half beats, of what
`chord_frames` says):

========  =====================================================
0         share of the sounding time
1         square root of the mean sounding time
2 3 4     presence: mean; sum up to 1; a quarter of the sum up to 1
5 6       bass: mean; sum up to 1
7 8       struck: mean; half of the sum up to 1
9         mean of low
10        a quarter of the sum of presence
========  =====================================================
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from solomuse.analysis.chord_frames import (
    BASS,
    KINDS,
    LENGTH,
    LONGEST,
    PRESENCE,
    STRUCK,
    Floats,
    Frames,
    Integers,
    boundaries,
    frames_of,
)
from solomuse.analysis.novelty import summed
from solomuse.errors import NoChordsError
from solomuse.music.chart import ChordSpan
from solomuse.music.chord import NO_CHORD, Chord
from solomuse.music.song import Song

QUALITIES = (
    *("maj", "min", "7", "min7", "maj7", "dim", "hdim7", "dim7", "aug"),
    *("sus4", "sus2", "minmaj7", "maj6", "min6"),
)
SILENCE = 12 * len(QUALITIES)
"""The state of no chord; the others are numbered by root, then quality."""

REACH = 10
"""A stretch spans at most so many places where the harmony may change."""

SLASH_SHARE, FIFTH_SHARE = 0.6, 0.8
"""A chord tone that a chord begins on, and that is the lowest note for this share of its half beats, is its bass; a
fifth has to be so for longer, for basses go to and fro between root and fifth."""

STATES_PER_PLACE = 2
"""Of the states, those come into question that are among so many best ones between two neighbouring places."""

FEATURES = 11
START_KINDS, NEXT_KINDS, BEFORE_KINDS = (LENGTH, PRESENCE, BASS, STRUCK), (PRESENCE, BASS, STRUCK), (PRESENCE, BASS)
"""What is looked at in the first half beat of a stretch, in the one behind it, and in the one before it."""

WEIGHTS_FILE = Path(__file__).with_name("harmony_weights.npz")

_CLASSES = np.arange(12)
_RELATIVE = (_CLASSES[None, :] - _CLASSES[:, None]) % 12  # of a pitch class to a root, by root


@dataclass(frozen=True, slots=True)
class Stretches:
    """The stretches of a song that may be a chord.

    Parameters
    ----------
    first, last : ndarray of shape (m,), int64
        Between which of the `bounds`.
    bounds : ndarray of shape (places + 1,), int64
        Half beats where the harmony may change, and the end.
    lengths : ndarray of shape (m,), int64
        In half beats.
    values : ndarray of shape (m, 12 * FEATURES + 51), float32
        The features; the mean chance of each key, and times the beats; the beats; the share of the half beats in which
        nothing sounds, and times the beats.
    """

    first: Integers
    last: Integers
    bounds: Integers
    lengths: Integers
    values: Floats


def infer_chords(song: Song, tracks: Sequence[int], model: ChordModel | None = None) -> tuple[ChordSpan, ...]:
    """The likeliest chords.

    Parameters
    ----------
    tracks : sequence of int
        Indices of the tracks to listen to; drums are left out.
    model : ChordModel, optional
        Instead of the one of the package.

    Returns
    -------
    tuple of ChordSpan
        In order, without gaps, equal neighbours joined; ``N`` where nothing sounds.

    Raises
    ------
    NoChordsError
        If these tracks hold no notes.
    """
    heard = [song.tracks[index] for index in tracks if not song.tracks[index].is_drum and song.tracks[index].notes]
    if not heard:
        raise NoChordsError(f"{song.title}: no notes are left to infer chords from once melody and drums are set aside")
    frames = frames_of([track.columns for track in heard], song.bar_meters())
    model = model or learned_model()
    stretches = stretches_of(frames, boundaries(frames, model.boundary))
    ends = end_scores(frames, stretches.bounds, model)
    states = leading_states(stretch_scores(stretches, ends, model, stretches.first == stretches.last))
    scores = stretch_scores(stretches, ends, model, states=states)
    found = best_stretches(stretches, scores, model.transitions[np.ix_(states, states)])
    bass = summed(frames.kinds[:, BASS])
    starts, ends, chosen = np.array(found).T
    shares = (bass[ends] - bass[starts]) / (ends - starts)[:, None]
    lowest = shares.argmax(1)
    is_fifth = (lowest - states[chosen] // len(QUALITIES)) % 12 == 7
    begins_so = frames.kinds[starts, BASS, lowest] > 0
    lowest[~begins_so | (shares.max(1) < np.where(is_fifth, FIFTH_SHARE, SLASH_SHARE))] = -1
    rows = zip(
        frames.times[starts].tolist(),
        frames.times[ends].tolist(),
        states[chosen].tolist(),
        lowest.tolist(),
        strict=True,
    )
    spans: list[ChordSpan] = []
    for time, stop, state, low in rows:
        chord = _chord(state, low)
        if spans and spans[-1].chord == chord:
            spans[-1] = ChordSpan(spans[-1].time, stop - spans[-1].time, chord)
        else:
            spans.append(ChordSpan(time, stop - time, chord))
    return tuple(spans)


@dataclass(frozen=True, slots=True)
class ChordModel:
    """The learned weights, turned to all roots, by state; ``benchmarks/fit_chords.py`` says what each means.

    Parameters
    ----------
    boundary : ndarray of shape (BOUNDARY_FEATURES + 1,), float32
    begin, finish : ndarray of shape (kinds * 12, SILENCE + 1), float32
        Of the half beats at both ends: `START_KINDS` and `BEFORE_KINDS`; `NEXT_KINDS`.
    inside : ndarray of shape (columns of `Stretches.values`, SILENCE + 1), float32
    once, by_density : ndarray of shape (SILENCE + 1,), float32
        Of a stretch; times the density of the song.
    length, place, place_end : ndarray of shape (LONGEST,), (4,) and (4,), float32
    transitions : ndarray of shape (SILENCE + 1, SILENCE + 1), float32
        From row to column.
    """

    boundary: Floats
    begin: Floats
    finish: Floats
    inside: Floats
    once: Floats
    by_density: Floats
    length: Floats
    place: Floats
    place_end: Floats
    transitions: Floats


def chord_model(table: Mapping[str, Floats]) -> ChordModel:
    """The model of a table of weights."""

    def by_root(*names: str) -> Floats:
        turned = [table[name][:, :, _RELATIVE].transpose(1, 3, 2, 0).reshape(-1, SILENCE) for name in names]
        return np.pad(np.concatenate(turned), ((0, 0), (0, 1)))

    def by_tonic(name: str) -> Floats:
        return np.pad(table[name][:, _RELATIVE].reshape(24, SILENCE), ((0, 0), (0, 1)))

    def of_chords(values: Floats, of_silence: float) -> Floats:
        """Of all chords by quality, or the same of all; and of silence."""
        return np.append(np.tile(np.broadcast_to(values, len(QUALITIES)), 12), np.float32(of_silence))

    transitions = np.zeros((SILENCE + 1, SILENCE + 1), dtype=np.float32)
    steps = table["transition"][_RELATIVE].transpose(0, 2, 1, 3)
    transitions[:SILENCE, :SILENCE] = steps.reshape(SILENCE, SILENCE)
    transitions[:SILENCE, SILENCE], transitions[SILENCE, :SILENCE] = table["silence_transition"]
    quiet, (of_quiet, of_quiet_beats, once, of_beats) = table["quiet"], table["silence"]
    rows = [
        of_chords(table["by_length"], of_beats),
        of_chords(quiet[0], of_quiet),
        of_chords(quiet[1], of_quiet_beats),
    ]
    return ChordModel(
        boundary=table["boundary"],
        begin=by_root("start", "before"),
        finish=by_root("next"),
        inside=np.concatenate([by_root("stretch"), by_tonic("key"), by_tonic("key_by_length"), np.stack(rows)]),
        once=of_chords(table["quality"], once),
        by_density=of_chords(table["by_density"], 0.0),
        length=table["length"],
        place=table["place"],
        place_end=table["place_end"],
        transitions=transitions,
    )


@cache
def learned_model() -> ChordModel:
    """The model of the package."""
    with np.load(WEIGHTS_FILE) as stored:
        return chord_model({name: stored[name].astype(np.float32) for name in stored.files})


def stretches_of(frames: Frames, bounds: Integers) -> Stretches:
    """The stretches between the places where the harmony may change, in order of their ends, the shortest first."""
    count = len(frames.places)
    places = np.arange(len(bounds) - 1)[:, None]
    begins = places - np.arange(REACH)
    lengths = bounds[1:, None] - bounds[np.maximum(begins, 0)]
    last, back = np.nonzero((begins >= 0) & (lengths <= LONGEST))
    first = last - back
    starts, ends = bounds[first], bounds[last + 1]
    sums = np.zeros((count + 1, 12 * KINDS + 25), dtype=np.float32)
    rows = np.concatenate(
        [frames.kinds.reshape(count, -1), frames.keys, frames.sounds[:, None].astype(np.float32)], axis=1
    )
    np.cumsum(rows, axis=0, out=sums[1:])
    inside = sums[ends] - sums[starts]
    sizes = (ends - starts).astype(np.float32)[:, None]
    kinds = inside[:, : 12 * KINDS].reshape(-1, KINDS, 12)
    length, presence, bass, struck, low = (kinds[:, kind] for kind in range(KINDS))
    values = np.empty((len(first), 12 * FEATURES + 51), dtype=np.float32)
    features = values[:, : 12 * FEATURES].reshape(-1, FEATURES, 12)
    np.divide(length, np.maximum(length.sum(1, keepdims=True), 1e-6), out=features[:, 0])
    np.sqrt(np.maximum(length / sizes, 0), out=features[:, 1])
    np.divide(presence, sizes, out=features[:, 2])
    np.minimum(presence, 1, out=features[:, 3])
    np.divide(presence, 4, out=features[:, 10])
    np.minimum(features[:, 10], 1, out=features[:, 4])
    np.divide(bass, sizes, out=features[:, 5])
    np.minimum(bass, 1, out=features[:, 6])
    np.divide(struck, sizes, out=features[:, 7])
    np.minimum(struck / 2, 1, out=features[:, 8])
    np.divide(low, sizes, out=features[:, 9])
    beats = sizes / 4
    keys, quiet = inside[:, 12 * KINDS : -1] / sizes, 1 - inside[:, -1:] / sizes
    np.concatenate([keys, keys * beats, beats, quiet, quiet * beats], axis=1, out=values[:, 12 * FEATURES :])
    return Stretches(first, last, bounds, ends - starts, values)


def end_scores(frames: Frames, bounds: Integers, model: ChordModel) -> tuple[Floats, Floats]:
    """Scores of each place as a stretch's beginning, and as its end, shape (places, SILENCE + 1) each."""
    around = np.zeros((len(frames.places) + 2, KINDS, 12), dtype=np.float32)  # a silent half beat at both ends
    around[1:-1] = frames.kinds
    np.sqrt(around[:, LENGTH], out=around[:, LENGTH])
    starts, ends = bounds[:-1], bounds[1:]
    at_start = np.concatenate([around[starts + 1][:, START_KINDS], around[starts][:, BEFORE_KINDS]], axis=1)
    at_end = around[ends + 1][:, NEXT_KINDS]
    places = np.append(frames.places, 0)
    begin = at_start.reshape(len(starts), -1) @ model.begin + model.place[places[starts], None]
    finish = at_end.reshape(len(ends), -1) @ model.finish + model.place_end[places[ends], None]
    return begin + (model.once + frames.density * model.by_density), finish


def stretch_scores(
    stretches: Stretches,
    ends: tuple[Floats, Floats],
    model: ChordModel,
    chosen: NDArray[np.bool_] | slice = slice(None),
    states: Integers | slice = slice(None),
) -> Floats:
    """Scores of the chosen stretches in the chosen states, shape (m, number of states)."""
    begin, finish = (scores[:, states] for scores in ends)
    scores = stretches.values[chosen] @ model.inside[:, states]
    scores += begin[stretches.first[chosen]]
    scores += finish[stretches.last[chosen]]
    scores += model.length[stretches.lengths[chosen] - 1, None]
    return scores


def leading_states(scores: Floats) -> Integers:
    """The states that are among the best `STATES_PER_PLACE` of some stretch, and `SILENCE`; rising.

    Parameters
    ----------
    scores : ndarray of shape (m, SILENCE + 1), float32
    """
    is_leading = np.zeros(SILENCE + 1, dtype=bool)
    is_leading[np.argpartition(scores, -STATES_PER_PLACE, axis=1)[:, -STATES_PER_PLACE:]] = True
    is_leading[SILENCE] = True
    return np.flatnonzero(is_leading)


def best_stretches(stretches: Stretches, scores: Floats, transitions: Floats) -> list[tuple[int, int, int]]:
    """The best sequence of stretches: the half beats where each begins and ends, and its state.

    Parameters
    ----------
    scores : ndarray of shape (m, states), float32
    transitions : ndarray of shape (states, states), float32
        From row to column.
    """
    places = len(stretches.bounds) - 1
    offsets = np.searchsorted(stretches.last, np.arange(places + 1)).tolist()
    count = len(transitions)
    best = np.zeros((places + 1, count), dtype=np.float32)  # of what ends here, with the step into the next state
    reached = np.empty((places, count), dtype=np.float32)
    add, largest = np.add, np.maximum.reduce
    for place in range(places):
        begin, end = offsets[place], offsets[place + 1]
        before = best[place - (end - begin) + 1 : place + 1][::-1]
        largest(add(before, scores[begin:end]), axis=0, out=reached[place])
        largest(add(transitions, reached[place][:, None]), axis=0, out=best[place + 1])
    end, state, found = places, int(reached[-1].argmax()), []
    while end > 0:
        begin = offsets[end - 1]
        lengths = offsets[end] - begin
        back = int((best[end - lengths : end, state][::-1] + scores[begin : begin + lengths, state]).argmax())
        start = end - 1 - back
        found.append((int(stretches.bounds[start]), int(stretches.bounds[end]), state))
        if start > 0:
            state = int((transitions[:, state] + reached[start - 1]).argmax())
        end = start
    return found[::-1]


@cache
def _chord(state: int, lowest: int) -> Chord:
    """The chord of a state where this pitch class is mostly the lowest, -1 for none."""
    if state == SILENCE:
        return NO_CHORD
    root, quality = divmod(state, len(QUALITIES))
    chord = Chord(root, QUALITIES[quality])
    return replace(chord, bass=lowest) if lowest in chord.pitch_classes else chord
