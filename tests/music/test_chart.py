from __future__ import annotations

import pytest

from solomuse.errors import ChartError
from solomuse.music.chart_text import parse_chart


def test_a_form_is_played_through_several_times() -> None:
    chart = parse_chart("title: Two\nC | (3/4) F")
    twice = chart.repeated(2)
    assert [str(bar.meter) for bar in twice.bars] == ["4/4", "3/4", "4/4", "3/4"]
    assert (twice.slice(2, 4), twice.title) == (chart, "Two")
    for times in (0, 10_001):
        with pytest.raises(ChartError, match=f"{times} choruses of 2 bars"):
            chart.repeated(times)
