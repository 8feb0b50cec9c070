from __future__ import annotations

import logging
from pathlib import Path

import pytest

from solomuse.generation.samples import write_sample


def test_a_sample_is_a_file_to_hear_and_one_to_see(toy_run: Path, tmp_path: Path) -> None:
    write_sample(tmp_path / "samples", toy_run / "model", 500)
    assert sorted(path.name for path in (tmp_path / "samples").iterdir()) == ["step-000500.mid", "step-000500.png"]


def test_without_matplotlib_there_is_nothing_to_see(
    toy_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("solomuse.generation.samples.find_spec", lambda _: None)
    write_sample(tmp_path, toy_run / "model", 7)
    assert [path.name for path in tmp_path.iterdir()] == ["step-000007.mid"]


def test_a_sample_that_cannot_be_made_is_only_warned_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        write_sample(tmp_path / "samples", tmp_path / "no model", 3)
    assert [record.getMessage().startswith("no sample at step 3: ") for record in caplog.records] == [True]
