"""How the bundled soloist came to its weights: tables in Markdown.

    python docs/experiments/soloist.py bits DATASET MODEL ...      # what the melodies cost
    python docs/experiments/soloist.py plays DATASET MODEL ...     # what is played when nothing is asked
    python docs/experiments/soloist.py ends DATASET MODEL          # rests where a solo begins and ends
    python docs/experiments/soloist.py chords DATASET MODEL        # what another tune's chart costs, and where
    python docs/experiments/soloist.py guidance DATASET MODEL      # the same for a chart that is heard more or less
    python docs/experiments/soloist.py leaning DATASET MODEL       # what is played when it is heard more
    python docs/experiments/soloist.py around DATASET MODEL        # whether the chords around tell more than it hears

DATASET is that of the solos, of `solomuse prepare`; a MODEL is a model folder or a run. The first two measure on the
validation split, the others on both held-back ones.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch
from numpy.typing import NDArray
from sampling import stretches, table
from torch import Tensor, nn
from torch.nn import functional
from transformers import PreTrainedModel

from solomuse.config import load_config
from solomuse.datasets.load import Dataset, load_dataset
from solomuse.evaluation.comparison import HUMAN, OTHER_HUMANS
from solomuse.evaluation.excerpts import Excerpt, excerpts
from solomuse.evaluation.players import played_by_model
from solomuse.evaluation.prediction import other_charts, with_other_chords
from solomuse.generation import Controls
from solomuse.model.folder import load_model
from solomuse.model.likelihood import IGNORED, Sequence_, likelihood, logits_of, padded
from solomuse.model.rests import LAST, SILENT
from solomuse.music.note import TICKS_PER_QUARTER
from solomuse.music.scales import chord_tones
from solomuse.tokens.codec import Codec
from solomuse.tokens.conditions import without_chords
from solomuse.tokens.encoding import encode
from solomuse.tokens.vocabulary import PLACES, SEP, UNSAID
from solomuse.training.initial import config_of_model, model_from_folder
from solomuse.training.rests import rest_odds
from solomuse.training.teachers import Teachers

LEANING = ((1.0, 1.0), (1.0, 1.1), (1.375, 1.0), (1.375, 1.1), (1.375, 1.2))
"""Guidance and temperature."""
GUIDANCE = (0.0, 0.5, 0.75, 1.0, 1.25, 1.375, 1.5)
NEIGHBOURS = (-2, -1, 1, 2)
"""Of the chord over which a note begins."""
REACHES = (8, 32, 10_000)
"""Quarters at which chords tell three fifths as much of what is at home as those where a note stands."""


def model_of(path: Path, dataset: Dataset) -> PreTrainedModel:
    return model_from_folder(path, config_of_model(path, load_config("tiny").model), dataset.vocabulary).eval()


def bits(dataset: Dataset, *paths: Path) -> Iterator[str]:
    windows = list(dataset.windows("validation"))
    alone = [model_of(path, dataset) for path in paths]
    models: dict[str, nn.Module] = dict(zip(map(str, paths), alone, strict=True))
    if len(paths) > 1:
        models["the mean of all"] = Mean(alone)
    yield "| model | bits per note | pitch | rhythm |\n|---|---|---|---|"
    for name, model in models.items():
        found = likelihood(model, windows, dataset.vocabulary).per_note()
        kinds = (found[f"{kind}bits_per_note"] for kind in ("", "pitch_", "rhythm_"))
        yield f"| {name} | {' | '.join(f'{value:.3f}' for value in kinds)} |"


class Mean(nn.Module):
    """Several models as one that expects what they do in the mean."""

    def __init__(self, models: Sequence[PreTrainedModel]) -> None:
        super().__init__()
        self.models, self.teachers = nn.ModuleList(models), Teachers(models, models[0].device)
        self.config, self.feature_embedding = models[0].config, models[0].feature_embedding

    def forward(self, token_ids: Tensor, features: Tensor) -> SimpleNamespace:
        return SimpleNamespace(logits=self.teachers.expect(token_ids, features).log())


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


def chords(dataset: Dataset, path: Path) -> Iterator[str]:
    model = model_of(path, dataset)
    human, learned = (excerpts(dataset, split, 384, np.random.default_rng(1)) for split in ("held-back", "train"))
    played = played_by_model(load_model(path), human, (1,), path.name, controls=Controls(top_p=1.0))
    yield "| melodies | bits per note | other chart | of it pitch | chart before them alone | features alone |"
    yield f"|{'---|' * 6}"
    for name, found in (("human, held back", human), ("human, learned from", learned), ("its own", played)):
        pairs = under_other_charts(found, dataset)
        mixed = [(after(b, a), after(a, b)) for a, b in pairs]
        own, other, before, told = (
            likelihood(model, sequences, dataset.vocabulary).per_note()
            for sequences in (*zip(*pairs, strict=True), *zip(*mixed, strict=True))
        )
        bits = own["bits_per_note"]
        costs = (other["bits_per_note"], before["bits_per_note"], told["bits_per_note"])
        total, start, features = (cost - bits for cost in costs)
        pitch = other["pitch_bits_per_note"] - own["pitch_bits_per_note"]
        yield f"| {name} | {bits:.2f} | {total:.3f} | {pitch:.3f} | {start:.3f} | {features:.3f} |"


def guidance(dataset: Dataset, path: Path) -> Iterator[str]:
    model, windows = model_of(path, dataset), dataset.windows("held-back")
    codec = Codec(dataset.vocabulary)
    sheets = [codec.decode(token_ids.tolist()) for token_ids, _ in windows]
    pairs = with_other_chords(windows, sheets, dataset, np.random.default_rng(1))
    bits = np.zeros((len(GUIDANCE), 2))
    notes = 0
    for pair in pairs:
        for chart, sequence in enumerate(pair):
            heard, targets = event_scores(model, sequence)
            deaf, _ = event_scores(model, without_chords(*sequence, dataset.vocabulary))
            for row, value in enumerate(GUIDANCE):
                nats = functional.cross_entropy(torch.lerp(deaf, heard, value), targets, reduction="sum")
                bits[row, chart] += float(nats) / np.log(2)
        kind = dataset.vocabulary.note_on
        notes += int(((targets >= kind.start) & (targets < kind.stop)).sum())
    yield "| guidance | bits per note | under another chart |\n|---|---|---|"
    for value, (own, other) in zip(GUIDANCE, bits / notes, strict=True):
        yield f"| {value} | {own:.3f} | {other - own:.3f} |"


def leaning(dataset: Dataset, path: Path) -> Iterator[str]:
    human, others = stretches(dataset, "held-back", 96)
    model = load_model(None if path == Path("default") else path)
    players = {
        f"guidance {value}, temperature {heat}": played_by_model(
            model, human, (1, 2, 3), "", controls=Controls(guidance=value, temperature=heat)
        )
        for value, heat in LEANING
    }
    yield from table("", {**players, HUMAN: human, OTHER_HUMANS: others})


def around(dataset: Dataset, path: Path) -> Iterator[str]:
    """Whether weights for what a pitch class is in the chords around a note improve on a model's expectations."""
    model, codec = model_of(path, dataset), Codec(dataset.vocabulary)
    found = {
        split: [_with_surroundings(model, window, codec) for window in dataset.windows(split)]
        for split in ("validation", "test")
    }
    yield f"| fitted to | {' | '.join(found)} |\n|{'---|' * (len(found) + 1)}"
    none = torch.zeros(found["test"][0][2].shape[-1])
    before = {split: _pitch_bits(lines, none) for split, lines in found.items()}
    yield f"| nothing | {' | '.join(f'{float(value):.3f}' for value in before.values())} |"
    for fitted_to, lines in found.items():
        weights = fitted(none, lambda weights, own=lines: _pitch_bits(own, weights) + 1e-3 * weights.square().sum())
        gains = (float(_pitch_bits(own, weights) - before[split]) for split, own in found.items())
        yield f"| {fitted_to} | {' | '.join(f'{gain:+.3f}' for gain in gains)} |"


