from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solomuse.metrics.detours import EVERY, detours

SPAN = 6
lines = st.lists(st.integers(-3, 3), max_size=60)


def figures(line: list[int]) -> list[tuple[int, ...]]:
    return [tuple(line[at : at + SPAN]) for at in range(len(line) - SPAN + 1)]


@given(lines)
def test_a_detour_is_made_of_what_the_melody_has(line: list[int]) -> None:
    halves = {tuple(line[at : at + size]) for size in range(1, SPAN) for at in range(len(line) - size + 1)}
    for figure in detours(line, SPAN):
        assert any(figure[:size] in halves and figure[size - 1 :] in halves for size in range(1, SPAN + 1))


def test_a_detour_leads_from_one_place_to_another_where_the_same_intervals_lead() -> None:
    line = [1, 2, 3, 4, 5, 6, 7, 8, 9, 20, 21, 7, 8, 9, 10, 11, 12]
    assert detours([*line[:11], 13, 14, 15], SPAN) == set()
    there, back = {(5, 6, 7, 8, 9, 10), (6, 7, 8, 9, 10, 11)}, {(20, 21, 7, 8, 9, 20), (21, 7, 8, 9, 20, 21)}
    assert detours(line, SPAN) == there | back


@pytest.mark.parametrize("seed", range(5))
def test_no_long_stretch_of_a_melody_follows_from_its_figures(seed: int) -> None:
    line = np.random.default_rng(seed).integers(-4, 5, 400).tolist()
    ways = Counter(figure[:-1] for figure in {*figures(line), *detours(line, SPAN)})
    goes_on_alone = [ways[figure[1:]] == 1 for figure in figures(line)]
    stretches = "".join("x" if is_alone else " " for is_alone in goes_on_alone).split()
    before = Counter(figure[:-1] for figure in set(figures(line)))
    assert sum(before[figure[1:]] == 1 for figure in figures(line)) > 380
    assert max(len(stretch) for stretch in stretches) <= EVERY + 1


def test_a_melody_of_one_repeated_interval_has_none_and_takes_no_time() -> None:
    assert detours([0] * 5000, SPAN) == set()
