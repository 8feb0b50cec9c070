from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solomuse.datasets.load import load_dataset
from solomuse.errors import ModelError
from solomuse.metrics.ngram_index import NgramIndex
from solomuse.model.melodies import (
    MELODIES,
    MOST_FIGURES,
    NOT_KNOWN,
    Melodies,
    load_melodies,
    melodies_before,
    melodies_file,
    melodies_of,
)

SONGS = {"Anthropology": [62, 64, 65, 69, 66, 60, 62, 59], "Donna_Lee": [60, 67, 63, 72, 61, 60, 65, 68]}


def melodies(songs: Mapping[str, list[int]] = SONGS, player: str = "Ada") -> Melodies:
    return Melodies(NgramIndex.of(songs.values()), tuple(songs), (player,) * len(songs))


def rewritten(folder: Path, **changes: Any) -> Path:
    """A folder with the file of `melodies()`, some of its arrays replaced."""
    with np.load(io.BytesIO(melodies_file(melodies()))) as file:
        arrays = {name: file[name] for name in file.files}
    np.savez(folder / MELODIES, **(arrays | changes))
    return folder


@given(st.dictionaries(st.text(max_size=5), st.lists(st.integers(50, 70), min_size=1, max_size=12), max_size=5))
def test_what_is_written_is_read_again(tmp_path_factory: pytest.TempPathFactory, songs: dict[str, list[int]]) -> None:
    folder = tmp_path_factory.mktemp("model")
    (folder / MELODIES).write_bytes(melodies_file(melodies(songs)))
    found = load_melodies(folder)
    assert found is not None
    assert list(found) == list(melodies(songs))
    assert found.index.figures.tolist() == melodies(songs).index.figures.tolist()
    assert found.index.songs.tolist() == melodies(songs).index.songs.tolist()
    assert found.index.doublings.tolist() == melodies(songs).index.doublings.tolist()


def test_a_model_without_the_file_does_not_say_what_it_has_learned_from(tmp_path: Path) -> None:
    assert load_melodies(tmp_path) is None


def test_a_song_is_called_by_its_title_and_player() -> None:
    assert melodies().name(1) == "Donna Lee (Ada)"
    assert melodies(player="").name(0) == "Anthropology"
    assert melodies({"": [60, 62]}).name(0) == "a tune without a title (Ada)"


def test_all_songs_to_learn_from_are_in_it_and_no_held_back_one(toy_dataset: Path, tmp_path: Path) -> None:
    dataset = load_dataset(toy_dataset)
    (tmp_path / MELODIES).write_bytes(melodies_file(melodies_of([dataset])))
    found = load_melodies(tmp_path)
    assert found is not None
    train, held_back = dataset.windows("train"), dataset.windows("validation")
    assert found.is_whole
    assert len(found) == len({tuple(row[1:3]) for row in train.table.tolist()})
    assert {tuple(row[1:3]) for row in train.table.tolist()}.isdisjoint(map(tuple, held_back.table[:, 1:3].tolist()))
    shard, place = train.table[0, 1:3].tolist()
    learned = train.shards.sheet(shard, place).notes[:, 1].tolist()
    run = found.index.longest_run([pitch + 5 for pitch in learned])
    assert run is not None
    assert run.notes == len(learned)


def test_what_the_first_model_has_learned_from_stays_and_comes_once(toy_dataset: Path) -> None:
    dataset = load_dataset(toy_dataset)
    own = list(melodies_of([dataset]))
    assert list(melodies_of([dataset], melodies())) == [*melodies(), *own]
    assert list(melodies_of([dataset, dataset], melodies_of([dataset]))) == own


def test_what_does_not_fit_is_left_out_and_said(toy_dataset: Path) -> None:
    found = melodies_of([load_dataset(toy_dataset)], melodies(), most_figures=4)
    assert (list(found), found.is_whole) == (list(melodies()), False)


def test_after_a_first_model_that_does_not_say_it_is_not_all(toy_dataset: Path, tmp_path: Path) -> None:
    assert melodies_before(None) is None
    assert melodies_before(tmp_path) is NOT_KNOWN
    found = melodies_of([load_dataset(toy_dataset)], NOT_KNOWN)
    assert (len(found) > 0, found.is_whole) == (True, False)


