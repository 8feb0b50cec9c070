"""Estimates the key of some notes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from solomuse.music.note import Note
from solomuse.music.notes import Notes
from solomuse.music.pitch import PITCH_CLASS_NAMES

MAJOR = np.array([6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88])
MINOR = np.array([6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17])
"""Probe-tone ratings of Krumhansl and Kessler (1982), by semitones above the tonic."""


def _profiles() -> NDArray[np.float64]:
    profiles = np.array([np.roll(profile, tonic) for profile in (MAJOR, MINOR) for tonic in range(12)])
    centred = profiles - profiles.mean(axis=1, keepdims=True)
    return np.asarray(centred / np.linalg.norm(centred, axis=1, keepdims=True))


KEY_PROFILES = _profiles()
"""By key, twelve in major and twelve in minor, and pitch class; mean 0, length 1."""


def key_of(*parts: Sequence[Note]) -> str:
    """The key whose profile correlates best with the parts' pitch classes, weighted by duration.

    Returns
    -------
    str
        As in a label: ``Bb:maj``; ``C:maj`` where there are no notes.
    """
    weights = np.zeros(12)
    for notes in map(Notes.of, parts):
        weights += np.bincount(notes.pitches % 12, weights=notes.ends - notes.times, minlength=12)
    if weights.max() == weights.min():
        return "C:maj"
    mode, tonic = divmod(int((KEY_PROFILES @ weights).argmax()), 12)
    return f"{PITCH_CLASS_NAMES[tonic]}:{('maj', 'min')[mode]}"
