import sys
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT))

from examples.compose_songs.__main__ import REMOTE, compose, main  # noqa: E402 - the folder is no installed package
from examples.compose_songs.melody import VOICES  # noqa: E402
from examples.compose_songs.piece import Piece, chart_of, harmony_of, is_strong, pieces  # noqa: E402
from solomuse.formats.midi import read_midi  # noqa: E402

PIECES = pieces()
every_piece = pytest.mark.parametrize("piece", PIECES, ids=lambda piece: piece.filename)


@pytest.fixture(scope="module")
def composed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("songs")
    main(["--out", str(folder)])
    return folder


def test_there_are_twenty_songs_of_different_titles() -> None:
    assert len({piece.filename for piece in PIECES}) == 20


@every_piece
def test_the_song_is_written_again_byte_for_byte(piece: Piece, composed: Path) -> None:
    assert (composed / piece.filename).read_bytes() == (REMOTE / piece.filename).read_bytes()


def test_the_folder_holds_no_song_that_the_table_lacks(composed: Path) -> None:
    assert {path.name for path in REMOTE.glob("*.mid")} == {path.name for path in composed.iterdir()}


@every_piece
def test_a_song_lasts_32_to_96_bars(piece: Piece) -> None:
    assert 32 <= len(chart_of(piece).bars) <= 96


@every_piece
def test_the_chart_of_a_song_has_its_key_and_its_tempo(piece: Piece) -> None:
    chart = chart_of(piece)
    assert (chart.title, chart.key, chart.qpm) == (piece.title, piece.key, piece.qpm)


@every_piece
def test_a_song_has_melody_bass_chords_and_drums(piece: Piece) -> None:
    song = compose(piece)
    programs = {track.program for track in song.tracks if not track.is_drum}
    assert VOICES[piece.lead][1] in programs
    assert programs & {32, 33}
    assert programs & {0, 4, 24, 25}
    assert any(track.is_drum for track in song.tracks)


@every_piece
def test_the_melody_is_one_voice_in_the_range_of_its_instrument(piece: Piece) -> None:
    song = compose(piece)
    notes = song.tracks[song.melody_track].notes
    low, high = VOICES[piece.lead][2:]
    assert all(low <= note.pitch <= high for note in notes)
    assert all(note.end <= following.time for note, following in pairwise(notes))


@every_piece
def test_strong_beats_of_the_melody_favour_chord_tones_without_dwelling_on_them(piece: Piece) -> None:
    song, chart, harmony = compose(piece), chart_of(piece), harmony_of(piece)
    strong = [note for note in song.tracks[song.melody_track].notes if is_strong(note.time, chart)]
    tones = [note.pitch % 12 in harmony.at(note.time).chord.pitch_classes for note in strong]
    assert 0.5 <= sum(tones) / len(tones) <= 0.95


@every_piece
def test_the_file_reads_back_as_composed(piece: Piece, composed: Path) -> None:
    song, read = compose(piece), read_midi(composed / piece.filename)
    assert sorted(note for track in read.tracks for note in track.notes) == sorted(
        note for track in song.tracks for note in track.notes
    )
    assert read.bar_meters() == song.bar_meters()
    assert read.chords == song.chords


def test_type_0_files_hold_one_track(composed: Path) -> None:
    headers = [(composed / piece.filename).read_bytes()[8:12] for piece in PIECES if "type0" in piece.traits]
    assert headers == [b"\0\0\0\1"] * 3
