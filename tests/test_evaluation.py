from __future__ import annotations

import json
import math
import shutil
from pathlib import Path

import pytest

from solomuse.datasets.build import prepare
from solomuse.datasets.load import load_dataset
from solomuse.errors import ModelError
from solomuse.evaluation import best_ngram, evaluate
from tests.conftest import REMOTE


def test_the_parts_of_the_bits_add_up(toy_run: Path, toy_dataset: Path) -> None:
    result = evaluate(toy_run, toy_dataset)
    parts = ("pitch_bits_per_note", "rhythm_bits_per_note", "velocity_bits_per_note")
    assert math.isclose(sum(result[part] for part in parts), result["bits_per_note"], rel_tol=1e-9)


def test_the_same_seed_gives_the_same_figures(toy_run: Path, toy_dataset: Path) -> None:
    assert evaluate(toy_run, toy_dataset, seed=3) == evaluate(toy_run, toy_dataset, seed=3)


def test_solos_are_measured_beside_the_human_melodies(toy_run: Path, toy_dataset: Path) -> None:
    result = evaluate(toy_run, toy_dataset, solos=3)
    for who in ("solo", "human"):
        assert 0 <= result[f"{who}_chord_tone_ratio"] <= 1
        assert result[f"{who}_notes_per_bar"] > 0
    assert "solo_notes_per_bar" not in evaluate(toy_run, toy_dataset)


def test_without_another_song_there_is_no_sensitivity(toy_run: Path, tmp_path: Path) -> None:
    songs = tmp_path / "songs"
    songs.mkdir()
    for path in sorted(REMOTE.glob("*.mid"))[:2]:
        shutil.copy(path, songs)
    config = load_dataset(json_dataset(toy_run)).config
    prepare([songs], tmp_path / "dataset", config, jobs=1)
    result = evaluate(toy_run, tmp_path / "dataset")
    assert (result["windows_with_other_chords"], result["chord_sensitivity"]) == (0, None)
    assert result["bits_per_note"] > 0


def json_dataset(run: Path) -> Path:
    """The dataset that a run was trained on."""
    return Path(json.loads((run / "run.json").read_text())["datasets"][0])


def test_the_best_ngram_is_the_best_of_its_orders(toy_dataset: Path) -> None:
    dataset = load_dataset(toy_dataset)
    each = [best_ngram(dataset, "validation", [order])[1] for order in (2, 3)]
    assert best_ngram(dataset, "validation", [2, 3])[1] == min(each)


def test_a_dataset_of_another_grid_is_refused(toy_run: Path, toy_dataset: Path, tmp_path: Path) -> None:
    own = load_dataset(toy_dataset).config.grid
    config = type(load_dataset(toy_dataset).config)(grid=16 - own)
    prepare([REMOTE], tmp_path / "dataset", config, jobs=1)
    with pytest.raises(ModelError, match="another vocabulary"):
        evaluate(toy_run, tmp_path / "dataset")
