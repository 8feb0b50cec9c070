"""What some takes have played, and so what may come back in them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from solomuse.generation.takes import Window
from solomuse.model.recall import recalled, votes_after
from solomuse.tokens.cursors import Cursors


class Memory:
    """The votes of all that each take has played for what it plays next.

    Parameters
    ----------
    weights : ndarray of shape `solomuse.model.recall.SHAPE`, float32, optional
        Of a model that has learned some; without them nothing is recalled.
    windows : sequence of Window
        Of the takes, with what they played before.
    """

    def __init__(self, weights: NDArray[np.float32] | None, windows: Sequence[Window]) -> None:
        self._weights, self._before = weights, [window.before for window in windows]
        self._heard = [-1] * len(windows)
        self._votes = np.zeros((len(windows), 128), dtype=np.float32)

    def recalled(self, scores: Tensor, cursors: Cursors, recall: float = 1.0) -> Tensor:
        """Scores, shape (B, V), with notes that come back.

        Parameters
        ----------
        scores : Tensor of shape (B, V)
        cursors : Cursors
            Of the takes, in their windows.
        recall : float
            How many times as much votes weigh.
        """
        if self._weights is None or recall == 0:
            return scores
        for row, notes in enumerate(cursors.notes):
            if len(notes) != self._heard[row]:
                played = np.array([pitch for _, pitch, *_ in notes], dtype=np.int64)
                self._votes[row] = votes_after(np.concatenate([self._before[row], played]), self._weights)
                self._heard[row] = len(notes)
        votes = torch.from_numpy(self._votes).to(scores.device)
        return recalled(scores, recall * votes, cursors.vocabulary.note_on.ids)
