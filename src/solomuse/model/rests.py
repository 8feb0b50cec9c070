"""Scores of rests by where a solo begins and ends.

A solo begins once and ends once, among hundreds of places to rest, which a gradient hardly feels: models learn when to
rest within a solo, but then begin at once and play to the end. What is left over is a small table, fitted by itself
once all else has been learned (`solomuse.training.rests`), and zero until then.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from solomuse.tokens.features import BARS_LEFT, FIRST_CONDITION, MOST_BARS_LEFT, PITCH
from solomuse.tokens.vocabulary import BAR, PLACE, PLACES, Vocabulary

KINDS = 2
"""Rests to the next bar line, and shorter ones."""

_NONE, SILENT, _BEGUN, LAST = range(4)
CELLS = LAST + MOST_BARS_LEFT + 1
"""None of these; where a solo begins, before and after its first note; where one ends, its last bar and others."""

_BEGINS, _ENDS = (
    torch.tensor([False, *(place in places for place in PLACES)])
    for places in (("opening", "whole"), ("ending", "whole"))
)


def rest_cells(features: Tensor) -> Tensor:
    """The two rows of the table whose sum counts, one for the beginning and one for the end.

    Parameters
    ----------
    features : Tensor of shape (..., F), int64

    Returns
    -------
    Tensor of shape (..., 2), int64
    """
    place, left = features[..., FIRST_CONDITION + PLACE], features[..., BARS_LEFT]
    begins, ends = (flags.to(place.device)[place] & (left > 0) for flags in (_BEGINS, _ENDS))
    beginning = torch.where(features[..., PITCH] > 0, _BEGUN, SILENT) * begins
    return torch.stack((beginning, (LAST - 1 + left) * ends), dim=-1)


def with_rests(scores: Tensor, features: Tensor, table: Tensor, vocabulary: Vocabulary) -> Tensor:
    """Scores of all tokens with those of rests added.

    Parameters
    ----------
    scores : Tensor of shape (..., V)
    features : Tensor of shape (..., F), int64
    table : Tensor of shape (CELLS, KINDS)

    Returns
    -------
    Tensor of shape (..., V)
    """
    wide = _by_token(table, vocabulary).to(scores.dtype)
    added = functional.embedding_bag(rest_cells(features).flatten(0, -2), wide, mode="sum")
    return scores + added.view_as(scores)


def _by_token(table: Tensor, vocabulary: Vocabulary) -> Tensor:
    """The table with a column for each token, shape (CELLS, V)."""
    shifts = vocabulary.time_shift
    wide = table.new_zeros(len(table), len(vocabulary))
    wide[:, BAR], wide[:, shifts.ids] = table[:, 0], table[:, 1:]
    return wide


class RestTable:
    """`with_rests` with the table made ready, for a token at a time."""

    def __init__(self, table: Tensor, vocabulary: Vocabulary) -> None:
        self._wide = _by_token(table, vocabulary)
        self._is_empty = not bool(table.any())

    def add(self, scores: Tensor, features: Tensor) -> Tensor:
        """As `with_rests`: (N, V) and (N, F) to (N, V)."""
        if self._is_empty:
            return scores
        beginning, end = rest_cells(features).unbind(-1)
        return scores + self._wide[beginning] + self._wide[end]
