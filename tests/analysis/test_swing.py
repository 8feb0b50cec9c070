from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solomuse.analysis.swing import FEWEST_PAIRS, straightened, swing_ratio
from solomuse.music.note import Note


def pairs(ratio: float, beats: int = 24) -> tuple[Note, ...]:
    """Legato eighths at a ratio."""
    second = round(480 * ratio / (1 + ratio))
    return tuple(
        note
        for beat in range(beats)
        for note in (
            Note(480 * beat, 60 + beat % 12, second),
            Note(480 * beat + second, 62 + beat % 12, 480 - second),
        )
    )


def onsets(notes: tuple[Note, ...]) -> np.ndarray:
    return np.array([note.time for note in notes])


@given(st.floats(1.0, 2.5))
def test_the_ratio_is_found(ratio: float) -> None:
    assert swing_ratio(onsets(pairs(ratio))) == pytest.approx(ratio, rel=0.03)


@given(st.floats(1.25, 2.5))
def test_swung_eighths_become_even_and_stay_legato(ratio: float) -> None:
    assert straightened(pairs(ratio)) == pairs(1.0)


def test_straight_eighths_and_triplets_are_left_alone() -> None:
    triplets = tuple(Note(160 * step, 60, 160) for step in range(72))
    assert straightened(pairs(1.0)) == pairs(1.0)
    assert swing_ratio(onsets(triplets)) is None
    assert straightened(triplets) == triplets


def test_triplets_among_swung_eighths_stay_triplets() -> None:
    triplet = tuple(Note(480 * 24 + 160 * step, 60, 160) for step in range(3))
    assert straightened((*pairs(2.0), *triplet)) == (*pairs(1.0), *triplet)


def test_a_dotted_rhythm_is_no_swing() -> None:
    assert swing_ratio(onsets(pairs(3.0))) is None
    assert straightened(pairs(3.0)) == pairs(3.0)


def test_a_few_pairs_say_nothing() -> None:
    assert swing_ratio(onsets(pairs(2.0, FEWEST_PAIRS - 1))) is None
    assert swing_ratio(np.zeros(0, dtype=np.int64)) is None
    assert straightened(()) == ()
