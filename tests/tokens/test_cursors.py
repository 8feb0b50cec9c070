from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from solomuse.music.leadsheet import LeadSheet
from solomuse.tokens.codec import Codec
from solomuse.tokens.cursors import Cursors
from solomuse.tokens.encoding import encode_start
from solomuse.tokens.features import FeatureReader
from solomuse.tokens.grammar import Expecting, Parser
from solomuse.tokens.vocabulary import EOS, vocabulary
from tests.strategies import charts, lead_sheets

CODEC = Codec(vocabulary(12))
V = CODEC.vocabulary


@given(st.lists(charts, min_size=1, max_size=3), st.integers(0, 2**32))
@settings(max_examples=60)
def test_all_at_once_they_allow_and_say_what_a_parser_of_each_does(drawn: list, seed: int) -> None:
    sheets = [CODEC.on_grid(LeadSheet(chart, ())) for chart in drawn]
    cursors = Cursors(sheets, [0] * len(sheets), [sheet.steps for sheet in sheets], V)
    parsers = [Parser(V) for _ in sheets]
    readers = [FeatureReader(parser) for parser in parsers]
    rows = [
        _read(parser, reader, encode_start(s, 0, V)[0])
        for parser, reader, s in zip(parsers, readers, sheets, strict=True)
    ]
    rng = np.random.default_rng(seed)
    for _ in range(60):
        assert cursors.features().tolist() == [list(row) for row in rows]
        allowed = cursors.allowed()
        going = np.array([parser.expecting is not Expecting.NOTHING for parser in parsers])
        for row in np.flatnonzero(going):
            assert np.array_equal(allowed[row], parsers[row].allowed())
        token_ids = np.array([rng.choice(np.flatnonzero(mask)) for mask in allowed])
        is_read = going & (rng.random(len(sheets)) < 0.8)
        cursors.read(token_ids, is_read)
        for row in np.flatnonzero(is_read):
            rows[row] = _read(parsers[row], readers[row], [token_ids[row]])
            if token_ids[row] == EOS:
                rows[row] = cursors.features()[row].tolist()
        assert [list(parser.notes) for parser in parsers] == cursors.notes


def _read(parser: Parser, reader: FeatureReader, token_ids) -> tuple[int, ...]:
    row: tuple[int, ...] = ()
    for token_id in token_ids:
        parser.read(int(token_id))
        row = reader.row()
    return row


@given(lead_sheets(), st.data())
@settings(max_examples=60)
def test_from_the_middle_they_go_on_as_if_they_had_read_what_was_before(sheet: LeadSheet, data: st.DataObject) -> None:
    whole = CODEC.on_grid(sheet)
    ends = [0, *(whole.notes[:, 0] + whole.notes[:, 2]).tolist()]
    count = data.draw(st.integers(0, len(whole.notes)))
    before = _with_notes(whole, whole.notes[:count])
    parser = Parser(V)
    reader = FeatureReader(parser)
    row = _read(parser, reader, encode_start(before, ends[count], V)[0])
    cursors = Cursors([before], [ends[count]], [whole.steps], V)
    assert cursors.features()[0].tolist() == list(row)
    assert np.array_equal(cursors.allowed()[0], parser.allowed())


def _with_notes(sheet, notes):
    return type(sheet)(notes, sheet.chords, sheet.bar_lines, sheet.meters, sheet.conditions)


@given(charts, st.integers(0, 2**32), st.data())
@settings(max_examples=60)
def test_nothing_sounds_beyond_the_bar_line_where_they_must_stop(chart, seed: int, data: st.DataObject) -> None:
    sheet = CODEC.on_grid(LeadSheet(chart, ()))
    end = int(sheet.bar_lines[data.draw(st.integers(1, sheet.bars))])
    cursors, rng = Cursors([sheet], [0], [end], V), np.random.default_rng(seed)
    while not cursors.is_done[0]:
        allowed = cursors.allowed()[0]
        allowed[EOS] = False
        cursors.read(np.array([rng.choice(np.flatnonzero(allowed))]), np.array([True]))
    assert cursors.step[0] == end
    assert all(start + steps <= end for start, _, steps, _ in cursors.notes[0])
