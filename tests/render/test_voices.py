from __future__ import annotations

from itertools import groupby

from hypothesis import given, settings
from hypothesis import strategies as st

from solomuse.music.chart_text import parse_chart
from solomuse.music.leadsheet import LeadSheet, one_voice
from solomuse.music.note import Note
from solomuse.music.scales import chord_scale
from solomuse.render.voices import voiced
from tests.strategies import notated_sheets


def test_a_chord_tone_has_chord_tones_below_and_another_note_the_scale_in_thirds() -> None:
    sheet = LeadSheet(parse_chart("Cmaj7"), (Note(0, 71, 480), Note(480, 69, 480)))
    assert [note.pitch for note in voiced(sheet, 4).melody] == [60, 64, 67, 71, 59, 62, 65, 69]


@given(notated_sheets(), st.integers(1, 4), st.integers(0, 60))
@settings(max_examples=50)
def test_the_melody_stays_on_top_of_at_most_so_many_voices(sheet: LeadSheet, voices: int, low: int) -> None:
    found = voiced(sheet, voices, low)
    assert one_voice(found.melody) == list(sheet.melody)
    for time, group in groupby(found.melody, key=lambda note: note.time):
        *below, top = (note.pitch for note in group)
        chord = next(span.chord for span in sheet.chart.spans() if span.time <= time < span.end)
        assert len(below) < voices
        assert all(
            (pitch >= low and pitch % 12 in chord_scale(chord)) or pitch % 12 in chord.pitch_classes for pitch in below
        )
        assert sorted({*below, top}) == [*below, top]