Line = tuple[Tensor, Tensor, Tensor]
"""What a model expected of each pitch, in nats, shape (N, 128); which came, (N,); the surroundings, (N, 12, F)."""


def fitted(start: Tensor, loss: Callable[[Tensor], Tensor]) -> Tensor:
    """The numbers at which a loss is least."""
    numbers = start.clone().requires_grad_()
    optimizer = torch.optim.LBFGS([numbers], max_iter=60, line_search_fn="strong_wolfe")

    def lost() -> Tensor:
        optimizer.zero_grad()
        value = loss(numbers)
        value.backward()
        return value

    optimizer.step(lost)
    return numbers.detach()


def _pitch_bits(lines: Sequence[Line], weights: Tensor) -> Tensor:
    classes = torch.arange(128) % 12
    costs = [
        functional.cross_entropy(nats + (surroundings @ weights)[:, classes], own, reduction="none")
        for nats, own, surroundings in lines
    ]
    return torch.cat(costs).mean() / np.log(2)


def _with_surroundings(model: PreTrainedModel, sequence: Sequence_, codec: Codec) -> Line:
    """What is known of each pitch class, for those in the chord and beside it apart: whether it is a tone of each of
    `NEIGHBOURS`, and of the next one if that comes within a quarter; its share of the chords' time within `REACHES`."""
    scores, targets = event_scores(model, sequence)
    notes = codec.vocabulary.note_on
    is_note = (targets >= notes.start) & (targets < notes.stop)
    sheet = codec.decode(sequence[0].tolist())
    spans = list(sheet.chart.spans())
    tones = np.zeros((len(spans) + 4, 12))  # two silent chords at both ends
    for place, span in enumerate(spans):
        tones[place + 2, [*chord_tones(span.chord)]] = 1
    starts, lengths = (np.array([getattr(span, name) for span in spans]) for name in ("time", "duration"))
    times = np.array([note.time for note in sheet.melody])
    chord = np.searchsorted(starts, times, side="right") - 1
    known = [tones[chord + 2 + step] for step in NEIGHBOURS]
    is_near = (starts + lengths)[chord] - times <= TICKS_PER_QUARTER
    known.append(tones[chord + 3] * is_near[:, None])
    for reach in REACHES:
        away = (starts + lengths / 2 - times[:, None]) / (reach * TICKS_PER_QUARTER)
        weights = np.exp(-(away**2) / 2) * lengths
        known.append(np.log(weights @ tones[2:-2] / weights.sum(1, keepdims=True) + 0.05))
    values, here = np.stack(known, axis=-1), tones[chord + 2][..., None]
    both = torch.tensor(np.concatenate([values * here, values * (1 - here)], axis=-1), dtype=torch.float32)
    return scores[is_note][:, notes.ids].log_softmax(-1), targets[is_note] - notes.start, both


