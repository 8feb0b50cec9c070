"""How sure a mean over solos is: bootstrap intervals over tunes.

Solos over one tune are alike, so that tunes and not solos are drawn, with all their solos (cluster bootstrap: A.
Davison, D. Hinkley, "Bootstrap Methods and their Application", 1997, section 3.8). Players of the same tunes are drawn
together, so that a tune that is hard for both does not widen the interval of their difference.

Few tunes differ less among themselves than all tunes do, and a percentile of their draws knows nothing of it. So the
interval of k tunes is made wider about the mean, by what Student's t has over the normal distribution and by
sqrt(k / (k - 1)); after the expanded percentile interval of T. Hesterberg, "What Teachers Should Know About the
Bootstrap", The American Statistician 69 (4), 2015. `docs/experiments/intervals.py` measures how often it holds the
truth.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

DRAWS = 2000
LEVEL = 0.95

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean with its interval at `LEVEL`.

    Parameters
    ----------
    mean, low, high : float
        The mean is NaN where no solo has the figure, the others where fewer than two tunes have it.
    """

    mean: float
    low: float
    high: float

    @property
    def is_sure(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One figure of some solos, and its mean in each draw.

    Parameters
    ----------
    values : ndarray of shape (solos,), float64
        NaN where a solo does not have the figure.
    means : ndarray of shape (draws,), float64
    tunes : int
        How many of them have the figure.
    """

    values: Floats
    means: Floats
    tunes: int

    @property
    def mean(self) -> float:
        """Of all solos that have the figure; each counts once."""
        own = self.values[~np.isnan(self.values)]
        return float(own.mean()) if len(own) else math.nan

    @property
    def deviation(self) -> float:
        """Standard deviation between solos."""
        own = self.values[~np.isnan(self.values)]
        return float(own.std(ddof=1)) if len(own) > 1 else math.nan

    def estimate(self) -> Estimate:
        """The mean with its interval."""
        return _estimate(self.mean, self.means, self.tunes)

    def minus(self, other: Sample) -> Estimate:
        """How much higher the mean is than another one."""
        return _estimate(self.mean - other.mean, self.means - other.means, min(self.tunes, other.tunes))


@dataclass(frozen=True, slots=True, eq=False)
class Draws:
    """How often each tune is drawn, the same for all players of the same tunes.

    Parameters
    ----------
    seed : int
    draws : int
    """

    seed: int
    draws: int = DRAWS

    def samples(self, tunes: Sequence[str], figures: Sequence[Mapping[str, float]]) -> dict[str, Sample]:
        """Each figure of some solos, given the tune of each."""
        names = list(dict.fromkeys(name for row in figures for name in row))
        known = sorted(set(tunes))
        if not known:
            return {}
        rng = np.random.default_rng(self.seed)
        weights = rng.multinomial(len(known), np.full(len(known), 1 / len(known)), size=self.draws).astype(np.float64)
        member = np.array([[tune == own for own in tunes] for tune in known], dtype=np.float64)  # (tunes, solos)
        columns = {name: np.array([row.get(name, math.nan) for row in figures]) for name in names}
        return {name: _sample(values, member, weights) for name, values in columns.items()}


def _sample(values: Floats, member: Floats, weights: Floats) -> Sample:
    is_there = ~np.isnan(values)
    sums, counts = member @ np.where(is_there, values, 0.0), member @ is_there
    totals = weights @ counts
    means = np.divide(weights @ sums, totals, out=np.full(len(weights), math.nan), where=totals > 0)
    return Sample(values, means, int((counts > 0).sum()))


def _estimate(mean: float, means: Floats, tunes: int) -> Estimate:
    own = means[~np.isnan(means)]
    if tunes < 2 or not len(own):
        return Estimate(mean, math.nan, math.nan)
    ends = np.quantile(own, ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
    low, high = (mean + _widening(tunes) * (ends - mean)).tolist()
    return Estimate(mean, low, high)


@cache
def _widening(tunes: int) -> float:
    """By how much the interval of few tunes has to be wider than their percentiles."""
    upper = (1 + LEVEL) / 2
    return student_quantile(upper, tunes - 1) / NormalDist().inv_cdf(upper) * math.sqrt(tunes / (tunes - 1))


def student_quantile(share: float, freedom: int) -> float:
    """The value below which Student's t is with a probability, at some degrees of freedom.

    With t = sqrt(freedom) * tan(angle) the density of the angle goes with cos(angle) ** (freedom - 1), which is added
    up.

    Examples
    --------
    >>> [round(student_quantile(0.975, freedom), 3) for freedom in (1, 2, 9, 1000)]
    [12.706, 4.303, 2.262, 1.962]
    """
    angles = np.linspace(-math.pi / 2, math.pi / 2, 20_001)
    density = np.cos(angles) ** (freedom - 1)
    below = np.concatenate([[0.0], np.cumsum(density[1:] + density[:-1])])
    return math.sqrt(freedom) * math.tan(float(np.interp(share, below / below[-1], angles)))
