"""Picture of a lead sheet: notes as bars on a grid of time by pitch, under their chord symbols."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from solomuse.errors import ConfigError
from solomuse.files import write_whole
from solomuse.music.chart import Chart
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.meter import COMMON_TIME
from solomuse.music.note import Note
from solomuse.music.pitch import PITCH_CLASS_NAMES
from solomuse.music.roles import ROLES, Role, role_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NEEDS_MATPLOTLIB = 'drawing needs matplotlib; install it with: pip install "solomuse[plot]"'

BARS_PER_ROW = 4
MOST_TITLE = 48
"""Letters of a title that have room beside the legend."""

COLOUR_BY_ROLE: dict[Role, str] = {
    "root": "#1b4965",
    "third": "#2a9d8f",
    "fifth": "#8ab6d6",
    "seventh": "#7b5ea7",
    "tension": "#e9b44c",
    "outside": "#d1495b",
    "no chord": "#aab2bb",
}
"""The chord's own tones are cool, what is on top and outside warm; they differ in lightness too."""
INK, FAINT_INK = "#22272e", "#8a929c"
BAR_LINE, BEAT_LINE, BLACK_KEY, PAPER = "#5c6570", "#d9dde2", "#f3f5f7", "#ffffff"

WIDTH, LEFT, RIGHT, HEADER, FOOTER, ABOVE_ROW = 13.0, 0.6, 0.25, 0.75, 0.3, 0.62
"""Inches: the page, its margins, and what a row needs above it for chords."""

SEMITONE, LOWEST_ROW, HIGHEST_ROW = 0.085, 1.2, 2.6
"""Inches: the height of a semitone where rows are neither too low nor too high for it."""

DOTS_PER_INCH, MOST_DOTS = 110, 60_000
"""A picture that would be higher than `MOST_DOTS` is drawn more coarsely; Agg ends at 65,536."""

CHORD_POINTS, CROWDED_CHORD_POINTS, LEAST_CHORD_POINTS, CHORD_GAP_POINTS = 11.0, 8.5, 3.0, 4.0
"""Chord symbols in points: their size, the size below which they go on two lines, the least, and the gap between."""

_PRETTY = str.maketrans({"b": "♭", "#": "♯"})
_WHITE_KEYS = (0, 2, 4, 5, 7, 9, 11)
_LABELLED_BY_WIDTH = ((18, (0, 2, 4, 7, 9)), (32, (0, 4, 7)), (128, (0,)))
"""Pitch classes named beside a row, by the most semitones that the row may show."""


@dataclass(frozen=True, slots=True)
class _Row:
    """The bars ``[first, last)`` of a chart from tick `start` to `end`."""

    first: int
    last: int
    start: int
    end: int


def draw_piano_roll(sheet: LeadSheet, path: Path) -> None:
    """Draw a lead sheet, four bars a row, in place of any file at `path`: as SVG if its name ends so, else as PNG.

    Notes are coloured by their role in the chord at their onset. The page grows with the number of bars.

    Raises
    ------
    ConfigError
        If matplotlib is not installed.
    OutputError
        If the file cannot be written.
    """
    try:
        from matplotlib import rc_context
        from matplotlib.figure import Figure
    except ImportError:
        raise ConfigError(NEEDS_MATPLOTLIB) from None
    rows = list(_rows(sheet.chart))
    roles = note_roles(sheet)
    pitches = _pitch_range(sheet.melody)
    row_height = min(max(SEMITONE * len(pitches), LOWEST_ROW), HIGHEST_ROW)
    height = HEADER + FOOTER + len(rows) * (ABOVE_ROW + row_height)
    figure = Figure(figsize=(WIDTH, height), facecolor=PAPER, dpi=min(DOTS_PER_INCH, MOST_DOTS / height))
    _draw_header(figure, sheet.chart, height, [role for role in ROLES if role != "no chord" or role in roles])
    inches_per_tick = (WIDTH - LEFT - RIGHT) / max(row.end - row.start for row in rows)
    for index, row in enumerate(rows):
        bottom = height - HEADER - (index + 1) * (ABOVE_ROW + row_height) + ABOVE_ROW / 2
        width = (row.end - row.start) * inches_per_tick
        axes = figure.add_axes((LEFT / WIDTH, bottom / height, width / WIDTH, row_height / height))
        _draw_grid(axes, sheet.chart, row, pitches)
        _draw_form(axes, sheet.chart, row)
        _draw_chords(axes, sheet.chart, row, inches_per_tick)
        _draw_notes(axes, sheet.melody, roles, row)
    picture = io.BytesIO()
    if path.suffix.lower() == ".svg":
        with rc_context({"svg.hashsalt": "solomuse"}):  # so that the same sheet is the same file
            figure.savefig(picture, format="svg", metadata={"Date": None})
    else:
        figure.savefig(picture, format="png")
    write_whole(path, picture.getvalue())


