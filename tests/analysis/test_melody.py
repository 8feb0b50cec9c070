from __future__ import annotations

from dataclasses import replace

import pytest

from solomuse.analysis.melody import melody_track, rank_melody_tracks
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
