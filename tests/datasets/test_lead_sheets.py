from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from solomuse.datasets.lead_sheets import read_lead_sheet, read_lead_sheets
from solomuse.datasets.source import find_songs, read_song
from solomuse.errors import ChartError, FormatError, NoMelodyError, SoloMuseError
from solomuse.formats.ireal import write_ireal
from solomuse.formats.midi import write_midi
from solomuse.music.chart_text import parse_chart
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.note import Note
from solomuse.music.song import Song, Track, meter_changes
from solomuse.render.files import write_lead_sheet

SHEET = LeadSheet(
    parse_chart("title: Paper Boat\nkey: C\nDm7 | G7 | Cmaj7 | Cmaj7"),
    (Note(0, 62, 480), Note(960, 65, 960), Note(3840, 64, 1920)),
)
BOOK = 'X:1\nT:One\nM:4/4\nL:1/4\nK:C\n"C"CDEF|"G7"G4|\n\nX:2\nT:Two\nM:4/4\nL:1/4\nK:G\n"G"G5|"D"A4|"G"G4|\n'
LINK = write_ireal([parse_chart("title: Red Door\nC | F"), parse_chart("title: Blue Door\nAm | E7")], "Doors")


def walking(name: str, program: int) -> Track:
    """Quarters low down."""
    return Track(tuple(Note(beat * 480, 38 + beat % 5, 480) for beat in range(16)), name, program)


def pitches(sheet: LeadSheet) -> list[int]:
    return [note.pitch for note in sheet.melody]


@pytest.mark.parametrize("ending", [".musicxml", ".xml", ".mxl", ".abc"])
def test_a_lead_sheet_comes_back_from_every_kind_of_file(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"Paper Boat{ending}"
    write_lead_sheet(SHEET, path)
    sheet = read_lead_sheet(path)
    assert pitches(sheet) == pitches(SHEET)
    assert [span.chord for span in sheet.chart.spans()] == [span.chord for span in SHEET.chart.spans()]


@pytest.mark.parametrize("kind", ["argument", "file", "page"])
def test_a_playlist_is_several_charts(tmp_path: Path, kind: str) -> None:
    source: str | Path = LINK
    if kind != "argument":
        source = tmp_path / ("list.txt" if kind == "file" else "list.html")
        source.write_text(LINK if kind == "file" else f'<html><a href="{LINK}">Doors</a></html>', encoding="utf-8")
    assert [sheet.name for sheet in read_lead_sheets(source)] == ["Red Door", "Blue Door"]


def test_a_page_without_links_says_so(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<!doctype html><p>Dm7 | G7</p>", encoding="utf-8")
    with pytest.raises(FormatError, match=r"page\.html: a page without iReal Pro links"):
        read_lead_sheets(tmp_path / "page.html")


def test_a_chart_is_read_from_text_and_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "blues.txt").write_text("title: Blues\nC7 | F7", encoding="utf-8")
    assert read_lead_sheet("C7 | F7").chart.bars == read_lead_sheet(tmp_path / "blues.txt").chart.bars


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
@pytest.mark.parametrize("name", ["été.txt", "été.abc", "été.ls"])
def test_a_text_is_read_in_every_encoding(tmp_path: Path, encoding: str, name: str) -> None:
    text_by_ending = {
        ".txt": "title: Été\nC | F",
        ".abc": 'X:1\nT:Été\nM:4/4\nL:1/4\nK:C\n"C"C4|"F"F4|\n',
        ".ls": "(title Été)\nC | F |\n",
    }
    path = tmp_path / name
    path.write_bytes(text_by_ending[path.suffix].replace("\n", "\r\n").encode(encoding))
    sheet = read_lead_sheet(path)
    assert (sheet.chart.title, [span.chord.symbol() for span in sheet.chart.spans()]) == ("Été", ["C", "F"])


@pytest.mark.parametrize(
    "data",
    ["title: Là-bas, l'été\nB♭m7 | E♭7\ncomposer: ".encode() + b"\x90", b"title: Voil\x90\nBbm7 | Eb7"],
)
def test_a_byte_that_is_nothing_costs_no_other(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "chart.txt").write_bytes(data)
    chart = read_lead_sheet(tmp_path / "chart.txt").chart
    assert [span.chord.symbol() for span in chart.spans()] == ["Bbm7", "Eb7"]


def test_a_folder_does_not_hide_a_chord_of_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "C").mkdir()
    assert read_lead_sheet("C").chart == parse_chart("C")
    with pytest.raises(FormatError, match="a folder"):
        read_lead_sheet(Path("C"))


@pytest.mark.parametrize("data", [bytes(range(256)), "C | F".encode("utf-16-le"), b"\xff\xfeC"])
def test_what_is_no_text_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "chart.txt").write_bytes(data)
    with pytest.raises(FormatError, match=r"chart\.txt: not a text file"):
        read_lead_sheet(tmp_path / "chart.txt")


