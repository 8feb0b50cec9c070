"""Notes laid out over equal stretches of time, such as beats or sixteenths."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]


def covered_cells(first: Integers, lengths: Integers) -> Integers:
    """The cells that each note covers, note by note; ``np.repeat(..., lengths)`` says which note each belongs to.

    Parameters
    ----------
    first, lengths : ndarray of shape (n,), int64
        The first cell of each note, and how many there are.

    Examples
    --------
    >>> covered_cells(np.array([0, 5]), np.array([3, 2])).tolist()
    [0, 1, 2, 5, 6]
    """
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    return np.asarray(np.arange(total) + np.repeat(first - ends + lengths, lengths))
