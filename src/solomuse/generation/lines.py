"""Reads a line that a solo goes on from, keeps in part, answers or varies."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from solomuse.analysis.swing import straightened
from solomuse.datasets.lead_sheets import read_lead_sheet
from solomuse.errors import ChartError, ChordError, FormatError
from solomuse.formats.midi import read_midi
from solomuse.formats.suffixes import MIDI_SUFFIXES
from solomuse.music.chart_text import parse_chart
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.note import Note
from solomuse.music.notes import Notes
from solomuse.render.band.feel import undelayed, unswung

EXPECTED = "MIDI, MusicXML, ABC, or the solo.json that 'generate' writes"


def read_line(path: Path) -> LeadSheet:
    """The melody of a file, with even eighths.

    A ``solo.json`` and notation give it exactly as it was written. Of MIDI the swing is taken out: by its ratio where
    the file is one of ours, which says it, else as measured.

    Raises
    ------
    FormatError
        If the file cannot be read, or is no report of a solo.
    NoMelodyError
        If it has no melody.
    """
    if path.suffix.lower() == ".json":
        return _reported(path)
    try:
        sheet = read_lead_sheet(path)
    except (ChartError, ChordError):
        raise FormatError(f"{path}: is no melody that can be read; expected {EXPECTED}") from None
    if not path.name.lower().endswith(MIDI_SUFFIXES):
        return sheet
    swing = read_midi(path).swing
    if swing is None:
        return replace(sheet, melody=straightened(sheet.melody))
    on_beat = undelayed(Notes.of(sheet.melody), sheet.chart, swing)
    return replace(sheet, melody=tuple(unswung(on_beat, sheet.chart, swing)))


def _reported(path: Path) -> LeadSheet:
    try:
        document = json.loads(path.read_text("utf-8"))
        notes = tuple(Note(*(int(value) for value in note)) for note in document["notes"])
        return LeadSheet(parse_chart(document["chart"]), notes)
    except OSError as error:
        raise FormatError(f"{path}: cannot be read ({error.strerror})") from None
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        raise FormatError(f"{path}: is no report of a solo: expected the solo.json that 'generate' writes") from None
