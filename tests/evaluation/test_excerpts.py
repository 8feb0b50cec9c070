from __future__ import annotations

from pathlib import Path

import numpy as np

from solomuse.config import DataConfig
from solomuse.datasets.catalogue import TABLE
from solomuse.datasets.load import Windows, load_dataset
from solomuse.datasets.shards import Shards
from solomuse.evaluation.excerpts import Excerpt, excerpts, halves, spread_over_tunes, tune_titles, whole_melodies
from solomuse.music.chart_text import parse_chart
from solomuse.music.leadsheet import LeadSheet
from solomuse.tokens.vocabulary import vocabulary


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


def windows_of(lengths_by_tune: dict[str, list[int]]) -> tuple[Windows, list[str]]:
    """Windows of so many bars on each tune, side by side."""
    rows = [
        (place, 32 * turn, bars) for place, own in enumerate(lengths_by_tune.values()) for turn, bars in enumerate(own)
    ]
    table = np.zeros((len(rows), len(TABLE)), dtype=np.int32)
    table[:, [TABLE.index(name) for name in ("place", "first", "bars")]] = rows
    none = np.zeros((0, 0), dtype=np.int32)
    windows = Windows(table, none, none, Shards(Path()), DataConfig(), vocabulary(12))
    return windows, [tune for tune, own in lengths_by_tune.items() for _ in own]


def test_short_tunes_are_played_too_behind_the_long_ones() -> None:
    windows, tunes = windows_of({**{f"short {number}": [12, 8] for number in range(6)}, "long": [12, 16]})
    chosen = spread_over_tunes(windows, tunes, 48, np.random.default_rng(1))
    assert len(chosen) == 7
    assert tunes[chosen[0]] == "long"
    assert [int(windows.table[index, TABLE.index("bars")]) for index in chosen] == [16, *[12] * 6]


def test_of_many_tunes_the_few_that_are_shorter_than_the_others_are_left_out() -> None:
    windows, tunes = windows_of({**{f"long {number}": [16] for number in range(19)}, "short": [2, 2]})
    chosen = spread_over_tunes(windows, tunes, 48, np.random.default_rng(1))
    assert sorted(tunes[index] for index in chosen) == sorted(f"long {number}" for number in range(19))


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
