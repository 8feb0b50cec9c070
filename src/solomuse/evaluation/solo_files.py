"""Solos of other systems, from files, over charts of the same names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from solomuse.analysis.lead_sheet import lead_sheet_of, song_chords
from solomuse.analysis.melody import melody_track
from solomuse.analysis.swing import straightened
from solomuse.datasets.lead_sheets import CHART_SUFFIXES, read_lead_sheets
from solomuse.datasets.midi_files import with_chord_track
from solomuse.errors import ChartError, ChordError, FormatError, NoChordsError, NoMelodyError, SoloMuseError
from solomuse.evaluation.excerpts import Excerpt
from solomuse.files import legible
from solomuse.formats.midi import read_midi
from solomuse.formats.suffixes import ABC_SUFFIXES, MIDI_SUFFIXES, MUSICXML_SUFFIXES
from solomuse.music.chart import Chart
from solomuse.music.leadsheet import LeadSheet
from solomuse.tokens.codec import Codec
from solomuse.tokens.vocabulary import Vocabulary

SOLO_SUFFIXES = (*MIDI_SUFFIXES, *MUSICXML_SUFFIXES, *ABC_SUFFIXES)
MOST_EXAMPLES = 5
"""Messages that are kept of each reason for which files are left out."""
FEWEST_NOTES = 2
"""Excerpts with fewer are left out: there is no line to measure."""


@dataclass(frozen=True, slots=True)
class SoloFiles:
    """What was read from a folder of solos.

    Parameters
    ----------
    files : dict
        ``found`` and ``read``, how many solos; ``left_out``, by reason ``count`` and ``examples``; ``charts``, how many
        are held against a ``given`` chart and how many against their ``own`` chords.
    """

    excerpts: list[Excerpt]
    files: dict[str, Any]


def read_solos(folder: Path, charts: Path | None, vocabulary: Vocabulary, bars: int) -> SoloFiles:
    """The solos of a folder, cut into stretches side by side, on the grid as a dataset has its melodies.

    Parameters
    ----------
    charts : Path, optional
        A folder of charts by the names of the files, one in each. Of several of one name that counts whose ending comes
        first in `solomuse.datasets.lead_sheets.CHART_SUFFIXES`.
    bars : int
        Length of a stretch, at most.

    Raises
    ------
    FormatError
        If a folder is missing, or nothing in it can be measured.
    """
    for own in (folder, charts):
        if own is not None and not own.is_dir():
            raise FormatError(f"{own}: there is no such folder; check the path")
    paths = sorted(path for path in folder.iterdir() if path.name.lower().endswith(SOLO_SUFFIXES))
    chart_by_stem = _chart_by_stem(charts) if charts else {}
    found: list[Excerpt] = []
    left_out: dict[str, dict[str, Any]] = {}
    kinds = {"given": 0, "own": 0}
    for path in paths:
        chart_path = chart_by_stem.get(_stem(path))
        for name, sheet in _sheets(path, needs_chords=chart_path is None):
            try:
                stretches = list(_stretches(Codec(vocabulary).quantise(_solo(sheet, path, chart_path)), name, bars))
                if not stretches:
                    raise NoMelodyError(f"{path}: no stretch of {name} has {FEWEST_NOTES} notes")
            except SoloMuseError as error:
                own_reason = left_out.setdefault(error.reason, {"count": 0, "examples": []})
                own_reason["count"] += 1
                own_reason["examples"] = [*own_reason["examples"], str(error).splitlines()[0]][:MOST_EXAMPLES]
            else:
                found += stretches
                kinds["given" if chart_path else "own"] += 1
    if not found:
        why = next((reason["examples"][0] for reason in left_out.values()), "it holds no MIDI, MusicXML or ABC file")
        raise FormatError(f"{folder}: no solo in it can be measured; the first reason: {why}")
    read, lost = sum(kinds.values()), sum(reason["count"] for reason in left_out.values())
    files = {"found": read + lost, "read": read, "charts": kinds, "left_out": left_out}
    return SoloFiles(found, files)


def _stem(path: Path) -> str:
    """The name without its ending, or without both of ``.mid.gz``."""
    ending = next((suffix for suffix in SOLO_SUFFIXES if path.name.lower().endswith(suffix)), path.suffix)
    return path.name[: len(path.name) - len(ending)]


def _chart_by_stem(charts: Path) -> dict[str, Path]:
    """The chart of each name; of several the one whose ending comes first in `CHART_SUFFIXES`."""
    paths = sorted(charts.iterdir())
    ranked = [path for suffix in CHART_SUFFIXES for path in paths if path.name.lower().endswith(suffix)]
    return {_stem(path): path for path in reversed(ranked)}


def _sheets(path: Path, needs_chords: bool) -> list[tuple[str, LeadSheet | SoloMuseError]]:
    """What a file holds under names of their own, or why it cannot be read: one solo, or several in a book of ABC."""
    file = legible(path.name)
    try:
        if path.name.lower().endswith(MIDI_SUFFIXES):
            return [(file, _of_midi(path, needs_chords))]
        sheets = read_lead_sheets(path)
    except SoloMuseError as error:
        return [(file, _located(error, str(path)))]
    if len(sheets) == 1:
        return [(file, sheets[0].result)]
    return [
        (
            f"{file} {number} {sheet.name}",
            _located(sheet.result, f"{path} {number}") if isinstance(sheet.result, SoloMuseError) else sheet.result,
        )
        for number, sheet in enumerate(sheets, start=1)
    ]


def _located(error: SoloMuseError, where: str) -> SoloMuseError:
    """The error with the file it is in; that of a chord counts as one of its chart."""
    kind = ChartError if isinstance(error, ChordError) else type(error)
    return error if where in str(error) else kind(f"{where}: {error}")


def _chart(path: Path) -> Chart:
    """The one chart of a file.

    Raises
    ------
    SoloMuseError
        If it cannot be read, or there are several.
    """
    try:
        sheets = read_lead_sheets(path)
    except SoloMuseError as error:
        raise _located(error, str(path)) from None
    (first, *others) = (sheet.result for sheet in sheets)
    if others:
        raise ChartError(f"{path}: it holds {len(sheets)} charts; give each a file with the name of its solo")
    assert isinstance(first, LeadSheet), "where all fail, reading raises"
    return first.chart


def _solo(own: LeadSheet | SoloMuseError, path: Path, chart_path: Path | None) -> LeadSheet:
    """A solo from a file over its chart, else over its own chords.

    Raises
    ------
    SoloMuseError
        If one of them cannot be read, or there are no chords.
    """
    if isinstance(own, SoloMuseError):
        raise own
    if not own.melody:
        raise NoMelodyError(f"{path}: it has no notes of melody")
    if chart_path is None:
        if all(span.chord.root is None for span in own.chart.spans()):
            raise NoChordsError(f"{path}: it has no chords; put a chart named {_stem(path)} into the folder of charts")
        return own
    chart = _chart(chart_path)
    try:
        return over_chart(own, replace(chart, qpm=own.chart.qpm or chart.qpm))
    except ChartError as error:
        raise ChartError(f"{path} over {chart_path}: {error}") from None


def _of_midi(path: Path, needs_chords: bool) -> LeadSheet:
    song = with_chord_track(read_midi(path))
    track = melody_track(song).track
    if needs_chords and not song.chords:
        raise NoChordsError(f"{path}: it has no chord markers; put a chart named {_stem(path)} into the charts")
    whole = lead_sheet_of(song, track, song_chords(song, track) if song.chords else ())
    return LeadSheet(whole.chart, straightened(whole.melody))


def over_chart(solo: LeadSheet, chart: Chart) -> LeadSheet:
    """The bars of a solo over a chart, which comes again as often as the solo is longer; both begin together.

    What the chart has beyond the bars of the solo is left out: nobody has played there, which is no rest.

    Raises
    ------
    ChartError
        If the bars of the solo are not as long as those of the chart.
    """
    last = solo.melody[-1].time
    of_another = chart.repeated(2).duration - chart.duration  # a pickup comes once
    choruses = 1 + max(0, -(-(last + 1 - chart.duration) // of_another))
    whole = replace(chart, bars=chart.repeated(choruses).bars[: len(solo.chart.bars)])
    lengths = zip(whole.bars, solo.chart.bars, strict=False)
    if any(mine.duration != theirs.duration for mine, theirs in lengths):
        raise ChartError("the bars of the chart and of the solo differ in length: give both the same meters")
    return LeadSheet(whole, solo.melody)


def _stretches(sheet: LeadSheet, name: str, bars: int) -> Iterator[Excerpt]:
    """The stretches of a solo that hold a line. Each solo counts as a tune of its own.

    The last one may be shorter, down to half of `bars`: one of a bar or two would count as much as the others. A solo
    that is shorter itself is one stretch.
    """
    count = len(sheet.chart.bars)
    for first in range(0, count, bars):
        if first and 2 * (count - first) < bars:
            return
        part = sheet.slice(first, min(first + bars, count))
        if len(part.melody) >= FEWEST_NOTES:
            yield Excerpt(name, f"{name} {first}", part)
