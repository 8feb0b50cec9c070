"""Leaving out what a sequence is conditioned on: its tempo, its style and the like, its chords."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from solomuse.tokens.features import CHORD_COLUMNS, FIRST_CONDITION
from solomuse.tokens.vocabulary import SEP, Vocabulary

TokenIds = NDArray[np.uint16]
Rows = NDArray[np.int32]


def without_conditions(
    token_ids: TokenIds, features: Rows, left_out: Sequence[int], vocabulary: Vocabulary
) -> tuple[TokenIds, Rows]:
    """The same sequence, of shape (T,), and its features, of shape (T, F), that leaves some conditions open.

    Parameters
    ----------
    left_out : sequence of int
        Indices into `solomuse.tokens.vocabulary.CONDITIONS`; those that are not said anyway do not matter.
    """
    kept = np.ones(len(token_ids), dtype=np.bool_)
    head = token_ids[: 1 + len(vocabulary.conditions)]
    for index in left_out:
        kind = vocabulary.conditions[index]
        kept[: len(head)] &= (head < kind.start) | (head >= kind.stop)
    token_ids, features = token_ids[kept], features[kept]
    features[:, [FIRST_CONDITION + index for index in left_out]] = 0
    return token_ids, features


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
