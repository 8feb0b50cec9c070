"""Accuracy of chord inference on charts that an arranger program has rendered, so that every chord is known.

    python benchmarks/chord_inference.py IRB_CSV [--charts 60] [--styles swing bossanova ...]

Needs ``mma`` (Musical MIDI Accompaniment, a package of Debian). Charts of the iRb corpus in 4/4, chosen by a hash of
their titles, are rendered with bass, comping and drums in each style; the pitched tracks are listened to. Scores are
those of mir_eval, weighted by time. The weights of the package have seen neither these charts nor this program.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import subprocess
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from chord_scores import report, scores

from solomuse.analysis.harmony import infer_chords
from solomuse.errors import SoloMuseError
from solomuse.formats.midi import read_midi
from solomuse.music.chart import ChordSpan
from solomuse.music.chord import Chord
from solomuse.music.pitch import PITCH_CLASS_NAMES
from solomuse.music.symbols import parse_chord

STYLES = ("swing", "jazzguitar", "bossanova", "ballad", "pop")
NAME_BY_QUALITY = {
    "maj": "",
    "min": "m",
    "7": "7",
    "min7": "m7",
    "maj7": "M7",
    "hdim7": "m7b5",
    "dim7": "dim7",
    "dim": "dim3",
    "maj6": "6",
    "min6": "m6",
    "minmaj7": "mM7",
    "aug": "aug",
    "sus4": "sus4",
    "sus2": "sus2",
}
SPECIAL = {
    ("7", ("b9",)): "7b9",
    ("7", ("#9",)): "7#9",
    ("7", ("9",)): "9",
    ("7", ("9", "13")): "13",
    ("7", ("#11",)): "7#11",
    ("7", ("#5",)): "aug7",
    ("7", ("b5",)): "7b5",
    ("sus4", ("b7",)): "7sus4",
}


@dataclass
class Tune:
    """The chords of a chart with their lengths in beats."""

    title: str
    chords: list[tuple[Chord, int]]


def tunes(path: Path, count: int) -> list[Tune]:
    """Charts in 4/4 all of whose chords the arranger knows, at most 64 bars of each."""
    rows: dict[str, list[dict[str, str]]] = defaultdict(list)
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        for row in csv.DictReader(file):
            rows[row["id"]].append(row)
    ranked = sorted(rows, key=lambda name: hashlib.sha256(name.encode()).hexdigest())
    found = []
    for name in ranked:
        if rows[name][0]["time"] != "4/4" or len(found) == count:
            continue
        try:
            chords = [(parse_chord(row["chord"]), round(float(row["duration"]))) for row in rows[name]]
        except SoloMuseError:
            continue
        if all(chord.root is not None and arranger_name(chord) and beats > 0 for chord, beats in chords):
            found.append(Tune(rows[name][0]["title"], chords[:128]))
    return found


def arranger_name(chord: Chord) -> str | None:
    if chord.root is None:
        return None
    root = PITCH_CLASS_NAMES[chord.root]
    bass = "" if chord.bass == chord.root or chord.bass is None else f"/{PITCH_CLASS_NAMES[chord.bass]}"
    if (chord.quality, chord.extensions) in SPECIAL:
        return f"{root}{SPECIAL[chord.quality, chord.extensions]}{bass}"
    if chord.extensions or chord.omissions or chord.quality not in NAME_BY_QUALITY:
        return None
    return f"{root}{NAME_BY_QUALITY[chord.quality]}{bass}"


def beats_of(tune: Tune) -> Iterator[Chord]:
    for chord, beats in tune.chords:
        yield from [chord] * beats


def rendered(tune: Tune, style: str, folder: Path) -> Path:
    """The chart as MIDI; one chord symbol a beat, ``/`` where it stays."""
    beats = list(beats_of(tune))
    beats += [beats[-1]] * (-len(beats) % 4)
    lines = [f"Tempo 140\nGroove {style}\n"]
    for bar in range(0, len(beats), 4):
        names = [arranger_name(chord) for chord in beats[bar : bar + 4]]
        lines.append(f"{bar // 4 + 1} " + " ".join(str(name) for name in names) + "\n")
    source = folder / "tune.mma"
    source.write_text("".join(lines), encoding="utf-8")
    target = folder / "tune.mid"
    subprocess.run(["mma", "-f", str(target), str(source)], check=True, capture_output=True)
    return target


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("csv", type=Path)
    parser.add_argument("--charts", type=int, default=60)
    parser.add_argument("--styles", nargs="+", default=STYLES)
    arguments = parser.parse_args()
    chosen = tunes(arguments.csv, arguments.charts)
    everything = []
    for style in arguments.styles:
        results, seconds = [], 0.0
        for tune in chosen:
            with tempfile.TemporaryDirectory() as folder:
                song = read_midi(rendered(tune, style, Path(folder)))
            reference = [ChordSpan(480 * beat, 480, chord) for beat, chord in enumerate(beats_of(tune))]
            began = time.perf_counter()
            estimate = infer_chords(song, range(len(song.tracks)))
            seconds += time.perf_counter() - began
            results.append(scores(reference, estimate))
        report(f"{style}, {1000 * seconds / len(chosen):.0f} ms a chart", results)
        everything += results
    report(f"all, {len(chosen)} charts", everything)
    print(f"sevenths: lowest quarter {np.nanpercentile([r['sevenths'] for r in everything], 25):.3f}")


if __name__ == "__main__":
    main()
