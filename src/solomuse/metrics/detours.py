"""Figures that a melody does not have, so that it cannot be read off those that it has.

Figures of a few intervals can be strung together where only one of them goes on from the one before. So among those of
a melody are laid detours: each begins as the melody does at one place and ends as it does at another, where the same
one to four intervals lead. On its own a figure of a detour looks like any other. That fictitious n-grams are what
hinders a reader most is found by M. Gallé, M. Tealdi, "Reconstructing textual documents from n-grams", KDD 2015.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

EVERY = 5
"""Places of a melody in a row, at most, from which only one figure goes on, where a detour can be laid."""
_TRIES = 16
"""Places that are tried as the end of a detour; a melody of one repeated interval has no good one."""
_STRIDE = 7919
"""A prime, so that the ends of detours are all over the melody."""

Intervals = tuple[int, ...]


def detours(intervals: Sequence[int], span: int) -> set[Intervals]:
    """The figures of the detours of a melody; the same for the same melody.

    Parameters
    ----------
    intervals : sequence of int
    span : int
        Intervals of a figure, at least 3.
    """
    line = tuple(intervals)
    following = defaultdict(set)
    for figure in _figures(line, span):
        following[figure[:-1]].add(figure[-1])
    places, found, passed = _places(line, span), set[Intervals](), 0
    for at in range(span - 1, len(line) - 1):
        passed += 1
        if len(following[line[at - span + 1 : at]]) > 1:
            passed = 0
        elif passed >= EVERY and (detour := _detour(line, at, span, places)):
            for figure in _figures(detour, span):
                following[figure[:-1]].add(figure[-1])
                found.add(figure)
            passed = 0
    return found


def _detour(line: Intervals, at: int, span: int, places: Mapping[Intervals, Sequence[int]]) -> Intervals:
    """A line that goes on from a place as from another one, to which as many intervals lead as can be; or none."""
    for size in range(span - 2, 0, -1):
        back = at - size
        others = places[line[back:at]]
        for turn in range(min(len(others), _TRIES)):
            other = others[(back * _STRIDE + turn) % len(others)]
            if line[other - 1] != line[back - 1] and line[other + size] != line[at]:
                return line[at - span + 1 : at] + line[other + size : other + span - 1]
    return ()


def _places(line: Intervals, span: int) -> Mapping[Intervals, Sequence[int]]:
    """Where each one to ``span - 2`` intervals come, with one before and one after them."""
    places = defaultdict(list)
    for size in range(1, span - 1):
        for at in range(1, len(line) - size):
            places[line[at : at + size]].append(at)
    return places


def _figures(line: Intervals, span: int) -> list[Intervals]:
    return [line[at : at + span] for at in range(len(line) - span + 1)]
