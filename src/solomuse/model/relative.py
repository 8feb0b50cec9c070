"""Scores of tokens by what they mean where they stand, added to those that GPT-2 gives them by name.

A note is scored by its degree in the current chord and by its interval from the note before; a length or a rest by
where in the beat it ends. So what is learned over one root, from one pitch or on one beat serves on all of them.
"""

from __future__ import annotations

import torch
from torch import Tensor

from solomuse.tokens.features import PITCH, POSITION, ROOT, feature_sizes
from solomuse.tokens.vocabulary import Vocabulary

DEGREES = 12
WIDEST = 48
"""Semitones of the widest interval that has a score of its own; wider ones share it."""


def relative_size(vocabulary: Vocabulary) -> int:
    """How many scores `relative_scores` takes."""
    return DEGREES + 2 * WIDEST + 1 + vocabulary.grid


def relative_scores(relative: Tensor, features: Tensor, vocabulary: Vocabulary) -> Tensor:
    """The scores of all tokens.

    Parameters
    ----------
    relative : Tensor of shape (..., R)
        Scores by semitones above the root, by interval from `-WIDEST` to `WIDEST`, by steps after the beat.
    features : Tensor of shape (..., F), int64
        As `solomuse.tokens.features` says. Where there is no chord, no note before, or no place, that score is 0.

    Returns
    -------
    Tensor of shape (..., V)
    """
    v, device = vocabulary, relative.device
    by_degree, by_interval, by_place = relative.split((DEGREES, 2 * WIDEST + 1, v.grid), dim=-1)
    root, last, position = (features[..., column, None] for column in (ROOT, PITCH, POSITION))  # (..., 1)
    pitches = torch.arange(len(v.note_on.values), device=device)
    degrees = by_degree.gather(-1, (pitches - (root - 1)) % DEGREES) * (root > 0)  # (..., 128)
    intervals = by_interval.gather(-1, (pitches - (last - 1)).clamp(-WIDEST, WIDEST) + WIDEST) * (last > 0)
    scores = relative.new_zeros(*relative.shape[:-1], len(v))
    scores[..., v.note_on.ids] = degrees + intervals
    for kind in (v.duration, v.time_shift):
        ends = position - 1 + torch.arange(1, len(kind.values) + 1, device=device)
        scores[..., kind.ids] = by_place.gather(-1, ends % v.grid) * (position > 0)
    return scores


class RelativeTables:
    """`relative_scores` looked up in tables, which takes a third of the time for a token.

    Attributes
    ----------
    size : int
        How many scores it takes: those of `relative_scores`, then a 0 for what has no score.
    """

    def __init__(self, vocabulary: Vocabulary, device: torch.device) -> None:
        v, sizes = vocabulary, feature_sizes(vocabulary)
        none = relative_size(v)
        self.size = none + 1
        roots, lasts, positions = (torch.arange(sizes[column])[:, None] for column in (ROOT, PITCH, POSITION))
        pitches = torch.arange(len(v.note_on.values))
        notes = v.note_on.ids
        self._by_root = torch.full((len(roots), len(v)), none)
        self._by_root[:, notes] = torch.where(roots > 0, (pitches - (roots - 1)) % DEGREES, none)
        self._by_last = torch.full((len(lasts), len(v)), none)
        intervals = (pitches - (lasts - 1)).clamp(-WIDEST, WIDEST) + WIDEST + DEGREES
        self._by_last[:, notes] = torch.where(lasts > 0, intervals, none)
        self._by_place = torch.zeros(len(positions), len(v), dtype=torch.int64)  # added to the root's: see `scores`
        for kind in (v.duration, v.time_shift):
            ends = (positions - 1 + torch.arange(1, len(kind.values) + 1)) % v.grid + DEGREES + 2 * WIDEST + 1
            self._by_place[:, kind.ids] = torch.where(positions > 0, ends, none) - none
        self._by_root, self._by_last, self._by_place = (
            table.to(device) for table in (self._by_root, self._by_last, self._by_place)
        )

    def scores(self, relative: Tensor, features: Tensor) -> Tensor:
        """As `relative_scores`: (N, size) and (N, F) to (N, V)."""
        root, last, position = features[:, ROOT], features[:, PITCH], features[:, POSITION]
        by_degree_or_place = self._by_root[root] + self._by_place[position]  # no token has both
        return relative.gather(1, by_degree_or_place) + relative.gather(1, self._by_last[last])
