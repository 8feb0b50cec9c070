"""Estimates the key of some notes."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from solomuse.music.note import Note
from solomuse.music.pitch import PITCH_CLASS_NAMES

MAJOR = np.array([6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88])
MINOR = np.array([6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17])
"""Probe-tone ratings of Krumhansl and Kessler (1982), by semitones above the tonic."""


def key_of(notes: Iterable[Note]) -> str:
    """The key whose profile correlates best with the notes' pitch classes, weighted by duration.

    Returns
    -------
    str
        As in a label: ``Bb:maj``; ``C:maj`` where there are no notes.
    """
    weights = np.zeros(12)
    for note in notes:
        weights[note.pitch % 12] += note.duration
    if weights.max() == weights.min():
        return "C:maj"
    keys = [(tonic, mode) for mode in ("maj", "min") for tonic in range(12)]
    profiles = np.array([np.roll(MAJOR if mode == "maj" else MINOR, tonic) for tonic, mode in keys])
    centred = profiles - profiles.mean(axis=1, keepdims=True)
    fits = centred @ (weights - weights.mean()) / np.linalg.norm(centred, axis=1)
    tonic, mode = keys[int(fits.argmax())]
    return f"{PITCH_CLASS_NAMES[tonic]}:{mode}"
