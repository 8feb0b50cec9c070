"""What it is worth to come back to what has been played: tables in Markdown.

    python docs/experiments/recall.py bits DATASET MODEL      # what notes cost, by how much is recalled
    python docs/experiments/recall.py fit DATASET MODEL       # how strong votes are, fitted to some of its solos
    python docs/experiments/recall.py plays DATASET MODEL     # what comes back in whole solos

DATASET is that of the solos, of `solomuse prepare`; MODEL is a model folder or a run. All but the fit is of the
validation and test songs.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from listening import heard, human_solos
from soloist import event_scores, fitted, model_of
from torch import Tensor
from torch.nn import functional
from transformers import PreTrainedModel

from solomuse.datasets.catalogue import TABLE
from solomuse.datasets.load import Dataset, Windows, load_dataset
from solomuse.generation import Controls, solos_over
from solomuse.metrics.structure import repeated_share
from solomuse.metrics.summary import all_metrics
from solomuse.model.folder import load_model
from solomuse.model.recall import REACH, USUAL, leaned, strengths, votes
from solomuse.music.leadsheet import LeadSheet
from solomuse.tokens.features import BARS_LEFT

SONGS = 45
"""To whose notes votes are fitted."""
RECALLS = (0.0, 0.5, 1.0, 1.5)
LENGTHS = (3, 5, 8)
"""Of figures that may come back, in intervals."""
HEARD = ("repeated notes", "longest run of one pitch")
MEASURED = ("mean_interval", "structure_short", "structure_middle", "structure_long")


@dataclass(frozen=True)
class Line:
    """The notes of a stretch, and what a model that recalls nothing expected of each.

    Parameters
    ----------
    pitches : Tensor of shape (N,), int64
    nats : Tensor of shape (N, 128), float32
        The logarithm of each pitch's share of all notes.
    """

    pitches: Tensor
    nats: Tensor


def lines(model: PreTrainedModel, windows: Windows) -> tuple[list[Line], list[Line]]:
    """The lines of the windows, and of the whole songs, each note as the first window says that has it.

    The model recalls nothing from then on.
    """
    with torch.no_grad():
        model.recall.fill_(-1.0)  # no vote counts
    notes = windows.vocabulary.note_on
    cut, whole = [], {}
    order = sorted(range(len(windows)), key=lambda index: windows.table[index, TABLE.index("first")])
    for index in order:
        scores, targets = event_scores(model, windows[index])
        is_note = (targets >= notes.start) & (targets < notes.stop)
        line = Line(targets[is_note] - notes.start, scores[is_note][:, notes.ids].log_softmax(-1))
        cut.append(line)
        _, features = windows[index]
        left = torch.from_numpy(features[-len(targets) - 1 : -1, BARS_LEFT].astype(np.int64))[is_note]
        first, bars = (int(windows.table[index, TABLE.index(name)]) for name in ("first", "bars"))
        parts, end = whole.setdefault(int(windows.songs[index]), ([], 0))
        is_new = first + bars - left >= end
        parts.append(Line(line.pitches[is_new], line.nats[is_new]))
        whole[int(windows.songs[index])] = parts, first + bars
    songs = [
        Line(torch.cat([part.pitches for part in parts]), torch.cat([part.nats for part in parts]))
        for parts, _ in whole.values()
    ]
    return cut, songs


def cost(found: Sequence[Line], strong: Tensor) -> Tensor:
    """Bits for the pitch of a note."""
    total, count = torch.zeros(()), 0
    for line in found:
        voted = votes(line.pitches[None], strong)[0, :-1]
        voted = functional.pad(voted, (0, 0, 1, 0))  # nothing votes for the first note
        scores = leaned(line.nats, voted, slice(0, 128))
        total = total + functional.cross_entropy(scores, line.pitches, reduction="sum")
        count += len(line.pitches)
    return total / count / np.log(2)


def bits(dataset: Dataset, path: Path) -> Iterator[str]:
    model = model_of(path, dataset)
    strong = strengths(model.recall.detach())
    yield "| | songs | nothing recalled | of the window | of the whole solo |\n|---|---|---|---|---|"
    for split in ("validation", "test"):
        cut, songs = lines(model, dataset.windows(split))
        values = (cost(cut, 0 * strong), cost(songs, 0 * strong), cost(cut, strong), cost(songs, strong))
        none, none_whole, window, whole = (float(value) for value in values)
        yield f"| {split} | {len(songs)} | {none:.3f} | {window - none:+.3f} | {whole - none_whole:+.3f} |"


def fit(dataset: Dataset, path: Path) -> Iterator[str]:
    windows = dataset.windows("train")
    chosen = np.random.default_rng(0).permutation(np.unique(windows.songs))[:SONGS]
    found, _ = lines(model_of(path, dataset), replace(windows, table=windows.table[np.isin(windows.songs, chosen)]))
    start = torch.full((REACH + 1,), 0.1)
    strong = fitted(start, lambda strong: cost(found, strong) + 1e-4 * strong.square().mean())
    yield f"| notes before that are the same | {' | '.join(str(count) for count in range(REACH + 1))} |"
    yield f"|{'---|' * (REACH + 2)}"
    yield f"| fitted | {' | '.join(f'{value:.2f}' for value in strong.tolist())} |"
    yield f"| `USUAL` | {' | '.join(f'{value:.2f}' for value in USUAL)} |"


def plays(dataset: Dataset, path: Path) -> Iterator[str]:
    humans = [sheet for sheet in human_solos(dataset, ["validation"]) if len(sheet.chart.bars) >= 32]
    model, charts = load_model(path), [sheet.chart for sheet in humans]
    played = {
        f"recall {recall:g}": [solo.line for solo in solos_over(model, charts, Controls(recall=recall), 1)]
        for recall in RECALLS
    }
    for number, (name, sheets) in enumerate({**played, f"{len(humans)} humans": humans}.items()):
        rows = [figures(sheet) for sheet in sheets if sheet.melody]
        if number == 0:
            yield f"| | {' | '.join(rows[0])} |\n|{'---|' * (len(rows[0]) + 1)}"
        yield f"| {name} | {' | '.join(f'{np.mean([row[key] for row in rows]):.3f}' for key in rows[0])} |"


def figures(sheet: LeadSheet) -> dict[str, float]:
    """What comes back in a solo, and what that does to its intervals."""
    pitches = np.array([note.pitch for note in sheet.melody])
    struck, measured = heard(sheet), all_metrics(sheet)
    return {
        **{f"{length} intervals at their pitch": repeated_share(pitches, length + 1) for length in LENGTHS},
        **{f"{length} intervals anywhere": repeated_share(np.diff(pitches), length) for length in LENGTHS},
        **{name: struck[name] for name in HEARD},
        **{name.replace("_", " "): measured[name] for name in MEASURED},
    }


TABLES = {"bits": bits, "fit": fit, "plays": plays}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", choices=tuple(TABLES))
    parser.add_argument("dataset", type=Path)
    parser.add_argument("model", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    for row in TABLES[arguments.table](load_dataset(arguments.dataset), arguments.model):
        print(row, flush=True)


if __name__ == "__main__":
    main()
