from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from solomuse.model.recall import REACH, SHAPE, recalled, vote_weights, votes, votes_after, with_recall
from solomuse.tokens.vocabulary import vocabulary

V = vocabulary(4)
NOTES = V.note_on.ids
USUAL = vote_weights(torch.zeros(SHAPE))
DISTINCT = torch.arange(1.0, 1 + 2 * (REACH + 1)).view(SHAPE)
"""Weights by which it can be told which one was taken."""


def after(pitches: list[int]) -> dict[int, float]:
    """The votes after the last note, by pitch."""
    found = votes_after(np.array(pitches), DISTINCT.numpy())
    return {int(pitch): float(found[pitch]) for pitch in np.flatnonzero(found)}


def test_a_line_of_one_note_has_nothing_to_come_back_to() -> None:
    assert after([60]) == after([]) == {}


def test_an_earlier_note_votes_for_the_interval_that_came_after_it() -> None:
    assert after([60, 64]) == {68: DISTINCT[0, 0]}


def test_a_vote_weighs_by_how_many_intervals_before_it_agree() -> None:
    moved = after([60, 62, 65, 66, 50, 52, 55])  # up 2, up 3, then up 1; elsewhere 2 and 3 again
    assert moved[56] == DISTINCT[0, 2]


def test_a_vote_weighs_otherwise_where_the_pitch_is_the_same() -> None:
    assert after([60, 62, 65, 66, 60, 62, 65])[66] == DISTINCT[1, 2]


def test_no_more_intervals_agree_than_are_compared() -> None:
    turn = [60, 61, 63, 66, 70, 75, 69]
    assert after([*turn, 40, *turn[:-1]])[69] == DISTINCT[1, REACH]


def test_intervals_agree_in_a_row_up_to_the_newest_or_not_at_all() -> None:
    assert after([60, 64, 65, 70, 50, 54, 56])[61] == DISTINCT[0, 0]  # the 4 agrees, the step after it does not


def test_pitches_that_there_are_not_get_no_votes() -> None:
    assert after([60, 100]) == {}
    assert after([100, 60]) == {20: DISTINCT[0, 0]}


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
    found = with_recall(scores, ids, torch.zeros(SHAPE), V)
    for row, line in enumerate(lines):
        for count in range(1, len(line) + 1):
            voted = torch.from_numpy(votes_after(np.array(line[:count]), USUAL.numpy()))
            for place in (2 * count - 2, 2 * count - 1):
                assert torch.allclose(found[row, place], recalled(scores[row, place], voted, NOTES), atol=1e-4)


def test_the_end_of_a_sequence_is_scored_as_in_the_whole() -> None:
    torch.manual_seed(1)
    ids = torch.tensor([sequence([60, 62, 65, 60, 62])])
    scores = torch.randn(*ids.shape, len(V))
    whole, end = (with_recall(part, ids, torch.zeros(SHAPE), V) for part in (scores, scores[:, -3:]))
    assert torch.equal(whole[:, -3:], end)


def test_what_the_model_expects_weighs_one_and_the_votes_what_they_are_worth() -> None:
    torch.manual_seed(1)
    scores, voted = torch.randn(3, len(V)), torch.rand(3, 128)
    before, after = (part.softmax(-1) for part in (scores, recalled(scores, voted, NOTES)))
    notes = before[:, NOTES].sum(-1, keepdim=True)
    expected = notes * (before[:, NOTES] / notes + voted) / (1 + voted.sum(-1, keepdim=True))
    assert torch.allclose(after[:, NOTES], expected, atol=1e-6)
    others = [token for token in range(len(V)) if token not in V.note_on]
    assert torch.allclose(before[:, others], after[:, others])


def test_without_votes_nothing_changes() -> None:
    scores = torch.randn(3, len(V))
    assert torch.allclose(recalled(scores, torch.zeros(3, 128), NOTES), scores, atol=1e-5)


def test_what_is_forbidden_stays_so() -> None:
    scores = torch.zeros(2, len(V))
    scores[0, NOTES] = -torch.inf
    scores[1, V.note_on.start + 60] = -torch.inf
    found = recalled(scores, torch.ones(2, 128), NOTES)
    assert torch.equal(found[0], scores[0])
    assert found[1, V.note_on.start + 60] == -torch.inf
    assert found[1].softmax(-1)[NOTES].sum() == pytest.approx(127 / (len(V) - 1), rel=1e-4)


def test_what_is_repeated_does_not_become_likelier_by_that_alone() -> None:
    assert after([60] * 40) == after([60] * 10)


def test_weights_are_learned() -> None:
    ids = torch.tensor([sequence([60, 62, 65, 60, 62, 65])])
    learned = torch.zeros(SHAPE, requires_grad=True)
    scores = with_recall(torch.zeros(*ids.shape, len(V)), ids, learned, V)
    scores[0, 8].log_softmax(-1)[V.note_on.start + 65].backward()  # the same step at the same pitch
    assert learned.grad is not None
    assert learned.grad[1, 1] > 0
    assert learned.grad.sum() == pytest.approx(float(learned.grad[1, 1]), rel=0.2)
