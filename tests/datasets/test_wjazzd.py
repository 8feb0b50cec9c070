import os
from itertools import pairwise
from pathlib import Path

import pytest

from solomuse.datasets.wjazzd import read_wjazzd
from solomuse.errors import ChordError, FormatError
from solomuse.music.song import TempoChange
from solomuse.music.symbols import parse_chord

DATA = os.environ.get("SOLOMUSE_DATA")
needs_data = pytest.mark.skipif(
    DATA is None or not Path(DATA, "csv", "melody").is_dir(), reason="SOLOMUSE_DATA names no folder that holds csv/"
)

MELODY_COLUMNS = "onset,duration,period,division,bar,beat,tatum,beat_duration,signature,pitch"
BEAT_COLUMNS = "onset,duration,period,division,bar,beat,signature,chord,form,chorus_id"
BEAT_SECONDS = 0.5


def write_solo(root, places, notes, *, name="Nobody_Nothing_FINAL", info=True):
    """A solo in the layout of the database.

    `places` are (bar, beat, signature, chord), a beat each; `notes` are
    (onset in beats, duration in beats, bar, beat, tatum, division, pitch).
    """
    (root / "melody").mkdir(parents=True)
    (root / "beats").mkdir()
    beat_rows = [
        f"{1 + i * BEAT_SECONDS},{BEAT_SECONDS},4,1,{bar},{beat},'{signature}',{chord},A1,1"
        for i, (bar, beat, signature, chord) in enumerate(places)
    ]
    note_rows = [
        f'{1 + on * BEAT_SECONDS},{length * BEAT_SECONDS},4,{division},{bar},{beat},{tatum},0.5,"""4/4""",{pitch}'
        for on, length, bar, beat, tatum, division, pitch in notes
    ]
    beats = root / "beats" / f"{name}_beattrack.csv"
    beats.write_text("\n".join([BEAT_COLUMNS, *beat_rows]) + "\n", encoding="utf-8")
    if info:
        row = f'{name},Some Tune,tp,118.5,Bb-maj,"A1: ||Bb6 |\nF7 ||"'
        header = "id,title,instrument,avgtempo,key,chord_changes\n"
        (root / "solo_info.csv").write_text(header + row + "\n", encoding="utf-8")
    melody = root / "melody" / f"{name}.csv"
    melody.write_text("\n".join([MELODY_COLUMNS, *note_rows]) + "\n", encoding="utf-8")
    return melody


def common_time(bars=2, chord="C7", first_bar=1):
    return [(bar, beat, "4/4", chord) for bar in range(first_bar, first_bar + bars) for beat in (1, 2, 3, 4)]


@pytest.mark.parametrize(
    ("symbol", "label"),
    [
        ("NC", "N"),
        ("Bb", "Bb:maj"),
        ("C-", "C:min"),
        ("F#o", "F#:dim"),
        ("G+", "G:aug"),
        ("Ebsus", "Eb:sus4"),
        ("F6", "F:maj6"),
        ("F69", "F:maj6(9)"),
        ("F6911#", "F:maj6(9,#11)"),
        ("G-6", "G:min6"),
        ("G-69", "G:min6(9)"),
        ("C7", "C:7"),
        ("C79", "C:9"),
        ("C79b", "C:7(b9)"),
        ("C79#", "C:7(#9)"),
        ("C7911", "C:11"),
        ("C7911#", "C:7(9,#11)"),
        ("C7913", "C:13"),
        ("C7913b", "C:7(9,b13)"),
        ("C79b13", "C:7(b9,13)"),
        ("C79b13b", "C:7(b9,b13)"),
        ("C79#13", "C:7(#9,13)"),
        ("C7alt", "C:7(*5,b9,#9,#11,b13)"),
        ("Dj7", "D:maj7"),
        ("Dj79", "D:maj9"),
        ("Dj7911#", "D:maj7(9,#11)"),
        ("Dj79#11#", "D:maj7(#9,#11)"),
        ("E-7", "E:min7"),
        ("E-79", "E:min9"),
        ("E-79b", "E:min7(b9)"),
        ("E-7911", "E:min11"),
        ("E-7913", "E:min13"),
        ("E-j7", "E:minmaj7"),
        ("E-j7911#", "E:minmaj7(9,#11)"),
        ("E-j7913", "E:minmaj7(9,13)"),
        ("Am7b5", "A:hdim7"),
        ("Bo7", "B:dim7"),
        ("A+7", "A:aug(b7)"),
        ("A+79", "A:aug(b7,9)"),
        ("A+79b", "A:aug(b7,b9)"),
        ("A+79#", "A:aug(b7,#9)"),
        ("A+7911#", "A:aug(b7,9,#11)"),
        ("A+j7", "A:aug(7)"),
        ("Gsus7", "G:sus4(b7)"),
        ("Gsus79", "G:sus4(b7,9)"),
        ("Gsus7913", "G:sus4(b7,9,13)"),
        ("C7/Bb", "C:7/b7"),
        ("Eb-79/Ab", "Eb:min9/4"),
        ("D/Eb", "D:maj/b2"),
    ],
)
def test_the_spelling_of_the_database_is_read(symbol, label):
    assert parse_chord(symbol, accidentals_behind=True).label == label


