"""Finds songs with the same melody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from solomuse.music.leadsheet import LeadSheet


@dataclass(frozen=True, slots=True)
class MelodyPrint:
    """What of a melody is kept to compare it."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two songs with the same melody, or nearly so.

    Parameters
    ----------
    first, second : int
        Their places in the list.
    overlap : float
        Share of their n-grams that both have, in [0, 1]; 1 is the same melody up to transposition.
    """

    first: int
    second: int
    overlap: float


def melody_print(sheets: Sequence[LeadSheet]) -> MelodyPrint:
    """The print of a song's melody."""
    return MelodyPrint()


def duplicate_pairs(prints: Sequence[MelodyPrint]) -> list[Pair]:
    """The pairs of songs with much in common."""
    return []


def groups_of(titles: Sequence[str], pairs: Sequence[Pair]) -> list[str]:
    """The group of each song: songs of one title, and duplicates, share the first of their titles."""
    return list(titles)
