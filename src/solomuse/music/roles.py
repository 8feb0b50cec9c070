"""Roles: what a note is to the chord under it."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal, get_args

from solomuse.music.chord import Chord
from solomuse.music.pitch import semitones_of_degree
from solomuse.music.scales import possible_tensions

Role = Literal["root", "third", "fifth", "seventh", "tension", "outside", "no chord"]
ROLES: tuple[Role, ...] = get_args(Role)

_NUMBERS_BY_ROLE: dict[Role, tuple[int, ...]] = {
    "root": (1,),
    "third": (2, 3, 4),
    "fifth": (5,),
    "seventh": (6, 7),
    "tension": (9, 11, 13),
}
_ROLE_BY_NUMBER = {number: role for role, numbers in _NUMBERS_BY_ROLE.items() for number in numbers}
"""The second or fourth of a suspended chord stands for its third, the sixth of a sixth chord for its seventh."""


def role_of(pitch_class: int, chord: Chord) -> Role:
    """What a pitch class is to a chord.

    Tensions are what the symbol writes on top of its seventh, its slash bass, and `possible_tensions`.

    Examples
    --------
    >>> role_of(5, Chord(7, "7")), role_of(9, Chord(7, "7")), role_of(0, Chord(7, "7"))
    ('seventh', 'tension', 'outside')
    """
    return _roles(chord)[pitch_class]


@lru_cache(maxsize=4096)
def _roles(chord: Chord) -> tuple[Role, ...]:
    """The roles of the twelve pitch classes."""
    if chord.root is None:
        return ("no chord",) * 12
    own = {
        (chord.root + semitones_of_degree(degree)) % 12: _ROLE_BY_NUMBER[int(degree.lstrip("b#"))]
        for degree in reversed(chord.degrees)
    }
    above = {*possible_tensions(chord), chord.bass}
    return tuple(own.get(pitch_class, "tension" if pitch_class in above else "outside") for pitch_class in range(12))
