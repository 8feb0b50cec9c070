"""The songs of folders that can be read, shared by the benchmarks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from solomuse.datasets.song_file import SongFile
from solomuse.datasets.source import find_songs, read_song
from solomuse.errors import SoloMuseError
from solomuse.music.song import Song


def readable(folders: Sequence[Path]) -> Iterator[tuple[SongFile, Song]]:
    for file in [file for folder in folders for file in find_songs(folder)]:
        try:
            yield file, read_song(file)
        except SoloMuseError:
            continue
