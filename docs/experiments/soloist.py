"""How the bundled soloist came to its weights after its two trainings: tables in Markdown.

    python docs/experiments/soloist.py average DATASET FIRST SECOND      # how much of each training
    python docs/experiments/soloist.py ends DATASET MODEL                # rests where a solo begins and ends

DATASET is that of the solos, of `solomuse prepare`; FIRST, SECOND and MODEL are model folders. The first measures on
the validation split, the second on both held-back ones.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from transformers import PreTrainedModel

from solomuse.config import load_config
from solomuse.datasets.load import Dataset, load_dataset
from solomuse.model.folder import model_folder
from solomuse.model.likelihood import Sequence_, likelihood
from solomuse.model.rests import LAST, SILENT
from solomuse.training.initial import config_of_model, model_from_folder
from solomuse.training.rests import rest_odds

SHARES = (1, 0.7, 2 / 3, 0.6, 0.5, 0.4, 0)


def model_of(path: Path, dataset: Dataset) -> PreTrainedModel:
    return model_from_folder(path, config_of_model(path, load_config("tiny").model), dataset.vocabulary).eval()


def windows_of(dataset: Dataset, split: str) -> list[Sequence_]:
    windows = dataset.windows(split)
    return [windows[index] for index in range(len(windows))]


def average(dataset: Dataset, first: Path, second: Path) -> Iterator[str]:
    model, windows = model_of(second, dataset), windows_of(dataset, "validation")
    a, b = (load_file(model_folder(path) / "model.safetensors") for path in (first, second))
    yield "| share of the second training | bits per note | pitch | rhythm |\n|---|---|---|---|"
    for share in SHARES:
        model.load_state_dict({name: (1 - share) * a[name] + share * b[name] for name in a}, strict=False)
        found = likelihood(model, windows, dataset.vocabulary).per_note()
        kinds = (found[f"{name}bits_per_note"] for name in ("", "pitch_", "rhythm_"))
        yield f"| {share:.2f} | {' | '.join(f'{bits:.3f}' for bits in kinds)} |"


def ends(dataset: Dataset, path: Path) -> Iterator[str]:
    model, windows = model_of(path, dataset), windows_of(dataset, "held-back")
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
    parser.add_argument("table", choices=("average", "ends"))
    parser.add_argument("dataset", type=Path)
    parser.add_argument("models", type=Path, nargs="+")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    rows = {"average": average, "ends": ends}[arguments.table](load_dataset(arguments.dataset), *arguments.models)
    for row in rows:
        print(row, flush=True)


if __name__ == "__main__":
    main()
