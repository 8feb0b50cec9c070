from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import gaussian_kde

from solomuse.metrics.set_distance import compare_densities, density, set_distances
from solomuse.music.chart_text import parse_chart
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.note import Note


def melodies(count: int, step: int, seed: int) -> list[LeadSheet]:
    """Walks of eighths with steps of at most so many semitones."""
    rng = np.random.default_rng(seed)
    chart = parse_chart("C | F | G7 | C")
    walks = 60 + np.cumsum(rng.integers(-step, step + 1, (count, 32)), axis=1).clip(-40, 40)
    return [
        LeadSheet(chart, tuple(Note(240 * i, pitch, 240) for i, pitch in enumerate(walk))) for walk in walks.tolist()
    ]


def test_the_density_is_that_of_scipy() -> None:
    samples = np.random.default_rng(1).gamma(2.0, size=300)
    points = np.linspace(samples.min(), samples.max(), 1000)
    assert density(samples, points) == pytest.approx(gaussian_kde(samples)(points), abs=1e-4)


def test_the_same_distances_have_the_same_density() -> None:
    samples = np.random.default_rng(1).normal(size=200)
    divergence, area = compare_densities(samples, samples)
    assert divergence == 0.0
    assert area == pytest.approx(0.98, abs=0.02)  # the tails beyond the largest distance are not counted


def test_a_density_moved_aside_diverges() -> None:
    samples = np.random.default_rng(1).normal(size=500)
    divergence, area = compare_densities(samples, samples + 2.0)
    assert divergence == pytest.approx(2.0, rel=0.3)  # that of unit Gaussians two apart, in nats
    assert area == pytest.approx(0.317, abs=0.05)


def test_distances_that_are_all_equal_have_no_density() -> None:
    assert all(math.isnan(value) for value in compare_densities(np.zeros(5), np.arange(5.0)))


def test_melodies_of_one_kind_are_nearer_than_those_of_another() -> None:
    steps, more_steps, leaps = melodies(30, 2, 1), melodies(30, 2, 2), melodies(30, 12, 3)
    near, far = (set_distances(steps, other)["mean_interval"] for other in (more_steps, leaps))
    assert near.overlapping_area > 0.7 > 0.3 > far.overlapping_area
    assert near.kl_divergence < far.kl_divergence
    assert near.inter_mean < far.inter_mean


def test_distances_by_hand() -> None:
    # note counts 2, 3, 5 within the reference: 1, 3, 2; to the candidates 2 and 4: 0 1 3, 2 1 1
    sheets = [LeadSheet(parse_chart("C"), tuple(Note(i, 60 + i, 1) for i in range(n))) for n in (2, 3, 5, 2, 4)]
    found = set_distances(sheets[:3], sheets[3:])["note_count"]
    assert found.intra_mean == pytest.approx(2.0)
    assert found.inter_mean == pytest.approx(8 / 6)


def test_too_few_melodies_are_refused() -> None:
    with pytest.raises(ValueError, match="expected 3 and 2"):
        set_distances(melodies(2, 2, 1), melodies(5, 2, 1))
