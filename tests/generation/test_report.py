from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given, settings

from solomuse.generation.controls import Controls
from solomuse.generation.editing import Edit
from solomuse.generation.lines import read_line
from solomuse.generation.ranking import rank
from solomuse.generation.report import report_of
from solomuse.generation.report_table import table_of
from solomuse.generation.solo import Solo
from solomuse.metrics.ngram_index import NgramIndex
from solomuse.model.folder import Model
from solomuse.model.melodies import Melodies
from solomuse.music.chart_text import parse_chart
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.note import Note
from solomuse.music.pitch import parse_pitch
from solomuse.tokens.vocabulary import vocabulary
from tests.strategies import lead_sheets, notated_sheets

MODEL = Model(Path("runs/blues/model"), cast(Any, None), vocabulary(12), {"package": "0.1.0"})
LICK = [62, 64, 65, 69, 66, 60, 63, 61, 67]
LEARNED = Melodies(NgramIndex.of([[40, 41], [50, *LICK, 40]]), ("Tea", "Donna_Lee"), ("", "Ada"))


def solo(sheet: LeadSheet) -> Solo:
    return Solo(sheet, (), seed=3, take=5, bits_per_note=math.nan)


def played(text: str, *notes: tuple[int, str]) -> dict[str, Any]:
    """The report of notes of a quarter each, given by their quarter and name."""
    melody = tuple(Note(480 * at, parse_pitch(name), 480) for at, name in notes)
    return report_of(solo(LeadSheet(parse_chart(text), melody)), MODEL, LEARNED)


@settings(max_examples=50)
@given(lead_sheets())
def test_the_chart_and_the_notes_come_back_from_what_is_written(sheet: LeadSheet) -> None:
    document = json.loads(json.dumps(report_of(solo(sheet), MODEL, LEARNED), allow_nan=False))
    chart = parse_chart(document["chart"])
    assert replace(chart, qpm=sheet.chart.qpm) == sheet.chart
    assert chart.qpm == pytest.approx(sheet.chart.qpm)
    assert tuple(Note(*note) for note in document["notes"]) == sheet.melody


@settings(max_examples=50)
@given(notated_sheets())
def test_a_solo_is_read_again_as_a_line(tmp_path_factory: pytest.TempPathFactory, sheet: LeadSheet) -> None:
    path = tmp_path_factory.mktemp("out") / "solo.json"
    path.write_text(json.dumps(report_of(solo(sheet), MODEL, None)), "utf-8")
    line = read_line(path)
    assert line.melody == sheet.melody
    assert [bar.chords for bar in line.chart.bars] == [bar.chords for bar in sheet.chart.bars]


@settings(max_examples=50)
@given(lead_sheets())
def test_the_bars_add_up_to_the_whole(sheet: LeadSheet) -> None:
    report = report_of(solo(sheet), MODEL, None)
    assert [bar["bar"] for bar in report["bars"]] == list(range(1, len(sheet.chart.bars) + 1))
    assert sum(bar["notes"] for bar in report["bars"]) == len(sheet.melody)
    assert sum(bar["outside"] for bar in report["bars"]) == report["outside"]["notes"]
    assert all(0 <= bar["resolved"] <= bar["outside"] <= bar["notes_over_chords"] for bar in report["bars"])
    silent = sum(bar["rest_share"] * own.duration for bar, own in zip(report["bars"], sheet.chart.bars, strict=True))
    assert silent / sheet.chart.duration == pytest.approx(report["figures"]["rest_share"], abs=1e-3)


@settings(max_examples=50)
@given(lead_sheets())
def test_the_range_is_named_as_it_sounds(sheet: LeadSheet) -> None:
    pitches = [note.pitch for note in sheet.melody if note.pitch >= 12]
    report = report_of(solo(LeadSheet(sheet.chart, tuple(n for n in sheet.melody if n.pitch >= 12))), MODEL, None)
    ends = [report["range"][side] for side in ("lowest", "highest")]
    assert [end and end["pitch"] for end in ends] == ([min(pitches), max(pitches)] if pitches else [None, None])
    assert all(parse_pitch(end["name"]) == end["pitch"] for end in ends if end and end["name"][-2] != "-")


def test_a_bar_tells_how_it_goes_with_its_chords() -> None:
    report = played("[A] Dm7 G7 | Cmaj7", (0, "D4"), (1, "E4"), (2, "Ab4"), (3, "G4"), (4, "E4"))
    first, second = report["bars"]
    assert (first["section"], first["chords"], first["notes"], first["density"]) == ("A", ["Dm7", "G7"], 4, 4.0)
    assert (first["chord_tone_share"], first["scale_share"]) == (0.5, 0.75)
    assert (first["outside"], first["resolved"], first["is_outside"]) == (1, 1, False)
    assert (first["lowest"], first["highest"]) == ({"pitch": 62, "name": "D4"}, {"pitch": 68, "name": "Ab4"})
    assert (second["notes"], second["rest_share"], second["chord_tone_share"]) == (1, 0.75, 1.0)


