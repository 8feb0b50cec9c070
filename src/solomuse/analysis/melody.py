"""Finds the melody track of a song.

The published rule says that a melody lies high, has little polyphony and enough notes. Here it is one of the features
of `melody_features`, whose weights ``benchmarks/fit_melody.py`` learned from songs with a known melody. Drums never
qualify, nor do tracks with few notes or mostly chords.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from solomuse.analysis.melody_features import (
    NAMES,
    Floats,
    Integers,
    note_columns,
    polyphony,
    published_rule,
    track_features,
)
from solomuse.errors import NoMelodyError
from solomuse.music.note import TICKS_PER_QUARTER
from solomuse.music.song import Song

FEWEST_NOTES = 8
MOST_POLYPHONY = 0.5
WEIGHTS_FILE = Path(__file__).with_name("melody_weights.json")

MOST_NOBODY = 0.99
"""A song whose chance of having no melody is larger has none: that is strict, for real melodies reach 0.95 at times."""

NAME_WEIGHT = 4.0
"""What a name such as "Melody" adds to a score; as much as makes a chance of 0.02 one of 0.5."""

_MELODY_NAME = re.compile(
    r"(?<![a-z])(melod\w*|vocals?|voca|voice|vox|lead|leading|solo|soloist|sing(er|ing)?|canto|chant)(?![a-z])"
)
_SOUND_NAME = re.compile(
    r"(square|sawtooth|saw|sine|bass|calliope|chiff|charang|fifths?|semi|synth|pulse)[- ]*(lead|voice)"
    r"|lead[- ]*\d? ?[\[(]|voice[- ]+oo|deep voice|solo vox"
)
_SECOND_NAME = re.compile(r"back|\bbg\b|bgv|harmony|2nd|3rd")


@dataclass(frozen=True, slots=True)
class TrackScore:
    """How much a track looks like the melody, and why.

    Parameters
    ----------
    track : int
        Index in the song.
    score : float
        The chance that it is the melody, in [0, 1]; 0 for drums and for tracks that do not qualify. Over the tracks
        of a song the chances add up to 1.
    rule : float
        What the published rule says, in [0, 1].
    mean_pitch : float
    polyphony : float
        Share of the notes that start before the one before has ended, by more than a sixteenth.
    note_count : int
    """

    track: int
    score: float
    rule: float
    mean_pitch: float
    polyphony: float
    note_count: int


def rank_melody_tracks(song: Song) -> tuple[TrackScore, ...]:
    """Every track with its score, best first; the earlier track first at a tie."""
    return rank_with_nobody(song)[0]


def rank_with_nobody(song: Song) -> tuple[tuple[TrackScore, ...], float]:
    """Every track with its score, best first, and the chance that none is a melody."""
    quarters = max(1.0, song.end / TICKS_PER_QUARTER)
    columns = [note_columns(track) for track in song.tracks]
    pitched = [
        index
        for index, (track, notes) in enumerate(zip(song.tracks, columns, strict=True))
        if not track.is_drum and len(notes) >= FEWEST_NOTES
    ]
    overlaps = [polyphony(notes) for notes in columns]
    chances, nobody = np.zeros(len(columns)), 1.0
    if pitched:
        scores = melody_scores([columns[index] for index in pitched], [song.tracks[index].name for index in pitched])
        scores[[overlaps[index] > MOST_POLYPHONY for index in pitched]] = -np.inf
        if np.isfinite(scores).any():
            exponents = np.exp(scores - scores.max())
            chances[pitched] = exponents / exponents.sum()
            nobody = float(1 / (1 + np.exp(np.logaddexp.reduce(scores) - _table()["nobody"])))
    means = [float(notes[:, 1].mean()) if len(notes) else 0.0 for notes in columns]
    ranked = [
        TrackScore(
            index,
            float(chances[index]),
            published_rule(means[index], overlaps[index], len(notes), quarters) if len(notes) else 0.0,
            means[index],
            overlaps[index],
            len(notes),
        )
        for index, notes in enumerate(columns)
    ]
    return tuple(sorted(ranked, key=lambda score: -score.score)), nobody


def melody_scores(tracks: Sequence[Integers], names: Sequence[str]) -> Floats:
    """Scores whose softmax is the chance of each track, shape (tracks,); tracks are given as `note_columns`."""
    return np.asarray(track_features(tracks) @ _weights() + [NAME_WEIGHT * says_melody(name) for name in names])


def melody_track(song: Song) -> TrackScore:
    """The track that the source names as the melody, or else the best one.

    Raises
    ------
    NoMelodyError
        If no track has enough notes and little enough polyphony, or none is enough like a melody (`MOST_NOBODY`).
    """
    ranked, nobody = rank_with_nobody(song)
    if song.melody_track is not None:
        named = next(score for score in ranked if score.track == song.melody_track)
        return TrackScore(named.track, 1.0, named.rule, named.mean_pitch, named.polyphony, named.note_count)
    if nobody > MOST_NOBODY:
        why = f"a melody has at least {FEWEST_NOTES} notes, mostly one at a time, and is no drum"
        if ranked and ranked[0].score:
            why = f"the chance of one is {1 - nobody:.3f}; to take one all the same, choose it by name or number"
        raise NoMelodyError(f"{song.title}: none of its {len(song.tracks)} tracks looks like a melody ({why})")
    return ranked[0]


def says_melody(name: str) -> bool:
    """Whether a track's name is that of a melody, not of a sound such as "Square Lead" or of a second voice."""
    plain = name.lower().replace("_", " ")
    return bool(_MELODY_NAME.search(plain)) and not (_SOUND_NAME.search(plain) or _SECOND_NAME.search(plain))


@cache
def _table() -> dict[str, float]:
    """The weights of the features by name, and the score of no melody."""
    table: dict[str, float] = json.loads(WEIGHTS_FILE.read_text("utf-8"))
    return table


@cache
def _weights() -> Floats:
    """Weights of the features, in their order."""
    return np.array([_table()[name] for name in NAMES])
