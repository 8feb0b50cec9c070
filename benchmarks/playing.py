"""How long a musician waits: from the shell to ranked solos, to the first bar of a stream, to the help.

    python benchmarks/playing.py [--rounds 3]

Wall clock and processor time of each, the least of some rounds: other programs only ever add to it.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import solomuse as sm

BARS = "Dm7 | G7 | Cmaj7 | A7 | Dm7 | G7 | Em7 | A7 | " * 3 + "Fm7 | Bb7 | Cmaj7 | A7 | Dm7 | G7 | Cmaj7 | %"
CHART = f"style: Swing\n{BARS}"
SHELL = {
    "solomuse --help": ("--help",),
    "start-up: one bar, one take, MIDI": ("generate", "C", "--out", "{folder}/one.mid"),
    "32 bars at 160, 8 takes ranked, MIDI": (
        *("generate", CHART, "--tempo", "160", "--takes", "8", "--best", "1", "--out", "{folder}/eight.mid"),
    ),
    "the same as WAV too": (
        *("generate", CHART, "--tempo", "160", "--takes", "8", "--best", "1", "--soundfont", "built-in"),
        *("--out", "{folder}/sound.mid", "{folder}/sound.wav"),
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    print(f"{'':40} {'wall, s':>9} {'processor, s':>13}")
    for name, words in SHELL.items():
        show(name, [from_the_shell(words) for _ in range(rounds)])
    model = sm.load_model()
    next(sm.stream(model, CHART))  # warm
    show("first bar of a stream, warm", [timed(lambda: next(sm.stream(model, CHART, seed=2))) for _ in range(rounds)])
    show("all 32 bars of it", [timed(lambda: list(sm.stream(model, CHART, seed=2))) for _ in range(rounds)])


def from_the_shell(words: Sequence[str]) -> tuple[float, float]:
    """Wall clock and processor time of a command."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "solomuse", *(word.replace("{folder}", folder) for word in words)]
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run(command, check=True, capture_output=True, cwd=Path(folder), env=dict(os.environ))
        wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def timed(run: Callable[[], object]) -> tuple[float, float]:
    """Wall clock and processor time of a call."""
    began, used = time.perf_counter(), time.process_time()
    run()
    return time.perf_counter() - began, time.process_time() - used


def show(name: str, times: Sequence[tuple[float, float]]) -> None:
    """Print the least of each."""
    print(f"{name:40} {min(wall for wall, _ in times):9.3f} {min(used for _, used in times):13.3f}", flush=True)


if __name__ == "__main__":
    main()
