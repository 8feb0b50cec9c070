from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from solomuse.music.leadsheet import LeadSheet
from solomuse.tokens.codec import Codec
from solomuse.tokens.conditions import without_chords, without_tempo
from solomuse.tokens.encoding import encode
from solomuse.tokens.features import features
from solomuse.tokens.vocabulary import GRIDS, vocabulary
from tests.strategies import lead_sheets

grids = st.sampled_from(GRIDS)


@given(lead_sheets(), grids)
@settings(deadline=None)
def test_without_chords_melody_bars_and_tempo_stay(sheet: LeadSheet, grid: int) -> None:
    codec = Codec(vocabulary(grid))
    whole = codec.quantise(sheet)
    token_ids, _ = without_chords(*encode(codec.on_grid(sheet), codec.vocabulary), codec.vocabulary)
    bare = codec.decode(token_ids.tolist())
    assert (bare.melody, bare.chart.bar_times, bare.chart.qpm) == (whole.melody, whole.chart.bar_times, whole.chart.qpm)
    assert [bar.meter for bar in bare.chart.bars] == [bar.meter for bar in whole.chart.bars]
    assert {span.chord.label for span in bare.chart.spans()} == {"N"}


@given(lead_sheets(), grids)
@settings(deadline=None)
def test_features_without_chords_are_those_of_the_ids_without_them(sheet: LeadSheet, grid: int) -> None:
    codec = Codec(vocabulary(grid))
    token_ids, found = without_chords(*encode(codec.on_grid(sheet), codec.vocabulary), codec.vocabulary)
    assert np.array_equal(found, features(token_ids.tolist(), codec.vocabulary))


@given(lead_sheets(), grids)
@settings(deadline=None)
def test_without_tempo_all_else_stays(sheet: LeadSheet, grid: int) -> None:
    codec = Codec(vocabulary(grid))
    token_ids, found = without_tempo(*encode(codec.on_grid(sheet), codec.vocabulary), codec.vocabulary)
    slow = codec.quantise(sheet)
    assert codec.decode(token_ids.tolist()) == replace(slow, chart=replace(slow.chart, qpm=None))
    assert len(token_ids) == len(found)
