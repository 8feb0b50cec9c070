from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from solomuse.errors import ChartError, FormatError, OutputError
from solomuse.evaluation.solo_files import over_chart, read_solos
from solomuse.formats.midi import write_midi
from solomuse.formats.musicxml import write_musicxml
from solomuse.music.chart import Chart
from solomuse.music.chart_text import parse_chart
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.note import Note
from solomuse.music.song import Song, Track
from solomuse.tokens.vocabulary import vocabulary

GRID = vocabulary(12)
BLUES = parse_chart("C7 | F7 | C7 | C7")


def quarters(bars: int, chart: Chart = BLUES) -> LeadSheet:
    return LeadSheet(chart, tuple(Note(beat * 480, 60 + beat % 5, 480) for beat in range(4 * bars)))


def write_bare_midi(sheet: LeadSheet, path: Path) -> None:
    """Notes alone: no chords, no band."""
    write_midi(Song((Track(sheet.melody, "Solo", 66),), melody_track=0), path)


def test_a_solo_is_held_against_the_chart_of_its_name(tmp_path: Path) -> None:
    solos, charts = tmp_path / "solos", tmp_path / "charts"
    solos.mkdir()
    charts.mkdir()
    write_bare_midi(quarters(4), solos / "blues.mid")
    (charts / "blues.txt").write_text("Dm7 | G7 | Cmaj7 | C6")
    read = read_solos(solos, charts, GRID, 16)
    chords = [span.chord.symbol() for span in read.excerpts[0].sheet.chart.spans()]
    assert chords == ["Dm7", "G7", "Cmaj7", "C6"]
    assert read.files["charts"] == {"given": 1, "own": 0}


def test_names_that_are_no_utf8_can_be_shown(tmp_path: Path) -> None:
    try:
        write_musicxml(quarters(4), tmp_path / os.fsdecode(b"caf\xe9.musicxml"))
    except OutputError:
        pytest.skip("this file system takes UTF-8 only")
    assert read_solos(tmp_path, None, GRID, 16).excerpts[0].tune == "café.musicxml"


def test_notation_brings_its_own_chords(tmp_path: Path) -> None:
    write_musicxml(quarters(4), tmp_path / "blues.musicxml")
    read = read_solos(tmp_path, None, GRID, 16)
    assert [span.chord.symbol() for span in read.excerpts[0].sheet.chart.spans()] == ["C7", "F7", "C7"]
    assert [note.pitch for note in read.excerpts[0].sheet.melody] == [60 + beat % 5 for beat in range(16)]


def test_what_cannot_be_measured_is_counted_by_reason_and_costs_no_other(tmp_path: Path) -> None:
    write_musicxml(quarters(4), tmp_path / "good.musicxml")
    write_bare_midi(quarters(4), tmp_path / "chordless.mid")
    (tmp_path / "broken.musicxml").write_text("<score")
    (tmp_path / "broken.mid").write_bytes(b"nothing")
    (tmp_path / "notes.txt").write_text("not a solo")
    files = read_solos(tmp_path, None, GRID, 16).files
    assert (files["found"], files["read"]) == (4, 1)
    assert {reason: skip["count"] for reason, skip in files["left_out"].items()} == {"NoChords": 1, "Format": 2}
    assert "chordless" in files["left_out"]["NoChords"]["examples"][0]


@pytest.mark.parametrize(
    ("bars", "lengths"), [(1, [1]), (4, [4]), (5, [4]), (6, [4, 2]), (8, [4, 4]), (9, [4, 4]), (11, [4, 4, 3])]
)
def test_a_solo_is_cut_into_stretches_side_by_side_without_a_short_rest(
    tmp_path: Path, bars: int, lengths: list[int]
) -> None:
    write_musicxml(quarters(bars, parse_chart(" | ".join(["C7"] * bars))), tmp_path / "blues.musicxml")
    stretches = read_solos(tmp_path, None, GRID, 4).excerpts
    assert [len(stretch.sheet.chart.bars) for stretch in stretches] == lengths
    assert len({stretch.tune for stretch in stretches}) == 1
    assert len({stretch.chart for stretch in stretches}) == len(lengths)


def test_each_file_is_a_tune_of_its_own(tmp_path: Path) -> None:
    write_musicxml(quarters(4), tmp_path / "blues.musicxml")
    write_musicxml(quarters(4), tmp_path / "blues.mxl")
    assert {stretch.tune for stretch in read_solos(tmp_path, None, GRID, 16).excerpts} == {
        "blues.musicxml",
        "blues.mxl",
    }


