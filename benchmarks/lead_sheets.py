"""Speed of reading chord symbols and MusicXML lead sheets, beside music21's for the same input.

    pip install music21
    python benchmarks/lead_sheets.py FOLDER_OF_MUSICXML [--files 40]

Symbols are those of the files; ours are parsed once with an empty cache and once more with a full one.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from solomuse.formats.musicxml import read_musicxml
from solomuse.music import symbols
from solomuse.music.symbols import parse_chord

ENDINGS = (".musicxml", ".xml", ".mxl")


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def music21_seconds(files: Sequence[Path], texts: Sequence[str]) -> tuple[float, float]:
    from music21 import converter, harmony

    def read_symbols() -> None:
        for text in texts:
            with suppress(ValueError):  # it knows fewer symbols; what it refuses still costs its time
                harmony.ChordSymbol(text.replace("b", "-", 1) if text[1:2] == "b" else text)

    reading = seconds(lambda: [converter.parse(path, forceSource=True) for path in files])
    return reading, seconds(read_symbols)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--files", type=int, default=40)
    arguments = parser.parse_args()
    found = sorted(path for path in arguments.folder.rglob("*") if path.suffix in ENDINGS)
    files = found[:: max(1, len(found) // arguments.files)][: arguments.files]
    sheets = [read_musicxml(path, lenient=True) for path in files]
    written = [bar.chords[0].chord.symbol() for sheet in sheets for bar in sheet.chart.bars]
    texts = [text for text in written if text not in ("N.C.", "?")]
    plain = [text for text in texts if "(" not in text and "alt" not in text and "/9" not in text]
    symbols._parse.cache_clear()
    first = seconds(lambda: [parse_chord(text) for text in texts])
    again = seconds(lambda: [parse_chord(text) for text in texts])
    print(f"{len(texts)} symbols: {len(texts) / first:.0f} a second at first, {len(texts) / again:.0f} cached")
    ours = seconds(lambda: [read_musicxml(path, lenient=True) for path in files])
    largest = max(files, key=lambda path: path.stat().st_size)
    alone = seconds(lambda: read_musicxml(largest, lenient=True))
    bars = len(read_musicxml(largest, lenient=True).chart.bars)
    print(f"scores: {len(files) / ours:.1f} a second; the largest, {bars} bars, in {alone:.3f} s")
    try:
        reading, parsing = music21_seconds(files, plain)
    except ImportError:
        print("music21 is not installed: nothing to compare with")
        return
    again = seconds(lambda: [parse_chord(text) for text in plain])
    print(f"music21: scores {len(files) / reading:.1f} a second, ours are {reading / ours:.1f} times as fast")
    print(f"music21: symbols {len(plain) / parsing:.0f} a second, ours are {parsing / again:.0f} times as fast")


if __name__ == "__main__":
    main()
