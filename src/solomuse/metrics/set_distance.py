"""How near two sets of melodies are to each other: the method of MGEval.

L.-C. Yang, A. Lerch, "On the evaluation of generative models in music", Neural Computing and Applications 32, 2020.
Nine features of each melody; the Euclidean distances between melodies of the reference (intra-set), and from the
reference to the candidates (inter-set); both smoothed to densities, which are compared. Candidates that are like the
reference have inter-set distances as it has among its own.

Differences from the public code: transition matrices are shares, not counts, so that long and short melodies can be
compared; transitions reach over rests; onsets are in quarter notes, not seconds; lengths are in fractions of a quarter
note, not of a bar, which is the same in 4/4; and both densities of the divergence are taken at the same points (there
each over its own range, so that the divergence of a density and the same one moved aside is 0).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from solomuse.metrics.distributions import (
    mean_inter_onset_interval,
    mean_interval,
    note_length_histogram,
    note_length_transitions,
    pitch_class_histogram,
    pitch_class_transitions,
)
from solomuse.metrics.line import Floats, columns
from solomuse.metrics.playability import pitch_range
from solomuse.music.leadsheet import LeadSheet

FEATURES: dict[str, Callable[[LeadSheet], Floats | float]] = {
    "pitch_count": lambda sheet: float(len(np.unique(columns(sheet)[1]))),
    "pitch_range": pitch_range,
    "pitch_class_histogram": pitch_class_histogram,
    "pitch_class_transitions": pitch_class_transitions,
    "mean_interval": mean_interval,
    "note_count": lambda sheet: float(len(sheet.melody)),
    "mean_inter_onset_interval": mean_inter_onset_interval,
    "note_length_histogram": note_length_histogram,
    "note_length_transitions": note_length_transitions,
}
"""The nine features; a number or an array for each melody."""

POINTS = 1000
"""At which densities are compared, from the smallest distance to the largest."""


@dataclass(frozen=True, slots=True)
class SetDistance:
    """Two sets compared by one feature.

    Parameters
    ----------
    intra_mean, intra_deviation : float
        Of the distances between melodies of the reference.
    inter_mean, inter_deviation : float
        Of the distances from melodies of the reference to the candidates.
    kl_divergence : float
        Of the inter-set density from the intra-set one, in nats; 0 and up, 0 is the same. NaN where all distances of a
        set are equal.
    overlapping_area : float
        In [0, 1]: what both densities cover between the smallest and the largest distance of either set, so that it is
        less than 1 even for the same set twice. NaN likewise.
    """

    intra_mean: float
    intra_deviation: float
    inter_mean: float
    inter_deviation: float
    kl_divergence: float
    overlapping_area: float


def set_distances(reference: Sequence[LeadSheet], candidates: Sequence[LeadSheet]) -> dict[str, SetDistance]:
    """The two sets compared by each of `FEATURES`; melodies of fewer than two notes are left out.

    The published advice is 50 melodies and more on either side.

    Raises
    ------
    ValueError
        If fewer than three melodies remain in the reference or two among the candidates.
    """
    sets = [[sheet for sheet in sheets if len(sheet.melody) > 1] for sheets in (reference, candidates)]
    if len(sets[0]) < 3 or len(sets[1]) < 2:
        raise ValueError(f"{len(sets[0])} and {len(sets[1])} melodies of two notes and more: expected 3 and 2 at least")
    found = {}
    for name, feature in FEATURES.items():
        own, other = (np.array([np.ravel(feature(sheet)) for sheet in sheets]) for sheets in sets)
        intra, inter = _distances(own, own)[np.triu_indices(len(own), 1)], _distances(own, other).ravel()
        divergence, overlap = compare_densities(intra, inter)
        found[name] = SetDistance(
            intra_mean=float(intra.mean()),
            intra_deviation=float(intra.std()),
            inter_mean=float(inter.mean()),
            inter_deviation=float(inter.std()),
            kl_divergence=divergence,
            overlapping_area=overlap,
        )
    return found


def compare_densities(first: Floats, second: Floats) -> tuple[float, float]:
    """Divergence in nats of the second density from the first, and the area that both cover.

    Parameters
    ----------
    first, second : ndarray of shapes (n,) and (m,), float64
        Samples; Gaussian kernels of Scott's width smooth them (D. Scott, "Multivariate Density Estimation", 1992).

    Returns
    -------
    tuple of float
        Both NaN where all samples of one are equal.
    """
    if min(np.ptp(first), np.ptp(second)) < 1e-12:
        return math.nan, math.nan
    points = np.linspace(min(first.min(), second.min()), max(first.max(), second.max()), POINTS)
    p, q = density(first, points), density(second, points)
    area = float(np.trapezoid(np.minimum(p, q), points))
    p, q = np.maximum(p, 1e-300) / p.sum(), np.maximum(q, 1e-300) / q.sum()
    return float((p * np.log(p / q)).sum()), min(area, 1.0)


def density(samples: Floats, points: Floats) -> Floats:
    """Gaussian kernel density at points that are evenly spaced and cover the samples: shape of `points`.

    Each sample is shared between the two points beside it, so that the work does not grow with the samples.
    """
    step = points[1] - points[0]
    place = (samples - points[0]) / step
    left = np.clip(place.astype(np.int64), 0, len(points) - 2)
    weights = np.bincount(left, weights=1 - (place - left), minlength=len(points))
    weights += np.bincount(left + 1, weights=place - left, minlength=len(points))
    width = samples.std(ddof=1) * len(samples) ** -0.2
    offsets = step * np.arange(-(len(points) - 1), len(points))
    kernel = np.exp(-((offsets / width) ** 2) / 2) / (width * math.sqrt(2 * math.pi) * len(samples))
    smooth: Floats = np.convolve(weights, kernel)[len(points) - 1 : 2 * len(points) - 1]
    return smooth


def _distances(first: Floats, second: Floats) -> Floats:
    """Euclidean distance of each row of one from each of the other, shape (n, m)."""
    squares = (first**2).sum(axis=1)[:, None] + (second**2).sum(axis=1) - 2 * first @ second.T
    apart: Floats = np.sqrt(np.maximum(squares, 0.0))
    return apart
