from __future__ import annotations

import pytest

from solomuse.errors import ChartError
from solomuse.music.chart_text import parse_chart, print_chart


@pytest.mark.parametrize(
    ("form", "twice"),
    [
        ("(1/4) G7 | (4/4) C | F", "(1/4) G7 | (4/4) C | F | [2] C | F"),
        ("(1/4) G7 | (4/4) C | (3/4) F6", "(1/4) G7 | (4/4) C | F6:3 G7:1 | [2] C | (3/4) F6"),
        ("(1/4) N.C. | (4/4) C | (3/4) F6", "(1/4) N.C. | (4/4) C | F6 | [2] C | (3/4) F6"),
        ("[A] (1/4) G7 | (4/4) C | [B] F | G", "[A] (1/4) G7 | (4/4) C | [B] F | G | [A] C | [B] F | G"),
        (
            "(3/4) C | (4/4) F | (3/4) C | (4/4) F",
            "(3/4) C | (4/4) F | (3/4) C | (4/4) F | [2] (3/4) C | (4/4) F | (3/4) C | (4/4) F",
        ),
        ("(2/4) C | (4/4) F", "(2/4) C | (4/4) F | [2] (2/4) C | (4/4) F"),
    ],
)
def test_a_pickup_is_played_once_and_fills_up_a_last_bar_that_leaves_room_for_it(form: str, twice: str) -> None:
    assert parse_chart(form).repeated(2) == parse_chart(twice)


def test_a_form_is_played_through_several_times() -> None:
    chart = parse_chart("title: Two\nC | (3/4) F")
    twice = chart.repeated(2)
    assert [str(bar.meter) for bar in twice.bars] == ["4/4", "3/4", "4/4", "3/4"]
    assert [bar.section for bar in twice.bars] == [None, None, "2", None]
    assert ([bar.chords for bar in twice.bars], twice.title) == ([bar.chords for bar in chart.bars] * 2, "Two")
    assert parse_chart(print_chart(twice)) == twice
    for times in (0, 10_001):
        with pytest.raises(ChartError, match=f"{times} choruses of 2 bars"):
            chart.repeated(times)