def test_a_symbol_that_is_no_chord_is_refused():
    with pytest.raises(ChordError, match="not a chord symbol"):
        parse_chord("Cwhat", accidentals_behind=True)


def test_a_note_lies_at_its_tatum_though_it_was_played_late(tmp_path):
    notes = [(0.1, 0.4, 1, 1, 1, 2, 60), (0.7, 0.3, 1, 1, 3, 3, 62), (5.05, 1, 2, 2, 1, 1, 64)]
    song = read_wjazzd(write_solo(tmp_path, common_time(), notes))
    assert [(note.time, note.pitch) for note in song.tracks[0].notes] == [(0, 60), (320, 62), (2400, 64)]


def test_a_note_lasts_as_long_as_it_was_played_but_never_into_the_next(tmp_path):
    notes = [(0, 0.25, 1, 1, 1, 1, 60), (1.1, 0.9, 1, 2, 1, 1, 62), (1.75, 0.5, 1, 2, 3, 4, 64)]
    song = read_wjazzd(write_solo(tmp_path, common_time(), notes))
    assert [note.duration for note in song.tracks[0].notes] == [120, 240, 240]


def test_a_first_bar_that_starts_in_the_middle_is_a_pickup(tmp_path):
    places = [(0, 3, "4/4", "NC"), (0, 4, "4/4", "NC"), *common_time()]
    song = read_wjazzd(write_solo(tmp_path, places, [(1, 1, 0, 4, 1, 1, 60), (9, 1, 2, 4, 1, 1, 62)]))
    assert [str(meter) for meter in song.bar_meters()] == ["2/4", "4/4", "4/4"]
    assert [note.time for note in song.tracks[0].notes] == [480, 9 * 480]


def test_a_last_bar_that_is_cut_off_is_still_a_whole_one(tmp_path):
    song = read_wjazzd(write_solo(tmp_path, common_time()[:-2], [(5, 1, 2, 2, 1, 1, 60)]))
    assert [str(meter) for meter in song.bar_meters()] == ["4/4", "4/4"]


def test_bars_may_change_their_meter(tmp_path):
    places = [*common_time(1), *((2, beat, "3/4", "C7") for beat in (1, 2, 3)), *common_time(1, first_bar=3)]
    song = read_wjazzd(write_solo(tmp_path, places, [(7, 4, 3, 1, 1, 1, 60)]))
    assert [str(meter) for meter in song.bar_meters()] == ["4/4", "3/4", "4/4"]


def test_a_beat_is_one_unit_of_the_denominator(tmp_path):
    places = [(1, beat, "6/8", "C7") for beat in range(1, 7)]
    song = read_wjazzd(write_solo(tmp_path, places, [(1, 1, 1, 2, 1, 1, 60), (3, 1, 1, 4, 2, 2, 62)]))
    assert [str(meter) for meter in song.bar_meters()] == ["6/8"]
    assert [note.time for note in song.tracks[0].notes] == [240, 840]


