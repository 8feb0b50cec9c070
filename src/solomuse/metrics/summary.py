"""All figures of a solo, under stable names."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from solomuse.metrics.consonance import (
    chord_to_non_chord_tone_ratio,
    melody_chord_tonal_distance,
    pitch_consonance_score,
)
from solomuse.metrics.distributions import mean_inter_onset_interval, mean_interval, pitch_class_entropy
from solomuse.metrics.harmony import (
    chord_shift_gain,
    chord_tone_ratio,
    notes_per_bar,
    scale_share,
    step_resolution,
    tension_correctness,
)
from solomuse.metrics.playability import large_leap_share, notes_per_second, peak_notes_per_second, pitch_range
from solomuse.metrics.rhythm import groove_similarity, phrase_lengths, rest_share
from solomuse.metrics.structure import structure_indicators
from solomuse.music.leadsheet import LeadSheet

Measure = Callable[[LeadSheet], float]


def _alone(measure: Callable[[list[LeadSheet]], float]) -> Measure:
    """A measure that pools sheets, of one."""
    return lambda sheet: measure([sheet])


def _mean_phrase(sheet: LeadSheet) -> float:
    """Mean length of the phrases in quarter notes; NaN without one."""
    lengths = phrase_lengths(sheet)
    return float(lengths.mean()) if len(lengths) else math.nan


MEASURES: dict[str, Measure] = {
    "chord_tone_ratio": _alone(chord_tone_ratio),
    "chord_tone_ratio_strong_beats": _alone(partial(chord_tone_ratio, weighting="strong beats")),
    "chord_tone_ratio_by_time": _alone(partial(chord_tone_ratio, weighting="time")),
    "chord_shift_gain": _alone(chord_shift_gain),
    "scale_share": _alone(scale_share),
    "tension_correctness": _alone(tension_correctness),
    "step_resolution": _alone(step_resolution),
    "step_resolution_to_chord_tone": _alone(partial(step_resolution, to_chord_tone=True)),
    "chord_to_non_chord_tone_ratio": _alone(chord_to_non_chord_tone_ratio),
    "pitch_consonance_score": _alone(pitch_consonance_score),
    "melody_chord_tonal_distance": _alone(melody_chord_tonal_distance),
    "notes_per_bar": _alone(notes_per_bar),
    "rest_share": rest_share,
    "phrase_quarters": _mean_phrase,
    "groove_similarity": groove_similarity,
    "inter_onset_quarters": mean_inter_onset_interval,
    "pitch_class_entropy_1_bar": partial(pitch_class_entropy, bars=1),
    "pitch_class_entropy_4_bars": partial(pitch_class_entropy, bars=4),
    "mean_interval": mean_interval,
    "pitch_range": pitch_range,
    "large_leap_share": large_leap_share,
    "notes_per_second": notes_per_second,
    "peak_notes_per_second": peak_notes_per_second,
}
"""The measures of one solo; each name's unit and range are in the function's docstring."""


@dataclass(frozen=True, slots=True)
class Spread:
    """A figure over several solos.

    Parameters
    ----------
    mean, deviation : float
        NaN where no solo has the figure.
    solos : int
        How many have it.
    """

    mean: float
    deviation: float
    solos: int


def all_metrics(sheet: LeadSheet) -> dict[str, float]:
    """The figures of `MEASURES`, and ``structure_short``, ``_middle`` and ``_long``; NaN where one cannot be measured.

    Examples
    --------
    >>> from solomuse.music.chart_text import parse_chart
    >>> from solomuse.music.note import Note
    >>> figures = all_metrics(LeadSheet(parse_chart("C | G7"), (Note(0, 64, 480), Note(1920, 65, 480))))
    >>> figures["chord_tone_ratio"], figures["notes_per_bar"]
    (1.0, 1.0)
    """
    structure = {f"structure_{name}": value for name, value in structure_indicators(sheet).items()}
    return {**{name: measure(sheet) for name, measure in MEASURES.items()}, **structure}


def spreads(figures: Iterable[Mapping[str, float]]) -> dict[str, Spread]:
    """Mean and standard deviation of each figure over solos, as `all_metrics` gives them; each solo counts once."""
    rows = list(figures)
    found = {}
    for name in dict.fromkeys(name for row in rows for name in row):
        values = np.array([row[name] for row in rows if not math.isnan(row.get(name, math.nan))])
        mean, deviation = (float(values.mean()), float(values.std())) if len(values) else (math.nan, math.nan)
        found[name] = Spread(mean, deviation, len(values))
    return found
