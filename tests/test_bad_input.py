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
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from solomuse.cli import main
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


def test_ctrl_c_in_training_leaves_a_checkpoint_from_which_it_goes_on(
    tmp_path: Path, toy_dataset: Path, capsys: pytest.CaptureFixture[str]
) -> None:
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
    capsys.readouterr()
    assert main(["train", "--json", *words[1:-1], "1", "--resume"]) == 0
    assert json.loads(capsys.readouterr().out)["steps"] >= step


def test_a_run_goes_on_from_a_checkpoint_that_is_named(
    tmp_path: Path, toy_run: Path, toy_dataset: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = Path(shutil.copytree(toy_run, tmp_path / "run"))
    first = run / "checkpoint-4"
    before = names(first)
    assert main(["train", "--json", str(toy_dataset), "--out", str(first), "--resume"]) == 0
    assert json.loads(capsys.readouterr().out)["model"] == str(run / "model")
    assert names(first) == before


def has_begun(run: Path) -> bool:
    """Whether a training step has been logged."""
    log = run / "metrics.jsonl"
    return log.is_file() and any('"loss"' in line for line in log.read_text().splitlines())


@pytest.fixture
def refusal(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """What a command says, in one complaint, where it refuses some words."""

    def said_of(*words: object) -> str:
        try:
            code: object = main([*map(str, words)])
        except SystemExit as left:
            code = left.code
        out, said = capsys.readouterr()
        assert (code, out, said.startswith("solomuse"), said.count("\nsolomuse")) == (2, "", True, 0), said
        return said

    return said_of


def test_a_file_without_melody_is_said_to_be_one(tmp_path: Path) -> None:
    drums = Track(tuple(Note(480 * beat, 38, 120) for beat in range(32)), is_drum=True)
    write_midi(Song((drums,)), tmp_path / "drums.mid")
    assert "melody" in complaint(command("analyze", tmp_path / "drums.mid"))


def test_a_model_of_another_vocabulary_is_refused(
    refusal: Callable[..., str], tmp_path: Path, toy_run: Path, toy_dataset: Path
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(toy_run / "model", folder)
    about = json.loads((folder / "solomuse.json").read_text())
    (folder / "solomuse.json").write_text(json.dumps({**about, "vocabulary": "0" * 16}))
    assert "another vocabulary" in refusal("generate", "C", "--model", folder, "--out", tmp_path / "s.mid")
    assert "another vocabulary" in refusal("evaluate", folder, toy_dataset)


def test_a_damaged_model_is_refused(refusal: Callable[..., str], tmp_path: Path, toy_run: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(toy_run / "model", folder)
    (folder / "model.safetensors").write_bytes(b"nothing")
    assert "cannot be read" in refusal("generate", "C", "--model", folder, "--out", tmp_path / "s.mid")


@pytest.mark.parametrize(
    ("chart", "word"),
    [("C | Dfoo", "Dfoo"), ("  ", "empty"), ("(3/4)", "no chord"), ("% | C", "first bar"), ("(3/0) C", "meter")],
)
def test_a_chart_that_cannot_be_read_is_said_to_be_one(refusal: Callable[..., str], chart: str, word: str) -> None:
    assert word in refusal("chart", chart)


def test_options_out_of_range_are_named(
    refusal: Callable[..., str], toy_dataset: Path, toy_config: Config, tmp_path: Path
) -> None:
    too_short = str(toy_config.data.seq_len - 1)
    cases = [
        (["train", toy_dataset, "--out", tmp_path / "r", *TOY, "--block_size", too_short], "block_size"),
        (["train", toy_dataset, "--out", tmp_path / "r", "--n_embd", "30"], "n_embd"),
        (["train", toy_dataset, "--out", tmp_path / "r", "--epochs", "0"], "epochs"),
        (["train", toy_dataset, "--out", tmp_path / "r", "--config", tmp_path / "no.toml"], "no.toml"),
        (["prepare", REMOTE, "--out", tmp_path / "d", "--grid", "5"], "grid"),
        (["prepare", REMOTE, "--out", tmp_path / "d", "--jobs", "-1"], "jobs is -1: expected 0 or more"),
        (["prepare", REMOTE, "--out", tmp_path / "d", "--max_files", "-1"], "max_files is -1: expected 0 or more"),
        (["prepare", REMOTE, "--out", tmp_path / "d", "--max-seconds", "inf"], "max_seconds is inf"),
        (["evaluate", tmp_path, toy_dataset, "--solos=-5"], "solos is -5"),
        *((["evaluate", "m", "d", f"--solos={text}"], f"--solos {text} is a folder") for text in ("--5", "9" * 5000)),
    ]
    for words, word in cases:
        assert word in refusal(*words)
    assert names(tmp_path) == []


ABC = 'X:1\nT:line\nM:4/4\nL:1/8\nK:C\n"C"CDEF GABc|\n'


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a line, a text, and a file and a folder under names that are wanted for others."""
    monkeypatch.chdir(tmp_path)
    Path("line.abc").write_text(ABC, encoding="utf-8")
    Path("words.txt").write_text("hello, this is no music\n", encoding="utf-8")
    Path("words.json").write_text('{"notes": 1}', encoding="utf-8")
    Path("empty.mid").write_bytes(b"")
    Path("file").write_text("", encoding="utf-8")
    return tmp_path


@pytest.fixture
def refused(refusal: Callable[..., str], place: Path) -> Callable[..., str]:
    """The one line with which ``generate`` refuses some words, leaving all as it was."""

    def said_of(*words: object) -> str:
        before = names(place)
        said = refusal("generate", *words)
        assert (said.count("\n"), names(place)) == (1, before), said
        return said

    return said_of


@pytest.mark.parametrize(
    ("chart", "word"),
    [
        ("", "empty"),
        (" | ", "empty"),
        ("C | " * 2001, "at most 2000"),
        (" ".join(["C"] * 65) + " | F", "65 chords do not fit"),
        ("(99/4) C", "99/4"),
        ("(4/3) C", "4/3"),
        ("missing.mid", "no such file"),
        ("missing.txt", "no such file"),
        ("empty.mid", "empty"),
        ("I | IV | V", "needs a key"),
    ],
)
def test_a_chart_over_which_nothing_can_be_played(refused: Callable[..., str], chart: str, word: str) -> None:
    assert word in refused(chart, "--out", "s.mid", "new")


@pytest.mark.parametrize(
    ("words", "word"),
    [
        *(("--tempo", value) for value in ("0", "1000", "nan", "soon")),
        *(("--temperature", value) for value in ("-1", "nan", "11")),
        *(("--takes", value) for value in ("0", "-1", "257", "9" * 20, "1.5")),
        *(("--best", value) for value in ("0", "-1", "2")),
        *(("--seed", value) for value in ("-1", "x")),
        *(("--novel", value) for value in ("2", "-1")),
        *(("--rests", value) for value in ("1", "nan")),
        *(("--low", value) for value in ("H4", "-3", "128", "")),
        *(("--density", value) for value in ("0", "49", "nan")),
        *(("--instrument", value) for value in ("kazoo", "")),
        *(("--part", value) for value in ("kazoo", "")),
        *((name, "nan") for name in ("--swing", "--lay_back", "--dynamics", "--arc", "--harmony", "--guidance")),
        *((name, "zzz") for name in ("--style", "--feel", "--player", "--band", "--key", "--song", "--model")),
    ],
)
def test_a_value_out_of_its_range(refused: Callable[..., str], words: str, word: str) -> None:
    said = refused("C | F", words, word, "--out", "s.mid", "new")
    assert word in said or words.strip("-") in said


@pytest.mark.parametrize(
    ("words", "word"),
    [
        (("--low", "70", "--high", "65"), "octave"),
        (("--instrument", "tenor-sax", "--low", "90"), "octave"),
        (("--keep", "1"), "--from"),
        (("--from", "line.abc"), "exactly one"),
        (("--from", "line.abc", "--keep", "0"), "from 1 on"),
        (("--from", "line.abc", "--keep", "99"), "99"),
        (("--from", "line.abc", "--keep", "1-9999999999"), "1-9999999999"),
        (("--from", "line.abc", "--keep", "1-2"), "all bars"),
        (("--from", "line.abc", "--trade", "0"), "trade is 0"),
        (("--from", "line.abc", "--vary", "nan"), "vary is nan"),
        (("--from", "words.txt", "--keep", "1"), "words.txt: is no melody"),
        (("--from", "words.json", "--keep", "1"), "words.json: is no report"),
        (("--from", "empty.mid", "--keep", "1"), "empty.mid"),
        (("--from", "nowhere.mid", "--keep", "1"), "nowhere.mid"),
        (("--from", ".", "--keep", "1"), "no such file"),
        (("--motif", "nowhere.abc"), "nowhere.abc"),
        (("--motif", "line.abc", "--from", "line.abc"), "--motif"),
    ],
)
def test_what_does_not_go_together(refused: Callable[..., str], words: Sequence[str], word: str) -> None:
    assert word in refused("C | F", *words, "--out", "s.mid", "new")


@pytest.mark.parametrize("chart", ["C", "C | F"])
def test_a_motif_that_leaves_no_bar_to_play(refused: Callable[..., str], chart: str) -> None:
    Path("line.abc").write_text(ABC + '"F"FGAB c4|' * chart.count("|"), encoding="utf-8")
    assert "motif fills" in refused(chart, "--motif", "line.abc", "--out", "s.mid")


@pytest.mark.parametrize(
    ("outs", "word"),
    [
        (["line.abc"], "exists already"),
        (["s.xyz"], "'.xyz'"),
        (["new", "s.xyz"], "'.xyz'"),
        (["file"], "no folder file"),
        (["file/solo.mid"], "no folder file"),
        (["nowhere/solo.mid"], "no folder nowhere"),
        (["s.mid", "nowhere/s.png"], "no folder nowhere"),
        (["x" * 300], "too long"),
        (["x" * 300 + ".mid"], "too long"),
    ],
)
def test_files_that_cannot_be_written(refused: Callable[..., str], outs: Sequence[str], word: str) -> None:
    assert word in refused("C | F", "--out", *outs)


def test_where_one_file_fails_none_is_left(refused: Callable[..., str]) -> None:
    outs = ("s.mid", "deep/new", "s.wav")
    assert "nowhere.sf2" in refused("C | F", "--soundfont", "nowhere.sf2", "--out", *outs)


@pytest.mark.usefixtures("place")
def test_a_file_that_is_replaced_stays_where_another_one_fails() -> None:
    Path("s.mid").write_bytes(b"old")
    words = ("--soundfont", "nowhere.sf2", "--force", "--out", "s.wav", "s.mid")
    assert main(["generate", "C | F", *words]) == 2
    assert Path("s.mid").read_bytes() == b"old"


@pytest.mark.parametrize(
    ("package", "name", "extra"),
    [("matplotlib", "s.png", "plot"), ("soundfile", "s.flac", "audio"), ("verovio", "s.html", "notation")],
)
def test_what_is_missing_is_named_with_the_extra_to_install(
    refused: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
    package: str,
    name: str,
    extra: str,
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    assert f'pip install "solomuse[{extra}]"' in refused("C | F", "--out", "s.mid", name)


@pytest.mark.usefixtures("place")
def test_a_folder_holds_what_can_be_made(monkeypatch: pytest.MonkeyPatch) -> None:
    for package in ("matplotlib", "verovio"):
        monkeypatch.setitem(sys.modules, package, None)
    assert main(["generate", "C | F", "--out", "new"]) == 0
    assert names(Path("new")) == [f"solo.{ending}" for ending in ("abc", "json", "mid", "musicxml", "wav")]


def test_a_model_that_was_not_told_what_is_asked_for(refused: Callable[..., str], toy_run: Path) -> None:
    for name in ("style", "player"):
        said = refused("C | F", "--model", toy_run, f"--{name}", "bebop", "--out", "s.mid")
        assert f"leave out --{name}" in said


@pytest.mark.parametrize(
    ("chart", "words"),
    [
        (" ".join(["C", "F"] * 32), ()),
        ("(7/8) C | (5/4) F | (13/16) G | (2/4) C", ()),
        ("C | F", ("--temperature", "0")),
        ("C | F", ("--temperature", "1e-300")),
        ("C | F", ("--temperature", "10", "--low", "115", "--high", "127")),
        ("C | F", ("--tempo", "400", "--lay_back", "100", "--swing", "3")),
        ("N.C.", ()),
    ],
)
def test_what_is_odd_but_can_be_played_is_played(place: Path, chart: str, words: Sequence[str]) -> None:
    assert main(["generate", chart, *words, "--out", "s.mid"]) == 0
    assert names(place) == ["empty.mid", "file", "line.abc", "s.mid", "words.json", "words.txt"]
