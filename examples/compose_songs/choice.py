"""Random picks, rhythms written as text, steps through a scale."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")
DURATIONS = {"w": 1920, "h.": 1440, "h": 960, "q.": 720, "q": 480, "e": 240, "s": 120, "t": 160}


def pick(rng: Random, items: Sequence[T]) -> T:
    """One of the items. Stands on `Random.random`, whose sequence no Python version may change."""
    return items[int(rng.random() * len(items))]


def rhythm(text: str) -> Iterator[tuple[int, int]]:
    """Onset and length of the notes of a text such as ``q. e rq q``, in ticks."""
    time = 0
    for word in text.split():
        length = DURATIONS[word.removeprefix("r")]
        if not word.startswith("r"):
            yield time, length
        time += length


def step(pitch: int, moves: int, pitch_classes: frozenset[int]) -> int:
    """The pitch so many tones of `pitch_classes` away."""
    direction = 1 if moves > 0 else -1
    for _ in range(abs(moves)):
        pitch += direction
        while pitch % 12 not in pitch_classes:
            pitch += direction
    return pitch


def nearest(pitch: float, pitch_classes: frozenset[int], but: int | None = None) -> int:
    """The pitch of one of `pitch_classes` that is nearest to `pitch`."""
    near = range(round(pitch) - 12, round(pitch) + 13)
    return min((p for p in near if p % 12 in pitch_classes and p != but), key=lambda p: (abs(p - pitch), p))
