from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from solomuse.model.recall import REACH, leaned, strengths, votes, votes_after, with_recall
from solomuse.tokens.vocabulary import vocabulary

V = vocabulary(4)
NOTES = V.note_on.ids
NOTHING_LEARNED = torch.zeros(REACH + 1)
USUAL = strengths(NOTHING_LEARNED)
DISTINCT = torch.arange(1.0, REACH + 2)
"""Strengths by which it can be told how many notes before were the same: one more than these."""


def after(pitches: list[int]) -> dict[int, float]:
    """The votes after the last note, by pitch."""
    found = votes_after(np.array(pitches), DISTINCT.numpy())
    return {int(pitch): float(found[pitch]) for pitch in np.flatnonzero(found)}


def test_a_line_that_has_not_been_here_has_nothing_to_come_back_to() -> None:
    assert after([]) == after([60]) == after([60, 64]) == after([60, 62, 67, 69]) == {}


def test_an_earlier_note_of_the_same_pitch_votes_for_what_came_after_it() -> None:
    assert after([60, 64, 60]) == {64: 1}
    assert after([60, 64, 60, 65, 60]) == {64: 1, 65: 1}


def test_a_vote_is_stronger_by_how_many_notes_before_are_the_same() -> None:
    assert after([62, 65, 66, 50, 62, 65]) == {66: 2}
    assert after([60, 62, 65, 66, 50, 60, 62, 65]) == {66: 3}


def test_no_more_notes_are_compared_than_say_something() -> None:
    turn = [60, 61, 63, 66, 70, 75, 69]
    assert after([*turn, 40, *turn[:-1]]) == {69: REACH + 1}


def test_notes_are_the_same_in_a_row_up_to_the_newest_or_not_at_all() -> None:
    assert after([60, 64, 65, 70, 60, 63, 65]) == {70: 1}


def test_the_strongest_vote_counts() -> None:
    assert after([40, 65, 66, 62, 65, 66, 50, 62, 65]) == {66: 2}


def test_no_more_notes_are_compared_than_lie_between() -> None:
    assert after([60, 62, 60, 62, 60]) == {62: 3}


def test_where_a_note_was_repeated_at_once_one_is_compared() -> None:
    assert after([60, 60, 60, 50, 60, 60]) == {60: 2, 50: 2}


@given(st.lists(st.integers(0, 127), min_size=2, max_size=40), st.integers(0, 3))
def test_votes_after_each_note_are_those_after_the_last_one_of_a_shorter_line(pitches: list[int], padding: int) -> None:
    whole = votes(torch.tensor([pitches + [-1] * padding]), USUAL)[0]
    for count in range(1, len(pitches) + 1):
        alone = votes_after(np.array(pitches[:count]), USUAL.numpy())
        assert np.allclose(whole[count - 1], alone, rtol=1e-4, atol=1e-6)


def sequence(pitches: list[int]) -> list[int]:
    """Notes with lengths between them."""
    return [token for pitch in pitches for token in (V.note_on.start + pitch, V.duration.start)]


def test_notes_come_back_after_each_token() -> None:
    torch.manual_seed(1)
    lines = [[60, 62, 65, 60, 62], [70, 60, 50, 40, 30]]
    ids = torch.tensor([sequence(line) for line in lines])
    scores = torch.randn(*ids.shape, len(V))
    found = with_recall(scores, ids, NOTHING_LEARNED, V)
    for row, line in enumerate(lines):
        for count in range(1, len(line) + 1):
            voted = torch.from_numpy(votes_after(np.array(line[:count]), USUAL.numpy()))
            for place in (2 * count - 2, 2 * count - 1):
                assert torch.allclose(found[row, place], leaned(scores[row, place], voted, NOTES), atol=1e-4)


def test_the_end_of_a_sequence_is_scored_as_in_the_whole() -> None:
    torch.manual_seed(1)
    ids = torch.tensor([sequence([60, 62, 65, 60, 62])])
    scores = torch.randn(*ids.shape, len(V))
    whole, end = (with_recall(part, ids, NOTHING_LEARNED, V) for part in (scores, scores[:, -3:]))
    assert torch.equal(whole[:, -3:], end)


def test_that_a_note_comes_is_as_likely_as_before() -> None:
    torch.manual_seed(1)
    scores, bonus = torch.randn(3, len(V)), torch.rand(3, 128) * 5
    before, after = (part.softmax(-1) for part in (scores, leaned(scores, bonus, NOTES)))
    assert torch.allclose(before[:, NOTES].sum(-1), after[:, NOTES].sum(-1))
    others = [token for token in range(len(V)) if token not in V.note_on]
    assert torch.allclose(before[:, others], after[:, others])


def test_what_is_forbidden_stays_so() -> None:
    scores = torch.zeros(2, len(V))
    scores[0, NOTES] = -torch.inf
    scores[1, V.note_on.start + 60] = -torch.inf
    found = leaned(scores, torch.ones(2, 128), NOTES)
    assert torch.equal(found[0], scores[0])
    assert found[1, V.note_on.start + 60] == -torch.inf
    assert found[1].softmax(-1)[NOTES].sum() == pytest.approx(127 / (len(V) - 1), rel=1e-4)


def test_what_is_repeated_does_not_become_likelier_by_that_alone() -> None:
    assert after([60] * 40) == after([60] * 10)


def test_strengths_are_learned() -> None:
    ids = torch.tensor([sequence([60, 62, 65, 60, 62, 65])])
    learned = torch.zeros(REACH + 1, requires_grad=True)
    scores = with_recall(torch.zeros(*ids.shape, len(V)), ids, learned, V)
    scores[0, 8].log_softmax(-1)[V.note_on.start + 65].backward()
    assert learned.grad is not None
    assert learned.grad.nonzero().tolist() == [[1]]
    assert learned.grad[1] > 0
