"""The guide that users follow, line by line, each from the folder that it says."""

from __future__ import annotations

import runpy
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TINY = ("--n_layer=1", "--n_head=2", "--n_embd=16", "--batch_size=16", "--eval_steps=10", "--threads=1")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the numbered folders, with the user's files in place."""
    for name in ("02.preprocessing", "03.finetuning"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("runs", "__pycache__"))
    midi = tmp_path / "01.data" / "Local" / "midi_files" / "Deep" / "Er"
    midi.mkdir(parents=True)
    for path in sorted((ROOT / "01.data" / "Remote").glob("*.mid"))[:12]:
        shutil.copy(path, midi / path.with_suffix(".MID").name)
    return tmp_path


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., object]:
    """The exit code of a script that is run in its folder."""

    def code_of(folder: Path, script: str, *words: str) -> object:
        monkeypatch.chdir(folder)
        monkeypatch.setattr(sys, "argv", [script, *words])
        with pytest.raises(SystemExit) as left:
            runpy.run_path(script, run_name="__main__")
        return left.value.code

    return code_of


def test_the_guide_runs_as_it_is_written(run: Callable[..., object], checkout: Path) -> None:
    assert run(checkout / "02.preprocessing", "prepare_dataset.py", "--config", "tiny") == 0
    finetuning = checkout / "03.finetuning"
    words = ["finetune_midi_gpt.py", "--midi_root", "../01.data/Local/midi_files", "--out_dir", "./runs/my_model"]
    assert run(finetuning, *words, "--config", "tiny", "--epochs", "1", *TINY) == 0
    model = finetuning / "runs" / "my_model" / "model" / "model.safetensors"
    before = model.stat().st_mtime_ns
    assert run(finetuning, *words, "--generate_demo") == 0
    assert (finetuning / "runs" / "my_model" / "demo.mid").is_file()
    assert model.stat().st_mtime_ns == before
    shutil.copytree(finetuning / "runs" / "my_model" / "checkpoint-0", finetuning / "runs" / "checkpoint-1000")
    assert run(finetuning, "finetune_midi_gpt.py", "--resume_from", "./runs/checkpoint-1000") == 0
    assert (finetuning / "runs" / "checkpoint-5").is_dir()


def test_an_empty_folder_is_one_clear_line(tmp_path: Path) -> None:
    words = [sys.executable, "prepare_dataset.py", "--midi_root", str(tmp_path)]
    done = subprocess.run(words, cwd=ROOT / "02.preprocessing", capture_output=True, text=True, timeout=120)
    assert (done.returncode, len(done.stderr.strip().splitlines())) == (2, 1)
