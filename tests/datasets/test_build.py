from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from solomuse.config import DataConfig, load_config
from solomuse.datasets import build
from solomuse.datasets.build import prepare
from solomuse.datasets.load import load_dataset, load_datasets
from solomuse.datasets.splits import split_titles
from solomuse.errors import DatasetError, OutputError
from solomuse.formats.midi import write_midi
from solomuse.music.note import Note
from solomuse.music.song import Song, Track
from tests.conftest import REMOTE

CONFIG = load_config("tiny").data
UNSAID_CONDITIONS = 3
"""Player, density and register: counted in the lengths of windows, but not known of these."""


@pytest.fixture
def songs(tmp_path: Path) -> Path:
    folder = tmp_path / "songs"
    folder.mkdir()
    for path in sorted(REMOTE.glob("*.mid"))[:8]:
        shutil.copy(path, folder)
    return folder


@pytest.fixture
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "FILES_PER_SHARD", 4)


def contents(dataset: Path) -> dict[str, bytes]:
    return {str(path.relative_to(dataset)): path.read_bytes() for path in dataset.rglob("*") if path.is_file()}


@pytest.mark.usefixtures("small_shards")
def test_no_byte_depends_on_the_number_of_processes(songs: Path, tmp_path: Path) -> None:
    for jobs in (1, 2):
        prepare([songs, REMOTE], tmp_path / str(jobs), CONFIG, jobs=jobs)
    assert contents(tmp_path / "1") == contents(tmp_path / "2")
    assert "shards/00006.npy" in contents(tmp_path / "1")


KILLED_IN_THE_MIDDLE = """
import os, signal, sys
from pathlib import Path
from solomuse.config import load_config
from solomuse.datasets import build

def until_killed(items, total):
    for done, item in enumerate(items):
        if done == 10:
            os.kill(os.getpid(), signal.SIGKILL)
        yield item

build.FILES_PER_SHARD = 4
build.prepare([Path(sys.argv[1])], Path(sys.argv[2]), load_config("tiny").data, jobs=1, progress=until_killed)
"""


@pytest.mark.usefixtures("small_shards")
def test_a_run_that_was_killed_is_gone_on_with_and_leaves_the_same_bytes(tmp_path: Path) -> None:
    out, said = tmp_path / "out", []
    killed = subprocess.run([sys.executable, "-c", KILLED_IN_THE_MIDDLE, str(REMOTE), str(out)], check=False)
    assert (killed.returncode, out.exists()) == (-signal.SIGKILL, False)
    prepare([REMOTE], out, CONFIG, jobs=1, say=said.append)
    prepare([REMOTE], tmp_path / "at once", CONFIG, jobs=1, say=said.append)
    assert said == ["8 of 20 files are done already: going on with the rest"]
    assert contents(out) == contents(tmp_path / "at once")
    assert {path.name for path in tmp_path.iterdir()} == {"out", "at once"}


def interrupted(items: Iterable[object], _total: int) -> Iterator[object]:
    yield from islice(items, 6)
    raise KeyboardInterrupt


@pytest.mark.usefixtures("small_shards")
def test_ctrl_c_keeps_what_is_finished_for_the_same_files_and_settings_only(tmp_path: Path) -> None:
    out, said = tmp_path / "out", []
    with pytest.raises(KeyboardInterrupt):
        prepare([REMOTE], out, CONFIG, jobs=1, progress=interrupted)
    prepare([REMOTE], out, replace(CONFIG, grid=4), jobs=1, say=said.append)
    assert said == []
    assert load_dataset(out).config.grid == 4


def test_ctrl_c_before_anything_is_finished_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        prepare([REMOTE], tmp_path / "out", CONFIG, jobs=1, progress=interrupted)
    assert list(tmp_path.iterdir()) == []


