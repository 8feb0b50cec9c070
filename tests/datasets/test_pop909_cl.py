import os
from pathlib import Path

import pytest

from solomuse.datasets.pop909_cl import read_pop909_cl
from solomuse.datasets.source import find_songs, read_song
from solomuse.errors import FormatError
from solomuse.formats.midi import write_midi
from solomuse.music.meter import COMMON_TIME, Meter
from solomuse.music.note import Note
from solomuse.music.song import MeterChange, Song, Track
from tests.datasets.test_pop909 import write_song

DATA = os.environ.get("SOLOMUSE_DATA")
needs_data = pytest.mark.skipif(
    DATA is None or not Path(DATA, "POP909_CL").is_dir(), reason="SOLOMUSE_DATA names no folder that holds POP909_CL/"
)

TUNE = [(0, 1, 64), (1, 1, 67), (2, 2, 71), (4, 1, 72), (6, 2, 69), (8, 1, 65), (9, 3, 62)]
"""Onset and duration in quarters, pitch."""
ABOVE = [(0, 2, 84), (4, 2, 84), (8, 2, 81)]
BASS = [(0, 4, 36), (4, 4, 41), (8, 4, 43)]
BLOCKS = [(0, 4, (48, 52, 55)), (4, 4, (48, 53, 57)), (8, 4, (43, 47, 50, 53))]


def notes(rows, late=0):
    return tuple(sorted(Note(round(on * 480) + late, pitch, round(length * 480)) for on, length, pitch in rows))


def blocks(rows, late=0):
    return notes([(on, length, pitch) for on, length, pitches in rows for pitch in pitches], late)


def write_checked(
    path, *, piano=(*TUNE, *ABOVE, *BASS), chords=BLOCKS, name="chords", late=0, late_chords=0, meter=COMMON_TIME
):
    """A song in the layout of POP909-CL; a part that is None is left out."""
    path.parent.mkdir(parents=True, exist_ok=True)
    tracks = () if piano is None else (Track(notes(piano, late), "piano"),)
    tracks += () if chords is None else (Track(blocks(chords, late + late_chords), name),)
    write_midi(Song(tracks, meters=(MeterChange(0, meter),)), path)
    return path


def labels(song):
    return [(span.time, span.duration, span.chord.label) for span in song.chords]


def rows(track):
    return [(note.time / 480, note.duration / 480, note.pitch) for note in track.notes]


@pytest.mark.parametrize("name", ["chords", "MIDI 01"])
def test_the_chord_track_has_two_names_and_is_no_instrument(tmp_path, name):
    song = read_pop909_cl(write_checked(tmp_path / "POP909_CL" / "001.mid", name=name))
    assert labels(song) == [(0, 1920, "C:maj"), (1920, 1920, "F:maj/5"), (3840, 1920, "G:7")]
    assert [track.name for track in song.tracks] == ["MELODY", "PIANO"]
    assert song.melody_track == 0


def test_the_melody_is_what_pop909_beside_it_says(tmp_path):
    write_song(tmp_path / "POP909" / "001", melody=TUNE)
    song = read_pop909_cl(write_checked(tmp_path / "POP909_CL" / "001.mid"))
    assert rows(song.tracks[0]) == sorted(TUNE)
    assert rows(song.tracks[1]) == sorted([*ABOVE, *BASS], key=lambda row: (row[0], row[2]))
    assert song.notices == ()


def test_the_melody_is_found_where_it_begins_later_than_in_pop909(tmp_path):
    write_song(tmp_path / "POP909" / "001", melody=TUNE)
    song = read_pop909_cl(write_checked(tmp_path / "POP909_CL" / "001.mid", late=3840))
    assert rows(song.tracks[0]) == [(time + 8, length, pitch) for time, length, pitch in sorted(TUNE)]


def test_the_melody_is_found_where_the_beats_of_pop909_are_dotted(tmp_path):
    write_song(tmp_path / "POP909" / "001", melody=TUNE, index="001,Invented,Nobody,1,2,3")
    song = read_pop909_cl(write_checked(tmp_path / "POP909_CL" / "001.mid"))
    assert rows(song.tracks[0]) == sorted(TUNE)


def test_without_pop909_the_melody_is_the_top_line_with_a_notice(tmp_path):
    song = read_pop909_cl(write_checked(tmp_path / "POP909_CL" / "001.mid", piano=[*TUNE, *BASS, (0, 4, 60)]))
    assert rows(song.tracks[0]) == sorted(TUNE)
    assert song.notices == ("its melody is only the top line of the piano: put POP909 beside it",)


def test_another_version_in_pop909_is_not_taken_for_the_melody(tmp_path):
    write_song(tmp_path / "POP909" / "001", melody=[(on, 1, 61) for on in range(10)])
    song = read_pop909_cl(write_checked(tmp_path / "POP909_CL" / "001.mid"))
    assert "POP909 has another version" in song.notices[0]


