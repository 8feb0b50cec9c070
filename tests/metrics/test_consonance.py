from __future__ import annotations

import math

import pytest
from hypothesis import given

from solomuse.metrics.consonance import (
    chord_to_non_chord_tone_ratio,
    melody_chord_tonal_distance,
    pitch_consonance_score,
)
from solomuse.music.chart_text import parse_chart
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.note import Note
from tests.strategies import lead_sheets

QUARTER = 480


def quarters(chart: str, *pitches: int) -> LeadSheet:
    return LeadSheet(parse_chart(chart), tuple(Note(QUARTER * i, pitch, QUARTER) for i, pitch in enumerate(pitches)))


def test_a_passing_tone_counts_as_a_chord_tone_and_a_leap_does_not() -> None:
    # C, D (a step to E), E, F# (a leap): 3 of 4
    assert chord_to_non_chord_tone_ratio([quarters("C | C", 60, 62, 64, 66, 72)]) == 4 / 5


def test_the_last_note_outside_is_not_proper() -> None:
    assert chord_to_non_chord_tone_ratio([quarters("C", 60, 62)]) == 1 / 2


def test_consonance_by_hand() -> None:
    # C over C E G: unison 1, minor sixth above E 1, fourth above G 0; B: seventh -1, fifth 1, third 1
    assert pitch_consonance_score([quarters("C", 60)]) == pytest.approx(2 / 3)
    assert pitch_consonance_score([quarters("C", 71)]) == pytest.approx(1 / 3)
    assert pitch_consonance_score([quarters("C", 60, 71)]) == pytest.approx(1 / 2)


def test_a_note_held_into_another_chord_counts_for_both() -> None:
    sheet = LeadSheet(parse_chart("C | F#"), (Note(0, 60, 2 * 1920),))
    # over F# A# C# the C is a tritone, a second, a seventh: all -1
    assert pitch_consonance_score([sheet]) == pytest.approx((2 / 3 - 1) / 2)


def test_the_octave_does_not_matter() -> None:
    assert pitch_consonance_score([quarters("G", 60)]) == pitch_consonance_score([quarters("G", 84)])


def test_the_tonal_distance_by_hand() -> None:
    # the centroid of C E G less that of C on the three circles, on each of which C lies at angle 0
    turn = math.pi / 6
    fifths = [sum(f(7 * turn * pc) for pc in (0, 4, 7)) / 3 for f in (math.sin, math.cos)]
    minor = [sum(f(9 * turn * pc) for pc in (0, 4, 7)) / 3 for f in (math.sin, math.cos)]
    major = [0.5 * sum(f(4 * turn * pc) for pc in (0, 4, 7)) / 3 for f in (math.sin, math.cos)]
    expected = math.hypot(fifths[0], fifths[1] - 1, minor[0], minor[1] - 1, major[0], major[1] - 0.5)
    assert melody_chord_tonal_distance([quarters("C", 60)]) == pytest.approx(expected)


def test_the_root_is_nearer_to_its_chord_than_the_tritone() -> None:
    assert melody_chord_tonal_distance([quarters("C", 60)]) < melody_chord_tonal_distance([quarters("C", 66)])


def test_rests_and_bars_without_a_chord_are_left_out() -> None:
    assert pitch_consonance_score([quarters("C | N.C.", 60, 60, 60, 60, 61)]) == pytest.approx(2 / 3)
    for measure in (chord_to_non_chord_tone_ratio, pitch_consonance_score, melody_chord_tonal_distance):
        assert math.isnan(measure([quarters("N.C.", 60)]))
        assert math.isnan(measure([quarters("C")]))


@given(lead_sheets())
def test_all_stay_in_their_range(sheet: LeadSheet) -> None:
    assert not chord_to_non_chord_tone_ratio([sheet]) > 1
    assert not abs(pitch_consonance_score([sheet])) > 1
    assert not melody_chord_tonal_distance([sheet]) > 3
