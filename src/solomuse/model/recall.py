"""What comes back: the notes that a line itself makes likely, beside those that a model expects.

Improvisers come back to turns of phrase of their own, at the same pitch or moved. A small model that has learned from
few solos hardly does, so it is told: each earlier note votes for the interval that was played after it, the more, the
more of the intervals before it were those that lead to the newest note, and the more if it had the same pitch. For each
note the strongest vote counts, so that what is repeated does not become likelier by that alone, and a line never stays
in a loop. What the model expects of a note weighs 1 in all, and the votes what they are worth. Which note comes depends
on them, whether one comes does not.

This is the short-term model beside the long-term one of D. Conklin and I. H. Witten, "Multiple viewpoint systems for
music prediction" (Journal of New Music Research 24, 1995), mixed by learned weights as in E. Grave, A. Joulin and
N. Usunier, "Improving neural language models with a continuous cache" (ICLR 2017).
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

USUAL = ((-8.9, -6.7, -4.2, -3.2, -1.8), (-5.0, -3.0, -1.9, -1.3, -0.2))
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
    """Scores of each next token, with notes that come back.

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
    return recalled(scores, by_note[rows, counts[:, -scores.shape[1] :]], notes.ids)


def votes(pitches: Tensor, weights: Tensor) -> Tensor:
    """The strongest vote for each pitch after each note, from all notes before.

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
    return cast.new_zeros(*pitches.shape, 128).scatter_reduce(2, following.clamp(0, 127), cast, "amax")


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
    np.maximum.at(found, following[is_vote], cast[is_vote])
    return found


def recalled(scores: Tensor, voted: Tensor, notes: slice) -> Tensor:
    """Scores whose notes are those of a model, with weight 1, and those that are voted for.

    That a note comes stays as likely as it was; a pitch that is forbidden stays so.

    Parameters
    ----------
    scores : Tensor of shape (..., V)
        -inf for what is forbidden.
    voted : Tensor of shape (..., 128)
        The weight of the votes for each pitch.
    notes : slice
        The ids of notes.
    """
    own = scores[..., notes].float()
    total = own.logsumexp(-1, keepdim=True)
    # where no note may come, all are -inf and their sum too
    shares = torch.nan_to_num((own - total).exp(), nan=0.0)
    voted = voted * (own > -torch.inf)
    mixed = (shares + voted).log() - voted.sum(-1, keepdim=True).log1p() + total
    return torch.cat((scores[..., : notes.start], mixed.to(scores.dtype), scores[..., notes.stop :]), dim=-1)
