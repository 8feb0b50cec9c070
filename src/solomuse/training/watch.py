"""Watch over a training's numbers: it stops when they are no longer numbers, or far too large."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import numpy as np
from torch import Tensor

from solomuse.errors import OutputError, TrainingError
from solomuse.files import write_whole

TOO_LARGE = 2.0
"""A loss is too large at so many times that of a model which finds all tokens equally likely."""
TOO_LONG = 5
"""Logged losses in a row that may be too large."""

Batch = Mapping[str, Tensor]


@dataclass(slots=True)
class Step:
    """A step that has not been looked at yet.

    Parameters
    ----------
    gradient : Tensor, optional
        Its norm before clipping; None until it is known.
    """

    batches: list[Batch] = field(default_factory=list)
    gradient: Tensor | None = None


class Watch:
    """Keeps the batches of the newest steps until their numbers have been looked at.

    Looking makes a GPU's queue run empty, so it is done now and then: before figures are logged, and before weights
    are measured or written. All processes see the same numbers, and stop at the same place.

    Attributes
    ----------
    too_large : int
        How many of the newest logged losses in a row were too large.
    """

    def __init__(self, folder: Path, process: int, vocabulary_size: int) -> None:
        self._folder, self._process = folder, process
        self._most = TOO_LARGE * math.log(vocabulary_size)
        self._steps = [Step()]
        self._last = Step()
        self.too_large = 0

    def batch(self, batch: Batch) -> None:
        """Note a batch before the model sees it."""
        self._steps[-1].batches.append(batch)

    def gradient(self, norm: Tensor) -> None:
        """Note the gradient of all batches since the last one, before the weights change."""
        self._steps[-1].gradient = norm
        self._steps.append(Step())

    def look(self, newest: int) -> None:
        """Look at the steps up to step `newest`.

        Raises
        ------
        TrainingError
            If a gradient is not a finite number. The batches of its step are saved first.
        """
        steps = self._steps[:-1]
        self._steps = self._steps[-1:]
        for number, step in enumerate(steps, start=newest - len(steps) + 1):
            if step.gradient is not None and not math.isfinite(float(step.gradient)):
                whereabouts = self._save(number, step.batches)
                raise TrainingError(
                    f"step {number} has a gradient of {float(step.gradient)}: its batch {whereabouts}; go on from the "
                    "last checkpoint with a lower learning_rate, a smaller max_grad_norm or precision fp32"
                )
        if steps:
            self._last = steps[-1]

    def loss(self, loss: float, number: int) -> None:
        """Note a logged loss, in nats per token.

        Raises
        ------
        TrainingError
            If it is no number, or losses have been too large for too long. The batches of the step are saved first.
        """
        self.too_large = self.too_large + 1 if loss > self._most else 0
        if math.isfinite(loss) and self.too_large < TOO_LONG:
            return
        raise self._astray(f"loss at step {number}", loss, number)

    def measured(self, loss: float, number: int) -> None:
        """Note what held-back windows cost after a step, in nats per token.

        Raises
        ------
        TrainingError
            If it is no number: the weights are none since the step, whose batches are saved first.
        """
        if not math.isfinite(loss):
            raise self._astray(f"held-back loss after step {number}", loss, number)

    def _astray(self, what: str, loss: float, number: int) -> TrainingError:
        whereabouts = self._save(number, self._last.batches)
        return TrainingError(
            f"the {what} is {loss:.3g}, where guessing costs {self._most / TOO_LARGE:.3g}: the last "
            f"batch {whereabouts}; go on from an older checkpoint with a lower learning_rate"
        )

    def _save(self, number: int, batches: list[Batch]) -> str:
        """Save the batches of a step, and say where they are."""
        path = self._folder / f"bad-batch-{number:06d}-{self._process}.npz"
        arrays = {
            f"{name}_{i}": tensor.cpu().numpy() for i, batch in enumerate(batches) for name, tensor in batch.items()
        }
        archive = BytesIO()
        np.savez(archive, step=number, **arrays)
        try:
            write_whole(path, archive.getvalue())
        except OutputError as error:  # the numbers matter more
            return f"could not be saved ({error})"
        return f"is in {path}"
