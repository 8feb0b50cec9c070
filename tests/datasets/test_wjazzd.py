import csv
import os
import sqlite3
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest

from solomuse.datasets.source import find_songs, read_song
from solomuse.datasets.wjazzd import read_wjazzd
from solomuse.datasets.wjazzd_sqlite import read_sqlite_solo, sqlite_solos
from solomuse.errors import ChordError, DatasetError, FormatError
from solomuse.music.song import Section, TempoChange
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


@pytest.mark.parametrize(
    ("column", "text", "name", "value"),
    [
        *(("Bb-maj", "Q-maj", "key", None), ("Bb-maj", "-min", "key", None), ("Bb-maj", "F-dor", "key", None)),
        *(("118.5", tempo, "tempos", (TempoChange(0, 120.0),)) for tempo in ("nan", "inf", "-5", "0", "fast")),
    ],
)
def test_a_key_or_tempo_that_is_none_is_left_out(tmp_path, column, text, name, value):
    melody = write_solo(tmp_path, common_time(), [(0, 1, 1, 1, 1, 1, 60)])
    info = tmp_path / "solo_info.csv"
    info.write_text(info.read_text(encoding="utf-8").replace(column, text), encoding="utf-8")
    assert getattr(read_wjazzd(melody), name) == value


def test_without_a_solo_info_title_is_the_file_name_with_the_tempo_of_the_beats(tmp_path):
    song = read_wjazzd(write_solo(tmp_path, common_time(), [(0, 1, 1, 1, 1, 1, 60)], info=False))
    assert (song.title, song.tempos) == ("Nobody_Nothing", (TempoChange(0, 120.0),))


