"""Charts as text: ``Dm7 | G7 | Cmaj7 | %``.

::

    chart   = { header | comment | bar line | bar }        a line end is a bar line, ";" a line end
    header  = ("title" | "composer" | "style" | "key" | "tempo" | "meter") (":" | "=") text
    bar     = { "[" name "]" | "(" meter ")" | ending } ( "%" | "x" | { chord [":" beats] | "." | "/" } )
    bar line = "|" | "||" | "|:" | ":|" ["x" times] | ":||:" | "|]"
    ending  = number { "," number } "."
    comment = "#" text, at the start of a line or after a blank

Chords of a bar share its beats evenly, the first ones taking what does not divide; ``.`` and ``/`` hold the chord
before and take a share too. ``Dm7:3 G7:1`` gives lengths in beats; chords without one share what is left.
``%`` and ``x`` repeat the bar before. Repeats are played out. Without any bar line each chord is a bar. Nothing between
two bar lines of one line is an empty bar, which is refused, but not in ``:| |``, ``| |:`` and ``:| |:``.
With a key, Roman numerals are chords: ``key=Bb: ii7 V7 | Imaj7``, ``ii7 V7 Imaj7 in Bb``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import groupby

from solomuse.errors import ChartError, ChordError
from solomuse.music.chart import Bar, Chart, ChordSpan
from solomuse.music.chord import Chord, SymbolStyle
from solomuse.music.keys import parse_key
from solomuse.music.meter import COMMON_TIME, SHORTEST_SHARE_TICKS, Meter, even_shares, parse_meter
from solomuse.music.repeats import Marks, ending_numbers, played_order
from solomuse.music.roman import is_roman, parse_roman
from solomuse.music.symbols import parse_chord

_KEY = r"[A-Ha-g][b#♭♯]?(?: ?(?:major|minor|maj|min|m|-))?(?::(?:maj|min))?"
_HEADER = re.compile(r"\s*(title|composer|style|key|tempo|meter|time)\s*[:=]\s*(.*?)\s*", re.IGNORECASE)
_INLINE_KEY = re.compile(rf"\s*key\s*[:=]\s*({_KEY})\s*:\s+(?=\S)(.*)", re.IGNORECASE)
_KEY_BEHIND = re.compile(rf"(.*\S)\s+in\s+({_KEY})\s*", re.DOTALL)
_COMMENT = re.compile(r"(?:^|(?<=\s))#.*$", re.MULTILINE)
_TOKEN = re.compile(
    r"""
    (?P<blank>[ \t]+)
  | (?P<line>\n)
  | (?P<end_start>:\|{1,2}:|::)
  | (?P<start>(?:\[\||\|{1,2}):|\|:)
  | (?P<end>:(?:\|\]|\|\||\|)\s*(?:\(?x(?P<times>\d{1,9})\)?(?=[\s|;]|$))?)
  | (?P<bar>\|\]|\[\||\|{1,2})
  | (?P<section>\[[^\]|\n]+\])
  | (?P<meter>\(\d+/\d+\))
  | (?P<ending>\d+(?:[,-]\d+)*\.(?=\s|[A-Za-z%]|$))
  | (?P<label>[^\W\d_][^|:;\[\]()\n]{0,30}:(?=\s|$))
  | (?P<word>(?:(?!:{1,2}\|)[^\s|])+)
    """,
    re.VERBOSE,
)
_LENGTH = re.compile(r"(.+):(\d{1,9}(?:\.\d{1,9})?|\d{1,9}/\d{1,9})")
_BARE_ROOT = re.compile(r"[A-Ha-g][b#♭♯]*")
_SIDES = {"end": (1, 1), "|]": (1, 1), "bar": (2, 2), "start": (3, 3), "[|": (3, 3), "end_start": (1, 3)}
_NO_SIDES = (4, 0)
"""Ranks of a bar line, closing before plain before opening, as it is seen from its left and from its right.

