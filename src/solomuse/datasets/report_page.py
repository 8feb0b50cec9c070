"""The report of a dataset as one page of HTML that needs nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

MOST_BARS = 14
"""Bars of a chart of names; the rest are one bar."""

STAGE_NAMES = {
    "found": "found",
    "read": "could be read",
    "melody": "have a melody",
    "chords": "have chords",
    "used": "used",
}
WHY_BY_REASON = {
    "Format": "cannot be read",
    "NoMelody": "no melody, or not the one that is asked for",
    "NoChords": "no chords given, nothing to infer them from",
    "NoWindow": "no bar fits a training window",
    "Vocabulary": "the vocabulary does not hold its meters",
    "Omitted": "left out by their publishers",
    "OutOfTime": "took too long",
    "Crash": "took their process with them",
}
BEATS = {
    "given": "annotated",
    "file": "as the file has them",
    "phase": "beats of the file, moved",
    "bars": "beats of the file, bars found",
    "tracked": "found in the notes",
}
CHARTS = {
    "meter": ("Meters", "songs"),
    "qpm": ("Tempo in quarters a minute", "songs"),
    "key": ("Keys", "songs"),
    "qualities": ("Chord qualities", "chords"),
    "chord_source": ("Where chords come from", "songs"),
    "notes_per_bar": ("Notes a bar", "songs"),
    "mean_pitch": ("Mean pitch (60 is middle C)", "songs"),
    "bars": ("Bars of melody", "songs"),
    "confidence": ("How likely the melody is one", "songs"),
    "swing": ("Swing ratio of eighths", "songs"),
}
"""Heading and what is counted, for each of the report's distributions."""

CLASS_BY_MARK = {"#": ' class="number"', "=": ' class="long"'}
"""What kind of column a table's heading asks for with its first character."""

ROW, BAR_HEIGHT, LABEL_WIDTH, BAR_WIDTH, VALUE_WIDTH = 22, 14, 96, 140, 62
"""Units of a bar chart; a unit is about a pixel on a phone."""

STYLE = """
:root { color-scheme: light dark; --paper: #f6f7f9; --card: #fff; --ink: #1d232b; --faint: #667180; --line: #e1e5ea;
  --bar: #2a7f9e }
@media (prefers-color-scheme: dark) { :root { --paper: #14181d; --card: #1d232a; --ink: #e6eaef; --faint: #97a3b1;
  --line: #303942; --bar: #4fa9c9 } }
* { box-sizing: border-box }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif }
main { max-width: 1080px; margin: 0 auto; padding: 28px 16px 64px }
h1 { font-size: clamp(1.6rem, 5vw, 2.4rem); line-height: 1.2; margin: 0 0 8px; letter-spacing: -.01em }
h2 { font-size: 1.2rem; margin: 40px 0 10px }
h3 { font-size: .95rem; margin: 0 0 8px }
p { margin: 6px 0; max-width: 46rem } .faint { color: var(--faint) }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 14px 16px }
.numbers { display: grid; grid-template-columns: repeat(auto-fit, minmax(128px, 1fr)); gap: 12px; margin-top: 20px }
.numbers b { display: block; font-size: 1.45rem; line-height: 1.3; font-variant-numeric: tabular-nums }
.charts { columns: 3 290px; column-gap: 14px } .charts > * { break-inside: avoid; margin: 0 0 14px }
.wide { max-width: 420px }
svg { display: block; width: 100%; height: auto } svg text { fill: var(--ink); font-size: 12px }
svg .value { fill: var(--faint); font-variant-numeric: tabular-nums } svg rect { fill: var(--bar) }
.scroll { overflow-x: auto } table { border-collapse: collapse; width: 100%; font-size: .92rem }
th, td { text-align: left; padding: 7px 14px 7px 0; border-top: 1px solid var(--line); vertical-align: top }
tr:first-child th { border-top: 0; color: var(--faint); font-weight: 500; white-space: nowrap }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
td small { color: var(--faint); display: block } td.long { overflow-wrap: anywhere; min-width: 14em }
ul { margin: 0; padding: 0; list-style: none } summary { cursor: pointer }
@media (max-width: 600px) { table { font-size: .82rem } th, td { padding-right: 9px } td.long { min-width: 12em } }
"""


def page(report: Mapping[str, Any]) -> str:
    """The report as one page: no scripts, no fonts, nothing from the network.

    Parameters
    ----------
    report : mapping
        What `solomuse.datasets.report.full_report` returns.
    """
    parts = (_head, _skipped, _splits, _charts, _beats, _least_certain, _duplicates, _settings)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_headline(report)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(part(report) for part in parts)
        + "\n</main>\n</body>\n</html>\n"
    )


