from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from solomuse import legacy, training
from solomuse.config import Config
from solomuse.generation import generate
from solomuse.training import resumable


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Path, float]]:
    """The folders and epochs that `train` was called with, in place of training."""
    calls = []

    def train(_: Any, out: Path, config: Config, *__: Any, **___: Any) -> Any:
        calls.append((out, config.training.epochs))
        return SimpleNamespace(interrupted=False, before=2.0, after=1.0, model=out / "model")

    monkeypatch.setattr(training, "train", train)
    return calls


@pytest.fixture
def run(toy_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copytree(toy_run, "run"))


def finetune(*words: object) -> int:
    return legacy.finetune_midi_gpt([str(word) for word in words], Path())


@pytest.mark.parametrize("words", [(), ("--out_dir", "./run")])
def test_a_run_goes_on_with_its_own_options(
    run: Path, trained: list[tuple[Path, float]], words: tuple[str, ...]
) -> None:
    assert finetune("--resume_from", run, *words) == 0
    assert trained == [(run, resumable(run).config.training.epochs)]


def test_a_run_goes_on_with_the_options_that_are_given(run: Path, trained: list[tuple[Path, float]]) -> None:
    assert finetune("--resume_from", run, "--epochs", "77") == 0
    assert trained == [(run, 77)]


def test_a_run_goes_on_in_no_other_folder(
    run: Path, trained: list[tuple[Path, float]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert finetune("--resume_from", run, "--out_dir", "elsewhere") == 2
    assert "--out_dir elsewhere is for a new run, --resume_from goes on in run" in capsys.readouterr().err
    assert trained == []


@pytest.mark.parametrize(("words", "seed"), [(("--out_dir", "run"), 1), (("--resume_from", "run", "--seed", "0"), 0)])
def test_the_demo_is_of_the_run_that_is_named_and_of_the_seed(
    run: Path, trained: list[tuple[Path, float]], words: tuple[str, ...], seed: int
) -> None:
    assert finetune("--generate_demo", *words) == 0
    generate(run, legacy.DEMO_CHART, seed=seed)[0].write(run / "expected.mid")
    assert (run / "demo.mid").read_bytes() == (run / "expected.mid").read_bytes()
    assert trained == []
