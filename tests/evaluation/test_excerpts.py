from __future__ import annotations

from pathlib import Path

import numpy as np

from solomuse.datasets.catalogue import TABLE
from solomuse.datasets.load import load_dataset
from solomuse.evaluation.excerpts import Excerpt, excerpts, halves, spread_over_tunes, tune_titles, whole_melodies
from solomuse.music.chart_text import parse_chart
from solomuse.music.leadsheet import LeadSheet


def test_each_tune_comes_once_before_any_comes_twice(toy_dataset: Path) -> None:
    dataset = load_dataset(toy_dataset)
    windows, titles = dataset.windows("train"), tune_titles(dataset)
    tunes = [titles[song] for song in windows.songs.tolist()]
    bars = windows.table[:, TABLE.index("bars")]
    different = len({tunes[index] for index in np.flatnonzero(bars == bars.max())})
    chosen = spread_over_tunes(windows, tunes, different, np.random.default_rng(1))
    assert len({tunes[index] for index in chosen}) == different


def test_excerpts_are_different_windows_of_the_longest_ones(toy_dataset: Path) -> None:
    found = excerpts(load_dataset(toy_dataset), "train", 12, np.random.default_rng(1))
    assert len({excerpt.chart for excerpt in found}) == len(found) == 12
    assert len({len(excerpt.sheet.chart.bars) for excerpt in found}) == 1


def test_halves_share_no_tune() -> None:
    sheet = LeadSheet(parse_chart("C"), ())
    first, second = halves([Excerpt(tune, str(place), sheet) for place, tune in enumerate("abcdabc")])
    assert {e.tune for e in first} == {"a", "c"}
    assert {e.tune for e in second} == {"b", "d"}
    assert len(first) + len(second) == 7


def test_the_corpus_has_each_lead_sheet_once_and_uncut(toy_dataset: Path) -> None:
    dataset = load_dataset(toy_dataset)
    pitches, tunes = whole_melodies(dataset, "train")
    windows = dataset.windows("train")
    places = {(row[1], row[2]) for row in windows.table.tolist()}
    assert len(pitches) == len(tunes) == len(places)
    assert sum(map(len, pitches)) == sum(len(windows.shards.sheet(*place).notes) for place in places)
