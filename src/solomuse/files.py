"""Files and folders that are made whole, or not at all with a reason in a line."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from solomuse.errors import OutputError


def write_whole(path: Path, data: bytes) -> None:
    """Write a file whole or not at all: under a temporary name in its folder first, then in place of `path`.

    Raises
    ------
    OutputError
        If the folder is missing, not writable or full, or `path` is a folder.
    """
    temporary = path.parent / f".{path.name[:100]}.{os.getpid()}.tmp"
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror}); check the folder") from None
    finally:
        with suppress(OSError):  # a folder that refused the file may refuse this too
            temporary.unlink(missing_ok=True)


def make_folder(path: Path) -> None:
    """Make a folder and those that it lies in, unless there is one.

    Raises
    ------
    OutputError
        If it cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{path}: cannot be made ({error.strerror}); choose another folder") from None
