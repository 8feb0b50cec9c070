from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solomuse.metrics.ngram import NGram

SEQUENCES = st.lists(st.lists(st.integers(0, 4), min_size=1, max_size=12), min_size=1, max_size=6)


@given(SEQUENCES, st.lists(st.integers(0, 4), max_size=5), st.integers(1, 4))
def test_probabilities_of_what_may_follow_sum_to_one(
    sequences: list[list[int]], context: list[int], order: int
) -> None:
    model = NGram(sequences, order, vocabulary_size=5)
    bits = [model.bits([*context, token])[-1] for token in range(5)]
    assert np.exp2(-np.array(bits)).sum() == pytest.approx(1.0)


def test_a_bigram_by_hand() -> None:
    # bigrams: ^a 1, ab 2, ba 1; discount n1 / (n1 + 2 n2) = 2 / 4; unigrams by contexts: a 2 (^, b), b 1 (a)
    model = NGram([[0, 1, 0, 1]], order=2, vocabulary_size=2)
    unigram_discount = 1 / (1 + 2 * 1)
    lower_b = (1 - unigram_discount) / 3 + unigram_discount * 2 / 3 * 0.5
    expected = (2 - 0.5) / 2 + 0.5 * 1 / 2 * lower_b
    assert model.bits([0, 1])[1] == pytest.approx(-np.log2(expected))


def test_what_was_heard_before_costs_less_than_what_was_not() -> None:
    model = NGram([[0, 1, 2, 3] * 8], order=3, vocabulary_size=5)
    assert model.bits([0, 1, 2])[2] < 0.5 < model.bits([0, 1, 4])[2]


def test_an_order_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="order 9"):
        NGram([[0]], order=9, vocabulary_size=555)
