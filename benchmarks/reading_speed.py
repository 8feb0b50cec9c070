"""Speed of the way from a MIDI file to tokens, beside MidiTok's REMI with chords, on the same files in one run.

    python benchmarks/reading_speed.py POP909 [--files 100] [--peer PYTHON] [--memory 50000]

Ours: read, beats and bars, melody track, chords, quantise, token ids; for every file from disk. Theirs: tokenising
alone, the files being read already. The two take turns, each in one process with one thread; times are of the
processor. PYTHON is an interpreter that has miditok and symusic. Then the same with one and with two processes by the
clock, and, with ``--memory N``, the memory of one process over N files (the same ones again and again).
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from solomuse.analysis.lead_sheet import lead_sheet_of, song_chords
from solomuse.analysis.melody import melody_track
from solomuse.datasets.midi_files import on_believable_bars
from solomuse.datasets.workers import results
from solomuse.formats.midi import read_midi
from solomuse.tokens.codec import Codec
from solomuse.tokens.encoding import encode
from solomuse.tokens.vocabulary import vocabulary

THEIRS = """
import sys, time, warnings
warnings.filterwarnings("ignore")
import miditok
from symusic import Score
tokenizer = miditok.REMI(miditok.TokenizerConfig(use_chords=True, use_programs=False))
scores = [Score(path) for path in sys.stdin.read().splitlines()]
tokenizer(scores[0])
began = time.process_time()
for score in scores:
    tokenizer(score)
print(time.process_time() - began)
"""


def token_ids(path: Path) -> int:
    song = on_believable_bars(read_midi(path))
    track = melody_track(song).track
    sheet = lead_sheet_of(song, track, song_chords(song, track, "inferred"))
    return len(Codec(vocabulary(4)).encode(sheet))


def tried(path: Path) -> int:
    try:
        return token_ids(path)
    except Exception:
        return 0


def zero(_path: Path, _error: Exception) -> int:
    return 0


def stages(paths: Sequence[Path]) -> dict[str, float]:
    """Processor milliseconds a file of each stage."""
    seconds: dict[str, float] = {}

    def timed(stage: str, run: Callable, *arguments: object) -> object:
        began = time.process_time()
        result = run(*arguments)
        seconds[stage] = seconds.get(stage, 0.0) + time.process_time() - began
        return result

    codec = Codec(vocabulary(4))
    for path in paths:
        song = timed("read", read_midi, path)
        song = timed("bars", on_believable_bars, song)
        track = timed("melody", lambda song: melody_track(song).track, song)
        chords = timed("chords", song_chords, song, track, "inferred")
        sheet = timed("sheet", lead_sheet_of, song, track, chords)
        columns = timed("grid", codec.on_grid, sheet)
        timed("tokens", lambda columns: encode(columns, codec.vocabulary), columns)
    return {stage: 1000 * total / len(paths) for stage, total in seconds.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--files", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peer", type=Path, help="a Python that has miditok")
    parser.add_argument("--memory", type=int, default=0)
    arguments = parser.parse_args()
    if os.environ.get("OMP_NUM_THREADS") != "1":  # it is looked at when numpy is imported, so start again
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, "OMP_NUM_THREADS": "1"})
    paths = sorted(arguments.folder.glob("*/[0-9][0-9][0-9].mid"))[: arguments.files]
    for path in paths[:2]:
        token_ids(path)
    ours, theirs, by_stage = [], [], []
    for _ in range(arguments.rounds):
        by_stage.append(stages(paths))
        ours.append(sum(by_stage[-1].values()))
        if arguments.peer:
            run = partial(subprocess.run, [arguments.peer, "-c", THEIRS], check=True, capture_output=True, text=True)
            theirs.append(1000 * float(run(input="\n".join(map(str, paths))).stdout) / len(paths))
    best = by_stage[ours.index(min(ours))]
    print(f"{len(paths)} files, milliseconds of the processor a file, best of {arguments.rounds}")
    print("SoloMuse " + ", ".join(f"{stage} {value:.2f}" for stage, value in best.items()) + f": {min(ours):.2f}")
    if theirs:
        print(f"MidiTok REMI with chords, tokenising alone: {min(theirs):.2f}; ratio {min(theirs) / min(ours):.2f}")
    many = [path for _ in range(4) for path in paths]
    seconds = []
    for jobs in (1, 2):
        began = time.perf_counter()
        list(results(tried, zero, many, jobs))
        seconds.append(time.perf_counter() - began)
    print(
        f"{len(many)} files by the clock: one process {seconds[0]:.1f} s, two {seconds[1]:.1f} s, "
        f"ratio {seconds[0] / seconds[1]:.2f}"
    )
    for number in range(arguments.memory):
        tried(paths[number % len(paths)])
        if (number + 1) % max(1, arguments.memory // 10) == 0:
            print(
                f"after {number + 1} files: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB", flush=True
            )


if __name__ == "__main__":
    main()
