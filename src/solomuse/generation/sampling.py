"""Sampling: one token from scores."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from solomuse.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Sampling:
    """How a token is chosen.

    Parameters
    ----------
    temperature : float
        0 takes the likeliest token; 1 follows the model.
    top_p : float
        Keep the likeliest tokens that together have this share; 1 keeps all.
    """

    temperature: float = 1.0
    top_p: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.temperature <= 10:
            raise ConfigError(f"temperature is {self.temperature}: expected 0 (always the likeliest) to 10")
        if not 0 < self.top_p <= 1:
            raise ConfigError(f"top_p is {self.top_p}: expected a share above 0, at most 1")

    def choose(self, scores: NDArray[np.float32], allowed: NDArray[np.bool_], rng: np.random.Generator) -> int:
        """The id of the chosen token.

        Parameters
        ----------
        scores : ndarray of shape (V,), float32
        allowed : ndarray of shape (V,), bool
            At least one is True.
        """
        choices = np.flatnonzero(allowed)
        kept = scores[choices].astype(np.float64)
        if self.temperature == 0:
            return int(choices[kept.argmax()])
        shares = np.exp((kept - kept.max()) / self.temperature)
        order = np.argsort(-shares, kind="stable")
        cumulative = np.cumsum(shares[order]) / shares.sum()
        count = int(np.searchsorted(cumulative, self.top_p)) + 1
        point = rng.random() * cumulative[min(count, len(order)) - 1]
        return int(choices[order[min(int(np.searchsorted(cumulative, point, side="right")), len(order) - 1)]])
