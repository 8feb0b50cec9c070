"""Infers the chords of a song from its accompaniment.

A semi-Markov model: a chord is a stretch of up to `LONGEST` half beats, and its score is linear in what sounds in it.
The best sequence of stretches is found by dynamic programming (Sarawagi and Cohen, "Semi-Markov conditional random
fields", NIPS 2004). ``benchmarks/fit_chords.py`` learned the weights from annotated songs, the same for every root.

What a half beat is known by, each for the twelve pitch classes:

===========  ============================================================================
share        its sounding time, as share of all
length       square root of its sounding time in half beats
presence     whether it sounds for a fifth of the half beat
bass         whether it is the lowest note
struck       how many notes begin with the half beat, up to two
low          its sounding time below A3, up to one half beat
===========  ============================================================================
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from solomuse.analysis.key import MAJOR, MINOR
from solomuse.errors import NoChordsError
from solomuse.music.chart import ChordSpan
from solomuse.music.chord import NO_CHORD, Chord
from solomuse.music.meter import Meter
from solomuse.music.note import TICKS_PER_QUARTER
from solomuse.music.song import Song, Track

QUALITIES = (
    "maj",
    "min",
    "7",
    "min7",
    "maj7",
    "dim",
    "hdim7",
    "dim7",
    "aug",
    "sus4",
    "sus2",
    "minmaj7",
    "maj6",
    "min6",
)
SILENCE = 12 * len(QUALITIES)
"""The state of no chord; the others are numbered by root, then quality."""

LONGEST = 16
FRAME_TICKS = TICKS_PER_QUARTER // 2
SLASH_SHARE = 0.6
"""A chord tone that is the lowest note for this share of a chord's half beats is its bass."""

SHARE, LENGTH, PRESENCE, BASS, STRUCK, LOW = range(6)
START_KINDS, NEXT_KINDS, BEFORE_KINDS = (LENGTH, PRESENCE, BASS, STRUCK), (PRESENCE, BASS, STRUCK), (PRESENCE, BASS)
"""What is looked at in the first half beat of a stretch, in the one behind it, and in the one before it."""

WEIGHTS_FILE = Path(__file__).with_name("harmony_weights.npz")

Floats = NDArray[np.float32]

_LOW_PITCH = 57
_CLASSES = np.arange(12)
_RELATIVE = (_CLASSES[None, :] - _CLASSES[:, None]) % 12  # of a pitch class to a root, by root


@dataclass(frozen=True, slots=True)
class Frames:
    """A song's accompaniment by half beats.

    Parameters
    ----------
    times : ndarray of shape (n + 1,), int64
        Where they begin in ticks; the last end included.
    places : ndarray of shape (n,), int64
        0 on a bar line, 1 in the middle of the bar, 2 on another beat, 3 between.
    kinds : ndarray of shape (n, 6, 12), float32
        What sounds, as above.
    sounds : ndarray of shape (n,), bool
    key : int
        Its tonic, and 12 more in minor.
    """

    times: NDArray[np.int64]
    places: NDArray[np.int64]
    kinds: Floats
    sounds: NDArray[np.bool_]
    key: int


