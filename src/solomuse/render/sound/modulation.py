"""What key and velocity do to the generators of a SoundFont's region: its modulators.

After sections 8.2, 8.4 and 9.5 of the SoundFont Technical Specification 2.04. Modulators that listen to controllers are
left out: a `Song` has none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import copysign, log10

VELOCITY, KEY = 2, 3
"""Sources [8.2.1]."""

_NO_SOURCE = 0
_CONTROLLER, _DESCENDING, _BIPOLAR = 0x80, 0x100, 0x200
_LINEAR, _CONCAVE, _CONVEX = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Modulator:
    """A source as the file numbers it, the generator that it moves, and a source that weights it; 0 for none."""

    source: int
    destination: int
    weight: int
    transform: int = 0

    @property
    def is_played(self) -> bool:
        """Whether it listens to key or velocity alone."""
        return all(_is_of_a_note(source) for source in (self.source, self.weight)) and self.source != _NO_SOURCE

    @property
    def hears_velocity(self) -> bool:
        """Whether velocity moves it."""
        return VELOCITY in (self.source & 0x7F, self.weight & 0x7F)

    def value(self, pitch: int, velocity: int) -> float:
        """The share of its amount that it adds for a note."""
        return _value(self.source, pitch, velocity) * _value(self.weight, pitch, velocity)


VELOCITY_TO_ATTENUATION = Modulator(0x0502, 48, 0)
"""The one standard modulator [8.4.1] that is played, with an amount of 960 cB; of the second, velocity to the filter,
FluidSynth and most SoundFonts want nothing."""

STANDARD_MODULATORS: Mapping[Modulator, int] = {VELOCITY_TO_ATTENUATION: 960}


def merged(outer: Mapping[Modulator, int], inner: Mapping[Modulator, int]) -> Mapping[Modulator, int]:
    """An instrument's modulators take the place of standard ones, a preset's are added [9.5]; idle ones go."""
    amounts = {**STANDARD_MODULATORS, **inner}
    for modulator, amount in outer.items():
        amounts[modulator] = amounts.get(modulator, 0) + amount
    return {modulator: amount for modulator, amount in amounts.items() if amount and modulator.is_played}


def _is_of_a_note(source: int) -> bool:
    return source == _NO_SOURCE or (not source & _CONTROLLER and source & 0x7F in (VELOCITY, KEY))


def _value(source: int, pitch: int, velocity: int) -> float:
    """The value of a source from 0 to 1, or from -1 to 1 where it is bipolar [8.2.2]."""
    if source == _NO_SOURCE:
        return 1.0
    share = (velocity if source & 0x7F == VELOCITY else pitch) / 127
    if source & _DESCENDING:
        share = 1 - share
    shape = source >> 10
    if not source & _BIPOLAR:
        return _shaped(shape, share)
    if shape > _CONVEX:
        return 2 * _shaped(shape, share) - 1
    return copysign(_shaped(shape, abs(2 * share - 1)), share - 0.5)


def _shaped(shape: int, share: float) -> float:
    """The straight line, the two curves of 40 / 96 log10, and the switch [8.2.4]."""
    if shape == _LINEAR:
        return share
    if shape == _CONCAVE:
        return min(1.0, -40 / 96 * log10(max(1 - share, 1e-6)))
    if shape == _CONVEX:
        return max(0.0, 1 + 40 / 96 * log10(max(share, 1e-6)))
    return float(share >= 0.5)
