"""Evaluation: how well a model predicts held-back melodies, and whether it hears their chords."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from transformers import AutoModelForCausalLM
from transformers.utils.logging import disable_progress_bar

from solomuse.datasets.load import Dataset, Windows, load_dataset
from solomuse.errors import ConfigError
from solomuse.generation import Sampling, solos_over
from solomuse.metrics.harmony import chord_shift_gain, chord_tone_ratio, notes_per_bar, step_resolution
from solomuse.metrics.ngram import NGram
from solomuse.model.folder import config_for, load_model, model_folder, read_json
from solomuse.model.likelihood import Sequence_, likelihood
from solomuse.music.chart import Chart
from solomuse.music.leadsheet import LeadSheet
from solomuse.tokens.codec import Codec
from solomuse.tokens.encoding import encode
from solomuse.tokens.grammar import parse
from solomuse.tokens.transposition import transpose_ids
from solomuse.tokens.vocabulary import CONDITIONS, SEP

NGRAM_ORDERS = (2, 3, 4, 5)
AT_ONCE = 64
"""Solos that are played in one batch."""
TOP_P = 0.95
"""Of the solos that are measured; as `generate` has it by default."""
KEYS = (-5, 7)
"""Intervals in semitones by which the n-gram model's training windows are moved: each key once."""


def evaluate(
    model_path: Path, dataset_path: Path, split: str = "validation", seed: int = 1, solos: int = 0
) -> dict[str, Any]:
    """Bits per note under the true chart and under another song's, and how solos over held-back charts go with them.

    The other chart has the same bars and is moved to the key in which its pitch classes fit the true
    chart's best, so that what is measured is the changes and not the key.

    Parameters
    ----------
    solos : int
        How many held-back windows, chosen by the seed among the longest ones, to play a solo over. Its figures stand
        beside those of the human melodies of the same windows.

    Returns
    -------
    dict
        As ``solomuse evaluate --json`` prints it. A figure is None where nothing could be measured: where no
        note is held back, or no other song's chart has the same bars.

    Raises
    ------
    ModelError, DatasetError
        If a folder will not do, or the two have different vocabularies.
    ConfigError
        If `solos` is below 0.
    """
    if solos < 0:
        raise ConfigError(f"solos is {solos}: expected 0 or more")
    dataset, folder = load_dataset(dataset_path), model_folder(model_path)
    config_for(folder, dataset.vocabulary)
    dataset = replace(dataset, players=tuple(read_json(folder / "solomuse.json").get("players", ())))
    disable_progress_bar()
    model = AutoModelForCausalLM.from_pretrained(folder)
    windows, codec = dataset.windows(split), Codec(dataset.vocabulary)
    sheets = [codec.decode(windows[index][0].tolist()) for index in range(len(windows))]
    own = likelihood(model, (windows[index] for index in range(len(windows))), dataset.vocabulary)
    pairs = _with_other_chords(windows, sheets, dataset, np.random.default_rng(seed))
    true = likelihood(model, [pair[0] for pair in pairs], dataset.vocabulary)
    swapped = likelihood(model, [pair[1] for pair in pairs], dataset.vocabulary)
    sensitivity = swapped.bits_per_note - true.bits_per_note
    order, ngram_bits = best_ngram(dataset, split)
    measured = {
        "notes": own.notes,
        **own.per_note(),
        "bits_per_note_other_chords": own.bits_per_note + sensitivity,
        "chord_sensitivity": sensitivity,
        "windows": len(windows),
        "windows_with_other_chords": len(pairs),
        "ngram_bits_per_note": ngram_bits,
        "ngram_order": order,
        **(_played(folder, sheets, seed, solos) if solos else {}),
    }
    return {name: None if math.isnan(value) else value for name, value in measured.items()}


MUSICAL_MEASURES: dict[str, Callable[[Sequence[LeadSheet]], float]] = {
    "chord_tone_ratio": chord_tone_ratio,
    "chord_tone_ratio_strong_beats": partial(chord_tone_ratio, weighting="strong beats"),
    "chord_tone_ratio_by_time": partial(chord_tone_ratio, weighting="time"),
    "chord_shift_gain": chord_shift_gain,
    "step_resolution": step_resolution,
    "notes_per_bar": notes_per_bar,
}


