"""Spelling of durations: how a stretch of a bar is written as tied notes of standard lengths."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from solomuse.music.meter import Meter
from solomuse.music.note import TICKS_PER_QUARTER

_TYPES = (
    *(("breve", 3840), ("whole", 1920), ("half", 960), ("quarter", 480), ("eighth", 240)),
    *(("16th", 120), ("32nd", 60), ("64th", 30)),
)
_DOTTED = {ticks * 3 // 2: (name, 1) for name, ticks in _TYPES if ticks >= 60}
_PLAIN = {ticks: (name, 0) for name, ticks in _TYPES}
_LENGTHS = {**_DOTTED, **_PLAIN}
_TRIPLETS = {ticks * 2 // 3: written for ticks, written in _LENGTHS.items() if ticks * 2 % 3 == 0 and ticks <= 720}


@dataclass(frozen=True, slots=True)
class Written:
    """A note or rest as it stands on paper.

    Parameters
    ----------
    start, ticks : int
        From the bar line.
    kind : str or None
        Its note value: ``quarter``; None where no standard value fits.
    is_triplet, opens, closes : bool
        Whether it is one of three in the time of two, and whether it is the first or the last of its group.
    """

    start: int
    ticks: int
    kind: str | None
    dots: int = 0
    is_triplet: bool = False
    opens: bool = False
    closes: bool = False


def written_bar(cuts: Sequence[int], meter: Meter) -> list[list[Written]]:
    """How the stretches between cuts are written, each as one or more pieces that are tied.

    Parameters
    ----------
    cuts : sequence of int
        Ticks from the bar line, in order, 0 and the bar's length included.

    Returns
    -------
    list of list of Written
        One list for each stretch.
    """
    beat = TICKS_PER_QUARTER * 3 // 2 if meter.denominator == 8 and meter.numerator % 3 == 0 else TICKS_PER_QUARTER
    beats = [(start, min(start + beat, cuts[-1])) for start in range(0, cuts[-1], beat)]
    triplets = [span for span in beats if _is_triplet(span, cuts)]
    return [list(_pieces(start, end, triplets, beat)) for start, end in pairwise(cuts)]


def _is_triplet(span: tuple[int, int], cuts: Sequence[int]) -> bool:
    """Whether a whole quarter holds cuts at its thirds, sixths or twelfths that are none of its 64ths."""
    start, end = span
    inside = [cut - start for cut in cuts if start < cut < end]
    is_fine = all(cut % 40 == 0 for cut in inside)
    return end - start == TICKS_PER_QUARTER and is_fine and any(cut % 30 for cut in inside)


def _pieces(start: int, end: int, triplets: Sequence[tuple[int, int]], beat: int) -> Iterator[Written]:
    """The pieces of one stretch: cut around beats of triplets, then into standard values."""
    while start < end:
        inside = next((span for span in triplets if span[0] <= start < span[1]), None)
        if inside is not None:
            stop = min(end, inside[1])
            yield from _triplet_pieces(start, stop, inside)
        else:
            stop = min([end, *(span[0] for span in triplets if span[0] > start)])
            yield from _plain_pieces(start, stop, beat)
        start = stop


def _triplet_pieces(start: int, end: int, span: tuple[int, int]) -> Iterator[Written]:
    if (start, end) == span:
        yield Written(start, end - start, *_PLAIN[TICKS_PER_QUARTER])
        return
    while start < end:
        ticks = max(length for length in _TRIPLETS if length <= end - start)
        stop = start + ticks
        kind, dots = _TRIPLETS[ticks]
        yield Written(start, ticks, kind, dots, True, start == span[0], stop == span[1])
        start = stop


def _plain_pieces(start: int, end: int, beat: int) -> Iterator[Written]:
    """The longest standard values, none of them hiding a beat that it does not start on."""
    while start < end:
        to_beat = beat - start % beat
        room = end - start if start % beat == 0 else min(end - start, to_beat) if end - start > to_beat else end - start
        if room in _LENGTHS:
            yield Written(start, room, *_LENGTHS[room])
            start += room
            continue
        fitting = [length for length in _LENGTHS if length <= room]
        if not fitting or any(value % 30 for value in (start, end)):
            yield Written(start, end - start, None)
            return
        ticks = max(fitting)
        yield Written(start, ticks, *_LENGTHS[ticks])
        start += ticks
