"""The songs of a folder or archive, whichever collection it holds."""

from __future__ import annotations

import errno
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from solomuse.datasets.archives import ARCHIVE_SUFFIXES, unpack
from solomuse.datasets.lead_sheets import ABC_TUNES, IMPROVISOR_SHEETS, MUSICXML_SCORES
from solomuse.datasets.midi_files import MIDI_FILES
from solomuse.datasets.pop909 import POP909
from solomuse.datasets.pop909_cl import POP909_CL
from solomuse.datasets.slakh import SLAKH
from solomuse.datasets.song_file import Folder, SongFile
from solomuse.datasets.wjazzd import WJAZZD
from solomuse.errors import DatasetError, FormatError
from solomuse.files import legible, title_of
from solomuse.music.song import Song

SOURCES = {
    source.name: source
    for source in (SLAKH, POP909, POP909_CL, WJAZZD, MUSICXML_SCORES, ABC_TUNES, IMPROVISOR_SHEETS, MIDI_FILES)
}
"""In the order in which a folder is shown to them: each leaves to the next ones what it does not recognise."""

MOST_OF_A_NAME, SHARE_OF_A_NAME = 2, 0.25
"""A title is what so many files, and so large a share of them, are called; what more are called tells nothing."""

_KINDS = ".mid, .midi, .kar, .rmi, .mid.gz, .musicxml, .xml, .mxl, .abc, .ls"


def read_song(file: SongFile, sustain: bool = False) -> Song:
    """The song, with the chords that its source gives.

    Parameters
    ----------
    sustain : bool
        Let notes of MIDI files sound for as long as the sustain pedal is down.

    Raises
    ------
    FormatError
        If it cannot be read.
    """
    if not (file.path.is_file() or file.path.is_dir()):  # a pipe would be waited for
        raise FormatError(f"{file.path}: is no file; leave it out")
    return SOURCES[file.source].read(file, sustain)


@contextmanager
def collected(
    paths: Sequence[Path], kind: str = "auto", say: Callable[[str], object] = lambda _: None
) -> Iterator[list[SongFile]]:
    """The songs at some paths, each once, in order; archives are unpacked for as long as the context lasts.

    Parameters
    ----------
    kind : str
        As `find_songs` says.
    say : callable
        Told in a line what is not looked into.

    Raises
    ------
    DatasetError
        As `find_songs` says, or if an archive cannot be unpacked.
    """
    with tempfile.TemporaryDirectory(prefix="solomuse-") as scratch:
        files, archives, locked = list[SongFile](), list[Path](), list[Path]()
        for number, path in enumerate(paths):
            is_archive = path.is_file() and path.name.lower().endswith(ARCHIVE_SUFFIXES)
            folder = Path(scratch) / str(number) / path.name if is_archive else path
            if is_archive:
                unpack(path, folder)
            try:
                inside = find_songs(folder, kind)
            except DatasetError as error:
                raise DatasetError(str(error).replace(str(folder), str(path))) from None
            files += [replace(file, name=f"{path.name}/{file.name}") for file in inside] if is_archive else inside
            closed, refused = _closed_in(folder)
            archives += [path / archive.relative_to(folder) for archive in closed]
            locked += refused
        if archives:
            say(f"archives inside stay closed, such as {archives[0]}: give each by its own path")
        if locked:
            say(f"folders that may not be read are left out, such as {locked[0]}: check their permissions")
        yield telling_titles(list({(file.path.resolve(), file.tune): file for file in files}.values()))


def telling_titles(files: Sequence[SongFile]) -> list[SongFile]:
    """The files, where so many have one name that it cannot be a title titled by their folders too.

    Such as ``Autumn/song.mid``, ``Blues/song.mid`` and so on: under one title they would all be on one side of a split.
    """
    counts = Counter(file.title for file in files if file.title == title_of(file.path))
    alike = {title for title, count in counts.items() if count > max(MOST_OF_A_NAME, SHARE_OF_A_NAME * len(files))}
    return [
        replace(file, title=legible((_folder(file) / file.title).as_posix()))
        if file.title in alike and file.title == title_of(file.path)
        else file
        for file in files
    ]


def _folder(file: SongFile) -> Path:
    """Where a file lies in its collection; of one that is given by itself, the folder's name."""
    folder = Path(file.name).parent
    return folder if folder.name else Path(file.path.parent.name)


def find_songs(path: Path, kind: str = "auto") -> list[SongFile]:
    """The songs at `path`, in order of their names; hidden files and folders are left out.

    Parameters
    ----------
    kind : str
        The one kind of collection to look for, a key of `SOURCES`; ``auto`` recognises each by its layout.

    Raises
    ------
    DatasetError
        If there is no such path, or nothing in it that can be read, or no such format.
    """
    try:
        if path.is_file():
            folders = iter([Folder(path.parent, [], [path.name])])
        else:
            _enter(path)
            if not any(path.iterdir()):
                raise DatasetError(f"{path}: the folder is empty; copy MIDI files into it")
            folders = _walk(path)
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read ({error.strerror}); check the path") from None
    root = path.parent if path.is_file() else path
    if kind not in ("auto", *SOURCES):
        raise DatasetError(f"there is no format {kind!r}: choose auto, {', '.join(SOURCES)}")
    chosen = list(SOURCES.values()) if kind == "auto" else [SOURCES[kind]]
    found = [
        replace(file, name=_name(file, root)) for folder in folders for source in chosen for file in source.find(folder)
    ]
    if not found:
        where = "not" if path.is_file() else "holds no file, in any folder, that is"
        what = f"a MIDI file or lead sheet ({_KINDS})" if kind == "auto" else f"of the format {kind}"
        archives, _ = _closed_in(path)
        inside = f"; {archives[0]} in it has to be given by itself" if archives else ""
        raise DatasetError(f"{path}: {where} {what}; give another path{inside}")
    return sorted(found, key=lambda file: file.name)


def _closed_in(path: Path) -> tuple[list[Path], list[Path]]:
    """The archives in a folder, at any depth, and the folders that may not be read: nothing in them is found."""
    refusals: list[OSError] = []
    folders = _walk(path, refusals.append) if path.is_dir() else ()
    archives = [archive for folder in folders for archive in folder.take_files(ARCHIVE_SUFFIXES)]
    return archives, [Path(refusal.filename) for refusal in refusals]


def _walk(root: Path, refused: Callable[[OSError], object] = lambda _: None) -> Iterator[Folder]:
    """The folders at any depth, those behind links too, each once; what is taken out of one is not gone into."""
    known = set()
    for name, folder_names, file_names in os.walk(root, onerror=refused, followlinks=True):
        try:
            place = _enter(Path(name))
        except OSError as refusal:
            refused(refusal)
            folder_names.clear()
            continue
        if (place.st_dev, place.st_ino) in known:
            folder_names.clear()
            continue
        known.add((place.st_dev, place.st_ino))
        folder_names[:] = sorted(entry for entry in folder_names if not entry.startswith("."))
        yield Folder(Path(name), folder_names, sorted(entry for entry in file_names if not entry.startswith(".")))


def _enter(folder: Path) -> os.stat_result:
    """What the system says of a folder that may be gone into: one whose names can be read may still be closed."""
    place = folder.stat()
    if not os.access(folder, os.X_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(folder))
    return place


def _name(file: SongFile, root: Path) -> str:
    """The path from the collection's folder; of that folder itself, its name."""
    name = file.path.relative_to(root).as_posix() if file.path != root else file.path.name
    return f"{name}#{file.tune}" if file.tune else name
