"""From a collection in the layout of Slakh2100 to a solo, each command timed from the shell.

Slakh is a download of 100 GB, so the songs are others: multi-track MIDI files of any folder, cut into stems and
described by ``metadata.yaml`` as Slakh's are.

    python benchmarks/slakh.py FOLDER... --songs 100
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import yaml
from readable import readable

from solomuse.datasets.slakh import DRUMS_PROGRAM, METADATA, STEMS, WHOLE
from solomuse.formats.midi import write_midi
from solomuse.music.song import Song

FEWEST_TRACKS = 4
CHART = "Dm7 | G7 | Cmaj7 | %"


def main() -> None:
    parser = argparse.ArgumentParser(description="Time the way from a collection in Slakh's layout to a solo.")
    parser.add_argument("folders", nargs="+", type=Path, help="folders of multi-track MIDI files")
    parser.add_argument("--songs", type=int, default=100)
    parser.add_argument("--epochs", type=int, default=2)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary)
        songs = [song for _, song in readable(arguments.folders) if len(song.tracks) >= FEWEST_TRACKS]
        songs = songs[: arguments.songs]
        for number, song in enumerate(songs, 1):
            write_slakh(song, place / "slakh" / f"Track{number:05}")
        stems = sum(len(song.tracks) for song in songs)
        notes = sum(len(track.notes) for song in songs for track in song.tracks)
        print(f"{len(songs)} songs, {stems / len(songs):.1f} stems and {notes / len(songs):.0f} notes each", flush=True)
        dataset, run, solo = (str(place / name) for name in ("dataset", "run", "solo.mid"))
        timed(len(songs), "prepare", str(place / "slakh"), "--out", dataset)
        timed(len(songs), "train", dataset, "--out", run, "--init", "default", "--epochs", str(arguments.epochs))
        timed(len(songs), "generate", CHART, "--model", run, "--out", solo)


def write_slakh(song: Song, folder: Path) -> None:
    """A song as Slakh has it: the whole, a file for each track, and what each is."""
    (folder / STEMS).mkdir(parents=True)
    write_midi(replace(song, chords=()), folder / WHOLE)
    facts = {}
    for number, track in enumerate(song.tracks):
        stem = f"S{number:02}"
        write_midi(replace(song, tracks=(track,), chords=()), folder / STEMS / f"{stem}.mid")
        facts[stem] = {
            "program_num": DRUMS_PROGRAM if track.is_drum else track.program,
            "is_drum": track.is_drum,
            "inst_class": "Drums" if track.is_drum else "Instrument",
        }
    (folder / METADATA).write_text(yaml.safe_dump({"stems": facts}), encoding="utf-8")


def timed(songs: int, *words: str) -> None:
    """Run a command; print how long it took, and its last line."""
    start = time.perf_counter()
    command = shutil.which("solomuse") or str(Path(sys.executable).with_name("solomuse"))
    done = subprocess.run([command, *words], stdout=subprocess.PIPE, text=True, check=True)
    seconds = time.perf_counter() - start
    said: Sequence[str] = done.stdout.strip().splitlines() or [""]
    print(f"{words[0]:10} {seconds:8.1f} s {seconds / songs * 1000:8.0f} ms a song   {said[-1]}", flush=True)


if __name__ == "__main__":
    main()
