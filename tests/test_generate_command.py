"""What ``generate`` makes of its options: names, tempo."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args
from xml.etree import ElementTree

import pytest

from solomuse.cli import main
from solomuse.cli.options import PRECISIONS
from solomuse.formats.midi import read_midi
from solomuse.generation import Controls, generate
from solomuse.model.decoder import Precision
from solomuse.music.instruments import find_instrument
from solomuse.render.files import Rendering
from solomuse.render.performance import Performance


@pytest.mark.parametrize(("words", "qpm"), [((), 140.0), (("--band", "ballad"), 66.0), (("--tempo", "93"), 93.0)])
def test_the_soloist_is_told_the_tempo_of_the_band(tmp_path: Path, words: tuple[str, ...], qpm: float) -> None:
    midi, report = tmp_path / "s.mid", tmp_path / "s.json"
    assert main(["generate", "C | F", *words, "--out", str(midi), str(report)]) == 0
    assert read_midi(midi).tempos[0].qpm == pytest.approx(qpm, abs=0.01)
    assert json.loads(report.read_text("utf-8"))["tempo"] == qpm


def test_the_library_writes_the_bytes_of_the_command(tmp_path: Path) -> None:
    chart = "Dm7 | G7 | Cmaj7 | %"
    for ending in (".mid", ".musicxml"):
        words = ["--instrument", "trumpet", "--seed", "3", "--out", str(tmp_path / f"command{ending}")]
        assert main(["generate", chart, *words]) == 0
        solo = generate(None, chart, seed=3, controls=Controls(instrument="trumpet"))[0]
        solo.write(tmp_path / f"library{ending}", Rendering(Performance(seed=3)))
        assert (tmp_path / f"library{ending}").read_bytes() == (tmp_path / f"command{ending}").read_bytes()


@pytest.mark.parametrize(
    ("instrument", "sign", "octaves"),
    [("trombone", "F", None), ("clarinet", "G", None), ("double-bass", "F", "-1"), ("piccolo", "G", "1")],
)
def test_an_instrument_has_its_staff_at_concert_pitch(
    tmp_path: Path, instrument: str, sign: str, octaves: str | None
) -> None:
    path = tmp_path / "s.musicxml"
    assert main(["generate", "C | F", "--instrument", instrument, "--out", str(path)]) == 0
    score = ElementTree.parse(path).getroot()
    player = find_instrument(instrument)
    assert score.findtext(".//part-name") == player.title
    assert score.findtext(".//midi-program") == str(player.program + 1)
    assert score.findtext(".//clef/sign") == sign
    assert score.findtext(".//transpose/octave-change") == octaves
    assert score.findtext(".//transpose/chromatic") in (None, "0")


def test_the_command_knows_the_precisions_that_the_model_knows() -> None:
    assert get_args(Precision) == PRECISIONS


def test_a_folder_whose_name_has_a_point_is_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "take.one"
    folder.mkdir()
    assert main(["generate", "C | F", "--out", str(folder)]) == 0
    assert (folder / "solo.mid").is_file()


def test_what_is_named_twice_is_written_once(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    name = str(tmp_path / "s.mid")
    assert main(["generate", "C | F", "--json", "--out", name, name]) == 0
    assert json.loads(capsys.readouterr().out)[0]["files"] == [name]


@pytest.mark.parametrize("name", ["", "-", ".mid"])
def test_what_is_no_name_is_not_taken_for_a_folder(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit, match="2"):
        main(["generate", "C | F", "--out", name])
    assert "expected the name of a file or a folder" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_folders_are_made_only_where_a_folder_is_asked_for(tmp_path: Path) -> None:
    assert main(["generate", "C | F", "--out", str(tmp_path / "deep" / "new")]) == 0
    assert main(["generate", "C | F", "--out", str(tmp_path / "other" / "s.mid")]) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["deep"]


def test_stems_are_written_and_listed_beside_the_sound(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    names = [str(tmp_path / name) for name in ("s.mid", "s.wav")]
    assert main(["generate", "C | F", "--takes", "2", "--stems", "--json", "--out", *names]) == 0
    listed = {file for solo in json.loads(capsys.readouterr().out) for file in solo["files"]}
    ends = (".mid", ".wav", ".solo.wav", ".band.wav")
    assert listed == {str(tmp_path / f"s-{take}{end}") for take in (1, 2) for end in ends}
    assert listed == {str(path) for path in tmp_path.iterdir()}


def test_a_folder_has_the_stems_too(tmp_path: Path) -> None:
    assert main(["generate", "C | F", "--stems", "--out", str(tmp_path / "all")]) == 0
    assert {"solo.wav", "solo.solo.wav", "solo.band.wav"} <= {path.name for path in (tmp_path / "all").iterdir()}


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("--out", "s.mid"), "--stems goes with sound"),
        (("--out", "s.wav", "--band", "none"), "expected a band"),
        (("--out", "s.wav", "s.band.wav"), "one file twice"),
        (("--out", "old.wav"), "old.solo.wav"),
    ],
)
def test_stems_that_cannot_be_are_refused_before_anything_is_written(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    what: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "old.solo.wav").touch()
    assert main(["generate", "C | F", "--stems", *words]) == 2
    assert what in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["old.solo.wav"]
