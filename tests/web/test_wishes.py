from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from solomuse.errors import ConfigError
from solomuse.generation import Controls, Edit
from solomuse.music.chart_text import parse_chart
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.note import Note
from solomuse.render.files import Rendering
from solomuse.render.performance import Performance
from solomuse.web.wishes import controls_of, edit_of, rendering_of

LINE = LeadSheet(parse_chart("C | F | G"), (Note(0, 60, 480), Note(1920, 65, 480)))


def test_a_wish_without_parts_asks_for_nothing() -> None:
    assert controls_of({}) == Controls()
    assert rendering_of({}) == Rendering()


def test_controls_come_by_name_and_null_is_not_there() -> None:
    wish = {"controls": {"density": 6, "instrument": "trumpet", "low": 55, "style": None, "guidance": 1.25}}
    assert controls_of(wish) == Controls(density=6, instrument="trumpet", low=55, guidance=1.25)


def test_who_reads_the_part_plays_it_unless_another_one_is_asked_for() -> None:
    assert controls_of({"part": "tenor-sax"}) == Controls(instrument="tenor-sax")
    assert controls_of({"part": "tenor-sax", "controls": {"instrument": "flute"}}) == Controls(instrument="flute")


def test_a_rendering_has_performance_part_and_clicks() -> None:
    wish = {"performance": {"style": "bossa", "qpm": 120, "band": True}, "part": "alto-sax", "count_in": 2}
    rendering = rendering_of(wish, stems=True)
    assert rendering.performance == Performance(style="bossa", qpm=120)
    assert rendering.part is not None
    assert (rendering.part.name, rendering.count_in, rendering.stems) == ("alto-sax", 2, True)


@pytest.mark.parametrize(
    ("given", "edit"),
    [
        ({"keep": [1, 3]}, Edit(LINE, keep=frozenset({0, 2}))),
        ({"trade": 4}, Edit(LINE, trade=4)),
        ({"vary": 0.5}, Edit(LINE, vary=0.5)),
        ({"lock": "rhythm"}, Edit(LINE, lock="rhythm")),
        ({"motif": True}, Edit(LINE, is_motif=True)),
    ],
)
def test_a_line_is_edited_in_one_way(given: dict[str, Any], edit: Edit) -> None:
    assert edit_of({"line": "id", **given}, LINE) == edit


@pytest.mark.parametrize(
    ("wish", "complaint"),
    [
        ({"controls": {"loudness": 3}}, "there is no 'loudness'"),
        ({"controls": {"density": "many"}}, "density is 'many': expected float"),
        ({"controls": {"voices": 1.5}}, "voices is 1.5: expected int"),
        ({"controls": {"top_k": True}}, "top_k is True: expected int"),
        ({"controls": {"instrument": {"name": "sax"}}}, "expected str"),
        ({"controls": {"temperature": -1}}, "temperature"),
        ({"controls": []}, "expected an object"),
        ({"performance": {"style": "polka"}}, "polka"),
        ({"count_in": "two"}, "count_in is 'two': expected a whole number"),
        ({"part": 3}, "part is 3: expected a text"),
    ],
)
def test_what_cannot_be_understood_is_said(wish: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint.replace("(", r"\(")):
        controls_of(wish), rendering_of(wish)


@pytest.mark.parametrize("given", [{}, {"keep": [1], "trade": 2}, {"keep": "1-2"}, {"keep": [0.5]}, {"trade": "4"}])
def test_an_edit_that_is_none_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        edit_of({"line": "id", **given}, LINE)


def test_each_field_of_json_has_a_type() -> None:
    for kind, of in ((Controls, "controls"), (Performance, "performance")):
        for field in fields(kind):
            with pytest.raises(ConfigError, match=f"{field.name} is"):
                controls_of({of: {field.name: []}}), rendering_of({of: {field.name: []}})
