from __future__ import annotations

from hypothesis import given, settings

from solomuse.datasets.windows import WINDOW, cut, windows_from_each_bar
from solomuse.music.chart import Chart, one_chord_bar
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.note import Note
from solomuse.music.symbols import parse_chord
from solomuse.tokens.codec import Codec
from solomuse.tokens.encoding import encode
from solomuse.tokens.vocabulary import CONDITIONS, PLACE, PLAYER, vocabulary
from tests.strategies import lead_sheets

CODEC = Codec(vocabulary(4))


def scale(bars: int) -> LeadSheet:
    chart = Chart(tuple(one_chord_bar(parse_chord(name)) for name in "CDEFGAB" for _ in range(bars))[:bars])
    return LeadSheet(chart, tuple(Note(480 * beat, 60 + beat % 12, 240) for beat in range(4 * bars)))


def cuts(sheet: LeadSheet, bars: int, hop: int, max_tokens: int) -> list[dict[str, int]]:
    windows = windows_from_each_bar(CODEC.on_grid(sheet), bars, max_tokens)
    names = ("first", *WINDOW)
    return [dict(zip(names, (first, *windows[first].tolist()), strict=True)) for first in cut(windows, hop).tolist()]


@given(lead_sheets(pitches=(16, 100)))
@settings(max_examples=50)
def test_a_window_stands_alone_with_the_chords_of_exactly_its_bars(sheet: LeadSheet) -> None:
    whole = CODEC.on_grid(sheet)
    for window in cuts(sheet, 2, 1, 256):
        part = whole.slice(window["first"], window["first"] + window["bars"])
        token_ids = encode(part, CODEC.vocabulary)[0].tolist()
        decoded = CODEC.decode(token_ids)
        assert (len(decoded.chart.bars), len(decoded.melody)) == (window["bars"], window["notes"])
        assert len(token_ids) + len(CONDITIONS[PLAYER:PLACE]) == window["chart"] + window["events"]
        assert window["notes"] > 0


def test_windows_overlap_by_what_the_hop_leaves() -> None:
    found = cuts(scale(32), 16, 8, 1024)
    assert [(window["first"], window["bars"]) for window in found] == [(0, 16), (8, 16), (16, 16)]


def test_windows_side_by_side_hold_each_note_once() -> None:
    assert sum(window["notes"] for window in cuts(scale(40), 16, 16, 1024)) == 160


def test_a_window_too_long_takes_half_of_its_bars_and_none_is_lost() -> None:
    found = cuts(scale(16), 16, 16, 128)
    assert [(window["first"], window["bars"], window["notes"]) for window in found] == [(0, 8, 32), (8, 8, 32)]


def test_a_bar_that_is_too_long_by_itself_is_passed_over() -> None:
    assert cuts(scale(2), 1, 1, 8) == []


def test_bars_without_a_note_make_no_window() -> None:
    assert cuts(LeadSheet(scale(16).chart, ()), 4, 4, 256) == []
