"""The melodies that a model has learned from, in its folder: what a solo is held against to see what is copied.

``figures.npz`` has the arrays of an `NgramIndex` (figures of a few intervals, without their order, others among them:
no whole melody, no key, no rhythm) and the names of the songs, as JSON in UTF-8. Songs that were held back are not in
it.
"""

from __future__ import annotations

import io
import json
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from solomuse.datasets.catalogue import TABLE
from solomuse.datasets.load import Dataset
from solomuse.errors import ModelError
from solomuse.formats.archive_faults import ARCHIVE_FAULTS
from solomuse.metrics.ngram_index import NgramIndex, SongFigures

MELODIES = "figures.npz"
MELODIES_VERSION = 3
MOST_FIGURES = 20_000_000
"""Of the largest index: more would take minutes and gigabytes to sort. What is beyond is not kept."""

FIGURE_BYTES = 4
_MOST_BYTES = {
    "version": 8,
    "is_whole": 1,
    "doublings": MOST_FIGURES,
    "names": MOST_FIGURES,
    **dict.fromkeys(("steps", "songs"), FIGURE_BYTES * MOST_FIGURES),
}
"""Of each array of the file: a few kilobytes could be unpacked to any size."""
_HEADER_BYTES = 1024
"""Of an array, and more than enough."""
_FAULTS = (*ARCHIVE_FAULTS, KeyError, TypeError, SyntaxError, tokenize.TokenError, MemoryError)
"""What a damaged file ends in; numpy reads the header of an array as Python, and makes room for what it says."""
_PLACE = [TABLE.index(name) for name in ("song", "shard", "place")]
_PITCH = 1
"""Column of `GridSheet.notes`."""


@dataclass(frozen=True, slots=True)
class Melody:
    """A melody that was learned from.

    Parameters
    ----------
    title, player : str
        Empty where the source does not say.
    figures, doublings : bytes
        Those of the arrays of its `SongFigures`.
    """

    title: str
    player: str
    figures: bytes
    doublings: bytes

    @classmethod
    def of(cls, title: str, player: str, song: SongFigures) -> Melody:
        """The melody with these figures."""
        return cls(title, player, song.figures.tobytes(), song.doublings.tobytes())

    def song_figures(self) -> SongFigures:
        """Its figures as arrays."""
        return SongFigures(np.frombuffer(self.figures, np.uint32), np.frombuffer(self.doublings, np.uint8))


@dataclass(frozen=True, slots=True, eq=False)
class Melodies:
    """The melodies that a model has learned from, to be searched.

    Parameters
    ----------
    index : NgramIndex
        A song's number is its place in `titles` and `players`.
    titles, players : tuple of str
        Empty where the source does not say.
    is_whole : bool
        Whether these are all; not so where they did not fit, or an earlier model did not say what it had learned from.
    """

    index: NgramIndex
    titles: tuple[str, ...]
    players: tuple[str, ...]
    is_whole: bool = True

    def __len__(self) -> int:
        return len(self.titles)

    def __iter__(self) -> Iterator[Melody]:
        """All of them, in order."""
        order = np.argsort(self.index.songs, kind="stable")  # which leaves each song's figures sorted
        ends = np.cumsum(np.bincount(self.index.songs, minlength=len(self.titles)))[:-1]
        parts = np.split(order, ends) if self.titles else []
        for title, player, part in zip(self.titles, self.players, parts, strict=True):
            yield Melody.of(title, player, SongFigures(self.index.figures[part], self.index.doublings[part]))

    def name(self, song: int) -> str:
        """What a song is called: ``Anthropology (Art Pepper)``."""
        title, player = self.titles[song].replace("_", " ") or "a tune without a title", self.players[song]
        return f"{title} ({player})" if player else title


NOT_KNOWN = Melodies(NgramIndex.of([]), (), (), is_whole=False)
"""Those of a model that does not say."""


def melodies_of(
    datasets: Iterable[Dataset], known: Melodies | None = None, most_figures: int = MOST_FIGURES
) -> Melodies:
    """The melodies of the songs to learn from in some datasets, after those that are known.

    Parameters
    ----------
    datasets : iterable of Dataset
    known : Melodies, optional
        Those of the model that a training begins with. One that comes again is kept once.
    most_figures : int
        Where to stop.
    """
    kept: dict[Melody, None] = {}
    count, is_whole = 0, known is None or known.is_whole
    for melody in [*(known or ()), *(melody for dataset in datasets for melody in _learned(dataset))]:
        if melody in kept:
            continue
        size = len(melody.figures) // FIGURE_BYTES
        if count + size > most_figures:
            is_whole = False
            continue
        kept[melody] = None
        count += size
    return Melodies(
        NgramIndex.of_figures([melody.song_figures() for melody in kept]),
        tuple(melody.title for melody in kept),
        tuple(melody.player for melody in kept),
        is_whole,
    )


