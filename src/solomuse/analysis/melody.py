"""Finds the melody track of a song.

The published rule: a melody lies high, has little polyphony and enough notes. Drums never qualify.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solomuse.errors import NoMelodyError
from solomuse.music.note import TICKS_PER_QUARTER
from solomuse.music.song import Song, Track

FEWEST_NOTES = 8
MOST_POLYPHONY = 0.5
LOWEST_PITCH, HIGHEST_PITCH = 30.0, 96.0
ENOUGH_NOTES_PER_QUARTER = 1.5
HEIGHT_WEIGHT, MONOPHONY_WEIGHT, ACTIVITY_WEIGHT = 0.3, 0.55, 0.15
"""The best of some 400 settings on POP909 and on multi-track MIDI with named melodies, by
``benchmarks/melody_track.py``."""


@dataclass(frozen=True, slots=True)
class TrackScore:
    """How much a track looks like the melody, and why.

    Parameters
    ----------
    track : int
        Index in the song.
    score : float
        In [0, 1], more is more melody-like; 0 for drums and for tracks that do not qualify.
    mean_pitch : float
    polyphony : float
        Share of the notes that start before the one before has ended, by more than a sixteenth.
    note_count : int
    """

    track: int
    score: float
    mean_pitch: float
    polyphony: float
    note_count: int


def rank_melody_tracks(song: Song) -> tuple[TrackScore, ...]:
    """Every track with its score, best first; the earlier track first at a tie."""
    quarters = max(1.0, song.end / TICKS_PER_QUARTER)
    scores = [_score(index, track, quarters) for index, track in enumerate(song.tracks)]
    return tuple(sorted(scores, key=lambda score: -score.score))


def melody_track(song: Song) -> TrackScore:
    """The track that the source names as the melody, or else the best one.

    Raises
    ------
    NoMelodyError
        If no track has enough notes and little enough polyphony.
    """
    ranked = rank_melody_tracks(song)
    if song.melody_track is not None:
        named = next(score for score in ranked if score.track == song.melody_track)
        return TrackScore(named.track, 1.0, named.mean_pitch, named.polyphony, named.note_count)
    if not ranked or ranked[0].score == 0:
        raise NoMelodyError(
            f"{song.title}: none of its {len(song.tracks)} tracks looks like a melody "
            f"(at least {FEWEST_NOTES} notes, mostly one at a time, no drums)"
        )
    return ranked[0]


def _score(index: int, track: Track, quarters: float) -> TrackScore:
    count = len(track.notes)
    if not count:
        return TrackScore(index, 0.0, 0.0, 0.0, 0)
    notes = sorted(track.notes)
    times, ends = np.array([n.time for n in notes]), np.array([n.end for n in notes])
    overlaps = np.maximum.accumulate(ends)[:-1] - times[1:] > 120
    polyphony = float(overlaps.mean()) if count > 1 else 0.0
    pitch = float(np.mean([n.pitch for n in notes]))
    height = float(np.clip((pitch - LOWEST_PITCH) / (HIGHEST_PITCH - LOWEST_PITCH), 0.0, 1.0))
    activity = min(1.0, count / (ENOUGH_NOTES_PER_QUARTER * quarters))
    qualifies = count >= FEWEST_NOTES and polyphony <= MOST_POLYPHONY and not track.is_drum
    fit = HEIGHT_WEIGHT * height + MONOPHONY_WEIGHT * (1 - polyphony) + ACTIVITY_WEIGHT * activity
    score = fit if qualifies else 0.0
    return TrackScore(index, score, pitch, polyphony, count)