def write_form(root, forms, phrases):
    """A solo whose beats have (form, chorus), and whose notes, one on each beat from the first, have a phrase."""
    melody = write_solo(root, common_time(bars=len(forms) // 4), [], info=False)
    beats = root / "beats" / "Nobody_Nothing_FINAL_beattrack.csv"
    header, *rows = beats.read_text(encoding="utf-8").splitlines()
    rows = [row.removesuffix("A1,1") + f"{form},{chorus}" for row, (form, chorus) in zip(rows, forms, strict=True)]
    beats.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    notes = [
        f"{1 + i * BEAT_SECONDS},{BEAT_SECONDS},4,1,{1 + i // 4},{1 + i % 4},1,0.5,4/4,60,{phrase}"
        for i, phrase in enumerate(phrases)
    ]
    melody.write_text("\n".join([f"{MELODY_COLUMNS},phrase_id", *notes]) + "\n", encoding="utf-8")
    return melody


def test_choruses_form_and_phrases_are_sections(tmp_path):
    forms = [("I1", 0)] * 4 + [("A1", 1)] * 4 + [("A1", 2)] * 4 + [("B1", 2)] * 4
    song = read_wjazzd(write_form(tmp_path, forms, ["1", "1", "2", "2", "2"]))
    assert song.sections == (
        Section("form", 0, 1920, "I1"),
        Section("phrase", 0, 960, "1"),
        Section("phrase", 960, 1440, "2"),
        Section("chorus", 1920, 1920, "1"),
        Section("form", 1920, 1920, "A1"),
        Section("chorus", 3840, 3840, "2"),
        Section("form", 3840, 1920, "A1"),
        Section("form", 5760, 1920, "B1"),
    )


@pytest.mark.parametrize("before", ["0", "-1", ""])
def test_what_comes_before_the_first_chorus_is_no_chorus(tmp_path, before):
    song = read_wjazzd(write_form(tmp_path, [("", before)] * 4 + [("", "1")] * 4, [""]))
    assert song.sections == (Section("chorus", 1920, 1920, "1"),)


def test_metadata_is_what_the_solo_info_says_and_no_more(tmp_path):
    melody = write_solo(tmp_path, common_time(), [(0, 1, 1, 1, 1, 1, 60)])
    header = "id,title,performer,instrument,style,tempoclass,rhythmfeel,form,composer,harmony_template,soloend"
    row = 'Nobody_Nothing_FINAL,Some Tune,A Player,tp,COOL,UP,SWING,"(A1,12)",,,03:21'
    (tmp_path / "solo_info.csv").write_text(f"{header}\n{row}\n", encoding="utf-8")
    assert read_wjazzd(melody).metadata == {
        "performer": "A Player",
        "instrument": "tp",
        "style": "COOL",
        "tempo_class": "UP",
        "rhythm_feel": "SWING",
        "form": "(A1,12)",
    }


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


SOLO_INFO = "melid INTEGER, compid INTEGER, title TEXT, performer TEXT, instrument TEXT, avgtempo REAL, key TEXT"
MELODY = (
    "melid INTEGER, onset REAL, pitch REAL, duration REAL, division INTEGER, bar INTEGER, beat INTEGER, tatum INTEGER"
)
BEATS = "melid INTEGER, onset REAL, bar INTEGER, beat INTEGER, signature TEXT, chord TEXT, form TEXT, chorus_id INTEGER"
TWO_BARS = [(1, "4/4", "C7", "A1", 1), *[(1, "", "", "", 1)] * 3, (2, "", "F7", "", 1), *[(2, "", "", None, 1)] * 3]
THREE_NOTES = [(1.1, 60, 0.4, 2, 1, 1, 1), (1.7, 62, 0.3, 3, 1, 2, 3), (3.0, 64.0, 1, 1, 2, 1, 1)]


def write_database(path, *, leave_out=(), beats=TWO_BARS, notes=THREE_NOTES):
    """The database in the layout of the published file, with the solos 1 and 7 of the same notes."""
    tables = {
        "solo_info": SOLO_INFO,
        "melody": MELODY,
        "beats": BEATS,
        "sections": 'melid INTEGER, type TEXT, start INTEGER, "end" INTEGER, value TEXT',
        "composition_info": "compid INTEGER, title TEXT, composer TEXT, template TEXT",
        "record_info": "recordid INTEGER",
    }
    rows = {name: [] for name in tables}
    for number, title in ((1, "Some Tune"), (7, None)):
        rows["solo_info"].append((number, 3, title, "A Player", "tp", 118.5, "Bb-maj"))
        rows["melody"] += [(number, *note) for note in notes]
        rows["beats"] += [
            (number, 1 + 0.5 * i, bar, 1 + i % 4, signature, chord, form, chorus)
            for i, (bar, signature, chord, form, chorus) in enumerate(beats)
        ]
        rows["sections"] += [(number, "PHRASE", 0, 1, "1"), (number, "PHRASE", 2, 2, "2"), (number, "IDEA", 0, 2, "x")]
    rows["composition_info"].append((3, "Its Tune", "A Composer", ""))
    with closing(sqlite3.connect(path)) as database:
        for name, columns in tables.items():
            if name not in leave_out:
                database.execute(f"CREATE TABLE {name}({columns})")
                for row in rows[name]:
                    database.execute(f"INSERT INTO {name} VALUES ({','.join('?' * len(row))})", row)
        database.commit()
    return path


@pytest.mark.parametrize("name", ["wjazzd.db", "mine.sqlite", "MINE.SQLITE3"])
def test_each_solo_of_the_published_file_is_a_song(tmp_path, name):
    write_database(tmp_path / name)
    files = find_songs(tmp_path)
    assert [(file.source, file.name, file.title, file.tune) for file in files] == [
        ("wjazzd", f"{name}#1", "Some Tune", 1),
        ("wjazzd", f"{name}#7", "Its Tune", 7),
    ]
    assert [read_song(file).title for file in files] == ["Some Tune", "Its Tune"]
    assert [file.tune for file in find_songs(tmp_path / name)] == [1, 7]


def test_a_solo_of_the_published_file_is_that_of_the_csv_files(tmp_path):
    chords = ["C7"] * 4 + ["F7"] * 4
    places = [(bar, beat, sig, chord) for (bar, beat, sig, _), chord in zip(common_time(), chords, strict=True)]
    notes = [(0.2, 0.8, 1, 1, 1, 2, 60), (1.4, 0.6, 1, 2, 3, 3, 62), (4, 2, 2, 1, 1, 1, 64)]
    written = read_wjazzd(write_solo(tmp_path, places, notes))
    assert read_sqlite_solo(write_database(tmp_path / "wjazzd.db"), 1) == written


def test_the_published_file_tells_sections_and_metadata(tmp_path):
    song = read_sqlite_solo(write_database(tmp_path / "wjazzd.db"), 1)
    assert song.metadata == {"performer": "A Player", "instrument": "tp", "composer": "A Composer"}
    assert song.sections == (
        Section("chorus", 0, 3840, "1"),
        Section("form", 0, 3840, "A1"),
        Section("phrase", 0, 1088, "1"),
        Section("phrase", 1920, 960, "2"),
    )


def test_tables_that_say_more_may_be_missing(tmp_path):
    path = write_database(tmp_path / "wjazzd.db", leave_out=("sections", "composition_info", "record_info"))
    assert sqlite_solos(path) == [(1, "Some Tune"), (7, "solo 7")]
    assert [section.kind for section in read_sqlite_solo(path, 7).sections] == ["chorus", "form"]


def test_a_solo_without_a_signature_has_bars_of_the_beats_counted(tmp_path):
    path = write_database(tmp_path / "wjazzd.db", beats=[(bar, None, chord, "", 1) for bar, _, chord, *_ in TWO_BARS])
    assert [str(meter) for meter in read_sqlite_solo(path, 1).bar_meters()] == ["4/4", "4/4"]


def test_the_file_is_not_written_to(tmp_path):
    path = write_database(tmp_path / "wjazzd.db")
    before = path.read_bytes()
    path.chmod(0o444)
    read_sqlite_solo(path, 1)
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["wjazzd.db"]


@pytest.mark.parametrize("missing", ["solo_info", "melody", "beats"])
def test_other_databases_are_left_alone(tmp_path, missing):
    write_database(tmp_path / "other.db", leave_out=(missing,))
    (tmp_path / "Thumbs.db").write_bytes(b"no database")
    with pytest.raises(DatasetError, match="holds no file"):
        find_songs(tmp_path)


@pytest.mark.parametrize("kept", [0.3, 0.6])
def test_a_damaged_database_is_found_and_says_what_is_wrong(tmp_path, kept):
    path = write_database(tmp_path / "wjazzd.db", notes=[(1 + i / 2000, 60, 0.0001, 1, 1, 1, 1) for i in range(2000)])
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * kept)])
    with pytest.raises(FormatError, match=r"wjazzd\.db: a damaged or locked database .*; download it again") as caught:
        [read_song(file) for file in find_songs(tmp_path)]
    assert "\n" not in str(caught.value)


