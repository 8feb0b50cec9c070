"""Several processes train one model as one process does."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from solomuse.config import Config
from solomuse.training import train

FINETUNE = Path(__file__).resolve().parent.parent.parent / "03.finetuning" / "finetune_midi_gpt.py"
OPTIONS = {"n_layer": 2, "epochs": 1.8, "eval_steps": 10, "dropout": 0.0, "precision": "fp32", "device": "cpu"}
"""15 steps, 8 of them an epoch, whose last batch of 4 is filled up."""


def losses(run: Path) -> list[float]:
    logs = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return [log[key] for log in logs for key in ("loss", "grad_norm", "bits_per_note", "eval_loss") if key in log]


@pytest.fixture(scope="module")
def config(toy_config: Config) -> Config:
    return toy_config.with_values({**OPTIONS, "batch_size": 4})


@pytest.fixture(scope="module")
def alone(few_dataset: Path, config: Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("alone") / "run"
    train(few_dataset, out, config)
    return out


@pytest.mark.slow
def test_two_processes_have_the_losses_of_one(few_songs: Path, alone: Path, tmp_path: Path) -> None:
    songs = shutil.copytree(few_songs, tmp_path / "songs")
    options = {"config": "tiny", "n_head": 2, "n_embd": 16, "threads": 1, "batch_size": 2, **OPTIONS}
    words = [sys.executable, "-m", "torch.distributed.launch", "--standalone", "--nproc_per_node=2", FINETUNE]
    words += ["--midi_root", songs, "--out_dir", tmp_path / "run", *(f"--{k}={v}" for k, v in options.items())]
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert len(losses(alone)) > 10
    assert losses(tmp_path / "run") == pytest.approx(losses(alone), abs=1e-4)
    assert (tmp_path / "run" / "model" / "model.safetensors").is_file()


def test_batches_that_are_accumulated_have_the_losses_of_one(
    few_dataset: Path, config: Config, alone: Path, tmp_path: Path
) -> None:
    train(few_dataset, tmp_path / "run", config.with_values({"batch_size": 1, "gradient_accumulation_steps": 4}))
    assert losses(tmp_path / "run") == pytest.approx(losses(alone), abs=1e-4)
