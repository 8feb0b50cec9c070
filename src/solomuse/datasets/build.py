"""Builds a dataset folder from songs.

::

    DATASET/
      dataset.json                 configuration, vocabulary, counts, every skip by reason
      songs.jsonl                  one line a song: name, title, split, windows, notes
      train.tokens.npy             token ids of all windows, one after another, uint16
      train.features.npy           their features, shape (tokens, F), uint8
      train.offsets.npy            where each window starts, and the end of the last one, int64
      train.songs.npy              the line in songs.jsonl that each window is from, int64
      validation.* test.*          the same
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import shutil
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from solomuse import __version__
from solomuse.analysis.lead_sheet import lead_sheet
from solomuse.config import DataConfig
from solomuse.datasets.source import SongFile, find_songs, read_song
from solomuse.datasets.windows import Window, windows
from solomuse.errors import DatasetError, OutputError, SoloMuseError
from solomuse.tokens.codec import Codec
from solomuse.tokens.features import FEATURES
from solomuse.tokens.vocabulary import TOKEN_FORMAT_VERSION, simplify, vocabulary

DATASET_VERSION = 1
SPLITS = ("train", "validation", "test")
EXAMPLES_PER_REASON = 5


@dataclass(frozen=True, slots=True)
class Skip:
    """A song that was left out."""

    name: str
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class Prepared:
    """A song as training windows, and what it was made of."""

    file: SongFile
    windows: tuple[Window, ...]
    held_back_windows: tuple[Window, ...]
    chord_source: str
    chords: int
    simplified: int


def prepare_song(file: SongFile, config: DataConfig) -> Prepared | Skip:
    """One song's windows, or why it has none."""
    try:
        song = read_song(file)
        sheet = lead_sheet(song, config.chords)
        codec = Codec(vocabulary(config.grid))
        cut = partial(windows, sheet, codec, config.window_bars, max_tokens=config.seq_len)
        found, apart = tuple(cut(hop=config.hop_bars)), tuple(cut(hop=config.window_bars))
    except SoloMuseError as error:
        return Skip(file.name, error.reason, str(error).splitlines()[0])
    except Exception as error:  # a batch job must outlive one file that shows a bug of ours; it is counted by its name
        return Skip(file.name, f"Internal {type(error).__name__}", f"{file.name}: {error}")
    if not found:
        return Skip(file.name, "NoWindow", f"{file.name}: no bar of its melody fits {config.seq_len} tokens")
    spans = list(sheet.chart.spans())
    simplified = sum(simplify(span.chord) != span.chord for span in spans)
    source = "given" if song.chords and config.chords != "inferred" else "inferred"
    return Prepared(file, found, apart, source, len(spans), simplified)


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
    files = _chosen(_unique_names([file for source in sources for file in find_songs(source)]), max_files, seed)
    began = time.perf_counter()
    results = list(progress(_prepared(files, config, jobs), len(files)))
    seconds = time.perf_counter() - began
    songs = [result for result in results if isinstance(result, Prepared)]
    skips = [result for result in results if isinstance(result, Skip)]
    if len({song.file.title for song in songs}) < 2:
        reasons = "; ".join(f"{count} {reason}" for reason, count in Counter(s.reason for s in skips).most_common())
        example = f" (such as: {skips[0].detail})" if skips else ""
        raise DatasetError(
            f"{len(files)} files found, {len(songs)} usable, but at least 2 songs of different titles are needed, "
            f"one to learn from and one to measure by. Skipped: {reasons or 'none'}{example}"
        )
    split_by_title = split_titles({song.file.title for song in songs}, config.held_back)
    report = _report(files, songs, skips, split_by_title, config, seconds)
    report["fingerprint"] = fingerprint(sources, config, max_files, seed)
    _write(out, songs, split_by_title, report)
    return report


def split_titles(titles: Iterable[str], held_back: float) -> dict[str, str]:
    """The split of each title, by a hash of it, so that it depends on nothing else.

    Of n titles, ``max(1, round(held_back * n))`` go to validation, and as many to test where that leaves
    at least half for training.
    """
    ranked = sorted(titles, key=lambda title: hashlib.sha256(title.encode("utf-8", "replace")).hexdigest())
    count = max(1, round(held_back * len(ranked)))
    test = count if len(ranked) >= 4 * count else 0
    names = ["validation"] * count + ["test"] * test
    return dict(zip(ranked, [*names, *["train"] * (len(ranked) - len(names))], strict=True))


