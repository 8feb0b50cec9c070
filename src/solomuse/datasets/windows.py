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


def windows(sheet: LeadSheet, codec: Codec, bars: int, hop: int, max_tokens: int) -> Iterator[Window]:
    """Windows of at most `bars` bars, one starting every `hop` bars.

    A window that would be longer than `max_tokens` takes fewer bars, and the next one starts that much
    earlier. Windows without a note are left out. A note that sounds into a window is not part of it, one
    that sounds out of it ends with it.

    Raises
    ------
    VocabularyError
        If the sheet's meters are not in the vocabulary.
    """
    whole = codec.quantise(sheet)
    start, total = 0, len(whole.chart.bars)
    while start < total:
        length = min(bars, total - start)
        part, token_ids = _stretch(whole, codec, start, length)
        while len(token_ids) > max_tokens and length > 1:
            length = max(1, length // 2)
            part, token_ids = _stretch(whole, codec, start, length)
        if part.melody and len(token_ids) <= max_tokens:
            yield Window(
                np.array(token_ids, dtype=np.uint16), features(token_ids, codec.vocabulary), length, len(part.melody)
            )
        if start + length >= total:
            return
        start += min(hop, length)


def _stretch(whole: LeadSheet, codec: Codec, start: int, length: int) -> tuple[LeadSheet, list[int]]:
    """Some bars of a quantised sheet, and their token ids."""
    part = whole.slice(start, start + length)
    return part, codec.encode_quantised(part)
