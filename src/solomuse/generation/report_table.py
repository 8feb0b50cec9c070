"""The report of a solo as a table for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any

from solomuse.generation.likeness import WINDOW_BARS, human_norms

BARS_OF_A_LINE = 4


def table_of(report: Mapping[str, Any]) -> str:
    """A report as a table for people, some bars a line.

    Parameters
    ----------
    report : mapping
        As `report_of` gives it.
    """
    bars = report["bars"]
    groups = [bars[first : first + BARS_OF_A_LINE] for first in range(0, len(bars), BARS_OF_A_LINE)]
    rows = [("bars", "notes", "chord tones", "in scale", "rests", "range", "chords"), *map(_row, groups)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]) - 1)]
    table = [
        "  ".join([*(cell.rjust(width) for cell, width in zip(row, widths, strict=False)), row[-1]]) for row in rows
    ]
    return "\n".join([*_heading(report), "", *(text.rstrip() for text in table), "", *remarks(report)])


def _heading(report: Mapping[str, Any]) -> list[str]:
    key = report["key"] and report["key"].replace(":maj", " major").replace(":min", " minor")
    facts = [
        f"{len(report['bars'])} bars",
        *([key] if key else []),
        *([f"tempo {report['tempo']:g}"] if report["tempo"] else []),
        f"{len(report['notes'])} notes",
        *([f"{report['bits_per_note']:.1f} bits a note"] if report["bits_per_note"] is not None else []),
        *([f"score {report['score']:.1f}"] if report["score"] is not None else []),
    ]
    title = report["title"] or "Solo"
    return [
        f"{title}: take {report['take']} of seed {report['seed']}, played by {report['model']['name']}",
        ", ".join(facts),
    ]


def _row(group: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    lows, highs = ([bar[side] for bar in group if bar[side]] for side in ("lowest", "highest"))
    pitch = itemgetter("pitch")
    return (
        _span(group[0]["bar"], group[-1]["bar"]),
        str(sum(bar["notes"] for bar in group)),
        _percent(_pooled(group, "chord_tone_share", "notes_over_chords")),
        _percent(_pooled(group, "scale_share", "notes_over_scales")),
        _percent(sum(bar["rest_share"] for bar in group) / len(group)),
        f"{min(lows, key=pitch)['name']}-{max(highs, key=pitch)['name']}" if lows else "",
        " | ".join(" ".join(bar["chords"]) for bar in group),
    )


def _pooled(group: Sequence[Mapping[str, Any]], name: str, count: str) -> float | None:
    """The share over some bars, each note that it is of counting once."""
    parts = [(bar[name], bar[count]) for bar in group if bar[name] is not None]
    return sum(share * notes for share, notes in parts) / sum(notes for _, notes in parts) if parts else None


def remarks(report: Mapping[str, Any]) -> Iterator[str]:
    """What catches the eye, a sentence each."""
    norms = human_norms()
    for name, text in (("chord_tone_ratio", "Chord tones"), ("scale_share", "Notes in the scale of their chord")):
        mean, spread = norms[name].mean, norms[name].spread
        usual = f"{_percent(mean - spread)} to {_percent(mean + spread)}"
        yield f"{text}: {_percent(report['figures'][name])}; two in three human solos have {usual}."
    outside, numbers = report["outside"], report["outside_bars"]
    if numbers:
        yield f"Bars {_listed(numbers)} lie outside." if len(numbers) > 1 else f"Bar {numbers[0]} lies outside."
    if outside["notes"]:
        notes = f"{outside['resolved']} of {outside['notes']} notes outside of the scale"
        yield f"{notes} move on by a step to a chord tone."
    yield _copied(report["originality"])


def _copied(originality: Mapping[str, Any] | None) -> str:
    if originality is None:
        return "Whether it is new is not known: the model does not say what it has learned from."
    of = (
        f"the {originality['songs']} melodies" if originality["is_whole"] else f"{originality['songs']} of the melodies"
    )
    learned, run = f"{of} that the model has learned from", originality["longest_run"]
    if run is None:
        return f"It shares no phrase with {learned}."
    source = f"{run['title'].replace('_', ' ') or 'a tune without a title'}{_player(run['player'])}"
    norm = human_norms()["longest_shared_run"]
    usual = f"{norm.mean - norm.spread:.0f} to {norm.mean + norm.spread:.0f}"
    return (
        f"The longest phrase that it shares with {learned}: {run['notes']} notes, {_bars_text(run)}, of {source}. "
        f"Of {WINDOW_BARS} bars of most human solos it is {usual}."
    )


def _player(name: str | None) -> str:
    return f" ({name})" if name else ""


def _bars_text(run: Mapping[str, Any]) -> str:
    first, last = run["first_bar"], run["last_bar"]
    return f"bar {first}" if first == last else f"bars {_span(first, last)}"


def _span(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}-{last}"


def _listed(numbers: Sequence[int]) -> str:
    texts = [str(number) for number in numbers]
    return " and ".join([", ".join(texts[:-1]), texts[-1]] if len(texts) > 1 else texts)


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.0f} %"
