"""Which stretches of human melody are held against what a system plays."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from solomuse.datasets.catalogue import TABLE
from solomuse.datasets.load import Dataset, Windows
from solomuse.music.leadsheet import LeadSheet
from solomuse.tokens.codec import Codec
from solomuse.tokens.grammar import parse
from solomuse.tokens.vocabulary import PLACE, PLACES

LEAST_TUNES = 0.9
"""Share of the tunes that are played at least, however short they are."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A stretch of melody that is measured.

    Parameters
    ----------
    tune : str
        What is drawn at random where an interval is computed: stretches of one tune are not independent.
    chart : str
        Names the chart under it; several takes may share it.
    take : int
        Which of them it is.
    place : str
        Which part of the whole it is, one of `solomuse.tokens.vocabulary.PLACES`.
    """

    tune: str
    chart: str
    sheet: LeadSheet
    take: int = 0
    place: str = "whole"


def tune_titles(dataset: Dataset) -> list[str]:
    """The title of each song, in the order of ``songs.jsonl``."""
    return [str(song["title"]) for song in dataset.songs()]


def tunes_of(windows: Windows, dataset: Dataset) -> list[str]:
    """The title of each window's song."""
    titles = tune_titles(dataset)
    return [titles[song] for song in windows.songs.tolist()]


def spread_over_tunes(windows: Windows, tunes: Sequence[str], count: int, rng: np.random.Generator) -> list[int]:
    """At most `count` of each tune's longest windows, as different as may be.

    One of each tune in turn, before a second one of any; those that overlap another one come last. Tunes with
    the longest windows come first; those with shorter windows than nine tenths of the tunes have are left out.

    Parameters
    ----------
    tunes : sequence of str
        Of each window.
    """
    bars = windows.table[:, TABLE.index("bars")]
    longest_by_tune: dict[str, int] = {}
    for tune, length in zip(tunes, bars.tolist(), strict=True):
        longest_by_tune[tune] = max(length, longest_by_tune.get(tune, 0))
    longest = np.array([longest_by_tune[tune] for tune in tunes], dtype=bars.dtype)  # (windows,)
    lengths = sorted(longest_by_tune.values(), reverse=True)
    kept = lengths[: math.ceil(len(lengths) * LEAST_TUNES)]
    by_tune: dict[str, list[int]] = {}
    for length in dict.fromkeys(kept):
        for index in rng.permutation(np.flatnonzero((longest == length) & (bars == length))).tolist():
            by_tune.setdefault(tunes[index], []).append(index)
    queues = [_apart_first(own, windows) for own in by_tune.values()]
    turns = max(map(len, queues), default=0)
    return [queue[turn] for turn in range(turns) for queue in queues if turn < len(queue)][:count]


def _apart_first(indices: Sequence[int], windows: Windows) -> list[int]:
    """The windows that do not overlap one before them, then the others."""
    columns = [TABLE.index(name) for name in ("shard", "place", "first", "bars")]
    apart: list[int] = []
    rest: list[int] = []
    for index in indices:
        *song, first, bars = windows.table[index, columns].tolist()
        is_near = any(
            windows.table[other, columns[:2]].tolist() == song and abs(windows.table[other, columns[2]] - first) < bars
            for other in apart
        )
        (rest if is_near else apart).append(index)
    return apart + rest


def excerpts(dataset: Dataset, split: str, count: int, rng: np.random.Generator) -> list[Excerpt]:
    """At most `count` human excerpts of a split, as `spread_over_tunes` chooses them."""
    windows = dataset.windows(split)
    tunes = tunes_of(windows, dataset)
    codec, found = Codec(dataset.vocabulary), []
    for index in spread_over_tunes(windows, tunes, count, rng):
        token_ids = windows[index][0].tolist()
        place = PLACES[parse(token_ids, dataset.vocabulary).conditions[PLACE]]
        found.append(Excerpt(tunes[index], f"{split} {index}", codec.decode(token_ids), place=place))
    return found


def halves(found: Sequence[Excerpt]) -> tuple[list[Excerpt], list[Excerpt]]:
    """Excerpts in two halves that share no tune, alike in number of tunes."""
    tunes = list(dict.fromkeys(excerpt.tune for excerpt in found))
    first = set(tunes[::2])
    return [e for e in found if e.tune in first], [e for e in found if e.tune not in first]


def whole_melodies(dataset: Dataset, split: str) -> tuple[list[list[int]], list[str]]:
    """Pitches and title of each lead sheet of a split, uncut."""
    windows, titles = dataset.windows(split), tune_titles(dataset)
    columns = [TABLE.index(name) for name in ("shard", "place", "song")]
    songs = {(shard, place): song for shard, place, song in windows.table[:, columns].tolist()}
    pitches = [windows.shards.sheet(*key).notes[:, 1].tolist() for key in songs]
    return pitches, [titles[song] for song in songs.values()]