def test_bars_mostly_out_of_the_scale_lie_outside() -> None:
    report = played(
        "Cmaj7 | % | %", (0, "C#4"), (1, "D#4"), (2, "F#4"), (3, "C4"), (4, "C#4"), (5, "D#4"), (9, "C4"), (10, "Ab4")
    )
    assert report["outside_bars"] == [1]
    assert "Bar 1 lies outside." in table_of(report)


def test_several_outside_bars_are_listed() -> None:
    outside = [(at, "C#4") for at in (0, 1, 2, 4, 5, 6, 12, 13, 14)]
    assert "Bars 1, 2 and 4 lie outside." in table_of(played("Cmaj7 | % | % | %", *outside))


def test_a_bar_without_notes_or_chords_has_no_shares() -> None:
    report = played("N.C. | C", (0, "C4"))
    assert [bar["chord_tone_share"] for bar in report["bars"]] == [None, None]
    assert (report["bars"][1]["lowest"], report["bars"][1]["rest_share"]) == (None, 1.0)


def test_the_longest_shared_run_is_said_with_its_bars_and_song() -> None:
    melody = tuple(Note(480 * (at + 2), pitch + 3, 480) for at, pitch in enumerate(LICK))
    report = report_of(solo(LeadSheet(parse_chart("C | F | G | C"), melody)), MODEL, LEARNED)
    assert report["originality"] == {
        "songs": 2,
        "is_whole": True,
        "new_share": 0.0,
        "longest_run": {
            "notes": 9, "all_notes": 9, "first_bar": 1, "last_bar": 3, "title": "Donna_Lee", "player": "Ada"
        },
    }  # fmt: skip
    assert "9 notes, bars 1-3, of Donna Lee (Ada)" in table_of(report)


def test_what_shares_nothing_and_what_is_not_known_are_told_apart() -> None:
    assert "It shares no phrase with the 2 melodies" in table_of(played("C | F", (0, "C4")))
    unknown = report_of(solo(LeadSheet(parse_chart("C"), ())), MODEL, None)
    assert unknown["originality"] is None
    assert "Whether it is new is not known" in table_of(unknown)


def test_only_what_was_asked_for_is_among_the_controls() -> None:
    sheet = LeadSheet(parse_chart("C"), (Note(0, 60, 480),))
    report = report_of(solo(sheet), MODEL, None, Controls(density=4.0, rests=0.3))
    assert report["controls"] == {"density": 4.0, "rests": 0.3}
    assert (report["seed"], report["take"], report["model"]) == (3, 5, {"name": "blues", "package": "0.1.0"})


def test_what_was_done_to_a_line_is_said_with_its_notes() -> None:
    sheet = LeadSheet(parse_chart("C | F"), (Note(0, 60, 480),))
    kept = report_of(solo(sheet), MODEL, None, edit=Edit(sheet, keep={1, 0}))
    assert kept["edit"] == {"keep": [1, 2], "line": [[0, 60, 480, 80]]}
    assert report_of(solo(sheet), MODEL, None, edit=Edit(sheet, is_motif=True))["edit"]["motif"] is True
    assert report_of(solo(sheet), MODEL, None)["edit"] is None


def test_the_shares_of_some_bars_count_each_note_once_that_is_over_a_scale() -> None:
    over_no_scale = [(0, "C4"), (1, "G4")]
    report = played("C5 C | C", *over_no_scale, (2, "C#4"), (4, "C4"), (5, "E4"), (6, "G4"))
    assert [(bar["notes_over_scales"], bar["scale_share"]) for bar in report["bars"]] == [(1, 0.0), (3, 1.0)]
    assert " 75 % " in next(row for row in table_of(report).splitlines() if row.lstrip().startswith("1-2"))


def test_a_ranked_take_has_its_score_and_parts() -> None:
    own = solo(LeadSheet(parse_chart("C"), (Note(0, 60, 480),)))
    report = report_of(own, MODEL, None, scored=rank([own], None).best[0])
    assert report["score"] == pytest.approx(sum(report["parts"].values()), abs=1e-3)
    assert report_of(own, MODEL, None)["score"] is None


@settings(max_examples=50)
@given(lead_sheets())
def test_every_report_has_a_table_of_four_bars_a_line(sheet: LeadSheet) -> None:
    lines = table_of(report_of(solo(sheet), MODEL, LEARNED)).splitlines()
    header = next(number for number, line in enumerate(lines) if line.split()[:1] == ["bars"])
    rows = lines[header + 1 : lines.index("", header)]
    assert len(rows) == -(-len(sheet.chart.bars) // 4)
