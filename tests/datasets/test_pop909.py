import os
from itertools import pairwise
from pathlib import Path

import pytest

from solomuse.datasets.pop909 import read_pop909
from solomuse.errors import FormatError
from solomuse.formats.midi import write_midi
from solomuse.music.note import Note
from solomuse.music.song import Song, TempoChange, Track

BEAT_SECONDS = 0.75
FILE_QPM = 60.0
"""Not the tempo of the beats: the MIDI's own bars and beats mean nothing."""

DATA = os.environ.get("SOLOMUSE_DATA")
needs_data = pytest.mark.skipif(
    DATA is None or not Path(DATA, "POP909").is_dir(), reason="SOLOMUSE_DATA names no folder that holds POP909/"
)


def ticks_of_file(seconds):
    return round(seconds * FILE_QPM / 60 * 480)


def write_song(folder, *, first=0.5, beats=12, simple=2, bar=4, phase=0, melody=(), chords=None, index=None):
    """A song in the layout of POP909; `melody` holds (onset, duration, pitch) in beats from the first one."""
    folder.mkdir(parents=True)
    notes = tuple(
        Note(ticks_of_file(first + onset * BEAT_SECONDS), pitch, ticks_of_file(length * BEAT_SECONDS))
        for onset, length, pitch in melody
    )
    last = Note(ticks_of_file(first + (beats - 1) * BEAT_SECONDS), 40, ticks_of_file(BEAT_SECONDS))
    tracks = (Track((last,), "PIANO"), Track(notes, "MELODY")) if melody else (Track((last,), "PIANO"),)
    write_midi(Song(tracks, tempos=(TempoChange(0, FILE_QPM),)), folder / f"{folder.name}.mid")
    rows = [
        f"{first + i * BEAT_SECONDS} {float((i - phase) % simple == 0)} {float((i - phase) % bar == 0)}"
        for i in range(beats)
    ]
    (folder / "beat_midi.txt").write_text("\n".join(rows), encoding="utf-8")
    spans = [(start, end, label) for (start, label), (end, _) in pairwise([*(chords or [(0, "N")]), (beats, "")])]
    text = "".join(f"{first + a * BEAT_SECONDS}\t{first + b * BEAT_SECONDS}\t{label}\n" for a, b, label in spans)
    (folder / "chord_midi.txt").write_text(text, encoding="utf-8")
    (folder / "key_audio.txt").write_text("0.1\t9.5\tF:maj\n9.5\t20.0\tG:maj\n", encoding="utf-8")
    if index is not None:
        header = "song_id,name,artist,modify_times,num_beats_per_measure,num_quavers_per_beat\n"
        (folder.parent / "index.csv").write_text(header + index + "\n", encoding="utf-8")
    return folder


def bars(song):
    return [str(meter) for meter in song.bar_meters()]


def labels(song):
    return [(span.time, span.duration, span.chord.label) for span in song.chords]


def test_notes_lie_where_the_tapped_beats_say(tmp_path):
    song = read_pop909(write_song(tmp_path / "001", melody=[(0, 1, 60), (1.5, 0.5, 62), (4, 2, 64)]))
    assert [(n.time, n.duration, n.pitch) for n in song.tracks[1].notes] == [
        (0, 480, 60),
        (720, 240, 62),
        (1920, 960, 64),
    ]


def test_the_melody_track_is_the_one_of_that_name(tmp_path):
    song = read_pop909(write_song(tmp_path / "001", melody=[(0, 1, 60)]))
    assert song.melody_track == 1
    assert song.tracks[1].name == "MELODY"


def test_without_a_track_of_that_name_no_melody_is_claimed(tmp_path):
    assert read_pop909(write_song(tmp_path / "001")).melody_track is None


def test_bars_come_from_the_bar_flags(tmp_path):
    assert bars(read_pop909(write_song(tmp_path / "001"))) == ["4/4", "4/4", "4/4"]


def test_beats_before_the_first_downbeat_are_a_pickup_bar(tmp_path):
    assert bars(read_pop909(write_song(tmp_path / "001", phase=1))) == ["1/4", "4/4", "4/4", "4/4"]


def test_a_song_in_three_has_bars_of_three(tmp_path):
    row = "001,Invented,Nobody,1,3,2"
    assert bars(read_pop909(write_song(tmp_path / "001", simple=3, bar=6, index=row))) == ["3/4"] * 4


def test_a_song_in_three_is_known_without_an_index(tmp_path):
    assert bars(read_pop909(write_song(tmp_path / "001", simple=3, bar=6))) == ["3/4"] * 4


def test_compound_beats_are_dotted_quarters(tmp_path):
    row = "001,Invented,Nobody,1,2,3"
    song = read_pop909(write_song(tmp_path / "001", index=row, melody=[(1, 1, 60)]))
    assert bars(song) == ["12/8"] * 3
    assert [(note.time, note.duration) for note in song.tracks[1].notes] == [(720, 720)]
    assert song.tempos == (TempoChange(0, 120.0),)


def test_an_irregular_bar_is_a_bar_of_its_own(tmp_path):
    folder = write_song(tmp_path / "001")
    path = folder / "beat_midi.txt"
    rows = path.read_text(encoding="utf-8").splitlines()
    rows[6], rows[8] = rows[6].replace("0.0", "1.0"), rows[8].replace("1.0 1.0", "1.0 0.0")
    rows[10] = rows[10].replace("0.0", "1.0")
    path.write_text("\n".join(rows), encoding="utf-8")
    assert bars(read_pop909(folder)) == ["4/4", "2/4", "4/4", "4/4"]


