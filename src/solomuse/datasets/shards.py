"""Songs on disk: shards of some hundred files each, memory-mapped.

::

    shards/
      00000.npy      the lead sheets of its songs, one after another, int32
      00000.jsonl    one line a file: what was found in it, or why it was left out; only while a dataset is made

A lead sheet is one stretch of its shard: how many notes, chords and bars it has, its conditions, then the columns of a
`GridSheet`. So reading one is one look at one file, whatever the size of the collection, and a shard's bytes depend on
its files alone.

Plain arrays and not Arrow or Parquet: windows are drawn in random order, each from another song, for which a mapped
array is a slice without a copy, shared by all processes of a machine. There is no column to filter by, and numpy is
there already.
"""

from __future__ import annotations

import io
import json
from base64 import b64decode, b64encode
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from solomuse.datasets.duplicates import MelodyPrint
from solomuse.datasets.examples import Prepared, Skip
from solomuse.errors import DatasetError
from solomuse.files import UNFINISHED, write_whole
from solomuse.tokens.grid_sheet import GridSheet
from solomuse.tokens.vocabulary import CONDITIONS

MOST_OPEN = 512
"""Shards that are mapped at a time: each takes one of the process's file handles."""

HEADER = 3 + len(CONDITIONS)
_ARRAYS = ("windows", "starts", "held_back_starts")


@dataclass(frozen=True, slots=True)
class KeptSong:
    """What of a song is kept beside its lead sheets.

    Parameters
    ----------
    name, title, source : str
        As its `solomuse.datasets.song_file.SongFile` has them.
    published : str
        The split that its publishers put it in; empty where they do not.
    facts : dict
        What `solomuse.datasets.facts.song_facts` says of it.
    print : MelodyPrint
    places : tuple of int
        Where each of its lead sheets starts in the shard.
    windows, starts, held_back_starts : tuple of ndarray
        As `solomuse.datasets.examples.Prepared` has them.
    """

    name: str
    title: str
    source: str
    published: str
    facts: dict[str, Any]
    print: MelodyPrint
    places: tuple[int, ...]
    windows: tuple[NDArray[np.int32], ...]
    starts: tuple[NDArray[np.int32], ...]
    held_back_starts: tuple[NDArray[np.int32], ...]

    def starts_for(self, split: str) -> tuple[NDArray[np.int32], ...]:
        """Overlapping windows to learn from; windows side by side to measure by, so that each note counts once."""
        return self.starts if split == "train" else self.held_back_starts

    def windows_for(self, split: str) -> NDArray[np.int32]:
        """The windows that are taken, of all lead sheets: shape (windows, len(WINDOW))."""
        return np.concatenate([own[at] for own, at in zip(self.windows, self.starts_for(split), strict=True)])