def test_windows_that_are_moved_are_those_that_start_there(songs: Path, tmp_path: Path) -> None:
    prepare([songs], tmp_path / "out", CONFIG, jobs=1)
    windows = load_dataset(tmp_path / "out").windows("train")
    moved = windows.moved(np.random.default_rng(1))
    lengths = [len(moved[index][0]) for index in range(len(moved))]
    assert [length + UNSAID_CONDITIONS for length in lengths] == moved.lengths.tolist() != windows.lengths.tolist()
    assert moved.songs.tolist() == windows.songs.tolist()


def test_windows_are_encoded_as_they_were_counted(songs: Path, tmp_path: Path) -> None:
    report = prepare([songs], tmp_path / "out", CONFIG, jobs=1)
    dataset = load_dataset(tmp_path / "out")
    windows = dataset.windows("train")
    lengths = [len(windows[index][0]) for index in range(len(windows))]
    assert [length + UNSAID_CONDITIONS for length in lengths] == windows.lengths.tolist()
    counted = report["splits"]["train"]
    assert (len(windows), int(windows.lengths.sum())) == (counted["windows"], counted["tokens"])


def test_every_song_that_is_left_out_is_listed_by_the_name_of_its_file(songs: Path, tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (songs / folder).mkdir()
        write_midi(Song((Track((Note(0, 60, 480),)),)), songs / folder / "alike.mid")
    prepare([songs], tmp_path / "out", CONFIG, jobs=1)
    skips = [json.loads(line) for line in (tmp_path / "out" / "skipped.jsonl").read_text().splitlines()]
    assert [(skip["name"], skip["reason"]) for skip in skips] == [
        ("a/alike.mid", "NoMelody"),
        ("b/alike.mid", "NoMelody"),
    ]
    assert [skip["detail"].partition(":")[0] for skip in skips] == ["a/alike.mid", "b/alike.mid"]


def test_both_held_back_splits_are_one_after_another(songs: Path, tmp_path: Path) -> None:
    prepare([songs, REMOTE], tmp_path / "out", CONFIG, jobs=1)
    dataset = load_dataset(tmp_path / "out")
    parts = [dataset.windows(split) for split in ("validation", "test")]
    both = dataset.windows("held-back")
    expected = [part[index][0].tolist() for part in parts for index in range(len(part))]
    assert [both[index][0].tolist() for index in range(len(both))] == expected
    assert sorted(both.moved(np.random.default_rng(1)).lengths) != []


def test_every_skip_is_counted_by_its_reason_and_costs_no_other_song(songs: Path, tmp_path: Path) -> None:
    (songs / "broken.mid").write_bytes(b"MThd nonsense")
    (songs / "empty.MID").write_bytes(b"")
    report = prepare([songs], tmp_path / "out", CONFIG, jobs=1)
    assert (report["files"], report["songs"], report["skipped"]["Format"]["count"]) == (10, 8, 2)
    assert "broken.mid" in report["skipped"]["Format"]["examples"][0]
    assert json.loads((tmp_path / "out" / "dataset.json").read_text())["skipped"] == report["skipped"]


def test_songs_of_one_title_stay_on_one_side(songs: Path, tmp_path: Path) -> None:
    for path in list(songs.iterdir()):
        (songs / "again").mkdir(exist_ok=True)
        shutil.copy(path, songs / "again" / path.name)
    prepare([songs], tmp_path / "out", CONFIG, jobs=1)
    lines = [json.loads(line) for line in (tmp_path / "out" / "songs.jsonl").read_text().splitlines()]
    splits_by_title: dict[str, set[str]] = {}
    for line in lines:
        splits_by_title.setdefault(line["title"], set()).add(line["split"])
    assert (len(lines), {len(splits) for splits in splits_by_title.values()}) == (16, {1})


def test_held_back_windows_do_not_overlap(songs: Path, tmp_path: Path) -> None:
    report = prepare([songs], tmp_path / "out", CONFIG, jobs=1)
    dataset = load_dataset(tmp_path / "out")
    windows, note = dataset.windows("validation"), dataset.vocabulary.note_on
    token_ids = np.concatenate([windows[index][0] for index in range(len(windows))])
    onsets = int(((token_ids >= note.start) & (token_ids < note.stop)).sum())
    assert onsets == report["splits"]["validation"]["notes"]


@pytest.mark.parametrize(("titles", "counts"), [(2, (1, 0)), (4, (1, 1)), (20, (2, 2)), (100, (10, 10))])
def test_a_tenth_is_held_back_twice_and_never_less_than_one_song(titles: int, counts: tuple[int, int]) -> None:
    split = split_titles([f"song {number}" for number in range(titles)], 0.1)
    names = list(split.values())
    assert (names.count("validation"), names.count("test")) == counts


def test_the_split_of_a_title_does_not_depend_on_its_neighbours_order() -> None:
    titles = [f"song {number}" for number in range(30)]
    assert split_titles(titles, 0.1) == split_titles(reversed(titles), 0.1)


def test_one_song_is_too_few(songs: Path, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="at least 2 songs"):
        prepare([next(songs.iterdir())], tmp_path / "out", CONFIG)
    assert not (tmp_path / "out").exists()


def test_what_is_no_dataset_is_not_replaced_even_by_force(songs: Path) -> None:
    with pytest.raises(OutputError, match="not a dataset"):
        prepare([songs], songs, CONFIG, overwrite=True)
    assert len(list(songs.iterdir())) == 8


def test_a_dataset_of_another_vocabulary_or_version_is_refused(songs: Path, tmp_path: Path) -> None:
    prepare([songs], tmp_path / "out", CONFIG, jobs=1)
    file = tmp_path / "out" / "dataset.json"
    for change in ({"vocabulary": "0" * 16}, {"version": 1}):
        report = json.loads(file.read_text())
        file.write_text(json.dumps(report | change))
        with pytest.raises(DatasetError, match="another vocabulary or version"):
            load_dataset(tmp_path / "out")
        file.write_text(json.dumps(report))
    for name in ("shards/00000.npy", "test.windows.npy", "train.starts.npy", "train.windows.npy", "songs.jsonl"):
        (tmp_path / "out" / name).unlink()
        with pytest.raises(DatasetError, match=f"{name} is missing"):
            load_dataset(tmp_path / "out")


DROPPED = object()


@pytest.mark.parametrize(
    "change",
    [
        {"config": DROPPED},
        {"config": {"grid": 12, "hop_bars": "x"}},
        {"config": {"grid": 12, "hop_bars": 0}},
        {"config": []},
        {"shards": DROPPED},
        {"shards": "2"},
        {"fingerprint": DROPPED},
        {"players": DROPPED},
        {"players": [1]},
        {"players": None},
        {"conditions": []},
        {"conditions": {"style": 5}},
        {"sources": DROPPED},
    ],
)
def test_a_damaged_report_is_refused_in_a_line(few_dataset: Path, tmp_path: Path, change: dict[str, Any]) -> None:
    dataset = Path(shutil.copytree(few_dataset, tmp_path / "dataset"))
    report = json.loads((dataset / "dataset.json").read_text()) | change
    kept = {key: value for key, value in report.items() if value is not DROPPED}
    (dataset / "dataset.json").write_text(json.dumps(kept))
    with pytest.raises(DatasetError, match=r"dataset\.json is damaged: run 'solomuse prepare' again$"):
        load_dataset(dataset)


@pytest.mark.parametrize("text", ["[]", "5", "{", "[" * 100_000, '{"version": 4}'])
def test_what_is_no_report_is_refused_in_a_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "dataset.json").write_text(text)
    with pytest.raises(DatasetError, match=r"dataset\.json is damaged: run 'solomuse prepare' again$"):
        load_dataset(tmp_path)


