"""Accuracy of chord inference on charts that an arranger program has rendered, so that every chord is known.

    python benchmarks/chord_inference.py IRB_CSV [--charts 60] [--styles swing bossanova ...]

Needs ``mma`` (Musical MIDI Accompaniment, a package of Debian). Charts of the iRb corpus in 4/4, chosen by a hash of
their titles, are rendered with bass, comping and drums in each style, and a made-up solo is put on top. Which track is
the solo has to be found; the other pitched ones are listened to. Scores are those of mir_eval, weighted by time. The
weights of the package have seen neither these charts nor this program.

In some styles the arranger does not play every chord of the chart (in ``pop`` the piano strikes on the first beat of
the bar only). ``played`` is the share of time of the chords of which every tone but the fifth sounds while they last.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import subprocess
import tempfile
import time
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from chord_scores import report, scores

from solomuse.analysis.harmony import infer_chords
from solomuse.analysis.melody import melody_track
from solomuse.errors import SoloMuseError
from solomuse.formats.midi import read_midi
from solomuse.music.chart import ChordSpan
from solomuse.music.chord import Chord
from solomuse.music.note import Note
from solomuse.music.pitch import PITCH_CLASS_NAMES
from solomuse.music.song import Track
from solomuse.music.symbols import parse_chord

STYLES = ("swing", "jazzguitar", "bossanova", "ballad", "foxtrot", "folk", "basicrock", "pop")
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


def played(reference: Sequence[ChordSpan], tracks: Sequence[Track]) -> float:
    """Share of time of the chords of which every tone but the fifth is struck while they last."""
    struck = sorted((note.time, note.pitch % 12) for track in tracks if not track.is_drum for note in track.notes)
    spans: list[ChordSpan] = []
    for span in reference:
        if spans and spans[-1].chord == span.chord:
            spans[-1] = replace(spans[-1], duration=spans[-1].duration + span.duration)
        else:
            spans.append(span)
    share = 0
    for span in spans:
        first = bisect_left(struck, (span.time - 60, 0))
        heard = {pitch for _, pitch in struck[first : bisect_left(struck, (span.end - 60, 0))]}
        needed = set(Chord(span.chord.root, span.chord.quality).pitch_classes) - {((span.chord.root or 0) + 7) % 12}
        share += span.duration * (needed <= heard)
    return share / sum(span.duration for span in spans)


def solo(tune: Tune, seed: int) -> Track:
    """A line of eighths with rests: chord tones on most beats, steps of the major scale or semitones between."""
    generator = np.random.default_rng(seed)
    pitch, notes, resting = 72, [], 0
    for beat, chord in enumerate(beats_of(tune)):
        for half in (0, 240):
            if resting := max(0, resting - 1) or (3 if generator.random() < 0.08 else 0):
                continue
            near = [pitch + step for step in (-4, -3, -2, -1, 1, 2, 3, 4) if 58 <= pitch + step <= 86]
            tones = [other for other in near if other % 12 in chord.pitch_classes]
            pitch = int(generator.choice(tones if tones and generator.random() < (0.45 if half else 0.7) else near))
            notes.append(Note(480 * beat + half, pitch, 220, 96))
    return Track(tuple(notes), "", 66)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("csv", type=Path)
    parser.add_argument("--charts", type=int, default=60)
    parser.add_argument("--styles", nargs="+", default=STYLES)
    arguments = parser.parse_args()
    chosen = tunes(arguments.csv, arguments.charts)
    everything: list[dict[str, float]] = []
    for style in arguments.styles:
        results, seconds, found = [], 0.0, 0
        for number, tune in enumerate(chosen):
            with tempfile.TemporaryDirectory() as folder:
                song = read_midi(rendered(tune, style, Path(folder)))
            band = song.tracks
            song = replace(song, tracks=(*band, solo(tune, number)))
            reference = [ChordSpan(480 * beat, 480, chord) for beat, chord in enumerate(beats_of(tune))]
            began = time.perf_counter()
            melody = melody_track(song).track
            estimate = infer_chords(song, [index for index in range(len(song.tracks)) if index != melody])
            seconds += time.perf_counter() - began
            results.append({**scores(reference, estimate), "played": played(reference, band)})
            found += melody == len(song.tracks) - 1
        report(f"{style}, {1000 * seconds / len(chosen):.0f} ms, solo found in {found}", results)
        everything += results
    report(f"all, {len(chosen)} charts", everything)
    print(f"sevenths: lowest quarter {np.nanpercentile([r['sevenths'] for r in everything], 25):.3f}")


if __name__ == "__main__":
    main()
