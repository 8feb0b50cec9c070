from __future__ import annotations

import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parent.parent.parent / "examples"


def run(name: str, *words: object) -> str:
    command = [sys.executable, str(EXAMPLES / name), *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_four_soloists_play_over_one_chart(tmp_path: Path) -> None:
    assert len(run("play.py", tmp_path / "solos").splitlines()) == 4
    names = {path.name for path in (tmp_path / "solos").iterdir()}
    assert names == {
        f"{name}{ending}" for name in ("tenor", "trumpet", "trombone", "vibes") for ending in (".mid", ".musicxml")
    }


def test_a_rule_of_ones_own_holds_in_every_bar() -> None:
    bars = [line.partition(": ")[2].split() for line in run("own_rule.py").splitlines()]
    assert len(bars) == 12
    assert {int(pitch) % 12 for bar in bars for pitch in bar} <= {0, 3, 5, 6, 7, 10}


def test_models_are_compared_with_humans(toy_dataset: Path) -> None:
    lines = run("compare.py", toy_dataset).splitlines()
    assert [line.split()[0] for line in lines] == ["chords", "humans", "default"]