@pytest.mark.parametrize("grid", [[], 7, "4", None])
def test_a_grid_that_does_not_exist_is_another_vocabulary(few_dataset: Path, tmp_path: Path, grid: object) -> None:
    report = json.loads((few_dataset / "dataset.json").read_text())
    (tmp_path / "dataset.json").write_text(json.dumps(report | {"config": {"grid": grid}}))
    with pytest.raises(DatasetError, match="another vocabulary or version"):
        load_dataset(tmp_path)


@pytest.mark.parametrize("name", ["test.windows.npy", "train.starts.npy", "players.npy", "shards/00000.npy"])
@pytest.mark.parametrize("content", [b"", b"nonsense", b"\x93NUMPY\x01\x00"])
def test_a_damaged_array_is_named(few_dataset: Path, tmp_path: Path, name: str, content: bytes) -> None:
    path = Path(shutil.copytree(few_dataset, tmp_path / "dataset"))
    (path / name).write_bytes(content)
    with pytest.raises(DatasetError, match=f"{name} is damaged: run 'solomuse prepare' again$"):
        [load_dataset(path).windows(split)[0] for split in ("train", "test")]


def test_a_damaged_list_of_songs_is_named(few_dataset: Path, tmp_path: Path) -> None:
    path = Path(shutil.copytree(few_dataset, tmp_path / "dataset"))
    lines = (path / "songs.jsonl").read_text().splitlines(keepends=True)
    for text in ("".join(lines[:-1]), "".join(lines)[:-9], "[1]\n" * len(lines), "[" * 100_000):
        (path / "songs.jsonl").write_text(text)
        with pytest.raises(DatasetError, match=r"songs\.jsonl is damaged: run 'solomuse prepare' again$"):
            list(load_dataset(path).songs())


