"""How near a solo is to human ones: some figures, each held against its spread over human solos.

``ranking.json`` has, for each figure, the mean and standard deviation over windows of the Weimar Jazz Database, and
what a deviation costs on either side. How it was made, and how well it tells human solos from others, is in
``docs/experiments/ranking.md``.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from solomuse.metrics.distributions import turn_share
from solomuse.metrics.line import columns
from solomuse.metrics.rhythm import on_beat_share, onset_entropy
from solomuse.metrics.structure import repeated_share
from solomuse.metrics.summary import MEASURES
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.note import TICKS_PER_QUARTER

PARTS: dict[str, tuple[str, ...]] = {
    "harmony": ("chord_tone_ratio", "chord_shift_gain", "scale_share", "step_resolution_to_chord_tone"),
    "phrases": ("phrase_quarters", "rest_share", "turn_share", "mean_interval"),
    "rhythm": ("onset_entropy", "groove_similarity", "on_beat_share", "notes_per_quarter"),
    "repetition": ("repeated_pitch_share", "returning_share", "pitch_class_entropy_4_bars"),
    "playability": ("large_leap_share", "pitch_range", "peak_notes_per_second"),
    "novelty": ("longest_shared_run",),
}
"""The figures of each part of the score."""

OF_RATIOS = ("phrase_quarters", "notes_per_quarter")
"""Figures of which twice as much is as far as half as much: their logarithm counts."""

FURTHEST = 3.0
"""Spreads at which a deviation is cut off: one odd figure shall not decide alone."""

WINDOW_BARS = 16
"""Length of the human solos by which all is measured."""

RETURNING_INTERVALS = 3
"""Of a figure that may come back in a line, in any key."""


@dataclass(frozen=True, slots=True)
class Norm:
    """A figure over human solos, and what it costs to be elsewhere.

    Parameters
    ----------
    mean, spread : float
        Mean and standard deviation; of the natural logarithm for `OF_RATIOS`.
    below, above : float
        Cost of each spread below and above the mean, at least 0; in log-odds.
    """

    mean: float
    spread: float
    below: float
    above: float

    def cost(self, name: str, value: float) -> float:
        """What a value of the figure costs; 0 where it is not known."""
        short, beyond = deviations(name, value, self.mean, self.spread)
        return self.below * short + self.above * beyond


def deviations(name: str, value: float, mean: float, spread: float) -> tuple[float, float]:
    """How many spreads a value lies below and above the mean, one of them 0; both of one that is not known."""
    if math.isnan(value):
        return 0.0, 0.0
    away = min(max((scaled(name, value) - mean) / spread, -FURTHEST), FURTHEST)
    return max(-away, 0.0), max(away, 0.0)


def scaled(name: str, value: float) -> float:
    """A figure as it is held against its mean."""
    return math.log(max(value, 1e-3)) if name in OF_RATIOS else value


def figures_of(sheet: LeadSheet, longest_shared_run: float = math.nan) -> dict[str, float]:
    """The figures of a melody, by the names of `PARTS`; NaN where one cannot be measured.

    The structure indicators are not among them: they are slow, and say nothing of a short solo.

    Parameters
    ----------
    sheet : LeadSheet
    longest_shared_run : float
        Counted notes that it shares with the training data in a row; NaN if that is not known.
    """
    times, pitches, _ = columns(sheet)
    own = {
        "turn_share": turn_share(pitches.tolist()),
        "onset_entropy": onset_entropy(times.tolist()),
        "on_beat_share": on_beat_share(sheet),
        "notes_per_quarter": len(times) * TICKS_PER_QUARTER / sheet.chart.duration,
        "repeated_pitch_share": float((np.diff(pitches) == 0).mean()) if len(pitches) > 1 else math.nan,
        "returning_share": repeated_share(np.diff(pitches), RETURNING_INTERVALS),
        "longest_shared_run": longest_shared_run,
    }
    names = (name for part in PARTS.values() for name in part)
    return {name: own[name] if name in own else MEASURES[name](sheet) for name in names}


def parts_of(figures: Mapping[str, float], norms: Mapping[str, Norm] | None = None) -> dict[str, float]:
    """What each part adds to the score: 0 for a solo that is as human ones are on average, else less.

    Parameters
    ----------
    figures : mapping
        As `figures_of` gives them.
    norms : mapping, optional
        Others than those of ``ranking.json``.
    """
    known = human_norms() if norms is None else norms
    return {part: -sum(known[name].cost(name, figures[name]) for name in names) for part, names in PARTS.items()}


@cache
def human_norms() -> dict[str, Norm]:
    """The norms of all figures."""
    return {name: Norm(**norm) for name, norm in _table()["figures"].items()}


def human_scores() -> dict[int, float]:
    """The scores below which 10, 50 and 90 in a hundred held-back human windows lie."""
    return {int(share): float(score) for share, score in _table()["human_scores"].items()}


@cache
def _table() -> dict[str, Any]:
    table: dict[str, Any] = json.loads(files("solomuse.generation").joinpath("ranking.json").read_text("utf-8"))
    return table
