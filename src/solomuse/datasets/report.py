"""What became of a collection: counts, distributions, doubts and duplicates, as values.

`solomuse.datasets.report_page` shows them as a page.
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from heapq import nsmallest
from itertools import pairwise
from typing import Any, NamedTuple

from solomuse.datasets.duplicates import Pair, groups_of
from solomuse.datasets.report_page import page
from solomuse.datasets.splits import SPLITS, split_titles

__all__ = ["full_report", "page"]

STAGE_BY_REASON = {"NoMelody": "melody", "NoChords": "chords", "NoWindow": "used", "Vocabulary": "used"}
"""The stage that a song left out for this reason did not reach; with any other reason it was not read."""

EDGES_BY_FACT: dict[str, tuple[float, ...]] = {
    "qpm": (60, 80, 100, 120, 140, 160, 180, 200, 220, 240, 280, 320),
    "notes_per_bar": (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16),
    "mean_pitch": (36, 42, 48, 54, 60, 66, 72, 78, 84, 90, 96),
    "bars": (8, 16, 32, 48, 64, 96, 128, 192, 256),
    "confidence": (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9),
    "swing": (0.9, 1.1, 1.3, 1.5, 1.7, 1.9, 2.1, 2.5, 3.0),
}
"""Where the bins of a number's histogram begin, the first aside."""

LEAST_CERTAIN = 10
MOST_GROUPS, MOST_NAMES = 50, 10
"""How much is listed: songs, groups of duplicates, names of a group."""


class _Head(NamedTuple):
    """What of every song is in memory at once."""

    name: str
    title: str
    split: str


def full_report(report: dict[str, Any], songs: Iterable[dict[str, Any]], pairs: Sequence[Pair]) -> dict[str, Any]:
    """What ``report.json`` holds: the report with stages, distributions, doubtful songs and duplicates.

    Parameters
    ----------
    report : dict
        What ``dataset.json`` holds.
    songs : iterable of dict
        The lines of ``songs.jsonl``; gone through several times.
    pairs : sequence of Pair
        Duplicates among them.

    Returns
    -------
    dict
        Fit for JSON in UTF-8: numbers rounded, those that are none null, undecodable bytes of names replaced.
    """
    heads = [_Head(song["name"], song["title"], song["split"]) for song in songs]
    full = {
        **report,
        "stages": _stages(report),
        "distributions": _distributions(songs),
        "beats": _beats(songs),
        "least_certain": _least_certain(songs),
        "duplicates": _duplicates(heads, pairs),
        "sides": _sides(report["config"], heads, pairs),
    }
    return {name: _plain(value) for name, value in full.items()}


def _stages(report: dict[str, Any]) -> dict[str, int]:
    """How many songs reached each stage."""
    lost: Counter[str] = Counter()
    for reason, skip in report["skipped"].items():
        lost[STAGE_BY_REASON.get(reason, "read")] += skip["count"]
    stages = {"found": report["files"]}
    left = report["files"]
    for stage in ("read", "melody", "chords"):
        left -= lost[stage]
        stages[stage] = left
    return {**stages, "used": report["songs"]}


def _distributions(songs: Iterable[dict[str, Any]]) -> dict[str, dict[str, int]]:
    """Of each fact, how many songs have it; of chord qualities, how many chords."""
    named: dict[str, Counter[str]] = {fact: Counter() for fact in ("meter", "key", "chord_source", "qualities")}
    values: dict[str, array[float]] = {fact: array("d") for fact in EDGES_BY_FACT}
    for song in songs:
        for fact, counts in named.items():
            counts.update(song[fact] if fact == "qualities" else [str(song[fact])])
        for fact, known in values.items():
            known.extend([song[fact]] if song.get(fact) is not None else [])
    bins = {fact: _histogram(known, EDGES_BY_FACT[fact]) for fact, known in values.items()}
    return {**{name: dict(counts.most_common()) for name, counts in named.items()}, **bins}


