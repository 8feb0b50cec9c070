"""What each control of generation does, over held-back charts, and what variations leave: two tables in Markdown.

python docs/experiments/controls.py DATASET [--model MODEL] [--charts 24] [--seeds 1 2]
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from solomuse.datasets.load import load_dataset
from solomuse.evaluation.excerpts import excerpts
from solomuse.generation import Controls, Edit, generate, solos_over
from solomuse.metrics.harmony import (
    chord_shift_gain,
    chord_tone_ratio,
    notes_per_bar,
    scale_share,
    step_resolution,
)
from solomuse.metrics.rhythm import phrase_lengths, rest_share
from solomuse.model.folder import Model, load_model
from solomuse.music.leadsheet import LeadSheet
from solomuse.tokens.vocabulary import PLACES

SETTINGS: tuple[dict[str, Any], ...] = (
    {},
    *({"temperature": value} for value in (0.0, 0.5, 0.7, 0.85, 1.15, 1.3)),
    *({"top_p": value} for value in (0.8, 0.9, 0.95, 0.97, 1.0)),
    *({"min_p": value} for value in (0.02, 0.05)),
    {"top_k": 20},
    *({"guidance": value} for value in (0.0, 0.5, 1.25, 1.5, 2.0)),
    *({"recall": value} for value in (0.0, 0.5, 1.5, 2.0, 3.0)),
    *({"harmony": value} for value in (0.25, 0.5, 1.0, 2.0)),
    *({"density": value} for value in (2, 4, 6, 8, 10)),
    *({"register": value} for value in (50, 60, 70, 80)),
    *({"rests": value} for value in (0.1, 0.3, 0.5, 0.7)),
    *({"phrase": value} for value in (4, 8, 16)),
    *({"style": value} for value in ("bebop", "cool", "hardbop", "traditional", "pop")),
    *({"instrument": value} for value in ("tenor-sax", "trumpet", "trombone")),
    *({"player": value} for value in ("Charlie Parker", "Miles Davis")),
    *({"place": value} for value in PLACES),
)
VARIED = (0, 0.1, 0.3, 0.5, 0.7, 0.9)
HEADER = (
    "setting",
    "notes a bar",
    "pitch",
    "chord tones",
    "shift gain",
    "scale",
    "resolved",
    "rests",
    "phrase, quarters",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--model", default=None)
    parser.add_argument("--charts", type=int, default=24)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    arguments = parser.parse_args()
    model = load_model(arguments.model)
    human = excerpts(load_dataset(arguments.dataset), "held-back", arguments.charts, np.random.default_rng(1))
    charts, places = [excerpt.sheet.chart for excerpt in human], [excerpt.place for excerpt in human]
    print(f"| {' | '.join(HEADER)} |\n|{'---|' * len(HEADER)}")
    print(_row("humans", [excerpt.sheet for excerpt in human]))
    for asked in SETTINGS:
        controls = Controls(**asked)
        asked_places = None if "place" in asked else places
        played = [
            solo.sheet for seed in arguments.seeds for solo in solos_over(model, charts, controls, seed, asked_places)
        ]
        print(
            _row(", ".join(f"{name} {value}" for name, value in asked.items()) or "nothing asked", played), flush=True
        )
    print("\n| `--vary` | stay | notes |\n|---|---|---|")
    for vary in VARIED:
        print(_varied([excerpt.sheet for excerpt in human], model, vary, arguments.seeds), flush=True)


def _row(name: str, sheets: Sequence[LeadSheet]) -> str:
    pitches = [note.pitch for sheet in sheets for note in sheet.melody]
    cells = (
        f"{notes_per_bar(sheets):.1f}",
        f"{np.mean(pitches):.1f}",
        f"{chord_tone_ratio(sheets):.3f}",
        f"{chord_shift_gain(sheets):.3f}",
        f"{scale_share(sheets):.3f}",
        f"{step_resolution(sheets):.3f}",
        f"{np.nanmean([rest_share(sheet) for sheet in sheets]):.2f}",
        f"{np.mean(np.concatenate([phrase_lengths(sheet) for sheet in sheets])):.1f}",
    )
    return f"| {' | '.join((name, *cells))} |"


def _varied(lines: Sequence[LeadSheet], model: Model, vary: float, seeds: Sequence[int]) -> str:
    """The share of a line's notes that stay, at their time and pitch; notes for each of the line's."""
    stay = notes = there = 0
    for line in lines:
        own = {(note.time, note.pitch) for note in line.melody}
        for seed in seeds:
            solo = generate(model, line.chart, seed=seed, edit=Edit(line, vary=vary))[0].sheet
            stay += len(own & {(note.time, note.pitch) for note in solo.melody})
            there, notes = there + len(own), notes + len(solo.melody)
    return f"| {vary} | {stay / there:.2f} | {notes / there:.2f} |"


if __name__ == "__main__":
    main()
