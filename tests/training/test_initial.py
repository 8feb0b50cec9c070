"""A training may begin with the weights of a model folder."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from solomuse.cli import main
from solomuse.config import Config, ModelConfig
from solomuse.datasets.load import load_dataset
from solomuse.errors import ModelError
from solomuse.training import train
from solomuse.training.initial import config_of_model, model_from_folder
from solomuse.training.run_folder import run_facts, write_run


@pytest.fixture
def model(toy_run: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(toy_run / "model", tmp_path / "model"))


def test_fine_tuning_begins_where_the_model_stands(
    toy_dataset: Path, toy_config: Config, toy_run: Path, tmp_path: Path
) -> None:
    before = train(toy_dataset, tmp_path / "run", toy_config.with_values({"epochs": 0.1}), init=toy_run)
    logs = [json.loads(line) for line in (toy_run / "metrics.jsonl").read_text().splitlines()]
    assert before.before == pytest.approx(min(log.get("eval_bits_per_note", 99) for log in logs))


def test_the_sizes_are_the_model_s_own(model: Path) -> None:
    assert config_of_model(model, ModelConfig(dropout=0.3)) == ModelConfig(1, 2, 16, 512, 0.3, True)


def test_the_command_takes_its_defaults_from_the_configuration_for_fine_tuning(
    toy_dataset: Path, model: Path, tmp_path: Path
) -> None:
    words = ["train", toy_dataset, "--out", tmp_path / "run", "--init", model, "--epochs", "1", "--threads", "1"]
    assert main([str(word) for word in words]) == 0
    run = json.loads((tmp_path / "run" / "run.json").read_text())
    assert (run["config"]["model"]["n_embd"], run["config"]["training"]["patience"]) == (16, 3)
    assert run["init"] == str(model)


def test_the_bundled_soloist_is_written_down_by_its_name(toy_dataset: Path, toy_config: Config, model: Path) -> None:
    datasets = [load_dataset(toy_dataset)]
    assert run_facts(datasets, toy_config, Path("default"), {}, {})["init"] == "default"
    assert run_facts(datasets, toy_config, model, {}, {})["init"] == str(model.resolve())
    assert run_facts(datasets, toy_config, None, {}, {})["init"] is None


def test_a_run_is_written_down_whole_or_as_it_was(tmp_path: Path) -> None:
    write_run(tmp_path, {"seed": 1})
    os.link(tmp_path / "run.json", tmp_path / "before.json")
    write_run(tmp_path, {"seed": 2})
    found = [json.loads((tmp_path / name).read_text()) for name in ("run.json", "before.json")]
    assert found == [{"seed": 2}, {"seed": 1}]


def test_a_model_that_does_not_get_better_is_kept_as_it_was(
    toy_dataset: Path, toy_config: Config, model: Path, tmp_path: Path
) -> None:
    harmful = toy_config.with_values({"learning_rate": 3.0, "epochs": 0.5, "warmup": 0.0})
    trained = train(toy_dataset, tmp_path / "run", harmful, init=model)
    assert trained.after == trained.before
    kept, given = load_file(trained.model / "model.safetensors"), load_file(model / "model.safetensors")
    assert all(torch.equal(kept[name], given[name]) for name in given)


def test_a_model_of_another_vocabulary_is_refused(toy_dataset: Path, model: Path) -> None:
    about = json.loads((model / "solomuse.json").read_text())
    (model / "solomuse.json").write_text(json.dumps({**about, "grid": 4, "vocabulary": "0" * 16}))
    with pytest.raises(ModelError, match=r"grid 4, 0+\) than the dataset \(grid 12"):
        model_from_folder(model, config_of_model(model, ModelConfig()), load_dataset(toy_dataset).vocabulary)


def test_a_model_with_other_features_is_refused(toy_dataset: Path, model: Path) -> None:
    stored = json.loads((model / "config.json").read_text())
    (model / "config.json").write_text(json.dumps({**stored, "feature_sizes": stored["feature_sizes"][1:]}))
    with pytest.raises(ModelError, match="other features of the chart"):
        model_from_folder(model, config_of_model(model, ModelConfig()), load_dataset(toy_dataset).vocabulary)


def test_a_model_of_an_earlier_version_is_said_to_be_one(toy_dataset: Path, model: Path) -> None:
    weights = load_file(model / "model.safetensors")
    del weights["recall"]
    save_file(weights, model / "model.safetensors")
    with pytest.raises(ModelError, match="a version of SoloMuse whose models recalled nothing"):
        model_from_folder(model, config_of_model(model, ModelConfig()), load_dataset(toy_dataset).vocabulary)


def test_a_shape_that_cannot_be_is_named(model: Path) -> None:
    stored = json.loads((model / "config.json").read_text())
    (model / "config.json").write_text(json.dumps({**stored, "n_layer": "8"}))
    with pytest.raises(ModelError, match=r"config\.json is damaged .n_layer is '8'"):
        config_of_model(model, ModelConfig())


@pytest.mark.parametrize("harm", ["missing", "narrower", "none"])
def test_weights_that_do_not_fit_are_refused(toy_dataset: Path, model: Path, harm: str) -> None:
    path = model / "model.safetensors"
    weights = load_file(path)
    harmed = {
        "missing": {name: weight for name, weight in weights.items() if name != "transformer.ln_f.weight"},
        "narrower": {**weights, "transformer.ln_f.weight": weights["transformer.ln_f.weight"][:6].clone()},
        "none": {},
    }[harm]
    save_file(harmed, path)
    with pytest.raises(ModelError, match="does not fit"):
        model_from_folder(model, config_of_model(model, ModelConfig()), load_dataset(toy_dataset).vocabulary)


def test_how_the_solos_of_other_files_begin_and_end_is_forgotten(
    toy_dataset: Path, toy_run: Path, toy_config: Config, tmp_path: Path
) -> None:
    model = tmp_path / "model"
    shutil.copytree(toy_run / "model", model)
    weights = load_file(model / "model.safetensors")
    weights["rest_scores"] += 1
    save_file(weights, model / "model.safetensors", metadata={"format": "pt"})
    trained = train(toy_dataset, tmp_path / "run", toy_config.with_values({"epochs": 0.1}), init=model)
    start, end = tmp_path / "run" / "checkpoint-0", trained.model
    tables = [load_file(folder / "model.safetensors")["rest_scores"] for folder in (start, end)]
    assert [bool(table.any()) for table in tables] == [False, True]  # it is fitted anew once all is learned
