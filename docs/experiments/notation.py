"""How many bars of generated solos are hard to read, as they are written and as they are played: a table in Markdown.

    python docs/experiments/notation.py [--model MODEL] [--takes 8]

A bar is hard to read if it holds 32nds or shorter, or dots in tuplets. Over a blues and a standard of 16 bars.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import replace
from unittest.mock import patch
from xml.etree import ElementTree

import numpy as np
from octaves import BLUES

from solomuse.formats.musicxml import print_musicxml
from solomuse.formats.notation import part
from solomuse.generation import Controls, generate
from solomuse.model.folder import load_model
from solomuse.music.chart_text import parse_chart
from solomuse.music.leadsheet import LeadSheet

CHARTS = (
    f"key: F\n{BLUES}",
    "key: Eb\nEbmaj7 | C7 | Fm7 | Bb7 | Gm7 | C7 | Fm7 | Bb7 | "
    "Ebmaj7 | Eb7 | Abmaj7 | Abm6 | Gm7 C7 | Fm7 Bb7 | Ebmaj7 | %",
)
TEMPOS = (60, 100, 140, 200, 260)


def hard_bars(sheet: LeadSheet) -> Iterator[bool]:
    """Whether each bar that has notes is hard to read."""
    for measure in ElementTree.fromstring(print_musicxml(sheet)).iter("measure"):
        notes = measure.findall("note")
        if any(note.find("pitch") is not None for note in notes):
            yield any(
                note.findtext("type") in ("32nd", "64th")
                or (note.find("time-modification") is not None and note.find("dot") is not None)
                for note in notes
            )


def share(sheets: Sequence[LeadSheet]) -> float:
    return float(np.mean([is_hard for sheet in sheets for is_hard in hard_bars(sheet)]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default=None)
    parser.add_argument("--takes", type=int, default=8)
    arguments = parser.parse_args()
    model, controls = load_model(arguments.model), Controls(instrument="tenor-sax")
    print("| tempo | onsets as played | each quarter on one grid | notes moved |\n|---|---|---|---|")
    for qpm in TEMPOS:
        charts = [replace(parse_chart(text), qpm=float(qpm)) for text in CHARTS]
        sheets = [
            solo.sheet
            for chart in charts
            for solo in generate(model, chart, takes=arguments.takes, seed=3, controls=controls)
        ]
        written = share(sheets)
        moved = np.mean(["attack" in note.attrib for sheet in sheets for note in notes_of(sheet)])
        with patch.object(part, "written_onsets", lambda onsets, _: list(onsets)):
            played = share(sheets)
        print(f"| {qpm} | {played:.3f} | {written:.3f} | {moved:.3f} |", flush=True)


def notes_of(sheet: LeadSheet) -> Iterator[ElementTree.Element]:
    """The notes as they are written, without what is tied to them."""
    for note in ElementTree.fromstring(print_musicxml(sheet)).iter("note"):
        if note.find("pitch") is not None and not any(tie.get("type") == "stop" for tie in note.findall("tie")):
            yield note


if __name__ == "__main__":
    main()
