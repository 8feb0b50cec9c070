"""Splits of a dataset: which titles are learned from, and which are held back."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

SPLITS = ("train", "validation", "test")


def split_titles(titles: Iterable[str], held_back: float) -> dict[str, str]:
    """The split of each title, by a hash of it, so that it depends on nothing else.

    Of n titles, ``max(1, round(held_back * n))`` go to validation, and as many to test where that leaves
    at least half for training.
    """
    ranked = sorted(titles, key=lambda title: hashlib.sha256(title.encode("utf-8", "replace")).hexdigest())
    count = max(1, round(held_back * len(ranked)))
    test = count if len(ranked) >= 4 * count else 0
    names = ["validation"] * count + ["test"] * test
    return dict(zip(ranked, [*names, *["train"] * (len(ranked) - len(names))], strict=True))
