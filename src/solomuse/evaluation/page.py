"""An evaluation as one page of HTML that needs nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from solomuse.datasets.report_page import STYLE as HOUSE_STYLE
from solomuse.evaluation.figures import SECTIONS
from solomuse.evaluation.listening import Example
from solomuse.evaluation.plots import bar_plot, line_plot
from solomuse.evaluation.texts import (
    PREDICTION,
    SETS,
    has_distances,
    headline,
    how_to_read,
    interval,
    is_sure,
    left_out,
    number,
    of_set,
    size,
)

STYLE = (
    HOUSE_STYLE
    + """
svg .rule { stroke: var(--line) } svg rect { fill: currentColor } figure { margin: 14px 0 }
td.sure { font-weight: 600 } td.number small { font-weight: 400; white-space: nowrap }
img { width: 100%; border-radius: 8px } audio { width: 100%; margin: 4px 0 }
tr.group th { padding-top: 18px } tr.group th.number { white-space: normal; overflow-wrap: anywhere; min-width: 5em }
.examples { display: grid; gap: 14px; grid-template-columns: repeat(auto-fit, minmax(min(100%, 440px), 1fr)) }
"""
)
DEGREES = ("1", "b9", "9", "b3", "3", "11", "#11", "5", "b13", "13", "b7", "7")
"""Names of the degrees above a root, by semitones."""
SHORT_LENGTHS = ("1/1", "1/2", "1/4", "1/8", "1/16", "1/2.", "1/4.", "1/8.", "1/16.", "1/2t", "1/4t", "1/8t")
"""Of the classes of `solomuse.metrics.distributions.NOTE_LENGTHS`, in their order."""
PLOTS = {
    "note_lengths": ("Note lengths", SHORT_LENGTHS),
    "intervals": ("Intervals from note to note, semitones", tuple(map(str, range(-12, 13)))),
    "degrees": ("Degrees of the chord", DEGREES),
}


def page(document: Mapping[str, Any], examples: Iterable[Example]) -> str:
    """The whole evaluation: no scripts, no fonts, nothing from the network.

    Parameters
    ----------
    document : mapping
        What `solomuse.evaluation.evaluate` or `evaluate_files` returns.
    """
    parts = [f"<h1>{_text(headline(document))}</h1>"]
    if "files" in document:
        parts += [f"<p>{_text(line)}</p>" for line in left_out(document["files"])]
    if "bits_per_note" in document:
        parts.append(_prediction(document))
    if "played" in document:
        parts += [_played(document["played"]), _listening(examples)]
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_text(headline(document))}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(parts)
        + "\n</main>\n</body>\n</html>\n"
    )


def _prediction(document: Mapping[str, Any]) -> str:
    boxes = "".join(
        f'<div class="card"><b>{number(document[name])}</b>{_text(label)}<br>'
        f'<small class="faint">{_text(remark)}</small></div>'
        for name, (label, remark) in PREDICTION.items()
    )
    count = f"{document['notes']:,} notes in {document['windows']:,} windows."
    return f'<h2>How well it predicts</h2>\n<p class="faint">{count}</p><div class="numbers">{boxes}</div>'


def _played(table: Mapping[str, Any]) -> str:
    rows: Mapping[str, Any] = table["rows"]
    distances = "".join(
        f'<div class="card"><b>{number(row["distance"])}</b>{_text(name)}'
        f'<small class="faint">{_parts(row)}</small></div>'
        for name, row in rows.items()
    )
    cards = f'<h3>Distance to the humans</h3><div class="numbers">{distances}</div>\n' if has_distances(table) else ""
    of_sets = f'<h2>Sets of solos</h2>\n<div class="card scroll"><table>{_sets(rows)}</table></div>'
    sets = of_sets if has_distances(table) else ""
    notes = "".join(f"<li>{_text(line)}</li>" for line in how_to_read(table))
    return (
        f"<h2>What it plays</h2>\n<p>{_text(size(table))}</p>\n{cards}"
        f'<h2>Figure by figure</h2>\n<div class="card scroll"><table>{_figures(rows)}</table></div>\n'
        f'<ul class="faint">{notes}</ul>\n<h2>Curves</h2>\n{_plots(rows)}\n{sets}'
    )


def _parts(row: Mapping[str, Any]) -> str:
    """The distances of which a distance is the mean, a line each."""
    return "".join(f"<br>{_text(title)} {number(distance)}" for title, distance in row["distances"].items())


def _figures(rows: Mapping[str, Any]) -> str:
    lines = []
    for title, names in SECTIONS.items():
        if not any(name in row["figures"] for row in rows.values() for name in names):
            continue
        lines.append(_heading(title, rows))
        lines += [
            f"<tr><td>{_text(label)}</td>{''.join(_cell(row, name) for row in rows.values())}</tr>"
            for name, label in names.items()
        ]
    return "\n".join(lines)


def _heading(title: str, rows: Iterable[str]) -> str:
    names = "".join(f'<th class="number">{_text(name)}</th>' for name in rows)
    return f'<tr class="group"><th>{_text(title)}</th>{names}</tr>'


def _cell(row: Mapping[str, Any], name: str) -> str:
    figure = row["figures"].get(name)
    if figure is None:
        return '<td class="number">-</td>'
    star, kind = ("*", "number sure") if is_sure(figure) else ("", "number")
    return f'<td class="{kind}">{number(figure["mean"])}{star}<small>{interval(figure)}</small></td>'


def _sets(rows: Mapping[str, Any]) -> str:
    found = {name: [number(of_set(row["sets"], name)) for row in rows.values()] for name in SETS}
    lines = [
        f"<tr><td>{_text(SETS[name])}</td>{''.join(f'<td class=number>{cell}</td>' for cell in cells)}</tr>"
        for name, cells in found.items()
        if set(cells) != {"-"}
    ]
    return "\n".join([_heading("", rows), *lines])


def _plots(rows: Mapping[str, Any]) -> str:
    curves = {name: list(row["chord_shift_curve"].values()) for name, row in rows.items()}
    shifts = list(next(iter(rows.values()))["chord_shift_curve"])
    heading = "Chord tones when the chords come so many quarters later"
    plots = [(heading, line_plot(curves, shifts, "chord-shift curve"))]
    for name, (title, labels) in PLOTS.items():
        series = {player: list(row["histograms"][name].values()) for player, row in rows.items()}
        plots.append((title, bar_plot(series, labels, title)))
    return "\n".join(f'<figure class="card"><h3>{_text(title)}</h3>{plot}</figure>' for title, plot in plots)


def _listening(examples: Iterable[Example]) -> str:
    cards = "".join(map(_card, examples))
    return f'<h2>Listen</h2>\n<div class="examples">{cards}</div>' if cards else ""


def _card(example: Example) -> str:
    sound = f'<audio controls preload="metadata" src="{example.sound}"></audio>' if example.sound else ""
    title = f"{example.player}: {example.tune}"
    picture = f'<img alt="piano roll of {_text(title)}" src="{example.picture}">' if example.picture else ""
    return f'<div class="card"><h3>{_text(title)}</h3>{sound}{picture}</div>'


def _text(value: object) -> str:
    return escape(str(value).encode("utf-8", "replace").decode("utf-8"))
