"""Attention that knows how far apart in musical time two positions are.

Queries and keys are turned by angles that grow with the time of their positions, so that their product depends on the
time between them: a beat, a bar, eight bars [1]_. Pairs of channels turn once in a *wave*; the waves go from half a
quarter note to nearly 128 in octaves and fractions of octaves, so that some turn just once in 1, 4 or 16. Positions of
the chart, before the solo begins, count as time 0.

References
----------
.. [1] J. Su et al., "RoFormer: enhanced transformer with rotary position embedding", arXiv:2104.09864; the time there
   is the number of the token.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

SHORTEST, LONGEST = 0.5, 128.0
"""Quarter notes of the shortest wave, and of the one that would follow the longest."""


def angles(steps: Tensor, width: int, grid: int) -> Tensor:
    """By how much each pair of channels is turned.

    Parameters
    ----------
    steps : Tensor of shape (...), int
        Time since the beginning.
    width : int
        Channels of a head: even.
    grid : int
        Steps of a quarter note.

    Returns
    -------
    Tensor of shape (..., width / 2), float64
    """
    pairs = width // 2
    waves = SHORTEST * (LONGEST / SHORTEST) ** (torch.arange(pairs, device=steps.device, dtype=torch.float64) / pairs)
    return steps[..., None] / (grid * waves) * (2 * math.pi)


def turned(x: Tensor, cosines: Tensor, sines: Tensor) -> Tensor:
    """Queries or keys, whose neighbouring channels are the pairs, turned.

    Parameters
    ----------
    x : Tensor of shape (B, heads, T, width)
    cosines, sines : Tensor of shape (B, T, width / 2), float32
        Of the `angles`.

    Returns
    -------
    Tensor of shape (B, heads, T, width), of the dtype of `x`
    """
    first, second = x.unflatten(-1, (-1, 2)).unbind(-1)  # each (B, heads, T, width / 2)
    c, s = cosines[:, None], sines[:, None]
    return torch.stack((first * c - second * s, first * s + second * c), dim=-1).flatten(-2).to(x.dtype)


class Turns:
    """The `angles` as complex numbers of absolute value 1, from a table: the same time, the same bits.

    Parameters
    ----------
    width : int
        Channels of a head.
    """

    def __init__(self, width: int, grid: int, device: torch.device) -> None:
        self._width, self._grid, self._device = width, grid, device
        self._table = self._numbers(1024)

    def __call__(self, steps: Tensor) -> Tensor:
        """Of steps of shape (N,): shape (N, width / 2), complex64."""
        needed = int(steps.max()) + 1
        if needed > len(self._table):
            self._table = self._numbers(2 * needed)
        return self._table[steps]

    def _numbers(self, count: int) -> Tensor:
        turn = angles(torch.arange(count), self._width, self._grid)
        return torch.polar(torch.ones_like(turn), turn).to(torch.complex64).to(self._device)
