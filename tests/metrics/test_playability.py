from __future__ import annotations

import math

from solomuse.metrics.playability import (
    large_leap_share,
    notes_per_second,
    peak_notes_per_second,
    pitch_range,
    share_outside,
)
from solomuse.music.chart_text import parse_chart
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.note import Note


def eighths(chart: str, *pitches: int) -> LeadSheet:
    return LeadSheet(parse_chart(chart), tuple(Note(240 * i, pitch, 240) for i, pitch in enumerate(pitches)))


def test_range_and_leaps() -> None:
    sheet = eighths("C", 60, 72, 59, 61)
    assert pitch_range(sheet) == 13
    assert large_leap_share(sheet) == 1 / 3  # an octave is none
    assert share_outside(sheet, lowest=60, highest=71) == 0.5


def test_speed_at_a_tempo() -> None:
    sheet = eighths("tempo: 120\nC | C", *[60] * 8)  # four seconds, all in the first two
    assert notes_per_second(sheet) == 2.0
    assert notes_per_second(sheet, qpm=240) == 4.0
    assert peak_notes_per_second(sheet) == 4.0


def test_the_peak_is_where_most_notes_begin_within_a_second() -> None:
    chart = parse_chart("tempo: 60\nC")
    sheet = LeadSheet(chart, tuple(Note(time, 60, 10) for time in (0, 480, 600, 720, 840, 960)))
    assert peak_notes_per_second(sheet) == 4.0


def test_without_a_tempo_or_a_note_there_is_no_figure() -> None:
    assert math.isnan(notes_per_second(eighths("C", 60)))
    assert math.isnan(peak_notes_per_second(eighths("C", 60)))
    assert math.isnan(peak_notes_per_second(eighths("C"), qpm=100))
    assert all(math.isnan(value) for value in (pitch_range(eighths("C")), share_outside(eighths("C"), 0, 127)))
    assert math.isnan(large_leap_share(eighths("C", 60)))
