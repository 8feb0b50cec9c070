"""Builds a dataset folder from songs.

::

    DATASET/
      dataset.json                 configuration, vocabulary, counts, every skip by reason
      report.json report.html      the same with distributions, doubtful songs and duplicates, and as a page
      songs.jsonl                  one line a song: name, title, split, and what was found in it
      skipped.jsonl                one line a song that was left out: name, reason, detail
      players.npy                  who plays each song: its place in the list of players of dataset.json, -1 for others
      train.windows.npy            where each window is; see `solomuse.datasets.catalogue`
      train.starts.npy             which windows there are besides, one from each bar
      validation.* test.*          the same
      shards/00000.npy ...         the songs on the grid; see `solomuse.datasets.shards`

Every byte follows from the files and the configuration: not from the engine, the number of processes, or how often it
was interrupted.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from solomuse import __version__
from solomuse.config import DataConfig
from solomuse.datasets.catalogue import DATASET_VERSION, write_catalogue
from solomuse.datasets.engines import ENGINES, EngineName, ShardPlan
from solomuse.datasets.shards import is_written, tidy
from solomuse.datasets.song_file import SongFile
from solomuse.datasets.source import collected
from solomuse.errors import ConfigError, DatasetError, OutputError
from solomuse.tokens.vocabulary import vocabulary

FILES_PER_SHARD = 512
"""Few enough that an interruption costs seconds, many enough that a million files are two thousand shards."""

FINGERPRINT = "fingerprint"
"""File in the folder of a dataset in the making that says what it is made of."""


def prepare(
    sources: Sequence[Path],
    out: Path,
    config: DataConfig,
    *,
    jobs: int = 0,
    engine: EngineName = "local",
    seed: int = 1,
    max_files: int = 0,
    overwrite: bool = False,
    progress: Callable[[Iterable[Any], int], Iterable[Any]] = lambda items, _: items,
    say: Callable[[str], object] = lambda _: None,
) -> dict[str, Any]:
    """Build a dataset folder; return its report: what ``dataset.json`` holds, with the time that it took.

    Songs of one title stay on one side of the split. The folder appears under its name only when it is complete. What
    an interrupted run has finished waits beside it, under ``.NAME.partial``, and the next run goes on from there if
    files and configuration are the same.

    Parameters
    ----------
    jobs : int
        Processes; 0 for one a core.
    engine : {"local", "ray"}
        Where they run.
    max_files : int
        Take only so many songs, chosen by `seed`; 0 for all.
    progress : callable
        Wraps the iterable of files that are done, given their number.
    say : callable
        Told in a line what the user should know.

    Raises
    ------
    ConfigError
        If a number is below 0, or the engine is not installed.
    DatasetError
        If fewer than two songs can be used, or none has a split of its own where these are asked for.
    OutputError
        If `out` exists and is not to be overwritten, or cannot be written.
    """
    for name, number in (("jobs", jobs), ("max_files", max_files)):
        if number < 0:
            raise ConfigError(f"{name} is {number}: expected 0 or more")
    if out.exists() and not overwrite:
        raise OutputError(f"{out} exists already: choose another folder, or pass --force to replace it")
    if out.exists() and any(out.iterdir() if out.is_dir() else [out]) and not (out / "dataset.json").is_file():
        raise OutputError(f"{out} is not a dataset: it will not be replaced; choose another folder")
    with collected(sources, config.format, say) as found:
        files = chosen_files(found, max_files, seed)
        if config.splits == "original" and not any(file.split for file in files):
            raise DatasetError("none of these songs has a split of its publishers: leave out --splits original")
        made_of = fingerprint(files, config, max_files, seed)
        with _in_the_making(out, made_of) as folder:
            began = time.perf_counter()
            plans = [
                ShardPlan(number, files[first : first + FILES_PER_SHARD])
                for number, first in enumerate(range(0, len(files), FILES_PER_SHARD))
            ]
            missing = [plan for plan in plans if not is_written(folder / "shards", plan.number)]
            left = sum(len(plan.files) for plan in missing)
            if len(missing) < len(plans):
                say(f"{len(files) - left} of {len(files)} files are done already: going on with the rest")
            for _ in progress(ENGINES[engine](missing, folder / "shards", config, jobs), left):
                pass
            seconds = time.perf_counter() - began
            report = write_catalogue(folder, len(plans), len(files), config, made_of)
    return {**report, "seconds": round(seconds, 3), "files_per_second": round(left / max(seconds, 1e-9), 1)}


@contextmanager
def _in_the_making(out: Path, made_of: str) -> Iterator[Path]:
    """A folder under a temporary name, which takes the place of `out` once it is done.

    It is the one that an earlier run of the same files left, else a new one. Where this run fails too, it is kept if
    there is a finished shard in it.
    """
    folder = out.with_name(f".{out.name}.partial")
    try:
        label = folder / FINGERPRINT
        if not label.is_file() or label.read_bytes() != made_of.encode():
            shutil.rmtree(folder, ignore_errors=True)
            (folder / "shards").mkdir(parents=True)
            label.write_bytes(made_of.encode())
        yield folder
        tidy(folder / "shards")
        label.unlink()
        for path in folder.glob("*.*"):  # the shards are on the disk already
            with path.open("rb+") as file:
                os.fsync(file.fileno())
        if out.exists():
            shutil.rmtree(out)
        folder.rename(out)
    except FileNotFoundError:  # of a folder that is nobody else's
        raise OutputError(
            f"{out} cannot be written: its files vanished meanwhile; see that no other 'solomuse prepare' writes it too"
        ) from None
    except OSError as error:
        raise OutputError(
            f"{out} cannot be written: {error.strerror}; free some space or choose another folder"
        ) from None
    except DatasetError:
        shutil.rmtree(folder)  # there is nothing to go on with
        raise
    finally:
        if not any((folder / "shards").glob("*.jsonl")):
            shutil.rmtree(folder, ignore_errors=True)


def fingerprint(files: Sequence[SongFile], config: DataConfig, max_files: int, seed: int) -> str:
    """Fingerprint of the files and settings that a dataset is made of."""
    digest = hashlib.sha256(
        json.dumps(
            [asdict(config), max_files, seed, vocabulary(config.grid).hash, DATASET_VERSION, __version__]
        ).encode()
    )
    for file in files:
        paths = [file.path] if file.path.is_file() else sorted(path for path in file.path.rglob("*") if path.is_file())
        for path in paths:
            status = path.stat()
            digest.update(
                f"{file.name}/{path.name} {status.st_size} {status.st_mtime_ns}\n".encode("utf-8", "surrogateescape")
            )
    return digest.hexdigest()[:16]


def chosen_files(files: list[SongFile], max_files: int, seed: int) -> list[SongFile]:
    """So many of the files, chosen by the seed, in their order; all of them for 0."""
    if not 0 < max_files < len(files):
        return files
    picked = np.random.default_rng(seed).choice(len(files), size=max_files, replace=False)
    return [files[index] for index in sorted(picked)]
