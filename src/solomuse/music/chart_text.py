"""Charts as text: ``Dm7 | G7 | Cmaj7 | %``."""

from __future__ import annotations

import re
from collections.abc import Sequence

from solomuse.errors import ChartError, ChordError
from solomuse.music.chart import Bar, Chart, ChordSpan
from solomuse.music.chord import Chord
from solomuse.music.meter import COMMON_TIME, Meter, parse_meter
from solomuse.music.symbols import parse_chord

_METER = re.compile(r"\((\d+/\d+)\)")


def parse_chart(text: str) -> Chart:
    """The chart that a text stands for.

    Bars are separated by ``|`` or line ends; the chords of a bar share its beats evenly, the first ones
    taking what does not divide. ``%`` repeats the bar before. ``(3/4)`` in front of a bar sets the meter
    from there on. Without any ``|`` each chord is a bar.

    Raises
    ------
    ChartError
        If there is no chord, a bar is empty or too full, or a ``%`` stands first.
    ChordError
        If a chord symbol does not parse.

    Examples
    --------
    >>> chart = parse_chart("Dm7 G7 | (3/4) Cmaj7 | %")
    >>> [[span.chord.label for span in bar.chords] for bar in chart.bars]
    [['D:min7', 'G:7'], ['C:maj7'], ['C:maj7']]
    """
    cells = _cells(text)
    if not cells:
        raise ChartError("the chart is empty: write at least one chord, such as 'Dm7 | G7 | Cmaj7 | %'")
    bars: list[Bar] = []
    meter = COMMON_TIME
    for number, words in enumerate(cells, start=1):
        while words and (match := _METER.fullmatch(words[0])):
            meter, words = parse_meter(match.group(1)), words[1:]
        if words in (["%"], ["x"]):
            if not bars:
                raise ChartError(f"bar {number}: {words[0]!r} repeats the bar before, but this is the first bar")
            bars.append(bars[-1])
            continue
        if not words:
            raise ChartError(f"bar {number}: no chord after the meter {meter}; write one, or N.C. for no chord")
        try:
            bars.append(_bar([parse_chord(word) for word in words], meter))
        except ChordError as error:
            raise ChordError(error.symbol, error.position, f"{error.why} (bar {number})") from None
        except ChartError as error:
            raise ChartError(f"bar {number}: {error}") from None
    return Chart(tuple(bars))


def _cells(text: str) -> list[list[str]]:
    """The words of each bar; without a bar line each chord is a bar of its own."""
    if "|" in text:
        cells = [cell.split() for cell in re.split(r"[|\n]", text)]
        return [cell for cell in cells if cell]
    cells, meter = [], []
    for word in text.split():
        if _METER.fullmatch(word):
            meter = [word]
        else:
            cells.append([*meter, word])
            meter = []
    return [*cells, meter] if meter else cells


def _bar(chords: Sequence[Chord], meter: Meter) -> Bar:
    """The bar in which the chords share the beats evenly, the first ones taking what does not divide."""
    count, unit = len(chords), meter.beat_ticks
    if count > meter.numerator:
        unit = unit // (-(-count // meter.numerator))
    units = meter.bar_ticks // unit
    if count > units or unit * units != meter.bar_ticks or unit < 60:
        raise ChartError(f"{count} chords do not fit a bar of {meter}; spread them over more bars")
    lengths = [(units // count + (index < units % count)) * unit for index in range(count)]
    spans, time = [], 0
    for chord, length in zip(chords, lengths, strict=True):
        spans.append(ChordSpan(time, length, chord))
        time += length
    return Bar(meter, tuple(spans))


def print_chart(chart: Chart) -> str:
    """The chart as text, a bar line between bars; chord lengths that a bar does not share evenly are not shown.

    Examples
    --------
    >>> print_chart(parse_chart("Dm7 G7 | (3/4) Cmaj7 | %"))
    'Dm7 G7 | (3/4) Cmaj7 | %'
    """
    cells, previous, meter = [], None, COMMON_TIME
    for bar in chart.bars:
        words = [] if bar.meter == meter else [f"({bar.meter})"]
        same = bar == previous
        words += ["%"] if same else [span.chord.symbol() for span in bar.chords]
        cells.append(" ".join(words))
        previous, meter = bar, bar.meter
    return " | ".join(cells)