@pytest.mark.parametrize("ending", [".json", ".pdf"])
def test_of_a_file_of_another_kind_it_is_said_what_can_be_read(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"tune{ending}"
    path.write_text("{}", "utf-8")
    with pytest.raises(FormatError, match=r"tune\..* is no chart that can be read; expected a text, iReal Pro, .*'{}'"):
        read_lead_sheet(path)


@pytest.mark.parametrize("bars", [1, 60, 200, 600])
def test_a_chart_on_one_line_is_no_path_however_long_it_is(bars: int) -> None:
    assert len(read_lead_sheet("Dm7 | " * bars + "G7").chart.bars) == bars + 1


def test_a_link_is_told_from_a_file_of_that_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.irealbook").write_text(LINK, encoding="utf-8")
    assert read_lead_sheet("a.irealbook", "2").chart.title == "Blue Door"


def play_along(*tracks: Track) -> Song:
    return Song(tracks, chords=tuple(SHEET.chart.spans()), meters=meter_changes(SHEET.chart))


PAD = Track(tuple(Note(bar * 1920, pitch, 1920) for bar in range(4) for pitch in (60, 64, 67)), "Pad", 89)


@pytest.mark.parametrize("backing", [(PAD,), (walking("", 33), PAD), (walking("Upright Bass", 0), PAD)])
def test_of_a_play_along_the_chart_is_read_and_no_melody(tmp_path: Path, backing: tuple[Track, ...]) -> None:
    write_midi(play_along(*backing), tmp_path / "along.mid")
    sheet = read_lead_sheet(tmp_path / "along.mid")
    assert [span.chord.symbol() for span in sheet.chart.spans()] == ["Dm7", "G7", "Cmaj7"]
    assert sheet.melody == ()


@pytest.mark.parametrize(("said", "key"), [(None, "C:maj"), ("D:min", "D:min")])
def test_midi_that_says_no_key_is_in_that_of_its_chords(tmp_path: Path, said: str | None, key: str) -> None:
    write_midi(replace(play_along(PAD), key=said), tmp_path / "along.mid")
    assert read_lead_sheet(tmp_path / "along.mid").chart.key == key


def test_a_bass_that_is_named_the_melody_is_one(tmp_path: Path) -> None:
    write_midi(play_along(walking("Bass Solo", 33), PAD), tmp_path / "solo.mid")
    assert len(read_lead_sheet(tmp_path / "solo.mid").melody) == 16


def test_without_chords_a_song_has_to_have_a_melody(tmp_path: Path) -> None:
    write_midi(Song((PAD,)), tmp_path / "pad.mid")
    with pytest.raises(NoMelodyError, match="looks like a melody"):
        read_lead_sheet(tmp_path / "pad.mid")


@pytest.mark.parametrize("chart", ["C/E", "Dm7 / / G7 | C", "C:maj/3", "bb7/d", "(3/4)C"])
def test_a_slash_in_a_chord_makes_no_path(chart: str) -> None:
    assert read_lead_sheet(chart).chart == parse_chart(chart)


@pytest.mark.parametrize("song", ["2", "blue door", "Blue"])
def test_one_of_several_is_chosen_by_number_or_title(song: str) -> None:
    assert read_lead_sheet(LINK, song).chart.title == "Blue Door"


@pytest.mark.parametrize(
    ("source", "song", "error", "message"),
    [
        (LINK, None, ChartError, "holds 2 songs"),
        (LINK, "Door", ChartError, "2 songs with 'Door'"),
        (LINK, "9", ChartError, "no song with '9'"),
        (LINK, "²", ChartError, "no song with '²'"),
        (BOOK, None, ChartError, "holds 2 songs"),
        ("nowhere.musicxml", None, FormatError, "there is no such file"),
        (Path("nowhere"), None, FormatError, "there is no such file"),
        *((path, None, FormatError, "there is no such file") for path in ("/nowhere/x", "./nowhere", "nowhere/Dm7")),
        *((folder, None, FormatError, "but a folder; give a file") for folder in ("/", ".", Path("/"))),
        ("", None, ChartError, "the chart is empty"),
    ],
)
def test_what_cannot_be_chosen_or_found_is_said(
    source: str | Path, song: str | None, error: type[SoloMuseError], message: str
) -> None:
    with pytest.raises(error, match=message):
        read_lead_sheet(source, song)


@pytest.mark.parametrize("field", ["Q:1/0=120", f"Q:1/4={'9' * 400}", "L:1/00", f"M:{'9' * 5000}/4"])
def test_a_bad_field_in_a_book_costs_no_other_tune(tmp_path: Path, field: str) -> None:
    first, second = BOOK.split("\n\n")
    (tmp_path / "book.abc").write_text(first.replace("K:C", f"{field}\nK:C") + "\n\n" + second.replace("G5", "G4"))
    assert isinstance(read_lead_sheets(tmp_path / "book.abc")[1].result, LeadSheet)


def test_of_a_book_a_bad_tune_costs_itself_only(tmp_path: Path) -> None:
    (tmp_path / "book.abc").write_text(BOOK, encoding="utf-8")
    first, second = read_lead_sheets(tmp_path / "book.abc")
    assert (first.name, second.name) == ("One", "Two")
    assert isinstance(first.result, LeadSheet)
    assert "holds 5 beats" in str(second.result)
    with pytest.raises(FormatError, match="holds 5 beats"):
        read_lead_sheet(tmp_path / "book.abc", "Two")


def test_a_title_of_a_book_is_that_of_its_tune(tmp_path: Path) -> None:
    (tmp_path / "book.abc").write_text(BOOK.replace("T:One", "T: 100\\% Jig % a comment"), encoding="utf-8")
    titles = [file.title for file in find_songs(tmp_path)]
    assert titles == ["100% Jig", "Two"] == [sheet.name for sheet in read_lead_sheets(tmp_path / "book.abc")]


def test_lead_sheets_are_songs_to_learn_from(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    write_lead_sheet(SHEET, tmp_path / "a" / "boat.mxl")
    (tmp_path / "book.abc").write_text(BOOK, encoding="utf-8")
    files = find_songs(tmp_path)
    assert [(file.source, file.name, file.title) for file in files] == [
        ("musicxml", "a/boat.mxl", "boat"),
        ("abc", "book.abc#1", "One"),
        ("abc", "book.abc#2", "Two"),
    ]
    assert [len(read_song(file).tracks[0].notes) for file in files[:2]] == [3, 5]
    with pytest.raises(FormatError, match="holds 5 beats"):
        read_song(files[2])
