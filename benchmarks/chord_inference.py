"""Accuracy of chord inference against the given chords of POP909, weighted by time.

    python benchmarks/chord_inference.py POP909_FOLDER [--split tune|held_back] [--songs 100]

The songs are split by a hash of their titles; weights are chosen on `tune`, figures reported on `held_back`.
The melody track is left out, beats and bars are the annotated ones. Scores are those of mir_eval.chord.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from collections.abc import Sequence
from pathlib import Path

import mir_eval
import numpy as np

from solomuse.analysis.harmony import infer_chords
from solomuse.datasets.build import split_titles
from solomuse.datasets.source import find_songs, read_song
from solomuse.errors import SoloMuseError
from solomuse.music.chart import ChordSpan
from solomuse.music.song import Song

MEASURES = ("root", "majmin", "sevenths", "majmin_inv")


def chosen_songs(folder: Path, split: str, count: int) -> list[Song]:
    files = find_songs(folder)
    held_back = split_titles({file.title for file in files}, 0.3)
    wanted = {"tune": "train", "held_back": "validation"}[split]
    songs = []
    for file in [file for file in files if held_back[file.title] == wanted][:count]:
        try:
            songs.append(read_song(file))
        except SoloMuseError as error:
            print(f"left out: {error}")
    return songs


def scores(reference: Sequence[ChordSpan], estimate: Sequence[ChordSpan]) -> dict[str, float]:
    intervals, labels = _timed(reference)
    estimated, estimated_labels = _timed(estimate)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        estimated, estimated_labels = mir_eval.util.adjust_intervals(
            estimated, estimated_labels, intervals.min(), intervals.max(), "N", "N"
        )
        kept = estimated[:, 1] > estimated[:, 0]
        estimated, estimated_labels = (
            estimated[kept],
            [label for label, k in zip(estimated_labels, kept, strict=True) if k],
        )
        merged, true, guessed = mir_eval.util.merge_labeled_intervals(intervals, labels, estimated, estimated_labels)
        lengths = mir_eval.util.intervals_to_durations(merged)
        result = {
            name: float(mir_eval.chord.weighted_accuracy(getattr(mir_eval.chord, name)(true, guessed), lengths))
            for name in MEASURES
        }
        result["segmentation"] = float(mir_eval.chord.seg(intervals, estimated))
    return result


def _timed(spans: Sequence[ChordSpan]) -> tuple[np.ndarray, list[str]]:
    return np.array([(span.time, span.end) for span in spans]) / 480, [span.chord.label for span in spans]


def evaluate(songs: Sequence[Song]) -> dict[str, float]:
    seconds, results = 0.0, []
    for song in songs:
        tracks = [index for index in range(len(song.tracks)) if index != song.melody_track]
        start = time.perf_counter()
        estimate = infer_chords(song, tracks)
        seconds += time.perf_counter() - start
        results.append(scores(song.chords, estimate))
    table = {name: round(float(np.mean([result[name] for result in results])), 4) for name in results[0]}
    return table | {"songs": len(songs), "milliseconds_per_song": round(1000 * seconds / len(songs), 1)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--split", choices=("tune", "held_back"), default="held_back")
    parser.add_argument("--songs", type=int, default=1000)
    arguments = parser.parse_args()
    print(json.dumps(evaluate(chosen_songs(arguments.folder, arguments.split, arguments.songs))))


if __name__ == "__main__":
    main()
