"""Accuracy of chord inference on POP909, against POP909-CL's checked chords, beside other programs on the same notes.

    python benchmarks/chord_accuracy.py POP909 POP909_CL [--peers PYTHON]

``chord_examples.py`` says what is measured on. Scores are those of mir_eval, weighted by time, the mean over the songs;
POP909's own labels are scored against the same chords. PYTHON is an interpreter that has note_seq and chorder.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from chord_examples import Example, examples, split
from chord_scores import report, scores

from solomuse.analysis.bars import seconds_of, with_bars
from solomuse.analysis.harmony import ChordModel, infer_chords
from solomuse.formats.midi import read_midi, write_midi
from solomuse.music.chart import ChordSpan
from solomuse.music.chord import NO_CHORD, Chord
from solomuse.music.meter import COMMON_TIME
from solomuse.music.note import TICKS_PER_QUARTER
from solomuse.music.song import MeterChange, Song, TempoChange


def measure(songs: Sequence[Example], folder: Path, peers: Path | None = None, model: ChordModel | None = None) -> None:
    """Print the scores; without a model, of the package's."""
    began = time.process_time()
    estimates = [infer_chords(song.song, song.accompaniment, model) for song in songs]
    seconds = time.process_time() - began
    ours = [scores(song.chords, estimate) for song, estimate in zip(songs, estimates, strict=True)]
    print(f"{len(songs)} songs that no weight was learned from")
    report(f"SoloMuse, {1000 * seconds / len(songs):.0f} ms a song", ours)
    report("the same, beats found", [scores_on_own_beats(song, folder, model) for song in songs])
    for peer in ("note_seq", "chorder") if peers else ():
        found, seconds = by_peer(peer, peers, songs)
        theirs = [scores(song.chords, chords) for song, chords in zip(songs, found, strict=True)]
        report(f"{peer}, {1000 * seconds / len(songs):.0f} ms a song", theirs)
    report("POP909's own labels", [scores(song.chords, song.song.chords) for song in songs])


def by_peer(name: str, python: Path, songs: Sequence[Example]) -> tuple[list[list[ChordSpan]], float]:
    """The chords that another program finds on the same notes and beats, and the seconds it took."""
    with tempfile.TemporaryDirectory() as folder:
        for song in songs:
            tracks = tuple(song.song.tracks[index] for index in song.accompaniment)
            one_meter, one_tempo = (MeterChange(0, COMMON_TIME),), (TempoChange(0, 120.0),)  # note_seq takes no changes
            plain = Song(tracks, one_tempo, one_meter, title=song.name)
            write_midi(plain, Path(folder) / f"{song.name}.mid")
        script = Path(__file__).with_name("chord_peers.py")
        output = subprocess.run([python, script, name, folder], check=True, capture_output=True, text=True).stdout
    document = json.loads(output.splitlines()[-1])
    if document["failed"]:
        print(f"{name} failed on {len(document['failed'])} songs, which count as 0: {document['failed'][0]}")
    found = [[_span(*row) for row in document["chords"][song.name] if row[1] > row[0]] for song in songs]
    return found, document["seconds"]


def _span(begin: float, end: float, root: int, quality: str, bass: int) -> ChordSpan:
    start, stop = round(begin * TICKS_PER_QUARTER), round(end * TICKS_PER_QUARTER)
    return ChordSpan(start, max(1, stop - start), NO_CHORD if root < 0 else Chord(root, quality, bass=bass))


def scores_on_own_beats(song: Example, folder: Path, model: ChordModel | None) -> dict[str, float]:
    """Scores with beats and bars found from the notes; both chords on the clock of the file's own quarters."""
    name = song.name
    path = folder / name / f"{name}.mid"
    file = read_midi(path)
    found, _ = with_bars(file)
    shift = found.tracks[0].notes[0].time - file.tracks[0].notes[0].time
    names = [track.name for track in file.tracks]
    estimate = infer_chords(found, [index for index, own in enumerate(names) if own != "MELODY"], model)
    quarters = seconds_of(file, np.arange(0, file.end + 9600, TICKS_PER_QUARTER))
    tapped = np.loadtxt(path.with_name("beat_midi.txt"))[:, 0]
    beats = np.interp(tapped, quarters, np.arange(len(quarters)) * TICKS_PER_QUARTER)
    accompaniment = next(index for index, own in enumerate(names) if own == "PIANO")
    here, there = song.song.tracks[accompaniment].notes[0].time, file.tracks[accompaniment].notes[0].time
    length = 720 if any(meter.denominator == 8 for meter in song.song.bar_meters()) else TICKS_PER_QUARTER
    first = here - length * float(np.interp(there, beats, np.arange(len(beats))))

    def moved(span: ChordSpan) -> ChordSpan | None:
        place = np.arange(len(beats))
        start, end = (np.interp((time - first) / length, place, beats) for time in (span.time, span.end))
        lasts = round(end) - round(start)
        return ChordSpan(max(0, round(start) + shift), lasts, span.chord) if lasts > 0 else None

    return scores([span for span in map(moved, song.chords) if span is not None], estimate)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pop909", type=Path)
    parser.add_argument("checked", type=Path)
    parser.add_argument("--peers", type=Path, help="a Python that has note_seq and chorder")
    arguments = parser.parse_args()
    measure(split(examples(arguments.pop909, arguments.checked))[1], arguments.pop909, arguments.peers)


if __name__ == "__main__":
    main()
