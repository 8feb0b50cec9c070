"""Weimar Jazz Database: jazz solos transcribed by hand, with tapped beats, given chords.

M. Pfleiderer, K. Frieler, J. Abeßer, W.-G. Zaddach and B. Burkhart (eds.), Inside the Jazzomat: New Perspectives for
Jazz Research, Schott Campus, 2017. https://jazzomat.hfm-weimar.de. Licence: ODbL 1.0 by most accounts,
CC BY-NC-SA 4.0 by others: share alike, and not for profit, until you know better. 456 solos.

Two layouts are read:

- CSV: ``melody/NAME_FINAL.csv`` with a row a note, ``beats/NAME_FINAL_beattrack.csv`` with a row a beat,
  ``solo_info.csv`` (in the same folder as these two, or one above) with a row a solo;
- SQLite, as published: ``wjazzd.db``, see `solomuse.datasets.wjazzd_sqlite`. Both give the same songs.

Oddities
--------
- Columns are read by name: some files lack some of them. The signature carries its own quotes.
- Every row of the beat track is one beat of the signature's denominator. Bars count from the first chorus,
  so that those before have numbers <= 0; the first one may be a part of a bar: it becomes a bar of its own.
- A note has an onset in seconds, and a place in the meter: bar, beat, and `tatum` of the `division` of that beat.
  The place is taken, for it says what was played rather than when (swung eighths are one of 2 or of 3); the
  duration goes from seconds to ticks by the beat track.
- Chords are repeated on every beat, ``NC`` is none, and an empty one goes on. Accidentals stand behind the number:
  ``79b`` is a flat ninth. Five solos without a meter are in 1/4.
- Choruses before the first are numbered -1 or 0: they are no sections. A part of the form that is played again in the
  next chorus is another section though its name stays.
- The tempo drifts: `avgtempo` says how fast the solo is, not where its beats are.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from solomuse.datasets.song_file import Folder, SongFile, Source
from solomuse.datasets.text import read_text
from solomuse.datasets.wjazzd_solo import solo_of
from solomuse.datasets.wjazzd_sqlite import SQLITE_SUFFIXES, read_sqlite_solo, sqlite_solos
from solomuse.errors import FormatError
from solomuse.music.song import Song


def read_wjazzd(melody_csv: Path) -> Song:
    """The solo of one melody file, in the bars of the beat track beside it, with its given chords.

    Raises
    ------
    FormatError
        If a file is missing or malformed.
    """
    beats_csv = wjazzd_beats_path(melody_csv)
    return solo_of(
        solo_info(melody_csv),
        _csv_rows(melody_csv),
        _csv_rows(beats_csv),
        wjazzd_title(melody_csv),
        (str(melody_csv), str(beats_csv)),
    )


def wjazzd_beats_path(melody_csv: Path) -> Path:
    """Where the beat track of a melody file lies."""
    return melody_csv.parent.parent / "beats" / f"{melody_csv.stem}_beattrack.csv"


def wjazzd_title(melody_csv: Path) -> str:
    """The title of the tune, which solos on it share; the file's name where ``solo_info.csv`` knows none."""
    return solo_info(melody_csv).get("title") or melody_csv.stem.removesuffix("_FINAL")


def solo_info(melody_csv: Path) -> dict[str, str]:
    """What ``solo_info.csv`` says of a solo; empty without such a file or row."""
    folder = melody_csv.parent.parent
    paths = (folder / "solo_info.csv", folder.parent / "solo_info.csv")
    path = next((path for path in paths if path.is_file()), None)
    return _solo_infos(path, path.stat().st_mtime_ns).get(melody_csv.stem, {}) if path else {}


@lru_cache(maxsize=4)
def _solo_infos(path: Path, _modified_nanoseconds: int) -> dict[str, dict[str, str]]:
    """The rows of ``solo_info.csv`` by the solo's file name."""
    return {row.get("id", ""): row for row in _csv_rows(path)}


def _csv_rows(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file by column; what a row lacks is empty."""
    try:
        return list(csv.DictReader(io.StringIO(read_text(path), newline=""), restval=""))
    except csv.Error as error:
        raise FormatError(f"{path}: not a CSV file ({error}); unpack the data set again") from None


def _find(folder: Folder) -> Iterator[SongFile]:
    """A folder that holds ``melody`` beside ``beats`` is the database as CSV; a SQLite file may be the database too."""
    if {"melody", "beats"} <= set(folder.folder_names):
        folder.folder_names[:] = [name for name in folder.folder_names if name not in ("melody", "beats")]
        for melody in sorted((folder.path / "melody").glob("[!.]*.csv")):
            yield SongFile("wjazzd", melody, wjazzd_title(melody))
    for name in [name for name in folder.file_names if name.lower().endswith(SQLITE_SUFFIXES)]:
        path = folder.path / name
        solos = sqlite_solos(path)
        if solos:
            folder.file_names.remove(name)
        for number, title in solos:
            yield SongFile("wjazzd", path, title, tune=number)


def _read(file: SongFile, _sustain: bool) -> Song:
    is_sqlite = file.path.name.lower().endswith(SQLITE_SUFFIXES)
    return read_sqlite_solo(file.path, file.tune) if is_sqlite else read_wjazzd(file.path)


WJAZZD = Source("wjazzd", _find, _read)
