"""A run that is killed and resumed ends as if nothing had happened."""

from __future__ import annotations

import json
import logging
import multiprocessing
import os
import shutil
import signal
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from solomuse.config import Config, load_config
from solomuse.errors import ConfigError, ModelError
from solomuse.training import check_beginning, checkpoints, resumable, train
from solomuse.training.run_folder import Resumable
from solomuse.training.trainer import SoloTrainer
from tests.training.runs import curve

OPTIONS = {"epochs": 2.25, "eval_steps": 5, "n_layer": 2, "batch_size": 4}
"""18 steps, 8 of them an epoch."""


@pytest.fixture(scope="module")
def config(toy_config: Config) -> Config:
    return toy_config.with_values(OPTIONS)


@pytest.fixture(scope="module")
def uninterrupted(few_dataset: Path, config: Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("whole") / "run"
    train(few_dataset, out, config)
    return out


def train_until(moment: tuple[str, str, int], sent: signal.Signals, dataset: Path, out: Path, config: Config) -> None:
    """Train in a process that is sent a signal at a call of a function."""
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["solomuse.training"])  # takes seconds, so once for all
    process = processes.Process(target=train_and_be_sent, args=(moment, sent, dataset, out, config), daemon=True)
    process.start()
    process.join(120)
    assert process.exitcode == (-sent if sent == signal.SIGKILL else 0)


def train_and_be_sent(
    moment: tuple[str, str, int], sent: signal.Signals, dataset: Path, out: Path, config: Config
) -> None:
    owner_name, name, call = moment
    owner = {"trainer": SoloTrainer, "checkpoints": checkpoints}[owner_name]
    whole, calls = getattr(owner, name), count(1)

    def counted(*args: object, **kwargs: object) -> object:
        if next(calls) == call:
            os.kill(os.getpid(), sent)
        return whole(*args, **kwargs)

    setattr(owner, name, counted)
    train(dataset, out, config)


def weights(run: Path) -> dict[str, bytes]:
    files = [*run.glob("checkpoint-*/model.safetensors"), run / "model" / "model.safetensors"]
    return {str(path.relative_to(run)): path.read_bytes() for path in files}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("moment", "sent"),
    [
        (("trainer", "training_step", 17), signal.SIGKILL),  # a new epoch begins
        (("trainer", "_save_rng_state", 3), signal.SIGKILL),  # a checkpoint is half written
        (("checkpoints", "_flush", 30), signal.SIGKILL),  # it is written, but has no name yet
        (("trainer", "publish", 3), signal.SIGKILL),  # it has one, and the best model is being replaced
        (("trainer", "training_step", 8), signal.SIGTERM),  # between a log and a checkpoint
    ],
)
def test_a_run_that_was_ended_at_any_moment_goes_on_bit_for_bit(
    few_dataset: Path,
    config: Config,
    uninterrupted: Path,
    tmp_path: Path,
    moment: tuple[str, str, int],
    sent: signal.Signals,
) -> None:
    out = tmp_path / "run"
    train_until(moment, sent, few_dataset, out, config)
    run = resumable(out)
    assert run.checkpoint is not None
    train(run.datasets, out, run.config, run.checkpoint)
    assert curve(out) == curve(uninterrupted)
    assert weights(out) == weights(uninterrupted)
    assert sorted(path.name for path in out.iterdir()) == sorted(path.name for path in uninterrupted.iterdir())


def cut_in_half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def change_a_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("name", "harm", "reason"),
    [
        ("optimizer.pt", Path.unlink, "optimizer.pt is missing"),
        ("model.safetensors", cut_in_half, "bytes instead of"),
        ("model.safetensors", change_a_byte, "not what was written"),
        ("manifest.json", Path.unlink, "manifest.json is missing"),
        ("manifest.json", cut_in_half, "manifest.json is missing or damaged"),
    ],
)
def test_a_damaged_checkpoint_is_passed_over_with_a_warning(
    resumable_run: Path, caplog: pytest.LogCaptureFixture, name: str, harm: Callable[[Path], None], reason: str
) -> None:
    *_, older, newest = checkpoints.checkpoints(resumable_run)
    harm(newest / name)
    with caplog.at_level(logging.WARNING):
        assert resumable(resumable_run)[0] == older
    [line] = [record.getMessage() for record in caplog.records if record.name.startswith("solomuse")]
    assert newest.name in line
    assert reason in line
    with pytest.raises(ModelError, match=r"cannot be resumed from.*older checkpoint"):
        resumable(newest)


@pytest.fixture
def resumable_run(uninterrupted: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(uninterrupted, tmp_path / "copy"))


def test_a_run_does_not_go_on_with_other_songs_or_another_shape(
    few_dataset: Path, config: Config, resumable_run: Path, tmp_path: Path
) -> None:
    checkpoint = resumable(resumable_run)[0]
    wider = replace(config, model=replace(config.model, n_embd=32))
    with pytest.raises(ConfigError, match="n_embd is 32, but the run"):
        train(few_dataset, resumable_run, wider, checkpoint)
    other = Path(shutil.copytree(few_dataset, tmp_path / "other"))
    report = json.loads((other / "dataset.json").read_text())
    (other / "dataset.json").write_text(json.dumps({**report, "fingerprint": "0"}))
    with pytest.raises(ConfigError, match="is not what the run"):
        train(other, resumable_run, config, checkpoint)


def test_a_run_that_ended_before_its_first_checkpoint_begins_anew(uninterrupted: Path, tmp_path: Path) -> None:
    begun = json.loads((uninterrupted / "run.json").read_text())
    (tmp_path / "run.json").write_text(json.dumps({**begun, "init": "default", "teachers": {"one": "5d41"}}))
    run = resumable(tmp_path)
    assert (run.checkpoint, run.out, run.config.training.epochs) == (None, tmp_path, 2.25)
    assert (run.init, run.teachers) == (Path("default"), (Path("one"),))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "cannot be read"),
        ("[]", "expected a JSON object"),
        ("{}", "damaged or not complete .'datasets'."),
        ('{"datasets": 5}', "damaged or not complete .*not iterable"),
        ('{"datasets": [5]}', "damaged or not complete"),
        ('{"datasets": ["d"], "config": {}, "teachers": 5}', "damaged or not complete .*not iterable"),
    ],
)
def test_a_run_whose_record_is_damaged_is_refused_in_a_line(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(ModelError, match=rf"run\.json .*{message}"):
        resumable(tmp_path)


def test_a_run_that_goes_on_refuses_another_first_model_or_teacher(tmp_path: Path) -> None:
    first, teacher, other = (tmp_path / name for name in ("first", "teacher", "other"))
    begun = Resumable(None, tmp_path / "run", (), load_config("tiny"), first, (teacher,))
    check_beginning(begun, None, [])
    check_beginning(begun, tmp_path / "x" / ".." / "first", [teacher])
    with pytest.raises(ConfigError, match=r"--init .*other is for a new run: the one in .*run began with .*first, and"):
        check_beginning(begun, other, [])
    with pytest.raises(ConfigError, match=r"--teacher .*other is for a new run: .* began with .*teacher, and"):
        check_beginning(begun, None, [other])
    with pytest.raises(ConfigError, match=r"--init .*other is for a new run: .* began with none, and goes on without"):
        check_beginning(begun._replace(init=None), other, [])
