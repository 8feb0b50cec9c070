"""What fine-tuning does for corners of music that the soloist has never heard: a table in Markdown.

    python docs/experiments/fine_tuning.py DATA OUT [--corners jigs waltzes] [--seeds 1 2 3] [--config my.toml]

DATA holds ``improvisor/``, of Impro-Visor, and ``nottingham/``, the Nottingham Music Database. For each corner and seed, `GIVEN` tunes
go through what docs/fine-tuning.md tells a user to do, and other ones, which no part of it has seen, are measured before
and after. Datasets, runs and figures stay under OUT; a split that has its figures there is not done again.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from solomuse.config import load_config
from solomuse.datasets.build import prepare
from solomuse.datasets.duplicates import duplicate_pairs, groups_of, melody_print
from solomuse.datasets.load import Dataset, Windows, load_dataset
from solomuse.datasets.splits import SPLITS
from solomuse.errors import SoloMuseError
from solomuse.evaluation.excerpts import Excerpt, spread_over_tunes, tune_titles
from solomuse.evaluation.players import played_by_model
from solomuse.evaluation.prediction import predicted
from solomuse.formats.abc import read_abc_tunes, split_tunes
from solomuse.formats.improvisor import read_improvisor
from solomuse.generation.samples import write_sample
from solomuse.metrics.harmony import chord_shift_gain, chord_tone_ratio, notes_per_bar
from solomuse.model.folder import load_model, model_folder, read_json
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
MEASURES = {"chord_tones": chord_tone_ratio, "gain": chord_shift_gain, "notes_per_bar": notes_per_bar}
HEADER = (
    "corner",
    "split",
    "held back",
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


def corner(name: str, data: Path) -> Iterable[Tune]:
    books = {"jigs": "jigs", "waltzes": "waltzes", "hornpipes": "hpps"}
    if name == "a teacher's jazz solos":
        return solos_of("Bob Keller", data / "improvisor" / "solos")
    return tunes_of_book(data / "nottingham" / "ABC_cleaned" / f"{books[name]}.abc")


CORNERS = ("a teacher's jazz solos", "jigs", "waltzes", "hornpipes")


def distinct(tunes: Sequence[Tune]) -> list[Tune]:
    """The first of each tune, whether others share its title or, in whatever key, its melody."""
    prints = [melody_print([tune.sheet]) for tune in tunes]
    groups = groups_of([tune.title for tune in tunes], duplicate_pairs(prints))
    return list({group: tune for group, tune in zip(reversed(groups), reversed(tunes), strict=True)}.values())[::-1]


def prepared(tunes: Sequence[Tune], out: Path, held_back: float) -> Path:
    """A dataset of some tunes, made of a folder of them."""
    files = out.with_name(f"{out.name}-files")
    files.mkdir(parents=True, exist_ok=True)
    for tune in tunes:
        (files / tune.name).write_text(tune.text, "utf-8")
    if not out.exists():
        prepare([files], out, replace(load_config("tiny").data, held_back=held_back), jobs=1)
    return out


def all_windows(dataset: Dataset) -> Windows:
    """Windows side by side over all of a dataset: its own split would leave half of it out."""
    parts = [dataset.windows(split) for split in SPLITS]
    return replace(parts[0], table=np.concatenate([part.table for part in parts]))
