from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from solomuse.datasets.load import Dataset, load_dataset
from solomuse.music.leadsheet import LeadSheet
from solomuse.tokens.codec import Codec
from solomuse.tokens.features import FIRST_CONDITION, features
from solomuse.tokens.vocabulary import PLACE
from solomuse.training.batches import LengthSampler, TrainingWindows


@pytest.fixture
def dataset(toy_dataset: Path) -> Dataset:
    return load_dataset(toy_dataset)


def sheets(windows: TrainingWindows) -> list[LeadSheet]:
    """The first windows of an epoch."""
    codec = Codec(windows.vocabulary)
    return [codec.decode(windows[index][0].tolist()) for index in range(24)]


def test_each_epoch_cuts_the_songs_elsewhere(dataset: Dataset) -> None:
    windows = TrainingWindows(dataset.windows("train"), dataset.vocabulary, transpose=False, seed=1)
    first = [sheet.melody for sheet in sheets(windows)]
    windows.epoch = 1
    assert sum(one != other for one, other in zip(first, [s.melody for s in sheets(windows)], strict=True)) > 6


def test_a_window_is_a_stretch_of_its_song_that_is_not_too_long(dataset: Dataset) -> None:
    own = dataset.windows("train")
    for windows in (TrainingWindows(own, dataset.vocabulary, False, seed) for seed in range(3)):
        for index, sheet in enumerate(sheets(windows)):
            _, shard, place, *_ = own.table[index].tolist()
            pitches = bytes(own.shards.sheet(shard, place).notes[:, 1].tolist())
            assert bytes(note.pitch for note in sheet.melody) in pitches
            assert 0 < len(sheet.chart.bars) <= dataset.config.window_bars
            assert len(windows[index][0]) <= dataset.config.seq_len


def test_the_lengths_are_those_of_the_cuts_before_anything_is_left_out(dataset: Dataset) -> None:
    windows = TrainingWindows(dataset.windows("train"), dataset.vocabulary, True, seed=1)
    for epoch in range(2):
        windows.epoch = epoch
        found = np.array([len(windows[index][0]) for index in range(24)])
        left_out = set((windows.lengths[:24] - found).tolist())
        assert left_out <= set(range(1, 6))  # player, tempo, density, register, place


def test_the_features_are_those_of_the_changed_window(dataset: Dataset) -> None:
    windows = TrainingWindows(dataset.windows("train"), dataset.vocabulary, True, seed=1, chord_dropout=0.5)
    for token_ids, found in (windows[index] for index in range(24)):
        assert np.array_equal(found, features(token_ids.tolist(), dataset.vocabulary))


@pytest.mark.parametrize(("share", "low", "high"), [(0.0, 0, 0), (0.5, 4, 20)])
def test_chords_are_left_out_of_a_share_of_the_windows(dataset: Dataset, share: float, low: int, high: int) -> None:
    windows = TrainingWindows(dataset.windows("train"), dataset.vocabulary, True, seed=1, chord_dropout=share)
    bare = sum({span.chord.label for span in sheet.chart.spans()} == {"N"} for sheet in sheets(windows))
    assert low <= bare <= high


@pytest.mark.parametrize(("share", "low", "high"), [(0.0, 0, 3), (0.5, 4, 20)])
def test_a_share_of_the_windows_says_nothing_but_its_place(dataset: Dataset, share: float, low: int, high: int) -> None:
    windows = TrainingWindows(dataset.windows("train"), dataset.vocabulary, True, seed=1, condition_dropout=share)
    said = np.array([windows[index][1][:, FIRST_CONDITION:].max(axis=0) for index in range(24)])
    places = said[:, PLACE] > 0
    assert low <= np.count_nonzero(~np.delete(said, PLACE, axis=1).any(axis=1)) <= high
    assert np.count_nonzero(places) > 12


def test_what_is_drawn_for_one_purpose_says_nothing_of_another(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    draws, rng_of = [], np.random.default_rng
    monkeypatch.setattr(np.random, "default_rng", lambda seed: draws.append(rng_of(seed).random()) or rng_of(seed))
    windows = TrainingWindows(dataset.windows("train"), dataset.vocabulary, True, seed=1)
    assert len([windows[0], *LengthSampler(windows, 4, seed=1)]) == 1 + len(windows)
    assert len(set(draws)) == len(draws) == 3
