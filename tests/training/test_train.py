from __future__ import annotations

import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from solomuse.config import Config
from solomuse.datasets.load import load_dataset
from solomuse.errors import ConfigError, ModelError, OutputError
from solomuse.model.likelihood import IGNORED
from solomuse.tokens.codec import Codec
from solomuse.tokens.vocabulary import PAD
from solomuse.training import resumable, train
from solomuse.training.batches import LengthSampler, TrainingWindows, collate
from solomuse.training.checkpoints import sha256_of
from solomuse.training.order import WholeSteps
from solomuse.training.train import observers


def test_a_run_learns_and_leaves_a_model_and_its_record(toy_run: Path) -> None:
    logs = [json.loads(line) for line in (toy_run / "metrics.jsonl").read_text().splitlines()]
    bits = [log["eval_bits_per_note"] for log in logs if "eval_bits_per_note" in log]
    assert bits[-1] < bits[0]
    assert (toy_run / "model" / "model.safetensors").is_file()


def test_the_log_has_the_cost_of_each_kind_of_token(toy_run: Path) -> None:
    logs = [json.loads(line) for line in (toy_run / "metrics.jsonl").read_text().splitlines()]
    for log in [log for log in logs if "loss" in log]:
        kinds = [log[f"{kind}_bits_per_note"] for kind in ("pitch", "rhythm", "velocity")]
        assert log["bits_per_note"] == pytest.approx(sum(kinds))
        assert log["tokens_per_second"] > 0


def test_a_run_leaves_a_curve_and_events_and_says_what_it_was_made_of(toy_run: Path) -> None:
    assert (toy_run / "loss.png").read_bytes().startswith(b"\x89PNG")
    assert len(list((toy_run / "tensorboard").glob("events.*"))) == 1
    run = json.loads((toy_run / "run.json").read_text())
    assert (run["seed"], run["config"]["training"]["seed"], len(run["fingerprints"][0]) > 8) == (1, 1, True)


def test_what_is_not_installed_is_said_in_a_line(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys.modules["solomuse.training.train"], "find_spec", lambda _: None)
    assert observers(tmp_path, 0) == ()
    assert [record.getMessage().split(":")[0] for record in caplog.records] == [
        "no events for TensorBoard are written",
        "no loss.png is drawn",
    ]


def test_each_evaluated_checkpoint_is_told_of(toy_dataset: Path, toy_config: Config, tmp_path: Path) -> None:
    told = []
    train(toy_dataset, tmp_path / "run", toy_config, on_checkpoint=lambda *which: told.append(which))
    assert told == [(tmp_path / "run" / f"checkpoint-{step}", step) for step in (0, 4, 8)]


def test_a_run_stops_when_evaluations_no_longer_get_better(
    toy_dataset: Path, toy_config: Config, tmp_path: Path
) -> None:
    harmful = toy_config.with_values({"learning_rate": 1.0, "warmup": 0.0, "epochs": 9, "patience": 2})
    trained = train(toy_dataset, tmp_path / "run", harmful)
    assert trained.steps == 8
    again = train(toy_dataset, tmp_path / "run", harmful, resumable(tmp_path / "run")[0])
    assert again.steps == 8


def test_the_chart_is_learned_too_if_asked_for(toy_dataset: Path, toy_config: Config, tmp_path: Path) -> None:
    train(toy_dataset, tmp_path / "run", toy_config.with_values({"learn_chart": True}))
    logs = [json.loads(line) for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()]
    costs = [log["chart_nats_per_token"] for log in logs if "loss" in log]
    assert 0 < costs[-1] < costs[0]


def test_labels_are_the_events_or_the_chart_too(toy_dataset: Path) -> None:
    dataset = load_dataset(toy_dataset)
    sequences = [dataset.windows("train")[index] for index in range(3)]
    events, everything = (collate(sequences, 512, learn_chart=learn)["labels"] for learn in (False, True))
    token_ids = collate(sequences, 512)["input_ids"]
    assert torch.equal(everything == IGNORED, token_ids == PAD)
    assert torch.equal(everything[events != IGNORED], events[events != IGNORED])
    assert (everything != IGNORED).sum() > (events != IGNORED).sum()


def test_a_run_goes_on_from_its_newest_checkpoint(toy_dataset: Path, toy_run: Path) -> None:
    run = resumable(toy_run)
    assert run.checkpoint is not None
    assert (run.out, run.datasets, run.init, run.teachers) == (toy_run, (toy_dataset,), None, ())
    longer = replace(run.config, training=replace(run.config.training, epochs=2))
    trained = train(run.datasets, run.out, longer, run.checkpoint)
    assert trained.steps > int(run.checkpoint.name.rpartition("-")[2])


def test_the_best_model_is_there_in_the_end_though_a_run_was_killed_before_it_was(
    toy_dataset: Path, toy_run: Path, tmp_path: Path
) -> None:
    run = Path(shutil.copytree(toy_run, tmp_path / "run"))
    begun = resumable(run)
    (run / "model" / "model.safetensors").write_bytes((run / "model" / "model.safetensors").read_bytes()[::-1])
    train(toy_dataset, run, begun.config, begun.checkpoint)
    assert sha256_of(run / "model" / "model.safetensors") == sha256_of(toy_run / "model" / "model.safetensors")


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


@pytest.mark.parametrize(
    ("windows", "size", "order"), [(5, 2, [0, 1, 2, 3, 4, 0]), (4, 2, [0, 1, 2, 3]), (1, 3, [0] * 3)]
)
def test_the_last_step_is_filled_up_from_the_beginning(windows: int, size: int, order: list[int]) -> None:
    whole = WholeSteps(range(windows), size)  # type: ignore[arg-type]
    assert (list(whole), len(whole)) == (order, len(order))


def test_several_datasets_are_learned_from_and_the_first_is_measured(
    toy_dataset: Path, toy_config: Config, tmp_path: Path
) -> None:
    beside = tmp_path / "beside"
    shutil.copytree(toy_dataset, beside)
    mixed = toy_config.with_values({"mix": f"{toy_dataset.name}=3,beside=1", "epochs": 0.5})
    train([toy_dataset, beside], tmp_path / "run", mixed)
    logs = [json.loads(line) for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()]
    [*_, last] = [log for log in logs if "eval_bits_per_note" in log]
    assert last["eval_bits_per_note_beside"] == pytest.approx(last["eval_bits_per_note"])
    assert resumable(tmp_path / "run")[2] == (toy_dataset, beside)


def test_a_mix_that_names_no_dataset_is_refused_before_anything_is_written(
    toy_dataset: Path, toy_config: Config, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="mix 'jazz=1'"):
        train(toy_dataset, tmp_path / "run", toy_config.with_values({"mix": "jazz=1"}))
    assert not (tmp_path / "run").exists()


def test_a_run_is_not_written_into_a_dataset_or_a_model(toy_dataset: Path, toy_run: Path, toy_config: Config) -> None:
    for out, what in ((toy_dataset, "a dataset"), (toy_run / "model", "a model")):
        with pytest.raises(OutputError, match=f"is {what}: choose another folder"):
            train(toy_dataset, out, toy_config)
        assert not (out / "run.json").exists()
