from __future__ import annotations

import math

import pytest

from solomuse.metrics.harmony import chord_shift_gain, chord_tone_ratio, notes_per_bar, step_resolution
from solomuse.music.chart_text import parse_chart
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.note import Note

QUARTER = 480


def quarters(chart: str, *pitches: int) -> LeadSheet:
    return LeadSheet(parse_chart(chart), tuple(Note(QUARTER * i, pitch, QUARTER) for i, pitch in enumerate(pitches)))


def test_chord_tones_by_hand() -> None:
    # over C: C E F# G, over F: A B C F; F# and B are outside
    sheet = quarters("C | F", 60, 64, 66, 67, 69, 71, 72, 65)
    assert chord_tone_ratio([sheet]) == 6 / 8
    assert chord_tone_ratio([sheet], "strong beats") == 3 / 4  # C, F#, A, C


def test_time_counts_by_length() -> None:
    sheet = LeadSheet(parse_chart("C"), (Note(0, 60, 1440), Note(1440, 61, 480)))
    assert chord_tone_ratio([sheet], "time") == 0.75
    assert chord_tone_ratio([sheet]) == 0.5


def test_extensions_and_a_slash_bass_are_no_chord_tones() -> None:
    assert chord_tone_ratio([quarters("C9/D", 62, 60)]) == 0.5


def test_notes_over_no_chord_are_left_out() -> None:
    assert chord_tone_ratio([quarters("N.C. | C", 61, 61, 61, 61, 60)]) == 1.0
    assert math.isnan(chord_tone_ratio([quarters("N.C.", 60)]))


def test_a_shift_holds_a_note_against_a_later_chord() -> None:
    sheet = quarters("C | F#", 60, 64, 67, 60, 66, 70, 61, 66)
    assert chord_tone_ratio([sheet]) == 1.0
    assert chord_tone_ratio([sheet], shift=4) == 0.0  # the first bar over the second's chord; the second finds none


def test_arpeggios_gain_and_a_pedal_note_does_not() -> None:
    arpeggios = quarters("C | F# | C | F#", *[60, 64, 67, 72, 66, 70, 73, 78] * 2)
    assert chord_shift_gain([arpeggios], (-4, 4)) == 1.0
    assert chord_shift_gain([quarters("C | F | C | F", *[60] * 16)], (-4, 4)) == 0.0


def test_outside_notes_resolve_by_step() -> None:
    # outside C: D (to C, a step), F# (to D#, a leap), D# (to D#, no move); the last one has no next
    assert step_resolution([quarters("C | C", 62, 60, 66, 63, 63)]) == pytest.approx(1 / 3)


def test_notes_per_bar() -> None:
    assert notes_per_bar([quarters("C | F", 60, 62, 64)]) == 1.5
