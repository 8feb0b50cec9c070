from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solomuse.errors import VocabularyError
from solomuse.music.chart_text import parse_chart
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.note import Note
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


def test_what_does_not_lie_on_the_grid_is_refused() -> None:
    with pytest.raises(VocabularyError, match="grid of 4"):
        grid_sheet(LeadSheet(parse_chart("C"), (Note(160, 60, 160),)), vocabulary(4))
