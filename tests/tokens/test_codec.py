from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solomuse.errors import GrammarError
from solomuse.music.chart_text import parse_chart
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.meter import Meter
from solomuse.music.note import Note
from solomuse.tokens.codec import Codec
from solomuse.tokens.grammar import Expecting, Parser, parse
from solomuse.tokens.vocabulary import GRIDS, vocabulary
from tests.strategies import lead_sheets

grids = st.sampled_from(GRIDS)


@given(lead_sheets(), grids)
def test_decoding_what_was_encoded_gives_the_quantised_lead_sheet(sheet: LeadSheet, grid: int) -> None:
    codec = Codec(vocabulary(grid))
    assert codec.decode(codec.encode(sheet)) == codec.quantise(sheet)


@given(lead_sheets(), grids)
def test_quantising_twice_changes_nothing_more(sheet: LeadSheet, grid: int) -> None:
    codec = Codec(vocabulary(grid))
    once = codec.quantise(sheet)
    assert codec.quantise(once) == once


@given(lead_sheets(), grids)
def test_the_codec_obeys_the_grammar_at_every_step(sheet: LeadSheet, grid: int) -> None:
    codec = Codec(vocabulary(grid))
    parser = Parser(codec.vocabulary)
    for token_id in codec.encode(sheet):
        assert parser.allowed()[token_id]
        parser.read(token_id)
    assert parser.expecting is Expecting.NOTHING


@given(st.integers(0, 2**32 - 1), grids)
def test_any_path_through_the_grammar_decodes_to_a_lead_sheet(seed: int, grid: int) -> None:
    codec, rng = Codec(vocabulary(grid)), np.random.default_rng(seed)
    parser, path = Parser(codec.vocabulary), []
    while parser.expecting is not Expecting.NOTHING:
        choices = np.flatnonzero(parser.allowed())
        ends = [token_id for token_id in (2, 3) if token_id in choices and len(path) > 40]
        path.append(ends[0] if ends else int(rng.choice(choices)))
        parser.read(path[-1])
    sheet = codec.decode(path)
    assert codec.decode(codec.encode(sheet)) == codec.quantise(sheet)


@given(st.integers(0, 2**32 - 1), grids)
def test_the_mask_and_the_parser_agree_on_every_token(seed: int, grid: int) -> None:
    v, rng = vocabulary(grid), np.random.default_rng(seed)
    path: list[int] = []
    for _ in range(int(rng.integers(0, 30))):
        parser = Parser(v)
        for token_id in path:
            parser.read(token_id)
        choices = np.flatnonzero(parser.allowed())
        if not len(choices):
            break
        path.append(int(rng.choice(choices)))
    allowed = Parser(v)
    for token_id in path:
        allowed.read(token_id)
    mask = allowed.allowed()
    for token_id in rng.integers(0, len(v), size=40):
        fresh = Parser(v)
        for earlier in path:
            fresh.read(earlier)
        assert fresh._take(int(token_id)) == mask[token_id], v.tokens[token_id]


@given(lead_sheets(pitches=(12, 115)), grids, st.integers(-12, 12))
def test_transposition_commutes_with_encoding(sheet: LeadSheet, grid: int, semitones: int) -> None:
    from solomuse.tokens.transposition import transpose_ids

    codec = Codec(vocabulary(grid))
    transposed = transpose_ids(np.array(codec.encode(sheet)), semitones, codec.vocabulary)
    assert transposed.tolist() == codec.encode(sheet.transpose(semitones))


def test_the_published_example_is_a_valid_sequence() -> None:
    v = vocabulary(4)
    text = "<BOS> CHORD_ROOT_C CHORD_QUAL_maj <SEP> VEL_80 NOTE_ON_60 DUR_2 <EOS>"
    sheet = Codec(v).decode([v.id_by_token[token] for token in text.split()])
    assert sheet == LeadSheet(parse_chart("C"), (Note(0, 60, 240, 80),))


def test_a_chord_without_length_lasts_one_bar_of_its_meter() -> None:
    v = vocabulary(4)
    text = "<BOS> METER_3/4 CHORD_ROOT_C CHORD_QUAL_maj CHORD_ROOT_F CHORD_QUAL_7 <SEP> <EOS>"
    chart = Codec(v).decode([v.id_by_token[token] for token in text.split()]).chart
    assert chart == parse_chart("(3/4) C | F7")


def test_a_rest_over_a_bar_line_is_a_bar_token_and_a_shift() -> None:
    v = vocabulary(4)
    token_ids = Codec(v).encode(LeadSheet(parse_chart("C | F"), (Note(2400, 60, 480),)))
    events = [v.tokens[token_id] for token_id in token_ids[6:]]
    assert events == ["<BAR>", "TIME_SHIFT_4", "VEL_80", "NOTE_ON_60", "DUR_4", "<BAR>", "<EOS>"]


def test_triplets_survive_on_a_grid_of_twelve() -> None:
    sheet = LeadSheet(parse_chart("C"), tuple(Note(160 * i, 60 + i, 160) for i in range(3)))
    codec = Codec(vocabulary(12))
    assert codec.decode(codec.encode(sheet)) == sheet


def test_a_pickup_is_a_bar_of_its_own_meter() -> None:
    codec = Codec(vocabulary(4))
    sheet = LeadSheet(parse_chart("(1/4) N.C. | (4/4) C"), (Note(240, 67, 240), Note(480, 60, 480)))
    decoded = codec.decode(codec.encode(sheet))
    assert (decoded, decoded.chart.bars[0].meter) == (sheet, Meter(1, 4))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("<BOS> <SEP>", "position 1.*<SEP>"),
        ("<BOS> CHORD_ROOT_C CHORD_QUAL_maj <SEP> DUR_2", "position 4.*DUR_2"),
        ("<BOS> CHORD_ROOT_C CHORD_QUAL_maj CHORD_DUR_8 <SEP>", "position 4.*<SEP>"),
        ("<BOS> CHORD_ROOT_N CHORD_QUAL_maj", "position 2.*CHORD_QUAL_maj"),
        ("<BOS> CHORD_ROOT_C CHORD_QUAL_maj <SEP> NOTE_ON_60 DUR_17", "position 5.*DUR_17"),
        ("<BOS> CHORD_ROOT_C CHORD_QUAL_maj <SEP> NOTE_ON_60", "ends too early: expected duration"),
    ],
)
def test_a_sequence_that_is_not_well_formed_is_refused_with_its_place(text: str, complaint: str) -> None:
    v = vocabulary(4)
    with pytest.raises(GrammarError, match=complaint):
        parse([v.id_by_token[token] for token in text.split()], v)
