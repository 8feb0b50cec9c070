"""Writer of iReal Pro links."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from urllib.parse import quote

from solomuse.errors import OutputError
from solomuse.formats.ireal.chords import ireal_symbol
from solomuse.formats.ireal.links import NO_COMPOSER
from solomuse.formats.ireal.page import METER_BY_MARK, SECTION_BY_MARK, is_direction
from solomuse.formats.ireal.progression import counted_beat, onsets_of_cells
from solomuse.formats.ireal.scrambling import encode_music
from solomuse.music.chart import Bar, Chart, bar_of_changes
from solomuse.music.chord import NO_CHORD
from solomuse.music.keys import transpose_key

CELLS_ON_PAGE = 12 * 16
"""What the app shows of a chart: 12 rows of 16 cells."""

_log = logging.getLogger(__name__)

_MARK_BY_METER = {meter: mark for mark, meter in METER_BY_MARK.items()}
_MARK_BY_SECTION = {name: mark for mark, name in reversed(SECTION_BY_MARK.items())} | {
    letter: letter for letter in "ABCD"
}


def write_ireal(charts: Sequence[Chart], playlist: str | None = None, *, lenient: bool = False) -> str:
    """An ``irealb://`` link to charts, which `read_ireal` reads back as the same charts.

    Lost are: what a chord has beyond the nearest that the app knows (`nearest_ireal_chord`); section names other than
    A to D, Intro and Verse, which become text in the chart; fractions of `qpm`; the spelling of a key that is none of
    the app's 24. Without title, style or key a chart becomes Untitled, Medium Swing in C.

    Parameters
    ----------
    charts : sequence of Chart
        At least one.
    playlist : str, optional
        The name under which the app files the songs.
    lenient : bool
        Move chords that have no place onto the nearest beats, and leave out a pickup without a chord.

    Raises
    ------
    OutputError
        If the app does not know a bar's meter, a chord begins beside the beats of its bar, or a name holds ``=``.
    """
    songs = []
    for own in _checked(charts):
        chart = _on_beats(own) if lenient else own
        title, composer, style, key = _names(chart)
        bpm = str(round(chart.qpm or 0))
        songs.append("=".join((title, composer, "", style, key, "", encode_music(progression(chart)), "", bpm, "0")))
    if playlist or len(songs) > 1:
        songs.append(_field("playlist", playlist or ""))
    return "irealb://" + quote("===".join(songs), safe="=")


def _on_beats(chart: Chart) -> Chart:
    """The chart as far as the app can hold it.

    Chords that have no place go to the nearest beat, of two that fall together the later stays. A first bar that is
    shorter than the second and has no chord is left out.
    """
    first, *others = chart.bars
    if others and first.duration < others[0].duration and all(span.chord == NO_CHORD for span in first.chords):
        others[0] = replace(others[0], section=others[0].section or first.section)
    else:
        others = [first, *others]
    return replace(chart, bars=tuple(bar if _has_places(bar) else _moved(bar) for bar in others))


def _has_places(bar: Bar) -> bool:
    try:
        _places(bar, (4,), "")
    except OutputError:
        return False
    return True


def _moved(bar: Bar) -> Bar:
    beat = counted_beat(bar.meter)
    last = bar.duration // beat - 1
    moved = {min(last, (2 * span.time + beat) // (2 * beat)) * beat: span.chord for span in bar.chords}
    return bar_of_changes(bar.meter, moved, bar.chords[0].chord, bar.section)


def write_irealbook(charts: Sequence[Chart], playlist: str | None = None) -> str:
    """An ``irealbook://`` link to charts: the published format, in which `qpm` is lost too.

    Raises
    ------
    OutputError
        As `write_ireal`.
    """
    fields = [field for chart in _checked(charts) for field in (*_names(chart), "n", progression(chart))]
    if playlist:
        fields.append(_field("playlist", playlist))
    return "irealbook://" + quote("=".join(fields), safe="=")


def progression(chart: Chart) -> str:
    """A chart in the language of iReal Pro: bars of four cells where the meter allows it, a double bar at each part.

    A chart that would not fit the app's page takes two cells for a bar where that says the same.

    Raises
    ------
    OutputError
        As `write_ireal`.
    """
    rows = list(_bars(chart, widths=(4,)))
    if _cells(rows) > CELLS_ON_PAGE:
        rows = list(_bars(chart, widths=(2, 4)))
    if _cells(rows) > CELLS_ON_PAGE:
        _log.warning("%s: %d cells, of which iReal Pro shows %d", chart.title, _cells(rows), CELLS_ON_PAGE)
    text, meter = "", None
    for index, (bar, cells) in enumerate(zip(chart.bars, rows, strict=True)):
        begins_part = bar.section is not None or index == 0
        text += ("]" if index else "") + "[" if begins_part else "|"
        text += _section(bar.section) + (f"T{_MARK_BY_METER[bar.meter]}" if bar.meter != meter else "")
        text += "".join(cell + ("," if cell != " " and after != " " else "") for cell, after in _with_next(cells))
        meter = bar.meter
    return text + "Z "


def _bars(chart: Chart, widths: Sequence[int]) -> Iterator[list[str]]:
    """The cells of each bar."""
    for number, bar in enumerate(chart.bars, 1):
        if bar.meter not in _MARK_BY_METER:
            known = ", ".join(map(str, sorted(_MARK_BY_METER)))
            raise OutputError(f"{_title(chart)}, bar {number}: iReal Pro does not know {bar.meter}; it knows {known}")
        places, count = _places(bar, widths, f"{_title(chart)}, bar {number}")
        cells = [" "] * count
        for place, span in zip(places, bar.chords, strict=True):
            cells[place] = ireal_symbol(span.chord, chart.key)
        yield cells


def _places(bar: Bar, widths: Sequence[int], where: str) -> tuple[list[int], int]:
    """The cells in which the chords of a bar begin, and the number of its cells: the first that read back right.

    In three beats a chord stands in the cell of its beat; else cells share the bar evenly.
    """
    onsets = [span.time for span in bar.chords]
    beats = bar.meter.numerator
    for count in (*widths, beats, 2 * beats):
        cell_ticks = bar.meter.beat_ticks if (count, beats) == (4, 3) else bar.meter.bar_ticks / count
        places = [int(onset / cell_ticks) for onset in onsets]
        is_exact = all(place * cell_ticks == onset for place, onset in zip(places, onsets, strict=True))
        if is_exact and onsets_of_cells(places, count, bar.meter) == onsets:
            return places, count
    beside = next((span for span in bar.chords if span.time % counted_beat(bar.meter)), bar.chords[-1])
    raise OutputError(
        f"{where}: {beside.chord.symbol()} begins beside the beats of {bar.meter}; move it onto a beat, or "
        "pass --lenient"
    )


def _section(name: str | None) -> str:
    """The mark of a part, or its name as a staff text; nothing where the app would take the text for a direction."""
    if name in _MARK_BY_SECTION:
        return f"*{_MARK_BY_SECTION[name]}"
    plain = "".join(char for char in name or "" if char not in "<>=*").strip()
    return f"<{plain}>" if plain and not is_direction(plain) else ""


def _with_next(cells: Sequence[str]) -> Iterator[tuple[str, str]]:
    return zip(cells, (*cells[1:], ""), strict=True)


def _cells(rows: Sequence[Sequence[str]]) -> int:
    return sum(map(len, rows))


def _checked(charts: Sequence[Chart]) -> Sequence[Chart]:
    if not charts:
        raise OutputError("no chart to write: hand over at least one")
    return charts


def _names(chart: Chart) -> tuple[str, str, str, str]:
    """Title, composer, style and key as a link holds them."""
    tonic, _, mode = transpose_key(chart.key or "C:maj", 0).partition(":")
    return (
        _field("title", chart.title or "Untitled"),
        _field("composer", chart.composer or NO_COMPOSER),
        _field("style", chart.style or "Medium Swing"),
        tonic + ("-" if mode == "min" else ""),
    )


def _field(name: str, text: str) -> str:
    if "=" in text:
        raise OutputError(f"{name} {text!r}: iReal Pro separates its fields by '='; leave it out")
    return text


def _title(chart: Chart) -> str:
    return f"song {chart.title or 'Untitled'!r}"
