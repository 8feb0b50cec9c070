"""Evaluation: how well a model predicts held-back melodies, and how what it plays compares with what humans play.

`evaluate` measures a model on a dataset, `evaluate_files` the solos of any other system by the same figures. Of almost
no figure more is better: solos are held against human ones, whose values stand beside theirs, as do those of two
baselines.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from solomuse.datasets.load import Dataset, Windows, load_dataset
from solomuse.errors import ConfigError, DatasetError
from solomuse.evaluation.comparison import HUMAN, MORE_HUMANS, OTHER_HUMANS, Yardstick, compared
from solomuse.evaluation.excerpts import Excerpt, excerpts, halves, whole_melodies
from solomuse.evaluation.figures import Corpus
from solomuse.evaluation.ngram_player import best_ngram, ngram_player
from solomuse.evaluation.players import Say, played_by_model, played_by_walker, silent, walker_of
from solomuse.evaluation.prediction import predicted
from solomuse.evaluation.report import write_report
from solomuse.evaluation.solo_files import read_solos
from solomuse.files import make_folder
from solomuse.generation.controls import Controls
from solomuse.metrics.harmony import chord_shift_gain, chord_tone_ratio, notes_per_bar, step_resolution
from solomuse.metrics.ngram import NGram
from solomuse.model.folder import config_for, load_model, model_folder, read_json
from solomuse.music.leadsheet import LeadSheet
from solomuse.tokens.codec import Codec
from solomuse.tokens.vocabulary import vocabulary

__all__ = ["evaluate", "evaluate_files"]

MODEL, NGRAM, WALK = "model", "n-gram", "scale walk"
ROWS = (MODEL, NGRAM, WALK, HUMAN, OTHER_HUMANS, MORE_HUMANS)
SEEDS = (1, 2, 3)
FILES_GRID = 12
"""Steps a quarter to which the solos of other systems are moved where no dataset says another."""
FILES_BARS = 16
MOST_REFERENCES = 96
"""Human excerpts in each half of the training tunes, at most; files are held against as many, however few they are."""


def evaluate(
    model_path: str | Path,
    dataset_path: str | Path,
    split: str = "validation",
    seed: int = 1,
    solos: int = 0,
    seeds: Sequence[int] = SEEDS,
    style: str | None = None,
    guidance: float = 1.0,
    temperature: float = 1.0,
    out: str | Path | None = None,
    say: Say = silent,
) -> dict[str, Any]:
    """Bits per note under the true chart and under another tune's, and how solos over held-back charts go with them.

    Parameters
    ----------
    model_path, dataset_path : str or Path
        A model folder, a run, or ``default``; and a dataset.
    seed : int
        Chooses the other charts, the windows and the draws of intervals.
    solos : int
        How many held-back windows, on as many tunes as there are, to play over. 0 measures predictions only.
    seeds : sequence of int
        One take over each window for each of them.
    style : str, optional
        Asked of the solos, of a model that has learned several; they are as `generate` plays otherwise. Not without
        solos.
    guidance : float
        How strongly the chart is heard, in predictions and solos.
    temperature : float
        Of the notes of the solos. Not without solos.
    out : str or Path, optional
        A folder for ``report.json``, ``report.md`` and ``report.html``.
    say : callable
        Is told what is being done.

    Returns
    -------
    dict
        As ``solomuse evaluate --json`` prints it. A figure is None where nothing could be measured: where no other
        tune's chart has the same bars.

    Raises
    ------
    ModelError, DatasetError
        If a folder will not do, the two have different vocabularies, or the split is empty.
    ConfigError
        If `solos` or `seed` is below 0, there are no seeds or a negative one, the model has not learned of the style,
        guidance or temperature are out of range, style or temperature are asked of no solos, or a window is longer than
        the model can attend to.
    OutputError
        If the report cannot be written.
    """
    _check(seed, solos, seeds)
    model_path, dataset_path, out = Path(model_path), Path(dataset_path), out if out is None else Path(out)
    if style is not None and not solos:
        raise ConfigError(f"style {style!r} is asked of solos, and none are played: play some, or leave it out")
    if temperature != 1 and not solos:
        raise ConfigError(f"temperature {temperature:g} is of solos, and none are played: play some, or leave it out")
    controls = Controls(style=style, guidance=guidance, temperature=temperature)
    dataset, folder = load_dataset(dataset_path), model_folder(model_path)
    config = config_for(folder, dataset.vocabulary)
    dataset = replace(dataset, players=tuple(read_json(folder / "solomuse.json").get("players", ())))
    model = load_model(folder) if solos else None
    if model is not None:
        # which refuses a style that it has not learned, before this takes its time
        controls.conditions(model, dataset.config.window_bars)
    windows, codec = dataset.windows(split), Codec(dataset.vocabulary)
    _check_windows(windows, config.get("n_positions"), f"the {split} split of {dataset_path}", model_path)
    if out is not None:
        make_folder(out)
    sheets = [codec.decode(token_ids.tolist()) for token_ids, _ in windows]
    say(f"the model predicts {len(windows)} windows")
    measured: dict[str, Any] = predicted(folder, dataset, windows, sheets, np.random.default_rng(seed), guidance)
    say("n-gram models of several orders learn")
    baseline = best_ngram(dataset, split)
    measured |= {"ngram_bits_per_note": baseline.bits_per_note, "ngram_order": baseline.model.order}
    players: dict[str, list[Excerpt]] = {}
    if model is not None:
        charts = excerpts(dataset, split, solos, np.random.default_rng(seed))
        players[MODEL] = played_by_model(model, charts, seeds, "the model", say, controls)
        measured |= _pooled(players[MODEL], charts)
        players |= _baselines(dataset, baseline.model, charts, seeds, say)
        players[HUMAN] = charts
        measured["played"] = _table(players, dataset, seed, min(MOST_REFERENCES, solos), seeds, say)
    asked = {"style": style, "guidance": guidance, "temperature": temperature}
    document: dict[str, Any] = _plain(
        {"model": str(model_path), "dataset": str(dataset_path), "split": split, **asked, **measured}
    )
    if out is not None:
        write_report(document, players, out, say)
    return document


def evaluate_files(
    solos: str | Path,
    charts: str | Path | None = None,
    reference: str | Path | None = None,
    seed: int = 1,
    out: str | Path | None = None,
    say: Say = silent,
) -> dict[str, Any]:
    """The solos of another system, from files, by the figures of `evaluate`.

    Parameters
    ----------
    solos : str or Path
        A folder of MIDI, MusicXML and ABC files, each one solo, but for books of ABC: each tune in them.
    charts : str or Path, optional
        A folder of charts of the same names but for their endings, in any of the formats of
        `solomuse.datasets.lead_sheets.CHART_SUFFIXES`. A solo that has none here is held against its own chords.
    reference : str or Path, optional
        A dataset whose humans, and baselines made of it, stand beside the system.
    seed, out, say
        As in `evaluate`.

    Returns
    -------
    dict
        ``played`` as `evaluate` has it, and ``files``: how many solos there are, how many were read, and why the
        others were not.

    Raises
    ------
    FormatError
        If a folder is missing, or none of its files can be measured.
    ConfigError
        If `seed` is below 0.
    DatasetError, OutputError
        As in `evaluate`.
    """
    _check(seed)
    solos, out = Path(solos), out if out is None else Path(out)
    charts = charts if charts is None else Path(charts)
    dataset = load_dataset(reference) if reference else None
    known = dataset.vocabulary if dataset else vocabulary(FILES_GRID)
    bars = dataset.config.window_bars if dataset else FILES_BARS
    say(f"reading {solos}")
    read = read_solos(solos, charts, known, bars)
    if out is not None:
        make_folder(out)
    name = solos.resolve().name
    players = {f"{name} (files)" if name in ROWS else name: read.excerpts}
    if dataset:
        say("n-gram models of several orders learn")
        players |= _baselines(dataset, best_ngram(dataset, "validation").model, read.excerpts, (seed,), say)
    table = _table(players, dataset, seed, MOST_REFERENCES, (seed,), say)
    document: dict[str, Any] = _plain(
        {"solos": str(solos), "charts": charts and str(charts), "files": read.files, "played": table}
    )
    if out is not None:
        write_report(document, players, out, say)
    return document


def _check(seed: int, solos: int = 0, seeds: Sequence[int] = SEEDS) -> None:
    if seed < 0:
        raise ConfigError(f"seed is {seed}: expected a whole number from 0 up")
    if solos < 0:
        raise ConfigError(f"solos is {solos}: expected 0 or more")
    if not seeds or min(seeds) < 0 or len(set(seeds)) < len(seeds):
        raise ConfigError(f"seeds are {list(seeds)}: expected at least one, each once, from 0 up")


def _check_windows(windows: Windows, room: int | None, where: str, model_path: Path) -> None:
    """See that there are windows, and that the model can attend to each."""
    if not len(windows):
        raise DatasetError(f"{where} has no windows: choose another with --split, or prepare it from more songs")
    longest = int(windows.lengths.max())
    if room is not None and longest > room:
        raise ConfigError(
            f"{where} has windows of up to {longest} tokens, but {model_path} attends to {room}: prepare the dataset "
            f"with --seq-len {room}, or evaluate a model with a larger block_size"
        )


MUSICAL_MEASURES: dict[str, Callable[[Sequence[LeadSheet]], float]] = {
    "chord_tone_ratio": chord_tone_ratio,
    "chord_tone_ratio_strong_beats": partial(chord_tone_ratio, weighting="strong beats"),
    "chord_tone_ratio_by_time": partial(chord_tone_ratio, weighting="time"),
    "chord_shift_gain": chord_shift_gain,
    "step_resolution": step_resolution,
    "notes_per_bar": notes_per_bar,
}
"""Figures in which each note counts once, and not each solo."""


def _pooled(played: Sequence[Excerpt], human: Sequence[Excerpt]) -> dict[str, float]:
    return {
        f"{who}_{name}": measure([excerpt.sheet for excerpt in group])
        for who, group in (("solo", played), ("human", human))
        for name, measure in MUSICAL_MEASURES.items()
    }


def _baselines(
    dataset: Dataset, model: NGram, charts: Sequence[Excerpt], seeds: Sequence[int], say: Say
) -> dict[str, list[Excerpt]]:
    player = ngram_player(model, dataset.vocabulary, dataset.config.window_bars)
    return {
        NGRAM: played_by_model(player, charts, seeds, "the n-gram model", say),
        WALK: played_by_walker(walker_of(dataset), charts, seeds),
    }


def _table(
    players: dict[str, list[Excerpt]],
    dataset: Dataset | None,
    seed: int,
    references: int,
    seeds: Sequence[int],
    say: Say,
) -> dict[str, Any]:
    """The players' figures, with humans on the dataset's training tunes as yardstick; they are added to `players`.

    One half of these tunes is a row of its own. Where no human plays what the players play, all are held against that
    row, and the other half is one too.
    """
    say("measuring")
    yardstick = Yardstick()
    if dataset:
        others, reference = halves(excerpts(dataset, "train", 2 * references, np.random.default_rng(seed)))
        players[OTHER_HUMANS] = others
        if HUMAN not in players and reference:
            players[MORE_HUMANS] = reference
        yardstick = Yardstick(Corpus.of(*whole_melodies(dataset, "train")), [excerpt.sheet for excerpt in reference])
    rows = compared(players, yardstick, seed)
    first = next(iter(players.values()))
    return {
        "solos": len({excerpt.chart for excerpt in first}),
        "tunes": len({excerpt.tune for excerpt in first}),
        "seeds": list(seeds),
        "references": len(yardstick.reference),
        "rows": rows,
    }


def _plain(value: Any) -> Any:
    """The value as JSON can have it: None for NaN."""
    if isinstance(value, Mapping):
        return {key: _plain(own) for key, own in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(own) for own in value]
    return None if isinstance(value, float) and math.isnan(value) else value