def fingerprint(sources: Sequence[Path], config: DataConfig, max_files: int, seed: int) -> str:
    """Fingerprint of the files and settings that a dataset is made of."""
    digest = hashlib.sha256(
        json.dumps([asdict(config), max_files, seed, vocabulary(config.grid).hash, DATASET_VERSION]).encode()
    )
    for source in sources:
        for file in find_songs(source):
            paths = [file.path] if file.path.is_file() else sorted(file.path.iterdir())
            for path in paths:
                status = path.stat()
                digest.update(f"{file.name}/{path.name} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:16]


def _unique_names(files: list[SongFile]) -> list[SongFile]:
    """The files, each only once where sources overlap."""
    return list({(file.path.resolve(), file.tune): file for file in files}.values())


def _chosen(files: list[SongFile], max_files: int, seed: int) -> list[SongFile]:
    if not 0 < max_files < len(files):
        return files
    picked = np.random.default_rng(seed).choice(len(files), size=max_files, replace=False)
    return [files[index] for index in sorted(picked)]


def _prepared(files: list[SongFile], config: DataConfig, jobs: int) -> Iterator[Prepared | Skip]:
    """The songs in order, whatever the number of processes."""
    work = partial(prepare_song, config=config)
    jobs = min(jobs or os.cpu_count() or 1, max(1, len(files) // 8))
    if jobs == 1:
        yield from map(work, files)
        return
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        yield from pool.imap(work, files, chunksize=4)


def _report(
    files: list[SongFile],
    songs: list[Prepared],
    skips: list[Skip],
    split_by_title: dict[str, str],
    config: DataConfig,
    seconds: float,
) -> dict[str, Any]:
    splits: dict[str, Counter[str]] = {name: Counter() for name in SPLITS}
    for song in songs:
        name = split_by_title[song.file.title]
        kept = _windows_for(song, name)
        splits[name].update(
            songs=1,
            windows=len(kept),
            notes=sum(window.notes for window in kept),
            tokens=sum(len(window.token_ids) for window in kept),
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
        "titles": len(split_by_title),
        "sources": dict(Counter(song.file.source for song in songs)),
        "skipped": {
            reason: {"count": len(texts), "examples": texts[:EXAMPLES_PER_REASON]} for reason, texts in details.items()
        },
        "chords": {
            "given": sum(song.chord_source == "given" for song in songs),
            "inferred": sum(song.chord_source == "inferred" for song in songs),
            "total": sum(song.chords for song in songs),
            "simplified": sum(song.simplified for song in songs),
        },
        "notes": notes,
        "tokens_per_note": sum(len(w.token_ids) - _chart_length(w) for w in apart) / max(1, notes),
        "splits": {name: dict(counts) for name, counts in splits.items()},
        "seconds": round(seconds, 3),
        "files_per_second": round(len(files) / max(seconds, 1e-9), 1),
    }


def _chart_length(window: Window) -> int:
    from solomuse.tokens.vocabulary import SEP

    return int(np.argmax(window.token_ids == SEP)) + 1


def _windows_for(song: Prepared, split: str) -> tuple[Window, ...]:
    """Overlapping windows to learn from; windows side by side to measure by, so that each note counts once."""
    return song.windows if split == "train" else song.held_back_windows


def _write(out: Path, songs: list[Prepared], split_by_title: dict[str, str], report: dict[str, Any]) -> None:
    """Write the folder under a temporary name, then give it its own."""
    partial_folder = out.with_name(f".{out.name}.partial")
    try:
        shutil.rmtree(partial_folder, ignore_errors=True)
        partial_folder.mkdir(parents=True)
        for split in SPLITS:
            chosen = [i for i, song in enumerate(songs) if split_by_title[song.file.title] == split]
            found = [(i, window) for i in chosen for window in _windows_for(songs[i], split)]
            _write_split(partial_folder / split, found)
        lines = [
            {
                "name": song.file.name,
                "title": song.file.title,
                "source": song.file.source,
                "split": split_by_title[song.file.title],
                "chords": song.chord_source,
            }
            for song in songs
        ]
        (partial_folder / "songs.jsonl").write_text(
            "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8"
        )
        (partial_folder / "dataset.json").write_text(
            json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
        )
        if out.exists():
            shutil.rmtree(out)
        partial_folder.rename(out)
    except OSError as error:
        shutil.rmtree(partial_folder, ignore_errors=True)
        raise OutputError(
            f"{out} cannot be written: {error.strerror}; free some space or choose another folder"
        ) from None


def _write_split(stem: Path, found: list[tuple[int, Window]]) -> None:
    lengths = [len(window.token_ids) for _, window in found]
    arrays = {
        "tokens": np.concatenate([np.zeros(0, np.uint16), *(w.token_ids for _, w in found)]).astype(np.uint16),
        "features": np.concatenate([np.zeros((0, len(FEATURES)), np.uint8), *(w.features for _, w in found)]),
        "offsets": np.cumsum([0, *lengths], dtype=np.int64),
        "songs": np.array([index for index, _ in found], dtype=np.int64),
    }
    for name, array in arrays.items():
        np.save(stem.with_name(f"{stem.name}.{name}.npy"), array)
