from __future__ import annotations

import json
from pathlib import Path

import pytest

from solomuse.cli import main
from solomuse.formats.musicxml import write_musicxml
from solomuse.music.chart_text import parse_chart
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.note import Note


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that holds one solo."""
    out = tmp_path / "theirs"
    out.mkdir()
    notes = tuple(Note(beat * 480, 60 + beat % 5, 480) for beat in range(16))
    write_musicxml(LeadSheet(parse_chart("C7 | F7 | C7 | C7"), notes), out / "blues.musicxml")
    return out


def test_a_folder_of_solos_is_measured_without_a_model(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    assert main(["evaluate", "--solos", str(folder)]) == 0
    printed = capsys.readouterr()
    assert "| notes per bar | 4.00 |" in printed.out
    assert "1 of 1 solos" in printed.out
    assert "reading" in printed.err


def test_json_is_one_document_and_nothing_else(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    assert main(["evaluate", "--solos", str(folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["files"]["read"] == 1


def test_a_report_is_written_where_it_is_wanted(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("solomuse.evaluation.listening.write_audio", lambda _, path: path.write_bytes(b""))
    assert main(["evaluate", "--solos", str(folder), "--out", str(tmp_path / "a" / "b")]) == 0
    names = {path.name for path in (tmp_path / "a" / "b").iterdir()}
    assert names == {"report.json", "report.md", "report.html"}


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ([], "a model and a dataset are needed"),
        (["run"], "a model and a dataset are needed"),
        (["run", "dataset", "--solos", "folder"], "measured without a model"),
        (["run", "dataset", "--charts", "folder"], "belong to the solos of a folder"),
        (["run", "dataset", "--style", "bebop"], "pass --solos too"),
        (["run", "dataset", "--seeds", "1"], "pass --solos too"),
        (["run", "dataset", "--seed", "-1"], "seed is -1"),
        (["--solos", "nowhere"], "nowhere: there is no such folder"),
        (["--solos", "²"], "²: there is no such folder"),
        (["--solos", "nowhere", "--seed", "-1"], "seed is -1"),
        (["--solos", "nowhere", "--style", "bebop"], "belong to a model"),
        (["--solos", "nowhere", "--split", "test"], "belong to a model"),
        (["--solos", "nowhere", "--seeds", "1"], "belong to a model"),
    ],
)
def test_what_does_not_go_together_is_one_line(
    capsys: pytest.CaptureFixture[str], words: list[str], complaint: str
) -> None:
    assert main(["evaluate", *words]) == 2
    error = capsys.readouterr().err.splitlines()
    assert complaint in error[-1]


def test_a_report_that_cannot_be_written_is_refused_before_anything_is_measured(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    assert main(["evaluate", "--solos", str(folder), "--out", str(folder / "blues.musicxml")]) == 2
    error = capsys.readouterr().err
    assert "cannot be made" in error
    assert "measuring" not in error


def test_seeds_are_whole_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["evaluate", "run", "dataset", "--seeds", "1,x"])
    assert "expected whole numbers such as 1,2,3" in capsys.readouterr().err
