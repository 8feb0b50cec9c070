"""Windows: stretches of whole bars that stand alone."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from solomuse.tokens.encoding import token_counts
from solomuse.tokens.grid_sheet import GridSheet

WINDOW = ("bars", "chart", "events", "notes")
"""What is known of a window: how many bars, tokens up to ``<SEP>``, tokens after it, notes."""

BARS, NOTES = WINDOW.index("bars"), WINDOW.index("notes")


def windows_from_each_bar(sheet: GridSheet, bars: int, max_tokens: int) -> NDArray[np.int32]:
    """The window of at most `bars` bars that starts at each bar.

    One that would have more than `max_tokens` takes half of its bars, or half of those. A note that sounds into a
    window is not part of it, one that sounds out of it ends with it.

    Returns
    -------
    ndarray of shape (sheet.bars, len(WINDOW)), int32
        With 0 notes where there is no window: it would have none, or a single bar is too long.
    """
    starts = np.arange(sheet.bars)
    lengths = np.array(list(_halves(np.minimum(bars, sheet.bars - starts))))  # (tries, sheet.bars)
    counts = token_counts(sheet, np.broadcast_to(starts, lengths.shape).ravel(), (starts + lengths).ravel())
    counts = counts.reshape(*lengths.shape, 3)
    fits = counts[..., :2].sum(axis=-1) <= max_tokens
    chosen = np.where(fits.any(axis=0), fits.argmax(axis=0), len(lengths) - 1)
    found = np.column_stack([lengths[chosen, starts], counts[chosen, starts]])
    found[~fits.any(axis=0), NOTES] = 0
    return found.astype(np.int32)


def cut(windows: NDArray[np.int32], hop: int) -> NDArray[np.int32]:
    """The bars from which windows are taken, one every `hop` bars, given the window from each bar.

    Where a window has fewer bars than that, the next one starts that much earlier. Of windows without notes none is
    taken.
    """
    starts = np.array(list(_steps(windows[:, BARS].tolist(), hop)), dtype=np.int32)
    taken: NDArray[np.int32] = starts[windows[starts, NOTES] > 0]
    return taken


def _halves(lengths: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """The lengths, half of them, half of those, until all are 1."""
    yield lengths
    while (lengths > 1).any():
        lengths = np.maximum(1, lengths // 2)
        yield lengths


def _steps(lengths: list[int], hop: int) -> Iterator[int]:
    """The bars at which windows start, given how long one is that starts at each bar."""
    start = 0
    while start < len(lengths):
        yield start
        if start + lengths[start] >= len(lengths):
            return
        start += min(hop, lengths[start])
