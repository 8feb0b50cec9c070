from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from solomuse.music.chart import Bar, Chart, ChordSpan
from solomuse.music.chart_text import parse_chart
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.meter import COMMON_TIME
from solomuse.music.note import Note
from solomuse.music.symbols import parse_chord
from solomuse.tokens.codec import Codec
from solomuse.tokens.encoding import encode, token_counts
from solomuse.tokens.features import FIRST_CONDITION, features
from solomuse.tokens.grid_sheet import grid_sheet
from solomuse.tokens.vocabulary import (
    CONDITIONS,
    GRIDS,
    METERS,
    PLACE,
    PLACES,
    PLAYER,
    REGISTER,
    REGISTERS,
    SEP,
    STYLES,
    VELOCITIES,
    vocabulary,
)
from tests.strategies import lead_sheets

grids = st.sampled_from(GRIDS)


@given(lead_sheets(), grids)
def test_the_features_of_the_encoder_are_those_of_its_token_ids(sheet: LeadSheet, grid: int) -> None:
    codec = Codec(vocabulary(grid))
    token_ids, found = encode(codec.on_grid(sheet), codec.vocabulary)
    assert np.array_equal(found, features(token_ids.tolist(), codec.vocabulary))


@given(lead_sheets(), grids, st.data())
def test_a_slice_of_columns_is_the_columns_of_a_slice(sheet: LeadSheet, grid: int, data: st.DataObject) -> None:
    codec = Codec(vocabulary(grid))
    whole = codec.quantise(sheet)
    first = data.draw(st.integers(0, len(whole.chart.bars) - 1))
    last = data.draw(st.integers(first + 1, len(whole.chart.bars)))
    token_ids, _ = encode(codec.on_grid(sheet).slice(first, last), codec.vocabulary)
    assert codec.decode(token_ids.tolist()) == whole.slice(first, last)


@given(lead_sheets(), grids)
def test_the_lengths_of_all_slices_are_known_without_encoding_them(sheet: LeadSheet, grid: int) -> None:
    codec = Codec(vocabulary(grid))
    columns = codec.on_grid(sheet)
    stretches = list(itertools.combinations(range(columns.bars + 1), 2))
    counted = token_counts(columns, *np.array(stretches).T)
    for (first, last), counts in zip(stretches, counted.tolist(), strict=True):
        token_ids = encode(columns.slice(first, last), codec.vocabulary)[0].tolist()
        chart, notes = token_ids.index(SEP) + 1, len(codec.decode(token_ids).melody)
        assert counts == [chart + len(CONDITIONS[PLAYER:PLACE]), len(token_ids) - chart, notes]


@given(lead_sheets(), grids)
@example(LeadSheet(parse_chart("C"), (Note(0, 60, 9), Note(60, 62, 60, 127), Note(61, 64, 90), Note(1900, 65, 9))), 4)
def test_notes_and_chords_go_to_the_nearest_steps(sheet: LeadSheet, grid: int) -> None:
    v = vocabulary(grid)
    columns, end = grid_sheet(sheet, v), sheet.chart.duration // v.step_ticks

    def nearest_step(ticks: int) -> int:
        return (2 * ticks + v.step_ticks) // (2 * v.step_ticks)

    highest: dict[int, Note] = {}
    for note in sheet.melody:
        onset = nearest_step(note.time)
        if onset < end and (onset not in highest or note.pitch > highest[onset].pitch):
            highest[onset] = note
    onsets = sorted(highest)
    expected = []
    for onset, following in zip(onsets, [*onsets[1:], end], strict=False):
        note = highest[onset]
        stop = min(max(nearest_step(note.end), onset + 1), following, onset + len(v.duration.values))
        velocity = min(VELOCITIES, key=lambda each: (abs(each - note.velocity), each))
        expected.append([onset, note.pitch, stop - onset, velocity])
    assert columns.notes.tolist() == expected
    chart = sheet.chart
    bounds = {
        nearest_step(line + span.time)
        for line, bar in zip(chart.bar_times, chart.bars, strict=False)
        for span in bar.chords
    }
    assert set(columns.chords[:, 0].tolist()) <= bounds
    assert np.array_equal(np.unique(columns.chords[:, :2]), np.union1d(columns.chords[:, 0], [end]))