def write_shard(folder: Path, number: int, outcomes: Sequence[Prepared | Skip]) -> None:
    """Write a shard; it is there in full or not at all, whatever happens meanwhile and whoever else writes the same.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    records, lines, end = [np.zeros(0, dtype=np.int32)], [], 0
    for outcome in outcomes:
        if isinstance(outcome, Skip):
            lines.append(asdict(outcome))
            continue
        own = [_record(sheet) for sheet in outcome.sheets]
        *places, end = accumulate(map(len, own), initial=end)
        lines.append(_line(outcome, places))
        records += own
    array, text = _paths(folder, number)
    data = io.BytesIO()
    np.save(data, np.concatenate(records))
    write_whole(array, data.getvalue())
    write_whole(text, "".join(f"{json.dumps(line)}\n" for line in lines).encode("ascii"))


def is_written(folder: Path, number: int) -> bool:
    """Whether a shard is there."""
    return all(path.is_file() for path in _paths(folder, number))


def kept_outcomes(folder: Path, number: int) -> Iterator[KeptSong | Skip]:
    """What came of the files of a shard, in order."""
    with _paths(folder, number)[1].open(encoding="ascii") as file:
        for text in file:
            line = json.loads(text)
            yield Skip(**line) if "reason" in line else _kept(line)


def tidy(folder: Path) -> None:
    """Remove what is not needed once the dataset is complete: all but the lead sheets."""
    for pattern in ("*.jsonl", f"{UNFINISHED}*"):
        for path in folder.glob(pattern):
            path.unlink()


class Shards:
    """The lead sheets of a dataset, mapped as they are asked for.

    Parameters
    ----------
    folder : Path
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._mapped = lru_cache(MOST_OPEN)(self._map)

    def check(self, count: int) -> None:
        """See that so many shards are there in full.

        Raises
        ------
        DatasetError
            If one is damaged.
        """
        for shard in range(count):
            self._map(shard)

    def sheet(self, shard: int, place: int) -> GridSheet:
        """The lead sheet that starts at `place`; nothing of it is copied.

        Raises
        ------
        DatasetError
            If the shard is damaged.
        """
        array = self._mapped(shard)
        if not 0 <= place <= len(array) - HEADER:
            raise _damaged(self._path(shard))
        notes, chords, bars, *conditions = array[place : place + HEADER].tolist()
        ends = np.cumsum([place + HEADER, 4 * notes, 5 * chords, bars + 1, bars]).tolist()
        if min(notes, chords, bars) < 0 or ends[-1] > len(array):
            raise _damaged(self._path(shard))
        parts = [array[start:end] for start, end in pairwise(ends)]
        return GridSheet(parts[0].reshape(-1, 4), parts[1].reshape(-1, 5), parts[2], parts[3], tuple(conditions))

    def _map(self, shard: int) -> NDArray[np.int32]:
        return mapped(self._path(shard))

    def _path(self, shard: int) -> Path:
        return _paths(self._folder, shard)[0]


def mapped(path: Path, *columns: int) -> NDArray[np.int32]:
    """An array of a dataset, mapped: its rows have so many columns, or are single numbers.

    Raises
    ------
    DatasetError
        If it cannot be read, or is another one.
    """
    try:
        array: NDArray[np.int32] = np.load(path, mmap_mode="r").view(np.ndarray)
    except (OSError, ValueError, EOFError):
        array = np.empty((0, 0, 0), dtype=np.int32)  # of no file
    if array.dtype != np.int32 or array.shape[1:] != columns:
        raise _damaged(path)
    return array


def _damaged(path: Path) -> DatasetError:
    return DatasetError(f"{path} is damaged: run 'solomuse prepare' again")


def _paths(folder: Path, number: int) -> tuple[Path, Path]:
    return folder / f"{number:05}.npy", folder / f"{number:05}.jsonl"


def _record(sheet: GridSheet) -> NDArray[np.int32]:
    """The lead sheet as one stretch of numbers."""
    header = np.array([len(sheet.notes), len(sheet.chords), sheet.bars, *sheet.conditions], dtype=np.int32)
    return np.concatenate([header, sheet.notes.ravel(), sheet.chords.ravel(), sheet.bar_lines, sheet.meters])


def _line(song: Prepared, places: list[int]) -> dict[str, Any]:
    """What is kept of a song whose lead sheets are at these places, as JSON has it."""
    return {
        "name": song.file.name,
        "title": song.file.title,
        "source": song.file.source,
        "published": song.file.split,
        "facts": song.facts,
        "ngrams": song.print.ngrams,
        "sketch": b64encode(song.print.sketch).decode("ascii"),
        "places": places,
        **{name: [array.tolist() for array in getattr(song, name)] for name in _ARRAYS},
    }


def _kept(line: dict[str, Any]) -> KeptSong:
    arrays = {name: tuple(np.array(own, dtype=np.int32) for own in line[name]) for name in _ARRAYS}
    return KeptSong(
        name=line["name"],
        title=line["title"],
        source=line["source"],
        published=line["published"],
        facts=line["facts"],
        print=MelodyPrint(line["ngrams"], b64decode(line["sketch"])),
        places=tuple(line["places"]),
        **arrays,
    )
