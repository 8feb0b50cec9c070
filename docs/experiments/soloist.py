"""How the bundled soloist came to its weights: tables in Markdown.

    python docs/experiments/soloist.py bits DATASET MODEL ...      # what the melodies cost
    python docs/experiments/soloist.py plays DATASET MODEL ...     # what is played when nothing is asked
    python docs/experiments/soloist.py ends DATASET MODEL          # rests where a solo begins and ends

DATASET is that of the solos, of `solomuse prepare`; a MODEL is a model folder or a run. The first two measure on the
validation split, the last one on both held-back ones.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from sampling import stretches, table
from transformers import PreTrainedModel

from solomuse.config import load_config
from solomuse.datasets.load import Dataset, load_dataset
from solomuse.evaluation.comparison import HUMAN, OTHER_HUMANS
from solomuse.evaluation.players import played_by_model
from solomuse.model.folder import load_model
from solomuse.model.likelihood import Sequence_, likelihood
from solomuse.model.rests import LAST, SILENT
from solomuse.training.initial import config_of_model, model_from_folder
from solomuse.training.rests import rest_odds


def model_of(path: Path, dataset: Dataset) -> PreTrainedModel:
    return model_from_folder(path, config_of_model(path, load_config("tiny").model), dataset.vocabulary).eval()


def bits(dataset: Dataset, *paths: Path) -> Iterator[str]:
    windows = list(dataset.windows("validation"))
    yield "| model | bits per note | pitch | rhythm |\n|---|---|---|---|"
    for path in paths:
        found = likelihood(model_of(path, dataset), windows, dataset.vocabulary).per_note()
        kinds = (found[f"{name}bits_per_note"] for name in ("", "pitch_", "rhythm_"))
        yield f"| {path.name} | {' | '.join(f'{value:.3f}' for value in kinds)} |"


def plays(dataset: Dataset, *paths: Path) -> Iterator[str]:
    human, others = stretches(dataset, "validation", 96)
    played = {path.name: played_by_model(load_model(path), human, (1, 2, 3), path.name) for path in paths}
    yield from table("model", {**played, HUMAN: human, OTHER_HUMANS: others})


def ends(dataset: Dataset, path: Path) -> Iterator[str]:
    model, windows = model_of(path, dataset), list(dataset.windows("held-back"))
    table = model.rest_scores.clone()
    model.rest_scores.zero_()
    without = shares(model, windows, dataset)
    model.rest_scores.copy_(table)
    yield "| `<BAR>` | places | given without the table | with it | it came |\n|---|---|---|---|---|"
    for name, fitted in shares(model, windows, dataset).items():
        figures = (without[name][:, 0], fitted[:, 0], fitted[:, 1])
        yield f"| {name} | {len(fitted)} | {' | '.join(f'{values.mean():.2f}' for values in figures)} |"


def shares(model: PreTrainedModel, windows: list[Sequence_], dataset: Dataset) -> dict[str, NDArray[np.float64]]:
    """By place: how likely ``<BAR>`` was and whether it came, shape (places, 2)."""
    scores, cells, kinds = rest_odds(model, windows, dataset.vocabulary)
    both = torch.stack((scores.softmax(-1)[:, 0], kinds == 0), dim=-1).numpy()
    begins, ends = cells.numpy().T
    return {
        "where a solo begins, before its first note": both[begins == SILENT],
        "where it ends, in the last bar but one": both[ends == LAST + 1],
        "in the last bar": both[ends == LAST],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", choices=("bits", "plays", "ends"))
    parser.add_argument("dataset", type=Path)
    parser.add_argument("models", type=Path, nargs="+")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    rows = {"bits": bits, "plays": plays, "ends": ends}[arguments.table](
        load_dataset(arguments.dataset), *arguments.models
    )
    for row in rows:
        print(row, flush=True)


if __name__ == "__main__":
    main()
