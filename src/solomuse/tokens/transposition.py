"""Transposition of token ids and features."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from solomuse.tokens.features import FIRST_CONDITION, NEXT_ROOT, PITCH, ROOT
from solomuse.tokens.grid_sheet import register_of
from solomuse.tokens.vocabulary import REGISTER, Kind, Vocabulary


def transpose_ids(token_ids: NDArray[np.integer[Any]], semitones: int, vocabulary: Vocabulary) -> NDArray[np.int64]:
    """The ids of the same music, `semitones` higher.

    Parameters
    ----------
    token_ids : ndarray of any shape, int
    semitones : int
        Must lie within `room_to_transpose`; notes that would leave 0..127 stay at the border.
    """
    moved: NDArray[np.int64] = _table(vocabulary, semitones)[token_ids]
    return moved


def transpose_sequence(
    token_ids: NDArray[np.integer[Any]], features: NDArray[np.int32], semitones: int, vocabulary: Vocabulary
) -> tuple[NDArray[np.uint16], NDArray[np.int32]]:
    """A sequence, shape (T,), and its features, shape (T, F), `semitones` higher; its register is that of its notes."""
    moved = transpose_ids(token_ids, semitones, vocabulary).astype(np.uint16)
    rows = transpose_features(features, semitones)
    registers, notes = vocabulary.conditions[REGISTER], vocabulary.note_on
    said = np.flatnonzero((moved >= registers.start) & (moved < registers.stop))
    if len(said):
        pitches = moved[(moved >= notes.start) & (moved < notes.stop)].astype(np.int64) - notes.start
        register = register_of(pitches)
        moved[said] = registers.start + register
        column = rows[:, FIRST_CONDITION + REGISTER]
        column[column > 0] = register + 1
    return moved, rows


def transpose_features(features: NDArray[np.int32], semitones: int) -> NDArray[np.int32]:
    """The features of the same music, `semitones` higher; only the root and the pitch are absolute."""
    moved = features.copy()
    roots, next_roots = (features[..., column].astype(np.int64) for column in (ROOT, NEXT_ROOT))
    moved[..., ROOT] = np.where(roots > 0, (roots - 1 + semitones) % 12 + 1, 0)
    # where no chord sounds, the next root is not counted from one but from C
    is_absolute = (roots == 0) & (next_roots > 0)
    moved[..., NEXT_ROOT] = np.where(is_absolute, (next_roots - 1 + semitones) % 12 + 1, next_roots)
    pitches = features[..., PITCH].astype(np.int64)
    moved[..., PITCH] = np.where(pitches > 0, np.clip(pitches + semitones, 1, 128), 0)
    return moved


def room_to_transpose(token_ids: NDArray[np.integer[Any]], vocabulary: Vocabulary) -> tuple[int, int]:
    """Lowest and highest number of semitones by which every note stays within 0..127."""
    notes = token_ids[(token_ids >= vocabulary.note_on.start) & (token_ids < vocabulary.note_on.stop)]
    pitches = notes - vocabulary.note_on.start
    return (-int(pitches.min()), 127 - int(pitches.max())) if len(pitches) else (-127, 127)


@lru_cache(maxsize=128)
def _table(vocabulary: Vocabulary, semitones: int) -> NDArray[np.int64]:
    """The new id of every token, shape (V,)."""
    table = np.arange(len(vocabulary))

    def rotate(kind: Kind) -> None:
        classes = np.arange(12)
        table[kind.start + classes] = kind.start + (classes + semitones) % 12

    rotate(vocabulary.chord_root)
    rotate(vocabulary.chord_bass)
    pitches = np.arange(128)
    table[vocabulary.note_on.start + pitches] = vocabulary.note_on.start + np.clip(pitches + semitones, 0, 127)
    return table
