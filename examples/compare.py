"""For researchers: does a model hear its chords? The chord-shift curve of its solos beside that of human ones.

    python examples/compare.py DATASET [MODEL...]

A dataset is what ``solomuse prepare`` makes; its held-back charts are played over. Without a model the bundled one
plays. Human solos lose chord tones if the chords under them are moved by some beats; those of a model that only knows
the key do not.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

import solomuse as sm
from solomuse.datasets.load import load_dataset
from solomuse.evaluation.excerpts import excerpts
from solomuse.generation import solos_over
from solomuse.metrics.harmony import chord_shift_gain, chord_tone_ratio
from solomuse.music.leadsheet import LeadSheet

CHARTS = 32
SHIFTS = (-16, -8, -4, 0, 4, 8, 16)


def main(dataset: Path, models: Sequence[str]) -> None:
    human = excerpts(load_dataset(dataset), "held-back", CHARTS, np.random.default_rng(1))
    charts, places = [own.sheet.chart for own in human], [own.place for own in human]
    print(f"{'chords later by quarters':>24} " + " ".join(f"{shift:6}" for shift in SHIFTS) + "   gain")
    show("humans", [own.sheet for own in human])
    for name in models:
        solos = solos_over(sm.load_model(name), charts, sm.Controls(), seed=1, places=places)
        show(name, [solo.sheet for solo in solos])


def show(name: str, sheets: Sequence[LeadSheet]) -> None:
    """Print the share of chord tones at each shift, and the gain."""
    shares = " ".join(f"{chord_tone_ratio(sheets, shift=shift):6.3f}" for shift in SHIFTS)
    print(f"{name:>24} {shares}  {chord_shift_gain(sheets):5.3f}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:] or ["default"])
