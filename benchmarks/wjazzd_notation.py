"""How the MusicXML reader agrees with the tables that the Weimar Jazz Database's notation was made from.

    python benchmarks/wjazzd_notation.py MUSICXML_FOLDER CSV_FOLDER

For each solo that both have: the longest common sequence of chord roots (equal neighbours taken as one) and of
pitches, and how many bars more or fewer there are. The notation leaves out bars before and after the solo, and it has
plainer chords (D7sus as D7, no basses), so roots are compared.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher
from itertools import groupby
from pathlib import Path

from solomuse.datasets.wjazzd import read_wjazzd
from solomuse.formats.musicxml import read_musicxml
from solomuse.music.chart import ChordSpan


def roots(spans: Sequence[ChordSpan]) -> list[int]:
    return [root for root, _ in groupby(span.chord.root for span in spans) if root is not None]


def common(one: Sequence[int], two: Sequence[int]) -> int:
    return sum(block.size for block in SequenceMatcher(None, one, two, autojunk=False).get_matching_blocks())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("musicxml", type=Path)
    parser.add_argument("csv", type=Path)
    arguments = parser.parse_args()
    totals: Counter[str] = Counter()
    bars: Counter[int] = Counter()
    for path in sorted(arguments.musicxml.glob("*.xml")):
        table = arguments.csv / "melody" / path.name.replace("_Solo.xml", "_FINAL.csv")
        if not table.is_file():
            continue
        sheet, song = read_musicxml(path), read_wjazzd(table)
        notated, played = roots(list(sheet.chart.spans())), roots(song.chords)
        agreed = common(notated, played)
        totals["solos"] += 1
        totals["solos with 90 % of the chord changes"] += agreed >= 0.9 * len(played)
        totals["chord changes"] += len(played)
        totals["chord changes in both"] += agreed
        totals["notes"] += len(song.tracks[0].notes)
        totals["notes in both"] += common(
            [note.pitch for note in sheet.melody], [note.pitch for note in song.tracks[0].notes]
        )
        bars[len(sheet.chart.bars) - len(song.bar_meters())] += 1
    for name, count in totals.items():
        print(f"{name}: {count}")
    print("bars more in the notation:", dict(bars.most_common(6)))


if __name__ == "__main__":
    main()
