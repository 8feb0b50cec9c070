"""The order of the windows in steps of one size."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle, islice

from torch.utils.data import Sampler


class WholeSteps(Sampler[int]):
    """An order whose last step is filled up from its beginning.

    Then the steps are the same however many processes share them, and none has a gradient of few windows.
    """

    def __init__(self, order: Sampler[int], windows_per_step: int) -> None:
        self._order, self._windows_per_step = order, windows_per_step

    def __len__(self) -> int:
        steps = -(-len(self._order) // self._windows_per_step)
        return steps * self._windows_per_step

    def __iter__(self) -> Iterator[int]:
        yield from islice(cycle(self._order), len(self))
