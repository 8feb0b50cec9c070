from __future__ import annotations

import math

import pytest
from hypothesis import given

from solomuse.metrics.rhythm import (
    bar_rhythm_divergence,
    groove_similarity,
    on_beat_share,
    phrase_lengths,
    phrases,
    rest_share,
)
from solomuse.music.chart_text import parse_chart
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.note import Note
from tests.strategies import lead_sheets

QUARTER = 480


def sheet(chart: str, *notes: tuple[int, int]) -> LeadSheet:
    return LeadSheet(parse_chart(chart), tuple(Note(time, 60, duration) for time, duration in notes))


def test_rests_by_hand() -> None:
    assert rest_share(sheet("C", (0, 480), (960, 480))) == 0.5
    assert rest_share(sheet("C")) == 1.0


def test_notes_that_overlap_sound_once_and_stop_with_the_chart() -> None:
    assert rest_share(sheet("C", (0, 960), (480, 480), (1440, 5000))) == 0.25


def test_the_groove_of_two_bars_by_hand() -> None:
    # of 64 steps, the bars differ in two: beat 2 is in the first only, beat 3 in the second only
    bars = sheet("C | C", (0, 10), (480, 10), (1920, 10), (2880, 10))
    assert groove_similarity(bars) == 1 - 2 / 64
    assert groove_similarity(bars, steps_per_quarter=4) == 1 - 2 / 16


def test_the_groove_is_a_mean_over_all_pairs() -> None:
    # a beat in bar 1 only: pairs 1-2 and 1-3 differ in one step, 2-3 in none
    assert groove_similarity(sheet("C | C | C", (0, 10))) == pytest.approx(1 - 2 / 3 / 64)


def test_only_bars_of_one_length_are_compared() -> None:
    assert math.isnan(groove_similarity(sheet("C | (3/4) C", (0, 10))))
    assert groove_similarity(sheet("C | (3/4) C | C", (1920, 10), (1920 + 1440, 10))) == 1.0


def test_an_onset_just_before_the_bar_line_belongs_to_the_next_bar() -> None:
    assert groove_similarity(sheet("C | C", (0, 10), (1910, 10))) == 1.0


def test_rhythms_that_have_no_bar_in_common_diverge_by_one_bit() -> None:
    on, off = sheet("C", (0, 10)), sheet("C", (240, 10))
    assert bar_rhythm_divergence([on], [off]) == pytest.approx(1.0)
    assert bar_rhythm_divergence([on], [on]) == 0.0


def test_the_divergence_of_half_the_bars_by_hand() -> None:
    # {a: 1} against {a: 1/2, b: 1/2}: (log2 4/3 + (log2 2/3 + log2 2) / 2) / 2
    on, both = sheet("C", (0, 10)), sheet("C | C", (0, 10), (2160, 10))
    expected = (math.log2(4 / 3) + (math.log2(2 / 3) + math.log2(2)) / 2) / 2
    assert bar_rhythm_divergence([on], [both]) == pytest.approx(expected)
    assert math.isnan(bar_rhythm_divergence([], [on]))


def test_a_phrase_ends_at_a_rest_of_a_quarter() -> None:
    line = sheet("C | C", (0, 240), (240, 240), (960, 240), (1680, 480))
    assert phrases(line) == [(0, 2), (2, 3), (3, 4)]
    assert phrase_lengths(line).tolist() == [1.0, 0.5, 1.0]
    assert phrases(line, rest_ticks=481) == [(0, 4)]


def test_without_a_note_there_is_no_phrase() -> None:
    assert phrases(sheet("C")) == []
    assert len(phrase_lengths(sheet("C"))) == 0


@given(lead_sheets(), lead_sheets())
def test_figures_stay_in_range_in_any_meter(one: LeadSheet, other: LeadSheet) -> None:
    assert 0 <= rest_share(one) <= 1
    assert not groove_similarity(one) > 1
    assert not groove_similarity(one) < 0
    assert -1e-9 <= bar_rhythm_divergence([one], [other]) <= 1 + 1e-9
    assert bar_rhythm_divergence([one], [other]) == pytest.approx(bar_rhythm_divergence([other], [one]))
    assert sum(last - first for first, last in phrases(one)) == len(one.melody)


def test_beats_are_dotted_in_compound_meters() -> None:
    chart = parse_chart("(6/8) C | (3/4) F |")
    notes = tuple(Note(time, 60, 100) for time in (0, 480, 720, 1440, 1680, 1920))
    assert on_beat_share(LeadSheet(chart, notes)) == pytest.approx(4 / 6)
