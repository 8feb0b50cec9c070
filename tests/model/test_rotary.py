from __future__ import annotations

import math

import pytest
import torch

from solomuse.model.rotary import SHORTEST, Turns, angles, turned

GRID, WIDTH = 12, 32


def at(steps: list[int], x: torch.Tensor) -> torch.Tensor:
    """Some vectors of shape (T, width) turned by their times."""
    turn = angles(torch.tensor(steps)[None], WIDTH, GRID)
    return turned(x[None, None], turn.cos().float(), turn.sin().float())[0, 0]


def test_at_time_0_nothing_is_turned() -> None:
    x = torch.randn(3, WIDTH)
    assert torch.equal(at([0, 0, 0], x), x)


def test_products_depend_on_the_time_between() -> None:
    torch.manual_seed(1)
    query, key = torch.randn(2, WIDTH)

    def product(late: int, early: int) -> float:
        return float(at([late, early], torch.stack((query, key))).prod(0).sum())

    assert product(48, 0) == pytest.approx(product(148, 100), abs=1e-4) == pytest.approx(product(1048, 1000), abs=1e-4)
    assert product(48, 0) != pytest.approx(product(49, 0), abs=1e-4)


@pytest.mark.parametrize("quarters", [SHORTEST, 1, 4, 16, 64])
def test_some_pair_turns_just_once_in_a_beat_a_bar_and_four(quarters: float) -> None:
    turn = angles(torch.tensor([round(quarters * GRID)]), WIDTH, GRID)[0]
    assert (turn - 2 * math.pi).abs().min() < 1e-9


def test_a_time_does_not_depend_on_the_grid() -> None:
    assert torch.equal(angles(torch.tensor([8]), WIDTH, 4), angles(torch.tensor([24]), WIDTH, 12))


def test_the_table_grows_with_the_time_and_says_what_turned_does() -> None:
    torch.manual_seed(1)
    turns, x = Turns(WIDTH, GRID, torch.device("cpu")), torch.randn(4, WIDTH)
    steps = [0, 7, 1000, 90_000]
    pairs = torch.view_as_complex(x.unflatten(-1, (-1, 2))) * turns(torch.tensor(steps))
    assert torch.allclose(torch.view_as_real(pairs).flatten(-2), at(steps, x), atol=1e-5)
