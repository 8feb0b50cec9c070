"""Songs that have not been read yet, and the kinds of collections they are in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from solomuse.music.song import Song


@dataclass(frozen=True, slots=True)
class SongFile:
    """Where a song is, and what its place says about it.

    Parameters
    ----------
    source : str
        The name of the source that reads it: a key of `solomuse.datasets.source.SOURCES`.
    path : Path
        Its file; the song's folder where it has several.
    title : str
        Songs of one title stay on one side of a split.
    name : str
        Unique within the collection: its path from there, with forward slashes; with ``#`` and the tune where a file
        holds several.
    tune : int
        Which of the songs of one file; 0 where there is only one.
    split : str
        The split that the data set's publishers put it in; empty where they do not.
    """

    source: str
    path: Path
    title: str
    name: str = ""
    tune: int = 0
    split: str = ""


@dataclass(slots=True)
class Folder:
    """A folder as it is walked through; a source takes out of it what it recognises.

    Parameters
    ----------
    path : Path
    folder_names, file_names : list of str
        What is in it, sorted, without what is hidden and what a source has taken.
    """

    path: Path
    folder_names: list[str]
    file_names: list[str]

    def take_all(self) -> None:
        """Leave nothing to the other sources."""
        self.folder_names.clear()
        self.file_names.clear()

    def take_files(self, suffixes: tuple[str, ...]) -> list[Path]:
        """Take the files with one of these endings (lower case), in any case."""
        taken = [name for name in self.file_names if name.lower().endswith(suffixes)]
        self.file_names[:] = [name for name in self.file_names if name not in set(taken)]
        return [self.path / name for name in taken]


@dataclass(frozen=True, slots=True)
class Source:
    """A kind of song collection: how it is recognised, and how its songs are read.

    Parameters
    ----------
    name : str
        What ``--format`` calls it.
    find : callable
        The songs of a folder, taken out of it; none where the layout is another one. Their `name` is left empty.
    read : callable
        The song of a file found; told whether to fold the sustain pedal into durations.
    """

    name: str
    find: Callable[[Folder], Iterator[SongFile]]
    read: Callable[[SongFile, bool], Song]
