"""Loads a dataset folder, memory-mapped."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from solomuse.config import DataConfig
from solomuse.datasets.build import DATASET_VERSION
from solomuse.errors import DatasetError
from solomuse.tokens.vocabulary import Vocabulary, vocabulary


@dataclass(frozen=True, slots=True)
class Windows:
    """The windows of one split.

    Parameters
    ----------
    token_ids : ndarray of shape (tokens,), uint16
    features : ndarray of shape (tokens, F), uint8
    offsets : ndarray of shape (windows + 1,), int64
    songs : ndarray of shape (windows,), int64
        The song that each window is from.
    """

    token_ids: NDArray[np.uint16]
    features: NDArray[np.uint8]
    offsets: NDArray[np.int64]
    songs: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.songs)

    def __getitem__(self, index: int) -> tuple[NDArray[np.uint16], NDArray[np.uint8]]:
        """Token ids of shape (T,) and features of shape (T, F) of one window."""
        span = slice(self.offsets[index], self.offsets[index + 1])
        return self.token_ids[span], self.features[span]

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Tokens of each window, shape (windows,)."""
        return np.diff(self.offsets)


@dataclass(frozen=True, slots=True)
class Dataset:
    """A dataset folder."""

    path: Path
    report: dict[str, Any]
    vocabulary: Vocabulary

    @property
    def config(self) -> DataConfig:
        """How it was made."""
        return DataConfig(**self.report["config"])

    def windows(self, split: str) -> Windows:
        """The windows of ``train``, ``validation`` or ``test``."""
        arrays = (np.load(self.path / f"{split}.{name}.npy", mmap_mode="r") for name in _ARRAYS)
        return Windows(*arrays)


_ARRAYS = ("tokens", "features", "offsets", "songs")


def load_dataset(path: Path) -> Dataset:
    """The dataset in a folder.

    Raises
    ------
    DatasetError
        If the folder is no dataset, incomplete, or of another version or vocabulary.
    """
    try:
        report = json.loads((path / "dataset.json").read_text("utf-8"))
        version, grid, stored = report["version"], report["config"]["grid"], report["vocabulary"]
    except OSError:
        raise DatasetError(f"{path} is not a dataset: make one with 'solomuse prepare SOURCE --out {path}'") from None
    except (ValueError, KeyError):
        raise DatasetError(f"{path}/dataset.json is damaged: run 'solomuse prepare' again") from None
    known = vocabulary(grid)
    if version != DATASET_VERSION or stored != known.hash:
        raise DatasetError(f"{path} was made for another vocabulary or version: run 'solomuse prepare' again")
    missing = [
        f"{s}.{a}.npy" for s in ("train", "validation") for a in _ARRAYS if not (path / f"{s}.{a}.npy").is_file()
    ]
    if missing:
        raise DatasetError(f"{path} is incomplete ({missing[0]} is missing): run 'solomuse prepare' again")
    return Dataset(path, report, known)
