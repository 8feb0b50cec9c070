"""Leaving out what a sequence is conditioned on: its tempo, its chords."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from solomuse.tokens.features import CHORD_COLUMNS
from solomuse.tokens.vocabulary import SEP, Vocabulary

TokenIds = NDArray[np.uint16]
Rows = NDArray[np.uint8]


def without_tempo(token_ids: TokenIds, features: Rows, vocabulary: Vocabulary) -> tuple[TokenIds, Rows]:
    """The same sequence, of shape (T,), and its features, of shape (T, F), at whatever tempo."""
    if int(token_ids[1]) not in vocabulary.tempo:
        return token_ids, features
    return np.delete(token_ids, 1), np.delete(features, 1, axis=0)


def without_chords(token_ids: TokenIds, features: Rows, vocabulary: Vocabulary) -> tuple[TokenIds, Rows]:
    """The same sequence, of shape (T,), and its features, of shape (T, F), over no chord.

    Meters and the lengths of chords stay, so that the bars do.
    """
    v = vocabulary
    chart = int(np.argmax(token_ids == SEP))
    kept = np.ones(len(token_ids), dtype=np.bool_)
    kept[:chart] = (token_ids[:chart] < v.chord_bass.start) | (token_ids[:chart] >= v.chord_bass.stop)
    token_ids, features = token_ids[kept], features[kept]
    token_ids[(token_ids >= v.chord_root.start) & (token_ids < v.chord_root.stop)] = v.chord_root.stop - 1
    token_ids[(token_ids >= v.chord_quality.start) & (token_ids < v.chord_quality.stop)] = v.chord_quality.stop - 1
    features[:, CHORD_COLUMNS] = 0
    return token_ids, features
