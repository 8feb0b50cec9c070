"""Loads a dataset folder, memory-mapped; its windows are encoded as they are asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from solomuse.config import DataConfig, config_from_tables
from solomuse.datasets.catalogue import DATASET_VERSION, STARTS, TABLE
from solomuse.datasets.shards import Shards, mapped
from solomuse.datasets.splits import SPLITS
from solomuse.errors import ConfigError, DatasetError
from solomuse.tokens.encoding import encode
from solomuse.tokens.vocabulary import GRIDS, PLAYER_SLOTS, UNSAID, Vocabulary, vocabulary

HELD_BACK = "held-back"
SONGS = "songs.jsonl"


@dataclass(frozen=True, slots=True)
class Windows:
    """The windows of one split.

    Parameters
    ----------
    table : ndarray of shape (windows, len(TABLE)), int32
        Where each is.
    starts : ndarray of shape (bars, len(STARTS)), int32
        Which windows there are besides.
    players : ndarray of shape (songs,), int
        The slot of the player of each song, `UNSAID` where there is none.
    shards : Shards
    config : DataConfig
    vocabulary : Vocabulary
    is_described : bool
        Whether windows say how dense and how high their melody is. Not where it is to be predicted.
    """

    table: NDArray[np.int32]
    starts: NDArray[np.int32]
    players: NDArray[np.int32]
    shards: Shards
    config: DataConfig
    vocabulary: Vocabulary
    is_described: bool = False

    def __len__(self) -> int:
        return len(self.table)

    def __getitem__(self, index: int) -> tuple[NDArray[np.uint16], NDArray[np.int32]]:
        """Token ids of shape (T,) and features of shape (T, F) of one window."""
        song, shard, place, first, bars, *_ = self.table[index].tolist()
        sheet = self.shards.sheet(shard, place).slice(first, first + bars).saying(player=int(self.players[song]))
        return encode(sheet.described(self.vocabulary) if self.is_described else sheet, self.vocabulary)

    def __iter__(self) -> Iterator[tuple[NDArray[np.uint16], NDArray[np.int32]]]:
        return (self[index] for index in range(len(self)))

    def moved(self, rng: np.random.Generator) -> Windows:
        """The windows with other cuts: each moved at random by at most half of the way to the next one, in its song.

        Where there is no window, one stays where it was.
        """
        _, _, _, first, bars, _, row, total = self.table.T
        hop = np.minimum(self.config.hop_bars, bars)
        start = np.clip(first + rng.integers(hop) - hop // 2, 0, total - bars)
        start = np.where(self.starts[row + start - first, 1] > 0, start, first)
        table = self.table.copy()
        table[:, TABLE.index("first")] = start
        table[:, TABLE.index("row")] += start - first
        table[:, [TABLE.index(name) for name in STARTS]] = self.starts[table[:, TABLE.index("row")]]
        return replace(self, table=table)

    @property
    def lengths(self) -> NDArray[np.int32]:
        """Tokens of each window, shape (windows,)."""
        return self.table[:, TABLE.index("tokens")]

    @property
    def songs(self) -> NDArray[np.int32]:
        """The line in ``songs.jsonl`` that each window is from, shape (windows,)."""
        return self.table[:, TABLE.index("song")]


@dataclass(frozen=True, slots=True)
class Dataset:
    """A dataset folder.

    Parameters
    ----------
    players : sequence of str
        Whose each slot is, at most `PLAYER_SLOTS`; who is not among them is not told from others.
    """

    path: Path
    report: dict[str, Any]
    vocabulary: Vocabulary
    players: tuple[str, ...]

    @property
    def config(self) -> DataConfig:
        """How it was made."""
        return DataConfig(**self.report["config"])

    def windows(self, split: str) -> Windows:
        """The windows of ``train``, ``validation`` or ``test``, or of both held-back ones: ``held-back``.

        Raises
        ------
        DatasetError
            If a file is damaged.
        """
        if split == HELD_BACK:
            parts = [self.windows(name) for name in SPLITS[1:]]
            own, others = parts[0].table, parts[1].table.copy()
            others[:, TABLE.index("row")] += len(parts[0].starts)
            starts = np.concatenate([part.starts for part in parts])
            return replace(parts[0], table=np.concatenate([own, others]), starts=starts)
        table, starts = (
            mapped(self.path / f"{split}.{name}.npy", len(columns))
            for name, columns in (("windows", TABLE), ("starts", STARTS))
        )
        own, slots = mapped(self.path / "players.npy"), {name: slot for slot, name in enumerate(self.players)}
        slot_by_own = np.array([*(slots.get(name, UNSAID) for name in self.report["players"]), UNSAID], dtype=np.int32)
        return Windows(table, starts, slot_by_own[own], Shards(self.path / "shards"), self.config, self.vocabulary)

    def songs(self) -> Iterator[dict[str, Any]]:
        """What ``songs.jsonl`` says of each song.

        Raises
        ------
        DatasetError
            If it is damaged.
        """
        path, count = self.path / SONGS, 0
        damaged = DatasetError(f"{path} is damaged: run 'solomuse prepare' again")
        try:
            with path.open(encoding="utf-8") as file:
                for line in file:
                    yield dict(json.loads(line))
                    count += 1
        except (OSError, ValueError, TypeError, RecursionError):
            raise damaged from None
        if count != self.report["songs"]:
            raise damaged


def load_dataset(path: str | Path) -> Dataset:
    """The dataset in a folder.

    Raises
    ------
    DatasetError
        If the folder is no dataset, incomplete, or of another version or vocabulary.
    """
    path = Path(path)
    damaged = DatasetError(f"{path}/dataset.json is damaged: run 'solomuse prepare' again")
    try:
        report = json.loads((path / "dataset.json").read_text("utf-8"))
        version, grid, stored = report["version"], report["config"]["grid"], report["vocabulary"]
    except OSError:
        raise DatasetError(f"{path} is not a dataset: make one with 'solomuse prepare SOURCE --out {path}'") from None
    except (ValueError, KeyError, TypeError, RecursionError):
        raise damaged from None
    if version != DATASET_VERSION or grid not in GRIDS or stored != vocabulary(grid).hash:
        raise DatasetError(f"{path} was made for another vocabulary or version: run 'solomuse prepare' again")
    if not _is_whole(report):
        raise damaged
    needed = chain(
        [SONGS, "players.npy"],
        (f"{split}.{name}.npy" for split in SPLITS for name in ("windows", "starts")),
        (f"shards/{number:05}.npy" for number in range(report["shards"])),
    )
    missing = next((name for name in needed if not (path / name).is_file()), None)
    if missing:
        raise DatasetError(f"{path} is incomplete ({missing} is missing): run 'solomuse prepare' again")
    Shards(path / "shards").check(report["shards"])
    return Dataset(path, report, vocabulary(grid), tuple(report["players"]))


def _is_whole(report: Mapping[str, Any]) -> bool:
    """Whether a ``dataset.json`` of this version says what is needed of it."""
    if not {"songs", "notes", "sources", "splits"} <= report.keys():
        return False
    try:
        config_from_tables({"data": report["config"]}, "")
        names = [report["fingerprint"], *report["players"], *chain(*report["conditions"].values())]
        return isinstance(report["shards"], int) and all(isinstance(name, str) for name in names)
    except (ConfigError, KeyError, TypeError, AttributeError):
        return False


def load_datasets(paths: Sequence[Path]) -> list[Dataset]:
    """Several datasets to be learned from together.

    Raises
    ------
    DatasetError
        As `load_dataset` says, or if their vocabularies are not the same.
    """
    datasets = [load_dataset(path) for path in paths]
    for other in datasets[1:]:
        if other.vocabulary.hash != datasets[0].vocabulary.hash:
            grids = f"grid {datasets[0].vocabulary.grid} and {other.vocabulary.grid}"
            raise DatasetError(
                f"{datasets[0].path} and {other.path} have different vocabularies ({grids}): prepare both with one grid"
            )
    return datasets


def conditions_of(
    datasets: Sequence[Dataset], known: Mapping[str, Sequence[str]] = MappingProxyType({})
) -> dict[str, list[str]]:
    """The styles, feels and instruments that a model learns from some datasets, with those that it knows already."""
    all_said = [known, *(dataset.report["conditions"] for dataset in datasets)]
    names = dict.fromkeys(name for said in all_said for name in said)
    return {name: sorted({value for said in all_said for value in said.get(name, ())}) for name in names}


def players_of(datasets: Sequence[Dataset], known: Sequence[str] = ()) -> tuple[str, ...]:
    """Whose each slot is for a model that learns from some datasets: first who is known already, then in order."""
    names = [*known, *(name for dataset in datasets for name in dataset.players)]
    return tuple(dict.fromkeys(names))[:PLAYER_SLOTS]
