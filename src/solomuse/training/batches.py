"""Batches of training windows: random cuts and changes, order, padding."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset, Sampler

from solomuse.datasets.load import Windows
from solomuse.model.likelihood import IGNORED, Sequence_, padded
from solomuse.tokens.conditions import without_chords, without_conditions
from solomuse.tokens.transposition import room_to_transpose, transpose_sequence
from solomuse.tokens.vocabulary import CONDITIONS, PAD, PLACE, Vocabulary

DOWN, UP = -6, 5
"""Range of the random transposition in semitones, within which every key is met once."""
CONDITION_DROPOUT = 0.25
"""Share of the windows from which each condition is left out, so that leaving it out means 'any'."""
CUTS, CHANGES, ORDER, TURNS = range(4)
"""What random numbers are for: the first word of their seed, without which window 0 of an epoch, its cuts and its order
would all be drawn by the same numbers, since numpy fills a seed up with zeros."""


class TrainingWindows(Dataset[Sequence_]):
    """Windows, each cut anew every time it is seen, moved by an interval, its conditions left out at random.

    What happens to one follows from (seed, epoch, index) alone.

    Parameters
    ----------
    transpose : bool
        Whether to move them.
    chord_dropout : float
        Share of the windows whose chords are left out.
    condition_dropout : float
        Share of the windows that say nothing but their place, as where nothing is asked of a solo. Left out each by
        itself, conditions are hardly ever left out all together.

    Attributes
    ----------
    epoch : int
        Set by `LengthSampler`.
    """

    def __init__(
        self,
        windows: Windows,
        vocabulary: Vocabulary,
        transpose: bool,
        seed: int,
        chord_dropout: float = 0.0,
        condition_dropout: float = 0.0,
    ) -> None:
        self.windows, self.vocabulary = replace(windows, is_described=True), vocabulary
        self.transpose, self.seed = transpose, seed
        self.chord_dropout, self.condition_dropout = chord_dropout, condition_dropout
        self.epoch = 0

    @property
    def epoch(self) -> int:
        """The epoch whose cuts these are."""
        return self._epoch

    @epoch.setter
    def epoch(self, epoch: int) -> None:
        self._epoch, self._cuts = epoch, self.windows.moved(np.random.default_rng((CUTS, self.seed, epoch)))

    def __len__(self) -> int:
        return len(self.windows)

    @property
    def lengths(self) -> NDArray[np.int32]:
        """Tokens of each window, before anything is left out, shape (windows,)."""
        return self._cuts.lengths

    def __getitem__(self, index: int) -> Sequence_:
        """Token ids of shape (T,) and features of shape (T, F)."""
        return self.changed(self._cuts[index], np.random.default_rng((CHANGES, self.seed, self.epoch, index)))

    def changed(self, window: Sequence_, rng: np.random.Generator) -> Sequence_:
        """A window, changed as the random generator has it."""
        token_ids, features = window
        left_out = np.flatnonzero(rng.random(len(CONDITIONS)) < CONDITION_DROPOUT).tolist()
        if self.condition_dropout and rng.random() < self.condition_dropout:
            left_out = [index for index in range(len(CONDITIONS)) if index != PLACE]
        token_ids, features = without_conditions(token_ids, features, left_out, self.vocabulary)
        if rng.random() < self.chord_dropout:
            token_ids, features = without_chords(token_ids, features, self.vocabulary)
        if not self.transpose:
            return token_ids, features
        lowest, highest = room_to_transpose(token_ids, self.vocabulary)
        semitones = int(rng.integers(max(DOWN, lowest), min(UP, highest) + 1))
        return transpose_sequence(token_ids, features, semitones, self.vocabulary)


class Sized(Protocol):
    """Windows that can be drawn: another choice of them, or in another shape, each epoch."""

    epoch: int

    def __len__(self) -> int: ...

    @property
    def lengths(self) -> NDArray[np.integer[Any]]:
        """Tokens of each window, before anything is left out, shape (windows,)."""


class LengthSampler(Sampler[int]):
    """A random order in which neighbours are of like length, so that batches hold little padding.

    Windows are shuffled, sorted by length within groups of `GROUP` batches, and the batches shuffled again;
    all from (seed, epoch), the same in every process.
    """

    GROUP = 64

    def __init__(self, dataset: Sized, batch_size: int, seed: int) -> None:
        self.dataset, self.batch_size, self.seed = dataset, batch_size, seed

    def set_epoch(self, epoch: int) -> None:
        """Begin an epoch; the data set learns of it here, since accelerate may tell only one of the two."""
        self.dataset.epoch = epoch

    def __len__(self) -> int:
        return len(self.dataset)

    def __iter__(self) -> Iterator[int]:
        rng = np.random.default_rng((ORDER, self.seed, self.dataset.epoch))
        lengths = self.dataset.lengths
        order = rng.permutation(len(self.dataset))
        size = self.GROUP * self.batch_size
        groups = [order[start : start + size] for start in range(0, len(order), size)]
        order = np.concatenate([group[np.argsort(-lengths[group], kind="stable")] for group in groups])
        whole = len(order) // self.batch_size * self.batch_size
        batches = rng.permutation(order[:whole].reshape(-1, self.batch_size))
        yield from np.concatenate([batches.flatten(), order[whole:]]).tolist()


def collate(sequences: list[Sequence_], room: int, learn_chart: bool = False) -> dict[str, Tensor]:
    """A batch as a model that can attend to `room` tokens takes it; labels are the events, or the chart too."""
    token_ids, features, labels = padded(sequences, room)
    if learn_chart:
        labels = token_ids.masked_fill(token_ids == PAD, IGNORED)
    return {"input_ids": token_ids, "features": features, "labels": labels}