def test_a_solo_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FormatError, match="no solo of the number 5"):
        read_sqlite_solo(write_database(tmp_path / "wjazzd.db"), 5)


def test_a_solo_without_notes_is_named_by_its_number(tmp_path):
    with pytest.raises(FormatError, match=r"wjazzd\.db#7: no row"):
        read_sqlite_solo(write_database(tmp_path / "wjazzd.db", notes=[]), 7)


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


@pytest.mark.data
@pytest.mark.slow
@needs_data
@pytest.mark.skipif(
    not Path(DATA or "", "wjazzd_rebuilt.sqlite").is_file(), reason="SOLOMUSE_DATA holds no wjazzd_rebuilt.sqlite"
)
def test_every_real_solo_is_the_same_from_both_layouts():
    root = Path(DATA or "")
    solos = {file.tune: file for file in find_songs(root / "wjazzd_rebuilt.sqlite")}
    with (root / "csv" / "solo_info.csv").open(encoding="utf-8", newline="") as file:
        name_by_number = {int(row["melid"]): row["id"] for row in csv.DictReader(file)}
    assert len(solos) == 357
    for number, solo in solos.items():
        table = read_wjazzd(root / "csv" / "melody" / f"{name_by_number[number]}.csv")
        song = read_song(solo)
        assert (song, song.metadata, song.sections) == (table, table.metadata, table.sections)
