"""Makes the shards of a dataset: in processes of this machine, or on Ray."""

from __future__ import annotations

import logging
import os
import pickle
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from solomuse.config import DataConfig
from solomuse.datasets.examples import failed_song, prepare_song
from solomuse.datasets.shards import write_shard
from solomuse.datasets.song_file import SongFile
from solomuse.datasets.workers import results
from solomuse.errors import ConfigError, OutputError

EngineName = Literal["local", "ray"]


@dataclass(frozen=True, slots=True)
class ShardPlan:
    """The files of a shard that is to be made."""

    number: int
    files: Sequence[SongFile]


def shards_here(plans: Sequence[ShardPlan], folder: Path, config: DataConfig, jobs: int) -> Iterator[SongFile]:
    """Make the shards in `jobs` processes, 0 for one a core; each file as it is done, in order."""
    files = [file for plan in plans for file in plan.files]
    jobs = min(jobs or os.cpu_count() or 1, max(1, len(files) // 8))
    outcomes = results(partial(prepare_song, config=config), failed_song, files, jobs, config.max_seconds)
    for plan in plans:
        kept = []
        for file, outcome in zip(plan.files, islice(outcomes, len(plan.files)), strict=True):
            kept.append(outcome)
            yield file
        write_shard(folder, plan.number, kept)


def shards_on_ray(plans: Sequence[ShardPlan], folder: Path, config: DataConfig, jobs: int) -> Iterator[SongFile]:
    """Make the shards on Ray, a task each; each file once its shard is done, in whatever order.

    On the cluster that ``RAY_ADDRESS`` names, whose machines all see the files and `folder` under the same paths; else
    on this machine, with `jobs` tasks at a time, 0 for one a core. A task that is lost is run again: a shard is written
    under a name of its own first, and two that are made of the same files are the same.

    Raises
    ------
    ConfigError
        If Ray is not installed.
    OutputError
        If a shard cannot be made.
    """
    try:
        import ray
        import ray.data
    except ImportError:
        raise ConfigError("--engine ray needs Ray: pip install 'solomuse[ray]', or leave the engine out") from None
    is_ours = not ray.is_initialized()
    if is_ours:
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is sent home unless the user wants it
        quiet = {"log_to_driver": False, "logging_level": logging.ERROR}
        ray.init(**quiet) if os.environ.get("RAY_ADDRESS") else ray.init(num_cpus=jobs or None, **quiet)
    ray.data.DataContext.get_current().enable_progress_bars = False  # there is one for files
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    rows = [{"number": plan.number, "files": pickle.dumps(tuple(plan.files))} for plan in plans]
    work = partial(_shard_of_row, folder=folder.resolve(), config=config)
    try:
        made = ray.data.from_items(rows, override_num_blocks=max(1, len(rows))).map(work, num_cpus=1)
        files_by_number = {plan.number: plan.files for plan in plans}
        for row in made.iter_rows():
            if row["fault"]:
                raise OutputError(f"a task on Ray: {row['fault']}; can all machines reach it?")
            yield from files_by_number[row["number"]]
    except ray.exceptions.RayError as error:
        why = str(error).strip().splitlines()[0]
        raise OutputError(f"Ray gave up: {why}; run the same command again to go on") from None
    finally:
        if is_ours:
            ray.shutdown()


def _shard_of_row(row: dict[str, Any], folder: Path, config: DataConfig) -> dict[str, Any]:
    """Make one shard; a file that crashes its process does so in one beside the task's.

    Returns its number, and what kept it from being written, if anything.
    """
    work = partial(prepare_song, config=config)
    outcomes = results(work, failed_song, pickle.loads(row["files"]), 1, config.max_seconds, apart=True)
    try:
        write_shard(folder, row["number"], list(outcomes))
    except OutputError as error:
        return {"number": row["number"], "fault": str(error)}
    return {"number": row["number"], "fault": ""}


Engine = Callable[[Sequence[ShardPlan], Path, DataConfig, int], Iterator[SongFile]]
ENGINES: dict[EngineName, Engine] = {"local": shards_here, "ray": shards_on_ray}
