from __future__ import annotations

import pytest
import torch

from solomuse.model.rests import CELLS, KINDS, RestTable, rest_cells, with_rests
from solomuse.tokens.features import BARS_LEFT, FEATURES, FIRST_CONDITION, PITCH, feature_sizes
from solomuse.tokens.vocabulary import BAR, PLACE, PLACES, vocabulary

V = vocabulary(4)
NO_NOTE, A_NOTE = 0, 61


def cells(place: str, pitch: int, left: int) -> list[int]:
    row = torch.zeros(len(FEATURES), dtype=torch.int64)
    row[FIRST_CONDITION + PLACE] = PLACES.index(place) + 1 if place else 0
    row[PITCH], row[BARS_LEFT] = pitch, left
    return rest_cells(row).tolist()


def test_where_a_solo_neither_begins_nor_ends_nothing_counts() -> None:
    assert cells("inside", NO_NOTE, 5) == cells("", A_NOTE, 5) == [0, 0]


def test_a_beginning_counts_until_the_first_note_and_after_it() -> None:
    before, after = cells("opening", NO_NOTE, 5), cells("opening", A_NOTE, 5)
    assert before[0] != after[0]
    assert before[1] == after[1] == 0


def test_an_end_counts_by_the_bars_that_are_left() -> None:
    assert [cells("ending", A_NOTE, left)[0] for left in (1, 16)] == [0, 0]
    assert cells("ending", A_NOTE, 1)[1] + 15 == cells("ending", A_NOTE, 16)[1] == CELLS - 1


def test_a_whole_solo_begins_and_ends() -> None:
    begins, ends = cells("whole", NO_NOTE, 3)
    assert [begins, ends] == [cells("opening", NO_NOTE, 3)[0], cells("ending", NO_NOTE, 3)[1]]


@pytest.mark.parametrize("place", PLACES)
def test_past_the_form_nothing_counts(place: str) -> None:
    assert cells(place, A_NOTE, 0) == [0, 0]


def test_rests_are_scored_by_their_kind_and_nothing_else_is() -> None:
    table = torch.zeros(CELLS, KINDS)
    table[cells("opening", NO_NOTE, 3)[0]] = torch.tensor([1.0, 2.0])
    row = torch.zeros(1, len(FEATURES), dtype=torch.int64)
    row[0, FIRST_CONDITION + PLACE], row[0, BARS_LEFT] = PLACES.index("opening") + 1, 3
    scores = with_rests(torch.zeros(1, len(V)), row, table, V)[0]
    assert scores[BAR] == 1
    assert (scores[V.time_shift.start : V.time_shift.stop] == 2).all()
    assert scores.count_nonzero() == 1 + len(V.time_shift.values)


def test_scores_looked_up_are_those_computed() -> None:
    torch.manual_seed(1)
    rows = torch.stack([torch.randint(size or 500, (300,)) for size in feature_sizes(V)], dim=-1)
    scores, table = torch.randn(300, len(V)), torch.randn(CELLS, KINDS)
    table[0] = 0
    assert torch.allclose(RestTable(table, V).add(scores, rows), with_rests(scores, rows, table, V), atol=1e-6)