def test_a_damaged_song_of_pop909_costs_only_the_melody(tmp_path):
    (write_song(tmp_path / "POP909" / "001", melody=TUNE) / "beat_midi.txt").unlink()
    song = read_pop909_cl(write_checked(tmp_path / "POP909_CL" / "001.mid"))
    assert "beat_midi.txt: cannot be read" in song.notices[0]
    assert len(song.chords) == 3


@pytest.mark.parametrize("late", [100, 480, 1540])
def test_a_bar_begins_where_most_chords_do(tmp_path, late):
    song = read_pop909_cl(write_checked(tmp_path / "POP909_CL" / "001.mid", late=late))
    assert [span.time for span in song.chords] == [1920, 3840, 5760]
    assert song.tracks[1].notes[0].time == 1920
    assert song.notices[0] == "its bar lines are not where its chords begin: its notes were moved"


def test_bars_of_three_are_moved_by_their_own_length(tmp_path):
    three = [(0, 3, (48, 52, 55)), (3, 3, (48, 53, 57)), (6, 3, (43, 47, 50))]
    song = read_pop909_cl(write_checked(tmp_path / "POP909_CL" / "001.mid", chords=three, late=480, meter=Meter(3, 4)))
    assert [span.time for span in song.chords] == [1440, 2880, 4320]


def test_chords_a_little_late_are_put_on_the_beat_where_the_piano_is(tmp_path):
    song = read_pop909_cl(write_checked(tmp_path / "POP909_CL" / "001.mid", late_chords=19))
    assert [span.time for span in song.chords] == [0, 1920, 3840]
    assert song.tracks[1].notes[0].time == 0


@pytest.mark.parametrize(("part", "why"), [("piano", "no track 'piano'"), ("chords", "no track 'chords' or 'MIDI 01'")])
def test_a_song_without_piano_or_chords_is_refused(tmp_path, part, why):
    path = write_checked(tmp_path / "POP909_CL" / "001.mid", **{part: None})
    with pytest.raises(FormatError, match=rf"001\.mid: has {why}"):
        read_pop909_cl(path)


@pytest.mark.parametrize("folder", ["POP909_CL", "POP909_processed", "renamed"])
def test_the_set_is_recognised_by_its_folder_or_its_list_of_operations(tmp_path, folder):
    write_checked(tmp_path / folder / "001.mid")
    (tmp_path / folder / "midi_operations.json").write_text("{}", encoding="utf-8")
    write_midi(Song((Track(notes(TUNE)),)), tmp_path / folder / "demo.mid")
    files = find_songs(tmp_path / folder)
    assert [(file.source, file.name, file.title) for file in files] == [
        ("pop909-cl", "001.mid", "001"),
        ("midi", "demo.mid", "demo"),
    ]
    assert [file.source for file in find_songs(tmp_path / folder / "001.mid")] == ["pop909-cl"]


def test_numbered_files_of_another_folder_are_left_alone(tmp_path):
    write_checked(tmp_path / "mine" / "001.mid")
    assert [file.source for file in find_songs(tmp_path)] == ["midi"]


def test_title_performer_are_those_of_pop909(tmp_path):
    write_song(tmp_path / "POP909" / "001", melody=TUNE, index="001,Invented,Nobody,1,2,2")
    write_checked(tmp_path / "POP909_CL" / "001.mid")
    songs = [read_song(file) for file in find_songs(tmp_path)]
    assert [(song.source, song.title, song.metadata) for song in songs] == [
        ("pop909", "Invented", {"performer": "Nobody"}),
        ("pop909-cl", "Invented", {"performer": "Nobody"}),
    ]


def test_an_index_beside_the_files_gives_their_titles(tmp_path):
    path = write_checked(tmp_path / "POP909_CL" / "001.mid")
    header = "song_id,name,artist,modify_times,num_beats_per_measure,num_quavers_per_beat\n"
    (path.parent / "index.csv").write_text(f"{header}001,Invented,Nobody,1,2,2\n", encoding="utf-8")
    assert read_pop909_cl(path).title == find_songs(path)[0].title == "Invented"


@pytest.mark.data
@needs_data
@pytest.mark.parametrize(("number", "meter"), [("001", "4/4"), ("062", "3/4"), ("107", "3/8"), ("238", "4/4")])
def test_a_real_song_has_its_melody_over_chords_that_begin_bars(number, meter):
    song = read_pop909_cl(Path(DATA or "", "POP909_CL", f"{number}.mid"))
    assert {str(own) for own in song.bar_meters()} == {meter}
    assert len(song.tracks[0].notes) > 100
    bar = song.bar_meters()[0].bar_ticks
    places = [span.time % bar for span in song.chords]
    assert max(set(places), key=places.count) == 0
