"""What the soloist plays in compound meters, such as 6/8, and what it expects there: two tables in Markdown.

    python docs/experiments/compound.py DATASET ... [--model MODEL] [--split held-back]

Over the windows of a split that are in compound meters throughout, with and without the rule that keeps
to eighths and sixteenths (`solomuse.generation.rules.compound_rhythm`): what is *less* for a sixteenth between eighths.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from unittest.mock import patch

import numpy as np
import torch
from soloist import event_scores, model_of
from torch.nn import functional

from solomuse.datasets.load import Dataset, load_dataset
from solomuse.generation import generate, solos
from solomuse.generation.loop import NEVER
from solomuse.generation.rules import has_compound_rhythm
from solomuse.model.folder import Model, load_model
from solomuse.model.likelihood import Sequence_
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.note import TICKS_PER_QUARTER
from solomuse.tokens.codec import Codec
from solomuse.tokens.features import POSITION
from solomuse.tokens.vocabulary import Vocabulary

METERS = ("3/8", "6/8", "9/8", "12/8")
LESS = (0.0, 1.0, 1.5, 2.0, 3.0)
EIGHTH, SIXTEENTH = TICKS_PER_QUARTER // 2, TICKS_PER_QUARTER // 4


def compound_windows(dataset: Dataset, split: str) -> list[tuple[Sequence_, LeadSheet]]:
    codec = Codec(dataset.vocabulary)
    found = [(window, codec.decode(window[0].tolist())) for window in dataset.windows(split)]
    return [(window, sheet) for window, sheet in found if all(str(bar.meter) in METERS for bar in sheet.chart.bars)]


def expected(path: Path, datasets: Sequence[Path], split: str) -> Iterator[str]:
    header = (split, "windows", "notes", "without the rule", *(f"less {less}" for less in LESS), "forbidden")
    yield f"| {' | '.join(header)} |\n|{'---|' * len(header)}"
    for folder in datasets:
        dataset = load_dataset(folder)
        model, v = model_of(path, dataset), dataset.vocabulary
        windows = [window for window, _ in compound_windows(dataset, split)]
        bits, notes, forbidden = np.zeros(1 + len(LESS)), 0, 0
        for window in windows:
            scores, targets = event_scores(model, window)
            ruled = [scores, *(_ruled(scores, window, v, less) for less in LESS)]
            costs = [functional.cross_entropy(each, targets, reduction="none") for each in ruled]
            is_allowed = costs[-1] < NEVER / 2
            bits += [float(cost[is_allowed].sum()) / np.log(2) for cost in costs]
            notes += int(((targets >= v.note_on.start) & (targets < v.note_on.stop)).sum())
            forbidden += int((~is_allowed).sum())
        values = " | ".join(f"{value:.2f}" for value in bits / notes)
        yield f"| {folder.name} | {len(windows)} | {notes} | {values} | {forbidden} |"


def _ruled(scores: torch.Tensor, window: Sequence_, v: Vocabulary, less: float) -> torch.Tensor:
    """The scores of the events without what ends beside a sixteenth, and with less for what ends between eighths."""
    features = torch.from_numpy(np.asarray(window[1], dtype=np.int64))
    places = features[-1 - len(scores) : -1, POSITION] - 1
    ruled = scores.clone()
    for kind in (v.duration, v.time_shift):
        ends = places[:, None] + torch.arange(1, kind.stop - kind.start + 1)
        ruled[:, kind.ids] -= torch.where(ends % (v.grid // 4) != 0, NEVER, less * (ends % (v.grid // 2) != 0))
    return ruled


def played(model: Model, datasets: Sequence[Path], split: str) -> Iterator[str]:
    human = [sheet for folder in datasets for _, sheet in compound_windows(load_dataset(folder), split)]
    yield "| | notes a bar | on eighths | on sixteenths between | elsewhere |\n|---|---|---|---|---|"
    yield _row("human", human)
    for name, rule in (("soloist without the rule", lambda _: False), ("with it", has_compound_rhythm)):
        with patch.object(solos, "has_compound_rhythm", rule):
            lines = [solo.line for sheet in human for solo in generate(model, sheet.chart, takes=3, seed=1)]
        yield _row(name, lines)


def _row(name: str, sheets: Sequence[LeadSheet]) -> str:
    places = np.array([note.time % EIGHTH for sheet in sheets for note in sheet.melody])
    bars = sum(len(sheet.chart.bars) for sheet in sheets)
    shares = (np.mean(places == 0), np.mean(places == SIXTEENTH), np.mean(places % SIXTEENTH != 0))
    return f"| {name} | {len(places) / bars:.1f} | {' | '.join(f'{share:.3f}' for share in shares)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("datasets", type=Path, nargs="+")
    parser.add_argument("--model", default="default")
    parser.add_argument("--split", default="held-back")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    for row in expected(Path(arguments.model), arguments.datasets, arguments.split):
        print(row, flush=True)
    model = load_model(None if arguments.model == "default" else arguments.model)
    for row in played(model, arguments.datasets, arguments.split):
        print(row, flush=True)


if __name__ == "__main__":
    main()