def test_chords_last_until_another_one_comes(tmp_path):
    chords = ["NC", "NC", "Bb6", "", "Bb6", "G79b", "G79b", ""]
    places = [(bar, beat, sig, chord) for (bar, beat, sig, _), chord in zip(common_time(), chords, strict=True)]
    song = read_wjazzd(write_solo(tmp_path, places, [(0, 1, 1, 1, 1, 1, 60)]))
    assert [(span.time, span.duration, span.chord.label) for span in song.chords] == [
        (0, 960, "N"),
        (960, 1440, "Bb:maj6"),
        (2400, 1440, "G:7(b9)"),
    ]


def test_title_tempo_key_instrument_are_those_of_the_solo_info(tmp_path):
    song = read_wjazzd(write_solo(tmp_path, common_time(), [(0, 1, 1, 1, 1, 1, 60)]))
    assert (song.title, song.tempos, song.key) == ("Some Tune", (TempoChange(0, 118.5),), "Bb:maj")
    assert (song.melody_track, song.tracks[0].name, song.tracks[0].program) == (0, "tp", 56)


def test_without_a_solo_info_title_is_the_file_name_with_the_tempo_of_the_beats(tmp_path):
    song = read_wjazzd(write_solo(tmp_path, common_time(), [(0, 1, 1, 1, 1, 1, 60)], info=False))
    assert (song.title, song.tempos) == ("Nobody_Nothing", (TempoChange(0, 120.0),))


@pytest.mark.parametrize(
    ("note", "why"),
    [
        ((0, 1, 9, 1, 1, 1, 60), "bar 9, beat 1"),
        ((0, 1, 1, 1, 3, 2, 60), "tatum 3 of 2"),
        ((0, 1, 1, 1, 1, 1, 200), "pitch 200"),
    ],
)
def test_a_note_without_a_place_is_refused_with_the_file_name(tmp_path, note, why):
    with pytest.raises(FormatError, match=rf"Nothing_FINAL\.csv.*{why}"):
        read_wjazzd(write_solo(tmp_path, common_time(), [note]))


@pytest.mark.parametrize("onset", ["", "nan"])
def test_a_note_without_an_onset_is_refused(tmp_path, onset):
    melody = write_solo(tmp_path, common_time(), [])
    melody.write_text(f"{MELODY_COLUMNS}\n{onset},0.5,4,1,1,1,1,0.5,4/4,60\n", encoding="utf-8")
    with pytest.raises(FormatError, match=r"Nothing_FINAL\.csv"):
        read_wjazzd(melody)


@pytest.mark.parametrize(
    ("places", "why"),
    [
        ([(1, 1, "4/4", "C")], "at least two beats"),
        ([(1, 1, "4/5", "C"), (1, 2, "4/5", "C")], "time signature"),
        ([(1, 1, "4/4", "C"), (1, 2, "4/4", "Cwhat")], "Cwhat"),
        ([], "no row"),
    ],
)
def test_a_malformed_beat_track_is_named_with_what_is_wrong(tmp_path, places, why):
    with pytest.raises(FormatError, match=rf"beattrack\.csv.*{why}"):
        read_wjazzd(write_solo(tmp_path, places, [(0, 1, 1, 1, 1, 1, 60)]))


def test_a_missing_beat_track_is_named(tmp_path):
    melody = write_solo(tmp_path, common_time(), [(0, 1, 1, 1, 1, 1, 60)])
    (tmp_path / "beats" / "Nobody_Nothing_FINAL_beattrack.csv").unlink()
    with pytest.raises(FormatError, match=r"beattrack\.csv: cannot be read"):
        read_wjazzd(melody)


@pytest.mark.data
@needs_data
@pytest.mark.parametrize("number", [0, 100, 200, 300])
def test_a_real_solo_is_one_voice_over_the_bars_of_its_beat_track(number):
    song = read_wjazzd(sorted(Path(DATA or "", "csv", "melody").glob("*.csv"))[number])
    notes = song.tracks[0].notes
    assert len(notes) > 50
    assert all(a.end <= b.time for a, b in pairwise(notes))
    assert song.chords[0].time == 0
    assert song.chords[-1].end >= notes[-1].time
