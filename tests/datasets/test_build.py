from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from solomuse.config import DataConfig, load_config
from solomuse.datasets.build import prepare
from solomuse.datasets.load import load_dataset
from solomuse.datasets.splits import split_titles
from solomuse.errors import DatasetError, OutputError
from tests.conftest import REMOTE

CONFIG = load_config("tiny").data


@pytest.fixture
def songs(tmp_path: Path) -> Path:
    folder = tmp_path / "songs"
    folder.mkdir()
    for path in sorted(REMOTE.glob("*.mid"))[:8]:
        shutil.copy(path, folder)
    return folder


def arrays(dataset: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(dataset.glob("*.npy"))}


def test_the_result_does_not_depend_on_the_number_of_processes(songs: Path, tmp_path: Path) -> None:
    for jobs in (1, 2):
        prepare([songs, REMOTE], tmp_path / str(jobs), CONFIG, jobs=jobs)
    assert arrays(tmp_path / "1") == arrays(tmp_path / "2")


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
    token_ids, note = dataset.windows("validation").token_ids, dataset.vocabulary.note_on
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
    for change in ({"vocabulary": "0" * 16}, {"version": 0}):
        report = json.loads(file.read_text())
        file.write_text(json.dumps(report | change))
        with pytest.raises(DatasetError, match="another vocabulary or version"):
            load_dataset(tmp_path / "out")
        file.write_text(json.dumps(report))
    (tmp_path / "out" / "train.tokens.npy").unlink()
    with pytest.raises(DatasetError, match=r"train\.tokens\.npy is missing"):
        load_dataset(tmp_path / "out")


def test_chords_are_inferred_where_that_is_asked_for(songs: Path, tmp_path: Path) -> None:
    report = prepare([songs], tmp_path / "out", DataConfig(chords="inferred"), jobs=1)
    assert report["chords"]["inferred"] == report["songs"]
