from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from solomuse.config import Config
from solomuse.datasets.load import load_dataset
from solomuse.errors import ModelError, OutputError
from solomuse.tokens.codec import Codec
from solomuse.training import resumable, train
from solomuse.training.batches import LengthSampler, TrainingWindows


def test_a_run_learns_and_leaves_a_model_and_its_record(toy_run: Path) -> None:
    logs = [json.loads(line) for line in (toy_run / "metrics.jsonl").read_text().splitlines()]
    bits = [log["eval_bits_per_note"] for log in logs if "eval_bits_per_note" in log]
    assert bits[-1] < bits[0]
    assert (toy_run / "model" / "model.safetensors").is_file()


def test_a_run_goes_on_from_its_newest_checkpoint(toy_dataset: Path, toy_run: Path) -> None:
    checkpoint, out, dataset, config = resumable(toy_run)
    assert (out, dataset) == (toy_run, toy_dataset)
    longer = replace(config, training=replace(config.training, epochs=2))
    trained = train(dataset, out, longer, checkpoint)
    assert trained.steps > int(checkpoint.name.rpartition("-")[2])


def test_a_folder_that_holds_a_run_is_not_overwritten(toy_dataset: Path, toy_config: Config, toy_run: Path) -> None:
    with pytest.raises(OutputError, match="--resume"):
        train(toy_dataset, toy_run, toy_config)


def test_resuming_without_a_checkpoint_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no checkpoint"):
        resumable(tmp_path)


def test_what_happens_to_a_window_follows_from_seed_epoch_and_index(toy_dataset: Path) -> None:
    dataset = load_dataset(toy_dataset)
    one, two = (TrainingWindows(dataset.windows("train"), dataset.vocabulary, True, seed=1) for _ in range(2))
    assert all(np.array_equal(one[i][0], two[i][0]) for i in range(20))
    two.epoch = 1
    assert not all(np.array_equal(one[i][0], two[i][0]) for i in range(20))
    codec = Codec(dataset.vocabulary)
    assert all(codec.decode(one[i][0].tolist()).melody for i in range(20))


def test_the_sampler_visits_every_window_once(toy_dataset: Path) -> None:
    dataset = load_dataset(toy_dataset)
    windows = TrainingWindows(dataset.windows("train"), dataset.vocabulary, True, seed=1)
    assert sorted(LengthSampler(windows, 4, seed=1)) == list(range(len(windows)))
