"""The windows of a dataset on disk: all of them in one place at first, then each split's in arrays of its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from solomuse.datasets.windows import Window
from solomuse.tokens.features import FEATURES
from solomuse.tokens.vocabulary import SEP

KINDS: tuple[tuple[str, np.dtype[Any], tuple[int, ...]], ...] = (
    ("tokens", np.dtype(np.uint16), ()),
    ("features", np.dtype(np.uint8), (len(FEATURES),)),
)
"""Name, type and shape of a row of what is kept of each token."""


@dataclass(frozen=True, slots=True)
class KeptWindow:
    """A window that lies in a spool.

    Parameters
    ----------
    start, tokens : int
        Its place there, and its length.
    events : int
        How many of its tokens come after ``<SEP>``.
    notes : int
    """

    start: int
    tokens: int
    events: int
    notes: int


class Spool(AbstractContextManager["Spool"]):
    """Windows on disk until it is known which split they go to, so that memory does not grow with their number.

    Parameters
    ----------
    folder : Path
        Where its two files lie until it is left.
    """

    def __init__(self, folder: Path) -> None:
        self._paths = [folder / f"{name}.spool" for name, _, _ in KINDS]
        self._files: list[IO[bytes]] = [path.open("wb") for path in self._paths]
        self._end = 0

    def keep(self, windows: Sequence[Window]) -> tuple[KeptWindow, ...]:
        """Write the windows down; of one that comes several times one copy."""
        kept: dict[int, KeptWindow] = {}
        for window in windows:
            if id(window) not in kept:
                count = len(window.token_ids)
                events = count - 1 - int(np.argmax(window.token_ids == SEP))
                kept[id(window)] = KeptWindow(self._end, count, events, window.notes)
                self._end += count
                tokens, features = self._files
                tokens.write(window.token_ids.tobytes())
                features.write(window.features.tobytes())
        return tuple(kept[id(window)] for window in windows)

    def write(self, stem: Path, songs: Iterable[tuple[int, Sequence[KeptWindow]]]) -> None:
        """Write the arrays of one split, given the windows of each of its songs by the song's number."""
        chosen = [(number, window) for number, windows in songs for window in windows]
        ends = np.cumsum([0, *(window.tokens for _, window in chosen)], dtype=np.int64)
        np.save(stem.with_name(f"{stem.name}.offsets.npy"), ends)
        np.save(stem.with_name(f"{stem.name}.songs.npy"), np.array([number for number, _ in chosen], dtype=np.int64))
        for (name, dtype, row), file, path in zip(KINDS, self._files, self._paths, strict=True):
            file.flush()
            size = dtype.itemsize * int(np.prod(row))
            header = {"descr": dtype.str, "fortran_order": False, "shape": (int(ends[-1]), *row)}
            with path.open("rb") as spooled, stem.with_name(f"{stem.name}.{name}.npy").open("wb") as target:
                np.lib.format.write_array_header_1_0(target, header)
                for _, window in chosen:
                    spooled.seek(window.start * size)
                    target.write(spooled.read(window.tokens * size))

    def __exit__(self, *_: object) -> None:
        """Remove the files."""
        for file, path in zip(self._files, self._paths, strict=True):
            file.close()
            path.unlink(missing_ok=True)
