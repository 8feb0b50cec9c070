"""What may be left out when tokens are drawn, and where temperature works: in all of them, or in the notes. A table.

python docs/experiments/sampling.py DATASET [--model MODEL] [--split validation] [--charts 96] [--seeds 1 2 3]
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from listening import at_bar_lines
from torch import Tensor

from solomuse.datasets.load import Dataset, load_dataset
from solomuse.evaluation.comparison import HUMAN, OTHER_HUMANS, Yardstick, compared
from solomuse.evaluation.excerpts import Excerpt, excerpts, halves
from solomuse.evaluation.players import played_by_model
from solomuse.generation import Controls
from solomuse.generation.sampling import Sampling
from solomuse.model.folder import load_model

FIGURES = {
    "notes_per_bar": "notes a bar",
    "phrase_quarters": "phrase, quarters",
    "pitch_class_entropy_1_bar": "entropy of a bar",
    "mean_interval": "mean interval",
    "groove_similarity": "groove",
    "chord_tone_ratio": "chord tones",
    "chord_shift_gain": "shift gain",
    "step_resolution": "resolved",
}
LINES = ("note on the line", "held over")
ALL = Sampling(top_p=1.0)


@dataclass(frozen=True)
class OfAllTokens(Controls):
    """Controls under which temperature and what is left out are those of all tokens, as in most language models."""

    of_all: Sampling = ALL
    top_p: float = 1.0

    @property
    def rules(self) -> tuple[Any, ...]:
        return (self.reshaped,)

    def reshaped(self, scores: Tensor, *_: object) -> Tensor:
        return self.of_all.likely(torch.softmax(scores / self.of_all.temperature, dim=-1)).log()


SETTINGS: dict[str, Controls] = {
    **{f"of all tokens: `top_p` {share}": OfAllTokens(of_all=Sampling(top_p=share)) for share in (0.95, 0.98, 0.995)},
    "of all tokens: `min_p` 0.02": OfAllTokens(of_all=replace(ALL, min_p=0.02)),
    **{f"of notes: `top_p` {share}": Controls(top_p=share) for share in (0.97, 0.98, 0.99, 0.995)},
    "nothing": Controls(top_p=1.0),
    **{
        f"temperature {value} of all tokens": OfAllTokens(of_all=replace(ALL, temperature=value))
        for value in (0.7, 0.85, 1.15)
    },
    **{
        f"temperature {value} of notes": Controls(top_p=1.0, temperature=value) for value in (0.0, 0.5, 0.7, 0.85, 1.15)
    },
}


def stretches(dataset: Dataset, split: str, count: int) -> tuple[list[Excerpt], list[Excerpt]]:
    """Human solos over so many charts of a split, and over other tunes."""
    human = excerpts(dataset, split, count, np.random.default_rng(1))
    return human, halves(excerpts(dataset, "train", 2 * count, np.random.default_rng(1)))[0]


def table(first: str, players: Mapping[str, Sequence[Excerpt]]) -> Iterator[str]:
    """Rows in Markdown; `HUMAN` must be among the players."""
    header = (first, "distance", *FIGURES.values(), *LINES)
    yield f"| {' | '.join(header)} |"
    yield f"|{'---|' * len(header)}"
    rows = compared(players, Yardstick(), 1)
    for name, played in players.items():
        lines = [figures for excerpt in played for _, figures in at_bar_lines(excerpt.sheet)]
        values = [rows[name]["distance"], *(rows[name]["figures"][figure]["mean"] for figure in FIGURES)]
        values += [float(np.mean([figures[line] for figures in lines])) for line in LINES]
        yield f"| {name} | {' | '.join(f'{value:.3f}' for value in values)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--model", default=None)
    parser.add_argument("--split", default="validation")
    parser.add_argument("--charts", type=int, default=96)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    arguments = parser.parse_args()
    model = load_model(arguments.model)
    human, others = stretches(load_dataset(arguments.dataset), arguments.split, arguments.charts)
    players = {
        name: played_by_model(model, human, arguments.seeds, name, controls=controls)
        for name, controls in SETTINGS.items()
    }
    for row in table("left out", {**players, HUMAN: human, OTHER_HUMANS: others}):
        print(row)


if __name__ == "__main__":
    main()
