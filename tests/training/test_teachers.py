from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from solomuse.config import Config, ModelConfig
from solomuse.datasets.load import load_dataset
from solomuse.errors import ModelError
from solomuse.model.likelihood import padded
from solomuse.training import resumable, train
from solomuse.training.initial import config_of_model, model_from_folder
from solomuse.training.teachers import Teachers, load_teachers
from tests.training.runs import curve

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def config(toy_config: Config) -> Config:
    return toy_config.with_values({"epochs": 2, "eval_steps": 4, "batch_size": 8, "learning_rate": 3e-2})


@pytest.fixture(scope="module")
def teacher(toy_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that always expects the same: some tokens, by chance, whatever is played."""
    folder = tmp_path_factory.mktemp("teacher") / "model"
    shutil.copytree(toy_run / "model", folder)
    weights = load_file(folder / "model.safetensors")
    weights["transformer.ln_f.weight"].zero_()
    weights["transformer.ln_f.bias"].fill_(1.0)
    generator = torch.Generator().manual_seed(5)
    weights["transformer.wte.weight"] = torch.randn(weights["transformer.wte.weight"].shape, generator=generator)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


def test_what_several_expect_is_the_mean_of_their_chances(toy_run: Path, teacher: Path, few_dataset: Path) -> None:
    dataset = load_dataset(few_dataset)
    shape = config_of_model(toy_run, ModelConfig())
    models = [model_from_folder(path, shape, dataset.vocabulary).eval() for path in (toy_run, teacher)]
    token_ids, features, _ = padded([dataset.windows("train")[0], dataset.windows("train")[3]], shape.block_size)
    expected = Teachers(models, CPU).expect(token_ids, features)
    with torch.no_grad():
        apart = [model(token_ids, features=features).logits.softmax(-1).numpy() for model in models]
    np.testing.assert_allclose(expected.numpy(), np.mean(apart, axis=0), atol=1e-6)


def test_a_model_comes_to_expect_what_its_teacher_does(
    few_dataset: Path, config: Config, teacher: Path, tmp_path: Path
) -> None:
    dataset, distances = load_dataset(few_dataset), []
    for share in (0.0, 1.0):
        taught = config.with_values({"teacher_share": share})
        train(few_dataset, tmp_path / str(share), taught, teachers=[teacher])
        newest = resumable(tmp_path / str(share))[0] or teacher
        shape = config_of_model(teacher, config.model)
        own, theirs = (Teachers([model_from_folder(p, shape, dataset.vocabulary)], CPU) for p in (newest, teacher))
        token_ids, features, labels = padded([dataset.windows("train")[0]], shape.block_size)
        both = own.expect(token_ids, features), theirs.expect(token_ids, features)
        distances.append(float((both[0] - both[1]).abs().sum(-1)[labels >= 0].mean()))
    assert distances[1] < 0.8 * distances[0]


def test_a_teacher_that_has_no_share_changes_nothing(
    few_dataset: Path, config: Config, teacher: Path, tmp_path: Path
) -> None:
    short = config.with_values({"epochs": 0.5})
    train(few_dataset, tmp_path / "alone", short)
    train(few_dataset, tmp_path / "beside", short.with_values({"teacher_share": 0.0}), teachers=[teacher])
    assert curve(tmp_path / "alone") == curve(tmp_path / "beside")


def test_a_run_that_goes_on_keeps_its_teachers(
    few_dataset: Path, config: Config, teacher: Path, tmp_path: Path
) -> None:
    train(few_dataset, tmp_path / "run", config, teachers=[teacher])
    whole = curve(tmp_path / "run")
    newest = resumable(tmp_path / "run")[0]
    assert newest is not None
    shutil.rmtree(newest)
    train(few_dataset, tmp_path / "run", config, resumable(tmp_path / "run")[0])
    assert curve(tmp_path / "run") == whole


def test_a_teacher_that_has_changed_since_is_refused(
    few_dataset: Path, config: Config, toy_run: Path, teacher: Path, tmp_path: Path
) -> None:
    shutil.copytree(teacher, tmp_path / "teacher")
    train(few_dataset, tmp_path / "run", config.with_values({"epochs": 0.5}), teachers=[tmp_path / "teacher"])
    shutil.copy(toy_run / "model" / "model.safetensors", tmp_path / "teacher")
    with pytest.raises(ModelError, match=r"teacher is not the teacher that the run .* has had so far"):
        train(few_dataset, tmp_path / "run", config, resumable(tmp_path / "run")[0])


@pytest.mark.parametrize(
    ("players", "block_size", "complaint"),
    [(["Emmy Noether"], 512, "knows other players"), ([], 1024, "attends to 512 tokens, fewer than")],
)
def test_a_teacher_that_does_not_go_with_the_training_is_refused(
    few_dataset: Path, teacher: Path, players: list[str], block_size: int, complaint: str, tmp_path: Path
) -> None:
    renamed = knowing(teacher, players, tmp_path / "model")
    shape = ModelConfig(block_size=block_size)
    with pytest.raises(ModelError, match=complaint):
        load_teachers(
            [str(renamed)], shape, load_dataset(few_dataset).vocabulary, ["Ada Lovelace", "Emmy Noether"], CPU
        )


def test_a_teacher_may_know_the_first_of_the_players_alone(few_dataset: Path, teacher: Path, tmp_path: Path) -> None:
    renamed = knowing(teacher, ["Ada Lovelace"], tmp_path / "model")
    vocabulary, players = load_dataset(few_dataset).vocabulary, ["Ada Lovelace", "Emmy Noether"]
    assert load_teachers([str(renamed)], ModelConfig(block_size=512), vocabulary, players, CPU) is not None
    assert load_teachers([], ModelConfig(), vocabulary, players, CPU) is None


def knowing(teacher: Path, players: list[str], out: Path) -> Path:
    """A copy of a teacher that knows these players."""
    shutil.copytree(teacher, out)
    about = json.loads((out / "solomuse.json").read_text())
    (out / "solomuse.json").write_text(json.dumps({**about, "players": players}))
    return out
