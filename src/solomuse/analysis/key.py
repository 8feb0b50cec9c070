"""Estimates the key of some notes, and of a chart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from solomuse.music.chart import Chart
from solomuse.music.chord import Chord
from solomuse.music.keys import transpose_key
from solomuse.music.note import Note
from solomuse.music.notes import Notes

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
    return _key(KEY_PROFILES @ weights) if weights.max() > weights.min() else "C:maj"


def key_of_chart(chart: Chart) -> str | None:
    """The key that the chords of a chart are in: their tones, the root twice, and what they end and begin with.

    Of 384 lead sheets of OpenEWLD 91 % are given the signature that they are written in, 81 % by the tones alone.

    Returns
    -------
    str or None
        As in a label; None where the chart has no chord.
    """
    spans = [span for span in chart.spans() if span.chord.root is not None]
    if not spans:
        return None
    weights = chord_weights(chart)
    for span in spans:
        weights[span.chord.root] += span.duration
    weights -= weights.mean()
    correlations = KEY_PROFILES @ (weights / max(1e-9, float(np.linalg.norm(weights))))
    correlations[_tonic(spans[0].chord)] += FIRST_CHORD
    correlations[_tonic(spans[-1].chord)] += LAST_CHORD
    return _key(correlations)


def chord_weights(chart: Chart) -> NDArray[np.float64]:
    """How long each pitch class is a tone of the chords of a chart, in ticks, shape (12,)."""
    weights = np.zeros(12)
    for span in chart.spans():
        weights[[*span.chord.pitch_classes]] += span.duration
    return weights


FIRST_CHORD, LAST_CHORD = 0.1, 0.2
"""What it adds to the correlation of a key that its tonic chord begins or ends the chart."""


def _tonic(chord: Chord) -> int:
    """The key whose tonic a chord is, as an index of `KEY_PROFILES`."""
    assert chord.root is not None
    return chord.root + 12 * ((chord.root + 3) % 12 in chord.pitch_classes)


def _key(fits: NDArray[np.float64]) -> str:
    """The label of the key that fits best."""
    mode, tonic = divmod(int(fits.argmax()), 12)
    return transpose_key(("C:maj", "C:min")[mode], tonic)
