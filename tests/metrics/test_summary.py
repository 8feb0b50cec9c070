from __future__ import annotations

import math

import pytest
from hypothesis import given

from solomuse.metrics.summary import MEASURES, all_metrics, spreads
from solomuse.music.chart_text import parse_chart
from solomuse.music.leadsheet import LeadSheet
from tests.strategies import lead_sheets

NAMES = {*MEASURES, "structure_short", "structure_middle", "structure_long"}


@given(lead_sheets())
def test_every_sheet_has_every_figure_and_none_is_infinite(sheet: LeadSheet) -> None:
    figures = all_metrics(sheet)
    assert figures.keys() == NAMES
    assert not any(math.isinf(value) for value in figures.values())


def test_a_sheet_without_notes_has_figures_of_time_only() -> None:
    figures = all_metrics(LeadSheet(parse_chart("C | F | C | G7"), ()))
    measured = {name for name, value in figures.items() if not math.isnan(value)}
    assert measured == {"notes_per_bar", "rest_share", "groove_similarity", "structure_short"}


def test_spreads_leave_out_what_is_not_measured() -> None:
    found = spreads([{"a": 1.0, "b": math.nan}, {"a": 3.0, "b": math.nan}, {"a": math.nan, "b": math.nan}])
    assert (found["a"].mean, found["a"].deviation, found["a"].solos) == (2.0, 1.0, 2)
    assert math.isnan(found["b"].mean)
    assert found["b"].solos == 0


def test_each_solo_counts_once() -> None:
    assert spreads([{"a": 0.0}, {"a": 1.0}])["a"].mean == pytest.approx(0.5)
