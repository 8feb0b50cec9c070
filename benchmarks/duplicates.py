"""How well songs with the same melody are found: what is found, what is missed, how long it takes.

    python benchmarks/duplicates.py SOURCE... [--editions FIRST SECOND] [--prints 100000] [--list]

Found: the pairs of the sources by overlap, as far as their titles tell, and (``--list``) those of different titles.
Chance: how many songs of different titles overlap how much, for n-grams of several lengths, counted without sketches.
Changed: each song is changed in several ways, and the share that pairs with its original is counted in one search.
Editions: the same for two folders that hold the same songs under the same file names (endings such as ``_FINAL`` and
``_Solo`` do not count; tunes of an ABC book go by its name and their number). Many: a Markov chain of order 2 over the
sources' intervals invents melodies, every tenth a copy of the one before with 10 % of the notes left out.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import time
import tracemalloc
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from pathlib import Path

from solomuse.analysis.melody import melody_track
from solomuse.datasets.duplicates import (
    MIN_NGRAMS,
    MIN_OVERLAP,
    MelodyPrint,
    duplicate_pairs,
    groups_of,
    interval_ngrams,
    melody_print,
)
from solomuse.datasets.song_file import SongFile
from solomuse.datasets.source import collected, read_song
from solomuse.errors import SoloMuseError
from solomuse.music.chart import chart_from_spans
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.meter import COMMON_TIME
from solomuse.music.note import Note

Points = list[tuple[int, int]]
"""Onset in ticks and pitch of each note: a print knows no more of it."""

CHART = chart_from_spans((), [COMMON_TIME] * 20_000)
BAR = COMMON_TIME.bar_ticks
BINS = (0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.75, 1.0)


@dataclass(frozen=True, slots=True)
class Melody:
    """The melody of a song."""

    name: str
    title: str
    points: Points


def melodies(sources: Sequence[Path]) -> list[Melody]:
    with collected(sources) as files:
        return [Melody(_name(file), _plain(file.title), points) for file in files for points in _points(file)]


def _name(file: SongFile) -> str:
    if not file.tune:
        return re.sub(r"_(FINAL|Solo)$", "", file.path.stem)
    numbers = re.findall(r"^X:\s*(\d+)", file.path.read_text(encoding="utf-8", errors="replace"), re.MULTILINE)
    return file.path.stem + numbers[file.tune - 1]


def _plain(title: str) -> str:
    return "".join(character for character in title.lower() if character.isalnum())


def _points(file: SongFile) -> Iterator[Points]:
    try:
        song = read_song(file)
        yield [(note.time, note.pitch) for note in sorted(song.tracks[melody_track(song).track].notes)]
    except SoloMuseError:
        return


def sheet_of(points: Points) -> LeadSheet:
    inside = sorted((max(0, tick), min(127, max(0, pitch))) for tick, pitch in points if tick < CHART.duration)
    return LeadSheet(CHART, tuple(Note(tick, pitch, 1) for tick, pitch in inside))


def print_of(points: Points) -> MelodyPrint:
    return melody_print([sheet_of(points)])


def transposed(points: Points, rng: random.Random) -> Points:
    up = rng.choice([-5, -2, 3, 4])
    return [(tick, pitch + up) for tick, pitch in points]


def twice_as_slow(points: Points, _rng: random.Random) -> Points:
    return [(2 * tick, pitch) for tick, pitch in points]


def without_first_bars(points: Points, _rng: random.Random) -> Points:
    start = points[0][0] // BAR * BAR + 8 * BAR
    return [point for point in points if point[0] >= start]


def second_half(points: Points, _rng: random.Random) -> Points:
    return points[len(points) // 2 :]


def phrases_moved(points: Points, _rng: random.Random) -> Points:
    return [(tick, pitch + 12 * (tick // (4 * BAR) % 2)) for tick, pitch in points]


def eighths(points: Points, _rng: random.Random) -> Points:
    return [(round(tick / 240) * 240, pitch) for tick, pitch in points]


def sixteenths(points: Points, _rng: random.Random) -> Points:
    return [(round(tick / 120) * 120, pitch) for tick, pitch in points]


def dropped(share: float) -> Callable[[Points, random.Random], Points]:
    return lambda points, rng: [point for point in points if rng.random() >= share]


def moved_by_octaves(share: float) -> Callable[[Points, random.Random], Points]:
    return lambda points, rng: [(t, p + rng.choice([-12, 12]) * (rng.random() < share)) for t, p in points]


def mistaken(share: float) -> Callable[[Points, random.Random], Points]:
    return lambda points, rng: [(t, p + rng.choice([-2, -1, 1, 2]) * (rng.random() < share)) for t, p in points]


def graced(share: float) -> Callable[[Points, random.Random], Points]:
    return lambda points, rng: [*points, *((t - 40, p - 1) for t, p in points if rng.random() < share)]


CHANGES: dict[str, Callable[[Points, random.Random], Points]] = {
    "transposed": transposed,
    "notes twice as long": twice_as_slow,
    "every second four bars an octave up": phrases_moved,
    "on a grid of sixteenths": sixteenths,
    "on a grid of eighths": eighths,
    "without its first 8 bars": without_first_bars,
    "second half only": second_half,
    **{f"{share:.0%} of the notes dropped": dropped(share) for share in (0.02, 0.05, 0.1, 0.15, 0.2)},
    **{f"{share:.0%} of the notes with a grace note": graced(share) for share in (0.05, 0.1, 0.2)},
    **{f"{share:.0%} of the notes an octave off": moved_by_octaves(share) for share in (0.02, 0.05, 0.1)},
    **{f"{share:.0%} of the notes wrong": mistaken(share) for share in (0.02, 0.05, 0.1)},
}


def show_found(songs: Sequence[Melody], list_them: bool) -> None:
    pairs = duplicate_pairs([print_of(song.points) for song in songs])
    print(f"\n{len(songs)} songs, {len(pairs)} pairs\n\n| overlap | pairs | of one title |\n|---|---|---|")
    for low, high in pairwise([*BINS, 2.0]):
        within = [pair for pair in pairs if low <= pair.overlap < high]
        same = sum(songs[pair.first].title == songs[pair.second].title for pair in within)
        print(f"| {low:.2f} and up | {len(within)} | {same} |")
    groups = Counter(groups_of([song.title for song in songs], pairs))
    print("\nlargest groups:", ", ".join(f"{name} ({count})" for name, count in groups.most_common(5)))
    for pair in sorted(pairs, key=lambda pair: -pair.overlap) if list_them else []:
        one, other = songs[pair.first], songs[pair.second]
        if one.title != other.title:
            print(f"{pair.overlap:.2f}  {one.title} ({one.name})  {other.title} ({other.name})")


def show_chance(songs: Sequence[Melody]) -> None:
    print("\n| n | " + " | ".join(f"{low:.2f}" for low in BINS) + " |\n" + "|---" * (len(BINS) + 1) + "|")
    sheets = [sheet_of(song.points) for song in songs]
    for length in (4, 5, 6, 7):
        overlaps = list(exact_overlaps([set(interval_ngrams([sheet], length).tolist()) for sheet in sheets], songs))
        print(f"| {length} | " + " | ".join(str(sum(value >= low for value in overlaps)) for low in BINS) + " |")


def exact_overlaps(sets: Sequence[set[int]], songs: Sequence[Melody]) -> Iterator[float]:
    """Those of songs of different titles that share an n-gram, if they are long enough."""
    holders: dict[int, list[int]] = defaultdict(list)
    for index, grams in enumerate(sets):
        for gram in grams if len(grams) >= MIN_NGRAMS else ():
            holders[gram].append(index)
    shared = Counter(pair for places in holders.values() for pair in combinations(places, 2))
    for (one, other), count in shared.items():
        if songs[one].title != songs[other].title:
            yield count / (len(sets[one]) + len(sets[other]) - count)


def show_changed(songs: Sequence[Melody]) -> None:
    prints = [print_of(song.points) for song in songs]
    fit = [own for own in prints if own.ngrams >= MIN_NGRAMS]
    print(f"\n{len(fit)} of {len(prints)} songs have {MIN_NGRAMS} n-grams and more\n\n| change | found | of those |")
    print("|---|---|---|")
    for name, change in CHANGES.items():
        rng = random.Random(1)
        changed = [print_of(change(song.points, rng)) for song in songs]
        print(f"| {name} | {share_found(prints, changed):.1%} | {share_found(prints, changed, MIN_NGRAMS):.1%} |")


def share_found(prints: list[MelodyPrint], others: list[MelodyPrint], min_ngrams: int = 0) -> float:
    """Share of the prints that have come into one group with their counterpart."""
    groups = groups_of([f"{index:09}" for index in range(2 * len(prints))], duplicate_pairs([*prints, *others]))
    counted = [index for index, own in enumerate(prints) if own.ngrams >= min_ngrams]
    return sum(groups[index] == groups[index + len(prints)] for index in counted) / max(1, len(counted))


def show_editions(first: Path, second: Path) -> None:
    ours, theirs = ({song.name: print_of(song.points) for song in melodies([path])} for path in (first, second))
    names = sorted(ours.keys() & theirs.keys())
    found = share_found([ours[name] for name in names], [theirs[name] for name in names])
    print(f"\n{first} and {second}: {len(names)} songs in both, {found:.1%} found")


def show_many(songs: Sequence[Melody], count: int) -> None:
    began = time.perf_counter()
    prints = [print_of(points) for points in invented(songs, count)]
    print(f"\n{count} melodies invented, their prints made: {time.perf_counter() - began:.1f} s")
    print(f"a print: {sum(sys.getsizeof(own) + sys.getsizeof(own.sketch) for own in prints) / count:.0f} bytes")
    began = time.perf_counter()
    pairs = {(pair.first, pair.second) for pair in duplicate_pairs(prints)}
    print(f"{len(pairs)} pairs in {time.perf_counter() - began:.1f} s")
    tracemalloc.start()
    duplicate_pairs(prints)
    print(f"memory for the search: {tracemalloc.get_traced_memory()[1] / 2**20:.0f} MiB at most")
    tracemalloc.stop()
    planted = {(index - 1, index) for index in range(1, count) if index % 10 == 9}
    print(f"{len(pairs & planted) / max(1, len(planted)):.1%} of the copies found, {len(pairs - planted)} other pairs")


def invented(songs: Sequence[Melody], count: int) -> Iterator[Points]:
    """Melodies of a Markov chain, each a phrase or two with repeats; every tenth a thinned copy."""
    followers: dict[tuple[int, int], list[int]] = defaultdict(list)
    for song in songs:
        intervals = [b - a for (_, a), (_, b) in pairwise(song.points)]
        for one, two, three in zip(intervals, intervals[1:], intervals[2:], strict=False):
            followers[one, two].append(three)
    starts, rng = list(followers), random.Random(1)
    points: Points = []
    for index in range(count):
        if index % 10 == 9:
            yield dropped(0.1)(points, rng)
            continue
        state, pitch, points = rng.choice(starts), 66, []
        for number in range(rng.randint(60, 400)):
            points.append((240 * number, pitch))
            ahead = followers.get(state) or followers[rng.choice(starts)]
            state = (state[1], rng.choice(ahead))
            pitch = 36 + (pitch + state[1] - 36) % 60
        yield points


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sources", nargs="+", type=Path)
    parser.add_argument("--editions", nargs=2, type=Path, action="append", default=[])
    parser.add_argument("--prints", type=int, default=100_000)
    parser.add_argument("--list", action="store_true", help="name the pairs of different titles")
    arguments = parser.parse_args()
    songs = melodies(arguments.sources)
    print(f"near-duplicates from an overlap of {MIN_OVERLAP}")
    show_found(songs, arguments.list)
    show_chance(songs)
    show_changed(songs)
    for first, second in arguments.editions:
        show_editions(first, second)
    show_many(songs, arguments.prints)


if __name__ == "__main__":
    main()
