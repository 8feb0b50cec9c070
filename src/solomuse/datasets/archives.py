"""Archives of songs, unpacked without what SoloMuse has no use for, such as audio."""

from __future__ import annotations

import os
import shutil
import tarfile
import time
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from solomuse.errors import DatasetError

ARCHIVE_SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")

USEFUL_SUFFIXES = (
    *(".mid", ".midi", ".kar", ".rmi", ".gz", ".musicxml", ".xml", ".mxl", ".abc", ".ls"),
    *(".txt", ".csv", ".yaml", ".json", ".db", ".sqlite", ".sqlite3"),
)
MOST_BYTES = 20 * 2**30
"""An archive whose useful files take more is refused."""


def unpack(path: Path, folder: Path) -> None:
    """Unpack the songs and annotations of an archive; names that lead out of `folder` are left out.

    Raises
    ------
    DatasetError
        If it is damaged, unpacks to more than `MOST_BYTES` or than the disk holds.
    """
    folder.mkdir(parents=True)
    left = min(MOST_BYTES, shutil.disk_usage(folder).free - 2**20)
    try:
        members = _of_zip(path) if path.name.lower().endswith(".zip") else _of_tar(path)
        for name, size, modified, content in members:
            left -= size
            if left < 0:
                raise DatasetError(f"{path}: unpacks to more than there is room for; unpack the songs alone yourself")
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("wb") as file:
                shutil.copyfileobj(content, file)
            os.utime(target, (modified, modified))
    except (
        OSError,
        tarfile.TarError,
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        RuntimeError,
        NotImplementedError,
    ) as e:
        raise DatasetError(f"{path}: cannot be unpacked ({e}); download or pack it again") from None


def _is_useful(name: str) -> bool:
    parts = PurePosixPath(name).parts
    hidden = any(part == ".." or (part.startswith(("/", ".")) and part != ".") or part == "__MACOSX" for part in parts)
    return bool(parts) and not hidden and name.lower().endswith(USEFUL_SUFFIXES)


def _of_zip(path: Path) -> Iterator[tuple[str, int, float, IO[bytes]]]:
    """Name, size, time and content of the useful files."""
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            if not info.is_dir() and _is_useful(info.filename):
                with archive.open(info) as content:
                    yield info.filename, info.file_size, time.mktime((*info.date_time, 0, 0, -1)), content


def _of_tar(path: Path) -> Iterator[tuple[str, int, float, IO[bytes]]]:
    """Name, size, time and content of the useful files."""
    with tarfile.open(path, "r|*") as archive:
        for info in archive:
            if info.isfile() and _is_useful(info.name) and (content := archive.extractfile(info)) is not None:
                with content:
                    yield info.name, info.size, float(info.mtime), content
