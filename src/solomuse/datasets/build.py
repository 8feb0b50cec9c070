"""Builds a dataset folder from songs.

::

    DATASET/
      dataset.json                 configuration, vocabulary, counts, every skip by reason
      report.json report.html      the same with distributions, doubtful songs and duplicates, and as a page
      songs.jsonl                  one line a song: name, title, split, and what was found in it
      train.tokens.npy             token ids of all windows, one after another, uint16
      train.features.npy           their features, shape (tokens, F), uint8
      train.offsets.npy            where each window starts, and the end of the last one, int64
      train.songs.npy              the line in songs.jsonl that each window is from, int64
      validation.* test.*          the same
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from solomuse import __version__
from solomuse.config import DataConfig
from solomuse.datasets.duplicates import MelodyPrint, duplicate_pairs, groups_of
from solomuse.datasets.examples import Prepared, Skip, prepare_song
from solomuse.datasets.report import full_report, page
from solomuse.datasets.shards import KeptWindow, Spool
from solomuse.datasets.song_file import SongFile
from solomuse.datasets.source import collected
from solomuse.datasets.splits import SPLITS, split_titles
from solomuse.datasets.workers import OutOfTimeError, results
from solomuse.errors import DatasetError, OutputError
from solomuse.tokens.features import FEATURES
from solomuse.tokens.vocabulary import TOKEN_FORMAT_VERSION, vocabulary

DATASET_VERSION = 1
EXAMPLES_PER_REASON = 5


@dataclass(frozen=True, slots=True)
class _Song:
    """A song whose windows lie on disk; else as `Prepared`."""

    file: SongFile
    windows: tuple[KeptWindow, ...]
    held_back_windows: tuple[KeptWindow, ...]
    facts: dict[str, Any]
    print: MelodyPrint

    def windows_for(self, split: str) -> tuple[KeptWindow, ...]:
        """Overlapping windows to learn from; windows side by side to measure by, so that each note counts once."""
        return self.windows if split == "train" else self.held_back_windows


def prepare(
    sources: Sequence[Path],
    out: Path,
    config: DataConfig,
    *,
    jobs: int = 0,
    seed: int = 1,
    max_files: int = 0,
    overwrite: bool = False,
    progress: Callable[[Iterable[Any], int], Iterable[Any]] = lambda items, _: items,
) -> dict[str, Any]:
    """Build a dataset folder; return its report, which is what ``dataset.json`` holds.

    Songs of one title stay on one side of the split. The folder appears under its name only when it is
    complete: an interrupted run leaves nothing there, and the next one starts afresh.

    Parameters
    ----------
    jobs : int
        Processes; 0 for one a core. The result does not depend on it.
    max_files : int
        Take only so many songs, chosen by `seed`; 0 for all.
    progress : callable
        Wraps the iterable of results, given their number.

    Raises
    ------
    DatasetError
        If fewer than two songs can be used.
    OutputError
        If `out` exists and is not to be overwritten, or cannot be written.
    """
    if out.exists() and not overwrite:
        raise OutputError(f"{out} exists already: choose another folder, or pass --force to replace it")
    if out.exists() and any(out.iterdir() if out.is_dir() else [out]) and not (out / "dataset.json").is_file():
        raise OutputError(f"{out} is not a dataset: it will not be replaced; choose another folder")
    with _in_the_making(out) as folder, Spool(folder) as spool:
        with collected(sources, config.format) as found:
            files = chosen_files(found, max_files, seed)
            began = time.perf_counter()
            songs, skips = [], []
            for outcome in progress(_prepared(files, config, jobs), len(files)):
                if isinstance(outcome, Skip):
                    skips.append(outcome)
                else:
                    songs.append(_kept(outcome, spool))
            seconds = time.perf_counter() - began
            own_fingerprint = fingerprint(files, config, max_files, seed)
        pairs = duplicate_pairs([song.print for song in songs])
        split_of_songs = _splits(songs, groups_of([song.file.title for song in songs], pairs), config)
        if len(songs) < 2 or not {"train", "validation"} <= set(split_of_songs):
            raise _too_few(files, songs, skips)
        report = _report(files, songs, skips, split_of_songs, config, seconds)
        report["fingerprint"] = own_fingerprint
        for split in SPLITS:
            chosen = [index for index, own in enumerate(split_of_songs) if own == split]
            spool.write(folder / split, ((index, songs[index].windows_for(split)) for index in chosen))
        lines = [
            {"name": song.file.name, "title": song.file.title, "source": song.file.source, "split": split, **song.facts}
            for song, split in zip(songs, split_of_songs, strict=True)
        ]
        _write_texts(folder, report, lines, full_report(report, lines, pairs))
    return report


@contextmanager
def _in_the_making(out: Path) -> Iterator[Path]:
    """A folder under a temporary name, which takes the place of `out` once it is done, and is removed if that fails."""
    folder = out.with_name(f".{out.name}.partial")
    try:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        yield folder
        if out.exists():
            shutil.rmtree(out)
        folder.rename(out)
    except OSError as error:
        raise OutputError(
            f"{out} cannot be written: {error.strerror}; free some space or choose another folder"
        ) from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _kept(song: Prepared, spool: Spool) -> _Song:
    """The song with its windows on disk."""
    windows = spool.keep([*song.windows, *song.held_back_windows])
    count = len(song.windows)
    return _Song(song.file, windows[:count], windows[count:], song.facts, song.print)


def _too_few(files: Sequence[SongFile], songs: Sequence[_Song], skips: Sequence[Skip]) -> DatasetError:
    reasons = "; ".join(f"{count} {reason}" for reason, count in Counter(s.reason for s in skips).most_common())
    example = f" (such as: {skips[0].detail})" if skips else ""
    return DatasetError(
        f"{len(files)} files found, {len(songs)} usable, but at least 2 songs, not the same, are needed, "
        f"one to learn from and one to measure by. Skipped: {reasons or 'none'}{example}"
    )


def _splits(songs: Sequence[_Song], groups: Sequence[str], config: DataConfig) -> list[str]:
    """The split of each song: by its group of titles and duplicates, or as its publishers have it."""
    split_by_group = split_titles(set(groups), config.held_back) if len(set(groups)) > 1 else {}
    own = [split_by_group.get(group, "train") for group in groups]
    if config.splits == "title":
        return own
    published = {"omitted": "train", **{split: split for split in SPLITS}}
    return [published.get(song.file.split, split) for song, split in zip(songs, own, strict=True)]


def fingerprint(files: Sequence[SongFile], config: DataConfig, max_files: int, seed: int) -> str:
    """Fingerprint of the files and settings that a dataset is made of."""
    digest = hashlib.sha256(
        json.dumps([asdict(config), max_files, seed, vocabulary(config.grid).hash, DATASET_VERSION]).encode()
    )
    for file in files:
        paths = [file.path] if file.path.is_file() else sorted(path for path in file.path.rglob("*") if path.is_file())
        for path in paths:
            status = path.stat()
            digest.update(
                f"{file.name}/{path.name} {status.st_size} {status.st_mtime_ns}\n".encode("utf-8", "surrogateescape")
            )
    return digest.hexdigest()[:16]


def chosen_files(files: list[SongFile], max_files: int, seed: int) -> list[SongFile]:
    """So many of the files, chosen by the seed, in their order; all of them for 0."""
    if not 0 < max_files < len(files):
        return files
    picked = np.random.default_rng(seed).choice(len(files), size=max_files, replace=False)
    return [files[index] for index in sorted(picked)]


def _prepared(files: list[SongFile], config: DataConfig, jobs: int) -> Iterator[Prepared | Skip]:
    """The songs in order, whatever the number of processes."""
    jobs = min(jobs or os.cpu_count() or 1, max(1, len(files) // 8))
    return results(partial(prepare_song, config=config), _failed, files, jobs, config.max_seconds)


def _failed(file: SongFile, error: Exception) -> Skip:
    """A song that took too long, or took its process with it."""
    return Skip(file.name, "OutOfTime" if isinstance(error, OutOfTimeError) else "Crash", f"{file.name}: {error}")


def _report(
    files: list[SongFile],
    songs: list[_Song],
    skips: list[Skip],
    split_of_songs: list[str],
    config: DataConfig,
    seconds: float,
) -> dict[str, Any]:
    splits: dict[str, Counter[str]] = {name: Counter() for name in SPLITS}
    for song, split in zip(songs, split_of_songs, strict=True):
        kept = song.windows_for(split)
        splits[split].update(
            songs=1,
            windows=len(kept),
            notes=sum(window.notes for window in kept),
            tokens=sum(window.tokens for window in kept),
        )
    details: dict[str, list[str]] = defaultdict(list)
    for skip in skips:
        details[skip.reason].append(skip.detail)
    apart = [window for song in songs for window in song.held_back_windows]
    notes = sum(window.notes for window in apart)
    return {
        "version": DATASET_VERSION,
        "package": __version__,
        "token_format": TOKEN_FORMAT_VERSION,
        "vocabulary": vocabulary(config.grid).hash,
        "features": list(FEATURES),
        "config": asdict(config),
        "files": len(files),
        "songs": len(songs),
        "titles": len({song.file.title for song in songs}),
        "sources": dict(Counter(song.file.source for song in songs)),
        "skipped": {
            reason: {"count": len(texts), "examples": texts[:EXAMPLES_PER_REASON]} for reason, texts in details.items()
        },
        "chords": {
            "given": sum(song.facts["chord_source"] == "given" for song in songs),
            "inferred": sum(song.facts["chord_source"] == "inferred" for song in songs),
            "total": sum(song.facts["chords"] for song in songs),
            "simplified": sum(song.facts["simplified_chords"] for song in songs),
        },
        "notes": notes,
        "tokens_per_note": sum(window.events for window in apart) / max(1, notes),
        "splits": {name: dict(counts) for name, counts in splits.items()},
        "seconds": round(seconds, 3),
        "files_per_second": round(len(files) / max(seconds, 1e-9), 1),
    }


def _write_texts(
    folder: Path, report: dict[str, Any], lines: list[dict[str, Any]], whole_report: dict[str, Any]
) -> None:
    texts = {
        "songs.jsonl": "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines),
        "dataset.json": json.dumps(report, indent=1, ensure_ascii=False) + "\n",
        "report.json": json.dumps(whole_report, indent=1, ensure_ascii=False) + "\n",
        "report.html": page(whole_report),
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", errors="replace")
