from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given

from solomuse.metrics.distributions import (
    NOTE_LENGTHS,
    interval_histogram,
    mean_inter_onset_interval,
    mean_interval,
    note_length_histogram,
    note_length_transitions,
    pitch_class_entropy,
    pitch_class_histogram,
    pitch_class_transitions,
)
from solomuse.music.chart_text import parse_chart
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.note import Note
from tests.strategies import lead_sheets

QUARTER = 480


def quarters(chart: str, *pitches: int) -> LeadSheet:
    return LeadSheet(parse_chart(chart), tuple(Note(QUARTER * i, pitch, QUARTER) for i, pitch in enumerate(pitches)))


def test_the_entropy_of_a_bar_by_hand() -> None:
    assert pitch_class_entropy(quarters("C", 60, 72, 62, 64), bars=1) == pytest.approx(1.5)  # 1/2, 1/4, 1/4


def test_entropy_is_a_mean_over_stretches_that_overlap() -> None:
    # bars C C C C | D D D D | E E E E: one tone a bar, two in each two bars
    sheet = quarters("C | C | C", *[60] * 4, *[62] * 4, *[64] * 4)
    assert pitch_class_entropy(sheet, bars=1) == 0.0
    assert pitch_class_entropy(sheet, bars=2) == pytest.approx(1.0)
    assert pitch_class_entropy(sheet, bars=9) == pytest.approx(math.log2(3))


def test_silent_bars_are_left_out_of_the_entropy() -> None:
    assert pitch_class_entropy(quarters("C | C | C", 60, 62), bars=1) == pytest.approx(1.0)
    assert math.isnan(pitch_class_entropy(quarters("C"), bars=1))


def test_pitch_classes_weigh_by_time() -> None:
    sheet = LeadSheet(parse_chart("C"), (Note(0, 60, 1440), Note(1440, 73, 480)))
    assert pitch_class_histogram(sheet)[:2].tolist() == [0.75, 0.25]


def test_transitions_are_counted_from_row_to_column() -> None:
    found = pitch_class_transitions(quarters("C", 60, 62, 60, 62))
    assert found[0, 2] == pytest.approx(2 / 3)
    assert found[2, 0] == pytest.approx(1 / 3)


def test_intervals_by_hand() -> None:
    sheet = quarters("C", 60, 62, 61, 90)
    assert np.flatnonzero(interval_histogram(sheet)).tolist() == [11, 14, 24]  # -1, +2, an octave and more
    assert mean_interval(sheet) == pytest.approx((2 + 1 + 29) / 3)
    assert mean_inter_onset_interval(sheet) == 1.0


def test_lengths_go_to_the_nearest_class() -> None:
    sheet = LeadSheet(parse_chart("C"), (Note(0, 60, 470), Note(480, 60, 165), Note(960, 60, 2000)))
    shares = dict(zip(NOTE_LENGTHS, note_length_histogram(sheet).tolist(), strict=True))
    assert [name for name, share in shares.items() if share] == ["whole", "quarter", "eighth triplet"]
    names = list(NOTE_LENGTHS)
    assert note_length_transitions(sheet)[names.index("quarter"), names.index("eighth triplet")] == 0.5


def test_means_of_nothing_are_not_numbers() -> None:
    assert math.isnan(mean_interval(quarters("C", 60)))
    assert math.isnan(mean_inter_onset_interval(quarters("C", 60)))


@given(lead_sheets())
def test_histograms_sum_to_one_or_nothing(sheet: LeadSheet) -> None:
    for histogram in (pitch_class_histogram(sheet), note_length_histogram(sheet)):
        assert histogram.sum() == pytest.approx(1.0 if sheet.melody else 0.0)
    for histogram in (pitch_class_transitions(sheet), interval_histogram(sheet), note_length_transitions(sheet)):
        assert histogram.sum() == pytest.approx(1.0 if len(sheet.melody) > 1 else 0.0)
    assert not pitch_class_entropy(sheet, bars=2) > math.log2(12)
