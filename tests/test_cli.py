from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from solomuse.cli import main

REMOTE = Path(__file__).resolve().parent.parent / "01.data" / "Remote"


def run(capsys: pytest.CaptureFixture[str], *argv: object) -> tuple[int, str, str]:
    code = main([str(word) for word in argv])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_help_loads_neither_torch_nor_transformers() -> None:
    code = "import sys, solomuse.cli as c\ntry: c.main(['--help'])\nexcept SystemExit: pass\n"
    code += "assert not {'torch', 'transformers', 'symusic', 'matplotlib'} & set(sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0


def test_chart_shows_its_bars_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "chart", "Dm7 | G7", "--json")
    assert json.loads(out)["bars"][0] == [{"beat": 0.0, "duration_beats": 4.0, "label": "D:min7"}]


def test_analyze_gives_the_facts_of_every_example(capsys: pytest.CaptureFixture[str]) -> None:
    for path in sorted(REMOTE.glob("*.mid")):
        code, out, _ = run(capsys, "analyze", path, "--json")
        facts = json.loads(out)
        assert (code, facts["chord_source"] in ("given", "inferred"), len(facts["chords"]) > 8) == (0, True, True)


def test_generate_writes_midi_and_picture(capsys: pytest.CaptureFixture[str], toy_run: Path, tmp_path: Path) -> None:
    for name in ("solo.mid", "solo.png"):
        code, _, _ = run(capsys, "generate", "C | F", "--model", toy_run, "--out", tmp_path / name)
        assert (code, (tmp_path / name).stat().st_size > 100) == (0, True)


def test_evaluate_reports_bits_and_sensitivity(
    capsys: pytest.CaptureFixture[str], toy_run: Path, toy_dataset: Path
) -> None:
    code, out, _ = run(capsys, "evaluate", toy_run, toy_dataset, "--json")
    result = json.loads(out)
    assert (code, result["notes"] > 0, result["bits_per_note"] > 0) == (0, True, True)


def test_wrong_input_is_one_clear_line_and_exit_code_2(
    capsys: pytest.CaptureFixture[str], toy_run: Path, toy_dataset: Path, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "a.txt").write_text("not music")
    (tmp_path / "broken.mid").write_bytes(b"MThd nonsense")
    (tmp_path / "there.mid").write_bytes(b"")
    cases = [
        (["prepare", tmp_path / "empty", "--out", tmp_path / "d"], "empty"),
        (["prepare", tmp_path / "text", "--out", tmp_path / "d"], "text"),
        (["prepare", tmp_path / "broken.mid", "--out", tmp_path / "d"], "broken.mid"),
        (["prepare", REMOTE, "--out", toy_dataset], "exists already"),
        (["analyze", tmp_path / "missing.mid"], "missing.mid"),
        (["chart", "C:foo"], "foo"),
        (["chart", " "], "empty"),
        (["generate", "C", "--model", tmp_path, "--out", tmp_path / "x.mid"], "not a model folder"),
        (["generate", "C", "--model", toy_run, "--out", tmp_path / "there.mid"], "exists already"),
        (["generate", "C", "--model", toy_run, "--out", tmp_path / "x.wav"], "ending"),
        (["train", tmp_path, "--out", tmp_path / "r"], "not a dataset"),
    ]
    for argv, word in cases:
        code, out, err = run(capsys, *argv)
        assert (code, out, word in err, "Traceback" in err) == (2, "", True, False), argv
    assert not (tmp_path / "d").exists()
