from __future__ import annotations

import torch

from solomuse.model.relative import WIDEST, relative_scores, relative_size
from solomuse.tokens.features import FEATURES, PITCH, POSITION, ROOT
from solomuse.tokens.vocabulary import vocabulary

V = vocabulary(12)


def scores(head: int, **features: int) -> dict[str, float]:
    """The tokens that get a score where one of the relative scores is 1, with theirs."""
    relative, row = torch.zeros(relative_size(V)), torch.zeros(len(FEATURES), dtype=torch.int64)
    relative[head] = 1
    for name, value in features.items():
        row[{"root": ROOT, "pitch": PITCH, "position": POSITION}[name]] = value
    found = relative_scores(relative, row, V)
    return {V.tokens[index]: float(found[index]) for index in found.nonzero().flatten().tolist()}


def test_a_degree_is_scored_above_the_root_in_every_octave() -> None:
    third_of_d = [pitch for pitch in range(128) if pitch % 12 == 6]
    assert scores(4, root=3) == {f"NOTE_ON_{pitch}": 1.0 for pitch in third_of_d}


def test_an_interval_is_scored_from_the_last_note() -> None:
    assert scores(12 + WIDEST - 2, pitch=61) == {"NOTE_ON_58": 1.0}


def test_intervals_beyond_the_widest_share_a_score() -> None:
    assert scores(12 + 2 * WIDEST, pitch=61) == {f"NOTE_ON_{pitch}": 1.0 for pitch in range(60 + WIDEST, 128)}


def test_lengths_and_rests_are_scored_by_where_in_the_beat_they_end() -> None:
    found = scores(12 + 2 * WIDEST + 1, position=7)  # from the middle of a beat to the next one
    assert {"DUR_6", "DUR_18", "TIME_SHIFT_6"} <= found.keys()
    assert not {"DUR_12", "TIME_SHIFT_5"} & found.keys()


def test_what_is_not_there_has_no_scores() -> None:
    assert scores(0) == scores(12) == scores(12 + 2 * WIDEST + 1) == {}
