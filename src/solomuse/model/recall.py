"""Scores of notes that bring back what has been played before.

Improvisers come back to turns of phrase of their own, at the same pitch or moved. A small model that has learned from
few solos hardly does, so it is told: each earlier note votes for the interval that was played after it, the more, the
more of the intervals before it were those that lead to the newest note, and the more if it had the same pitch. A note
that gets votes of some weight in sum is scored log(1 + sum) higher. Which note comes depends on it, whether one comes
does not. This is the short-term model beside the long-term one of Conklin and Witten, "Multiple viewpoint systems for
music prediction" (Journal of New Music Research 24, 1995), as a score and not as a mixture.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from solomuse.tokens.vocabulary import Vocabulary

REACH = 4
"""Intervals before a note that are compared with the newest ones: more say nothing more."""

USUAL = ((-7.8, -5.1, -2.1, -1.1, -0.1), (-2.2, -0.7, 0.1, 0.5, 1.5))
"""Logarithms of the weights of votes after another pitch than the newest and after the same, by how many intervals
agree: fitted to 45 solos of the Weimar Jazz Database beside a model that had learned them
(``docs/experiments/recall.md``)."""

SHAPE = (len(USUAL), REACH + 1)

RATE = 10.0
"""So few numbers are learned so much faster than the others of a model."""

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]


def vote_weights(learned: Tensor) -> Tensor:
    """The weights of votes: `USUAL` and what a model has learned beyond; both of shape `SHAPE`."""
    return (torch.tensor(USUAL, device=learned.device) + RATE * learned).exp()


def with_recall(scores: Tensor, token_ids: Tensor, learned: Tensor, vocabulary: Vocabulary) -> Tensor:
    """Scores of each next token, with notes leaned to what comes back.

    Parameters
    ----------
    scores : Tensor of shape (B, T, V)
        After the last T tokens.
    token_ids : Tensor of shape (B, S), int64
        Whole sequences, S at least T.
    learned : Tensor of shape SHAPE

    Returns
    -------
    Tensor of shape (B, T, V)
    """
    notes = vocabulary.note_on
    is_note = (token_ids >= notes.start) & (token_ids < notes.stop)
    counts = is_note.cumsum(1)
    most = int(counts.max())
    if most < 2:
        return scores
    pitches = token_ids.new_full((len(token_ids), most + 1), -1)  # the last column takes what is no note
    pitches.scatter_(1, torch.where(is_note, counts - 1, most), token_ids - notes.start)
    by_note = functional.pad(votes(pitches[:, :most], vote_weights(learned)), (0, 0, 1, 0))  # (B, most + 1, 128)
    rows = torch.arange(len(token_ids), device=token_ids.device)[:, None]
    return leaned(scores, by_note[rows, counts[:, -scores.shape[1] :]].log1p(), notes.ids)


def votes(pitches: Tensor, weights: Tensor) -> Tensor:
    """The sum of the votes for each pitch after each note, from all notes before.

    Parameters
    ----------
    pitches : Tensor of shape (B, N), int64
        The lines; what is behind the end of one does not matter.
    weights : Tensor of shape SHAPE

    Returns
    -------
    Tensor of shape (B, N, 128)
    """
    intervals = pitches.diff(dim=1)  # (B, N - 1)
    agrees = torch.zeros(len(pitches), *2 * pitches.shape[1:], dtype=torch.bool, device=pitches.device)  # (B, N, N)
    agrees[:, 1:, 1:] = intervals[:, :, None] == intervals[:, None, :]  # of the interval to a note with that to another
    run, agreeing = agrees, agrees.long()
    for _ in range(REACH - 1):
        run = agrees & functional.pad(run[:, :-1, :-1], (1, 0, 1, 0))
        agreeing = agreeing + run
    is_same = (pitches[:, :, None] == pitches[:, None, :]).long()
    following = pitches[:, :, None] + functional.pad(intervals, (0, 1))[:, None, :]
    is_vote = torch.ones_like(agrees[0]).tril(-1) & (following >= 0) & (following < 128)
    cast = weights[is_same, agreeing] * is_vote
    return cast.new_zeros(*pitches.shape, 128).scatter_add(2, following.clamp(0, 127), cast)


def votes_after(pitches: Integers, weights: Floats) -> Floats:
    """The last row of `votes` for one line, pitches of shape (N,), without the others: shape (128,)."""
    count = len(pitches) - 1
    found = np.zeros(128, dtype=np.float32)
    if count < 1:
        return found
    intervals = np.diff(pitches)
    run, agreeing = np.ones(count, dtype=np.bool_), np.zeros(count, dtype=np.int64)
    for back in range(min(REACH, count)):
        run[: back + 1] = False
        run[back + 1 :] &= intervals[: count - 1 - back] == intervals[count - 1 - back]
        agreeing += run
    following = pitches[-1] + intervals
    is_vote = (following >= 0) & (following < 128)
    cast = weights[(pitches[:-1] == pitches[-1]).astype(np.int64), agreeing] * is_vote
    np.add.at(found, following[is_vote], cast[is_vote])
    return found


def leaned(scores: Tensor, bonus: Tensor, notes: slice) -> Tensor:
    """Scores with some added to the notes'; that a note comes stays as likely as it was.

    Parameters
    ----------
    scores : Tensor of shape (..., V)
        -inf for what is forbidden.
    bonus : Tensor of shape (..., 128)
    notes : slice
        The ids of notes.
    """
    own = scores[..., notes].float()
    changed = own + bonus
    # where no note may come, all are -inf and their sums too
    change = torch.nan_to_num(own.logsumexp(-1) - changed.logsumexp(-1), nan=0.0)
    changed = (changed + change[..., None]).to(scores.dtype)
    return torch.cat((scores[..., : notes.start], changed, scores[..., notes.stop :]), dim=-1)
