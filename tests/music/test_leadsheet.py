import pytest

from solomuse.errors import ChartError
from solomuse.music.chart_text import parse_chart
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.note import Note

SHEET = LeadSheet(parse_chart("key: C\nC | F"), (Note(0, 69, 480), Note(1920, 65, 480)))


def test_chart_and_melody_move_together() -> None:
    moved = SHEET.transpose(2)
    assert [span.chord.symbol() for span in moved.chart.spans()] == ["D", "G"]
    assert [note.pitch for note in moved.melody] == [71, 67]


@pytest.mark.parametrize(("semitones", "pitch"), [(60, 69), (-66, 65)])
def test_a_melody_stays_within_the_range_of_midi(semitones: int, pitch: int) -> None:
    with pytest.raises(ChartError, match=f"pitch {pitch} moved by {semitones} is beyond MIDI's 0 to 127"):
        SHEET.transpose(semitones)


def test_another_key_is_reached_the_nearer_way_and_keeps_its_name() -> None:
    moved = SHEET.in_key("A:maj")
    assert (moved.chart.key, moved.melody[0].pitch) == ("A:maj", 66)
