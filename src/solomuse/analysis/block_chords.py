"""Reads the chords of a chord track, in which a block of notes stands for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache, lru_cache

import numpy as np

from solomuse.analysis.beats import held_chords
from solomuse.music.chart import ChordSpan
from solomuse.music.chord import NO_CHORD, Chord
from solomuse.music.note import TICKS_PER_QUARTER, Note
from solomuse.music.song import Track
from solomuse.music.symbols import parse_chord

READINGS = (
    "maj min 7 min7 maj7 hdim7 dim7 minmaj7 dim aug sus4 sus2 maj6 min6",
    "sus4(b7) min(11) sus2(b7) sus2(7) maj(9) min(9) 9 maj9 min9 7(b9) aug(b7) aug(7) dim(7)",
    "maj(*5) min(*5) 7(*5) min7(*5) maj7(*5) minmaj7(*5) 5(b7) maj6(*3) 5 1",
)
"""What a block may be, as labels: a reading in an earlier line goes before all in later ones. Within a line one with
the bass as its root goes before inversions, then an earlier one before a later one. POP909's own labels agree: where
POP909-CL has one of 320 blocks such as C E G A, 274 have the root C and 16 the root A. All but 37 of 92,053 blocks of
POP909-CL are in the table."""

LEAST_TOGETHER = 0.9
"""Share of a chord track's onsets at which three notes or more begin."""

_SIXTEENTH = TICKS_PER_QUARTER // 4


def are_blocks(track: Track) -> bool:
    """Whether a track plays block chords and nothing else."""
    times, counts = np.unique(track.columns.times, return_counts=True)
    return len(times) >= 2 and not track.is_drum and float(np.mean(counts >= 3)) >= LEAST_TOGETHER


def chords_of_blocks(notes: Sequence[Note]) -> tuple[ChordSpan, ...]:
    """The chord of all that sounds at each onset, held until the next one or until nothing sounds."""
    placed = [(_snapped(note.time), _snapped(note.end), note.pitch) for note in notes]
    times = sorted({time for start, end, _ in placed for time in (start, end)})
    onsets = {start for start, _, _ in placed}
    chords = []
    for time in times:
        sounding = [pitch for start, end, pitch in placed if start <= time < end]
        if time in onsets or not sounding:
            chords.append((time, chord_of(sounding) if sounding else NO_CHORD))
    return held_chords([time for time, _ in chords], [chord for _, chord in chords], max(times, default=0))


def chord_of(pitches: Sequence[int]) -> Chord:
    """The chord of a block, its lowest note as the bass: as `READINGS` has it, else the nearest of its first line.

    Examples
    --------
    >>> chord_of([60, 64, 69]).label, chord_of([60, 64, 67, 69]).label, chord_of([60, 67]).label
    ('A:min/b3', 'C:maj6', 'C:5')
    """
    bass = min(pitches)
    return _reading(frozenset((pitch - bass) % 12 for pitch in pitches)).transpose(bass % 12)


@lru_cache(maxsize=4096)
def _reading(intervals: frozenset[int]) -> Chord:
    """The chord of some intervals above C, the bass."""
    table = _chord_by_intervals()
    if intervals in table:
        return table[intervals]

    def fit(own: frozenset[int]) -> float:
        root_is_bass = table[own].root == 0
        return len(own & intervals) - 0.6 * len(intervals - own) - 0.5 * len(own - intervals) + 0.2 * root_is_bass

    plain = [own for own, chord in table.items() if chord.quality_label in READINGS[0].split()]
    return table[max(plain, key=fit)]


@cache
def _chord_by_intervals() -> dict[frozenset[int], Chord]:
    """Every reading over every one of its tones as a bass C, the preferred one of several with the same intervals."""
    table: dict[frozenset[int], Chord] = {}
    for line in READINGS:
        chords = [parse_chord(f"C:{label}") for label in line.split()]
        inversions = [(chord, tone) for chord in chords for tone in chord.pitch_classes]
        for chord, tone in sorted(inversions, key=lambda inversion: inversion[1] != 0):
            moved = replace(chord.transpose(-tone), bass=0)
            table.setdefault(frozenset(moved.pitch_classes), moved)
    return table


def _snapped(time: int) -> int:
    """The nearest sixteenth or triplet eighth."""
    steps = (_SIXTEENTH, TICKS_PER_QUARTER // 3)
    return min((round(time / step) * step for step in steps), key=lambda place: abs(place - time))
