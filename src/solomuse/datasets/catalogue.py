"""The catalogue of a dataset: which song is in which split, where the windows are, what there is in all."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from solomuse import __version__
from solomuse.config import DataConfig
from solomuse.datasets.duplicates import MelodyPrint, duplicate_pairs, groups_of
from solomuse.datasets.examples import Skip
from solomuse.datasets.report import full_report, page
from solomuse.datasets.shards import KeptSong, kept_outcomes
from solomuse.datasets.splits import SPLITS, split_titles
from solomuse.datasets.windows import WINDOW
from solomuse.errors import DatasetError
from solomuse.tokens.vocabulary import PLAYER_SLOTS, TOKEN_FORMAT_VERSION, UNSAID, vocabulary

DATASET_VERSION = 4
TABLE = ("song", "shard", "place", "first", "bars", "tokens", "row", "total")
"""Columns of ``SPLIT.windows.npy``, int32: a row for each window.

The song's line in ``songs.jsonl``, its shard, where in it the lead sheet starts, the window's first bar there, how many
bars and tokens it has, its row in ``SPLIT.starts.npy``, how many bars the lead sheet has.
"""

STARTS = ("bars", "tokens")
"""Columns of ``SPLIT.starts.npy``, int32: a row for each bar of each lead sheet.

