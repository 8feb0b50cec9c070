"""Files that are written whole or not at all, and the folders that they lie in."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from solomuse.errors import OutputError

UNFINISHED = ".unfinished-"
"""How the names of files begin that are being written; one that stays is of a process that was killed."""


def write_whole(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, whatever happens meanwhile and whoever else writes the same one.

    It is written under a name of its own in the same folder, and takes the place of `path` once it is on the disk.

    Raises
    ------
    OutputError
        If the folder is missing, not writable or full, or `path` is a folder or no possible name.
    """
    partial = path.parent / f"{UNFINISHED}{uuid4().hex}"
    try:
        with partial.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except (OSError, ValueError) as error:
        raise OutputError(f"{path}: cannot be written ({_why(error)}); check the folder") from None
    finally:
        with suppress(OSError, ValueError):  # a folder that refused the file may refuse this too
            partial.unlink(missing_ok=True)


def make_folder(path: Path) -> None:
    """Make a folder and those that it lies in, unless there is one.

    Raises
    ------
    OutputError
        If it cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise OutputError(f"{path}: cannot be made ({_why(error)}); choose another folder") from None


def title_of(path: Path) -> str:
    """What a file is called, without its endings.

    Examples
    --------
    >>> title_of(Path("songs/Autumn.mid.gz"))
    'Autumn'
    """
    return legible(Path(path.stem).stem if path.suffix.lower() == ".gz" else path.stem)


def legible(name: str) -> str:
    """The name of a file; one that is no UTF-8, as in old archives, is read as Windows-1252."""
    is_utf8 = not any("\ud800" <= sign <= "\udfff" for sign in name)
    return name if is_utf8 else os.fsencode(name).decode("cp1252", "replace")


def _why(error: OSError | ValueError) -> str:
    """What the system says; of a name that it does not even take, what Python does."""
    return str(error.strerror if isinstance(error, OSError) else error)
