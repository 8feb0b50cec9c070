"""Batches of training windows: transposition, order, padding."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from torch import Tensor
from torch.utils.data import Dataset, Sampler

from solomuse.datasets.load import Windows
from solomuse.model.likelihood import Sequence_, padded
from solomuse.tokens.transposition import room_to_transpose, transpose_features, transpose_ids
from solomuse.tokens.vocabulary import Vocabulary

DOWN, UP = -6, 5
"""Range of the random transposition in semitones, within which every key is met once."""
CONDITION_DROPOUT = 0.25
"""Share of the windows from which the tempo is left out, so that leaving it out means 'any'."""


class TrainingWindows(Dataset[Sequence_]):
    """Windows, each changed at random: moved by an interval, its conditions left out.

    What happens to one follows from (seed, epoch, index) alone.
    """

    def __init__(self, windows: Windows, vocabulary: Vocabulary, transpose: bool, seed: int) -> None:
        self.windows, self.vocabulary, self.transpose, self.seed = windows, vocabulary, transpose, seed
        self.epoch = 0

    def __len__(self) -> int:
        return len(self.windows)

    def __getitem__(self, index: int) -> Sequence_:
        """Token ids of shape (T,) and features of shape (T, F)."""
        token_ids, features = self.windows[index]
        rng = np.random.default_rng((self.seed, self.epoch, index))
        if int(token_ids[1]) in self.vocabulary.tempo and rng.random() < CONDITION_DROPOUT:
            token_ids, features = np.delete(token_ids, 1), np.delete(features, 1, axis=0)
        if not self.transpose:
            return token_ids, features
        lowest, highest = room_to_transpose(token_ids, self.vocabulary)
        semitones = int(rng.integers(max(DOWN, lowest), min(UP, highest) + 1))
        moved = transpose_ids(token_ids, semitones, self.vocabulary).astype(np.uint16)
        return moved, transpose_features(features, semitones)


class LengthSampler(Sampler[int]):
    """A random order in which neighbours are of like length, so that batches hold little padding.

    Windows are shuffled, sorted by length within groups of `GROUP` batches, and the batches shuffled again;
    all from (seed, epoch), the same in every process.
    """

    GROUP = 64

    def __init__(self, dataset: TrainingWindows, batch_size: int, seed: int) -> None:
        self.dataset, self.batch_size, self.seed = dataset, batch_size, seed

    def set_epoch(self, epoch: int) -> None:
        """Begin an epoch; the data set learns of it here, since accelerate may tell only one of the two."""
        self.dataset.epoch = epoch

    def __len__(self) -> int:
        return len(self.dataset)

    def __iter__(self) -> Iterator[int]:
        rng = np.random.default_rng((self.seed, self.dataset.epoch))
        lengths = self.dataset.windows.lengths
        order = rng.permutation(len(self.dataset))
        size = self.GROUP * self.batch_size
        groups = [order[start : start + size] for start in range(0, len(order), size)]
        order = np.concatenate([group[np.argsort(-lengths[group], kind="stable")] for group in groups])
        whole = len(order) // self.batch_size * self.batch_size
        batches = rng.permutation(order[:whole].reshape(-1, self.batch_size))
        yield from np.concatenate([batches.flatten(), order[whole:]]).tolist()


def collate(sequences: list[Sequence_], room: int) -> dict[str, Tensor]:
    """A batch as a model that can attend to `room` tokens takes it."""
    token_ids, features, labels = padded(sequences, room)
    return {"input_ids": token_ids, "features": features, "labels": labels}
