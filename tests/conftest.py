from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import settings

from solomuse.config import Config, load_config
from solomuse.datasets.build import prepare
from solomuse.model.folder import Model

REMOTE = Path(__file__).resolve().parent.parent / "01.data" / "Remote"
settings.register_profile("untimed", deadline=None)  # a busy machine is no defect
settings.load_profile("untimed")

TOY = {"n_layer": 1, "n_head": 2, "n_embd": 16, "epochs": 1, "eval_steps": 4, "batch_size": 16, "threads": 1}


@pytest.fixture(scope="session")
def toy_config() -> Config:
    return load_config("tiny").with_values(TOY)


@pytest.fixture(scope="session")
def toy_dataset(tmp_path_factory: pytest.TempPathFactory, toy_config: Config) -> Path:
    out = tmp_path_factory.mktemp("data") / "dataset"
    prepare([REMOTE], out, toy_config.data, jobs=1)
    return out


@pytest.fixture(scope="session")
def few_songs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of six of the songs, which have 31 windows to train on."""
    folder = tmp_path_factory.mktemp("few") / "songs"
    folder.mkdir()
    for path in sorted(REMOTE.glob("*.mid"))[:6]:
        shutil.copy(path, folder)
    return folder


@pytest.fixture(scope="session")
def few_dataset(few_songs: Path, toy_config: Config) -> Path:
    prepare([few_songs], few_songs.with_name("dataset"), toy_config.data, jobs=1)
    return few_songs.with_name("dataset")


@pytest.fixture(scope="session")
def toy_run(tmp_path_factory: pytest.TempPathFactory, toy_config: Config, toy_dataset: Path) -> Path:
    from solomuse.training import train

    out = tmp_path_factory.mktemp("run") / "run"
    train(toy_dataset, out, toy_config)
    return out


@pytest.fixture(scope="session")
def random_model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    """A model of random weights that knows of two styles and one player."""
    import torch

    from solomuse.config import ModelConfig
    from solomuse.model.folder import load_model, save_about
    from solomuse.model.gpt2 import build_model
    from solomuse.tokens.vocabulary import vocabulary

    folder = tmp_path_factory.mktemp("random")
    torch.manual_seed(1)
    shape = ModelConfig(n_layer=2, n_head=2, n_embd=16, block_size=256)
    build_model(shape, vocabulary(12)).save_pretrained(folder)
    conditions = {"style": ["bebop", "cool"], "feel": ["swing"], "instrument": ["tenor-sax"]}
    save_about(folder, vocabulary(12), 8, ["Ada Lovelace"], conditions, {})
    return load_model(folder)
