"""The Weimar Jazz Database as it is published: one SQLite file, ``wjazzd.db``, read as the rows of the CSV files.

=================== ================================================================================================
table               read of it
=================== ================================================================================================
``solo_info``       a row a solo, ``melid`` its number
``melody``          a row a note, the columns as in the CSV
``beats``           a row a beat; ``signature``, ``chord`` and ``form`` are empty until they change
``sections``        phrases, as first and last note of the solo, counted from 0; choruses and form are in ``beats``
``composition_info`` composer, form, template and kind of harmony of a tune, by ``compid``
=================== ================================================================================================

The last two may be missing. Other tables are not read.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from solomuse.datasets.wjazzd_solo import Row, solo_of
from solomuse.errors import FormatError
from solomuse.music.song import Song

SQLITE_SUFFIXES = (".db", ".sqlite", ".sqlite3")
TABLES = {"solo_info", "melody", "beats"}
NO_METER = "1/4"
"""The signature of a solo that has none, as in the CSV files."""

_MAGIC = b"SQLite format 3\0"
_SCHEMA_BYTES = 65536
_COMPOSITION_COLUMNS = {"template": "harmony_template", "tonalitytype": "tonality_type"}
"""Columns of ``composition_info`` that the CSV calls otherwise."""


def sqlite_solos(path: Path) -> list[tuple[int, str]]:
    """Number and title of each solo, in order; none where the file is something else.

    Of a damaged file, number 0, which cannot be read, so that it is not passed over in silence.
    """
    try:
        with path.open("rb") as file:
            head = file.read(_SCHEMA_BYTES)
    except OSError:
        return []
    if not head.startswith(_MAGIC):
        return []
    try:
        with _opened(path) as database:
            return [(number, _title(number, info)) for number, info in sorted(_infos(database).items())]
    except FormatError:
        return [(0, path.stem)] if b"solo_info" in head else []


def read_sqlite_solo(path: Path, number: int) -> Song:
    """The solo of this number.

    Raises
    ------
    FormatError
        If the file is damaged or no Weimar Jazz Database, or holds no such solo.
    """
    with _opened(path) as database:
        info = _infos(database).get(number)
        if info is None:
            raise FormatError(f"{path}: has no solo of the number {number}; give another one, or download it again")
        notes = _rows(database, "melody", "WHERE melid = ? ORDER BY onset", number)
        beats = _rows(database, "beats", "WHERE melid = ? ORDER BY onset", number)
        phrases = _rows(database, "sections", "WHERE melid = ? AND type = 'PHRASE'", number)
    place = f"{path}#{number}"
    return solo_of(
        info, _with_phrases(notes, phrases, place), list(_filled(beats)), _title(number, info), (place, place)
    )


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """The database, opened to be read only; what is wrong with it as a `FormatError`."""
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
            database.row_factory = sqlite3.Row
            database.text_factory = lambda text: text.decode("utf-8", "replace")
            yield database
    except sqlite3.Error as error:
        raise FormatError(f"{path}: a damaged or locked database ({error}); download it again") from None


def _infos(database: sqlite3.Connection) -> dict[int, Row]:
    """What is known of each solo, by its number; empty for another database."""
    if not _tables(database) >= TABLES:
        return {}
    compositions = {row.get("compid"): _renamed(row) for row in _rows(database, "composition_info")}
    rows = _rows(database, "solo_info")
    return {
        int(row["melid"]): compositions.get(row.get("compid"), {}) | {name: text for name, text in row.items() if text}
        for row in rows
        if row.get("melid", "").isdecimal()
    }


def _tables(database: sqlite3.Connection) -> set[str]:
    return {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")}


def _rows(database: sqlite3.Connection, table: str, condition: str = "", *values: int) -> list[dict[str, str]]:
    """Rows as texts by column, NULL as an empty one; none where there is no such table."""
    if table not in _tables(database):
        return []
    found = database.execute(f"SELECT * FROM {table} {condition}", values)
    return [{name: "" if value is None else str(value) for name, value in dict(row).items()} for row in found]


def _renamed(row: Row) -> dict[str, str]:
    return {_COMPOSITION_COLUMNS.get(name, name): text for name, text in row.items()}


def _title(number: int, info: Row) -> str:
    return info.get("title") or f"solo {number}"


def _filled(beats: Iterable[Row]) -> Iterator[Row]:
    """The beats with signature, chord and form said again on each."""
    current = {"signature": NO_METER, "chord": "", "form": ""}
    for row in beats:
        current = {name: row.get(name) or text for name, text in current.items()}
        yield {**row, **current}


def _with_phrases(notes: Iterable[Row], phrases: Iterable[Row], place: str) -> list[Row]:
    """The notes with the number of their phrase."""
    try:
        phrase_by_note = {
            note: row["value"] for row in phrases for note in range(int(row["start"]), int(row["end"]) + 1)
        }
    except (KeyError, ValueError) as error:
        raise FormatError(f"{place}: a phrase without its first and last note ({error}); download it again") from None
    return [{**row, "phrase_id": phrase_by_note.get(index, "")} for index, row in enumerate(notes)]
