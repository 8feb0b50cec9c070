from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from solomuse.analysis.melody import WEIGHTS_FILE, melody_track, rank_melody_tracks, says_melody
from solomuse.analysis.melody_features import NAMES, note_columns, track_features
from solomuse.errors import NoMelodyError
from solomuse.music.note import Note
from solomuse.music.song import Song, Track

LINE = Track(tuple(Note(480 * i, 72 + i % 5, 400) for i in range(32)), name="lead")
CHORDS = Track(tuple(sorted(Note(960 * i, pitch, 900) for i in range(16) for pitch in (60, 64, 67))))
BASS = Track(tuple(Note(480 * i, 40, 400) for i in range(32)))
DRUMS = Track(tuple(Note(240 * i, 76, 60) for i in range(64)), is_drum=True)


def test_the_high_single_line_is_the_melody_wherever_it_stands() -> None:
    for place in range(4):
        tracks = [CHORDS, BASS, DRUMS]
        tracks.insert(place, LINE)
        assert melody_track(Song(tuple(tracks))).track == place


def test_every_track_is_ranked_and_drums_score_nothing() -> None:
    ranked = rank_melody_tracks(Song((DRUMS, CHORDS, BASS, LINE)))
    assert ranked[0].track == 3
    assert [score.score for score in ranked if score.track == 0] == [0.0]
    assert all(0 <= score.score <= 1 for score in ranked)


def test_the_source_has_the_last_word() -> None:
    assert melody_track(Song((LINE, BASS), melody_track=1)).track == 1


def test_a_song_without_a_melody_says_so() -> None:
    few = replace(LINE, notes=LINE.notes[:3])
    with pytest.raises(NoMelodyError, match="none of its 3 tracks"):
        melody_track(Song((DRUMS, CHORDS, few), title="x"))


@pytest.mark.parametrize(
    ("name", "is_melody"),
    [
        ("Melody", True),
        ("VOCALS 1", True),
        ("Lead_Pulse", True),
        ("Canto", True),
        ("Lead Guitar", True),
        ("Square Lead", False),
        ("Lead 2 (sawtooth)", False),
        ("Backing Vocals", False),
        ("Voice Oohs", False),
        ("Solution", False),
        ("", False),
    ],
)
def test_a_name_may_say_melody(name: str, is_melody: bool) -> None:
    assert says_melody(name) == is_melody


def test_a_name_tips_the_balance() -> None:
    other = replace(LINE, notes=tuple(note.transpose(1) for note in LINE.notes), name="")
    for place in range(2):
        tracks = [replace(LINE, name=""), other, BASS]
        tracks[place] = replace(tracks[place], name="Melody")
        assert melody_track(Song(tuple(tracks))).track == place


def test_the_chances_of_the_tracks_add_up_to_one() -> None:
    ranked = rank_melody_tracks(Song((DRUMS, CHORDS, BASS, LINE)))
    assert sum(score.score for score in ranked) == pytest.approx(1)
    assert [score.score for score in ranked if score.track == 1] == [0.0]  # chords are no melody


def test_the_published_rule_is_one_of_the_features() -> None:
    ranked = {score.track: score for score in rank_melody_tracks(Song((CHORDS, BASS, LINE)))}
    assert ranked[2].rule > ranked[1].rule
    assert ranked[2].rule > ranked[0].rule


def test_every_feature_is_finite_and_has_a_weight() -> None:
    features = track_features([note_columns(track) for track in (LINE, CHORDS, BASS)])
    assert features.shape == (3, len(NAMES))
    assert np.isfinite(features).all()
    assert list(json.loads(WEIGHTS_FILE.read_text("utf-8"))) == [*NAMES, "nobody"]


def test_features_do_not_depend_on_what_the_track_is_called_or_on_its_key() -> None:
    up = [replace(track, notes=tuple(note.transpose(12) for note in track.notes)) for track in (LINE, BASS)]
    here = track_features([note_columns(track) for track in (LINE, BASS)])
    there = track_features([note_columns(track) for track in up])
    moved = [name for name, same in zip(NAMES, np.isclose(here, there).all(0), strict=True) if not same]
    assert set(moved) <= {"pitch", "pitch_bow", "rule"}