def _rows(chart: Chart) -> Iterator[_Row]:
    """The rows of the page."""
    times = chart.bar_times
    for first in range(0, len(chart.bars), BARS_PER_ROW):
        last = min(first + BARS_PER_ROW, len(chart.bars))
        yield _Row(first, last, times[first], times[last])


def _pitch_range(melody: Sequence[Note]) -> range:
    """The pitches that every row shows: those of the melody with some air, at least an octave and a half."""
    low = min((note.pitch for note in melody), default=60) - 2
    high = max((note.pitch for note in melody), default=72) + 2
    missing = max(0, 18 - (high - low))
    return range(max(0, low - missing // 2), min(127, high + (missing + 1) // 2) + 1)


def note_roles(sheet: LeadSheet) -> list[Role]:
    """The role of each note in the chord at its onset."""
    spans = iter(sheet.chart.spans())
    span = next(spans)
    roles = list[Role]()
    for note in sheet.melody:
        while span.end <= note.time:
            span = next(spans)
        roles.append(role_of(note.pitch % 12, span.chord))
    return roles


def _draw_header(figure: Figure, chart: Chart, height: float, roles: Sequence[Role]) -> None:
    """The title on the left, the legend on the right."""
    from matplotlib.patches import Patch

    baseline = 1 - 0.42 / height
    title = " ".join((chart.title or "Solo").split())
    shown = title if len(title) <= MOST_TITLE else title[: MOST_TITLE - 1] + "…"
    figure.text(LEFT / WIDTH, baseline, shown, size=16, weight="bold", color=INK, va="center", parse_math=False)
    figure.legend(
        handles=[Patch(color=COLOUR_BY_ROLE[role], label=role) for role in roles],
        loc="center right",
        bbox_to_anchor=(1 - RIGHT / WIDTH, baseline),
        borderaxespad=0,
        ncols=len(roles),
        frameon=False,
        labelcolor=INK,
        fontsize=10,
        handlelength=1.0,
        handletextpad=0.5,
        columnspacing=1.4,
    )


def _draw_grid(axes: Axes, chart: Chart, row: _Row, pitches: range) -> None:
    """Keys, beats, bar lines with their numbers, pitch names."""
    axes.set_xlim(row.start, row.end)
    axes.set_ylim(pitches[0] - 0.5, pitches[-1] + 0.5)
    axes.set_facecolor(PAPER)
    for pitch in pitches:
        if pitch % 12 not in _WHITE_KEYS:
            axes.axhspan(pitch - 0.5, pitch + 0.5, color=BLACK_KEY, linewidth=0, zorder=0)
    bar_lines = chart.bar_times[row.first : row.last + 1]
    bars = chart.bars[row.first : row.last]
    beats = [
        start + beat * bar.meter.beat_ticks
        for start, bar in zip(bar_lines, bars, strict=False)
        for beat in range(1, bar.meter.numerator)
    ]
    axes.vlines(beats, pitches[0] - 0.5, pitches[-1] + 0.5, color=BEAT_LINE, linewidth=0.7, zorder=1)
    axes.vlines(bar_lines, pitches[0] - 0.5, pitches[-1] + 0.5, color=BAR_LINE, linewidth=1.2, zorder=2, clip_on=False)
    axes.set_xticks(bar_lines[:-1], [f"{number}" for number in range(row.first + 1, row.last + 1)])
    labelled = next(classes for most, classes in _LABELLED_BY_WIDTH if len(pitches) <= most + 5)
    named = [pitch for pitch in pitches if pitch % 12 in labelled]
    axes.set_yticks(named, [_pitch_name(pitch) for pitch in named])
    axes.tick_params(length=0, labelsize=7, labelcolor=FAINT_INK, pad=3)
    axes.spines[:].set_visible(False)


def _draw_form(axes: Axes, chart: Chart, row: _Row) -> None:
    """Beside the numbers of the bars: the sections that begin there, and the meters where they are not as before."""
    meters = [COMMON_TIME, *(bar.meter for bar in chart.bars)]
    for index in range(row.first, row.last):
        section, meter = chart.bars[index].section, meters[index + 1]
        words = ([section] if section else []) + ([str(meter)] if meter != meters[index] else [])
        if not words:
            continue
        axes.annotate(
            "  ".join(words),
            (chart.bar_times[index], 0),
            xycoords=("data", "axes fraction"),
            xytext=(9, -3),
            textcoords="offset points",
            size=7.5,
            weight="bold",
            color=INK,
            va="top",
            annotation_clip=False,
            parse_math=False,
        )


def _pitch_name(pitch: int) -> str:
    """Name with octave, middle C (60) being C4."""
    return f"{PITCH_CLASS_NAMES[pitch % 12].translate(_PRETTY)}{pitch // 12 - 1}"


def _draw_chords(axes: Axes, chart: Chart, row: _Row, inches_per_tick: float) -> None:
    """Chord symbols above the bars at their times; every second one a line higher where they crowd."""
    spans = [span for span in chart.spans() if span.time < row.end and span.end > row.start]
    times = [max(span.time, row.start) for span in spans]
    symbols = [span.chord.symbol(key=chart.key).translate(_PRETTY) for span in spans]
    points = [72 * (time - row.start) * inches_per_tick for time in [*times, row.end]]
    sizes = _chord_sizes(symbols, points, lines=1)
    crowded = min(sizes) < CROWDED_CHORD_POINTS
    if crowded:
        sizes = _chord_sizes(symbols, points, lines=2)
    for index, (time, symbol, size) in enumerate(zip(times, symbols, sizes, strict=True)):
        axes.annotate(
            symbol,
            (time, 1),
            xycoords=("data", "axes fraction"),
            xytext=(0, 5 + CHORD_POINTS * 1.25 * (crowded and index % 2)),
            textcoords="offset points",
            size=size,
            weight="bold",
            color=INK,
            annotation_clip=False,
            parse_math=False,
        )


def _chord_sizes(symbols: Sequence[str], points: Sequence[float], lines: int) -> list[float]:
    """Font sizes with which each symbol ends before the next one in its line begins.

    Parameters
    ----------
    points : sequence of float
        Where each symbol begins, and the end of the row; one more than there are symbols.
    lines : int
        Over which the symbols are spread in turn.
    """
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    bold = FontProperties(weight="bold")
    sizes = []
    for index, symbol in enumerate(symbols):
        width = TextPath((0, 0), symbol, size=CHORD_POINTS, prop=bold).get_extents().width
        room = points[min(index + lines, len(symbols))] - points[index] - CHORD_GAP_POINTS
        sizes.append(max(CHORD_POINTS * min(1.0, room / width), LEAST_CHORD_POINTS))
    return sizes


def _draw_notes(axes: Axes, melody: Sequence[Note], roles: Sequence[Role], row: _Row) -> None:
    """The notes that sound in the row, cut at its ends."""
    inside = [item for item in zip(melody, roles, strict=True) if item[0].time < row.end and item[0].end > row.start]
    for role, colour in COLOUR_BY_ROLE.items():
        notes = [note for note, own in inside if own == role]
        starts = [max(note.time, row.start) for note in notes]
        widths = [min(note.end, row.end) - start for note, start in zip(notes, starts, strict=True)]
        axes.barh(
            [note.pitch for note in notes],
            widths,
            left=starts,
            height=0.84,
            color=colour,
            edgecolor=PAPER,
            linewidth=0.6,
            zorder=3,
        )
