"""Reader of iReal Pro progressions."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from math import floor

from solomuse.errors import ChartError, ChordError
from solomuse.formats.ireal.form import order_of_bars
from solomuse.formats.ireal.page import WrittenBar, read_page, repeated_bars
from solomuse.music.chart import Bar, ChordSpan
from solomuse.music.chord import NO_CHORD, UNKNOWN_CHORD, Chord
from solomuse.music.meter import Meter
from solomuse.music.note import TICKS_PER_QUARTER
from solomuse.music.symbols import parse_chord

_log = logging.getLogger(__name__)


def read_progression(music: str, *, lenient: bool = False) -> tuple[Bar, ...]:
    """The bars of a progression in the order in which they are played.

    Parameters
    ----------
    music : str
        Not scrambled.
    lenient : bool
        What cannot be read is logged: an unknown chord becomes ``X``, another unknown token is left out, a form
        that cannot be played is read from the first bar to the last.

    Raises
    ------
    ChartError, ChordError
        With the number of the written bar.
    """
    page = read_page(music, lenient=lenient)
    bars = [
        _bar(written, chords, number)
        for number, (written, chords) in enumerate(zip(page.bars, _chords_by_bar(page.bars, lenient), strict=True), 1)
    ]
    try:
        order = order_of_bars(page)
    except ChartError as error:
        if not lenient:
            raise
        _log.warning("%s: read from the first bar to the last", error)
        order = list(range(len(bars)))
    return tuple(bars[index] for index in order)


def _chords_by_bar(bars: Sequence[WrittenBar], lenient: bool) -> Iterator[list[Chord | None]]:
    """For each written bar the chord that begins in each of its cells, None where what sounds goes on."""
    done: list[list[Chord | None]] = []
    held, sounding = NO_CHORD, None
    for index, bar in enumerate(bars):
        if back := repeated_bars(bar.cells):
            if index < back:
                raise ChartError(f"bar {index + 1}: a sign repeats the bars before it, but they are not there")
            done.append(done[index - back])
        else:
            done.append([])
            for cell in bar.cells:
                chord = _chord(cell, sounding, index + 1, lenient) if cell[0] in "ABCDEFGWnN" else None
                if cell in ("p", "x", "r") and not any(done[-1]):
                    chord = held
                done[-1].append(chord)
                held = chord or held
                sounding = chord if chord is not None and chord.root is not None else sounding
            if not any(done[-1]):
                done[-1] = [held]
        begun = [chord for chord in done[-1] if chord is not None]
        held = begun[-1]
        sounding = next((chord for chord in reversed(begun) if chord.root is not None), sounding)
        yield done[-1]


def _chord(cell: str, sounding: Chord | None, number: int, lenient: bool) -> Chord:
    """The chord of a cell; ``W`` stands for the root and quality that sounded last."""
    if cell in ("n", "N"):
        return NO_CHORD
    try:
        if cell[0] != "W":
            return parse_chord(cell.replace("*", ""))
        if sounding is None:
            raise ChordError(cell, 0, "W repeats the chord before, but there is none")
        if not cell[1:]:
            return sounding
        below = parse_chord(cell[2:])
        return replace(sounding, bass=below.root, names=(sounding.names[0], below.names[0]))
    except ChordError as error:
        if not lenient:
            raise ChordError(error.symbol, error.position, f"{error.why} (bar {number})") from None
        _log.warning("bar %d: chord %r is unknown: read as X", number, cell)
        return UNKNOWN_CHORD


def _bar(written: WrittenBar, cells: Sequence[Chord | None], number: int) -> Bar:
    """The bar in which each chord lasts until the next begins."""
    chords = [chord for chord in cells if chord is not None]
    places = [place for place, chord in enumerate(cells) if chord is not None]
    onsets = onsets_of_cells([0, *places[1:]], len(cells), written.meter)
    if onsets is None:
        raise ChartError(f"bar {number}: {len(chords)} chords do not fit a bar of {written.meter}; spread them out")
    times = [*onsets, written.meter.bar_ticks]
    spans = tuple(
        ChordSpan(start, end - start, chord) for (start, end), chord in zip(pairwise(times), chords, strict=True)
    )
    return Bar(written.meter, spans, written.section)


def counted_beat(meter: Meter) -> int:
    """Ticks of a beat as the app counts them: half notes in quarters."""
    return min(meter.beat_ticks, TICKS_PER_QUARTER)


def onsets_of_cells(places: Sequence[int], cell_count: int, meter: Meter) -> list[int] | None:
    """The ticks in a bar at which the chords begin that stand in the cells `places`.

    The cells share the bar evenly. Where that puts a chord beside a beat (half a
    beat, if there are more chords than beats) each goes to the nearest beat, the later of two: a dotted one in a
    compound meter, if that keeps them apart. Where no cell is empty, or two chords would fall together, the chords
    share the beats evenly, the first ones taking what does not divide.

    Returns
    -------
    list of int or None
        None if there are more than two chords a beat.

    Examples
    --------
    >>> onsets_of_cells([0, 2], 4, Meter(4, 4)), onsets_of_cells([0, 2], 4, Meter(3, 4))
    ([0, 960], [0, 960])
    """
    beat_ticks = counted_beat(meter)
    beats, count = meter.bar_ticks // beat_ticks, len(places)
    unit = Fraction(1) if count <= beats else Fraction(1, 2)
    exact = [Fraction(place * beats, cell_count) for place in places]
    if not any(onset % unit for onset in exact):
        return [int(onset * beat_ticks) for onset in exact]
    for grid in (3, 1) if meter.is_compound else (1,):
        nearest = [grid * floor(onset / grid + Fraction(1, 2)) for onset in exact]
        if count < cell_count and nearest[-1] < beats and all(a < b for a, b in pairwise(nearest)):
            return [beat * beat_ticks for beat in nearest]
    share, more = divmod(int(beats / unit), count)
    evenly = [unit * (share * index + min(index, more)) for index in range(count)]
    return [int(onset * beat_ticks) for onset in evenly] if share else None
