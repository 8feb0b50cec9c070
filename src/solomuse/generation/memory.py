"""What some takes have played, and so what may come back in them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from solomuse.generation.takes import Window
from solomuse.model.recall import leaned, votes_after
from solomuse.tokens.cursors import Cursors


class Memory:
    """The votes of all that each take has played for what it plays next.

    Parameters
    ----------
    strengths : ndarray of shape (REACH + 1,), float32, optional
        Of votes, of a model that has learned them; without them nothing is recalled.
    windows : sequence of Window
        Of the takes, with what they played before.
    """

    def __init__(self, strengths: NDArray[np.float32] | None, windows: Sequence[Window]) -> None:
        self._strengths, self._before = strengths, [window.before for window in windows]
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
            How many times as strong votes are.
        """
        if self._strengths is None or recall == 0:
            return scores
        for row, notes in enumerate(cursors.notes):
            if len(notes) != self._heard[row]:
                played = np.array([pitch for _, pitch, *_ in notes], dtype=np.int64)
                self._votes[row] = votes_after(np.concatenate([self._before[row], played]), self._strengths)
                self._heard[row] = len(notes)
        votes = torch.from_numpy(self._votes).to(scores.device)
        return leaned(scores, recall * votes, cursors.vocabulary.note_on.ids)
