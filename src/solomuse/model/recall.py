"""Scores of notes that bring back what has been played before.

Improvisers come back to their own turns of phrase, mostly at the same pitch. A small model that has learned from few
solos hardly does, so it is told: each earlier note of the same pitch as the newest votes for the pitch that came after
it, the stronger, the more of the notes before the two are the same. A pitch is scored higher by the strongest vote for
it, so that no figure becomes likelier with every time that it comes. Which note comes depends on the votes, whether one
comes does not; and what does not fit the chord stays unlikely.

This is the short-term model beside the long-term one of D. Conklin and I. H. Witten, "Multiple viewpoint systems for
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
"""How many notes before the two are compared: more say nothing more. No more are than lie between them, lest a figure
that is being repeated counted as an example of itself; where a note was repeated at once, one."""

USUAL = (0.2, 0.5, 0.9, 1.2, 2.2)
"""How strong votes are by how many of the notes before are the same: fitted to 45 solos of the Weimar Jazz Database
beside a model that had learned them (``docs/experiments/recall.md``)."""

RATE = 10.0
"""So few numbers are learned so much faster than the others of a model."""

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]


def strengths(learned: Tensor) -> Tensor:
    """How strong votes are: `USUAL` and what a model has learned beyond; both of shape (REACH + 1,)."""
    return torch.tensor(USUAL, device=learned.device) + RATE * learned


def with_recall(scores: Tensor, token_ids: Tensor, learned: Tensor, vocabulary: Vocabulary) -> Tensor:
    """Scores of each next token, with those of notes that come back.

    Parameters
    ----------
    scores : Tensor of shape (B, T, V)
        After the last T tokens.
    token_ids : Tensor of shape (B, S), int64
        Whole sequences, S at least T.
    learned : Tensor of shape (REACH + 1,)

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
    by_note = functional.pad(votes(pitches[:, :most], strengths(learned)), (0, 0, 1, 0))  # (B, most + 1, 128)
    places = counts[:, -scores.shape[1] :] + (most + 1) * torch.arange(len(counts), device=counts.device)[:, None]
    return leaned(scores, functional.embedding(places, by_note.flatten(0, 1)), notes.ids)


def votes(pitches: Tensor, strengths: Tensor) -> Tensor:
    """The strongest vote for each pitch after each note, from all notes before; 0 where there is none.

    Parameters
    ----------
    pitches : Tensor of shape (B, N), int64
        The lines; what is behind the end of one does not matter.
    strengths : Tensor of shape (REACH + 1,)

    Returns
    -------
    Tensor of shape (B, N, 128)
    """
    is_same = pitches[:, :, None] == pitches[:, None, :]  # (B, N, N): of a note with one before it
    length = is_same.long()
    for _ in range(REACH):
        length = is_same * (1 + functional.pad(length[:, :-1, :-1], (1, 0, 1, 0)))
    following = functional.pad(pitches[:, 1:], (0, 1))[:, None, :]  # (B, 1, N)
    places = torch.arange(pitches.shape[1], device=pitches.device)
    between = places[:, None] - places
    most = torch.where(following == pitches[:, :, None], 1, between).clamp(min=0)
    is_vote = is_same & (between > 0)
    cast = strengths[torch.minimum(length - 1, most).clamp(min=0)] * is_vote
    found = cast.new_zeros(*pitches.shape, 128)
    return found.scatter_reduce(2, following.clamp(min=0).expand_as(cast), cast, "amax")


def votes_after(pitches: Integers, strengths: Floats) -> Floats:
    """The last row of `votes` for one line, pitches of shape (N,), without the others: shape (128,)."""
    count = len(pitches) - 1
    found = np.zeros(128, dtype=np.float32)
    if count < 1:
        return found
    before, following = pitches[:-1], pitches[1:]
    run = before == pitches[-1]
    is_vote, same = run.copy(), np.zeros(count, dtype=np.int64)
    for back in range(1, min(REACH, count - 1) + 1):
        run[:back] = False
        run[back:] &= before[:-back] == pitches[-1 - back]
        same += run
    most = np.where(following == pitches[-1], 1, np.arange(count, 0, -1))
    cast = strengths[np.minimum(same, most)]
    np.maximum.at(found, following[is_vote], cast[is_vote])
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
