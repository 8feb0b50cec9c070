"""Archives of songs, unpacked without what SoloMuse has no use for, such as audio.

What an archive says of itself is not believed: bytes are counted as they are written, names that lead out of the
folder, links and devices are left out, and impossible dates become 1970.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import shutil
import stat
import tarfile
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO, Any

from solomuse.datasets.wjazzd_sqlite import SQLITE_SUFFIXES
from solomuse.errors import DatasetError
from solomuse.formats.archive_faults import ARCHIVE_FAULTS
from solomuse.formats.suffixes import ABC_SUFFIXES, IMPROVISOR_SUFFIXES, MIDI_SUFFIXES, MUSICXML_SUFFIXES

ARCHIVE_SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")

USEFUL_SUFFIXES = (
    *(*MIDI_SUFFIXES, *MUSICXML_SUFFIXES, *ABC_SUFFIXES, *IMPROVISOR_SUFFIXES, *SQLITE_SUFFIXES),
    *(".txt", ".csv", ".yaml", ".json"),
)
MOST_BYTES = 20 * 2**30
"""An archive whose useful files take more is refused."""

_CHUNK_BYTES = 2**20
_OPENER_BY_MAGIC: dict[bytes, Callable[[Path], Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ": lzma.open,
}

_Member = tuple[str, float, IO[bytes]]
"""Name, time of the last change in seconds, content."""


def unpack(path: Path, folder: Path) -> None:
    """Unpack the songs and annotations of an archive into a new folder.

    An archive inside it stays closed: it becomes an empty file, by which it can be named.

    Raises
    ------
    DatasetError
        If it is damaged or locked, holds nothing of use, or unpacks to more than `MOST_BYTES` or than the disk holds.
    """
    try:
        folder.mkdir(parents=True)
        left = min(MOST_BYTES, shutil.disk_usage(folder).free - _CHUNK_BYTES)
        for name, changed, content in _of_zip(path) if path.name.lower().endswith(".zip") else _of_tar(path):
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("wb") as file:
                while not _is_archive(name) and (chunk := content.read(_CHUNK_BYTES)):
                    left -= len(chunk)
                    if left < 0:
                        raise DatasetError(f"{path}: unpacks to more than there is room for; unpack the songs yourself")
                    file.write(chunk)
            _set_time(target, changed)
    except ARCHIVE_FAULTS as error:
        why = next(iter(str(error).splitlines()), "it is damaged")
        raise DatasetError(f"{path}: cannot be unpacked ({why}); download or pack it again") from None
    if not any(folder.iterdir()):
        raise DatasetError(f"{path}: the archive holds no MIDI file or lead sheet; give another")


def _is_useful(name: str) -> bool:
    """Whether a file is of a kind that is read or named, not hidden, and inside the archive's folder."""
    parts = PurePosixPath(name).parts
    leads_out = ".." in parts or name.startswith("/") or bool(PureWindowsPath(name).drive)
    is_hidden = any(part.startswith(".") or part == "__MACOSX" for part in parts)
    return not leads_out and not is_hidden and (name.lower().endswith(USEFUL_SUFFIXES) or _is_archive(name))


def _is_archive(name: str) -> bool:
    return name.lower().endswith(ARCHIVE_SUFFIXES)


def _set_time(path: Path, changed: float) -> None:
    """Give a file the time that the archive says, by which a dataset's fingerprint knows it again."""
    os.utime(path, (0, 0))
    with suppress(ValueError, OverflowError, OSError):
        os.utime(path, (changed, changed))


def _of_zip(path: Path) -> Iterator[_Member]:
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            name = info.filename.replace("\\", "/")  # some packers on Windows
            if not info.is_dir() and not stat.S_ISLNK(info.external_attr >> 16) and _is_useful(name):
                with archive.open(info) as content:
                    yield name, _seconds(info), content


def _seconds(info: zipfile.ZipInfo) -> float:
    """The time of a file in seconds; 0 where there is no such day."""
    try:
        return time.mktime((*info.date_time, 0, 0, -1))
    except (ValueError, OverflowError):
        return 0.0


def _of_tar(path: Path) -> Iterator[_Member]:
    with path.open("rb") as start:
        magic = start.read(max(map(len, _OPENER_BY_MAGIC)))
    opener = next((opener for known, opener in _OPENER_BY_MAGIC.items() if magic.startswith(known)), None)
    with opener(path) if opener else path.open("rb") as file, tarfile.open(fileobj=file, mode="r|") as archive:
        for info in archive:
            if info.isfile() and _is_useful(info.name) and (content := archive.extractfile(info)) is not None:
                with content:
                    yield info.name, float(info.mtime), content
        if opener is None and archive.offset > path.stat().st_size:  # of a file that is skipped tarfile does not say so
            raise EOFError("unexpected end of data")
