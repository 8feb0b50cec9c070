"""Several processes train one model as one process does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from solomuse.config import Config
from solomuse.training import train

LAUNCHED = """
import json, sys
from pathlib import Path
from solomuse.config import config_from_tables
from solomuse.training import train

train(Path(sys.argv[1]), Path(sys.argv[2]), config_from_tables(json.loads(sys.argv[3]), "here"))
"""


def losses(run: Path) -> list[float]:
    logs = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return [log[key] for log in logs for key in ("loss", "grad_norm", "bits_per_note", "eval_loss") if key in log]


@pytest.fixture(scope="module")
def config(toy_config: Config) -> Config:
    """A global batch of 4, over 50 steps and a little more than an epoch."""
    options = {"dropout": 0.0, "precision": "fp32", "batch_size": 4, "epochs": 1.8, "eval_steps": 25, "n_layer": 2}
    return toy_config.with_values(options)


@pytest.fixture(scope="module")
def alone(toy_dataset: Path, config: Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("alone") / "run"
    train(toy_dataset, out, config)
    return out


@pytest.mark.slow
def test_two_processes_have_the_losses_of_one(toy_dataset: Path, config: Config, alone: Path, tmp_path: Path) -> None:
    script = tmp_path / "launched.py"
    script.write_text(LAUNCHED)
    halves = json.dumps(asdict(config.with_values({"batch_size": 2})))
    words = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2", script]
    words += [toy_dataset, tmp_path / "run", halves]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run([str(w) for w in words], capture_output=True, text=True, timeout=300, env=environment)
    assert done.returncode == 0, done.stderr
    assert len(losses(alone)) > 20
    assert losses(tmp_path / "run") == pytest.approx(losses(alone), abs=1e-4)


def test_batches_that_are_accumulated_have_the_losses_of_one(
    toy_dataset: Path, config: Config, alone: Path, tmp_path: Path
) -> None:
    train(toy_dataset, tmp_path / "run", config.with_values({"batch_size": 1, "gradient_accumulation_steps": 4}))
    assert losses(tmp_path / "run") == pytest.approx(losses(alone), abs=1e-4)
