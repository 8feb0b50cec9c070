"""Sampling: a token for each row from scores, on the device that has them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from solomuse.errors import ConfigError

COLDEST = 1e-4
"""Temperatures below it are as 0."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How tokens are chosen.

    All but guidance is for the notes only. When a note comes and how long it lasts are drawn as the model has learned
    them, from all that it holds possible: much of a rhythm's life is unlikely by itself, and the likeliest rhythm is an
    endless run (``docs/experiments/sampling.md``).

    Parameters
    ----------
    temperature : float
        0 takes the likeliest note; 1 follows the model.
    top_p : float
        Keep the likeliest notes that together have this share of all notes; 1 keeps all.
    top_k : int
        Keep so many of the likeliest notes; 0 keeps all.
    min_p : float
        Keep the notes that are at least this share as likely as the likeliest one; 0 keeps all.
    guidance : float
        How strongly the chart is heard: 1 as the model does, more the stronger. The scores are those without the chart
        plus so many times what the chart adds to them (J. Ho, T. Salimans, "Classifier-free diffusion guidance", 2022).
    recall : float
        How much a solo comes back to what it has played: votes for that (`solomuse.model.recall`) are so many times as
        strong as the model has learned; 0 for none.

    Raises
    ------
    ConfigError
        If a value is out of its range.
    """

    temperature: float = 1.0
    top_p: float = 0.99
    top_k: int = 0
    min_p: float = 0.0
    guidance: float = 1.0
    recall: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.temperature <= 10:
            raise ConfigError(f"temperature is {self.temperature}: expected 0 (always the likeliest note) to 10")
        if not 0 < self.top_p <= 1:
            raise ConfigError(f"top_p is {self.top_p}: expected a share above 0, at most 1")
        if self.top_k < 0:
            raise ConfigError(f"top_k is {self.top_k}: expected 0 (all) or more")
        if not 0 <= self.min_p <= 1:
            raise ConfigError(f"min_p is {self.min_p}: expected a share from 0 to 1")
        if not 0 <= self.guidance <= 10:
            raise ConfigError(f"guidance is {self.guidance}: expected 0 (deaf to the chart), 1 (as trained) to 10")
        if not 0 <= self.recall <= 10:
            raise ConfigError(f"recall is {self.recall}: expected 0 (comes back by chance alone), 1 (as trained) to 10")

    def choose(self, scores: Tensor, points: Tensor, notes: slice) -> Tensor:
        """The id of each row's token, shape (B,).

        Parameters
        ----------
        scores : Tensor of shape (B, V)
            -inf for what is forbidden; each row allows at least one.
        points : Tensor of shape (B,)
            Uniform in [0, 1): the same one chooses the same token, whatever the other rows are.
        notes : slice
            The ids of notes.
        """
        shares = torch.softmax(scores, dim=-1)
        if self.temperature != 1:
            shares[:, notes] = self.tempered(shares[:, notes])
        if self.top_p < 1 or self.top_k or self.min_p:
            shares[:, notes] = self.likely(shares[:, notes])
        cumulative = shares.cumsum(dim=-1)
        total = cumulative[:, -1:]
        place = (cumulative <= points[:, None] * total).sum(dim=-1)
        return torch.minimum(place, (cumulative < total).sum(dim=-1))  # the last one that has a share

    def tempered(self, shares: Tensor) -> Tensor:
        """Shares of shape (B, N), as unequal as `temperature` has them; their sum stays."""
        tiny, total = torch.finfo(shares.dtype).tiny, shares.sum(dim=-1, keepdim=True)
        largest, likeliest = shares.max(dim=-1, keepdim=True)
        if self.temperature < COLDEST:
            return torch.zeros_like(shares).scatter(-1, likeliest, total)
        powers = (shares / largest.clamp_min(tiny)) ** (1 / self.temperature)
        return powers * (total / powers.sum(dim=-1, keepdim=True).clamp_min(tiny))

    def likely(self, shares: Tensor) -> Tensor:
        """Shares of shape (B, N), all given to those that `top_p`, `top_k` and `min_p` keep."""
        ordered, order = shares.sort(dim=-1, descending=True, stable=True)
        total = shares.sum(dim=-1, keepdim=True)
        kept = ordered.cumsum(dim=-1) - ordered < self.top_p * total
        if self.top_k:
            kept[:, self.top_k :] = False
        kept &= ordered >= self.min_p * ordered[:, :1]
        kept[:, 0] = True
        ordered = ordered * kept
        ordered *= total / ordered.sum(dim=-1, keepdim=True).clamp_min(torch.finfo(ordered.dtype).tiny)
        return torch.zeros_like(shares).scatter(-1, order, ordered)