def infer_chords(song: Song, tracks: Sequence[int]) -> tuple[ChordSpan, ...]:
    """The likeliest chords.

    Parameters
    ----------
    tracks : sequence of int
        Indices of the tracks to listen to; drums are left out.

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
    frames = frames_of(heard, song.bar_meters())
    spans: list[ChordSpan] = []
    for start, end, state in best_stretches(stretch_scores(frames, weights()), transition_scores(weights())):
        time, stop = int(frames.times[start]), int(frames.times[end])
        chord = _chord(state, frames.kinds[start:end, BASS])
        if spans and spans[-1].chord == chord:
            spans[-1] = replace(spans[-1], duration=stop - spans[-1].time)
        else:
            spans.append(ChordSpan(time, stop - time, chord))
    return tuple(spans)


def frames_of(tracks: Sequence[Track], meters: Sequence[Meter]) -> Frames:
    """The half beats of the bars, and what of the tracks sounds in each."""
    times, places = _half_beats(meters)
    count = len(places)
    rows = [(note.time, note.time + note.duration, note.pitch) for track in tracks for note in track.notes]
    starts, ends, pitches = np.array(rows, dtype=np.int64).T
    first = np.clip(np.searchsorted(times, starts, "right") - 1, 0, count - 1)
    lengths = np.clip(np.searchsorted(times, ends, "left"), first + 1, count) - first
    stop = np.cumsum(lengths)
    frame = np.repeat(first - stop + lengths, lengths) + np.arange(stop[-1])
    starts, ends, pitches = (np.repeat(column, lengths) for column in (starts, ends, pitches))
    sounding = np.minimum(ends, times[frame + 1]) - np.maximum(starts, times[frame])
    sounding = sounding / (times[frame + 1] - times[frame])
    kept = sounding > 0.1
    frame, starts, pitches, sounding = frame[kept], starts[kept], pitches[kept], sounding[kept]
    cell = 12 * frame + pitches % 12

    def summed(mask: NDArray[np.bool_], values: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
        part = None if values is None else values[mask]
        return np.bincount(cell[mask], weights=part, minlength=12 * count).astype(np.float64).reshape(count, 12)

    everything = np.ones(len(frame), dtype=bool)
    length = summed(everything, sounding)
    lowest = np.full(count, 128)
    np.minimum.at(lowest, frame, pitches)
    sounds = lowest < 128
    bass = np.zeros((count, 12))
    bass[np.flatnonzero(sounds), lowest[sounds] % 12] = 1.0
    share = length / np.maximum(length.sum(1, keepdims=True), 1e-6)
    struck = np.minimum(summed(starts >= times[frame] - FRAME_TICKS // 8), 2.0)
    low = np.minimum(summed(pitches < _LOW_PITCH, sounding), 1.0)
    kinds = np.stack([share, np.sqrt(length), length > 0.2, bass, struck, low], axis=1).astype(np.float32)
    return Frames(times, places, kinds, sounds, _key(length.sum(0)))


def _half_beats(meters: Sequence[Meter]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where the half beats begin, the last end included, and which place each has in its bar."""
    times, places, bar = [], [], 0
    for meter in meters:
        beat = meter.beat_ticks * (3 if meter.denominator >= 8 and meter.numerator % 3 == 0 else 1)
        middle = meter.bar_ticks // 2 if meter.bar_ticks % (2 * beat) == 0 else -1
        for time in range(0, meter.bar_ticks, FRAME_TICKS):
            times.append(bar + time)
            places.append(0 if time == 0 else 1 if time == middle else 2 if time % beat == 0 else 3)
        bar += meter.bar_ticks
    return np.array([*times, bar]), np.array(places)


def _key(classes: NDArray[np.float64]) -> int:
    """The key whose profile correlates best with the pitch classes: its tonic, and 12 more in minor."""
    profiles = np.array([np.roll(profile, tonic) for profile in (MAJOR, MINOR) for tonic in range(12)])
    centred = profiles - profiles.mean(axis=1, keepdims=True)
    return int((centred @ (classes - classes.mean()) / np.linalg.norm(centred, axis=1)).argmax())


@cache
def weights() -> dict[str, Floats]:
    """The learned weights by name; their shapes are said in ``benchmarks/fit_chords.py``."""
    with np.load(WEIGHTS_FILE) as stored:
        return {name: stored[name].astype(np.float32) for name in stored.files}


def projected(kinds: Floats, weight: Floats) -> Floats:
    """Scores of each half beat, shape (n, kinds, 12), for each chord under weights of shape (qualities, kinds, 12)."""
    by_root = weight[:, :, _RELATIVE].transpose(1, 3, 2, 0)  # kinds, pitch class, root, quality
    flat = by_root.reshape(kinds.shape[1] * 12, SILENCE)
    return np.asarray(kinds.reshape(len(kinds), -1) @ flat)


