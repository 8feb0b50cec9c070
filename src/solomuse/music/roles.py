"""Roles: what a note is to the chord under it."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal, get_args

from solomuse.music.chord import Chord
from solomuse.music.pitch import semitones_of_degree

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

_ALTERED_TENSIONS = (1, 3, 8)
"""Flat ninth, sharp ninth and flat thirteenth, semitones above the root of a dominant chord."""


def role_of(pitch_class: int, chord: Chord) -> Role:
    """What a pitch class is to a chord.

    Tensions are what the symbol writes on top of its seventh, and what lies a whole tone above a tone of the chord and
    no semitone above another (B. Nettles and R. Graf, The Chord Scale Theory and Jazz Harmony, 1997); over dominant
    chords also the altered ones.

    Examples
    --------
    >>> role_of(5, Chord(7, "7")), role_of(9, Chord(7, "7")), role_of(0, Chord(7, "7"))
    ('seventh', 'tension', 'outside')
    """
    if chord.root is None:
        return "no chord"
    return _roles(chord)[(pitch_class - chord.root) % 12]


@lru_cache(maxsize=4096)
def _roles(chord: Chord) -> tuple[Role, ...]:
    """The roles of the twelve semitones above the root."""
    own = {semitones_of_degree(d) % 12: _ROLE_BY_NUMBER[int(d.lstrip("b#"))] for d in reversed(chord.degrees)}
    tones = {interval for interval, role in own.items() if role != "tension"}
    allowed = {(tone + 2) % 12 for tone in tones} - {(tone + 1) % 12 for tone in tones}
    allowed |= {*_ALTERED_TENSIONS} if {4, 10} <= tones else set()
    allowed |= {(chord.bass - chord.root) % 12} if chord.bass is not None and chord.root is not None else set()
    return tuple(own.get(interval, "tension" if interval in allowed else "outside") for interval in range(12))
