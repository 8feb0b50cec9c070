from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from solomuse.config import TrainConfig
from solomuse.datasets.load import load_dataset
from solomuse.errors import ConfigError
from solomuse.training.batches import LengthSampler, TrainingWindows
from solomuse.training.mixing import MixedWindows, learned_windows, mix_weights, shares

PATHS = [Path("data/wjazzd"), Path("data/openewld")]


@pytest.fixture
def two(toy_dataset: Path) -> list[TrainingWindows]:
    """Two of different sizes."""
    dataset = load_dataset(toy_dataset)
    return [
        TrainingWindows(dataset.windows(split), dataset.vocabulary, True, seed=1) for split in ("train", "validation")
    ]


def drawn(mixed: MixedWindows, epoch: int) -> list[bytes]:
    mixed.epoch = epoch
    return [mixed[index][0].tobytes() for index in range(len(mixed))]


@pytest.mark.parametrize(("text", "weights"), [("wjazzd=3,openewld=1", (3, 1)), ("openewld=0.5, wjazzd=2", (2, 0.5))])
def test_weights_are_given_by_folder_name(text: str, weights: tuple[float, float]) -> None:
    assert mix_weights(text, PATHS) == weights


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("wjazzd=3", "openewld has no weight"),
        ("wjazz=3,openewld=1", "folder name once: wjazzd, openewld"),
        ("wjazzd=3,wjazzd=1,openewld=1", "folder name once"),
        ("wjazzd=0,openewld=1", "weight above 0"),
        ("wjazzd=nan,openewld=1", "weight above 0"),
        ("wjazzd,openewld=1", "expected NAME=WEIGHT"),
    ],
)
def test_weights_that_make_no_sense_are_refused(text: str, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        mix_weights(text, PATHS)


def test_shares_add_up_and_are_as_the_weights() -> None:
    assert shares(7, [1, 1, 1]) == [3, 2, 2]
    assert shares(100, [0.75, 0.25]) == [75, 25]


def test_each_dataset_has_its_share_of_an_epoch(two: list[TrainingWindows]) -> None:
    mixed = MixedWindows(two, seed=1, weights=[1, 3])
    total = sum(map(len, two))
    assert len(mixed) == total
    assert [mixed.counts[0] / total, mixed.counts[1] / total] == pytest.approx([1 / 4, 3 / 4], abs=1 / total)


def test_a_dataset_that_would_never_come_is_named(toy_dataset: Path, few_dataset: Path, tmp_path: Path) -> None:
    small = load_dataset(Path(shutil.copytree(few_dataset, tmp_path / "small")))
    with pytest.raises(ConfigError, match="small has too small a share to come even once"):
        learned_windows([load_dataset(toy_dataset), small], TrainConfig(mix="dataset=1e9,small=1"))


def test_without_weights_each_window_comes_once(two: list[TrainingWindows]) -> None:
    mixed = MixedWindows(two, seed=1)
    assert [sorted(mixed.windows_of(number)) for number in (0, 1)] == [list(range(len(part))) for part in two]


def test_all_windows_of_a_dataset_are_seen_equally_often_whatever_its_share(two: list[TrainingWindows]) -> None:
    mixed = MixedWindows(two, seed=1, weights=[1, 1])
    seen = np.zeros(len(two[0]), dtype=int)
    for epoch in range(5):
        mixed.epoch = epoch
        seen += np.bincount(mixed.windows_of(0), minlength=len(seen))
    assert seen.max() - seen.min() <= 1


def test_a_window_that_comes_twice_in_an_epoch_is_changed_twice(two: list[TrainingWindows]) -> None:
    one = drawn(MixedWindows([two[1], two[0]], seed=1, weights=[1e6, 1]), 0)
    assert len(set(one)) > 2 * len(two[1])


def test_what_an_epoch_holds_follows_from_its_seed_and_number(two: list[TrainingWindows]) -> None:
    one, same, other = (MixedWindows(two, seed=seed, weights=[1, 3]) for seed in (1, 1, 2))
    first = drawn(one, 0)
    assert drawn(one, 1) != first
    assert drawn(one, 0) == first == drawn(same, 0)
    assert drawn(other, 0) != first


def test_the_lengths_are_those_of_its_windows(two: list[TrainingWindows]) -> None:
    mixed = MixedWindows(two, seed=1, weights=[1, 3])
    found = np.array([len(mixed[index][0]) for index in range(len(mixed))])
    assert set((mixed.lengths - found).tolist()) <= set(range(1, 6))  # the player, tempo, density, register, place


def test_the_sampler_takes_a_mixture_as_it_takes_one_dataset(two: list[TrainingWindows]) -> None:
    mixed = MixedWindows(two, seed=1, weights=[1, 3])
    sampler = LengthSampler(mixed, 4, seed=1)
    sampler.set_epoch(2)
    assert mixed.epoch == 2
    assert sorted(sampler) == list(range(len(mixed)))


def test_what_is_drawn_for_one_window_says_nothing_of_another_nor_of_the_order(
    two: list[TrainingWindows], monkeypatch: pytest.MonkeyPatch
) -> None:
    draws, rng_of = [], np.random.default_rng
    monkeypatch.setattr(np.random, "default_rng", lambda seed: draws.append(rng_of(seed).random()) or rng_of(seed))
    mixed = MixedWindows(two, seed=1)
    assert len(drawn(mixed, 1)) == len(mixed)
    assert len(set(draws)) == len(draws) > len(mixed)
