"""What a model's figures say of shared runs, and what a reader gets from them. Prints Markdown.

    python docs/experiments/shared_runs.py JAZZ DATASET ...

JAZZ is the Weimar Jazz Database as `solomuse prepare` makes it: its windows are held against the songs of other titles
in all the datasets that a model learned from, JAZZ among them. Each row is an index of other figures.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from ranking import human_windows, table

from solomuse.datasets.catalogue import TABLE
from solomuse.datasets.load import Dataset, load_datasets
from solomuse.metrics import detours, ngram_index
from solomuse.metrics.ngram_index import NgramIndex, SongFigures
from solomuse.metrics.originality import IntervalIndex, intervals_of
from solomuse.model.melodies import Melodies, melodies_file

READ = 16
"""Notes of a stretch that is worth reading."""
NEVER = sys.maxsize
ROWS = [(5, NEVER, False), (5, NEVER, True), (6, NEVER, True), (6, 8, True), (6, 5, True), (6, 4, True)]
"""Intervals of a figure, `detours.EVERY`, whether it is kept how often a song has a figure."""
Stretches = list[list[int]]


def learned(datasets: Sequence[Dataset]) -> Iterator[tuple[str, list[int]]]:
    """Title and pitches of the songs to learn from."""
    columns = [TABLE.index(name) for name in ("song", "shard", "place")]
    for dataset in datasets:
        windows = dataset.windows("train")
        titles = [json.loads(line)["title"] for line in (dataset.path / "songs.jsonl").open(encoding="utf-8")]
        for song, shard, place in dict.fromkeys(map(tuple, windows.table[:, columns].tolist())):
            yield titles[song], windows.shards.sheet(shard, place).notes[:, 1].tolist()


def base(span: int) -> int:
    """What a figure is divided by to leave out its first interval."""
    return int(ngram_index._POWERS[-2] ** (span - 1))


def stretches(figures: Collection[int], span: int) -> Iterator[tuple[list[int], bool]]:
    """Figures that follow each other without a choice; whether it is one of several ways from one place to another."""
    after, before = defaultdict(list), defaultdict(list)
    for figure in figures:
        after[figure // ngram_index._POWERS[-2]].append(figure)
        before[figure % base(span)].append(figure)
    for figure in figures:
        led = before[figure // ngram_index._POWERS[-2]]
        if len(led) == 1 and len(after[led[0] % base(span)]) == 1:
            continue
        found = [figure]
        while len(nexts := after[found[-1] % base(span)]) == 1 == len(before[found[-1] % base(span)]):
            found.append(nexts[0])
        parts, joins = after[figure // ngram_index._POWERS[-2]], before[found[-1] % base(span)]
        yield found, len(parts) > 1 and len(joins) > 1


def readable(song: SongFigures, own: Sequence[int], span: int, is_warned: bool) -> tuple[int, int, int]:
    """Figures of a melody that lie in a stretch of `READ` notes; such stretches, and those that it does not have.

    A reader who is warned leaves out first what may be a detour: every short way from one place to another that a song
    does not have more than twice.
    """
    figures = set(song.figures.tolist())
    if is_warned:
        once = set(song.figures[song.doublings == 1].tolist())
        ways = [set(way) for way, is_way in stretches(figures, span) if is_way and len(way) <= span - 2]
        figures -= {figure for way in ways if way <= once for figure in way}
    places = defaultdict(list)
    for at, figure in enumerate(own):
        places[figure].append(at)
    is_read, count, wrong = np.zeros(len(own), dtype=np.bool_), 0, 0
    for stretch, _ in stretches(figures, span):
        if len(stretch) + span >= READ:
            count += 1
            right = [at for at in places[stretch[0]] if own[at : at + len(stretch)] == stretch]
            wrong += not right
            for at in right:
                is_read[at : at + len(stretch)] = True
    return int(is_read.sum()), count, wrong


def lengths(
    index: NgramIndex | IntervalIndex, titles: Sequence[str], title: str, solos: Sequence[list[int]]
) -> list[int]:
    """Counted notes of the longest run of each solo on a tune in the songs of other titles."""
    others = index.without([song for song, own in enumerate(titles) if own == title])
    return [run.counted if (run := others.longest_run(pitches)) else 0 for pitches in solos]


def row(
    option: tuple[int, int, bool],
    songs: Sequence[tuple[str, list[int]]],
    solos: Mapping[str, Sequence[list[int]]],
    exact: Mapping[str, Sequence[int]],
) -> list[object]:
    """The figures of an index."""
    span, detours.EVERY, is_counted = option
    ngram_index.SPAN = span
    ngram_index._POWERS = (2 * ngram_index._WIDEST + 1) ** np.arange(span - 1, -1, -1)
    parts = [SongFigures.of(pitches) for _, pitches in songs]
    if not is_counted:
        parts = [replace(part, doublings=np.full_like(part.doublings, 31)) for part in parts]
    index = NgramIndex.of_figures(parts)
    titles = tuple(title for title, _ in songs)
    found = np.concatenate([lengths(index, titles, title, group) for title, group in solos.items()])
    right = np.concatenate([exact[title] for title in solos])
    more = (found - right)[right > span]  # shorter runs have no figure
    assert more.min() >= 0
    owns = [ngram_index._figures(ngram_index._digits(intervals_of(pitches))).tolist() for _, pitches in songs]
    plain, warned = (
        np.sum([readable(part, own, span, is_warned) for part, own in zip(parts, owns, strict=True)], axis=0)
        for is_warned in (False, True)
    )
    longest = max(len(way) + span for part in parts for way, _ in stretches(set(part.figures.tolist()), span))
    return [
        span,
        "" if detours.EVERY == NEVER else detours.EVERY,
        "yes" if is_counted else "",
        *(float(share.mean()) for share in (more == 0, more == 1, more > 3)),
        int(more.max()),
        float((found > 11).mean()),
        round(len(melodies_file(Melodies(index, titles, ("",) * len(titles)))) / 1000),
        longest,
        *(float(part[0] / sum(map(len, owns))) for part in (plain, warned)),
        float(warned[2] / max(1, warned[1])),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("datasets", type=Path, nargs="+")
    datasets = parser.parse_args().datasets
    songs = list(learned(load_datasets(datasets)))
    solos = defaultdict(list)
    for window in human_windows(datasets[0]):
        solos[window.title].append([note.pitch for note in window.sheet.melody])
    whole, titles = IntervalIndex.of([pitches for _, pitches in songs]), [title for title, _ in songs]
    exact = {title: lengths(whole, titles, title, group) for title, group in solos.items()}
    right = np.concatenate(list(exact.values()))
    print(f"{len(right)} windows, {len(songs)} songs; more than 11 in truth: {(right > 11).mean():.3f}")
    head = ["intervals", "detours", "counts", "exact", "+1", "above +3", "most", "more than 11", "kB"]
    table([*head, "longest stretch", "read", "read, warned", "wrong"], [row(it, songs, solos, exact) for it in ROWS])


if __name__ == "__main__":
    main()
