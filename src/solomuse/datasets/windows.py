"""Windows: stretches of whole bars that stand alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from solomuse.music.leadsheet import LeadSheet
from solomuse.tokens.codec import Codec
from solomuse.tokens.features import features


@dataclass(frozen=True, slots=True)
class Window:
    """One training sequence.

    Parameters
    ----------
    token_ids : ndarray of shape (T,), uint16
    features : ndarray of shape (T, F), uint8
        As `solomuse.tokens.features` says.
    bars, notes : int
        How much music it holds.
    """

    token_ids: NDArray[np.uint16]
    features: NDArray[np.uint8]
    bars: int
    notes: int


class WindowCutter:
    """Cuts a lead sheet into windows; a stretch of bars that comes again is encoded only once.

    Parameters
    ----------
    sheet : LeadSheet
    codec : Codec
    max_tokens : int
        A window that would be longer takes fewer bars.

    Raises
    ------
    VocabularyError
        If the sheet's meters are not in the vocabulary.
    """

    def __init__(self, sheet: LeadSheet, codec: Codec, max_tokens: int) -> None:
        self._whole, self._codec, self._max_tokens = codec.quantise(sheet), codec, max_tokens
        self._window_by_bars: dict[tuple[int, int], Window | None] = {}

    def cut(self, bars: int, hop: int) -> Iterator[Window]:
        """Windows of at most `bars` bars, one starting every `hop` bars.

        Where a window takes fewer bars, the next one starts that much earlier. Windows without a note are left out. A
        note that sounds into a window is not part of it, one that sounds out of it ends with it.
        """
        start, total = 0, len(self._whole.chart.bars)
        while start < total:
            length = min(bars, total - start)
            window = self._window(start, length)
            while window is None and length > 1:
                length = max(1, length // 2)
                window = self._window(start, length)
            if window is not None and window.notes:
                yield window
            if start + length >= total:
                return
            start += min(hop, length)

    def _window(self, start: int, length: int) -> Window | None:
        """The window of some bars, None where it has too many tokens."""
        key = start, length
        if key not in self._window_by_bars:
            part = self._whole.slice(start, start + length)
            token_ids = self._codec.encode_quantised(part)
            self._window_by_bars[key] = (
                Window(
                    np.array(token_ids, dtype=np.uint16),
                    features(token_ids, self._codec.vocabulary),
                    length,
                    len(part.melody),
                )
                if len(token_ids) <= self._max_tokens
                else None
            )
        return self._window_by_bars[key]
