from __future__ import annotations

import math

from solomuse.model.likelihood import Likelihood


def test_without_a_note_there_are_no_bits_per_note_of_any_kind() -> None:
    assert all(map(math.isnan, Likelihood(0.0, 0.0, 0.0, notes=0, tokens=0).per_note().values()))


def test_bits_of_each_kind_are_over_all_notes() -> None:
    assert list(Likelihood(8.0, 4.0, 2.0, notes=4, tokens=12).per_note().values()) == [3.5, 2.0, 1.0, 0.5]
