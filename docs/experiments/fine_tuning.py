"""What fine-tuning does for corners of music that the soloist has never heard: a table in Markdown.

    python docs/experiments/fine_tuning.py DATA OUT [--corners jigs waltzes] [--seeds 1 2 3] [--config my.toml]

DATA holds ``improvisor/``, of Impro-Visor, and ``nottingham/``, the Nottingham Music Database. For each corner and
seed, `GIVEN` tunes go through what docs/fine-tuning.md tells a user to do, and other ones, which no part of it has
seen, are measured before and after. Datasets, runs and figures stay under OUT; a split that has its figures there is
not done again.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from solomuse.config import FINETUNE, Config, load_config
from solomuse.datasets.build import prepare
from solomuse.datasets.duplicates import duplicate_pairs, groups_of, melody_print
from solomuse.datasets.load import Dataset, Windows, load_dataset
from solomuse.datasets.splits import SPLITS
from solomuse.errors import SoloMuseError
from solomuse.evaluation.excerpts import Excerpt, spread_over_tunes, tunes_of
from solomuse.evaluation.players import played_by_model
from solomuse.evaluation.prediction import predicted
from solomuse.formats.abc import read_abc_tunes, split_tunes
from solomuse.formats.improvisor import read_improvisor
from solomuse.generation.samples import write_sample
from solomuse.metrics.harmony import chord_shift_gain, chord_tone_ratio, notes_per_bar
from solomuse.model.folder import load_model, model_folder
from solomuse.music.leadsheet import LeadSheet
from solomuse.tokens.codec import Codec
from solomuse.training import train

GIVEN = 24
"""Tunes that the user has: to learn from, and to stop by."""
MEASURED = 36
"""Other tunes of the corner that are measured, at most."""
CHARTS, SEEDS = 24, (1, 2)
"""Held-back charts that are played over, and a take over each for each of the seeds."""
BUNDLED = Path("default")
FIGURES = "figures.json"
MEASURES: dict[str, Callable[[Sequence[LeadSheet]], float]] = {
    "chord_tones": chord_tone_ratio,
    "gain": chord_shift_gain,
    "notes_per_bar": notes_per_bar,
}
HEADER = (
    "corner",
    "tunes and notes held back",
    "bits per note",
    "change",
    "other chords cost",
    "chord tones (human)",
    "chord-shift gain (human)",
    "notes a bar (human)",
    "steps",
    "processor, wall",
)


@dataclass(frozen=True, slots=True)
class Tune:
    """A file of one tune: its name, its text, and what is read from it."""

    name: str
    title: str
    text: str
    sheet: LeadSheet


def tunes_of_book(path: Path) -> Iterator[Tune]:
    """The tunes of a book of ABC that can be read."""
    for number, text in enumerate(split_tunes(path.read_text("utf-8")), start=1):
        ((title, result),) = read_abc_tunes(text)
        if isinstance(result, LeadSheet):
            yield Tune(f"{number:03}.abc", title, text, result)


def solos_of(composer: str, folder: Path) -> Iterator[Tune]:
    """Impro-Visor leadsheets in which every chorus of melody is by one player."""
    for path in sorted(folder.glob("*.ls")):
        text = path.read_text("utf-8", errors="replace")
        parts = [part for part in re.split(r"\(part\b", text)[1:] if "(type melody)" in part]
        if {"".join(re.findall(r"\(composer ([^)]*)\)", part)) for part in parts} != {composer}:
            continue
        try:
            sheet = read_improvisor(text)
        except SoloMuseError:
            continue
        yield Tune(path.name, sheet.chart.title or path.stem, text, sheet)


def book(name: str) -> Callable[[Path], Iterator[Tune]]:
    return lambda data: tunes_of_book(data / "nottingham" / "ABC_cleaned" / f"{name}.abc")


CORNERS: dict[str, Callable[[Path], Iterator[Tune]]] = {
    "solos": lambda data: solos_of("Bob Keller", data / "improvisor" / "solos"),
    "jigs": book("jigs"),
    "waltzes": book("waltzes"),
    "hornpipes": book("hpps"),
}
"""The tunes of each corner: of one jazz teacher, and of three dances."""


def distinct(tunes: Sequence[Tune]) -> list[Tune]:
    """The first of each tune, whether others share its title or, in whatever key, its melody."""
    prints = [melody_print([tune.sheet]) for tune in tunes]
    groups = groups_of([tune.title for tune in tunes], duplicate_pairs(prints))
    return [tune for place, tune in enumerate(tunes) if groups.index(groups[place]) == place]


def dataset_of(tunes: Sequence[Tune], out: Path, **values: Any) -> Path:
    """A dataset of some tunes, made of a folder of their files."""
    files = out.with_name(f"{out.name}-files")
    files.mkdir(parents=True, exist_ok=True)
    for tune in tunes:
        (files / tune.name).write_text(tune.text, "utf-8")
    prepare([files], out, replace(load_config("tiny").data, **values), jobs=1, overwrite=True)
    return out


@dataclass(frozen=True, slots=True)
class Measure:
    """What models are measured by: all windows of a dataset, side by side, and some charts to play over.

    Its own split, which would hold back less than all of it, does not count. The training windows lie side by side too
    where the dataset is made with a hop as long as they are.
    """

    dataset: Dataset
    windows: Windows
    sheets: tuple[LeadSheet, ...]
    charts: tuple[Excerpt, ...]

    @classmethod
    def of(cls, path: Path) -> Measure:
        dataset = load_dataset(path)
        parts = [dataset.windows(split) for split in SPLITS]
        windows = replace(parts[0], table=np.concatenate([part.table for part in parts]))
        codec, tunes = Codec(dataset.vocabulary), tunes_of(windows, dataset)
        sheets = tuple(codec.decode(token_ids.tolist()) for token_ids, _ in windows)
        chosen = spread_over_tunes(windows, tunes, CHARTS, np.random.default_rng(1))
        charts = tuple(Excerpt(tunes[index], str(index), sheets[index]) for index in chosen)
        return cls(dataset, windows, sheets, charts)

    def human(self) -> dict[str, float]:
        return figures_of(self.charts)

    def model(self, path: Path) -> dict[str, float]:
        """How well a model predicts the tunes, by the function of `solomuse evaluate`, and how it plays."""
        folder = model_folder(path)
        bits = predicted(folder, self.dataset, self.windows, self.sheets, np.random.default_rng(1))
        return bits | figures_of(played_by_model(load_model(folder), self.charts, SEEDS, str(path)))


def figures_of(excerpts: Sequence[Excerpt]) -> dict[str, float]:
    return {name: measure([excerpt.sheet for excerpt in excerpts]) for name, measure in MEASURES.items()}


def measured_split(tunes: Sequence[Tune], out: Path, config: Config, held_back: float, seed: int) -> dict[str, Any]:
    """The figures of one split: before, after, of the humans, and what the training took."""
    order = np.random.default_rng(seed).permutation(len(tunes))[: GIVEN + MEASURED].tolist()
    mine = dataset_of([tunes[index] for index in order[:GIVEN]], out / "mine", held_back=held_back)
    others = dataset_of([tunes[index] for index in order[GIVEN:]], out / "others", hop_bars=16)
    measure = Measure.of(others)
    shutil.rmtree(out / "run", ignore_errors=True)
    wall, processor = time.perf_counter(), time.process_time()
    trained = train(mine, out / "run", config, init=BUNDLED, on_checkpoint=partial(write_sample, out / "samples"))
    took = {"wall": time.perf_counter() - wall, "processor": time.process_time() - processor}
    return {
        "tunes": len(order) - GIVEN,
        "learned": load_dataset(mine).report["splits"]["train"]["songs"],
        "before": measure.model(BUNDLED),
        "after": measure.model(trained.model),
        "human": measure.human(),
        "steps": trained.steps,
        **took,
    }


def row(name: str, figures: Mapping[str, Any]) -> str:
    before, after, human = (figures[when] for when in ("before", "after", "human"))

    def three(key: str, digits: int) -> str:
        return f"{before[key]:.{digits}f} → {after[key]:.{digits}f} ({human[key]:.{digits}f})"

    cells = (
        name,
        f"{figures['tunes']:.0f}, {before['notes']:,.0f}",
        f"{before['bits_per_note']:.2f} → {after['bits_per_note']:.2f}",
        f"{after['bits_per_note'] / before['bits_per_note'] - 1:+.1%}",
        f"{before['chord_sensitivity']:.2f} → {after['chord_sensitivity']:.2f}",
        *(three(key, digits) for key, digits in (("chord_tones", 3), ("gain", 3), ("notes_per_bar", 1))),
        f"{figures['steps']:.0f}",
        f"{figures['processor']:.0f} s, {figures['wall']:.0f} s",
    )
    return f"| {' | '.join(cells)} |"


def mean(figures: Sequence[Any]) -> Any:
    """The mean of numbers, or of each number in mappings of one shape."""
    if isinstance(figures[0], Mapping):
        return {key: mean([own[key] for own in figures]) for key in figures[0]}
    return float(np.mean(figures))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--corners", nargs="+", choices=CORNERS, default=tuple(CORNERS))
    parser.add_argument("--seeds", type=int, nargs="+", default=(1, 2, 3), help="a split for each")
    parser.add_argument("--config", default=FINETUNE)
    parser.add_argument("--held-back", type=float, default=0.2)
    arguments = parser.parse_args()
    config = load_config(arguments.config).with_values({"threads": 1})
    torch.set_num_threads(1)
    print(f"| {' | '.join(HEADER)} |\n|{'---|' * len(HEADER)}")
    for name in arguments.corners:
        tunes, found = distinct(list(CORNERS[name](arguments.data))), []
        for seed in arguments.seeds:
            out = arguments.out / f"{name}-{seed}"
            if not (out / FIGURES).exists():
                figures = measured_split(tunes, out, config, arguments.held_back, seed)
                (out / FIGURES).write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
            found.append(json.loads((out / FIGURES).read_text("utf-8")))
            print(row(f"{name}, split {seed}", found[-1]), flush=True)
        print(row(f"**{name}, mean**", mean(found)), flush=True)


if __name__ == "__main__":
    main()