def _learned(dataset: Dataset) -> Iterator[Melody]:
    """The melodies of the training split, each once; a song may have several."""
    windows = dataset.windows("train")
    songs = [_named(song) for song in dataset.songs()]
    for song, shard, place in dict.fromkeys(map(tuple, windows.table[:, _PLACE].tolist())):
        title, player = songs[song]
        pitches = windows.shards.sheet(shard, place).notes[:, _PITCH].tolist()
        yield Melody.of(title, player, SongFigures.of(pitches))


def _named(line: dict[str, object]) -> tuple[str, str]:
    """Title and player of a line of ``songs.jsonl``."""
    metadata = line.get("metadata")
    player = metadata.get("performer", "") if isinstance(metadata, dict) else ""
    return str(line.get("title") or ""), str(player or "")


def melodies_before(folder: Path | None) -> Melodies | None:
    """What a training goes on from: the melodies of the model that it begins with; None where it begins with none.

    Raises
    ------
    ModelError
        As `load_melodies` says.
    """
    return None if folder is None else load_melodies(folder) or NOT_KNOWN


def melodies_file(melodies: Melodies) -> bytes:
    """What ``figures.npz`` holds; the same for the same melodies."""
    names = json.dumps([melodies.titles, melodies.players], ensure_ascii=False).encode("utf-8", "replace")
    file = io.BytesIO()
    np.savez_compressed(
        file,
        version=np.array(MELODIES_VERSION),
        steps=_bytes_of(np.diff(melodies.index.figures, prepend=np.uint32(0))),  # small numbers are packed well
        songs=_bytes_of(melodies.index.songs),
        doublings=melodies.index.doublings,
        names=np.frombuffer(names, dtype=np.uint8),
        is_whole=np.array(melodies.is_whole),
    )
    return file.getvalue()


def _bytes_of(numbers: NDArray[np.uint32]) -> NDArray[np.uint8]:
    """The lowest byte of all numbers, then the next ones, shape (4, n): packed, it is a quarter smaller so."""
    return np.ascontiguousarray(numbers.astype("<u4").view(np.uint8).reshape(-1, FIGURE_BYTES).T)


def _numbers_of(rows: NDArray[np.generic]) -> NDArray[np.uint32]:
    """The numbers whose bytes these are.

    Raises
    ------
    ValueError
        If they are not the bytes of numbers.
    """
    if rows.dtype != np.uint8 or rows.ndim != 2 or len(rows) != FIGURE_BYTES:
        raise ValueError("these are not the bytes of numbers")
    return np.ascontiguousarray(rows.T).view("<u4").ravel().astype(np.uint32)


def load_melodies(folder: Path) -> Melodies | None:
    """The melodies that the model in a folder has learned from; None where the folder does not say.

    Raises
    ------
    ModelError
        If the file is damaged, or of another version.
    """
    path = folder / MELODIES
    if not path.exists():
        return None
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
            version = int(_array(file, "version"))
            if version != MELODIES_VERSION:
                raise ModelError(
                    f"{path} has version {version}, this SoloMuse reads {MELODIES_VERSION}: use the version that "
                    "trained the model, or delete the file to do without it"
                )
            return _checked({name: _array(file, name) for name in _MOST_BYTES})
    except _FAULTS:
        raise ModelError(
            f"{path} is damaged: copy or train the model again, or delete the file to do without it"
        ) from None


def _array(file: Any, name: str) -> NDArray[np.generic]:
    """An array of the file.

    Raises
    ------
    KeyError
        If there is none of this name.
    ValueError
        If it is larger than it may be, and others of `_FAULTS` if it cannot be read.
    """
    member = f"{name}.npy"
    if file.zip.getinfo(member).file_size > _MOST_BYTES[name] + _HEADER_BYTES:
        raise ValueError(f"{name} is too large")
    array: NDArray[np.generic] = file[member]
    return array


def _checked(arrays: dict[str, NDArray[np.generic]]) -> Melodies:
    """The melodies in the arrays of a file.

    Raises
    ------
    ValueError, KeyError, TypeError
        If they do not fit together.
    """
    titles, players = json.loads(arrays["names"].tobytes().decode("utf-8"))
    steps, songs, doublings = _numbers_of(arrays["steps"]), _numbers_of(arrays["songs"]), arrays["doublings"]
    if (
        len(titles) != len(players)
        or not all(isinstance(name, str) for name in (*titles, *players))
        or doublings.dtype != np.uint8
        or not steps.shape == songs.shape == doublings.shape
        or (len(songs) and int(songs.max()) >= len(titles))
        or int(steps.sum(dtype=np.uint64)) >= 2**32
    ):
        raise ValueError("the arrays do not fit together")
    index = NgramIndex(np.cumsum(steps, dtype=np.uint32), songs, doublings.astype(np.uint8))
    return Melodies(index, tuple(titles), tuple(players), bool(arrays["is_whole"]))
