"""How often the intervals of an evaluation hold the truth, by the number of tunes. Prints a Markdown table.

    python docs/experiments/intervals.py DATASET

The truth is the mean of human windows on the training tunes of DATASET, four of each tune. Tunes are drawn at random;
two of a tune's windows, chosen at random, are one player's, the other two another's: no difference between them is one.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from solomuse.datasets.load import load_dataset
from solomuse.evaluation.excerpts import excerpts
from solomuse.evaluation.figures import COMPARED, SECTIONS, compared_figures
from solomuse.evaluation.intervals import LEVEL, Draws, Sample

TUNES = (2, 3, 4, 5, 6, 8, 10, 15, 22, 40)
WINDOWS = 4
TIMES = 200
NAMES = [name for section in COMPARED for name in SECTIONS[section]]


def population(path: Path) -> NDArray[np.float64]:
    """The figures of windows, shape (tunes, WINDOWS, figures)."""
    by_tune: dict[str, list[list[float]]] = {}
    for excerpt in excerpts(load_dataset(path), "train", 1000, np.random.default_rng(1)):
        figures = compared_figures(excerpt.sheet, excerpt.tune, None)
        by_tune.setdefault(excerpt.tune, []).append([figures[name] for name in NAMES])
    return np.array([rows[:WINDOWS] for rows in by_tune.values() if len(rows) >= WINDOWS])


def samples(values: NDArray[np.float64], seed: int) -> list[Sample]:
    """Each figure of a player; values (tunes, windows, figures)."""
    tunes = [str(tune) for tune in range(len(values)) for _ in values[tune]]
    figures = [dict(zip(NAMES, row, strict=True)) for row in values.reshape(len(tunes), -1).tolist()]
    return list(Draws(seed, 1000).samples(tunes, figures).values())


def ends(sample: Sample, other: Sample | None = None) -> NDArray[np.float64]:
    """The interval, and the percentiles of the draws as they are, shape (2, 2)."""
    means = sample.means - (other.means if other else 0)
    estimate = sample.minus(other) if other else sample.estimate()
    percentiles = np.nanquantile(means, ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
    return np.array([[estimate.low, estimate.high], percentiles])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", type=Path)
    known, rng = population(parser.parse_args().dataset), np.random.default_rng(2)
    truth = np.nanmean(known.reshape(-1, len(NAMES)), axis=0)
    print("| tunes | hold the truth | as percentiles | false stars | as percentiles |")
    print("|---|---|---|---|---|")
    for count in TUNES:
        holds, stars = [], []
        for seed in range(TIMES):
            drawn = known[rng.integers(len(known), size=count)]
            order = np.argsort(rng.random((count, WINDOWS)), axis=1)
            mixed = np.take_along_axis(drawn, order[:, :, None], axis=1)
            half = WINDOWS // 2
            players = [samples(mixed[:, part], seed) for part in (slice(half), slice(half, None))]
            for one, other, mean in zip(*players, truth, strict=True):
                if min(one.tunes, other.tunes) > 1:
                    own, difference = ends(one), ends(one, other)
                    holds.append((own[:, 0] <= mean) & (mean <= own[:, 1]))
                    stars.append((difference[:, 0] > 0) | (difference[:, 1] < 0))
        shares = [f"{share:.2f}" for share in (*np.mean(holds, axis=0), *np.mean(stars, axis=0))]
        print(f"| {count} | {' | '.join(shares)} |", flush=True)


if __name__ == "__main__":
    main()