@pytest.mark.parametrize("size", [0, 5, 90, -40])
def test_a_file_that_is_cut_off_is_refused_in_a_line(tmp_path: Path, size: int) -> None:
    (tmp_path / MELODIES).write_bytes(melodies_file(melodies())[:size])
    with pytest.raises(ModelError, match=r"figures\.npz is damaged: copy or train the model again"):
        load_melodies(tmp_path)


@pytest.mark.parametrize(
    "changes",
    [
        {"songs": np.zeros((4, 3), dtype=np.uint8)},
        {"songs": np.full((4, 4), 9, dtype=np.uint8)},
        {"steps": np.zeros((4, 4), dtype=np.float32)},
        {"steps": np.zeros(16, dtype=np.uint8)},
        {"steps": np.zeros((2, 8), dtype=np.uint8)},
        {"steps": np.full((4, 4), 128, dtype=np.uint8)},
        {"doublings": np.ones((4, 1), dtype=np.uint8)},
        {"doublings": np.ones(4, dtype=np.int64)},
        {"names": np.frombuffer(b"[[], []]", dtype=np.uint8)},
        {"names": np.frombuffer(b"{", dtype=np.uint8)},
        {"names": np.frombuffer(b"[" * 100_000, dtype=np.uint8)},
        {"names": np.frombuffer(b'[["a", 5], ["b", []]]', dtype=np.uint8)},
        {"version": np.array(["x"])},
    ],
)
def test_arrays_that_do_not_fit_together_are_refused(tmp_path: Path, changes: dict[str, Any]) -> None:
    with pytest.raises(ModelError, match=r"figures\.npz is damaged"):
        load_melodies(rewritten(tmp_path, **changes))


def packed(folder: Path, name: str, data: bytes) -> Path:
    """A folder with the file of `melodies()`, and one more member of the archive, or another one of this name."""
    (folder / MELODIES).write_bytes(melodies_file(melodies()))
    with zipfile.ZipFile(folder / MELODIES, "a", zipfile.ZIP_DEFLATED) as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of two members of one name the last is what counts
        file.writestr(name, data)
    return folder


def npy(shape: str) -> bytes:
    """The beginning of an array that says to have this shape."""
    header = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}}}\n".encode()
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header


@pytest.fixture
def unpacked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The members of archives that have been opened."""
    names: list[str] = []
    unpack = zipfile.ZipFile.open

    def noted(file: zipfile.ZipFile, name: str, *words: Any, **more: Any) -> Any:
        names.append(name)
        return unpack(file, name, *words, **more)

    monkeypatch.setattr(zipfile.ZipFile, "open", noted)
    return names


def test_a_member_that_is_not_known_is_not_unpacked(tmp_path: Path, unpacked: list[str]) -> None:
    folder = packed(tmp_path, "more.npy", bytes(100))
    unpacked.clear()
    assert load_melodies(folder) is not None
    assert sorted(unpacked) == [
        f"{name}.npy" for name in ("doublings", "is_whole", "names", "songs", "steps", "version", "version")
    ]


def test_an_array_larger_than_any_index_is_not_unpacked(tmp_path: Path, unpacked: list[str]) -> None:
    folder = packed(tmp_path, "steps.npy", bytes(5 * MOST_FIGURES))
    unpacked.clear()
    with pytest.raises(ModelError, match=r"figures\.npz is damaged"):
        load_melodies(folder)
    assert "steps.npy" not in unpacked


@pytest.mark.parametrize("shape", ["(10**12,)", "(1000000000000,)", f"({10**30},)", "(-1,)", "(" * 3000])
def test_an_array_that_tells_of_no_possible_size_is_refused(tmp_path: Path, shape: str) -> None:
    with pytest.raises(ModelError, match=r"figures\.npz is damaged"):
        load_melodies(packed(tmp_path, "steps.npy", npy(shape)))


def test_another_version_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="has version 9, this SoloMuse reads 3"):
        load_melodies(rewritten(tmp_path, version=np.array(9)))


def test_every_checkpoint_of_a_training_has_the_melodies_of_its_datasets(toy_run: Path, toy_dataset: Path) -> None:
    expected = melodies_file(melodies_of([load_dataset(toy_dataset)]))
    found = [(checkpoint / MELODIES).read_bytes() for checkpoint in toy_run.glob("checkpoint-*")]
    assert len(found) > 1
    assert set(found) == {expected}
