"""Meter: time signatures and their length in ticks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from solomuse.errors import ChartError
from solomuse.music.note import TICKS_PER_QUARTER

LONGEST_BAR_TICKS = 64 * TICKS_PER_QUARTER
"""A time signature of longer bars is taken for a fault of its source."""

SHORTEST_SHARE_TICKS = 20
"""Chords that share a time are put on a grid that is no finer."""


@dataclass(frozen=True, slots=True, order=True)
class Meter:
    """A time signature, such as 3/4.

    Raises
    ------
    ValueError
        If there is no such time signature, or its bars are longer than `LONGEST_BAR_TICKS`.

    Examples
    --------
    >>> Meter(6, 8).bar_ticks, str(Meter(6, 8))
    (1440, '6/8')
    """

    numerator: int
    denominator: int

    def __post_init__(self) -> None:
        if self.numerator < 1 or self.denominator not in (1, 2, 4, 8, 16, 32):
            raise ValueError(f"{self} is not a time signature")
        if self.bar_ticks > LONGEST_BAR_TICKS:
            raise ValueError(f"{self} has bars of more than {LONGEST_BAR_TICKS // TICKS_PER_QUARTER} quarters")

    @property
    def beat_ticks(self) -> int:
        """Length of one unit of the denominator, in ticks."""
        return 4 * TICKS_PER_QUARTER // self.denominator

    @property
    def bar_ticks(self) -> int:
        """Length of a bar, in ticks."""
        return self.numerator * self.beat_ticks

    @property
    def is_compound(self) -> bool:
        """Whether its beats are of three units: 6/8, 9/8, 12/8, and 3/8, which has one."""
        return self.denominator >= 8 and self.numerator % 3 == 0

    def __str__(self) -> str:
        return f"{self.numerator}/{self.denominator}"


COMMON_TIME = Meter(4, 4)


def parse_meter(text: str) -> Meter:
    """The meter that a text such as ``6/8`` stands for.

    Raises
    ------
    ChartError
        If the text is no time signature, or one of bars too long.
    """
    match = re.fullmatch(r"(\d{1,3})/(\d{1,3})", text)
    try:
        if match is None:
            raise ValueError
        return Meter(int(match.group(1)), int(match.group(2)))
    except ValueError:
        longest = LONGEST_BAR_TICKS // TICKS_PER_QUARTER
        raise ChartError(
            f"meter {text[:20]!r}: expected a time signature such as 4/4 or 6/8, of at most {longest} quarters"
        ) from None


def even_shares(count: int, ticks: Fraction, meter: Meter) -> list[Fraction]:
    """How long each of `count` chords lasts that share some ticks.

    Whole beats where there are enough, else halves of them, quarters and so on; the first chords take what does not
    divide. Where no such grid fits, all are equally long.

    Examples
    --------
    >>> [list(map(int, even_shares(count, Fraction(1920), COMMON_TIME))) for count in (2, 3, 5)]
    [[960, 960], [960, 480, 480], [480, 480, 480, 240, 240]]
    """
    unit = Fraction(meter.beat_ticks)
    while ticks % unit or ticks / unit < count:
        unit /= 2
        if unit < SHORTEST_SHARE_TICKS or unit.denominator != 1:
            return [ticks / count] * count
    units = int(ticks / unit)
    return [(units // count + (index < units % count)) * unit for index in range(count)]


def beat_groups(meter: Meter) -> tuple[int, ...]:
    """How the units of a meter's denominator are counted: in threes, or in twos of which an odd number ends with three.

    Five are 3 + 2, one stands alone.

    Examples
    --------
    >>> [beat_groups(Meter(*meter)) for meter in ((4, 4), (6, 8), (7, 8), (5, 4))]
    [(2, 2), (3, 3), (2, 2, 3), (3, 2)]
    """
    number = meter.numerator
    if number in (1, 5):
        return {1: (1,), 5: (3, 2)}[number]
    if number % 3 == 0:
        return (3,) * (number // 3)
    return (2,) * (number // 2) if number % 2 == 0 else (*(2,) * (number // 2 - 1), 3)


def meter_of_length(ticks: int) -> Meter:
    """The plainest meter of about this length: quarters, else eighths, else sixteenths.

    Raises
    ------
    ValueError
        If that is longer than `LONGEST_BAR_TICKS`.

    Examples
    --------
    >>> str(meter_of_length(960)), str(meter_of_length(720))
    ('2/4', '3/8')
    """
    for denominator in (4, 8):
        if ticks % (4 * TICKS_PER_QUARTER // denominator) == 0:
            return Meter(ticks * denominator // (4 * TICKS_PER_QUARTER), denominator)
    return Meter(max(1, round(ticks * 16 / (4 * TICKS_PER_QUARTER))), 16)
