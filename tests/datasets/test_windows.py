from __future__ import annotations

from hypothesis import given, settings

from solomuse.datasets.windows import WindowCutter
from solomuse.music.chart import Chart, one_chord_bar
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.note import Note
from solomuse.music.symbols import parse_chord
from solomuse.tokens.codec import Codec
from solomuse.tokens.vocabulary import vocabulary
from tests.strategies import lead_sheets

CODEC = Codec(vocabulary(4))


def scale(bars: int) -> LeadSheet:
    chart = Chart(tuple(one_chord_bar(parse_chord(name)) for name in "CDEFGAB" for _ in range(bars))[:bars])
    return LeadSheet(chart, tuple(Note(480 * beat, 60 + beat % 12, 240) for beat in range(4 * bars)))


@given(lead_sheets(pitches=(16, 100)))
@settings(max_examples=50, deadline=None)
def test_a_window_stands_alone_with_the_chords_of_exactly_its_bars(sheet: LeadSheet) -> None:
    for window in WindowCutter(sheet, CODEC, 256).cut(2, 1):
        decoded = CODEC.decode(window.token_ids.tolist())
        assert (len(decoded.chart.bars), len(decoded.melody)) == (window.bars, window.notes)
        assert window.notes > 0


def test_windows_overlap_by_what_the_hop_leaves() -> None:
    found = list(WindowCutter(scale(32), CODEC, 1024).cut(16, 8))
    assert [window.bars for window in found] == [16, 16, 16]


def test_windows_side_by_side_hold_each_note_once() -> None:
    assert sum(window.notes for window in WindowCutter(scale(40), CODEC, 1024).cut(16, 16)) == 160


def test_a_window_too_long_takes_fewer_bars_and_loses_none() -> None:
    found = list(WindowCutter(scale(16), CODEC, 128).cut(16, 16))
    assert all(len(window.token_ids) <= 128 for window in found)
    assert sum(window.notes for window in found) == 64


def test_bars_without_a_note_make_no_window() -> None:
    silent = LeadSheet(scale(16).chart, ())
    assert list(WindowCutter(silent, CODEC, 256).cut(4, 4)) == []
