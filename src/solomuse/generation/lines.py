"""Reads a line that a solo goes on from, keeps in part, answers or varies."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from solomuse.analysis.lead_sheet import lead_sheet_of
from solomuse.analysis.melody import melody_track, says_melody
from solomuse.analysis.swing import straightened
from solomuse.datasets.lead_sheets import read_lead_sheet
from solomuse.errors import ChartError, ChordError, FormatError, NoMelodyError
from solomuse.formats.midi import read_midi
from solomuse.formats.suffixes import MIDI_SUFFIXES
from solomuse.music.chart_text import parse_chart
from solomuse.music.leadsheet import LeadSheet, one_voice
from solomuse.music.note import Note
from solomuse.music.notes import Notes
from solomuse.render.band.feel import undelayed, unswung

EXPECTED = "MIDI, MusicXML, ABC, or the solo.json that 'generate' writes"


def read_line(path: str | Path) -> LeadSheet:
    """The melody of a file, with even eighths.

    A ``solo.json`` and notation give it exactly as it was written. Of MIDI it is the only track, or the only one that
    is called melody, solo or the like, or the likeliest, or else the highest; of notes at one time it is the highest.
    The swing is taken out: by its ratio where the file is one of ours, which says it, else as measured.

    Raises
    ------
    FormatError
        If the file cannot be read, or is no report of a solo.
    NoMelodyError
        If it has no melody.
    """
    path = Path(path)
    if path.suffix.lower() == ".json":
        return _reported(path)
    if path.name.lower().endswith(MIDI_SUFFIXES):
        return _performed(path)
    try:
        return read_lead_sheet(path)
    except (ChartError, ChordError):
        raise FormatError(f"{path}: is no melody that can be read; expected {EXPECTED}") from None


def _performed(path: Path) -> LeadSheet:
    """The line of a MIDI file; it may be short, and need not look like a whole melody."""
    song = read_midi(path)
    heights = {
        index: float(track.columns.pitches.mean())
        for index, track in enumerate(song.tracks)
        if track.notes and not track.is_drum
    }
    if not heights:
        raise NoMelodyError(f"{path}: has no notes of a melody; give another file")
    named = [track for track in heights if says_melody(song.tracks[track].name)]
    candidates = named if len(named) == 1 else list(heights)
    if len(candidates) == 1:
        (track,) = candidates
    else:
        try:
            track = melody_track(song).track
        except NoMelodyError:
            track = max(heights, key=heights.__getitem__)
    sheet = lead_sheet_of(song, track, song.chords)
    melody = tuple(one_voice(sheet.melody))
    if song.swing is None:
        return replace(sheet, melody=straightened(melody))
    on_beat = undelayed(Notes.of(melody), sheet.chart, song.swing)
    return replace(sheet, melody=tuple(unswung(on_beat, sheet.chart, song.swing)))


def _reported(path: Path) -> LeadSheet:
    try:
        document = json.loads(path.read_text("utf-8"))
        notes = tuple(Note(*(int(value) for value in note)) for note in document["notes"])
        return LeadSheet(parse_chart(document["chart"]), notes)
    except OSError as error:
        raise FormatError(f"{path}: cannot be read ({error.strerror})") from None
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        raise FormatError(f"{path}: is no report of a solo: expected the solo.json that 'generate' writes") from None
