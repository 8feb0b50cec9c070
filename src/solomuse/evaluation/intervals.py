"""How sure a mean over solos is: bootstrap intervals over tunes.

Solos over one tune are alike, so that tunes and not solos are drawn, with all their solos (cluster bootstrap: A.
Davison, D. Hinkley, "Bootstrap Methods and their Application", 1997, section 3.8). Players of the same tunes are drawn
together, so that a tune that is hard for both does not widen the interval of their difference.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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
    has_interval : bool
        Whether there are tunes enough to speak of one.
    """

    values: Floats
    means: Floats
    has_interval: bool

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
        return _estimate(self.mean, self.means, self.has_interval)

    def minus(self, other: Sample) -> Estimate:
        """How much higher the mean is than another one."""
        has_interval = self.has_interval and other.has_interval
        return _estimate(self.mean - other.mean, self.means - other.means, has_interval)


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
    return Sample(values, means, int((counts > 0).sum()) > 1)


def _estimate(mean: float, means: Floats, has_interval: bool) -> Estimate:
    own = means[~np.isnan(means)]
    if not has_interval or not len(own):
        return Estimate(mean, math.nan, math.nan)
    low, high = np.quantile(own, ((1 - LEVEL) / 2, (1 + LEVEL) / 2)).tolist()
    return Estimate(mean, low, high)
