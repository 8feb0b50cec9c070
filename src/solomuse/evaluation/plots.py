"""Plots as SVG in the colours of a page."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import TypeGuard

WIDTH, HEIGHT, LEFT, BOTTOM, TOP, LEGEND = 640, 260, 46, 30, 12, 24
COLOURS = ("#2a7f9e", "#d1495b", "#e9b44c", "#7b5ea7", "#5c8a4f", "#8a929c")
"""One for each player, in order."""
MOST_STEPS = 6
"""Of the axis of values."""
LEAST_MARGIN = 0.005
"""Above and below the lines: what differs by less is no difference to look at."""
LETTER = 7.0
"""Width of a letter, on average, in units of the plot."""


def line_plot(series: Mapping[str, Sequence[float | None]], labels: Sequence[str], title: str) -> str:
    """A line for each player over evenly spaced places, the axis of values from the lowest to the highest one."""
    known = [value for values in series.values() for value in values if _is_known(value)]
    if not known:
        return ""
    low, high = min(known), max(known)
    margin = max(0.05 * (high - low), LEAST_MARGIN)
    low, high = low - margin, high + margin
    xs = _places(len(labels))
    lines = []
    for (name, values), colour in zip(series.items(), _colours(series), strict=True):
        points = [(x, _y(value, low, high)) for x, value in zip(xs, values, strict=True) if _is_known(value)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        lines.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2.5"/>')
        lines += [
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"><title>{escape(name)}</title></circle>'
            for x, y in points
        ]
    return _framed("".join(lines), series, labels, (low, high), title)


def _is_known(value: float | None) -> TypeGuard[float]:
    return value is not None and not math.isnan(value)


def bar_plot(series: Mapping[str, Sequence[float]], labels: Sequence[str], title: str) -> str:
    """A group of bars for each label, a bar for each player."""
    high = max((value for values in series.values() for value in values), default=0.0) * 1.05 or 1.0
    room = (WIDTH - LEFT) / max(1, len(labels))
    width = room * 0.84 / max(1, len(series))
    bars = [
        f'<rect x="{x + (place - len(series) / 2) * width:.1f}" y="{_y(value, 0, high):.1f}" width="{width:.1f}" '
        f'height="{_y(0, 0, high) - _y(value, 0, high):.1f}" style="fill:{colour}">'
        f"<title>{escape(name)}, {escape(label)}: {value:.3f}</title></rect>"
        for place, ((name, values), colour) in enumerate(zip(series.items(), _colours(series), strict=True))
        for x, value, label in zip(_places(len(labels)), values, labels, strict=True)
    ]
    return _framed("".join(bars), series, labels, (0, high), title)


def _colours(series: Mapping[str, object]) -> list[str]:
    return [COLOURS[place % len(COLOURS)] for place in range(len(series))]


def _places(count: int) -> list[float]:
    """The middle of each label's room."""
    return [LEFT + (WIDTH - LEFT) * (place + 0.5) / max(1, count) for place in range(count)]


def _y(value: float, low: float, high: float) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * (value - low) / (high - low)


def _framed(
    inside: str, series: Mapping[str, object], labels: Sequence[str], ends: tuple[float, float], title: str
) -> str:
    """The plot with its axes and its legend."""
    low, high = ends
    step, digits = round_step(high - low)
    ticks = [step * place for place in range(math.ceil(low / step), math.floor(high / step) + 1)]
    axis = "".join(
        f'<line x1="{LEFT}" x2="{WIDTH}" y1="{_y(tick, low, high):.1f}" y2="{_y(tick, low, high):.1f}" class="rule"/>'
        f'<text class="value" x="{LEFT - 6}" y="{_y(tick, low, high) + 4:.1f}" text-anchor="end">{tick:.{digits}f}'
        "</text>"
        for tick in ticks
    )
    names = "".join(
        f'<text class="value" x="{x:.1f}" y="{HEIGHT - BOTTOM + 17}" text-anchor="middle">{escape(label)}</text>'
        for x, label in zip(_places(len(labels)), labels, strict=True)
    )
    room = (WIDTH - LEFT) / max(1, len(series))
    legend = "".join(
        f'<rect x="{LEFT + place * room:.1f}" y="{HEIGHT + 6}" width="12" height="12" style="fill:{colour}"/>'
        f'<text x="{LEFT + place * room + 17:.1f}" y="{HEIGHT + 16}"><title>{escape(name)}</title>'
        f"{escape(_cut(name, room - 24))}</text>"
        for place, (name, colour) in enumerate(zip(series, _colours(series), strict=True))
    )
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT + LEGEND}" role="img" aria-label="{escape(title)}">'
        f"{axis}{inside}{names}{legend}</svg>"
    )


def round_step(spread: float) -> tuple[float, int]:
    """The least of 1, 2 or 5 times a power of ten of which at most `MOST_STEPS` fit, and its decimals.

    Examples
    --------
    >>> round_step(0.18), round_step(4.0)
    ((0.05, 2), (1.0, 0))
    """
    least = spread / MOST_STEPS
    exponent = math.floor(math.log10(least))
    step = next(own for own in (factor * 10.0**exponent for factor in (1, 2, 5, 10)) if own >= least * (1 - 1e-9))
    return step, max(0, -math.floor(math.log10(step) + 1e-9))


def _cut(name: str, room: float) -> str:
    """As much of a name as there is room for."""
    most = max(1, int(room / LETTER))
    return name if len(name) <= most else f"{name[: most - 1]}…"
