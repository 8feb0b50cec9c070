"""How well soloists who hand the melody over to each other are told apart.

    python benchmarks/soloists.py POP909 [--every 6]

The melody of each song is dealt out to two tracks that take turns of 8 to 32 bars (drawn by the song's number), the
four tracks are shuffled and their names taken away. Counted is the share of the melody's notes that lie in a stretch of
the track that plays them; beside it the share that the better one of the two tracks would give.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from solomuse.analysis.soloists import handed_over
from solomuse.datasets.pop909 import read_pop909
from solomuse.errors import NoMelodyError
from solomuse.music.song import Song


@dataclass
class Duet:
    """A song whose melody two tracks share."""

    song: Song
    soloists: tuple[int, int]
    bar_lines: NDArray[np.int64]


def duet(folder: Path) -> Duet | None:
    song = read_pop909(folder)
    if song.melody_track is None:
        return None
    generator = np.random.default_rng(int(folder.name))
    melody = song.tracks[song.melody_track]
    lines = np.cumsum([0, *(meter.bar_ticks for meter in song.bar_meters())])
    changes = np.cumsum([0, *generator.choice([8, 12, 16, 24, 32], size=len(lines))])
    turn = np.searchsorted(lines[np.minimum(changes, len(lines) - 1)], melody.columns.times, "right") % 2
    parts = [
        replace(melody, name="", notes=tuple(n for n, own in zip(melody.notes, turn, strict=True) if own == which))
        for which in (1, 0)
    ]
    if min(len(part.notes) for part in parts) < 16:
        return None
    others = [replace(track, name="") for index, track in enumerate(song.tracks) if index != song.melody_track]
    order = generator.permutation(2 + len(others))
    tracks = [*parts, *others]
    shuffled = tuple(tracks[index] for index in order)
    first, second = (int(np.flatnonzero(order == which)[0]) for which in (0, 1))
    return Duet(replace(song, tracks=shuffled, melody_track=None), (first, second), lines)


def share_found(one: Duet) -> tuple[float, int]:
    """Share of the melody's notes in a stretch of their track, and the number of stretches."""
    try:
        found = handed_over(one.song)
    except NoMelodyError:
        return 0.0, 0
    right = total = 0
    for track in one.soloists:
        bars = np.searchsorted(one.bar_lines, one.song.tracks[track].columns.times, "right") - 1
        own = [stretch for stretch in found if stretch.track == track]
        right += sum(any(stretch.first_bar <= bar < stretch.last_bar for stretch in own) for bar in bars)
        total += len(bars)
    return right / total, len(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--every", type=int, default=6, help="take every nth song")
    arguments = parser.parse_args()
    folders = sorted(path for path in arguments.folder.iterdir() if path.is_dir())[:: arguments.every]
    duets = [one for one in map(duet, folders) if one is not None]
    counts = [[len(one.song.tracks[track].notes) for track in one.soloists] for one in duets]
    found = np.array([share_found(one) for one in duets])
    print(f"{len(duets)} songs")
    print(f"notes in a stretch of their track   {found[:, 0].mean():.3f}, {found[:, 1].mean():.1f} stretches a song")
    print(f"the better track for the whole song {np.mean([max(pair) / sum(pair) for pair in counts]):.3f}")


if __name__ == "__main__":
    main()
