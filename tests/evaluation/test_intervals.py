from __future__ import annotations

import math

import numpy as np
import pytest

from solomuse.evaluation.intervals import Draws


def rows(values: list[float]) -> list[dict[str, float]]:
    return [{"a": value} for value in values]


def test_the_interval_is_about_as_wide_as_the_normal_one() -> None:
    values = np.random.default_rng(1).normal(size=400).tolist()
    estimate = Draws(1).samples([str(place) for place in range(400)], rows(values))["a"].estimate()
    assert estimate.low < estimate.mean < estimate.high
    assert estimate.high - estimate.low == pytest.approx(2 * 1.96 / 20, rel=0.15)


def test_solos_of_one_tune_count_as_one_piece_of_evidence() -> None:
    values = np.random.default_rng(1).normal(size=20).tolist()
    once = Draws(1).samples([str(place) for place in range(20)], rows(values))["a"].estimate()
    thrice = Draws(1).samples([str(place) for place in range(20)] * 3, rows(values * 3))["a"].estimate()
    assert (thrice.low, thrice.high) == pytest.approx((once.low, once.high))


def test_players_of_the_same_tunes_are_compared_tune_by_tune() -> None:
    tunes = [str(place) for place in range(30)]
    values = np.random.default_rng(1).normal(scale=10, size=30)
    draws = Draws(1)
    higher, lower = (draws.samples(tunes, rows((values + by).tolist()))["a"] for by in (1, 0))
    assert higher.minus(lower).low == pytest.approx(1)
    assert higher.minus(lower).is_sure
    assert not higher.estimate().is_sure


def test_what_a_solo_lacks_is_left_out() -> None:
    lacking = Draws(1).samples(["a", "b", "c"], rows([1.0, math.nan, 3.0]))["a"]
    assert (lacking.mean, lacking.tunes) == (2, 2)
    assert 1 <= np.nanmin(lacking.means) <= np.nanmax(lacking.means) <= 3


@pytest.mark.parametrize("tunes", [2, 3, 6, 20])
def test_intervals_of_few_tunes_hold_the_truth_as_often_as_they_say(tunes: int) -> None:
    rng, names = np.random.default_rng(1), [str(place) for place in range(tunes)]
    drawn = rng.normal(size=(tunes, 1000))
    figures = [{str(column): value for column, value in enumerate(row)} for row in drawn.tolist()]
    estimates = [sample.estimate() for sample in Draws(1).samples(names, figures).values()]
    assert np.mean([estimate.low <= 0 <= estimate.high for estimate in estimates]) == pytest.approx(0.945, abs=0.03)


def test_one_tune_has_no_interval() -> None:
    estimate = Draws(1).samples(["a", "a"], rows([1.0, 3.0]))["a"].estimate()
    assert estimate.mean == 2
    assert math.isnan(estimate.low)
    assert not estimate.is_sure