def _headline(report: Mapping[str, Any]) -> str:
    return f"{_text(report['songs'])} of {_text(report['files'])} songs used"


def _head(report: Mapping[str, Any]) -> str:
    windows = report["splits"]["train"].get("windows", 0)
    copies = report["duplicates"]["songs"]
    sources = ", ".join(f"{name} {count:,}" for name, count in report["sources"].items())
    numbers = {
        "notes": report["notes"],
        "training windows": windows,
        "titles": report["titles"],
        "tokens a note": f"{report['tokens_per_note']:.2f}",
        "songs that share a melody": copies,
    }
    boxes = "".join(f'<div class="card"><b>{_text(value)}</b>{_text(name)}</div>' for name, value in numbers.items())
    stages = {STAGE_NAMES[stage]: count for stage, count in report["stages"].items()}
    return (
        f"<h1>{_headline(report)}</h1>\n<p>{_text(_lead(report))}</p>\n"
        f'<p class="faint">By source: {_text(sources)}. SoloMuse {_text(report["package"])}.</p>\n'
        f'<div class="numbers">{boxes}</div>\n'
        "<h2>From files to songs</h2>\n"
        f'<div class="card wide">{bar_chart(stages, "songs that reached each stage")}</div>'
    )


def _lead(report: Mapping[str, Any]) -> str:
    """What a reader should know first, in two or three sentences."""
    chords, skipped = report["chords"], report["skipped"]
    reasons = sorted(skipped.items(), key=lambda item: -item[1]["count"])
    lost = ", ".join(f"{skip['count']:,} ({_why(reason)})" for reason, skip in reasons[:3])
    more = ", and some for other reasons" if len(reasons) > 3 else ""
    return (
        (f"Left out: {lost}{more}. " if reasons else "None was left out. ")
        + f"Chords are given in {chords['given']:,} songs and inferred in {chords['inferred']:,}; "
        + f"{chords['simplified']:,} of {chords['total']:,} chords were simplified to fit the vocabulary."
    )


def _skipped(report: Mapping[str, Any]) -> str:
    ranked = sorted(report["skipped"].items(), key=lambda item: -item[1]["count"])
    if not ranked:
        return "<h2>Left out</h2>\n<p>None.</p>"
    rows = [
        [f"{_text(_why(reason))}<small>{_text(reason)}</small>", _text(skip["count"]), _examples(skip["examples"])]
        for reason, skip in ranked
    ]
    note = '<p class="faint">All of them, each with its reason, are in <code>skipped.jsonl</code>.</p>\n'
    return f"<h2>Left out</h2>\n{note}" + _table(["why", "#songs", "=examples"], rows)


def _why(reason: str) -> str:
    return WHY_BY_REASON.get(reason, "a bug of ours" if reason.startswith("Internal") else reason)


def _examples(texts: Sequence[str]) -> str:
    """The first example, and the others behind it."""
    if len(texts) < 2:
        return "".join(map(_text, texts))
    others = "".join(f"<li>{_text(text)}</li>" for text in texts[1:])
    return f"<details><summary>{_text(texts[0])}</summary><ul>{others}</ul></details>"


def _splits(report: Mapping[str, Any]) -> str:
    sides = report["sides"]
    rows = [
        [_text(name), *(_text(value) for value in (split["songs"], split["groups"]))]
        + [_text(report["splits"].get(name, {}).get(fact, 0)) for fact in ("windows", "notes", "tokens")]
        for name, split in sides["splits"].items()
    ]
    head = ["split", "#songs", "#groups", "#windows", "#notes", "#tokens"]
    windows = "Training windows overlap: their notes and tokens count in each window that they are in."
    return "<h2>Splits</h2>\n" + _table(head, rows) + f"\n<p>{_text(_sides(sides))} {windows}</p>"


def _sides(sides: Mapping[str, Any]) -> str:
    """What is said of groups and sides."""
    stay = "A group holds the songs of one title and those with the same melody, and stays on one side. "
    if sides["by_title_alone"] is None:
        return f"The splits are those of the publishers. Melodies that are on two sides: {sides['on_two_sides']:,}."
    return stay + f"Melodies that would be on two sides if titles alone decided: {sides['by_title_alone']:,}."


def _charts(report: Mapping[str, Any]) -> str:
    figures = "".join(
        f'<figure class="card"><h3>{_text(CHARTS[name][0])}</h3>'
        f"{bar_chart(_shortened(counts), f'{CHARTS[name][0]}: {CHARTS[name][1]}')}</figure>"
        for name, counts in report["distributions"].items()
        if counts
    )
    return f'<h2>What the songs are like</h2>\n<div class="charts">{figures}</div>'


