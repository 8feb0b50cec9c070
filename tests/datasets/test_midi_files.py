from __future__ import annotations

import os
from pathlib import Path

import pytest

from solomuse.datasets.midi_files import lakh_title, with_chord_track
from solomuse.datasets.source import find_songs
from solomuse.files import title_of
from solomuse.formats.midi import write_midi
from solomuse.music.chart import ChordSpan
from solomuse.music.chord import Chord
from solomuse.music.note import Note
from solomuse.music.song import Song, Track

ONE_NOTE = Song((Track((Note(0, 60, 480),)),))
TRACK = "TRABCDE128F931F9DF"
CHECKSUMS = ("0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210")


def titles(folder: Path) -> list[str]:
    return [file.title for file in find_songs(folder)]


def write_one(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_midi(ONE_NOTE, path)


def test_versions_that_match_one_recording_share_its_title(tmp_path: Path) -> None:
    for checksum in CHECKSUMS:
        write_one(tmp_path / "lmd_matched" / "A" / "B" / "C" / TRACK / f"{checksum}.mid")
    assert titles(tmp_path) == [TRACK, TRACK]


def test_recordings_have_titles_of_their_own(tmp_path: Path) -> None:
    for track in (TRACK, "TRABCDF128F931F9DF"):
        write_one(tmp_path / "A" / "B" / "C" / track / f"{CHECKSUMS[0]}.mid")
    assert titles(tmp_path) == [TRACK, "TRABCDF128F931F9DF"]


def test_files_of_the_full_set_are_each_a_song_of_their_own(tmp_path: Path) -> None:
    for checksum in CHECKSUMS:
        write_one(tmp_path / "lmd_full" / checksum[0] / f"{checksum}.mid")
    assert titles(tmp_path) == list(CHECKSUMS)


@pytest.mark.parametrize(
    "folder", ["TRIO", "TRACK00001", "TRABCDE128F931F9D", "trabcde128f931f9df", "TRABCDE128F931F9DFX"]
)
def test_a_folder_that_is_no_recording_names_no_title(folder: str) -> None:
    assert lakh_title(Path(folder, "tune.mid")) is None


@pytest.mark.parametrize(
    ("name", "title"),
    [("tune.mid", "tune"), ("tune.MIDI", "tune"), ("A.B. tune.mid", "A.B. tune"), ("tune.mid.gz", "tune")],
)
def test_a_file_is_titled_by_its_name_without_endings(name: str, title: str) -> None:
    assert title_of(Path(name)) == title


def test_a_name_that_is_no_utf8_is_read_as_windows_1252() -> None:
    assert title_of(Path(os.fsdecode(b"caf\xe9 \x96 live.mid"))) == "café – live"


BLOCKS = tuple(
    Note(bar * 1920, pitch, 1920) for bar, chord in enumerate(((48, 52, 55), (53, 57, 60))) for pitch in chord
)


@pytest.mark.parametrize(("name", "is_taken"), [("Chords", True), ("chord track", True), ("Piano", False), ("", False)])
def test_a_track_of_block_chords_that_is_named_so_gives_the_chords(name: str, is_taken: bool) -> None:
    song = with_chord_track(Song((Track((Note(0, 72, 480),)), Track(BLOCKS, name))))
    assert [span.chord.label for span in song.chords] == (["C:maj", "F:maj"] if is_taken else [])


def test_a_chord_track_gives_way_to_given_chords() -> None:
    given = (ChordSpan(0, 1920, Chord(9, "min")),)
    assert with_chord_track(Song((Track(BLOCKS, "Chords"),), chords=given)).chords == given
