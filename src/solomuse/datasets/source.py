"""The songs of a folder, whichever collection it holds."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from solomuse.analysis.bars import with_bars
from solomuse.datasets.lead_sheets import ABC_SUFFIXES, MIDI_SUFFIXES, MUSICXML_SUFFIXES
from solomuse.datasets.pop909 import BEATS_FILE, pop909_title, read_pop909
from solomuse.datasets.text import read_text
from solomuse.datasets.wjazzd import read_wjazzd, wjazzd_title
from solomuse.errors import ChordError, DatasetError, SoloMuseError
from solomuse.formats.abc import read_abc_tunes, split_tunes
from solomuse.formats.midi import read_midi
from solomuse.formats.musicxml import read_musicxml
from solomuse.music.song import Song, song_of_sheet

_KINDS = ".mid, .midi, .kar, .rmi, .mid.gz, .musicxml, .xml, .mxl, .abc"
SUFFIXES = (*MIDI_SUFFIXES, *MUSICXML_SUFFIXES, *ABC_SUFFIXES)


@dataclass(frozen=True, slots=True)
class SongFile:
    """A song that has not been read yet.

    Parameters
    ----------
    source : str
        ``midi``, ``musicxml``, ``abc``, ``pop909`` or ``wjazzd``.
    path : Path
        The file; for POP909 the song's folder.
    title : str
        Songs of one title stay on one side of a split.
    name : str
        Unique within the collection: its path from there, with forward slashes.
    tune : int
        Which one of the tunes of a book, from 0.
    """

    source: str
    path: Path
    title: str
    name: str
    tune: int = 0


NOTICE_BY_GRID = {
    "phase": "its notes lie off its beats: they were moved, and bars were found",
    "bars": "its bar lines are not to be believed: bars were found",
    "tracked": "it was played without a beat: beats and bars were found",
}

_READER_BY_SOURCE: dict[str, Callable[[Path], Song]] = {
    "midi": lambda path: _on_believable_bars(read_midi(path)),
    "musicxml": lambda path: song_of_sheet(read_musicxml(path)),
    "pop909": read_pop909,
    "wjazzd": read_wjazzd,
}


def read_song(file: SongFile) -> Song:
    """The song, with the chords that its source gives.

    Raises
    ------
    FormatError
        If it cannot be read.
    """
    if file.source == "abc":
        return _read_tune(file)
    return _READER_BY_SOURCE[file.source](file.path)


def _on_believable_bars(song: Song) -> Song:
    """The song with its beats and bars found where the file has none to be believed."""
    found, grid = with_bars(song)
    return found if grid.source == "file" else replace(found, notices=(*found.notices, NOTICE_BY_GRID[grid.source]))


def _read_tune(file: SongFile) -> Song:
    """One tune of a book of ABC."""
    ((_, result),) = read_abc_tunes(split_tunes(read_text(file.path))[file.tune])
    if isinstance(result, SoloMuseError):
        raise type(result)(f"{file.name}: {result}") if not isinstance(result, ChordError) else result
    return song_of_sheet(result)


def find_songs(path: Path) -> list[SongFile]:
    """The songs at `path`, in order of their names; hidden files and folders are left out.

    A MIDI or MusicXML file is one song, a book of ABC as many as it has tunes. In a folder every folder below it is
    looked at: one that holds ``NNN.mid`` beside ``beat_midi.txt`` is a song of POP909, one that holds ``melody`` beside
    ``beats`` is the Weimar Jazz Database, and every other file of these kinds is taken by itself.

    Raises
    ------
    DatasetError
        If there is no such path, or nothing in it that can be read.
    """
    try:
        if path.is_file():
            return _single_file(path)
        is_empty = not any(path.iterdir())
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read ({error.strerror}); check the path") from None
    if is_empty:
        raise DatasetError(f"{path}: the folder is empty; copy MIDI files into it")
    files = sorted(_songs_in(path), key=lambda file: file.name)
    if not files:
        raise DatasetError(f"{path}: holds no MIDI file ({_KINDS}) in any folder; give one that does")
    return files


def _single_file(path: Path) -> list[SongFile]:
    """A path that is a file, as a song, or as the tunes of a book."""
    if not path.name.lower().endswith(SUFFIXES):
        raise DatasetError(f"{path}: not a MIDI file or lead sheet ({_KINDS}); an archive has to be unpacked first")
    return list(_songs_of_file(path, path.name))


def _songs_of_file(path: Path, name: str) -> Iterator[SongFile]:
    suffix = path.suffix.lower()
    if suffix not in ABC_SUFFIXES:
        title = path.name.partition(".")[0] if suffix == ".gz" else path.stem
        yield SongFile("musicxml" if suffix in MUSICXML_SUFFIXES else "midi", path, title, name)
        return
    for index, tune in enumerate(split_tunes(read_text(path))):
        title_line = re.search(r"^T:\s*(.+?)\s*$", tune, re.MULTILINE)
        title = title_line.group(1) if title_line else f"{path.stem} {index + 1}"
        yield SongFile("abc", path, title, f"{name}#{index + 1}", index)


def _songs_in(root: Path) -> Iterator[SongFile]:
    """The songs at any depth below a folder, in no order."""
    for name, folder_names, file_names in os.walk(root):
        folder = Path(name)
        folder_names[:] = sorted(name for name in folder_names if not name.startswith("."))
        if BEATS_FILE in file_names and f"{folder.name}.mid" in file_names:
            folder_names.clear()  # the full set has other versions of the same song below
            yield SongFile("pop909", folder, pop909_title(folder), _name(folder, root))
            continue
        if {"melody", "beats"} <= set(folder_names):
            for melody in sorted((folder / "melody").glob("[!.]*.csv")):
                yield SongFile("wjazzd", melody, wjazzd_title(melody), _name(melody, root))
        for file_name in file_names:
            file = folder / file_name
            if file_name.lower().endswith(SUFFIXES) and not file_name.startswith("."):
                yield from _songs_of_file(file, _name(file, root))


def _name(path: Path, root: Path) -> str:
    """The path from the collection's folder; of that folder itself, its name."""
    return path.relative_to(root).as_posix() if path != root else path.name