def test_what_a_damaged_shard_tells_of_is_not_believed(few_dataset: Path, tmp_path: Path) -> None:
    path = Path(shutil.copytree(few_dataset, tmp_path / "dataset"))
    shard = np.load(path / "shards" / "00000.npy")
    shard[:3] = -1, 0, 2**30
    np.save(path / "shards" / "00000.npy", shard)
    with pytest.raises(DatasetError, match=r"shards/00000\.npy is damaged"):
        load_dataset(path).windows("train").shards.sheet(0, 0)


def test_splits_of_publishers_are_not_made_up(songs: Path, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="leave out --splits original"):
        prepare([songs], tmp_path / "out", replace(CONFIG, splits="original"), jobs=1)
    assert not (tmp_path / "out").exists()


def test_archives_that_stay_closed_are_named(songs: Path, tmp_path: Path) -> None:
    (songs / "more.zip").write_bytes(b"PK")
    said: list[str] = []
    prepare([songs], tmp_path / "out", CONFIG, jobs=1, say=said.append)
    assert said == [f"archives inside stay closed, such as {songs / 'more.zip'}: give each by its own path"]


def test_datasets_of_two_vocabularies_are_not_learned_from_together(songs: Path, tmp_path: Path) -> None:
    for grid in (4, 12):
        prepare([songs], tmp_path / str(grid), replace(CONFIG, grid=grid), jobs=1)
    assert len(load_datasets([tmp_path / "4", tmp_path / "4"])) == 2
    with pytest.raises(DatasetError, match=r"different vocabularies.*grid 4 and 12"):
        load_datasets([tmp_path / "4", tmp_path / "12"])


def test_chords_are_inferred_where_that_is_asked_for(songs: Path, tmp_path: Path) -> None:
    report = prepare([songs], tmp_path / "out", DataConfig(chords="inferred"), jobs=1)
    assert report["chords"]["inferred"] == report["songs"]


def test_files_that_another_run_takes_away_are_spoken_of(tmp_path: Path, songs: Path) -> None:
    def taken_away(items: Iterable[Any], _: int) -> Iterator[Any]:
        yield from items
        shutil.rmtree(tmp_path / ".out.partial")

    with pytest.raises(OutputError, match=r"vanished meanwhile; see that no other 'solomuse prepare' writes it too"):
        prepare([songs], tmp_path / "out", CONFIG, progress=taken_away)
