from __future__ import annotations

import pytest

from solomuse.errors import ChartError
from solomuse.music.repeats import Marks, played_order, with_exits

MARK_BY_SIGN = {
    "|:": {"starts_repeat": True},
    ":|": {"times": 2},
    ":|x3": {"times": 3},
    "S": {"segno": True},
    "O": {"coda": True},
    "toO": {"to_coda": True},
    "fine": {"fine": True},
    "DC": {"jump": "capo"},
    "DS": {"jump": "segno"},
    "DSalO": {"jump": "segno", "until": "coda"},
    "DCalfine": {"jump": "capo", "until": "fine"},
}


def form(text: str) -> list[Marks]:
    """Bars from words such as ``A``, ``|:A``: signs stand between blanks, ``,`` ends a bar, ``1.`` an ending."""
    bars = []
    for bar in text.split(","):
        fields: dict[str, object] = {}
        for word in bar.split():
            if word in MARK_BY_SIGN:
                fields |= MARK_BY_SIGN[word]
            elif word.rstrip(".").replace("&", "").isdigit():
                fields["endings"] = tuple(int(number) for number in word.rstrip(".").split("&"))
        bars.append(Marks(**fields))  # type: ignore[arg-type]
    return bars


@pytest.mark.parametrize(
    ("written", "played"),
    [
        ("a, b, c", "abc"),
        ("a, b :|, c", "ababc"),
        ("a, |: b :|, c", "abbc"),
        ("a, |: b :|x3, c", "abbbc"),
        ("|: a, 1. b :|, 2. c, d", "abacd"),
        ("|: a, 1. b, 1. c :|, 2. d, 2. e, f", "abcadef"),
        ("|: a, 1&2. b :|, 3. c", "ababac"),
        ("|: a, 1. b :|, 2. c :|, 3. d", "abacad"),
        ("|: a, 1. b :|, 2. c, |: d, 1. e :|, 2. f", "abacdedf"),
        ("|: a :|, |: b :|", "aabb"),
        ("a, 1. b :|, 2. c, d :|, e", "abacdde"),
        ("a, b fine, c DCalfine", "abcab"),
        ("a, b fine, c DC", "abcab"),
        ("a, S b, c DS", "abcbc"),
        ("a, S b toO, c DSalO, O d", "abcbd"),
        ("|: a, 1. b :|, 2. c fine, d DCalfine", "abacdac"),
        ("|: a :|, b toO, c DC, O d, e", "aabcabde"),
        ("a, |: b DC :|", "abbab"),
    ],
)
def test_a_form_is_played_in_its_order(written: str, played: str) -> None:
    assert "".join("abcdefgh"[index] for index in played_order(form(written))) == played


@pytest.mark.parametrize(
    ("written", "behind", "played"),
    [
        ("a, b O, c DC, O d", {1}, "abcabd"),
        ("a, O b, c DC, O d", (), "abcad"),
        ("a toO, O b, c DC, O d", (), "abcabcd"),
        ("a, O b, c", (), "abc"),
    ],
)
def test_coda_signs_but_the_last_are_exits_where_nothing_else_is(written: str, behind: set[int], played: str) -> None:
    assert "".join("abcd"[index] for index in played_order(with_exits(form(written), behind))) == played


@pytest.mark.parametrize(("written", "complaint"), [("a, b DS", "no segno"), ("a toO, b DC", "no coda")])
def test_a_jump_without_a_goal_is_refused(written: str, complaint: str) -> None:
    with pytest.raises(ChartError, match=complaint):
        played_order(form(written))
