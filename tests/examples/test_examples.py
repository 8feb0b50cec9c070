from __future__ import annotations

import runpy
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parent.parent.parent / "examples"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., list[str]]:
    """The lines that an example prints."""

    def printed(name: str, *words: object) -> list[str]:
        monkeypatch.setattr(sys, "argv", [name, *map(str, words)])
        runpy.run_path(str(EXAMPLES / name), run_name="__main__")
        return capsys.readouterr().out.splitlines()

    return printed


def test_four_soloists_play_over_one_chart(run: Callable[..., list[str]], tmp_path: Path) -> None:
    assert len(run("play.py", tmp_path / "solos")) == 4
    names = {path.name for path in (tmp_path / "solos").iterdir()}
    assert names == {
        f"{name}{ending}" for name in ("tenor", "trumpet", "trombone", "vibes") for ending in (".mid", ".musicxml")
    }


def test_a_rule_of_ones_own_holds_in_every_bar(run: Callable[..., list[str]]) -> None:
    bars = [line.partition(": ")[2].split() for line in run("own_rule.py")]
    assert len(bars) == 12
    assert {int(pitch) % 12 for bar in bars for pitch in bar} <= {0, 3, 5, 6, 7, 10}


def test_models_are_compared_with_humans(run: Callable[..., list[str]], toy_dataset: Path) -> None:
    lines = run("compare.py", toy_dataset)
    assert [line.split()[0] for line in lines] == ["chords", "humans", "default"]
