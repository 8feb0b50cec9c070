"""A training whose numbers go astray stops, says so in a line, and spoils nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from solomuse.cli import main
from solomuse.config import Config
from solomuse.errors import TrainingError
from solomuse.training import train
from solomuse.training.watch import TOO_LONG, Watch


def test_a_gradient_that_is_no_number_stops_the_run_with_its_batch_saved(
    toy_dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "wild.toml").write_text("[model]\nn_layer = 1\nn_head = 2\nn_embd = 16\n[training]\nthreads = 1\n")
    words = ["train", toy_dataset, "--out", tmp_path / "run", "--config", tmp_path / "wild.toml"]
    code = main([*map(str, words), "--learning_rate", "1e38", "--warmup", "0", "--epochs", "3", "--eval_steps", "100"])
    [line] = [line for line in capsys.readouterr().err.splitlines() if line.startswith("solomuse:")]
    assert code == 2
    [path] = (tmp_path / "run").glob("bad-batch-*.npz")
    assert path.name in line
    with np.load(path) as batch:
        assert {"input_ids_0", "features_0", "labels_0", "step"} == set(batch.files)
    checkpoints = sorted(path.name for path in (tmp_path / "run").glob("checkpoint-*"))
    assert checkpoints == ["checkpoint-0"]  # what was good is still there


def test_a_loss_that_stays_too_large_stops_the_run(
    toy_dataset: Path, toy_config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("solomuse.training.watch.TOO_LARGE", 0.5)
    with pytest.raises(TrainingError, match=r"the loss at step 40 is .* where guessing costs 6.5"):
        train(toy_dataset, tmp_path / "run", toy_config.with_values({"batch_size": 2, "eval_steps": 200}))


def test_a_last_step_that_spoils_the_weights_leaves_no_checkpoint(
    few_dataset: Path, toy_config: Config, tmp_path: Path
) -> None:
    wild = toy_config.with_values({"learning_rate": 1e38, "warmup": 0.0})
    with pytest.raises(TrainingError, match=r"the held-back loss after step 2 is nan, where guessing costs 6\.5"):
        train(few_dataset, tmp_path / "run", wild)
    assert [path.name for path in (tmp_path / "run").glob("checkpoint-*")] == ["checkpoint-0"]
    assert (tmp_path / "run" / "bad-batch-000002-0.npz").is_file()


def watch(folder: Path, gradients: list[float]) -> Watch:
    """A watch that has seen a step for each gradient, with the step's number as its only token."""
    watching = Watch(folder, process=0, vocabulary_size=100)
    for number, gradient in enumerate(gradients, start=1):
        watching.batch({"input_ids": torch.tensor([[number]])})
        watching.gradient(torch.tensor(gradient))
    return watching


def test_the_first_bad_step_is_named_and_its_batches_are_saved(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="step 12 has a gradient of nan"):
        watch(tmp_path, [1.0, float("nan"), float("nan")]).look(newest=13)
    with np.load(tmp_path / "bad-batch-000012-0.npz") as batch:
        assert batch["input_ids_0"].tolist() == [[2]]


def test_what_cannot_be_saved_does_not_hide_what_went_astray(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"step 12 has a gradient of nan: its batch could not be saved \(.*npz"):
        watch(tmp_path / "gone", [float("nan")]).look(newest=12)


def test_large_losses_count_only_in_a_row(tmp_path: Path) -> None:
    watching = watch(tmp_path, [1.0])
    watching.look(newest=1)
    for loss in [*[100.0] * (TOO_LONG - 1), 1.0, *[100.0] * (TOO_LONG - 1)]:
        watching.loss(loss, 10)
    with pytest.raises(TrainingError, match="the loss at step 10 is 100"):
        watching.loss(100.0, 10)
