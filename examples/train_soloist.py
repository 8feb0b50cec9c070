"""Trains the soloist that comes with the package, from its sources to its folder.

Two teachers come first: each learns from songs, lead sheets and jazz solos together, then from the solos alone, gently.
The soloist goes on from the first one's start and learns what both expect in the mean, at last above all what to play
when nothing is asked. Then what is left of when to rest where a solo begins and ends is fitted:

    python examples/train_soloist.py --wjazzd csv --openewld openewld --pop909-cl POP909_CL --out soloist

POP909 itself must lie beside POP909_CL: it says which notes are the melody. The folder ``soloist/model`` is what the
package holds as ``src/solomuse/soloist``. The same sources and versions give the same weights on the same machine. On
one core of a shared two-core machine it takes three hours and a half.
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from solomuse.config import Config, ModelConfig, load_config
from solomuse.datasets.build import prepare
from solomuse.datasets.load import Dataset, load_dataset
from solomuse.training import train
from solomuse.training.checkpoints import newest_whole
from solomuse.training.initial import config_of_model, model_from_folder
from solomuse.training.rests import fitted_rests

SHAPE = {"n_layer": 4, "n_head": 5, "n_embd": 320}
STYLES = {"wjazzd": "", "openewld": "songbook", "pop909-cl": "pop"}
"""The style of the songs of each source, where the source itself does not say it."""
MIXTURE = "wjazzd=2,pop909-cl=2,openewld=1"
TOGETHER = {"epochs": 4, "learning_rate": 1e-3, "mix": MIXTURE, "eval_steps": 500}
TEACHERS = ({"condition_dropout": 0.0}, {"condition_dropout": 0.2})
"""Whether the first training learns what to play when nothing is asked: enough to make two, neither of them better."""
JAZZ = {"epochs": 3, "learning_rate": 3e-4, "eval_steps": 160, "condition_dropout": 0.2}
"""Few and small steps, for the solos alone are soon learned by heart."""
TAUGHT = {"epochs": 5, "learning_rate": 6e-4, "eval_steps": 160, "condition_dropout": 0.2, "teacher_share": 0.5}
"""What teachers expect is not learned by heart, so these may be more and larger ones."""
UNASKED = {**TAUGHT, "epochs": 1, "learning_rate": 1.5e-4, "eval_steps": 80, "condition_dropout": 0.5}
"""Bits per note are those of solos that say all they can, so what comes of this is taken whatever they are."""


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
            prepare([getattr(arguments, name.replace("-", "_"))], dataset, replace(config.data, style=style))
    starts, teachers = [], []
    for number, own in enumerate(TEACHERS, start=1):
        together = config.with_values({**TOGETHER, **own})
        starts.append(trained(datasets, arguments.out / f"together-{number}", together))
        teachers.append(
            trained(datasets[:1], arguments.out / f"teacher-{number}", config.with_values(JAZZ), init=starts[-1])
        )
    taught, unasked = config.with_values(TAUGHT), config.with_values(UNASKED)
    model = trained(datasets[:1], arguments.out / "taught", taught, init=starts[0], teachers=teachers)
    trained(datasets[:1], arguments.out / "unasked", unasked, init=model, teachers=teachers)
    last = newest_whole(arguments.out / "unasked")
    assert last is not None, "a run that goes through to its end leaves a checkpoint"
    export(last, arguments.out / "model", load_dataset(datasets[0]), config.model)


def trained(
    datasets: Sequence[Path], out: Path, config: Config, *, init: Path | None = None, teachers: Sequence[Path] = ()
) -> Path:
    """The model of a run that goes through to its end."""
    run = train(datasets, out, config, init=init, teachers=teachers)
    if run.interrupted:
        raise SystemExit(f"interrupted in {out}: what comes next needs the whole of it")
    print(f"{run.model}: {run.after:.3f} bits per note", flush=True)
    return run.model


def export(model: Path, out: Path, solos: Dataset, config: ModelConfig) -> None:
    """Write a model folder with weights of 16 bits.

    It knows where the solos begin and end, and has no players of other data sets than theirs.
    """
    out.mkdir(parents=True, exist_ok=True)
    kept = ("config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json", "figures.npz")
    for name in kept:
        if (model / name).exists():
            shutil.copy(model / name, out / name)
    about = json.loads((model / "solomuse.json").read_text("utf-8"))
    about["players"] = [name for name in about["players"] if name in solos.players]
    (out / "solomuse.json").write_text(json.dumps(about, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    weights = load_file(model / "model.safetensors")
    trained = model_from_folder(model, config_of_model(model, config), solos.vocabulary)
    weights["rest_scores"] = fitted_rests(trained, solos.windows("train"), solos.vocabulary)
    weights = {name: weight.to(torch.bfloat16) for name, weight in weights.items()}
    save_file(weights, out / "model.safetensors", metadata={"format": "pt"})


if __name__ == "__main__":
    main()