def _histogram(values: Iterable[float], edges: Sequence[float]) -> dict[str, int]:
    """How many values lie between each two edges, from the first that has any to the last; the upper edge is outside.

    Examples
    --------
    >>> _histogram([5, 10, 29], (10, 20, 30, 40))
    {'below 10': 1, '10 to 20': 1, '20 to 30': 1}
    """
    counts = Counter(bisect_right(edges, value) for value in values if math.isfinite(value))
    between = [f"{low:g} to {high:g}" for low, high in pairwise(edges)]
    labels = [f"below {edges[0]:g}", *between, f"{edges[-1]:g} and up"]
    used = range(min(counts, default=0), max(counts, default=-1) + 1)
    return {labels[place]: counts[place] for place in used}


def _beats(songs: Iterable[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Where beats come from: how many songs, and how far on average their notes are from the grid."""
    deviations: dict[str, list[float]] = defaultdict(list)
    for song in songs:
        deviations[song["beats"]].append(song["deviation_ticks"])
    ranked = sorted(deviations.items(), key=lambda item: (-len(item[1]), item[0]))
    return {source: {"songs": len(ticks), "deviation_ticks": sum(ticks) / len(ticks)} for source, ticks in ranked}


def _least_certain(songs: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The songs whose melody is the least likely to be one, each with its least likely stretch; no certain ones."""
    doubted = (song for song in songs if song["confidence"] < 1)
    ranked = nsmallest(LEAST_CERTAIN, doubted, key=lambda song: float(song["confidence"]))
    doubtful = [(song, min(song["melody"], key=lambda stretch: stretch["score"])) for song in ranked]
    return [
        {"name": song["name"], "track": stretch["track"], "track_name": stretch["name"], "score": stretch["score"]}
        for song, stretch in doubtful
    ]


def _duplicates(heads: Sequence[_Head], pairs: Sequence[Pair]) -> dict[str, Any]:
    """Songs with the same melody; those that their titles do not give away come first."""
    groups = list(_groups(heads, pairs))
    listed: list[dict[str, Any]] = [
        {
            "songs": len(members),
            "titles": len({member.title for member in members}),
            "overlap": overlap,
            "names": [member.name for member in members[:MOST_NAMES]],
        }
        for members, overlap in groups
    ]
    listed.sort(key=lambda group: (group["titles"] == 1, -group["overlap"], -group["songs"]))
    return {
        "pairs": len(pairs),
        "groups": len(groups),
        "songs": sum(len(members) for members, _ in groups),
        "groups_of_several_titles": sum(group["titles"] > 1 for group in listed),
        "listed": listed[:MOST_GROUPS],
    }


def _groups(heads: Sequence[_Head], pairs: Sequence[Pair]) -> Iterator[tuple[list[_Head], float]]:
    """The songs that hang together by their melodies, whatever their titles, with the least overlap of their pairs."""
    places = groups_of([f"{place:09}" for place in range(len(heads))], pairs)  # each song a title of its own
    members: dict[str, list[_Head]] = defaultdict(list)
    overlaps: dict[str, list[float]] = defaultdict(list)
    for head, place in zip(heads, places, strict=True):
        members[place].append(head)
    for pair in pairs:
        overlaps[places[pair.first]].append(pair.overlap)
    for place, values in overlaps.items():
        yield members[place], min(values)


def _sides(config: dict[str, Any], heads: Sequence[_Head], pairs: Sequence[Pair]) -> dict[str, Any]:
    """Songs and groups of each split, and the groups of duplicates that are on two sides, or would be by title alone.

    By title alone is null where the splits are those of the publishers.
    """
    group_of_songs = groups_of([head.title for head in heads], pairs)
    splits = {
        split: {
            "songs": sum(head.split == split for head in heads),
            "groups": len({group for head, group in zip(heads, group_of_songs, strict=True) if head.split == split}),
        }
        for split in SPLITS
    }
    own = split_titles({head.title for head in heads}, config["held_back"])
    together = [members for members, _ in _groups(heads, pairs)]
    return {
        "splits": splits,
        "on_two_sides": sum(len({member.split for member in members}) > 1 for members in together),
        "by_title_alone": sum(len({own[member.title] for member in members}) > 1 for members in together)
        if config["splits"] == "title"
        else None,
    }


def _plain(value: Any) -> Any:
    """The value as JSON can hold it: short numbers, and only text that has an encoding."""
    match value:
        case float():
            return round(value, 4) if math.isfinite(value) else None
        case str():
            return value.encode("utf-8", "replace").decode("utf-8")
        case dict():
            return {_plain(key): _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case _:
            return value
