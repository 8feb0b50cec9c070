"""How takes are ranked: samples takes, fits the weights of the ranking, measures it on held-back tunes.

    python docs/experiments/ranking.py sample DATASET MODEL TAKES.json
    python docs/experiments/ranking.py fit DATASET TAKES.json --learned DATASET ... [--norms | --write RANKING.json]

DATASET is the Weimar Jazz Database as `solomuse prepare` makes it, MODEL a model folder. `fit` prints Markdown tables.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from solomuse.datasets.catalogue import TABLE
from solomuse.datasets.load import load_dataset, load_datasets
from solomuse.generation import Controls, Solo, ranking, solos_over
from solomuse.generation.likeness import PARTS, Norm, deviations, figures_of, parts_of, scaled
from solomuse.generation.loop import play
from solomuse.generation.ranking import rank
from solomuse.generation.takes import Take
from solomuse.metrics.harmony import chord_tone_ratio
from solomuse.metrics.ngram_index import NgramIndex
from solomuse.metrics.originality import diversity
from solomuse.metrics.summary import MEASURES
from solomuse.model.folder import Model, load_model
from solomuse.model.melodies import melodies_of
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.note import TICKS_PER_QUARTER, Note
from solomuse.tokens.codec import Codec
from solomuse.tokens.encoding import encode
from solomuse.tokens.grid_sheet import place_of
from solomuse.tokens.vocabulary import DENSITIES, PLACES, REGISTERS, SEP, nearest

BARS = 16
WINDOWS_OF_A_SOLO = 2
TAKES = 16
CHARTS = 48
BATCH = 48
LEAST = 0.1
STRENGTHS = (0.0003, 0.001, 0.003, 0.01, 0.03)
TOO_MUCH_ONLY = (*PARTS["playability"], *PARTS["novelty"])
NAMES = [name for names in PARTS.values() for name in names]
CONTRASTS = ("a take of the same density and register", "a take that nothing was asked of", "itself over other chords")
NOT_COUNTED = (
    *("notes_per_bar", "step_resolution", "tension_correctness", "chord_to_non_chord_tone_ratio"),
    *("pitch_consonance_score", "melody_chord_tonal_distance", "pitch_class_entropy_1_bar"),
)
"""Figures that have no part in the score: whether they move too."""
Figures = dict[str, float]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Window:
    """Some bars of a human solo."""

    name: str
    title: str
    split: str
    sheet: LeadSheet
    place: str

    @property
    def density(self) -> float:
        """Notes in a time of four quarters, as the model is told."""
        return nearest(len(self.sheet.melody) / (self.sheet.chart.duration / (4 * TICKS_PER_QUARTER)), DENSITIES)

    @property
    def register(self) -> float:
        return nearest(float(np.mean([note.pitch for note in self.sheet.melody])), REGISTERS)


def human_windows(path: Path) -> list[Window]:
    """`WINDOWS_OF_A_SOLO` windows of each solo, drawn from those side by side that have at least a note a bar."""
    rng = np.random.default_rng(1)
    found = []
    for name, title, split, sheet in whole_solos(path):
        starts = range(0, len(sheet.chart.bars) - BARS + 1, BARS)
        cuts = [
            (cut, PLACES[place_of(first, first + BARS, len(sheet.chart.bars))])
            for first in starts
            if len((cut := sheet.slice(first, first + BARS)).melody) >= BARS
        ]
        chosen = sorted(rng.permutation(len(cuts))[:WINDOWS_OF_A_SOLO].tolist())
        found += [Window(f"{name}#{at}", title, split, *cuts[at]) for at in chosen]
    return found


def whole_solos(path: Path) -> Iterator[tuple[str, str, str, LeadSheet]]:
    """Name, title and split of all lead sheets of a dataset, each once and uncut."""
    dataset = load_dataset(path)
    codec = Codec(dataset.vocabulary)
    with (path / "songs.jsonl").open(encoding="utf-8") as file:
        songs = [json.loads(line) for line in file]
    for split in ("train", "validation", "test"):
        windows = dataset.windows(split)
        columns = [TABLE.index(name) for name in ("song", "shard", "place")]
        for song, shard, place in dict.fromkeys(map(tuple, windows.table[:, columns].tolist())):
            sheet = codec.decode(encode(windows.shards.sheet(shard, place), dataset.vocabulary)[0].tolist())
            yield songs[song]["name"], songs[song]["title"], split, sheet


def sample(dataset: Path, model_path: Path, out: Path) -> None:
    """Write takes over the charts of the human windows.

    ``alike``: one over each, asked for the density and register of the human one. ``plain``: one over each, asked for
    nothing. ``many``: `TAKES` over each of `CHARTS` held-back ones, asked for density and register.
    """
    torch.set_num_threads(1)
    model, windows = load_model(model_path), human_windows(dataset)
    rows, started = [], time.time()

    def add(kind: str, group: Sequence[Window], controls: Controls, seed: int) -> None:
        for first in range(0, len(group), BATCH):
            part = group[first : first + BATCH]
            charts, places = [window.sheet.chart for window in part], [window.place for window in part]
            solos = solos_over(model, charts, controls, seed + first, places)
            for window, solo in zip(part, solos, strict=True):
                notes = [[note.time, note.pitch, note.duration, note.velocity] for note in solo.sheet.melody]
                rows.append({"kind": kind, "window": window.name, "bits": solo.bits_per_note, "notes": notes})
        print(f"{len(rows)} takes, {time.time() - started:.0f} s", file=sys.stderr)
        out.write_text(json.dumps(rows), encoding="utf-8")

    groups = defaultdict(list)
    for window in windows:
        groups[window.density, window.register].append(window)
    for number, (asked, group) in enumerate(sorted(groups.items())):
        add("alike", group, Controls(density=asked[0], register=asked[1]), 10_000 * number)
    for window in best_of(windows):
        add("many", [window] * TAKES, Controls(density=window.density, register=window.register), 5)
    add("plain", windows, Controls(), 7)
    held_back = [window for window in windows if window.split != "train"]
    for window in [*held_back, *[window for window in windows if window.split == "train"][: len(held_back)]]:
        rows.append({"kind": "human", "window": window.name, "bits": human_bits(model, window)})
    out.write_text(json.dumps(rows), encoding="utf-8")


def human_bits(model: Model, window: Window) -> float | None:
    """What each note of a human window costs the model, exactly as it is counted for takes; None if it is too long.

    The window is played by the generation itself, whose every choice is forced.
    """
    whole = Codec(model.vocabulary).on_grid(window.sheet).saying(place=PLACES.index(window.place))
    controls = Controls(density=window.density, register=window.register)
    token_ids = encode(whole, model.vocabulary)[0].tolist()
    events = token_ids[token_ids.index(SEP) + 1 :]
    room = model.decoder.config.block_size
    if len(token_ids) + 16 > room:
        return None
    take = Take(
        chart=replace(whole, notes=whole.notes[:0]),
        vocabulary=model.vocabulary,
        rng=np.random.default_rng(0),
        window_bars=model.window_bars,
        room=room,
        gaps=[(0, whole.steps)],
        conditions_at=controls.conditions_at(whole.steps),
    )
    forced = iter(events)

    def rule(scores: Tensor, *_: object) -> Tensor:
        chosen = next(forced)
        only = scores.new_full(scores.shape, float("-inf"))
        only[:, chosen] = 0.0
        return only

    for _ in play(model.decoder, [take], model.vocabulary, controls.sampling, [rule]):
        pass
    assert len(take.notes) == len(window.sheet.melody)
    return -take.log_likelihood / math.log(2) / len(take.notes)


def best_of(windows: Sequence[Window]) -> list[Window]:
    """One window for each of the first `CHARTS` held-back tunes."""
    held_back = {window.title: window for window in reversed(windows) if window.split != "train"}
    return list(held_back.values())[:CHARTS]


# ---- figures of everything


@dataclass(frozen=True, slots=True)
class Measured:
    """Figures by the name of the window; of `TAKES` takes for ``many``."""

    windows: dict[str, Window]
    human: dict[str, Figures]
    swapped: dict[str, Figures]
    alike: dict[str, Figures]
    plain: dict[str, Figures]
    many: dict[str, list[Figures]]
    bits: dict[str, float]
    bits_of_many: dict[str, list[float]]
    sheets_of_many: dict[str, list[LeadSheet]]

    def keys(self, is_train: bool) -> list[str]:
        return [name for name, window in self.windows.items() if (window.split == "train") == is_train]


def measured(dataset: Path, takes: Path, learned: Sequence[Path]) -> Measured:
    windows = {window.name: window for window in human_windows(dataset)}
    rows = json.loads(takes.read_text("utf-8"))
    melodies = melodies_of(load_datasets(learned))
    songs = defaultdict(list)
    for song, title in enumerate(melodies.titles):
        songs[title].append(song)

    def of_human(sheet: LeadSheet, title: str) -> Figures:
        return figures_of(sheet, run_of(melodies.index.without(songs[title]), sheet))

    human = {name: of_human(window.sheet, window.title) for name, window in windows.items()}
    sheets = defaultdict(lambda: defaultdict(list))
    bits = defaultdict(lambda: defaultdict(list))
    for row in rows:
        bits[row["kind"]][row["window"]].append(row["bits"])
        if row.get("notes"):
            notes = tuple(Note(*note) for note in row["notes"])
            sheets[row["kind"]][row["window"]].append(LeadSheet(windows[row["window"]].sheet.chart, notes))
    takes_by_kind = {
        kind: {name: [figures_of(sheet, run_of(melodies.index, sheet)) for sheet in own] for name, own in group.items()}
        for kind, group in sheets.items()
    }
    return Measured(
        windows,
        human,
        {
            name: {**figures_of(sheet), "longest_shared_run": human[name]["longest_shared_run"]}
            for name, sheet in chord_swapped(list(windows.values())).items()
        },
        {name: own[0] for name, own in takes_by_kind["alike"].items()},
        {name: own[0] for name, own in takes_by_kind["plain"].items()},
        takes_by_kind["many"],
        {name: own[0] for name, own in bits["human"].items() if own[0] is not None},
        bits["many"],
        sheets["many"],
    )


def run_of(index: NgramIndex, sheet: LeadSheet) -> float:
    run = index.longest_run([note.pitch for note in sheet.melody])
    return float(run.counted) if run else 0.0


def chord_swapped(windows: Sequence[Window]) -> dict[str, LeadSheet]:
    """Each melody over the chords of another tune of the same split and meters, in the key with most chord tones."""
    rng = np.random.default_rng(2)
    found = {}
    for window in windows:
        meters = [bar.meter for bar in window.sheet.chart.bars]
        others = [
            other
            for other in windows
            if other.title != window.title
            and (other.split == "train") == (window.split == "train")
            and [bar.meter for bar in other.sheet.chart.bars] == meters
        ]
        if others:
            bars = others[rng.integers(len(others))].sheet.chart.bars
            chart = replace(window.sheet.chart, bars=bars)
            keys = [LeadSheet(chart.transpose(up), window.sheet.melody) for up in range(-5, 7)]
            found[window.name] = max(keys, key=lambda sheet: chord_tone_ratio([sheet]))
    return found


# ---- the fit


def fit(data: Measured) -> tuple[dict[str, Norm], float]:
    """The norms, and how strongly their costs are held near `LEAST`: by five folds of the tunes to learn from."""
    keys = data.keys(is_train=True)
    spreads = {}
    for name in NAMES:
        values = np.array([scaled(name, data.human[key][name]) for key in keys])
        values = np.clip(values, *np.nanpercentile(values, (1, 99)))  # a single riff may share 40 notes
        spreads[name] = float(np.nanmean(values)), float(np.nanstd(values))
    parts = [(key, differences(data, [key], spreads)) for key in keys]
    titles = sorted({data.windows[key].title for key in keys})
    fold = {title: number % 5 for number, title in enumerate(np.random.default_rng(3).permutation(titles).tolist())}

    def gathered(wanted: Collection[str]) -> tuple[Floats, Floats]:
        """Differences, and weights by which each contrast counts the same."""
        rows = [[own[kind] for key, own in parts if key in wanted] for kind in range(len(CONTRASTS))]
        groups = [np.concatenate(group) for group in rows]
        return np.concatenate(groups), np.concatenate([np.full(len(group), 1 / len(group)) for group in groups])

    def loss(strength: float) -> float:
        total = 0.0
        for number in range(5):
            inside, outside = (
                {key for key in keys if (fold[data.windows[key].title] == number) == is_in} for is_in in (1, 0)
            )
            costs = fitted(*gathered(outside), strength)
            held, weights = gathered(inside)
            total += float(weights @ np.logaddexp(0, -held @ costs))
        return total

    strength = min(STRENGTHS, key=loss)
    print(f"Losses of five folds: { {value: round(loss(value) / 15, 4) for value in STRENGTHS} }", file=sys.stderr)
    costs = fitted(*gathered(keys), strength).reshape(-1, 2)
    return {
        name: Norm(*(round(value, 4) for value in (*spreads[name], below, above)))
        for name, (below, above) in zip(NAMES, costs.tolist(), strict=True)
    }, strength


def differences(data: Measured, keys: Sequence[str], spreads: Mapping[str, tuple[float, float]]) -> list[Floats]:
    """How much further than the human one each other solo deviates: (pairs, 2 * figures) for each of `CONTRASTS`."""

    def row(figures: Figures) -> Floats:
        return np.array([deviations(name, figures[name], *spreads[name]) for name in NAMES]).ravel()

    return [
        np.array([row(others[key]) - row(data.human[key]) for key in keys if key in others]).reshape(-1, 2 * len(NAMES))
        for others in (data.alike, data.plain, data.swapped)
    ]


def fitted(rows: Floats, weights: Floats, strength: float) -> Floats:
    """Costs by which human solos win: logistic regression on pairs (Bradley, Terry 1952), none below `LEAST`.

    So no deviation is free, but for what is good the less there is of it. Projected gradient with a step from the
    largest curvature.
    """
    least = np.array([(0.0 if name in TOO_MUCH_ONLY else LEAST, LEAST) for name in NAMES]).ravel()
    costs = least.copy()
    step = 1 / (np.linalg.eigvalsh(rows.T @ (rows * weights[:, None]) / 4)[-1] + strength)
    for _ in range(4000):
        wrong = 1 / (1 + np.exp(rows @ costs))
        costs = np.maximum(costs + step * (rows.T @ (weights * wrong) - strength * (costs - least)), least)
        costs[least == 0.0] = 0.0
    return costs


# ---- what it is worth


def interval(values: Floats, titles: Sequence[str]) -> str:
    """Mean, and the interval that holds it in 95 of 100 draws of as many tunes."""
    groups = defaultdict(list)
    for value, title in zip(values.tolist(), titles, strict=True):
        groups[title].append(value)
    sums = np.array([(sum(own), len(own)) for own in groups.values()], dtype=np.float64)
    rng = np.random.default_rng(4)
    drawn = sums[rng.integers(len(sums), size=(4000, len(sums)))].sum(axis=1)
    low, high = np.percentile(drawn[:, 0] / drawn[:, 1], [2.5, 97.5])
    return f"{values.mean():.3f} [{low:.3f}, {high:.3f}]"


def wins(data: Measured, keys: Sequence[str], score: Callable[[Figures], float]) -> list[str]:
    found = []
    for others in (data.alike, data.plain, data.swapped):
        both = [(score(data.human[key]), score(others[key]), data.windows[key].title) for key in keys if key in others]
        won = np.array([1.0 if a > b else 0.5 if a == b else 0.0 for a, b, _ in both])
        found.append(interval(won, [title for *_, title in both]))
    return found


def win_rates(data: Measured, norms: Mapping[str, Norm]) -> None:
    keys = data.keys(is_train=False)
    counts = [sum(key in others for key in keys) for others in (data.alike, data.plain, data.swapped)]
    titles = len({data.windows[key].title for key in keys})
    print(f"\n{counts} pairs on {titles} tunes.")
    rows = [("all", *wins(data, keys, lambda figures: sum(parts_of(figures, norms).values())))]
    rows += [(part, *wins(data, keys, lambda figures, part=part: parts_of(figures, norms)[part])) for part in PARTS]
    table(["human wins by", *CONTRASTS], rows)
    even = {name: replace(norm, below=1.0, above=1.0) for name, norm in norms.items()}
    train = wins(data, data.keys(is_train=True), lambda figures: sum(parts_of(figures, norms).values()))
    table(
        ["", *CONTRASTS],
        [
            ("all, on the tunes of the fit", *train),
            ("all figures and sides alike", *wins(data, keys, lambda f: sum(parts_of(f, even).values()))),
        ],
    )


def best_of_many(data: Measured, norms: Mapping[str, Norm]) -> None:
    """How the figures of the best take move to the human ones, on the same charts."""

    def score(figures: Figures) -> float:
        return sum(parts_of(figures, norms).values())

    titles = [data.windows[key].title for key in data.many]
    scores = [[score(own) for own in takes] for takes in data.many.values()]
    best = [takes[int(np.argmax(own))] for takes, own in zip(data.many.values(), scores, strict=True)]
    won = np.array([float(score(data.human[key]) > max(own)) for key, own in zip(data.many, scores, strict=True)])
    over = np.array(
        [np.mean(np.array(own) < score(data.human[key])) for key, own in zip(data.many, scores, strict=True)]
    )
    print(f"\nHuman over a random take {interval(over, titles)}, over the best one {interval(won, titles)}")
    rows = []
    for name in (*NAMES, *NOT_COUNTED):
        human = np.array([data.human[key][name] for key in data.many])
        random = np.array([np.mean([own[name] for own in takes]) for takes in data.many.values()])
        chosen = np.array([own[name] for own in best])
        spread = np.nanstd(human)
        away = [
            np.mean(np.abs(np.array([own[name] for own in takes]) - np.nanmean(human))) for takes in data.many.values()
        ]
        nearer = (np.array(away) - np.abs(chosen - np.nanmean(human))) / spread
        kept = ~np.isnan(nearer)
        rows.append(
            (
                name,
                f"{np.nanmean(human):.3f} ± {spread:.3f}",
                float(np.nanmean(random)),
                float(np.nanmean(chosen)),
                interval(nearer[kept], [title for title, is_kept in zip(titles, kept, strict=True) if is_kept]),
            )
        )
    table(["", "human", "random take", "best of 16", "nearer to the human mean, spreads"], rows)


def choices(data: Measured) -> None:
    """How different four chosen takes are, by what likeness costs; how long the ranking takes."""
    rows = []
    titles = [data.windows[key].title for key in data.many]
    takes = {
        key: [Solo(sheet, (), 1, take, float("nan")) for take, sheet in enumerate(sheets)]
        for key, sheets in data.sheets_of_many.items()
    }
    pitches = {
        key: [[note.pitch for note in sheet.melody] for sheet in own] for key, own in data.sheets_of_many.items()
    }
    rng = np.random.default_rng(6)
    drawn = [[own[i] for i in rng.permutation(len(own))[:4].tolist()] for own in pitches.values()]
    rows.append(("drawn at random", interval(np.array([diversity(own) for own in drawn]), titles), ""))
    for cost in (0.0, 4.0, 8.0, 16.0):
        ranking.COST_OF_LIKENESS = cost
        chosen = [rank(own, None, best=4) for own in takes.values()]
        found = np.array(
            [diversity([[note.pitch for note in solo.sheet.melody] for solo in own.solos]) for own in chosen]
        )
        scores = np.array([np.mean([kept.score for kept in own.best]) for own in chosen])
        rows.append((f"likeness costs {cost:g}", interval(found, titles), float(scores.mean())))
    table(["four of 16 takes", "diversity", "mean score"], rows)


def shared_runs(data: Measured) -> None:
    """How many solos a limit to what is shared with the training data would reject."""
    keys = data.keys(is_train=False)
    runs = {
        f"{len(keys)} held-back human windows": [data.human[key]["longest_shared_run"] for key in keys],
        "takes": [own["longest_shared_run"] for takes in data.many.values() for own in takes],
    }
    limits = range(7, 14)
    table(
        ["share with more counted notes in a row than", *limits],
        [(name, *(float(np.mean([run > limit for run in own])) for limit in limits)) for name, own in runs.items()],
    )


def likelihoods(data: Measured, norms: Mapping[str, Norm]) -> None:
    """Whether bits per note tell human solos from takes, and go with the score."""
    keys = [key for key in data.many if key in data.bits]
    human = np.array([data.bits[key] for key in keys])
    takes = np.array([np.nanmean(data.bits_of_many[key]) for key in keys])
    higher = np.array([np.mean([data.bits[key] > bits for bits in data.bits_of_many[key]]) for key in keys])
    along = [
        np.corrcoef(data.bits_of_many[key], [sum(parts_of(own, norms).values()) for own in data.many[key]])[0, 1]
        for key in keys
        if len(data.many[key]) == len(data.bits_of_many[key])
    ]
    split = [[b for key, b in data.bits.items() if (data.windows[key].split == "train") == is_it] for is_it in (0, 1)]
    print(f"\nBits per note of {len(keys)} held-back windows: human {human.mean():.2f}, takes {takes.mean():.2f}.")
    print(f"Human ones cost more than a take: {interval(higher, [data.windows[key].title for key in keys])}.")
    print(f"Correlation with the score among the takes on one chart: {np.mean(along):.2f} (mean of {len(along)}).")
    print(f"Human windows held back {np.mean(split[0]):.2f} ({len(split[0])}), learned from {np.mean(split[1]):.2f}.")


def table(header: Sequence[object], rows: Sequence[Sequence[object]]) -> None:
    def cell(value: object) -> str:
        return f"{value:.3f}" if isinstance(value, float) else str(value)

    print("\n| " + " | ".join(map(str, header)) + " |\n|" + "---|" * len(header))
    for row in rows:
        print("| " + " | ".join(map(cell, row)) + " |")


def evaluate(dataset: Path, takes: Path, learned: Sequence[Path], given: Path | None, out: Path | None) -> None:
    data = measured(dataset, takes, learned)
    if given is None:
        norms, strength = fit(data)
    else:
        rows = json.loads(given.read_text("utf-8"))["figures"]
        norms, strength = {name: Norm(**row) for name, row in rows.items()}, float("nan")
    scores = [sum(parts_of(data.human[key], norms).values()) for key in data.keys(is_train=False)]
    written = {
        "about": f"docs/experiments/ranking.py: windows of {BARS} bars of the Weimar Jazz Database against takes of "
        f"{takes.stem}, strength {strength}",
        "human_scores": {share: round(float(np.percentile(scores, share)), 2) for share in (10, 50, 90)},
        "figures": {name: asdict(norm) for name, norm in norms.items()},
    }
    if out is not None:
        out.write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")
    table(["", *Norm.__dataclass_fields__], [(name, *asdict(norm).values()) for name, norm in norms.items()])
    print(f"\nStrength {strength}; human scores {written['human_scores']}")
    win_rates(data, norms)
    for name in NOT_COUNTED:
        add_figure(data, name)
    best_of_many(data, norms)
    likelihoods(data, norms)
    choices(data)
    shared_runs(data)


def add_figure(data: Measured, name: str) -> None:
    for key, takes in data.many.items():
        data.human[key][name] = MEASURES[name](data.windows[key].sheet)
        for own, sheet in zip(takes, data.sheets_of_many[key], strict=True):
            own[name] = MEASURES[name](sheet)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    sampling, fitting = commands.add_parser("sample"), commands.add_parser("fit")
    for name in ("dataset", "model", "takes"):
        sampling.add_argument(name, type=Path)
    for name in ("dataset", "takes"):
        fitting.add_argument(name, type=Path)
    fitting.add_argument("--learned", type=Path, nargs="+", required=True, help="all datasets of the model")
    fitting.add_argument("--norms", type=Path, help="measure these instead of fitting: a ranking.json")
    fitting.add_argument("--write", type=Path)
    arguments = parser.parse_args()
    if arguments.command == "sample":
        sample(arguments.dataset, arguments.model, arguments.takes)
    else:
        evaluate(arguments.dataset, arguments.takes, arguments.learned, arguments.norms, arguments.write)


if __name__ == "__main__":
    main()
