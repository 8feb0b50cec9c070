from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from solomuse.music.chart_text import parse_chart
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.note import Note
from solomuse.tokens.codec import Codec
from solomuse.tokens.features import FEATURES, STEP, FeatureReader, feature_sizes, features
from solomuse.tokens.grammar import Parser
from solomuse.tokens.transposition import room_to_transpose, transpose_features, transpose_ids
from solomuse.tokens.vocabulary import CONDITIONS, SEP, vocabulary
from tests.strategies import lead_sheets

VOCABULARY = vocabulary(4)
CODEC = Codec(VOCABULARY)


def rows(sheet: LeadSheet) -> tuple[list[int], np.ndarray]:
    token_ids = CODEC.encode(CODEC.quantise(sheet))
    return token_ids, features(token_ids, VOCABULARY)


def test_the_features_say_where_the_cursor_is_in_the_chart() -> None:
    sheet = LeadSheet(parse_chart("C7 | F | F | G/B"), (Note(0, 64, 480), Note(3 * 1920, 67, 480)))
    token_ids, found = rows(sheet)
    first = found[token_ids.index(SEP)]
    assert dict(zip(FEATURES, first.tolist(), strict=True)) == {
        "step": 0,
        "root": 1,
        "quality": first[FEATURES.index("quality")],
        "bass": 1,
        "next_root": 6,
        "next_quality": first[FEATURES.index("next_quality")],
        "until_next": 17,
        "position": 1,
        "bar_length": 16,
        "degree": 0,
        "pitch": 0,
        "interval": 0,
        "bars_left": 4,
        **dict.fromkeys(CONDITIONS, 0),
    }
    after_the_note = found[token_ids.index(VOCABULARY.note_on.start + 64)]
    assert after_the_note[FEATURES.index("degree")] == 5
    last = found[token_ids.index(VOCABULARY.note_on.start + 67)]
    assert (last[FEATURES.index("bass")], last[FEATURES.index("until_next")]) == (5, 0)
    assert (last[FEATURES.index("pitch")], last[FEATURES.index("interval")]) == (68, 3 + 26)
    assert last[FEATURES.index("bars_left")] == 1
    assert found[-3:, STEP].tolist() == [52, 64, 64]  # the length of G, the last bar line, the end


def test_the_charts_own_positions_have_no_features() -> None:
    token_ids, found = rows(LeadSheet(parse_chart("C7 | F"), ()))
    assert not found[: token_ids.index(SEP)].any()


@given(lead_sheets())
@settings(max_examples=50)
def test_every_feature_is_within_its_size(sheet: LeadSheet) -> None:
    _, found = rows(sheet)
    assert (found < np.array(feature_sizes(VOCABULARY)))[:, STEP + 1 :].all()


@given(lead_sheets())
@settings(max_examples=50)
def test_the_step_goes_from_the_beginning_to_the_end(sheet: LeadSheet) -> None:
    token_ids, found = rows(sheet)
    steps = found[token_ids.index(SEP) :, STEP]
    assert (np.diff(steps) >= 0).all()
    assert (steps[0], steps[-1]) == (0, sheet.chart.duration // VOCABULARY.step_ticks)


@given(lead_sheets(pitches=(20, 100)), st.integers(-6, 5))
@settings(max_examples=50)
def test_transposing_features_is_taking_features_of_what_was_transposed(sheet: LeadSheet, semitones: int) -> None:
    token_ids, found = rows(sheet)
    lowest, highest = room_to_transpose(np.array(token_ids), VOCABULARY)
    shift = min(max(semitones, lowest), highest)
    moved = transpose_ids(np.array(token_ids), shift, VOCABULARY).tolist()
    assert np.array_equal(transpose_features(found, shift), features(moved, VOCABULARY))


@given(lead_sheets(), st.data())
@settings(max_examples=100)
def test_all_at_once_they_are_the_same_as_one_by_one(sheet: LeadSheet, data: st.DataObject) -> None:
    token_ids = CODEC.encode(CODEC.quantise(sheet))
    token_ids = token_ids[: data.draw(st.integers(0, len(token_ids)))]
    parser = Parser(VOCABULARY)
    reader, one_by_one = FeatureReader(parser), []
    for token_id in token_ids:
        parser.read(token_id)
        one_by_one.append(reader.row())
    assert features(token_ids, VOCABULARY).tolist() == [list(row) for row in one_by_one]


def test_they_follow_any_path_through_the_grammar() -> None:
    generator = np.random.default_rng(1)
    for _ in range(60):
        parser = Parser(VOCABULARY)
        reader, token_ids, one_by_one = FeatureReader(parser), [], []
        while (allowed := np.flatnonzero(parser.allowed())).size and len(token_ids) < 150:
            token_ids.append(int(generator.choice(allowed)))
            parser.read(token_ids[-1])
            one_by_one.append(reader.row())
        assert features(token_ids, VOCABULARY).tolist() == [list(row) for row in one_by_one]
