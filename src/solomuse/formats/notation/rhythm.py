"""Rhythm: how the stretches of a bar are written as tied notes of standard values, in tuplets where they must be.

A bar is cut into areas, plain ones and triplets of 16ths, eighths, quarters or halves; of all ways to cut it the one is
taken that needs the fewest, plainest signs. In each area a note is cut where it would hide a beat (`Pulse`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import itemgetter

from solomuse.formats.notation.pulse import BEAT, PLAIN_STEP, Pulse, beats_of, pulse_of, pulse_of_tuplet
from solomuse.music.meter import Meter
from solomuse.music.note import TICKS_PER_QUARTER

_TYPES = (
    *(("breve", 3840), ("whole", 1920), ("half", 960), ("quarter", 480), ("eighth", 240)),
    *(("16th", 120), ("32nd", 60), ("64th", 30)),
)
_VALUES = {
    **{ticks * 3 // 2: (name, 1) for name, ticks in _TYPES if ticks >= 60},
    **{ticks: (name, 0) for name, ticks in _TYPES},
}
"""Note value and dots by ticks."""

EIGHTH, SIXTEENTH = TICKS_PER_QUARTER // 2, TICKS_PER_QUARTER // 4

EVEN_BELOW = 1.1
"""A swing ratio below it is called even eighths."""

_TUPLET, _TINY, _DOT, _ODD, _SMALL_IN_TUPLET, _OFF_BEAT, _AREA = 0.4, 0.5, 0.5, 20.0, 0.15, 0.5, 0.01
"""What a sign costs beyond the one for each note or rest: a tuplet; a value under a 16th; a dot in a tuplet; a length
that no value has; a 16th in a triplet of eighths; a triplet over a beat that it does not start on; an area."""


@dataclass(frozen=True, slots=True)
class Tuplet:
    """Three in the time of two, over ``[start, start + ticks)`` of a bar.

    Parameters
    ----------
    is_beamed : bool
        Whether one beam holds all of it together, so that it needs no bracket.
    """

    start: int
    ticks: int
    is_beamed: bool = False

    @property
    def unit(self) -> str:
        """The value of which it holds three: ``eighth``."""
        return _VALUES[self.ticks // 2][0]


@dataclass(frozen=True, slots=True)
class Written:
    """A note or rest as it stands on paper.

    Parameters
    ----------
    start, ticks : int
        From the bar line; how long it sounds.
    kind : str or None
        Its note value: ``quarter``; None where no standard value fits.
    tuplet : Tuplet or None
        To which it belongs.
    beams : tuple of str
        Of eighths, 16ths and so on: ``begin``, ``continue``, ``end``, ``forward hook``, ``backward hook``.
    """

    start: int
    ticks: int
    kind: str | None
    dots: int = 0
    tuplet: Tuplet | None = None
    is_rest: bool = False
    beams: tuple[str, ...] = ()

    @property
    def end(self) -> int:
        """Where the next one starts."""
        return self.start + self.ticks

    @property
    def opens(self) -> bool:
        """Whether its tuplet begins with it."""
        return self.tuplet is not None and self.start == self.tuplet.start

    @property
    def closes(self) -> bool:
        """Whether its tuplet ends with it."""
        return self.tuplet is not None and self.end == self.tuplet.start + self.tuplet.ticks


def feel_of(swing: float) -> str:
    """The word over a part whose eighths have this ratio of long to short."""
    return "Even eighths" if swing < EVEN_BELOW else "Swing"


_Pieces = list[tuple[int, Written]]
"""Pieces with the index of the stretch to which they belong."""


def written_rhythm(cuts: Sequence[int], meter: Meter, rests: Collection[int] = ()) -> list[list[Written]]:
    """How the stretches between cuts are written, each as one or more pieces that are tied; without their beams.

    Parameters
    ----------
    cuts : sequence of int
        Ticks from the bar line, in order, 0 and the bar's length included.
    rests : collection of int
        The cuts from which on there is silence.

    Returns
    -------
    list of list of Written
        One list for each stretch.
    """
    pieces = _best(_Bar(cuts, frozenset(rests), meter))
    return [[piece for index, piece in pieces if index == stretch] for stretch in range(len(cuts) - 1)]


@dataclass(frozen=True, slots=True)
class _Bar:
    """What is to be written."""

    cuts: Sequence[int]
    rests: frozenset[int]
    meter: Meter


def _best(bar: _Bar) -> _Pieces:
    """The pieces of the cheapest way to cut the bar into areas."""
    end = bar.cuts[-1]
    if all(cut % PLAIN_STEP == 0 for cut in bar.cuts):
        return list(_cut(bar, 0, end))
    places = sorted({*range(0, end, EIGHTH), *beats_of(bar.meter).starts})
    best: dict[int, tuple[float, _Pieces]] = {0: (0.0, [])}
    for index, stop in enumerate(places[1:], start=1):
        ways = [
            (best[start][0] + cost, [*best[start][1], *pieces])
            for start in places[:index]
            for cost, pieces in _areas(bar, start, stop)
        ]
        best[stop] = min(ways, key=itemgetter(0))
    return best[end][1]


def _areas(bar: _Bar, start: int, end: int) -> Iterator[tuple[float, _Pieces]]:
    """How a span may be written, plain and perhaps as a tuplet, and what that costs."""
    plain = list(_cut(bar, start, end))
    yield _AREA + sum(_cost(piece) for _, piece in plain), plain
    if _may_be_tuplet(bar, start, end):
        pieces = list(_cut(bar, start, end, Tuplet(start, end - start)))
        is_off_beat = end - start >= TICKS_PER_QUARTER and start % (end - start) > 0
        yield _AREA + _TUPLET + _OFF_BEAT * is_off_beat + sum(_cost(piece) for _, piece in pieces), pieces


def _may_be_tuplet(bar: _Bar, start: int, end: int) -> bool:
    """Whether a span has the length of a triplet, its cuts lie on it, and nothing shorter would do.

    Triplets of quarters and halves must have both their notes inside and nothing on the beats between.
    """
    length = end - start
    inside = {cut - start for cut in bar.cuts if start < cut < end}
    if length not in (240, 480, 960, 1920) or not any(cut % PLAIN_STEP for cut in inside):
        return False
    if any(cut % pulse_of_tuplet(length).step for cut in inside):
        return False
    if length > TICKS_PER_QUARTER:
        on_beats = start % TICKS_PER_QUARTER == 0 and not any(cut % TICKS_PER_QUARTER == 0 for cut in inside)
        return on_beats and {length // 3, 2 * length // 3} <= inside
    return length == EIGHTH or start in beats_of(bar.meter).starts or bar.meter.denominator > 4


def _cut(bar: _Bar, start: int, end: int, tuplet: Tuplet | None = None) -> Iterator[tuple[int, Written]]:
    """The pieces of what sounds and rests within a span."""
    pulse, origin = (pulse_of_tuplet(tuplet.ticks), tuplet.start) if tuplet else (pulse_of(bar.meter), 0)
    for index, (onset, stop) in enumerate(pairwise(bar.cuts)):
        first, last = max(onset, start) - origin, min(stop, end) - origin
        is_rest = onset in bar.rests
        if first >= last:
            continue
        if first % pulse.step or last % pulse.step:
            yield index, Written(origin + first, last - first, None, tuplet=tuplet, is_rest=is_rest)
            continue
        for a, b in _values(first // pulse.step, last // pulse.step, pulse, tuplet, is_rest):
            ticks = (b - a) * pulse.step
            kind, dots = _VALUES[ticks * 3 // 2 if tuplet else ticks]
            yield index, Written(origin + a * pulse.step, ticks, kind, dots, tuplet, is_rest)


def _values(start: int, end: int, pulse: Pulse, tuplet: Tuplet | None, is_rest: bool) -> Iterator[tuple[int, int]]:
    """The places ``[start, end)`` as stretches that each have a standard value and are readable."""
    ticks = (end - start) * pulse.step
    written = ticks * 3 // 2 if tuplet else ticks
    if _has_value(written, start, end, pulse, is_rest) and pulse.is_readable(start, end, is_rest=is_rest):
        yield start, end
        return
    middle = pulse.strongest_between(start, end)
    yield from _values(start, middle, pulse, tuplet, is_rest)
    yield from _values(middle, end, pulse, tuplet, is_rest)


def _has_value(written: int, start: int, end: int, pulse: Pulse, is_rest: bool) -> bool:
    """Whether a standard value is that long; of dotted rests only those under a quarter, and compound beats."""
    if written not in _VALUES:
        return False
    is_compound_beat = min(pulse.strengths[start], pulse.strengths[end]) >= BEAT and not pulse.is_simple
    return not is_rest or not _VALUES[written][1] or written < TICKS_PER_QUARTER or is_compound_beat


def _cost(piece: Written) -> float:
    """What a piece costs a reader."""
    if piece.kind is None:
        return _ODD
    written = piece.ticks * 3 // 2 if piece.tuplet else piece.ticks
    cost = 1.0 + _TINY * (written < SIXTEENTH)
    if piece.tuplet:
        cost += _DOT * piece.dots + _SMALL_IN_TUPLET * (written <= piece.tuplet.ticks // 4)
    return cost
