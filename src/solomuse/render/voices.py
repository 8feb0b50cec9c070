"""More voices: a solo in block chords, as a section plays it."""

from __future__ import annotations

from collections.abc import Iterator

from solomuse.music.chord import Chord
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.note import Note
from solomuse.music.scales import chord_scale, chord_tones

CLOSEST = 3
"""Semitones that each voice keeps at least from the one above, as thirds do."""


def voiced(sheet: LeadSheet, voices: int, low: int = 0) -> LeadSheet:
    """The melody with more voices below it, note against note; the melody stays on top.

    Under a tone of the chord lie the next chord tones, under another one the next tones of the scale in thirds. Over no
    chord the melody stays alone.

    Parameters
    ----------
    sheet : LeadSheet
        Its melody is one voice.
    voices : int
        How many sound together at most, the melody included.
    low : int
        The lowest pitch that a voice may have.
    """
    if voices == 1:
        return sheet
    spans = iter(sheet.chart.spans())
    span = next(spans)
    notes: list[Note] = []
    for note in sheet.melody:
        while span.end <= note.time:
            span = next(spans)
        below = [pitch for pitch in _below(note.pitch, span.chord, voices - 1) if pitch >= low]
        notes += [Note(note.time, pitch, note.duration, note.velocity) for pitch in (*reversed(below), note.pitch)]
    return LeadSheet(sheet.chart, tuple(notes))


def _below(pitch: int, chord: Chord, count: int) -> Iterator[int]:
    """The pitches of so many voices below one, from high to low."""
    tones = chord_tones(chord)
    classes = tones if pitch % 12 in tones else chord_scale(chord)
    for _ in range(count):
        nearest = next((below for below in range(pitch - CLOSEST, -1, -1) if below % 12 in classes), None)
        if nearest is None:
            return
        yield nearest
        pitch = nearest
