"""Checkpoints on disk: each is whole or not there.

A checkpoint is written under a temporary name, sealed by a manifest of its files' sizes and hashes, and renamed. Of a
process that is killed at any moment, what is left is either the whole checkpoint or a temporary folder.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
from pathlib import Path

from solomuse.errors import ModelError

MANIFEST = "manifest.json"
STATE = "trainer_state.json"
OF_TRAINING_ONLY = ("manifest", "trainer_state", "run", "position")
"""How the names of files begin that a checkpoint has and a model folder has not."""

logger = logging.getLogger(__name__)


def seal(partial: Path, final: Path) -> None:
    """Give a folder that is written in full its manifest and its name, on the disk itself and not in memory only."""
    manifest = {}
    for path in _files(partial):
        _flush(path)
        manifest[path.relative_to(partial).as_posix()] = {"bytes": path.stat().st_size, "sha256": sha256_of(path)}
    (partial / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    _flush(partial / MANIFEST)
    _flush(partial)
    shutil.rmtree(final, ignore_errors=True)
    partial.rename(final)
    _flush(final.parent)


def damage(checkpoint: Path) -> str | None:
    """What is wrong with a checkpoint, in a few words; None if it is whole."""
    try:
        manifest = json.loads((checkpoint / MANIFEST).read_text("utf-8"))
        expected = {checkpoint / name: (entry["bytes"], entry["sha256"]) for name, entry in manifest.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return f"its {MANIFEST} is missing or damaged"
    for path, (size, digest) in expected.items():
        if not path.is_file():
            return f"{path.name} is missing"
        if path.stat().st_size != size:
            return f"{path.name} has {path.stat().st_size} bytes instead of {size}"
        if sha256_of(path) != digest:
            return f"{path.name} is not what was written"
    return None


def checkpoints(run: Path) -> list[Path]:
    """The checkpoints of a run by their steps, oldest first, whole or not."""
    found = [folder for folder in run.glob("checkpoint-*") if folder.name.rpartition("-")[2].isdecimal()]
    return sorted(found, key=lambda folder: int(folder.name.rpartition("-")[2]))


def newest_whole(run: Path) -> Path | None:
    """The newest checkpoint without damage; each that is passed over is warned of in a line."""
    for folder in reversed(checkpoints(run)):
        reason = damage(folder)
        if reason is None:
            return folder
        logger.warning("%s is passed over: %s", folder, reason)
    return None


def step_of(checkpoint: Path) -> int:
    """The step after which a checkpoint was written.

    Raises
    ------
    ModelError
        If it does not say.
    """
    try:
        return int(json.loads((checkpoint / STATE).read_text("utf-8"))["global_step"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{checkpoint}/{STATE} cannot be read ({error}): resume from another checkpoint") from None


def remove_old(run: Path, keep: int, best: Path | None) -> None:
    """Delete all checkpoints but the newest `keep` and the best."""
    for folder in checkpoints(run)[:-keep]:
        if folder != best:
            shutil.rmtree(folder, ignore_errors=True)


def publish(checkpoint: Path, folder: Path) -> None:
    """Make a model folder of a checkpoint, in place of the one that is there."""
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    for path in _files(checkpoint):
        if path.suffix in (".json", ".safetensors", ".npz") and not path.name.startswith(OF_TRAINING_ONLY):
            shutil.copyfile(path, partial / path.name)
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def sha256_of(path: Path) -> str:
    """Hexadecimal digest of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _flush(path: Path) -> None:
    """Have the operating system write a file, or a folder's list of names, to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