def with_charts(tmp_path: Path, **text_by_ending: str) -> dict[str, Any]:
    """What is read of a solo without chords beside some charts of its name, and of other files of this name."""
    (tmp_path / "charts").mkdir()
    write_bare_midi(quarters(4), tmp_path / "blues.mid")
    write_bare_midi(quarters(4), tmp_path / "charts" / "blues.mid")
    write_musicxml(quarters(4), tmp_path / "own.xml")
    for ending, text in text_by_ending.items():
        (tmp_path / "charts" / f"blues.{ending}").write_text(text)
    return read_solos(tmp_path, tmp_path / "charts", GRID, 16).files


def test_only_charts_are_taken_for_charts_and_texts_first(tmp_path: Path) -> None:
    files = with_charts(tmp_path, png="a picture", txt="Dm7 | G7 | Cmaj7 | C6", wav="sound", xml="<score")
    assert (files["charts"], files["left_out"]) == ({"given": 1, "own": 1}, {})


@pytest.mark.parametrize(("chart", "why"), [("Dm7 | Q7", "'Q7'"), ("X:1\nK:C\nC|\n\nX:2\nK:C\nC|", "holds 2 charts")])
def test_a_chart_that_cannot_be_read_is_named(tmp_path: Path, chart: str, why: str) -> None:
    (left_out,) = with_charts(tmp_path, txt=chart)["left_out"].values()
    assert str(tmp_path / "charts" / "blues.txt") in left_out["examples"][0]
    assert why in left_out["examples"][0]


def test_each_tune_of_a_book_is_a_solo_and_a_broken_one_costs_no_other(tmp_path: Path) -> None:
    good = 'X:{}\nT:Same\nM:4/4\nL:1/4\nK:C\n"C"CDEF|"G7"GABc|'
    (tmp_path / "book.abc").write_text("\n\n".join([good.format(1), 'X:2\nT:Bad\nK:C\n"C"C[', good.format(3)]))
    read = read_solos(tmp_path, None, GRID, 16)
    assert [excerpt.tune for excerpt in read.excerpts] == ["book.abc 1 Same", "book.abc 3 Same"]
    assert (read.files["found"], read.files["read"]) == (3, 2)
    assert "book.abc 2: " in read.files["left_out"]["Format"]["examples"][0]


def test_a_solo_without_a_line_is_said_to_be_none(tmp_path: Path) -> None:
    write_musicxml(LeadSheet(BLUES, (Note(0, 60, 480),)), tmp_path / "one.xml")
    with pytest.raises(FormatError, match=r"no stretch of one\.xml has 2 notes"):
        read_solos(tmp_path, None, GRID, 16)


@pytest.mark.parametrize(("bars", "chart_bars"), [(3, 8), (4, 4), (9, 4)])
def test_a_solo_is_measured_over_its_own_bars_and_no_longer(bars: int, chart_bars: int) -> None:
    solo = quarters(bars, parse_chart(" | ".join(["C"] * bars) + " |"))
    over = over_chart(solo, parse_chart(" | ".join(["F"] * chart_bars)))
    assert len(over.chart.bars) == bars
    assert over.melody == solo.melody


def test_a_chart_comes_again_as_often_as_the_solo_is_longer() -> None:
    whole = over_chart(quarters(9, parse_chart("C | " * 8 + "C")), BLUES)
    assert [bar.chords[0].chord.symbol() for bar in whole.chart.bars] == ["C7", "F7", "C7", "C7"] * 2 + ["C7"]
    assert len(whole.melody) == 36


def test_a_pickup_comes_once_as_generate_plays_it() -> None:
    chart = parse_chart("(1/4) G7 | (4/4) C | F | (3/4) C")
    played = chart.repeated(3)
    solo = LeadSheet(played, tuple(Note(time, 60, 240) for time in played.bar_times[:-1]))
    assert over_chart(solo, chart) == solo


def test_a_chart_in_another_meter_is_refused() -> None:
    with pytest.raises(ChartError, match="differ in length"):
        over_chart(quarters(2), parse_chart("(3/4) C | F | G | C"))


def test_only_a_folder_will_do(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="no such folder"):
        read_solos(tmp_path / "missing", None, GRID, 16)
