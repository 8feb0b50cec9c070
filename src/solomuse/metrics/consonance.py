"""How consonant a melody is with its chords: the three measures of Yeh et al. (2020).

Y.-C. Yeh et al., "Automatic melody harmonization with triad chords: a comparative study", Journal of New Music
Research 50, 2021 (arXiv 2001.02360). They measure chords for a given melody; here the chords are given.
The paper's chords are triads; here all tones of the quality count, as in `solomuse.metrics.harmony`. All pool the
notes of several lead sheets and leave out what is over no chord.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

import numpy as np

from solomuse.metrics.line import Floats, Stretches, lines, stretches
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.scales import chord_tones

CONSONANCE = np.array([1, -1, -1, 1, 1, 0, -1, 1, 1, 1, -1, -1])
"""By semitones from a chord tone up to the melody: 1 for unison, thirds, fifth, sixths, 0 for the fourth, else -1."""

_RADII = np.array([1.0, 1.0, 0.5])
"""Of the circles of fifths, of minor thirds and of major thirds."""
_ANGLES = np.pi * np.array([7 / 6, 3 / 2, 2 / 3])
"""Radians for a semitone on each circle."""


def chord_to_non_chord_tone_ratio(sheets: Iterable[LeadSheet]) -> float:
    """CTnCTR: share of the notes that are chord tones, those outside that move on within two semitones among them.

    ``(n_c + n_p) / (n_c + n_n)`` with the numbers of chord tones, of notes outside and, among these, of proper ones:
    the note after one is at most two semitones away. A repeated note is not taken for one that moves on. The
    public code of SurpriseNet differs from the paper: there it must lead to a chord tone in the same half bar.

    Returns
    -------
    float
        In [0, 1]; NaN where no note starts over a chord.
    """
    hits = total = 0
    for line in lines(sheets):
        hits += int((line.belongs(chord_tones) | line.moves_by_step).sum())
        total += len(line.pitches)
    return hits / total if total else math.nan


def pitch_consonance_score(sheets: Iterable[LeadSheet]) -> float:
    """PCS: mean of `CONSONANCE` between the melody and each tone of the chord that sounds with it, by time.

    The paper takes sixteenths and leaves rests out; to weigh by time is the same where notes begin on sixteenths, and
    serves triplets too. The melody counts as above the chord, whatever its octave.

    Returns
    -------
    float
        In [-1, 1]; NaN where nothing sounds over a chord.
    """

    def scores(part: Stretches) -> Floats:
        by_chord = np.zeros((len(part.chords), 12))
        for row, chord in zip(by_chord, part.chords, strict=True):
            if tones := chord_tones(chord):
                row[:] = CONSONANCE[(np.arange(12)[:, None] - np.array(tones)) % 12].mean(axis=1)
        return by_chord[part.chord_by_stretch, part.pitches % 12]

    return _by_time((part, scores(part)) for part in map(stretches, sheets))


def melody_chord_tonal_distance(sheets: Iterable[LeadSheet]) -> float:
    """MCTD: mean distance of melody and chord in the space of tonal centroids, by time.

    The centroid of pitch classes is their mean on three circles: of fifths, minor thirds and major thirds, with the
    radii 1, 1 and 0.5. The distance is Euclidean.

    Returns
    -------
    float
        In [0, 3]; less is closer. 1.03 for the root over a major triad. NaN where nothing sounds over a chord.

    References
    ----------
    C. Harte, M. Sandler, M. Gasser, "Detecting harmonic change in musical audio", AMCMM 2006.
    """

    def distances(part: Stretches) -> Floats:
        chords = np.array(
            [_CENTROIDS[list(chord_tones(c))].mean(axis=0) if c.root is not None else np.zeros(6) for c in part.chords]
        )
        apart: Floats = np.linalg.norm(_CENTROIDS[part.pitches % 12] - chords[part.chord_by_stretch], axis=1)
        return apart

    return _by_time((part, distances(part)) for part in map(stretches, sheets))


def _centroids() -> Floats:
    """The tonal centroid of each pitch class, shape (12, 6)."""
    angles = np.arange(12)[:, None] * _ANGLES
    return np.concatenate([_RADII * np.sin(angles), _RADII * np.cos(angles)], axis=1)


_CENTROIDS = _centroids()


def _by_time(parts: Iterator[tuple[Stretches, Floats]]) -> float:
    """Mean of the values of stretches, each by its length."""
    total = weight = 0.0
    for part, values in parts:
        total += float((part.durations * values).sum())
        weight += float(part.durations.sum())
    return total / weight if weight else math.nan
