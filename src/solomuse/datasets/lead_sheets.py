"""Charts and lead sheets from wherever musicians have them: text, links, files of any known format."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from solomuse.analysis.key import key_of_chart
from solomuse.analysis.lead_sheet import lead_sheet, lead_sheet_of
from solomuse.analysis.melody import melody_track, says_melody
from solomuse.datasets.conditions import solo_instrument
from solomuse.datasets.song_file import Folder, SongFile, Source
from solomuse.datasets.text import read_text
from solomuse.errors import ChartError, ChordError, FormatError, NoMelodyError, SoloMuseError
from solomuse.files import title_of
from solomuse.formats.abc import read_abc_tunes, split_tunes, tune_title
from solomuse.formats.improvisor import improvisor_title, read_improvisor
from solomuse.formats.ireal import read_ireal_songs
from solomuse.formats.midi import read_midi
from solomuse.formats.musicxml import read_musicxml
from solomuse.formats.suffixes import (
    ABC_SUFFIXES,
    IMPROVISOR_SUFFIXES,
    IREAL_SUFFIXES,
    MIDI_SUFFIXES,
    MUSICXML_SUFFIXES,
    PAGE_SUFFIXES,
    TEXT_SUFFIXES,
)
from solomuse.music.chart import Chart
from solomuse.music.chart_text import parse_chart
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.song import Song, song_of_sheet

CHART_SUFFIXES = (
    *(*TEXT_SUFFIXES, *IREAL_SUFFIXES, *PAGE_SUFFIXES),
    *(*IMPROVISOR_SUFFIXES, *MUSICXML_SUFFIXES, *ABC_SUFFIXES, *MIDI_SUFFIXES),
)
"""Endings of files that hold charts; first those that hold nothing else."""
_NO_CHART = "is no chart that can be read; expected a text, iReal Pro, Impro-Visor, MusicXML, ABC or MIDI file"
_LONGEST_PATH = 1024

MOST_BARS_PER_NOTE = 4
"""An Impro-Visor lead sheet with fewer notes is a chart."""


@dataclass(frozen=True, slots=True)
class NamedSheet:
    """A lead sheet under its title, or why it could not be read. A chart alone is a sheet without melody."""

    name: str
    result: LeadSheet | SoloMuseError


def read_lead_sheets(source: str | Path, *, lenient: bool = False) -> list[NamedSheet]:
    """Everything that a source holds: one chart, or a playlist or book of them.

    Parameters
    ----------
    source : str or Path
        The path of a MusicXML, ABC, Impro-Visor or MIDI file, or of a text or page that holds a chart or iReal Pro
        links; or a chart, links or ABC tunes themselves.
    lenient : bool
        Read what can be read of a damaged one; what that means is said by each format's reader.

    Raises
    ------
    FormatError, ChartError, ChordError, NoMelodyError, NoChordsError
        If nothing in it can be read. Of several, one that cannot be read costs no other: its error is in the list.
    """
    path = _path_of(source)
    if path is None:
        sheets = list(_of_text(str(source), "chart", lenient))
    elif path.name.lower().endswith(MUSICXML_SUFFIXES):
        sheets = [_read(title_of(path), lambda: read_musicxml(path, lenient=lenient))]
    elif path.name.lower().endswith(ABC_SUFFIXES):
        sheets = [NamedSheet(name, result) for name, result in read_abc_tunes(read_text(path), lenient=lenient)]
    elif path.name.lower().endswith(IMPROVISOR_SUFFIXES):
        sheets = [_read(title_of(path), lambda: _read_improvisor(path, lenient=lenient))]
    elif path.name.lower().endswith(MIDI_SUFFIXES):
        sheets = [_read(title_of(path), lambda: _of_midi(read_midi(path)))]
    else:
        text = read_text(path)
        if path.name.lower().endswith(PAGE_SUFFIXES) and text.lstrip().startswith("<") and not _holds_links(text):
            raise FormatError(f"{path}: a page without iReal Pro links; save the one that has them")
        sheets = list(_of_text(text, title_of(path), lenient))
    errors = [sheet.result for sheet in sheets if isinstance(sheet.result, SoloMuseError)]
    if not sheets:
        raise FormatError(f"{source}: holds no tune")
    if len(errors) == len(sheets):
        is_known = path is None or not path.suffix or path.name.lower().endswith(CHART_SUFFIXES)
        raise errors[0] if is_known else FormatError(f"{path}: {_NO_CHART} (as text: {_first_line(errors[0])})")
    return sheets


def _first_line(error: SoloMuseError) -> str:
    return str(error).splitlines()[0]


def read_lead_sheet(source: str | Path, song: str | None = None, *, lenient: bool = False) -> LeadSheet:
    """The one lead sheet of a source, or the one that `song` names by its title or its number, counted from 1.

    Raises
    ------
    SoloMuseError
        As `read_lead_sheets` says; if there are several and none is chosen, or the chosen one cannot be read.
    """
    sheets = read_lead_sheets(source, lenient=lenient)
    result = _chosen(sheets, song).result
    if isinstance(result, SoloMuseError):
        raise result
    return result


def _chosen(sheets: Sequence[NamedSheet], song: str | None) -> NamedSheet:
    if song is None and len(sheets) == 1:
        return sheets[0]
    titles = ", ".join(f"{number} {sheet.name}" for number, sheet in enumerate(sheets[:8], start=1))
    titles += ", ..." if len(sheets) > 8 else ""
    if song is None:
        raise ChartError(f"the source holds {len(sheets)} songs: choose one by its number or title ({titles})")
    if song.isdecimal() and 1 <= int(song) <= len(sheets):
        return sheets[int(song) - 1]
    found = [sheet for sheet in sheets if song.lower() in sheet.name.lower()]
    exact = [sheet for sheet in found if song.lower() == sheet.name.lower()]
    if len(exact or found) != 1:
        how_many = "no song" if not found else f"{len(found)} songs"
        raise ChartError(f"{how_many} with {song!r} in the title: the source holds {titles}")
    return (exact or found)[0]


def _path_of(source: str | Path) -> Path | None:
    """The file that a source names; None where it is a chart itself."""
    text = str(source)
    is_path = 0 < len(text) <= _LONGEST_PATH and "\n" not in text and not _holds_links(text)
    if not isinstance(source, Path) and not is_path:
        return None
    path = Path(source)
    with suppress(OSError):  # as of a name that is too long, which no file has
        if path.is_dir() and (isinstance(source, Path) or not _is_chart(text)):
            raise FormatError(f"{path}: there is no such file but a folder; give a file in it")
        if path.exists() and not path.is_dir():
            return path
    if isinstance(source, Path) or path.name.lower().endswith(CHART_SUFFIXES):
        raise FormatError(f"{path}: there is no such file; check the path")
    if _looks_like_path(text):
        raise FormatError(f"{text}: there is no such file, nor is this a chart; check the path")
    return None


def _looks_like_path(text: str) -> bool:
    """Whether a text can only be a path: from a root on, or one word with a slash behind what is no chord."""
    if re.match(r"(?:/|\.{1,2}/|~)\S", text):
        return True
    first, slash, _ = text.partition("/")
    if not slash or re.search(r"[\s|:;(]", text):
        return False
    return not _is_chart(f"key: C; {first}")  # a key, as it may be the V of V/ii


def _is_chart(text: str) -> bool:
    try:
        parse_chart(text)
    except SoloMuseError:
        return False
    return True


def _holds_links(text: str) -> bool:
    """Whether iReal Pro would find songs in a text."""
    return "irealb://" in text or "irealbook://" in text


def _of_text(text: str, name: str, lenient: bool) -> Iterator[NamedSheet]:
    if _holds_links(text):
        for title, song in read_ireal_songs(text, lenient=lenient):
            yield NamedSheet(title, LeadSheet(song, ()) if isinstance(song, Chart) else song)
        return
    if text.lstrip().startswith("X:"):
        for title, result in read_abc_tunes(text, lenient=lenient):
            yield NamedSheet(title, result)
        return
    yield _read(name, lambda: LeadSheet(parse_chart(text), ()))


def _read(name: str, read: Callable[[], LeadSheet]) -> NamedSheet:
    try:
        sheet = read()
    except SoloMuseError as error:
        return NamedSheet(name, error)
    return NamedSheet(sheet.chart.title or name, sheet)


def _of_midi(song: Song) -> LeadSheet:
    """The melody of a song over its chords; of a play-along, which gives chords but has no melody, the chords alone.

    Where the file says no key, it is the one that the chords are in, so that they are spelled as in a score.
    """
    sheet = _melody_over_chords(song)
    return replace(sheet, chart=replace(sheet.chart, key=song.key or key_of_chart(sheet.chart)))


def _melody_over_chords(song: Song) -> LeadSheet:
    if not song.chords:
        return lead_sheet(song)
    try:
        track = melody_track(song).track
    except NoMelodyError:
        return lead_sheet_of(song, None, song.chords)
    return lead_sheet_of(song, None if _is_bass(song, track) else track, song.chords)


def _is_bass(song: Song, track: int) -> bool:
    """Whether a track that nobody says is the melody is a bass by its sound or its name."""
    is_chosen = song.melody_track == track or says_melody(song.tracks[track].name)
    sound, name = solo_instrument(song.tracks[track].program), song.tracks[track].name.lower()
    return not is_chosen and (sound == "bass" or "bass" in name)


def _find_scores(folder: Folder) -> Iterator[SongFile]:
    for path in folder.take_files(MUSICXML_SUFFIXES):
        yield SongFile("musicxml", path, title_of(path))


def _find_tunes(folder: Folder) -> Iterator[SongFile]:
    for path in folder.take_files(ABC_SUFFIXES):
        try:
            tunes = split_tunes(read_text(path))
        except FormatError:
            tunes = [""]  # reading it says what is wrong
        for number, tune in enumerate(tunes, start=1):
            yield SongFile("abc", path, tune_title(tune) or f"{title_of(path)} {number}", tune=number)


def _read_tune(file: SongFile, _sustain: bool) -> Song:
    """One tune of a book of ABC."""
    ((_, result),) = read_abc_tunes(split_tunes(read_text(file.path))[file.tune - 1])
    if isinstance(result, SoloMuseError):
        raise type(result)(f"{file.name}: {result}") if not isinstance(result, ChordError) else result
    return song_of_sheet(result)


def _find_improvisor(folder: Folder) -> Iterator[SongFile]:
    for path in folder.take_files(IMPROVISOR_SUFFIXES):
        try:
            title = improvisor_title(read_text(path))
        except FormatError:
            title = None  # reading the song will say so
        yield SongFile("improvisor", path, title or title_of(path))


def _read_improvisor(path: Path, *, lenient: bool = False) -> LeadSheet:
    try:
        return read_improvisor(read_text(path), lenient=lenient)
    except FormatError as error:
        raise FormatError(f"{path}: {str(error).removeprefix(f'{path}: ')}") from None


def _read_improvisor_song(file: SongFile, _sustain: bool) -> Song:
    """The song, unless its melody is missing or a stub: most charts of the Imaginary Book have only its first note."""
    sheet = _read_improvisor(file.path)
    notes, bars = len(sheet.melody), len(sheet.chart.bars)
    if notes * MOST_BARS_PER_NOTE < bars:
        raise NoMelodyError(f"{file.path}: has {notes} notes of melody over {bars} bars; 'solomuse chart' reads it")
    return replace(song_of_sheet(sheet), title=file.title)


MUSICXML_SCORES = Source("musicxml", _find_scores, lambda file, _: song_of_sheet(read_musicxml(file.path)))
ABC_TUNES = Source("abc", _find_tunes, _read_tune)
IMPROVISOR_SHEETS = Source("improvisor", _find_improvisor, _read_improvisor_song)
