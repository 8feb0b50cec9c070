"""The run folder: what a training is made of, and where it goes on."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import accelerate
import numpy as np
import torch
import transformers

from solomuse import __version__
from solomuse.config import Config, config_from_tables
from solomuse.datasets.load import Dataset
from solomuse.errors import ConfigError, ModelError, OutputError
from solomuse.files import make_folder, write_whole
from solomuse.model.folder import BUNDLED, WEIGHTS_FILE, is_bundled, model_folder, read_json
from solomuse.training.checkpoints import checkpoints, damage, newest_whole, sha256_of

RUN = "run.json"
MODEL = "model"
METRICS = "metrics.jsonl"
SCRATCH = ".scratch"


def run_facts(
    datasets: Sequence[Dataset],
    config: Config,
    init: Path | None,
    conditions: Mapping[str, Sequence[str]],
    teachers: Mapping[str, str],
) -> dict[str, Any]:
    """What ``run.json`` holds."""
    return {
        "package": __version__,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "accelerate": accelerate.__version__,
        "numpy": np.__version__,
        "datasets": [str(dataset.path.resolve()) for dataset in datasets],
        "fingerprints": [dataset.report["fingerprint"] for dataset in datasets],
        "vocabulary": datasets[0].vocabulary.hash,
        "players": list(datasets[0].players),
        "conditions": conditions,
        "init": init and _name(init),
        "teachers": dict(teachers),
        "seed": config.training.seed,
        "config": asdict(config),
    }


def _name(model: Path) -> str:
    """The path of a model, or the word for the bundled one, which is true on any machine."""
    return BUNDLED if is_bundled(model) else str(model.resolve())


def teachers_so_far(resume: Path | None, teachers: Sequence[Path]) -> dict[str, str]:
    """The SHA-256 of each teacher's weights by its path: of those that are given, or of the run that is resumed.

    Raises
    ------
    ModelError
        If one cannot be read, or is no longer what the run has learned from so far.
    """
    before: Mapping[str, str] = {} if resume is None else read_json(resume / RUN).get("teachers", {})
    names = list(before) if resume is not None else [_name(teacher) for teacher in teachers]
    found = {name: _hash(model_folder(Path(name)) / WEIGHTS_FILE) for name in names}
    for name, known in before.items():
        if found[name] != known:
            raise ModelError(f"{name} is not the teacher that the run in {resume} has had so far: put it back")
    return found


def _hash(path: Path) -> str:
    try:
        return sha256_of(path)
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror}): copy or train the model again") from None


def known_so_far(resume: Path | None, init: Path | None) -> tuple[Sequence[str], Mapping[str, Sequence[str]]]:
    """Whose each player's slot is, and which conditions are known, in the run that is resumed or the first model."""
    about: Mapping[str, Any] = {}
    if resume is not None:
        about = read_json(resume / RUN)
    elif init is not None:
        about = read_json(model_folder(init) / "solomuse.json")
    return about.get("players", ()), about.get("conditions", {})


def write_run(out: Path, run: Mapping[str, Any]) -> None:
    """Write ``run.json``, into a folder that is made if it is not there.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    make_folder(out)
    write_whole(out / RUN, f"{json.dumps(run, indent=1)}\n".encode())


def refuse_to_overwrite(out: Path) -> None:
    """See that no training's work is lost.

    Raises
    ------
    OutputError
        If `out` holds a run with a checkpoint or a model, or is a dataset or a model.
    """
    for name, what in (("dataset.json", "a dataset"), ("solomuse.json", "a model")):
        if (out / name).exists():
            raise OutputError(f"{out} is {what}: choose another folder for the run")
    if (out / RUN).exists() and (checkpoints(out) or (out / MODEL).exists()):
        raise OutputError(f"{out} holds a run already: pass --resume to go on with it, or choose another folder")


class Resumable(NamedTuple):
    """A run that can go on.

    Parameters
    ----------
    checkpoint : Path or None
        Where; None if it ended before its first one, and begins anew.
    out : Path
        Its folder.
    datasets, config, init, teachers
        What `solomuse.training.train` was given.
    """

    checkpoint: Path | None
    out: Path
    datasets: tuple[Path, ...]
    config: Config
    init: Path | None
    teachers: tuple[Path, ...]


def resumable(path: Path) -> Resumable:
    """The run of a run folder, to go on from its newest checkpoint that is whole, or of one of its checkpoints.

    Raises
    ------
    ModelError
        If there is nothing to resume, or the checkpoint that is asked for is damaged.
    """
    if path.name.startswith("checkpoint-"):
        reason = damage(path)
        if reason is not None:
            raise ModelError(f"{path} cannot be resumed from: {reason}; give its run folder to use an older checkpoint")
        return _run_of(path / RUN, path, path.parent)
    found = newest_whole(path)
    if found is None and (checkpoints(path) or not (path / RUN).is_file()):
        raise ModelError(
            f"{path} holds no checkpoint to resume from: give a run folder or one of its checkpoint-N folders"
        )
    return _run_of((found or path) / RUN, found, path)


def check_beginning(begun: Resumable, init: Path | None, teachers: Sequence[Path]) -> None:
    """See that whoever names a first model or teachers again names those of the run, which keeps its own.

    Raises
    ------
    ConfigError
        If they are others.
    """
    for option, given, own in (
        ("init", [init] if init else [], [begun.init] if begun.init else []),
        ("teacher", teachers, begun.teachers),
    ):
        if given and [_name(model) for model in given] != [_name(model) for model in own]:
            raise ConfigError(
                f"--{option} {' '.join(map(str, given))} is for a new run: the one in {begun.out} began with "
                f"{' '.join(map(_name, own)) or 'none'}, and goes on without this option"
            )


def check_continuity(checkpoint: Path, run: Mapping[str, Any]) -> None:
    """See that a run goes on with the model and the data that it has had so far.

    Raises
    ------
    ConfigError
        If the model's shape, the songs or the way they were prepared are others.
    """
    before = read_json(checkpoint / RUN)
    for key, value in run["config"]["model"].items():
        if before["config"]["model"][key] != value:
            raise ConfigError(
                f"{key} is {value}, but the run in {checkpoint.parent} has {before['config']['model'][key]}: "
                "resume without this option, or begin a new run with --init"
            )
    if before["fingerprints"] != run["fingerprints"]:
        raise ConfigError(
            f"{', '.join(run['datasets'])} is not what the run in {checkpoint.parent} has learned from so far: "
            f"resume with {' '.join(before['datasets'])}, or begin a new run with --init"
        )


def _run_of(record: Path, checkpoint: Path | None, out: Path) -> Resumable:
    """The run that a ``run.json`` tells of."""
    run = read_json(record)
    try:
        return Resumable(
            checkpoint,
            out,
            datasets=tuple(map(Path, run["datasets"])),
            config=config_from_tables(run["config"], str(record)),
            init=Path(run["init"]) if run.get("init") else None,
            teachers=tuple(map(Path, run.get("teachers", ()))),
        )
    except (KeyError, TypeError) as error:
        raise ModelError(f"{record} is damaged or not complete ({error}): begin a new run") from None
