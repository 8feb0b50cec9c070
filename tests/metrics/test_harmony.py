from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solomuse.metrics.harmony import (
    chord_shift_curve,
    chord_shift_gain,
    chord_tone_ratio,
    notes_per_bar,
    scale_share,
    step_resolution,
    tension_correctness,
)
from solomuse.music.chart_text import parse_chart
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.note import Note
from tests.strategies import lead_sheets

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


def test_a_seventh_and_an_altered_fifth_are_chord_tones_wherever_they_are_written() -> None:
    assert chord_tone_ratio([quarters("C7sus4", 70)]) == 1.0
    assert chord_tone_ratio([quarters("C7b5", 66, 67)]) == 0.5


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


def test_strictly_resolved_is_what_steps_to_a_chord_tone() -> None:
    # D to E, a chord tone; F# to F, a step to none; F over C to F# over D7, a step to a tone of the next chord
    sheet = quarters("C | D7", 62, 64, 66, 65, 66, 66, 66, 66)
    assert step_resolution([sheet]) == 1.0
    assert step_resolution([sheet], to_chord_tone=True) == pytest.approx(2 / 3)


def test_the_shift_curve_has_its_peak_where_the_chords_are() -> None:
    arpeggios = quarters("C | F# | C | F#", *[60, 64, 67, 72, 66, 70, 73, 78] * 2)
    assert chord_shift_curve([arpeggios], (-4, 0, 4)).tolist() == [0.0, 1.0, 0.0]


def test_scale_share_by_hand() -> None:
    # C major: C and D are in, Eb is not; over G7 (mixolydian) F is in, F# is not
    assert scale_share([quarters("C | G7", 60, 62, 63, 60, 65, 66, 67, 67)]) == 6 / 8


def test_a_scale_follows_what_the_symbol_writes() -> None:
    assert scale_share([quarters("C7", 66)]) == 0.0
    assert scale_share([quarters("C7(#11)", 66)]) == 1.0


def test_a_power_chord_has_no_scale_to_be_measured_by() -> None:
    assert math.isnan(scale_share([quarters("C5", 60)]))
    assert math.isnan(tension_correctness([quarters("C5", 61)]))


def test_tensions_by_hand() -> None:
    # outside Cmaj7: D and A are tensions, F clashes with E, Eb is no tone of the scale; E is a chord tone
    assert tension_correctness([quarters("Cmaj7 | Cmaj7", 62, 69, 65, 63, 64)]) == 2 / 4


@given(lead_sheets(pitches=(24, 96)), st.integers(-12, 12))
def test_no_measure_changes_in_another_key(sheet: LeadSheet, semitones: int) -> None:
    for measure in (chord_tone_ratio, scale_share, tension_correctness, step_resolution):
        assert measure([sheet.transpose(semitones)]) == pytest.approx(measure([sheet]), nan_ok=True)


def test_notes_per_bar() -> None:
    assert notes_per_bar([quarters("C | F", 60, 62, 64)]) == 1.5
