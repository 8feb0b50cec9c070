"""Trains the soloist that comes with the package, from its sources to its folder.

First on songs, lead sheets and jazz solos together, then on the solos alone:

    python examples/train_soloist.py --wjazzd csv --openewld openewld --pop909 POP909 --out soloist

The folder ``soloist/model`` is what the package holds as ``src/solomuse/soloist``. The same sources and versions give
the same weights on the same machine. On one core of a shared two-core machine it takes an hour.
"""

from __future__ import annotations

import argparse
import json
import shutil
from dataclasses import replace
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from solomuse.config import load_config
from solomuse.datasets.build import prepare
from solomuse.datasets.load import load_dataset
from solomuse.training import train

SHAPE = {"n_layer": 4, "n_head": 6, "n_embd": 192}
STYLES = {"wjazzd": "", "openewld": "songbook", "pop909": "pop"}
"""The style of the songs of each source, where the source itself does not say it."""
MIXTURE = "wjazzd=2,pop909=2,openewld=1"
TOGETHER = {"epochs": 4, "learning_rate": 1e-3, "mix": MIXTURE, "eval_steps": 500}
JAZZ = {"epochs": 9, "learning_rate": 7e-4, "eval_steps": 250}


def main() -> None:
    parser = argparse.ArgumentParser(description="Train the bundled soloist.")
    for name in STYLES:
        parser.add_argument(f"--{name}", type=Path, required=True, help="folder of the data set")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    config = load_config("tiny").with_values({**SHAPE, "threads": arguments.threads})
    datasets = [arguments.out / name for name in STYLES]
    for (name, style), dataset in zip(STYLES.items(), datasets, strict=True):
        if not dataset.exists():
            prepare([getattr(arguments, name)], dataset, replace(config.data, style=style))
    first = train(datasets, arguments.out / "together", config.with_values(TOGETHER))
    second = train(datasets[0], arguments.out / "jazz", config.with_values(JAZZ), init=first.model)
    export(second.model, arguments.out / "model", load_dataset(datasets[0]).players)
    print(f"{second.after:.3f} bits per note; {arguments.out / 'model'}")


def export(model: Path, out: Path, players: tuple[str, ...]) -> None:
    """Write a model folder with weights of 16 bits, and without players of other data sets than the solos'."""
    out.mkdir(parents=True, exist_ok=True)
    kept = ("config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json", "figures.npz")
    for name in kept:
        if (model / name).exists():
            shutil.copy(model / name, out / name)
    about = json.loads((model / "solomuse.json").read_text("utf-8"))
    about["players"] = [name for name in about["players"] if name in players]
    (out / "solomuse.json").write_text(json.dumps(about, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    weights = {name: weight.to(torch.bfloat16) for name, weight in load_file(model / "model.safetensors").items()}
    save_file(weights, out / "model.safetensors", metadata={"format": "pt"})


if __name__ == "__main__":
    main()
