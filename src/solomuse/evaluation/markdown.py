"""An evaluation as Markdown: a table that a person can read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from solomuse.evaluation.figures import COMPARED, SECTIONS
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


def markdown(document: Mapping[str, Any]) -> str:
    """The whole evaluation.

    Parameters
    ----------
    document : mapping
        What `solomuse.evaluation.evaluate` or `evaluate_files` returns.
    """
    parts = [f"# Evaluation: {headline(document)}"]
    if "files" in document:
        parts.append("\n".join(f"- {line}" for line in left_out(document["files"])))
    if "bits_per_note" in document:
        parts.append("## How well it predicts\n\n" + _prediction(document))
    if "played" in document:
        parts += _played(document["played"])
    return "\n\n".join(parts) + "\n"


def _prediction(document: Mapping[str, Any]) -> str:
    rows = [(label, number(document[name]), remark) for name, (label, remark) in PREDICTION.items()]
    text = f"{document['notes']:,} notes in {document['windows']:,} windows.\n\n"
    return text + _table(("", "", ""), rows)


def _played(table: Mapping[str, Any]) -> list[str]:
    rows: Mapping[str, Any] = table["rows"]
    sections = [
        f"### {title}\n\n"
        + _table(("", *rows), [(label, *(_cell(row, name) for row in rows.values())) for name, label in names.items()])
        for title, names in SECTIONS.items()
        if any(name in row["figures"] for row in rows.values() for name in names)
    ]
    shifts = next(iter(rows.values()))["chord_shift_curve"]
    curve = [(name, *map(number, row["chord_shift_curve"].values())) for name, row in rows.items()]
    sets = [(label, *(number(of_set(row["sets"], name)) for row in rows.values())) for name, label in SETS.items()]
    of_sets = "### Sets of solos\n\n" + _table(("", *rows), [row for row in sets if set(row[1:]) != {"-"}])
    distances = "### Distance to the humans\n\n" + _table(("", *rows), _distances(rows))
    return [
        "## What it plays",
        size(table),
        "\n".join(f"- {line}" for line in how_to_read(table)),
        *([distances] if has_distances(table) else []),
        *sections,
        "### Chord-shift curve\n\n" + _table(("chords later by quarters", *shifts), curve),
        *([of_sets] if has_distances(table) else []),
    ]


def _distances(rows: Mapping[str, Any]) -> list[tuple[str, ...]]:
    parts = [(title, *(number(row["distances"][title]) for row in rows.values())) for title in COMPARED]
    return [*parts, ("all", *(f"**{number(row['distance'])}**" for row in rows.values()))]


def _cell(row: Mapping[str, Any], name: str) -> str:
    figure = row["figures"].get(name)
    if figure is None:
        return "-"
    return f"{number(figure['mean'])}{'*' if is_sure(figure) else ''} {interval(figure)}".strip()


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