def test_where_a_downbeat_was_not_tapped_two_bars_are_still_two(tmp_path):
    folder = write_song(tmp_path / "001")
    path = folder / "beat_midi.txt"
    rows = path.read_text(encoding="utf-8").splitlines()
    rows[4] = rows[4].replace("1.0 1.0", "1.0 0.0")
    path.write_text("\n".join([*rows, "9.5 1.0 1.0", "10.25 0.0 0.0", "11.0 1.0 0.0", "11.75 0 0", "12.5 1 1"]))
    assert set(bars(read_pop909(folder))) == {"4/4"}


def test_notes_before_the_first_beat_are_kept_in_beats_before_it(tmp_path):
    song = read_pop909(write_song(tmp_path / "001", first=2.0, melody=[(-1.5, 1, 60)], chords=[(0, "C:maj")]))
    assert [note.time for note in song.tracks[1].notes] == [240]
    assert bars(song)[:2] == ["2/4", "4/4"]
    assert labels(song)[0] == (960, 5760, "C:maj")


def test_a_note_just_before_the_first_beat_belongs_to_it(tmp_path):
    song = read_pop909(write_song(tmp_path / "001", melody=[(-0.1, 1, 60)]))
    assert [(note.time, note.end) for note in song.tracks[1].notes] == [(0, 432)]


def test_chords_lie_on_beats_and_equal_neighbours_are_one(tmp_path):
    given = [(0, "N"), (0.98, "C:sus4(b7)"), (2.02, "C:sus4(b7)"), (3.45, "F:maj/3"), (8, "Bb:min7")]
    song = read_pop909(write_song(tmp_path / "001", chords=given))
    assert labels(song) == [
        (0, 480, "N"),
        (480, 1200, "C:sus4(b7)"),
        (1680, 2160, "F:maj/3"),
        (3840, 1920, "Bb:min7"),
    ]


def test_tempo_key_title_are_those_of_the_text_files(tmp_path):
    song = read_pop909(write_song(tmp_path / "001", index='001,"Invented, or not",Nobody,1,2,2'))
    assert (song.tempos, song.key, song.title) == ((TempoChange(0, 80.0),), "F:maj", "Invented, or not")


@pytest.mark.parametrize(("text", "key"), [("Cb:maj", "Cb:maj"), ("G#:maj", "Ab:maj"), ("Q:maj", None), (":min", None)])
def test_a_key_that_is_none_is_left_out(tmp_path, text, key):
    folder = write_song(tmp_path / "001")
    (folder / "key_audio.txt").write_text(f"0.1\t9.5\t{text}\n", encoding="utf-8")
    assert read_pop909(folder).key == key


def test_a_bar_of_no_believable_length_is_named(tmp_path):
    with pytest.raises(FormatError, match=r"beat_midi\.txt: 70/4 has bars of more than 64 quarters"):
        read_pop909(write_song(tmp_path / "001", beats=150, bar=70))


def test_the_artist_is_the_performer(tmp_path):
    assert read_pop909(write_song(tmp_path / "001", index="001,Invented,Nobody,1,2,2")).metadata == {
        "performer": "Nobody"
    }
    assert read_pop909(write_song(tmp_path / "more" / "002")).metadata == {}


def test_a_note_that_is_there_twice_is_one(tmp_path):
    song = read_pop909(write_song(tmp_path / "001", melody=[(0, 1, 60), (0, 1, 60), (1, 1, 62)]))
    assert [note.pitch for note in song.tracks[1].notes] == [60, 62]


def test_without_an_index_the_title_is_the_folder(tmp_path):
    assert read_pop909(write_song(tmp_path / "017")).title == "017"


@pytest.mark.parametrize(
    ("file", "text", "why"),
    [
        ("beat_midi.txt", "0.5 1.0\n1.0 x\n", "time in seconds with two flags"),
        ("beat_midi.txt", "", "at least two beats"),
        ("beat_midi.txt", "1.0 1.0 1.0\n0.5 0.0 0.0\n", "rising"),
        ("chord_midi.txt", "0.5\tC:maj\n", "two times in seconds with a chord"),
        ("chord_midi.txt", "0.5\t1.5\tC:wrong\n", "C:wrong"),
        ("chord_midi.txt", "2.5\t3.5\tC:maj\n0.5\t1.5\tC:maj\n", "in order"),
        ("index.csv", "a,b\n1,2\n", "no column 'song_id'"),
    ],
)
def test_a_malformed_file_is_named_with_what_is_wrong(tmp_path, file, text, why):
    folder = write_song(tmp_path / "001")
    path = folder.parent / file if file == "index.csv" else folder / file
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FormatError, match=why) as caught:
        read_pop909(folder)
    assert file in str(caught.value)


def test_a_missing_file_is_named(tmp_path):
    folder = write_song(tmp_path / "001")
    (folder / "chord_midi.txt").unlink()
    with pytest.raises(FormatError, match=r"chord_midi\.txt"):
        read_pop909(folder)


@pytest.mark.data
@needs_data
@pytest.mark.parametrize(("number", "meter"), [("001", "4/4"), ("062", "3/4"), ("171", "12/8")])
def test_a_real_song_has_a_melody_over_chords_in_its_meter(number, meter):
    song = read_pop909(Path(DATA or "", "POP909", number))
    meters = bars(song)
    assert max(set(meters), key=meters.count) == meter
    assert song.tracks[song.melody_track].name == "MELODY"
    assert len(song.chords) > 30
    assert song.chords[-1].end <= sum(m.bar_ticks for m in song.bar_meters()) + 1920
