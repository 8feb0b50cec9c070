"""Players side by side: models, baselines and humans by the same figures."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from solomuse.evaluation.excerpts import Excerpt
from solomuse.evaluation.figures import COMPARED, SECTIONS, Corpus, compared_figures
from solomuse.evaluation.intervals import Draws, Sample
from solomuse.metrics.distributions import LARGEST_INTERVAL, NOTE_LENGTHS, interval_histogram, note_length_histogram
from solomuse.metrics.harmony import chord_shift_curve
from solomuse.metrics.line import lines
from solomuse.metrics.originality import diversity
from solomuse.metrics.rhythm import bar_rhythm_divergence
from solomuse.metrics.set_distance import FEATURES, set_distances
from solomuse.music.leadsheet import LeadSheet

HUMAN, OTHER_HUMANS, MORE_HUMANS = "human", "other humans", "more humans"
"""Names of the rows of humans: on the same tunes, and on two halves of others. The first that is there is what all are
held against."""
SHIFTS = (-16, -8, -4, -2, -1, 0, 1, 2, 4, 8, 16)
"""Quarters by which chords come later on the chord-shift curve."""
FEWEST_IN_SET = 3
"""Melodies of two notes and more that a set must have to be compared with another."""


@dataclass(frozen=True, slots=True)
class Yardstick:
    """What players are held against.

    Parameters
    ----------
    corpus : Corpus or None
        For originality.
    reference : sequence of LeadSheet
        Human melodies on tunes that no player plays; for distances between sets. May be empty.
    """

    corpus: Corpus | None = None
    reference: Sequence[LeadSheet] = ()


def compared(players: Mapping[str, Sequence[Excerpt]], yardstick: Yardstick, seed: int) -> dict[str, dict[str, Any]]:
    """Each player's figures, with intervals and the difference from the humans'.

    Parameters
    ----------
    players : mapping of str to sequence of Excerpt
        What each plays; `HUMAN`, `OTHER_HUMANS` and `MORE_HUMANS` may be among them.

    Returns
    -------
    dict
        For each player ``solos``, ``tunes``, ``takes``; ``figures``, each with ``mean``, ``low``, ``high``,
        ``minus_human`` (mean, low and high of the difference) and ``distance`` (its size in standard deviations between
        human solos); ``distances``, their mean in each section of `COMPARED`, and ``distance``, the mean of these;
        ``chord_shift_curve``; ``sets``; ``histograms``.
    """
    draws = Draws(seed)
    samples = {name: _samples(own, yardstick.corpus, draws) for name, own in players.items()}
    human = samples.get(HUMAN) or samples.get(OTHER_HUMANS)
    return {name: _row(own, samples[name], human, yardstick) for name, own in players.items()}


def _samples(played: Sequence[Excerpt], corpus: Corpus | None, draws: Draws) -> dict[str, Sample]:
    figures = [compared_figures(excerpt.sheet, excerpt.tune, corpus) for excerpt in played]
    return draws.samples([excerpt.tune for excerpt in played], figures)


def _row(
    played: Sequence[Excerpt], samples: Mapping[str, Sample], human: Mapping[str, Sample] | None, yardstick: Yardstick
) -> dict[str, Any]:
    sheets = [excerpt.sheet for excerpt in played]
    figures = {name: _figure(sample, human[name] if human else None) for name, sample in samples.items()}
    distances = {
        title: _mean([figures[name]["distance"] for name in SECTIONS[title] if name in figures]) for title in COMPARED
    }
    return {
        "solos": len(played),
        "tunes": len({excerpt.tune for excerpt in played}),
        "takes": len({excerpt.take for excerpt in played}),
        "distance": _mean(list(distances.values())),
        "distances": distances,
        "figures": figures,
        "chord_shift_curve": dict(zip(map(str, SHIFTS), _shift_curve(sheets), strict=True)),
        "sets": _sets(played, yardstick.reference),
        "histograms": histograms(sheets),
    }


def _figure(sample: Sample, human: Sample | None) -> dict[str, Any]:
    if human is None:
        return {**asdict(sample.estimate()), "minus_human": None, "distance": math.nan}
    difference = sample.minus(human)
    spread = human.deviation
    return {
        **asdict(sample.estimate()),
        "minus_human": None if human is sample else asdict(difference),
        "distance": 0.0 if human is sample else abs(difference.mean) / spread if spread > 0 else math.nan,
    }


def _sets(played: Sequence[Excerpt], reference: Sequence[LeadSheet]) -> dict[str, Any]:
    """What only sets of melodies have, take by take, so that sets of one size are compared: the means over takes."""
    if [excerpt.sheet for excerpt in played] == list(reference):  # nothing is to be learned of a set and itself
        return {"diversity": _diversity(played)}
    takes = [[e.sheet for e in played if e.take == take] for take in sorted({e.take for e in played})]
    found = {
        "diversity": _diversity(played),
        "bar_rhythm_divergence": _mean([bar_rhythm_divergence(reference, sheets) for sheets in takes]),
    }
    if any(_voices(sheets) < FEWEST_IN_SET for sheets in (reference, *takes)):
        return found
    by_take = [set_distances(reference, sheets) for sheets in takes]
    return {
        **found,
        "overlapping_area": {name: _mean([take[name].overlapping_area for take in by_take]) for name in FEATURES},
        "kl_divergence": {name: _mean([take[name].kl_divergence for take in by_take]) for name in FEATURES},
    }


def _voices(sheets: Sequence[LeadSheet]) -> int:
    return sum(len(sheet.melody) > 1 for sheet in sheets)


def _diversity(played: Sequence[Excerpt]) -> float:
    """Mean diversity among the takes over one chart; where each chart has one, among those over one tune."""
    groups: dict[str, list[list[int]]] = {}
    has_takes = any(excerpt.take != played[0].take for excerpt in played)
    for excerpt in played:
        pitches = [note.pitch for note in excerpt.sheet.melody]
        groups.setdefault(excerpt.chart if has_takes else excerpt.tune, []).append(pitches)
    return _mean([diversity(group) for group in groups.values() if len(group) > 1])


def _shift_curve(sheets: Sequence[LeadSheet]) -> list[float]:
    """Chord tones at each of `SHIFTS`, each solo counting once; at 0 the figure of the table."""
    curves = [chord_shift_curve([sheet], SHIFTS).tolist() for sheet in sheets]
    return [_mean([curve[place] for curve in curves]) for place in range(len(SHIFTS))]


def histograms(sheets: Sequence[LeadSheet]) -> dict[str, dict[str, float]]:
    """Shares of note lengths, intervals and degrees above the root of the chord, each solo counting once."""
    lengths, intervals, degrees = (
        np.mean([own for own in map(histogram, sheets) if own.any()] or [np.zeros(size)], axis=0).tolist()
        for histogram, size in (
            (note_length_histogram, len(NOTE_LENGTHS)),
            (interval_histogram, 2 * LARGEST_INTERVAL + 1),
            (_degree_histogram, 12),
        )
    )
    return {
        "note_lengths": dict(zip(NOTE_LENGTHS, lengths, strict=True)),
        "intervals": dict(zip(map(str, range(-LARGEST_INTERVAL, LARGEST_INTERVAL + 1)), intervals, strict=True)),
        "degrees": dict(zip(map(str, range(12)), degrees, strict=True)),
    }


def _degree_histogram(sheet: LeadSheet) -> NDArray[np.float64]:
    """Share of the notes at each interval above the root of their chord, in semitones, shape (12,); zeros without."""
    counts = np.zeros(12)
    for line in lines([sheet]):
        roots = np.array([chord.root or 0 for chord in line.chords])
        counts += np.bincount((line.pitches - roots[line.chord_by_note]) % 12, minlength=12)
    return counts / max(1.0, float(counts.sum()))


def _mean(values: Sequence[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    return float(np.mean(known)) if known else math.nan
