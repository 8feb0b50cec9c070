from __future__ import annotations

import pytest
from hypothesis import given

from solomuse.music.chart_text import parse_chart
from solomuse.music.keys import pitch_class_of_name
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.note import Note
from solomuse.music.spelling import spelled
from tests.strategies import lead_sheets


def names(chart: str, *pitches: int) -> str:
    """The names of eighths over a chart."""
    melody = [Note(240 * index, pitch, 240) for index, pitch in enumerate(pitches)]
    return " ".join(spelled(melody, parse_chart(chart)))


@pytest.mark.parametrize(
    ("chart", "pitches", "expected"),
    [
        ("key: C\nD7", (66, 69, 72), "F# A C"),  # the third is the chord's
        ("key: C\nG7(b9)", (68, 65), "Ab F"),
        ("key: C\nG7", (68, 65), "Ab F"),  # so is the flat ninth that it does not write
        ("key: C\nE7", (68, 71, 65), "G# B F"),
        ("key: C\nG7", (73, 77), "C# F"),  # the sharp eleventh
        ("key: C\nG7(#9)", (70, 71), "Bb B"),  # the sharp ninth, as a blue note
        ("key: C\nC7", (63, 60), "Eb C"),
        ("key: F\nBbm7", (61, 65, 68), "Db F Ab"),
        ("key: Eb\nFm7b5", (71, 68, 65), "Cb Ab F"),
        ("key: E\nC#7", (65, 61), "E# C#"),
        ("key: C\nBdim7", (68, 65), "Ab F"),
        ("key: C\nCmaj7", (66, 67), "F# G"),  # up with sharps
        ("key: C\nCmaj7", (66, 65), "Gb F"),  # down with flats
        ("key: C\nF7", (70, 71, 71, 71, 72), "Bb B B B C"),  # all of a repeated note, by where it goes
        ("key: B\nEbmaj7", (67, 70), "G Bb"),  # the chord as it is written
        ("key: C\nCmaj7", (64, 63, 62, 61, 60), "E Eb D Db C"),
        ("key: C\nCmaj7", (60, 61, 62, 63, 64), "C C# D D# E"),
        ("key: D\nEm7", (73, 74), "C# D"),
        ("key: Bb\nFm7", (70, 71, 72), "Bb B C"),  # a note of the key keeps its name whatever follows
        ("key: C\nAm7", (68, 69), "G# A"),
        ("key: Db\nDb", (65, 66, 68), "F Gb Ab"),
        ("key: B\nB", (63, 66, 70), "D# F# A#"),
        ("key: Gb\nGb", (66, 71, 70), "Gb Cb Bb"),  # so do C flat and E sharp in the keys that have them
        ("key: Gb\nCb7", (71, 75, 69), "Cb Eb A"),
        ("key: F#\nF#", (65, 66), "E# F#"),
        ("key: F#m\nF#m", (65, 66), "E# F#"),
        ("key: C\nN.C.", (66, 67, 66, 65), "F# G Gb F"),
        ("N.C.", (61, 66), "Db F#"),
    ],
)
def test_notes_are_spelled_by_chord_key_and_direction(chart: str, pitches: tuple[int, ...], expected: str) -> None:
    assert names(chart, *pitches) == expected


@given(lead_sheets())
def test_a_name_is_that_of_its_pitch_with_one_accidental_at_most(sheet: LeadSheet) -> None:
    found = spelled(sheet.melody, sheet.chart)
    assert [pitch_class_of_name(name) for name in found] == [note.pitch % 12 for note in sheet.melody]
    assert all(len(name) <= 2 for name in found)


def test_each_note_is_spelled_by_the_chord_under_it() -> None:
    assert names("key: C\nC E7 Am G7 |", 60, 63, 68, 71, 69, 68, 68, 65) == "C Eb G# B A G# Ab F"
