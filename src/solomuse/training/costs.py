"""What the newest steps cost, by kind of token."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from solomuse.model.likelihood import KINDS, kind_of_each_token
from solomuse.tokens.vocabulary import PAD, Vocabulary


@dataclass(frozen=True, slots=True)
class Costs:
    """Sums over some steps and all processes.

    Parameters
    ----------
    nats, learned : tuple of float
        Cost and number of the tokens that were predicted, for each of `KINDS`.
    tokens : float
        Tokens that were read, without padding.
    """

    nats: tuple[float, ...]
    learned: tuple[float, ...]
    tokens: float

    @property
    def figures(self) -> dict[str, float]:
        """Bits per note of each kind of the melody's tokens and of all of them; of the chart, nats per token."""
        notes = self.learned[0]
        if not notes:
            return {}
        bits = {kind: nats / math.log(2) / notes for kind, nats in zip(KINDS[:3], self.nats, strict=False)}
        found = {"bits_per_note": sum(bits.values()), **{f"{kind}_bits_per_note": bits[kind] for kind in bits}}
        if self.learned[3]:
            found["chart_nats_per_token"] = self.nats[3] / self.learned[3]
        return found


class CostMeter:
    """Adds up costs where the training runs, so that no step waits for a figure.

    Attributes
    ----------
    sums : Tensor of shape (9,), float64
        Nats of each of `KINDS`, tokens predicted of each, tokens read.
    """

    def __init__(self, vocabulary: Vocabulary, device: torch.device) -> None:
        self._kinds = kind_of_each_token(vocabulary).to(device)
        self.sums = torch.zeros(2 * len(KINDS) + 1, dtype=torch.float64, device=device)

    def read(self, token_ids: Tensor) -> None:
        """Count the tokens of a batch of shape (B, T)."""
        self.sums[-1] += (token_ids != PAD).sum()

    def learned(self, nats: Tensor, targets: Tensor) -> None:
        """Add the cost of each target, both of shape (N,); targets below 0 do not count."""
        kinds = self._kinds[targets.clamp(min=-1)]  # (N, K); -1 is the last row, which is of no kind
        self.sums[: len(KINDS)] += nats.float() @ kinds
        self.sums[len(KINDS) : -1] += kinds.sum(0)

    def restart(self, sums: Sequence[float] | None = None) -> None:
        """Begin anew, or at sums that were written down."""
        self.sums = self.sums.new_tensor(sums) if sums else torch.zeros_like(self.sums)


def costs_of(sums: Sequence[float]) -> Costs:
    """The costs that a meter's sums, added up over all processes, stand for."""
    return Costs(tuple(sums[: len(KINDS)]), tuple(sums[len(KINDS) : -1]), sums[-1])
