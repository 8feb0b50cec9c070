"""Learning from several datasets at once, each with its share of the steps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from torch.utils import data

from solomuse.config import TrainConfig
from solomuse.datasets.load import Dataset, Windows
from solomuse.errors import ConfigError
from solomuse.model.likelihood import Sequence_
from solomuse.training.batches import CHANGES, TURNS, TrainingWindows


def mix_weights(text: str, paths: Sequence[Path]) -> tuple[float, ...]:
    """The weight of each dataset, in the order of `paths`, as ``wjazzd=3,openewld=1`` gives them by folder name.

    Raises
    ------
    ConfigError
        If a part is no ``NAME=WEIGHT``, a name is not one dataset's, or a dataset has no weight.
    """
    names = [path.resolve().name for path in paths]
    weight_by_name: dict[str, float] = {}
    for part in text.split(","):
        name, _, number = part.strip().rpartition("=")
        try:
            weight = float(number)
        except ValueError:
            weight = 0.0
        if not 0 < weight < float("inf"):
            raise ConfigError(f"mix {part.strip()!r}: expected NAME=WEIGHT with a weight above 0, such as {names[0]}=3")
        if names.count(name) != 1 or name in weight_by_name:
            raise ConfigError(f"mix {part.strip()!r}: expected each dataset's folder name once: {', '.join(names)}")
        weight_by_name[name] = weight
    left_out = [name for name in names if name not in weight_by_name]
    if left_out:
        raise ConfigError(f"mix {text!r}: {left_out[0]} has no weight; add {left_out[0]}=1")
    return tuple(weight_by_name[name] for name in names)


def learned_windows(datasets: Sequence[Dataset], config: TrainConfig) -> TrainingWindows | MixedWindows:
    """The windows to learn from, of one dataset or of several.

    Raises
    ------
    ConfigError
        If ``config.mix`` does not go with the datasets, or leaves one no window in an epoch.
    """
    parts = [
        TrainingWindows(
            one.windows("train"),
            one.vocabulary,
            config.transpose,
            config.seed,
            config.chord_dropout,
            config.condition_dropout,
        )
        for one in datasets
    ]
    weights = mix_weights(config.mix, [one.path for one in datasets]) if config.mix else None
    if len(parts) == 1:
        return parts[0]
    mixed = MixedWindows(parts, config.seed, weights)
    for one, count in zip(datasets, mixed.counts, strict=True):
        if not count:
            raise ConfigError(
                f"{one.path} has too small a share to come even once in the {len(mixed)} windows of an epoch: "
                "give it more weight with --mix, or leave it out"
            )
    return mixed


class MixedWindows(data.Dataset[Sequence_]):
    """The windows of several datasets, as one to learn from.

    An epoch has as many windows as all of them together, of which ``weights[i] / sum(weights)`` are from dataset i.
    Each dataset is gone through in a random order, over and over, and an epoch goes on where the one before it stopped:
    so all windows of a dataset are seen equally often, whatever its share. What an epoch holds, and what happens to a
    window, follows from (seed, epoch, index) alone.

    Parameters
    ----------
    parts : sequence of TrainingWindows
    weights : sequence of float
        One for each part, above 0; the sizes of the parts if not given, so that each window comes once an epoch.

    Attributes
    ----------
    counts : list of int
        Windows of each part in an epoch.
    """

    def __init__(self, parts: Sequence[TrainingWindows], seed: int, weights: Sequence[float] | None = None) -> None:
        self.parts, self.seed = tuple(parts), seed
        sizes = [len(part) for part in parts]
        self.counts = shares(sum(sizes), weights or sizes)
        self.epoch = 0

    @property
    def epoch(self) -> int:
        """The epoch whose windows these are."""
        return self._epoch

    @epoch.setter
    def epoch(self, epoch: int) -> None:
        self._epoch = epoch
        self._turns = [turn for number in range(len(self.parts)) for turn in self._turns_of(number, epoch)]
        self._ends = np.cumsum([len(turn.chosen) for turn in self._turns])

    def __len__(self) -> int:
        return sum(self.counts)

    @property
    def lengths(self) -> NDArray[np.int32]:
        """Tokens of each window, before anything is left out, shape (windows,)."""
        return np.concatenate([turn.cuts.lengths[turn.chosen] for turn in self._turns])

    def windows_of(self, number: int) -> NDArray[np.int64]:
        """Which windows of a part this epoch has, shape (counts[number],)."""
        return np.concatenate([turn.chosen for turn in self._turns if turn.part == number])

    def __getitem__(self, index: int) -> Sequence_:
        """Token ids of shape (T,) and features of shape (T, F)."""
        place = int(np.searchsorted(self._ends, index, side="right"))
        turn = self._turns[place]
        window = int(turn.chosen[index - self._ends[place]])  # counted from the end
        rng = np.random.default_rng((CHANGES, self.seed, turn.part, turn.number, window))
        return self.parts[turn.part].changed(turn.cuts[window], rng)

    def _turns_of(self, number: int, epoch: int) -> Iterator[_Turn]:
        """What this epoch has of each time that a dataset is gone through."""
        windows, count = self.parts[number].windows, self.counts[number]
        start, end = epoch * count, (epoch + 1) * count
        for turn in range(start // len(windows), -(-end // len(windows))):
            rng = np.random.default_rng((TURNS, self.seed, number, turn))
            begun = turn * len(windows)
            chosen = rng.permutation(len(windows))[max(0, start - begun) : end - begun]
            yield _Turn(number, turn, windows.moved(rng), chosen)


@dataclass(frozen=True, slots=True)
class _Turn:
    """What an epoch has of one time that a dataset is gone through.

    Parameters
    ----------
    part, number : int
        Which dataset, and which time.
    cuts : Windows
        All of its windows as they are cut this time.
    chosen : ndarray of shape (n,), int64
        Those of the epoch.
    """

    part: int
    number: int
    cuts: Windows
    chosen: NDArray[np.int64]


def shares(total: int, weights: Sequence[float]) -> list[int]:
    """A number in parts that are to each other as the weights, as nearly as whole numbers can be.

    Examples
    --------
    >>> shares(10, [3, 1, 1])
    [6, 2, 2]
    """
    exact = total * np.array(weights) / sum(weights)
    counts = np.floor(exact).astype(int)
    for index in np.argsort(counts - exact, kind="stable")[: total - counts.sum()]:
        counts[index] += 1
    whole: list[int] = counts.tolist()
    return whole
