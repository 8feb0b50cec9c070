"""Plots as SVG in the colours of a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

WIDTH, HEIGHT, LEFT, BOTTOM, TOP, LEGEND = 640, 260, 46, 30, 12, 24
COLOURS = ("#2a7f9e", "#d1495b", "#e9b44c", "#7b5ea7", "#5c8a4f", "#8a929c")
"""One for each player, in order."""
TICKS = 4


def line_plot(series: Mapping[str, Sequence[float | None]], labels: Sequence[str], title: str) -> str:
    """A line for each player over evenly spaced places, the axis of values from the lowest to the highest one."""
    known = [value for values in series.values() for value in values if value is not None]
    if not known:
        return ""
    low, high = min(known), max(known)
    low, high = low - 0.05 * (high - low + 1e-9), high + 0.05 * (high - low + 1e-9)
    xs = _places(len(labels))
    lines = []
    for (name, values), colour in zip(series.items(), _colours(series), strict=True):
        points = [(x, _y(value, low, high)) for x, value in zip(xs, values, strict=True) if value is not None]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        lines.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2.5"/>')
        lines += [
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"><title>{escape(name)}</title></circle>'
            for x, y in points
        ]
    return _framed("".join(lines), series, labels, (low, high), title)


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
    ticks = [low + (high - low) * place / TICKS for place in range(TICKS + 1)]
    axis = "".join(
        f'<line x1="{LEFT}" x2="{WIDTH}" y1="{_y(tick, low, high):.1f}" y2="{_y(tick, low, high):.1f}" class="rule"/>'
        f'<text class="value" x="{LEFT - 6}" y="{_y(tick, low, high) + 4:.1f}" text-anchor="end">{tick:.2f}</text>'
        for tick in ticks
    )
    names = "".join(
        f'<text class="value" x="{x:.1f}" y="{HEIGHT - BOTTOM + 17}" text-anchor="middle">{escape(label)}</text>'
        for x, label in zip(_places(len(labels)), labels, strict=True)
    )
    room = (WIDTH - LEFT) / max(1, len(series))
    legend = "".join(
        f'<rect x="{LEFT + place * room:.1f}" y="{HEIGHT + 6}" width="12" height="12" style="fill:{colour}"/>'
        f'<text x="{LEFT + place * room + 17:.1f}" y="{HEIGHT + 16}">{escape(name)}</text>'
        for place, (name, colour) in enumerate(zip(series, _colours(series), strict=True))
    )
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT + LEGEND}" role="img" aria-label="{escape(title)}">'
        f"{axis}{inside}{names}{legend}</svg>"
    )
