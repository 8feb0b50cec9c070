"""What goes wrong outside of the program ends in one clear line, and leaves nothing half-written."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from solomuse.config import Config
from solomuse.formats.midi import write_midi
from solomuse.music.note import Note
from solomuse.music.song import Song, Track

REMOTE = Path(__file__).resolve().parent.parent / "01.data" / "Remote"
TOY = ["--size", "tiny", "--n_layer", "1", "--n_head", "2", "--n_embd", "16", "--batch_size", "16", "--threads", "1"]


def command(*words: object, full_at: int | None = None) -> subprocess.CompletedProcess[str]:
    """Run ``solomuse``; no file may grow past `full_at` bytes, as on a disk that is full."""

    def limit() -> None:
        if full_at is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (full_at, full_at))

    words = (sys.executable, "-m", "solomuse", *map(str, words))
    return subprocess.run(words, capture_output=True, text=True, timeout=120, preexec_fn=limit)


def complaint(done: subprocess.CompletedProcess[str]) -> str:
    """The one line that is left of stderr without progress bars."""
    lines = [line.rpartition("\r")[2] for line in done.stderr.strip().splitlines()]
    said = [line for line in lines if line.startswith("solomuse")]
    assert (done.returncode, len(said), "Traceback" in done.stderr) == (2, 1, False), done.stderr
    return said[0]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_prepare_on_a_full_disk(tmp_path: Path) -> None:
    assert "cannot be written" in complaint(command("prepare", REMOTE, "--out", tmp_path / "d", full_at=50_000))
    assert names(tmp_path) == []


def test_generate_on_a_full_disk(tmp_path: Path, toy_run: Path) -> None:
    for name in ("solo.mid", "solo.png"):
        done = command("generate", "C | F", "--model", toy_run, "--out", tmp_path / name, full_at=100)
        assert "cannot be written" in complaint(done)
    assert names(tmp_path) == []


def test_train_on_a_full_disk(tmp_path: Path, toy_dataset: Path) -> None:
    words = ["train", toy_dataset, "--out", tmp_path / "run", *TOY, "--epochs", "1", "--eval_steps", "5"]
    assert "cannot be written" in complaint(command(*words, full_at=20_000))
    assert not {"model", *(f"checkpoint-{step}" for step in range(100))} & set(names(tmp_path / "run"))


def test_ctrl_c_in_training_leaves_a_checkpoint_from_which_it_goes_on(tmp_path: Path, toy_dataset: Path) -> None:
    run = tmp_path / "run"
    words: Sequence[str] = [str(w) for w in ("train", toy_dataset, "--out", run, *TOY, "--epochs", "400")]
    process = subprocess.Popen(
        [sys.executable, "-m", "solomuse", *words], stderr=subprocess.PIPE, text=True, env={**os.environ}
    )
    deadline = time.monotonic() + 60
    while not has_begun(run) and time.monotonic() < deadline:
        time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert (process.returncode, "--resume" in said, "Traceback" in said) == (130, True, False), said
    checkpoint = next(run.glob("checkpoint-*"))
    step = int(checkpoint.name.rpartition("-")[2])
    done = command("train", "--json", *words[1:-1], "1", "--resume")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["steps"] >= step


def has_begun(run: Path) -> bool:
    """Whether a training step has been logged."""
    log = run / "metrics.jsonl"
    return log.is_file() and any('"loss"' in line for line in log.read_text().splitlines())


def test_a_file_without_melody_is_said_to_be_one(tmp_path: Path) -> None:
    drums = Track(tuple(Note(480 * beat, 38, 120) for beat in range(32)), is_drum=True)
    write_midi(Song((drums,)), tmp_path / "drums.mid")
    assert "melody" in complaint(command("analyze", tmp_path / "drums.mid"))


def test_a_model_of_another_vocabulary_is_refused(tmp_path: Path, toy_run: Path, toy_dataset: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(toy_run / "model", folder)
    about = json.loads((folder / "solomuse.json").read_text())
    (folder / "solomuse.json").write_text(json.dumps({**about, "vocabulary": "0" * 16}))
    assert "another vocabulary" in complaint(command("generate", "C", "--model", folder, "--out", tmp_path / "s.mid"))
    assert "another vocabulary" in complaint(command("evaluate", folder, toy_dataset))


def test_a_damaged_model_is_refused(tmp_path: Path, toy_run: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(toy_run / "model", folder)
    (folder / "model.safetensors").write_bytes(b"nothing")
    assert "cannot be read" in complaint(command("generate", "C", "--model", folder, "--out", tmp_path / "s.mid"))


@pytest.mark.parametrize(
    ("chart", "word"),
    [("C | Dfoo", "Dfoo"), ("  ", "empty"), ("(3/4)", "no chord"), ("% | C", "first bar"), ("(3/0) C", "meter")],
)
def test_a_chart_that_cannot_be_read_is_said_to_be_one(chart: str, word: str) -> None:
    assert word in complaint(command("chart", chart))


def test_options_out_of_range_are_named(toy_dataset: Path, toy_config: Config, tmp_path: Path) -> None:
    too_short = str(toy_config.data.seq_len - 1)
    cases = [
        (["train", toy_dataset, "--out", tmp_path / "r", *TOY, "--block_size", too_short], "block_size"),
        (["train", toy_dataset, "--out", tmp_path / "r", "--n_embd", "30"], "n_embd"),
        (["train", toy_dataset, "--out", tmp_path / "r", "--epochs", "0"], "epochs"),
        (["train", toy_dataset, "--out", tmp_path / "r", "--config", tmp_path / "no.toml"], "no.toml"),
        (["prepare", REMOTE, "--out", tmp_path / "d", "--grid", "5"], "grid"),
    ]
    for words, word in cases:
        assert word in complaint(command(*words))
    assert names(tmp_path) == []
