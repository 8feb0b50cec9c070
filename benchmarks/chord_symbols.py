"""Which chord symbols of real collections are read, and which are not.

    python benchmarks/chord_symbols.py FOLDER

Looks in the folder for the sets it knows: POP909, csv (Weimar Jazz Database), irb, songdb, improvisor, nottingham,
openewld; each is measured as it stands. Prints the share of occurrences and of distinct symbols that parse, and every
symbol that does not.
"""

from __future__ import annotations

import argparse
import csv
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree import ElementTree

from solomuse.errors import ChordError
from solomuse.formats.musicxml.document import measures_of_parts, parse_xml, score_bytes
from solomuse.formats.musicxml.harmony import chord_of_harmony
from solomuse.music.chord import Chord
from solomuse.music.symbols import parse_chord

Read = Callable[[str], Chord]


def columns(files: Iterator[Path], name: str) -> Iterator[str]:
    for path in files:
        with path.open(encoding="utf-8", newline="") as file:
            yield from filter(None, (row[name] for row in csv.DictReader(file)))


def songdb(folder: Path) -> Iterator[str]:
    for path in folder.glob("*.txt"):
        for line in path.read_text("utf-8", errors="replace").splitlines():
            if "=" not in line or "|" in line:
                yield from line.replace("|", " ").split()


def improvisor(folder: Path) -> Iterator[str]:
    """Words between bar lines, without the S-expressions and the slashes that hold a chord."""
    for path in folder.rglob("*.ls"):
        text = path.read_text("utf-8", errors="replace")
        while (shorter := re.sub(r"\([^()]*\)", " ", text)) != text:
            text = shorter
        lines = (line for line in text.splitlines() if "|" in line)
        yield from (word for line in lines for word in re.split(r"[\s|,]+", line) if word not in ("", "/"))


def nottingham(folder: Path) -> Iterator[str]:
    """Chord strings without blanks and brackets, as the ABC reader takes them; an empty one is no symbol."""
    for path in folder.rglob("*.abc"):
        for line in path.read_text("utf-8", errors="replace").splitlines():
            if not re.match(r"[A-Za-z]:", line):
                for text in re.findall(r'"([^"]*)"', line):
                    yield from filter(None, re.split(r"[()]", re.sub(r"\s", "", text)))


def openewld(folder: Path) -> Iterator[str]:
    """Whole ``<harmony>`` elements."""
    for path in folder.rglob("*.mxl"):
        root = parse_xml(score_bytes(path.read_bytes(), path.name), path.name)
        for measures in measures_of_parts(root, path.name):
            for measure in measures:
                yield from (ElementTree.tostring(e, "unicode").strip() for e in measure.findall("harmony"))


def harmony(text: str) -> Chord:
    return chord_of_harmony(ElementTree.fromstring(text))


def behind(text: str) -> Chord:
    return parse_chord(text, accidentals_behind=True)


def pop909(folder: Path) -> Iterator[str]:
    for path in folder.glob("*/chord_*.txt"):
        yield from (line.split()[2] for line in path.read_text("utf-8").splitlines() if len(line.split()) == 3)


SETS: dict[str, tuple[Callable[[Path], Iterator[str]], Read]] = {
    "POP909": (pop909, parse_chord),
    "csv": (lambda folder: columns((folder / "beats").glob("*.csv"), "chord"), behind),
    "irb": (lambda folder: columns(folder.glob("*.csv"), "chord"), behind),
    "songdb": (songdb, parse_chord),
    "improvisor": (improvisor, parse_chord),
    "nottingham": (nottingham, parse_chord),
    "openewld": (openewld, harmony),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    print("set, occurrences, parsed, distinct, parsed")
    for name, (symbols, read) in SETS.items():
        if not (folder / name).is_dir():
            print(f"{name}: not there")
            continue
        counts = Counter(symbols(folder / name))
        failed = {}
        for text, count in counts.items():
            try:
                read(text)
            except ChordError:
                failed[text] = count
        total, lost = sum(counts.values()), sum(failed.values())
        shares = f"{1 - lost / total:.3%}", f"{1 - len(failed) / len(counts):.2%}"
        print(f"{name}, {total}, {shares[0]}, {len(counts)}, {shares[1]}")
        for text, count in sorted(failed.items(), key=lambda item: -item[1]):
            print(f"    {count} x {text}")


if __name__ == "__main__":
    main()
