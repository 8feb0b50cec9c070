"""Who plays over the charts that are measured: a model and the baselines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from solomuse.datasets.load import Dataset
from solomuse.evaluation.excerpts import Excerpt
from solomuse.evaluation.scale_walk import Walker
from solomuse.generation.controls import Controls
from solomuse.generation.solos import solos_over
from solomuse.model.folder import Model
from solomuse.tokens.codec import Codec

AT_ONCE = 64
"""Solos that are played in one batch."""
MOST_WINDOWS = 400
"""Windows that rhythms are taken from: some 6,400 bars say what there is to say."""

Say = Callable[[str], None]
"""Is told what is being done, for whoever waits."""


def silent(_: str) -> None:
    """Tells nobody."""


def played_by_model(
    model: Model,
    charts: Sequence[Excerpt],
    seeds: Sequence[int],
    name: str,
    say: Say = silent,
    controls: Controls = Controls(),
) -> list[Excerpt]:
    """A take over each chart for each seed, as `generate` plays what is the same part of a solo as the excerpt is."""
    takes = []
    for take, seed in enumerate(seeds):
        say(f"{name} plays {len(charts)} solos, seed {seed}")
        for first in range(0, len(charts), AT_ONCE):
            part = charts[first : first + AT_ONCE]
            charts_of_part, places = zip(*((own.sheet.chart, own.place) for own in part), strict=True)
            solos = solos_over(model, charts_of_part, controls, seed + first, places)
            takes += [
                replace(own, sheet=replace(own.sheet, melody=solo.sheet.melody), take=take)
                for own, solo in zip(part, solos, strict=True)
            ]
    return takes


def played_by_walker(walker: Walker, charts: Sequence[Excerpt], seeds: Sequence[int]) -> list[Excerpt]:
    """A random walk over each chart for each seed."""
    return [
        replace(own, sheet=walker.play(own.sheet.chart, np.random.default_rng((seed, place))), take=take)
        for take, seed in enumerate(seeds)
        for place, own in enumerate(charts)
    ]


def walker_of(dataset: Dataset) -> Walker:
    """A walker with the rhythms and the range of training windows of a dataset."""
    windows, codec = dataset.windows("train"), Codec(dataset.vocabulary)
    chosen = np.random.default_rng(0).permutation(len(windows))[:MOST_WINDOWS]
    return Walker.of(codec.decode(windows[index][0].tolist()) for index in sorted(chosen.tolist()))