@torch.no_grad()
def event_scores(model: PreTrainedModel, sequence: Sequence_) -> tuple[Tensor, Tensor]:
    """Scores of each next event, shape (events, V), and which one came."""
    token_ids, features, labels = padded([sequence], model.config.n_positions)
    is_event = labels[0, 1:] != IGNORED
    return logits_of(model, token_ids, features)[0, :-1][is_event].float(), labels[0, 1:][is_event]


def under_other_charts(found: Sequence[Excerpt], dataset: Dataset) -> list[tuple[Sequence_, Sequence_]]:
    """Melodies under their own charts and under those of other tunes, nothing said but their place."""
    codec, pairs = Codec(dataset.vocabulary), []
    others = other_charts([e.sheet.chart for e in found], [e.tune for e in found], np.random.default_rng(1))
    for own, other in zip(found, others, strict=True):
        if other is None:
            continue
        said = {"tempo": UNSAID, "place": PLACES.index(own.place)}
        a, b = (
            encode(codec.on_grid(replace(own.sheet, chart=chart)).saying(**said), dataset.vocabulary)
            for chart in (own.sheet.chart, other)
        )
        if max(len(token_ids) for token_ids, _ in (a, b, after(a, b), after(b, a))) <= dataset.config.seq_len:
            pairs.append((a, b))
    return pairs


def after(start: Sequence_, events: Sequence_) -> Sequence_:
    """The chart of one sequence before the melody of another, whose features it keeps."""
    ends = [int(np.argmax(token_ids == SEP)) for token_ids, _ in (start, events)]
    token_ids, features = (
        np.concatenate([here[: ends[0]], there[ends[1] :]]) for here, there in zip(start, events, strict=True)
    )
    return token_ids, features


TABLES = {
    "bits": bits,
    "plays": plays,
    "ends": ends,
    "chords": chords,
    "guidance": guidance,
    "leaning": leaning,
    "around": around,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", choices=tuple(TABLES))
    parser.add_argument("dataset", type=Path)
    parser.add_argument("models", type=Path, nargs="+")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    for row in TABLES[arguments.table](load_dataset(arguments.dataset), *arguments.models):
        print(row, flush=True)


if __name__ == "__main__":
    main()
