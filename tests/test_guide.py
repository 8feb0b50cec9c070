"""The guide that users follow, line by line, each from the folder that it says."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TINY = [
    "--config",
    "tiny",
    "--n_layer",
    "1",
    "--n_head",
    "2",
    "--n_embd",
    "16",
    "--batch_size",
    "16",
    "--eval_steps",
    "10",
    "--threads",
    "1",
]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the numbered folders, with the user's files in place."""
    root = tmp_path_factory.mktemp("guide")
    for name in ("02.preprocessing", "03.finetuning"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("runs", "__pycache__"))
    midi = root / "01.data" / "Local" / "midi_files" / "Deep" / "Er"
    midi.mkdir(parents=True)
    for path in sorted((ROOT / "01.data" / "Remote").glob("*.mid"))[:12]:
        shutil.copy(path, midi / path.with_suffix(".MID").name)
    return root


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [sys.executable, *words], cwd=folder, capture_output=True, text=True, timeout=200, env=environment
    )


def test_the_guide_runs_as_it_is_written(checkout: Path) -> None:
    prepared = run(checkout / "02.preprocessing", "prepare_dataset.py", "--config", "tiny")
    assert prepared.returncode == 0, prepared.stderr
    finetuning = checkout / "03.finetuning"
    words = ["finetune_midi_gpt.py", "--midi_root", "../01.data/Local/midi_files", "--out_dir", "./runs/my_model"]
    trained = run(finetuning, *words, "--epochs", "10", *TINY)
    assert trained.returncode == 0, trained.stderr
    model = finetuning / "runs" / "my_model" / "model" / "model.safetensors"
    before = model.stat().st_mtime_ns
    demo = run(finetuning, *words, "--generate_demo")
    assert demo.returncode == 0, demo.stderr
    assert (finetuning / "runs" / "my_model" / "demo.mid").is_file()
    assert model.stat().st_mtime_ns == before
    newest = max((finetuning / "runs" / "my_model").glob("checkpoint-*"), key=lambda path: path.stat().st_mtime)
    shutil.copytree(newest, finetuning / "runs" / "checkpoint-1000")
    resumed = run(finetuning, "finetune_midi_gpt.py", "--resume_from", "./runs/checkpoint-1000")
    assert resumed.returncode == 0, resumed.stderr


@pytest.mark.parametrize("launcher", ["torch.distributed.launch", "torch.distributed.run"])
def test_two_processes_train_one_model_together(checkout: Path, launcher: str) -> None:
    out = f"runs/{launcher}"
    words = ["-m", launcher, "--standalone", "--nproc_per_node=2", "finetune_midi_gpt.py", "--out_dir", out]
    done = run(checkout / "03.finetuning", *words, "--epochs", "1", "--device", "cpu", *TINY)
    assert done.returncode == 0, done.stderr
    assert (checkout / "03.finetuning" / out / "model" / "model.safetensors").is_file()


def test_an_empty_folder_is_one_clear_line(tmp_path: Path) -> None:
    done = run(ROOT / "02.preprocessing", "prepare_dataset.py", "--midi_root", str(tmp_path))
    assert (done.returncode, len(done.stderr.strip().splitlines())) == (2, 1)