Of two in a row the second ranks higher where both stand for one, as in ``:| |:``; else the bar between them is empty.
"""

_HOLDS, _REPEATS = (".", "/"), ("%", "x")
_LONE_LETTER = re.compile(r"^[ \t]*([A-H])[ \t]*\n\s*\|", re.MULTILINE)
_JUMP = re.compile(r"\(?(?:d\.?[cs]|da|dal|to|al|fine|coda|segno)\b|[𝄋𝄌]", re.IGNORECASE)
BARS_PER_LINE, BARS_ON_ONE_LINE = 4, 8


@dataclass(slots=True)
class _Written:
    """A bar as it is written."""

    words: list[str] = field(default_factory=list)
    meter: str | None = None
    section: str | None = None
    endings: tuple[int, ...] = ()
    starts_repeat: bool = False
    times: int = 0


def parse_chart(text: str) -> Chart:
    """The chart that a text stands for; the module's docstring has the notation.

    Raises
    ------
    ChartError
        If there is no chord, a bar is empty, too full or does not add up, a sign is out of place, a letter alone may be
        a chord or the name of a part, an ending belongs to no repeat, a header names no key, tempo or meter, or the
        repeats play out to too many bars; says which bar or header.
    ChordError
        If a chord symbol does not parse.

    Examples
    --------
    >>> chart = parse_chart("Dm7 G7 | (3/4) Cmaj7 | %")
    >>> [[span.chord.label for span in bar.chords] for bar in chart.bars]
    [['D:min7', 'G:7'], ['C:maj7'], ['C:maj7']]
    """
    headers, body = _split_headers(_COMMENT.sub("", text.replace(";", "\n").replace("\r", "")))
    key = parse_key(headers["key"]) if "key" in headers else None
    if lone := _LONE_LETTER.search(body):
        letter = lone.group(1)
        raise ChartError(
            f"{letter!r} stands on a line of its own in front of a bar line: write [{letter}] for the name of a part, "
            f"| {letter} | for a chord"
        )
    written = _written_bars(body)
    if not written:
        raise ChartError("the chart is empty: write at least one chord, such as 'Dm7 | G7 | Cmaj7 | %'")
    bars = _bars(written, parse_meter(headers["meter"]) if "meter" in headers else COMMON_TIME, key)
    return Chart(
        tuple(bars[index] for index in _order(written)),
        title=headers.get("title") or None,
        composer=headers.get("composer") or None,
        style=headers.get("style") or None,
        key=key,
        qpm=_qpm(headers["tempo"]) if "tempo" in headers else None,
    )


def _split_headers(text: str) -> tuple[dict[str, str], str]:
    """The header lines by name, and the lines of bars."""
    headers, lines = dict[str, str](), list[str]()
    for line in text.split("\n"):
        if inline := _INLINE_KEY.fullmatch(line):
            headers["key"] = inline.group(1)
            lines.append(inline.group(2))
        elif header := _HEADER.fullmatch(line):
            name = header.group(1).lower()
            headers["meter" if name == "time" else name] = header.group(2)
        else:
            lines.append(line)
    body = "\n".join(lines)
    if behind := _KEY_BEHIND.fullmatch(body):
        body, headers["key"] = behind.groups()
    return headers, body


def _qpm(text: str) -> float:
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(?: ?(?:bpm|qpm))?", text)
    if match is None or not 10 <= float(match.group(1)) <= 1000:
        raise ChartError(f"tempo {text!r}: expected quarter notes per minute, such as 140")
    return float(match.group(1))


def _written_bars(text: str) -> list[_Written]:
    """The bars as they are written; without a bar line each word is one."""
    is_bare = "|" not in text and "::" not in text
    bars, bar = list[_Written](), _Written()
    _, side_behind = _NO_SIDES
    for match in _TOKEN.finditer(text):
        kind, token = match.lastgroup, match.group()
        kind = "end" if kind == "times" else kind
        if kind == "blank" or (kind == "line" and is_bare):
            continue
        side, next_side = _SIDES.get(token) or _SIDES.get(str(kind), _NO_SIDES)
        if kind in ("line", "bar", "start", "end", "end_start") or (is_bare and bar.words):
            if bar.words or side <= side_behind:
                bars.append(bar)
                bar = _Written(endings=bar.endings)
            if kind in ("end", "end_start") or token in ("||", "|]"):
                bar.endings = ()
        side_behind = next_side
        if kind in ("end", "end_start") and bars:
            bars[-1].times = int(match["times"] or 2)
        if kind in ("start", "end_start"):
            bar.starts_repeat, bar.endings = True, ()
        elif kind in ("section", "meter", "ending") and bar.words:
            raise ChartError(f"bar {len(bars) + 1}: {token} stands behind a chord; put it at the beginning of a bar")
        elif kind == "section":
            bar.section, bar.endings = token[1:-1].strip(), ()
        elif kind == "meter":
            bar.meter = token[1:-1]
        elif kind == "ending":
            bar.endings = ending_numbers(token[:-1])
        elif kind in ("word", "label"):
            bar.words.append(token)
    if bar.words or bar.meter or bar.section:  # without words it is refused with its number
        bars.append(bar)
    return bars


def _order(written: Sequence[_Written]) -> list[int]:
    """Indices of the bars in their order of play.

    Raises
    ------
    ChartError
        If an ending has no repeat, or its number no turn.
    """
    order = played_order([Marks(bar.starts_repeat, bar.times, bar.endings) for bar in written])
    lost = set(range(len(written))) - set(order)
    for is_ending, group in groupby(range(len(written)), key=lambda index: bool(written[index].endings)):
        bars = list(group)
        if is_ending and not any(written[index].times for index in bars):
            lost.update(bars)
    if lost:
        raise ChartError(f"bar {min(lost) + 1}: no repeat leads to its ending; write one such as |: C |1. F :|2. G |")
    return order


def _bars(written: Sequence[_Written], meter: Meter, key: str | None) -> list[Bar]:
    bars: list[Bar] = []
    for number, bar in enumerate(written, start=1):
        if bar.meter is not None:
            meter = parse_meter(bar.meter)
        if not bar.words:
            raise ChartError(f"bar {number}: it holds no chord; write one, N.C. for no chord, or % for the bar before")
        try:
            if len(bar.words) == 1 and bar.words[0] in _REPEATS:
                if not bars:
                    raise ChartError(f"{bar.words[0]!r} repeats the bar before, but this is the first bar")
                if bars[-1].meter != meter:
                    raise ChartError(f"{bar.words[0]!r} repeats a bar of {bars[-1].meter}, but the meter is {meter}")
                bars.append(replace(bars[-1], section=bar.section))
                continue
            before = bars[-1].chords[-1].chord if bars else None
            bars.append(replace(_bar(bar.words, meter, key, before), section=bar.section))
        except ChordError as error:
            raise ChordError(error.symbol, error.position, f"{error.why} (bar {number})") from None
        except ChartError as error:
            raise ChartError(f"bar {number}: {error}") from None
    return bars


def _bar(words: Sequence[str], meter: Meter, key: str | None, before: Chord | None) -> Bar:
    chords, lengths = list[Chord](), list[Fraction | None]()
    for word in words:
        text, beats = _without_length(word)
        if text in _HOLDS:
            if before is None:
                raise ChartError(f"{text!r} holds the chord before, but there is none")
            chords.append(before)
        else:
            before = _chord(text, key)
            chords.append(before)
        lengths.append(beats)
    ticks = _ticks(lengths, meter)
    spans, time = list[ChordSpan](), 0
    for chord, length, word in zip(chords, ticks, words, strict=True):
        if word in _HOLDS and spans:
            spans[-1] = replace(spans[-1], duration=spans[-1].duration + length)
        else:
            spans.append(ChordSpan(time, length, chord))
        time += length
    return Bar(meter, tuple(spans))


def _without_length(word: str) -> tuple[str, Fraction | None]:
    """A word without the length behind its colon; a colon behind a bare root begins a label."""
    match = _LENGTH.fullmatch(word)
    if match is None or _BARE_ROOT.fullmatch(match.group(1)):
        return word, None
    try:
        return match.group(1), Fraction(match.group(2))
    except ZeroDivisionError:
        raise ChartError(f"{word!r} divides its length by 0; expected beats such as :1/2") from None


def _chord(word: str, key: str | None) -> Chord:
    if word[1:].endswith(":"):
        raise ChartError(
            f"{word!r} is no chord: the name of a part is written [{word[:-1].strip()}]; title, composer, style, key, "
            "tempo and meter stand on lines of their own"
        )
    if re.fullmatch(r"\[?\d{1,2}[.)]?", word):
        raise ChartError(
            f"{word!r} is no chord: endings are written |1. ... :|2. ... |, a passage played thrice ... :|x3"
        )
    if _JUMP.match(word):
        raise ChartError(f"{word!r}: text has no D.C., D.S., coda or fine; write the form out, with |: :|, x3, endings")
    if is_roman(word):
        if key is None:
            raise ChartError(f"the Roman numeral {word!r} needs a key: write 'key: Bb' above, or 'in Bb' at the end")
        return parse_roman(word, key)
    return parse_chord(word, lower_case_roots=True)


def _ticks(lengths: Sequence[Fraction | None], meter: Meter) -> list[int]:
    """Lengths in ticks: given ones as they are, the others share what is left of the bar."""
    given = sum((beats for beats in lengths if beats is not None), Fraction(0))
    sharing, left = lengths.count(None), Fraction(meter.numerator) - given
    if left < 0 or (left > 0 and not sharing) or any(beats == 0 for beats in lengths):
        raise ChartError(f"its chords take {_decimal(given)} beats, but a bar of {meter} has {meter.numerator}")
    shares = iter(_shares(sharing, left, meter))
    ticks = [next(shares) if beats is None else beats * meter.beat_ticks for beats in lengths]
    if any(length.denominator != 1 for length in ticks):
        raise ChartError(f"a length is finer than a tick: use lengths in multiples of 1/{meter.beat_ticks} beats")
    return [int(length) for length in ticks]


def _shares(count: int, beats: Fraction, meter: Meter) -> list[Fraction]:
    """Ticks of each of `count` chords in so many beats."""
    shares = even_shares(count, beats * meter.beat_ticks, meter)
    if any(share < SHORTEST_SHARE_TICKS or share.denominator != 1 for share in shares):
        raise ChartError(f"{count} chords do not fit a bar of {meter}; spread them over more bars")
    return shares


def _decimal(number: Fraction) -> str:
    return str(number) if number.denominator not in (1, 2, 4, 8) else f"{float(number):g}"


def print_chart(chart: Chart, style: SymbolStyle = "plain") -> str:
    """The chart as text that parses to the same value.

    Titles and names must not hold line ends, semicolons, brackets, or ``#`` after a blank: they are replaced by
    blanks. Symbols are called as they were written, else spelled in the chart's key.

    Examples
    --------
    >>> print_chart(parse_chart("Dm7 G7 | (3/4) Cmaj7 | %"))
    'Dm7 G7 | (3/4) Cmaj7 | %'
    """
    headers = {"title": chart.title, "composer": chart.composer, "style": chart.style}
    lines = [f"{name}: {_plain(text)}" for name, text in headers.items() if text]
    if chart.key is not None:
        tonic, _, mode = chart.key.partition(":")
        lines.append(f"key: {tonic}{'m' if mode == 'min' else ''}")
    if chart.qpm is not None:
        lines.append(f"tempo: {chart.qpm:.12g}")
    cells = list(_cells(chart, style))
    has_parts = any(bar.section for bar in chart.bars)
    if not lines and not has_parts and len(cells) <= BARS_ON_ONE_LINE:
        return " | ".join(cells) if len(cells) > 1 else f"{cells[0]} |"
    row: list[str] = []
    for bar, cell in zip(chart.bars, cells, strict=True):
        if row and (bar.section or len(row) == BARS_PER_LINE):
            lines.append(" | ".join(row) + " |")
            row = []
        row.append(cell)
    return "\n".join([*lines, " | ".join(row) + " |"])


def _cells(chart: Chart, style: SymbolStyle) -> Iterator[str]:
    previous, meter = None, COMMON_TIME
    for bar in chart.bars:
        words = [f"[{_plain(bar.section)}]"] if bar.section else []
        words += [] if bar.meter == meter else [f"({bar.meter})"]
        is_same = previous is not None and (bar.meter, bar.chords) == (previous.meter, previous.chords)
        words += ["%"] if is_same else _words(bar, style, chart.key)
        yield " ".join(words)
        previous, meter = bar, bar.meter


def _words(bar: Bar, style: SymbolStyle, key: str | None) -> list[str]:
    symbols = [span.chord.symbol(style, key) for span in bar.chords]
    lengths = [Fraction(span.duration) for span in bar.chords]
    try:
        if _shares(len(lengths), Fraction(bar.meter.numerator), bar.meter) == lengths:
            return symbols
    except ChartError:
        pass  # too many for even shares: their lengths are written
    return [
        f"{symbol}{'maj' if _BARE_ROOT.fullmatch(symbol) else ''}:{_decimal(length / bar.meter.beat_ticks)}"
        for symbol, length in zip(symbols, lengths, strict=True)
    ]


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[\n\r;\[\]|]|(?<=\s)#|^#", " ", text).split())
