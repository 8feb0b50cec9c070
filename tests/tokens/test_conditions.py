from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from solomuse.music.leadsheet import LeadSheet
from solomuse.tokens.codec import Codec
from solomuse.tokens.conditions import without_chords, without_conditions
from solomuse.tokens.encoding import encode
from solomuse.tokens.features import features
from solomuse.tokens.grammar import parse
from solomuse.tokens.transposition import transpose_sequence
from solomuse.tokens.vocabulary import CONDITIONS, GRIDS, STYLE, TEMPO, UNSAID, vocabulary
from tests.strategies import lead_sheets

grids = st.sampled_from(GRIDS)
said = st.fixed_dictionaries(
    {}, optional={name: st.integers(0, 3) for name in CONDITIONS}
)  # every condition has at least so many values


@given(lead_sheets(), grids)
def test_without_chords_melody_bars_and_tempo_stay(sheet: LeadSheet, grid: int) -> None:
    codec = Codec(vocabulary(grid))
    whole = codec.quantise(sheet)
    token_ids, _ = without_chords(*encode(codec.on_grid(sheet), codec.vocabulary), codec.vocabulary)
    bare = codec.decode(token_ids.tolist())
    assert (bare.melody, bare.chart.bar_times, bare.chart.qpm) == (whole.melody, whole.chart.bar_times, whole.chart.qpm)
    assert [bar.meter for bar in bare.chart.bars] == [bar.meter for bar in whole.chart.bars]
    assert {span.chord.label for span in bare.chart.spans()} == {"N"}


@given(lead_sheets(), grids)
def test_features_without_chords_are_those_of_the_ids_without_them(sheet: LeadSheet, grid: int) -> None:
    codec = Codec(vocabulary(grid))
    token_ids, found = without_chords(*encode(codec.on_grid(sheet), codec.vocabulary), codec.vocabulary)
    assert np.array_equal(found, features(token_ids.tolist(), codec.vocabulary))


@given(lead_sheets(), grids)
def test_without_tempo_all_else_stays(sheet: LeadSheet, grid: int) -> None:
    codec = Codec(vocabulary(grid))
    whole = encode(codec.on_grid(sheet), codec.vocabulary)
    token_ids, found = without_conditions(*whole, [TEMPO, STYLE], codec.vocabulary)
    slow = codec.quantise(sheet)
    assert codec.decode(token_ids.tolist()) == replace(slow, chart=replace(slow.chart, qpm=None))
    assert np.array_equal(found, features(token_ids.tolist(), codec.vocabulary))


@given(lead_sheets(), grids, said, st.sets(st.sampled_from(range(len(CONDITIONS)))))
def test_a_condition_that_is_left_out_is_as_if_it_had_not_been_said(
    sheet: LeadSheet, grid: int, conditions: dict[str, int], left_out: set[int]
) -> None:
    codec = Codec(vocabulary(grid))
    whole = codec.on_grid(sheet).saying(**conditions)
    unsaid = whole.saying(**{CONDITIONS[index]: UNSAID for index in left_out})
    expected = encode(unsaid, codec.vocabulary)
    found = without_conditions(*encode(whole, codec.vocabulary), sorted(left_out), codec.vocabulary)
    assert all(np.array_equal(*pair) for pair in zip(found, expected, strict=True))
    assert parse(found[0].tolist(), codec.vocabulary).conditions == list(unsaid.conditions)


@given(lead_sheets(pitches=(20, 100)), grids, st.integers(-6, 5))
def test_transposing_a_sequence_is_encoding_what_was_transposed(sheet: LeadSheet, grid: int, semitones: int) -> None:
    codec, v = Codec(vocabulary(grid)), vocabulary(grid)
    before = encode(codec.on_grid(sheet).described(v), v)
    after = encode(codec.on_grid(sheet.transpose(semitones)).described(v), v)
    moved = transpose_sequence(*before, semitones, v)
    assert all(np.array_equal(*pair) for pair in zip(moved, after, strict=True))