How many bars and tokens the window has that starts there; 0 tokens where there is none.
"""

EXAMPLES_PER_REASON = 5
LEAST_SONGS_OF_A_PLAYER = 4


def write_catalogue(folder: Path, shards: int, files: int, config: DataConfig, made_of: str) -> dict[str, Any]:
    """Write everything of a dataset but its shards; return what ``dataset.json`` holds.

    The outcomes are read twice, since the split of a song depends on all the others: so they need not be in memory.

    Parameters
    ----------
    shards, files : int
        How many there are; the shards are in ``folder/shards``.
    made_of : str
        Fingerprint of the files and settings.

    Raises
    ------
    DatasetError
        If fewer than two songs can be used.
    """
    found = _Found()
    with (folder / "skipped.jsonl").open("w", encoding="utf-8", errors="replace") as lines:
        for number in range(shards):
            for outcome in kept_outcomes(folder / "shards", number):
                found.add(outcome)
                if isinstance(outcome, Skip):
                    lines.write(json.dumps(asdict(outcome), ensure_ascii=False) + "\n")
    pairs, players = duplicate_pairs(found.prints), found.players
    splits = _splits(found, groups_of(found.titles, pairs), config)
    if len(splits) < 2 or not {"train", "validation"} <= set(splits):
        raise _too_few(files, found)
    counts = _Counts()
    with ExitStack() as stack:
        lines = stack.enter_context((folder / "songs.jsonl").open("w", encoding="utf-8", errors="replace"))
        tables = {split: stack.enter_context(_Tables(folder, split)) for split in SPLITS}
        for index, (number, song) in enumerate(_songs(folder / "shards", shards)):
            counts.add(song, splits[index])
            tables[splits[index]].add(index, number, song)
            line = {"name": song.name, "title": song.title, "source": song.source, "split": splits[index]}
            lines.write(json.dumps(line | song.facts, ensure_ascii=False) + "\n")
    slots = [players.index(name) if name in players else UNSAID for name in found.performers]
    np.save(folder / "players.npy", np.array(slots, dtype=np.int32))
    report = {
        "version": DATASET_VERSION,
        "package": __version__,
        "token_format": TOKEN_FORMAT_VERSION,
        "vocabulary": vocabulary(config.grid).hash,
        "config": asdict(config),
        "fingerprint": made_of,
        "players": players,
        "conditions": found.conditions(splits),
        "shards": shards,
        "files": files,
        "songs": len(splits),
        "titles": len(set(found.titles)),
        "skipped": {
            reason: {"count": count, "examples": found.examples[reason]} for reason, count in found.skipped.items()
        },
        **counts.report(),
    }
    _write_reports(folder, report, full_report(report, _SongLines(folder / "songs.jsonl"), pairs))
    return report


@dataclass(slots=True)
class _Found:
    """What is known of the songs before they are split, in order."""

    titles: list[str] = field(default_factory=list)
    published: list[str] = field(default_factory=list)
    performers: list[str] = field(default_factory=list)
    said: list[dict[str, list[str]]] = field(default_factory=list)
    prints: list[MelodyPrint] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    examples: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def add(self, outcome: KeptSong | Skip) -> None:
        """Take in the outcome of a file."""
        if isinstance(outcome, KeptSong):
            self.titles.append(outcome.title)
            self.published.append(outcome.published)
            self.performers.append(outcome.facts["metadata"].get("performer", ""))
            self.said.append(outcome.facts["conditions"])
            self.prints.append(outcome.print)
            return
        self.skipped[outcome.reason] += 1
        if len(self.examples[outcome.reason]) < EXAMPLES_PER_REASON:
            self.examples[outcome.reason].append(outcome.detail)

    def conditions(self, splits: Sequence[str]) -> dict[str, dict[str, int]]:
        """How many songs to learn from there are of each style, feel and instrument."""
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        for said, split in zip(self.said, splits, strict=True):
            for name, values in said.items():
                counts[name].update(values if split == "train" else ())
        return {name: dict(sorted(count.items())) for name, count in counts.items()}

    @property
    def players(self) -> list[str]:
        """Who plays enough of the songs to be told from the others, who plays the most first."""
        counts = Counter(filter(None, self.performers)).most_common(PLAYER_SLOTS)
        return [name for name, count in counts if count >= LEAST_SONGS_OF_A_PLAYER]


def _songs(folder: Path, shards: int) -> Iterator[tuple[int, KeptSong]]:
    """Each song, with the number of its shard."""
    for number in range(shards):
        for outcome in kept_outcomes(folder, number):
            if isinstance(outcome, KeptSong):
                yield number, outcome


def _splits(found: _Found, groups: Sequence[str], config: DataConfig) -> list[str]:
    """The split of each song: by its group of titles and duplicates, or as its publishers have it."""
    split_by_group = split_titles(set(groups), config.held_back) if len(set(groups)) > 1 else {}
    own = [split_by_group.get(group, "train") for group in groups]
    if config.splits == "title":
        return own
    published = {"omitted": "train", **{split: split for split in SPLITS}}
    return [published.get(theirs, split) for theirs, split in zip(found.published, own, strict=True)]


def _too_few(files: int, found: _Found) -> DatasetError:
    reasons = "; ".join(f"{count} {reason}" for reason, count in found.skipped.most_common())
    first = next(iter(found.examples.values()), None)
    example = f" (such as: {first[0]})" if first else ""
    return DatasetError(
        f"{files} files found, {len(found.titles)} usable, but at least 2 songs that differ in title and melody "
        f"are needed, one to learn from and one to measure by. Skipped: {reasons or 'none'}{example}"
    )


@dataclass(slots=True)
class _Counts:
    """Sums over songs."""

    splits: dict[str, Counter[str]] = field(default_factory=lambda: {name: Counter() for name in SPLITS})
    sources: Counter[str] = field(default_factory=Counter)
    chords: Counter[str] = field(default_factory=Counter)
    apart: Counter[str] = field(default_factory=Counter)

    def add(self, song: KeptSong, split: str) -> None:
        """Count a song of a split."""
        _, chart, events, notes = song.windows_for(split).sum(axis=0).tolist()
        self.splits[split].update(songs=1, windows=len(song.windows_for(split)), notes=notes, tokens=chart + events)
        self.sources[song.source] += 1
        self.chords[song.facts["chord_source"]] += 1
        self.chords.update(total=song.facts["chords"], simplified=song.facts["simplified_chords"])
        self.apart.update(dict(zip(WINDOW, song.windows_for("test").sum(axis=0).tolist(), strict=True)))

    def report(self) -> dict[str, Any]:
        """As ``dataset.json`` holds it."""
        return {
            "sources": dict(self.sources),
            "chords": {name: self.chords[name] for name in ("given", "inferred", "total", "simplified")},
            "notes": self.apart["notes"],
            "tokens_per_note": self.apart["events"] / max(1, self.apart["notes"]),
            "splits": {name: dict(counts) for name, counts in self.splits.items()},
        }


class _Tables(ExitStack):
    """Writes where the windows of a split are."""

    def __init__(self, folder: Path, split: str) -> None:
        super().__init__()
        self._split, self._row = split, 0
        self._windows = self.enter_context(_GrowingArray(folder / f"{split}.windows.npy", len(TABLE)))
        self._starts = self.enter_context(_GrowingArray(folder / f"{split}.starts.npy", len(STARTS)))

    def add(self, index: int, shard: int, song: KeptSong) -> None:
        """Take in the windows of a song."""
        for place, windows, first in zip(song.places, song.windows, song.starts_for(self._split), strict=True):
            bars, chart, events, notes = windows.T
            tokens = np.where(notes > 0, chart + events, 0)
            same = (np.full_like(first, value) for value in (index, shard, place))
            total = np.full_like(first, len(windows))
            self._windows.append(np.stack([*same, first, bars[first], tokens[first], self._row + first, total], axis=1))
            self._starts.append(np.stack([bars, tokens], axis=1))
            self._row += len(windows)


class _GrowingArray(AbstractContextManager["_GrowingArray"]):
    """A file ``.npy`` of rows of int32 whose number is not known before, and which are not kept in memory."""

    def __init__(self, path: Path, columns: int) -> None:
        self._file, self._rows, self._columns = path.open("wb"), 0, columns
        self._write_header()

    def append(self, rows: NDArray[np.int32]) -> None:
        """Write rows of shape (n, columns)."""
        self._file.write(np.ascontiguousarray(rows, dtype=np.int32).tobytes())
        self._rows += len(rows)

    def _write_header(self) -> None:
        header = {"descr": np.dtype(np.int32).str, "fortran_order": False, "shape": (self._rows, self._columns)}
        np.lib.format.write_array_header_1_0(self._file, header)

    def __exit__(self, *_: object) -> None:
        """Write the number of rows into the header, in which numpy leaves room for it."""
        with self._file:
            self._file.seek(0)
            self._write_header()


@dataclass(frozen=True, slots=True)
class _SongLines:
    """The lines of ``songs.jsonl``, read anew each time they are gone through."""

    path: Path

    def __iter__(self) -> Iterator[dict[str, Any]]:
        with self.path.open(encoding="utf-8") as file:
            yield from map(json.loads, file)


def _write_reports(folder: Path, report: dict[str, Any], whole_report: dict[str, Any]) -> None:
    texts = {
        "dataset.json": json.dumps(report, indent=1, ensure_ascii=False) + "\n",
        "report.json": json.dumps(whole_report, indent=1, ensure_ascii=False) + "\n",
        "report.html": page(whole_report),
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", errors="replace")