def test_equal_chords_of_a_bar_are_one_and_those_too_short_for_the_grid_are_none() -> None:
    spans = [(0, 50, "C"), (50, 9, "F"), (59, 901, "C"), (960, 960, "C")]
    bar = Bar(COMMON_TIME, tuple(ChordSpan(time, length, parse_chord(name)) for time, length, name in spans))
    columns = grid_sheet(LeadSheet(Chart((bar, bar)), ()), vocabulary(4))
    assert columns.chords[:, :2].tolist() == [[0, 16], [16, 32]]


def test_the_columns_are_in_grid_steps() -> None:
    sheet = LeadSheet(parse_chart("(3/4) C | N.C. F/A N.C."), (Note(480, 60, 240, 96), Note(1440, 72, 1440, 80)))
    columns = grid_sheet(sheet, vocabulary(4))
    assert columns.notes.tolist() == [[4, 60, 2, 96], [12, 72, 12, 80]]
    assert columns.chords[:, :3].tolist() == [[0, 12, 0], [12, 16, 12], [16, 20, 5], [20, 24, 12]]
    assert columns.chords[:, 4].tolist() == [0, 12, 9, 12]
    assert (columns.bar_lines.tolist(), [str(METERS[meter]) for meter in columns.meters]) == ([0, 12, 24], ["3/4"] * 2)


def test_what_is_said_of_a_sheet_stands_before_its_chart_and_in_every_feature() -> None:
    v = vocabulary(12)
    sheet = grid_sheet(LeadSheet(parse_chart("C | F"), (Note(0, 60, 480), Note(1920, 70, 480))), v)
    said = sheet.saying(style=STYLES.index("bebop"), player=6).described(v)
    token_ids, found = encode(said, v)
    assert [v.tokens[token_id] for token_id in token_ids[1:5]] == [
        "STYLE_bebop",
        "PLAYER_7",
        "DENSITY_1",
        "REGISTER_65",
    ]
    events = found[token_ids.tolist().index(SEP) : -3]
    assert (events[:, FIRST_CONDITION:] == np.array(said.conditions) + 1).all()
    assert sheet.slice(0, 1).described(v).conditions[REGISTER] == REGISTERS.index(60)


@pytest.mark.parametrize(
    ("first", "last", "place"), [(0, 2, "opening"), (1, 2, "inside"), (1, 3, "ending"), (0, 3, "whole")]
)
def test_a_slice_says_which_part_it_is(first: int, last: int, place: str) -> None:
    sheet = grid_sheet(LeadSheet(parse_chart("C | F | G"), ()), vocabulary(4))
    assert PLACES[sheet.slice(first, last).conditions[PLACE]] == place


@pytest.mark.parametrize(("whole", "first"), [("inside", "inside"), ("opening", "opening"), ("ending", "inside")])
def test_a_slice_of_a_part_has_no_more_of_the_piece_than_the_part(whole: str, first: str) -> None:
    sheet = grid_sheet(LeadSheet(parse_chart("C | F | G"), ()), vocabulary(4)).saying(place=PLACES.index(whole))
    assert PLACES[sheet.slice(0, 2).conditions[PLACE]] == first


def test_a_note_that_sounds_out_of_a_slice_ends_with_it_and_one_that_sounds_into_it_is_not_there() -> None:
    sheet = LeadSheet(parse_chart("C | F | G"), (Note(1440, 60, 960), Note(3360, 62, 960)))
    part = grid_sheet(sheet, vocabulary(4)).slice(1, 2)
    assert part.notes.tolist() == [[12, 62, 4, 80]]
