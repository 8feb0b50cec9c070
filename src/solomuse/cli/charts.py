"""Commands that read charts and songs."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from solomuse.cli.options import AddCommand, refuse_existing, show
from solomuse.errors import ChartError, OutputError, SoloMuseError
from solomuse.formats.suffixes import (
    ABC_SUFFIXES,
    IREAL_SUFFIXES,
    MUSICXML_SUFFIXES,
    TEXT_SUFFIXES,
    WRITTEN_MIDI_SUFFIXES,
)

if TYPE_CHECKING:
    from solomuse.music.chart import Chart
    from solomuse.music.leadsheet import LeadSheet

CHART_FORMATS = ("text", "ireal", "musicxml", "abc", "json", "midi", "html")
FORMAT_BY_ENDING = {
    **dict.fromkeys(TEXT_SUFFIXES, "text"),
    **dict.fromkeys(IREAL_SUFFIXES, "ireal"),
    **dict.fromkeys(MUSICXML_SUFFIXES, "musicxml"),
    **dict.fromkeys(ABC_SUFFIXES, "abc"),
    ".json": "json",
    **dict.fromkeys(WRITTEN_MIDI_SUFFIXES, "midi"),
    ".html": "html",
}
USUAL_ENDINGS = {"musicxml": ".musicxml", "midi": ".mid", "html": ".html"}
"""Of the formats whose files hold one song, and are written by their ending."""


def add_commands(add: AddCommand) -> None:
    """Add them to the command line."""
    analyze = add("analyze", _analyze, "a file's melody track, chords, meter, key", "solomuse analyze song.mid --json")
    analyze.add_argument("file", type=Path)
    analyze.add_argument("--all-tracks", action="store_true", help="infer chords from the melody too")

    chart = add("chart", _chart, "read a chart and show or convert it", "solomuse chart tune.musicxml --to ireal")
    add_chart(chart)
    chart.add_argument("--to", choices=CHART_FORMATS, help="text if not given, or as --out ends")
    chart.add_argument("--out", type=Path, help="a file; else it is printed")
    chart.add_argument("--style", choices=("plain", "jazz"), default="plain", help="Cm7b5 or Cø7, in text")
    chart.add_argument("--force", action="store_true", help="replace a file that exists")


def add_chart(command: argparse.ArgumentParser) -> None:
    """Add what says which chart is meant, and in which key."""
    command.add_argument("chart", help="text, an iReal Pro link, or a .musicxml, .mxl, .abc, .mid, .html or .txt file")
    command.add_argument("--song", help="of several: number or title")
    command.add_argument("--transpose", type=int, default=0, metavar="SEMITONES")
    command.add_argument("--key", help="move it to this key: Bb, F#m")
    command.add_argument(
        "--lenient", action="store_true", help="read what can be read of a damaged source, write what can be written"
    )


def chosen_chart(arguments: argparse.Namespace) -> Chart:
    """The one chart that the arguments mean, in the key they ask for."""
    from solomuse.datasets.lead_sheets import read_lead_sheet

    sheet = read_lead_sheet(arguments.chart, arguments.song, lenient=arguments.lenient)
    return _moved(replace(sheet, melody=()), arguments).chart


def _chosen_sheets(arguments: argparse.Namespace) -> list[tuple[str, LeadSheet]]:
    """The lead sheets that the arguments mean, each under its name, in the key they ask for.

    What cannot be read of several is reported on stderr.
    """
    from solomuse.datasets.lead_sheets import read_lead_sheet, read_lead_sheets

    if arguments.song is not None:
        sheet = read_lead_sheet(arguments.chart, arguments.song, lenient=arguments.lenient)
        return [(sheet.chart.title or "chart", _moved(sheet, arguments))]
    named = []
    for entry in read_lead_sheets(arguments.chart, lenient=arguments.lenient):
        if isinstance(entry.result, SoloMuseError):
            print(f"solomuse: left out {entry.name}: {entry.result}", file=sys.stderr)
        else:
            named.append((entry.name, _moved(entry.result, arguments)))
    return named


def _moved(sheet: LeadSheet, arguments: argparse.Namespace) -> LeadSheet:
    """The lead sheet in the key that the arguments ask for."""
    from solomuse.music.keys import parse_key

    in_key = sheet if arguments.key is None else sheet.in_key(parse_key(arguments.key))
    return in_key.transpose(arguments.transpose) if arguments.transpose else in_key


def _analyze(arguments: argparse.Namespace) -> int:
    from solomuse.datasets.facts import analyze

    facts = analyze(arguments.file, arguments.all_tracks)
    return show(facts, arguments.json, "\n".join(_fact_lines(facts)))


def _fact_lines(facts: dict[str, Any]) -> Iterable[str]:
    """What `analyze` prints for people."""
    melody = facts["melody"]
    if melody["track"] is None:
        yield "melody: none"
    else:
        score = melody["scores"][0]["score"] if melody["scores"] else 1.0
        yield f"melody: track {melody['track']} {melody['name']} (chance {score:.2f})"
    if len(facts["soloists"]) > 1:
        turns = (f"track {one['track']} bars {one['bars'][0] + 1}-{one['bars'][1]}" for one in facts["soloists"])
        yield f"soloists: {', '.join(turns)}"
    meters = ", ".join(dict.fromkeys(change["meter"] for change in facts["time_signatures"]))
    yield f"meter: {meters}, {facts['tempos'][0]['qpm']:g} quarters a minute; beats: {facts['beats']}"
    if facts["swing"]:
        yield f"swing: {facts['swing']:.2f}"
    yield f"key: {facts['key']}"
    yield f"chords ({facts['chord_source']}): {' '.join(chord['label'] for chord in facts['chords'])}"
    yield from (f"note: {notice}" for notice in facts["notices"])


def _chart(arguments: argparse.Namespace) -> int:
    from solomuse.files import write_whole
    from solomuse.render.files import write_lead_sheet

    path: Path | None = arguments.out
    target = _printed_format(arguments) if path is None else _written_format(arguments, path)
    if path is not None:
        path = path if path.suffix else path.parent / f"{path.name}{USUAL_ENDINGS.get(target, '')}"
        refuse_existing(path, arguments.force)
    named = _chosen_sheets(arguments)
    if target in USUAL_ENDINGS and len(named) > 1:
        raise ChartError(f"{target} holds one song, but the source has {len(named)}: choose one with --song")
    if path is not None and target in USUAL_ENDINGS:
        write_lead_sheet(named[0][1], path)
    elif path is not None:
        write_whole(path, f"{_as_text(named, target, arguments)}\n".encode())
    if path is None or arguments.json:
        print(_as_text(named, "json" if arguments.json else target, arguments))
    return 0


def _printed_format(arguments: argparse.Namespace) -> str:
    """The format in which a chart is printed."""
    if arguments.json and arguments.to not in (None, "json"):
        raise OutputError(f"--json prints JSON, but --to says {arguments.to}: leave one out, or pass --out")
    if arguments.to == "midi":
        raise OutputError("MIDI cannot be printed: pass --out with a name that ends in .mid")
    return arguments.to or ("json" if arguments.json else "text")


def _written_format(arguments: argparse.Namespace, path: Path) -> str:
    """The format of a file: as --to says, or as its name ends; where the two do not agree, none will do."""
    from solomuse.render.files import ENDINGS

    ending = path.suffix.lower()
    written = FORMAT_BY_ENDING.get(ending)
    is_unclear = arguments.to in (None, *USUAL_ENDINGS) or ending in ENDINGS
    if ending and written is None and is_unclear:
        expected = ", ".join(FORMAT_BY_ENDING)
        raise OutputError(f"{path}: the ending {path.suffix!r} is none of a chart; expected one of {expected}")
    if written is not None and arguments.to not in (None, written):
        raise OutputError(f"{path}: the ending {path.suffix!r} is that of {written}, but --to says {arguments.to}")
    return arguments.to or written or ("json" if arguments.json else "text")


def _as_text(named: Sequence[tuple[str, LeadSheet]], target: str, arguments: argparse.Namespace) -> str:
    """Charts or lead sheets in a format of text."""
    from solomuse.formats.abc import write_abc
    from solomuse.formats.ireal import write_ireal
    from solomuse.formats.musicxml import print_musicxml
    from solomuse.music.chart_text import print_chart
    from solomuse.render.engraving import engraved_page

    if target == "json":
        documents = [_chart_document(sheet.chart) for _, sheet in named]
        return json.dumps(documents[0] if len(documents) == 1 else {"charts": documents}, ensure_ascii=False)
    if target == "ireal":
        charts, playlist = [sheet.chart for _, sheet in named], named[0][0] if len(named) > 1 else None
        return write_ireal(charts, playlist, lenient=arguments.lenient)
    if target == "musicxml":
        return print_musicxml(named[0][1])
    if target == "html":
        return engraved_page(print_musicxml(named[0][1]), named[0][0])
    if target == "abc":
        return "\n".join(write_abc(sheet, number) for number, (_, sheet) in enumerate(named, start=1))
    return "\n\n".join(print_chart(sheet.chart, arguments.style) for _, sheet in named)


def _chart_document(chart: Chart) -> dict[str, Any]:
    """A chart as ``chart --json`` prints it."""
    facts = {"title": chart.title, "composer": chart.composer, "style": chart.style, "key": chart.key, "qpm": chart.qpm}
    bars = [
        [
            {
                "beat": span.time / bar.meter.beat_ticks,
                "duration_beats": span.duration / bar.meter.beat_ticks,
                "label": span.chord.label,
            }
            for span in bar.chords
        ]
        for bar in chart.bars
    ]
    return {
        "meter": str(chart.bars[0].meter),
        "bars": bars,
        **{name: value for name, value in facts.items() if value is not None},
        "bar_meters": [str(bar.meter) for bar in chart.bars],
        "sections": [{"bar": i, "name": bar.section} for i, bar in enumerate(chart.bars) if bar.section],
    }
