"""How much what sounds changes from one place to the next."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def summed(values: NDArray[np.floating]) -> Floats:
    """Sums of the rows before each place, and of all, shape (n + 1, columns)."""
    sums = np.zeros((len(values) + 1, values.shape[1]))
    np.cumsum(values, axis=0, out=sums[1:])
    return sums


def novelty(sums: Floats, widths: Sequence[int]) -> Floats:
    """One less the cosine between what sounds before each place and from it on, shape (len(widths), n).

    Parameters
    ----------
    sums : ndarray of shape (n + 1, columns), float64
        As `summed` gives them; nothing negative was summed.
    widths : sequence of int
        How many places to either side count.

    Returns
    -------
    ndarray of float64
        In [0, 1]; 0.5 where one of the sides is silent.

    Examples
    --------
    >>> novelty(summed(np.eye(2)[[0, 0, 1, 1]]), [1]).tolist()
    [[0.5, 0.0, 1.0, 0.0]]
    """
    count = len(sums) - 1
    places, reach = np.arange(count), np.array(widths)[:, None]
    here = sums[:-1]
    before = here - sums[np.maximum(0, places - reach)]
    after = sums[np.minimum(count, places + reach)] - here
    norms = np.sqrt(np.einsum("wnc,wnc->wn", before, before) * np.einsum("wnc,wnc->wn", after, after))
    cosines = np.einsum("wnc,wnc->wn", before, after) / np.maximum(norms, 1e-9)
    return np.where(norms > 0, 1 - cosines, 0.5)