def _shortened(counts: Mapping[str, int]) -> dict[str, int]:
    """The first of many names, and what the others come to."""
    if len(counts) <= MOST_BARS:
        return dict(counts)
    kept = list(counts.items())[: MOST_BARS - 1]
    return {**dict(kept), f"{len(counts) - len(kept)} others": sum(counts.values()) - sum(n for _, n in kept)}


def _beats(report: Mapping[str, Any]) -> str:
    rows = [
        [_text(BEATS.get(source, source)), _text(entry["songs"]), f"{entry['deviation_ticks'] or 0:.1f}"]
        for source, entry in report["beats"].items()
    ]
    return (
        "<h2>Where beats come from</h2>\n"
        + _table(["beats", "#songs", "#ticks off the grid"], rows)
        + '\n<p class="faint">How far notes are from the grid, on average; a quarter note has 480 ticks.</p>'
    )


def _least_certain(report: Mapping[str, Any]) -> str:
    if not report["least_certain"]:
        return "<h2>Least certain melodies</h2>\n<p>None: the sources say which track each melody is.</p>"
    rows = [
        [
            _text(song["name"]),
            _text(f"{song['track']}: {song['track_name']}" if song["track_name"] else song["track"]),
            f"{song['score']:.2f}",
        ]
        for song in report["least_certain"]
    ]
    return "<h2>Least certain melodies</h2>\n" + _table(["=song", "melody track", "#chance"], rows)


def _duplicates(report: Mapping[str, Any]) -> str:
    found = report["duplicates"]
    if not found["groups"]:
        return "<h2>Songs with the same melody</h2>\n<p>None were found.</p>"
    rows = [
        ["<br>".join(map(_text, _named(group))), _text(group["titles"]), f"{group['overlap']:.2f}"]
        for group in found["listed"]
    ]
    listed = f"; the first {len(rows):,} are listed" if len(rows) < found["groups"] else ""
    text = (
        f"Groups of songs: {found['groups']:,}, songs in them: {found['songs']:,}, groups under several titles: "
        f"{found['groups_of_several_titles']:,}{listed}. The overlap is the share of short runs of intervals that two "
        "songs have in common; 1 is the same melody in any key."
    )
    return f"<h2>Songs with the same melody</h2>\n<p>{_text(text)}</p>\n" + _table(
        ["=songs", "#titles", "#least overlap"], rows
    )


def _named(group: Mapping[str, Any]) -> list[str]:
    more = group["songs"] - len(group["names"])
    return [*group["names"], *([f"and {more:,} more"] if more else [])]


def _settings(report: Mapping[str, Any]) -> str:
    rows = [[_text(name), _text(str(value))] for name, value in report["config"].items()]
    table = _table(["setting", "value"], rows)
    return f"<h2>Settings</h2>\n<details><summary>How it was prepared</summary>{table}</details>"


def bar_chart(counts: Mapping[str, int], label: str) -> str:
    """A horizontal bar for each name, as SVG in the colours of the page."""
    most = max(counts.values(), default=0) or 1
    width, height = LABEL_WIDTH + BAR_WIDTH + VALUE_WIDTH, ROW * len(counts)
    rows = "".join(
        _bar(place * ROW, name, count, BAR_WIDTH * count / most) for place, (name, count) in enumerate(counts.items())
    )
    return f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{_text(label)}">{rows}</svg>'


def _bar(top: float, name: str, count: int, length: float) -> str:
    middle = top + ROW / 2 + 4
    return (
        f'<text x="{LABEL_WIDTH - 8}" y="{middle:g}" text-anchor="end">{_text(name)}</text>'
        f'<rect x="{LABEL_WIDTH}" y="{top + (ROW - BAR_HEIGHT) / 2:g}" width="{max(length, 1 if count else 0):.1f}" '
        f'height="{BAR_HEIGHT}" rx="2"><title>{_text(name)}: {count:,}</title></rect>'
        f'<text class="value" x="{LABEL_WIDTH + length + 6:.1f}" y="{middle:g}">{count:,}</text>'
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of HTML cells; a column whose heading begins with ``#`` holds numbers, with ``=`` long texts."""
    kinds = [CLASS_BY_MARK.get(name[0], "") for name in head]
    top = "".join(f"<th{kind}>{_text(name.lstrip('#='))}</th>" for name, kind in zip(head, kinds, strict=True))
    body = "".join(
        "<tr>" + "".join(f"<td{kind}>{cell}</td>" for cell, kind in zip(row, kinds, strict=True)) + "</tr>\n"
        for row in rows
    )
    return f'<div class="card scroll"><table>\n<tr>{top}</tr>\n{body}</table></div>'


def _text(value: object) -> str:
    """Whatever a file may be called, as text of the page; integers with their thousands apart."""
    text = f"{value:,}" if isinstance(value, int) else str(value)
    return escape(text.encode("utf-8", "replace").decode("utf-8"))
