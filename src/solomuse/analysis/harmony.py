"""Infers the chords of a song from its accompaniment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from solomuse.errors import NoChordsError
from solomuse.music.chart import ChordSpan
from solomuse.music.chord import NO_CHORD, QUALITY_DEGREES, Chord
from solomuse.music.meter import Meter
from solomuse.music.note import Note
from solomuse.music.pitch import semitones_of_degree
from solomuse.music.song import Song

QUALITIES = ("maj", "min", "7", "min7", "maj7", "dim", "hdim7", "dim7", "aug", "sus4", "sus2", "minmaj7")
SILENCE = -1
SEVENTH_PRIOR = 0.014
"""How much plainer qualities are preferred, by each note of a chord past its triad."""
RARE_PRIOR = {"dim": 0.12, "hdim7": 0.03, "dim7": 0.01, "aug": 0.17, "sus4": 0.19, "sus2": 0.29, "minmaj7": 0.08}
BASS_WEIGHT = 0.13
CHANGE_COST, OFF_BEAT_COST = 0.067, 0.093
"""Cost of a chord change on a bar line, and what it costs more elsewhere."""
SLASH_SHARE = 0.6
"""A chord tone that is the lowest note for this share of a chord's beats is its bass.

All weights are those of a random search over 120 songs of POP909 that are not among the songs by which
``benchmarks/chord_inference.py`` measures.
"""


def infer_chords(song: Song, tracks: Sequence[int]) -> tuple[ChordSpan, ...]:
    """The likeliest chords, by beats, under a Viterbi search over roots and qualities.

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
    notes = [note for index in tracks if not song.tracks[index].is_drum for note in song.tracks[index].notes]
    if not notes:
        raise NoChordsError(f"{song.title}: no notes are left to infer chords from once melody and drums are set aside")
    times, on_bar_line = _beats(song.bar_meters())
    chroma, bass = _chroma(notes, times)
    path = _viterbi(_emissions(chroma, bass), on_bar_line)
    states = np.where(chroma.any(axis=1), path, SILENCE)
    starts = np.flatnonzero(np.diff(states, prepend=states[0] - 1))
    return tuple(
        ChordSpan(int(times[start]), int(times[end] - times[start]), _chord(int(states[start]), bass[start:end]))
        for start, end in pairwise([*starts.tolist(), len(states)])
    )


def _beats(meters: Sequence[Meter]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Beat lines, the last end included, in ticks; and which beats start a bar."""
    times, starts, bar = [], [], 0
    for meter in meters:
        compound = meter.denominator >= 8 and meter.numerator % 3 == 0
        beat = meter.beat_ticks * (3 if compound else 1)
        beat = max(beat, 240)
        onsets = list(range(0, meter.bar_ticks, beat))
        times += [bar + onset for onset in onsets]
        starts += [onset == 0 for onset in onsets]
        bar += meter.bar_ticks
    return np.array([*times, bar]), np.array(starts)


def _chroma(notes: Sequence[Note], times: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Sounding time of each pitch class in each beat, all and lowest pitch, each shape (beats, 12)."""
    onsets = np.array([note.time for note in notes])
    ends, pitches = np.array([note.end for note in notes]), np.array([note.pitch for note in notes])
    chroma, bass = np.zeros((len(times) - 1, 12)), np.zeros((len(times) - 1, 12))
    order = np.argsort(onsets, kind="stable")
    onsets, ends, pitches = onsets[order], ends[order], pitches[order]
    longest = int((ends - onsets).max())
    firsts = np.searchsorted(onsets, times[:-1] - longest)
    lasts = np.searchsorted(onsets, times[1:])
    for beat, (first, last) in enumerate(zip(firsts, lasts, strict=True)):
        part = slice(first, last)
        sounding = np.minimum(ends[part], times[beat + 1]) - np.maximum(onsets[part], times[beat])
        heard = sounding > 0
        if heard.any():
            np.add.at(chroma[beat], pitches[part][heard] % 12, sounding[heard])
            bass[beat, int(pitches[part][heard].min()) % 12] = 1.0
    return chroma, bass


def _emissions(chroma: NDArray[np.float64], bass: NDArray[np.float64]) -> NDArray[np.float64]:
    """Fit of each beat to each state, shape (beats, 12 * qualities); states are root-major."""
    unit = chroma / np.maximum(np.linalg.norm(chroma, axis=1, keepdims=True), 1e-9)
    columns = []
    for root in range(12):
        for quality in QUALITIES:
            template = np.zeros(12)
            degrees = QUALITY_DEGREES[quality]
            template[[(root + semitones_of_degree(degree)) % 12 for degree in degrees]] = 1.0
            prior = SEVENTH_PRIOR * (len(degrees) - 3) + RARE_PRIOR.get(quality, 0.0)
            columns.append(unit @ (template / np.linalg.norm(template)) + BASS_WEIGHT * bass[:, root] - prior)
    return np.stack(columns, axis=1)


def _viterbi(emissions: NDArray[np.float64], on_bar_line: NDArray[np.bool_]) -> list[int]:
    """The best state of each beat, where every change costs the same."""
    beats, states = emissions.shape
    best, came_from = emissions[0], np.zeros((beats, states), dtype=np.int64)
    stay = np.arange(states)
    for beat in range(1, beats):
        cost = CHANGE_COST + (0.0 if on_bar_line[beat] else OFF_BEAT_COST)
        leader = int(best.argmax())
        moved = best[leader] - cost > best
        came_from[beat] = np.where(moved, leader, stay)
        best = np.where(moved, best[leader] - cost, best) + emissions[beat]
    path = [int(best.argmax())]
    for beat in range(beats - 1, 0, -1):
        path.append(int(came_from[beat, path[-1]]))
    return path[::-1]


def _chord(state: int, bass: NDArray[np.float64]) -> Chord:
    """The chord of a state over beats whose lowest pitch classes are `bass`, shape (beats, 12)."""
    if state == SILENCE:
        return NO_CHORD
    chord = Chord(state // len(QUALITIES), QUALITIES[state % len(QUALITIES)])
    shares = bass.mean(axis=0)
    lowest = int(shares.argmax())
    is_slash = shares[lowest] >= SLASH_SHARE and lowest in chord.pitch_classes
    return replace(chord, bass=lowest) if is_slash else chord
