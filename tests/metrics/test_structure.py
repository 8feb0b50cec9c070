from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solomuse.metrics.structure import bar_similarity, fitness, structure_indicator, structure_indicators
from solomuse.music.chart_text import parse_chart
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.note import Note
from tests.strategies import lead_sheets

BAR = 1920


def eighths(bars: int, pitches: list[int]) -> LeadSheet:
    chart = parse_chart(" | ".join(["C"] * bars))
    return LeadSheet(chart, tuple(Note(240 * i, pitch, 240) for i, pitch in enumerate(pitches)))


def fitness_by_hand(similarity: np.ndarray, start: int, length: int) -> float:
    """Of all families of diagonal paths the fitness of the best, the one with fewer paths of two."""
    frames = len(similarity)
    columns = np.arange(start, start + length)
    scores = [similarity[row + np.arange(length), columns].sum() for row in range(frames - length + 1)]
    families = [
        family
        for count in range(1, frames // length + 1)
        for family in itertools.combinations(range(len(scores)), count)
        if all(b - a >= length for a, b in itertools.pairwise(family))
    ]
    best = max(families, key=lambda family: sum(scores[row] for row in family))
    score = (sum(scores[row] for row in best) - length) / (len(best) * length)
    coverage = (len(best) - 1) * length / frames
    return 2 * score * coverage / (score + coverage) if score > 0 and coverage > 0 else 0.0


@given(st.integers(1, 7), st.integers(0, 2**32 - 1))
def test_fitness_is_that_of_the_best_of_all_families(frames: int, seed: int) -> None:
    similarity = np.random.default_rng(seed).uniform(-1, 1, (frames, frames))
    np.fill_diagonal(similarity, 1.0)
    found = fitness(similarity)
    for length in range(1, frames + 1):
        for start in range(frames - length + 1):
            assert found[length - 1, start] == pytest.approx(fitness_by_hand(similarity, start, length))


def test_a_segment_that_comes_back_once_by_hand() -> None:
    # A B A B: the segment A B has two paths, score 4: (4 - 2) / 4; it covers (2 - 1) 2 / 4 besides itself
    similarity = np.where(np.eye(4) + np.eye(4, k=2) + np.eye(4, k=-2) > 0, 1.0, -2.0)
    assert fitness(similarity)[1, 0] == pytest.approx(0.5)


def test_nothing_comes_back_in_what_is_only_like_itself() -> None:
    assert fitness(np.where(np.eye(6) > 0, 1.0, -2.0)).max() == 0.0


def test_a_bar_in_another_key_is_the_same() -> None:
    riff = [60, 62, 64, 65, 67, 65, 64, 62]
    sheet = eighths(4, [*riff, *(p + 5 for p in riff), *([60] * 8), *riff[::-1]])
    similarity = bar_similarity(sheet)
    assert similarity[0, 1] == pytest.approx(1.0)
    assert similarity[0, 2] < 0


def test_repeated_phrases_have_more_structure_than_none() -> None:
    rng = np.random.default_rng(1)
    phrase, free = rng.integers(60, 84, 32).tolist(), rng.integers(60, 84, 128).tolist()
    assert structure_indicator(eighths(16, phrase * 4), 4, 7) > 0.7
    assert structure_indicator(eighths(16, free), 4, 7) < 0.35


def test_a_chart_too_short_for_a_segment_to_come_back_has_no_figure() -> None:
    found = structure_indicators(eighths(8, [60, 64, 67] * 8))
    assert not math.isnan(found["middle"])
    assert math.isnan(found["long"])


@given(lead_sheets())
def test_any_meter_will_do(sheet: LeadSheet) -> None:
    for value in structure_indicators(sheet).values():
        assert math.isnan(value) or 0 <= value <= 1