def _played(folder: Path, sheets: Sequence[LeadSheet], seed: int, solos: int) -> dict[str, float]:
    """The musical measures of solos over the charts of some windows, and of their own melodies."""
    longest = max((len(sheet.chart.bars) for sheet in sheets), default=0)
    whole = [sheet for sheet in sheets if len(sheet.chart.bars) == longest]
    human = [whole[index] for index in np.random.default_rng(seed).permutation(len(whole))[:solos]]
    model, sampling = load_model(folder), Sampling(top_p=TOP_P)
    played = [
        solo.sheet
        for first in range(0, len(human), AT_ONCE)
        for solo in solos_over(model, [sheet.chart for sheet in human[first : first + AT_ONCE]], sampling, seed + first)
    ]
    return {
        f"{who}_{name}": measure(group)
        for who, group in (("solo", played), ("human", human))
        for name, measure in MUSICAL_MEASURES.items()
    }


def best_ngram(dataset: Dataset, split: str, orders: Sequence[int] = NGRAM_ORDERS) -> tuple[int, float]:
    """Order and bits per note of the n-gram model that predicts the events of a split best.

    It sees the same tokens as a model, and like it every key: each training window is counted in all 12.
    """
    train, held_back, vocabulary = dataset.windows("train"), dataset.windows(split), dataset.vocabulary
    events = [
        transpose_ids(window, semitones, vocabulary)
        for window in (_events(train, index) for index in _side_by_side(train.songs))
        for semitones in range(*KEYS)
    ]
    lines = [_events(held_back, index) for index in range(len(held_back))]
    note = vocabulary.note_on
    notes = sum(int(((line >= note.start) & (line < note.stop)).sum()) for line in lines)
    bits_by_order = {}
    for order in orders:
        model = NGram(events, order, len(vocabulary))
        bits_by_order[order] = sum(float(model.bits(line).sum()) for line in lines) / notes if notes else math.nan
    return min(bits_by_order.items(), key=lambda item: item[1])


def _events(windows: Windows, index: int) -> NDArray[np.int64]:
    """The tokens of a window after ``<SEP>``."""
    token_ids = windows[index][0].astype(np.int64)
    return token_ids[int(np.argmax(token_ids == SEP)) + 1 :]


def _side_by_side(songs: NDArray[np.int32]) -> list[int]:
    """Every other window of each song: training windows overlap by half, and what is counted twice is no evidence."""
    firsts = np.searchsorted(songs, songs)
    return [index for index, first in enumerate(firsts.tolist()) if (index - first) % 2 == 0]


def _with_other_chords(
    windows: Windows, sheets: Sequence[LeadSheet], dataset: Dataset, rng: np.random.Generator
) -> list[tuple[Sequence_, Sequence_]]:
    """Each window beside itself under another song's chart, where one has the same bars."""
    codec = Codec(dataset.vocabulary)
    pairs = []
    for index, sheet in enumerate(sheets):
        meters = [bar.meter for bar in sheet.chart.bars]
        others = [
            other.chart
            for place, other in enumerate(sheets)
            if windows.songs[place] != windows.songs[index] and [bar.meter for bar in other.chart.bars] == meters
        ]
        if not others:
            continue
        other = _in_key_of(others[int(rng.integers(len(others)))], sheet.chart)
        said = dict(zip(CONDITIONS, parse(windows[index][0].tolist(), dataset.vocabulary).conditions, strict=True))
        swapped = encode(codec.on_grid(LeadSheet(other, sheet.melody)).saying(**said), dataset.vocabulary)
        if len(swapped[0]) <= dataset.config.seq_len:
            pairs.append((windows[index], swapped))
    return pairs


def _in_key_of(chart: Chart, model: Chart) -> Chart:
    """The chart moved to where its pitch classes overlap most with those of `model`."""
    target = _histogram(model)
    overlaps = [float(np.minimum(np.roll(_histogram(chart), shift), target).sum()) for shift in range(12)]
    return chart.transpose(int(np.argmax(overlaps)))


def _histogram(chart: Chart) -> np.ndarray[Any, np.dtype[np.float64]]:
    weights = np.zeros(12)
    for span in chart.spans():
        weights[list(span.chord.pitch_classes)] += span.duration
    weights /= max(1.0, float(weights.sum()))
    return weights
