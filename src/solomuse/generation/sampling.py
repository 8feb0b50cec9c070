"""Sampling: a token for each row from scores, on the device that has them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from solomuse.errors import ConfigError

COLDEST = 1e-4
"""Temperatures below it are as 0: scores that are divided by such would overflow, and no choice would be left."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How tokens are chosen.

    Parameters
    ----------
    temperature : float
        0 takes the likeliest token; 1 follows the model.
    top_p : float
        Keep the likeliest tokens that together have this share; 1 keeps all.
    top_k : int
        Keep so many of the likeliest tokens; 0 keeps all.
    min_p : float
        Keep the tokens that are at least this share as likely as the likeliest one; 0 keeps all.
    guidance : float
        How strongly the chart is heard: 1 as the model does, more the stronger. The scores are those without the chart
        plus so many times what the chart adds to them (J. Ho, T. Salimans, "Classifier-free diffusion guidance", 2022).

    Raises
    ------
    ConfigError
        If a value is out of its range.
    """

    temperature: float = 1.0
    top_p: float = 0.98
    top_k: int = 0
    min_p: float = 0.0
    guidance: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.temperature <= 10:
            raise ConfigError(f"temperature is {self.temperature}: expected 0 (always the likeliest) to 10")
        if not 0 < self.top_p <= 1:
            raise ConfigError(f"top_p is {self.top_p}: expected a share above 0, at most 1")
        if self.top_k < 0:
            raise ConfigError(f"top_k is {self.top_k}: expected 0 (all) or more")
        if not 0 <= self.min_p <= 1:
            raise ConfigError(f"min_p is {self.min_p}: expected a share from 0 to 1")
        if not 0 <= self.guidance <= 10:
            raise ConfigError(f"guidance is {self.guidance}: expected 0 (deaf to the chart), 1 (as trained) to 10")

    def choose(self, scores: Tensor, points: Tensor) -> Tensor:
        """The id of each row's token, shape (B,).

        Parameters
        ----------
        scores : Tensor of shape (B, V)
            -inf for what is forbidden; each row allows at least one.
        points : Tensor of shape (B,)
            Uniform in [0, 1): the same one chooses the same token, whatever the other rows are.
        """
        if self.temperature < COLDEST:
            return scores.argmax(dim=-1)
        shares, order = torch.softmax(scores / self.temperature, dim=-1).sort(dim=-1, descending=True, stable=True)
        cumulative = shares.cumsum(dim=-1)
        kept = (cumulative - shares) < self.top_p
        if self.top_k:
            kept[:, self.top_k :] = False
        if self.min_p:
            kept &= shares >= self.min_p * shares[:, :1]
        kept[:, 0] = True
        # kept are the first ones, so their cumulative shares end at the last of them
        total = (shares * kept).sum(dim=-1, keepdim=True)
        place = (cumulative <= points[:, None] * total).sum(dim=-1, keepdim=True)
        place = torch.minimum(place, kept.sum(dim=-1, keepdim=True) - 1)
        return order.gather(-1, place)[:, 0]