def stretch_scores(frames: Frames, table: dict[str, Floats]) -> Floats:
    """Scores of each stretch in each state, shape (n, LONGEST, SILENCE + 1): ``[t, l]`` is ``[t, t + l + 1)``."""
    kinds, count = frames.kinds, len(frames.places)
    nothing = np.zeros((1, SILENCE), dtype=np.float32)
    mean = np.vstack([nothing, projected(kinds, table["mean"]).cumsum(0)])
    total = np.vstack([nothing, projected(kinds, table["total"]).cumsum(0) / 4])
    first = projected(kinds[:, START_KINDS], table["start"])
    first += np.vstack([nothing, projected(kinds[:-1, BEFORE_KINDS], table["before"])])
    behind = np.vstack([projected(kinds[:, NEXT_KINDS], table["next"]), nothing])
    start = np.arange(count)[:, None]
    lengths = np.arange(1, LONGEST + 1, dtype=np.float32)
    end = np.minimum(start + np.arange(1, LONGEST + 1), count)
    mode, tonic = divmod(frames.key, 12)
    by_length = (table["by_length"] + np.roll(table["key"][mode], tonic, axis=0)).reshape(-1) / 4
    scores = np.empty((count, LONGEST, SILENCE + 1), dtype=np.float32)
    chords = scores[:, :, :SILENCE]
    np.subtract(mean[end], mean[:count, None], out=chords)
    chords /= lengths[:, None]
    chords += total[end] + behind[end]
    chords += (first - total[:count])[:, None]
    chords += np.tile(table["quality"], 12) + by_length * lengths[:, None]
    quiet = (
        1 - (np.append(0, frames.sounds.cumsum())[end] - np.append(0, frames.sounds.cumsum())[:count, None]) / lengths
    )
    chords += (quiet * table["quiet"][0] + quiet * lengths / 4 * table["quiet"][1])[..., None]
    quiet_scores = quiet * table["silence"][0] + quiet * lengths / 4 * table["silence"][1]
    scores[:, :, SILENCE] = quiet_scores + table["silence"][2] + table["silence"][3] * lengths / 4
    scores += table["length"][:, None] + table["place"][frames.places][:, None, None]
    scores[start + np.arange(1, LONGEST + 1) > count] = -1e4
    return scores


def transition_scores(table: dict[str, Floats]) -> Floats:
    """Scores of one state behind another, shape (SILENCE + 1, SILENCE + 1), from row to column."""
    chords = table["transition"][_RELATIVE].transpose(0, 2, 1, 3).reshape(SILENCE, SILENCE)
    to_silence, from_silence = table["silence_transition"]
    scores = np.zeros((SILENCE + 1, SILENCE + 1), dtype=np.float32)
    scores[:SILENCE, :SILENCE] = chords
    scores[:SILENCE, SILENCE], scores[SILENCE, :SILENCE] = to_silence, from_silence
    return scores


def best_stretches(scores: Floats, transitions: Floats) -> list[tuple[int, int, int]]:
    """The best sequence of stretches: where each begins and ends, and its state."""
    count, longest, states = scores.shape
    best = np.zeros((count + 1, states), dtype=np.float32)  # of what ends here, with the step into the next state
    lengths = np.zeros((count + 1, states), dtype=np.int64)
    came_from = np.zeros((count + 1, states), dtype=np.int64)
    every = np.arange(states)
    into = np.ascontiguousarray(transitions.T)
    for end in range(1, count + 1):
        starts = np.arange(end - 1, max(-1, end - longest - 1), -1)
        candidates = best[starts] + scores[starts, end - 1 - starts]
        choice = candidates.argmax(0)
        lengths[end] = choice + 1
        reached = candidates[choice, every]
        if end < count:
            steps = into + reached
            came_from[end] = steps.argmax(1)
            best[end] = steps[every, came_from[end]]
    end, state = count, int(reached.argmax())
    found = []
    while end > 0:
        start = end - int(lengths[end, state])
        found.append((start, end, state))
        state = int(came_from[start, state])
        end = start
    return found[::-1]


def _chord(state: int, bass: Floats) -> Chord:
    """The chord of a state over half beats whose lowest pitch classes are `bass`, shape (frames, 12)."""
    if state == SILENCE:
        return NO_CHORD
    chord = Chord(state // len(QUALITIES), QUALITIES[state % len(QUALITIES)])
    shares = bass.mean(axis=0)
    lowest = int(shares.argmax())
    is_slash = shares[lowest] >= SLASH_SHARE and lowest in chord.pitch_classes
    return replace(chord, bass=lowest) if is_slash else chord
