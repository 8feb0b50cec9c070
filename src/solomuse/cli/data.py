"""Commands that make datasets."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from solomuse.cli.options import DATA_FIELDS, INTERRUPTED, AddCommand, add_fields, chosen_config, progress, show
from solomuse.errors import FetchError

DOWNLOADS = Path("01.data") / "Remote"


def add_commands(add: AddCommand) -> None:
    """Add them to the command line."""
    prepare = add("prepare", _prepare, "songs to a dataset", "solomuse prepare my_midi --out dataset")
    prepare.add_argument("source", nargs="+", type=Path, help="folders, archives and files")
    prepare.add_argument("--out", type=Path, required=True, help="the folder of the dataset")
    prepare.add_argument("--jobs", type=int, default=0, help="processes; 0 for one a core")
    prepare.add_argument("--engine", choices=("local", "ray"), default="local", help="what runs them")
    prepare.add_argument("--max_files", "--max-files", type=int, default=0, help="so many songs at random; 0 for all")
    prepare.add_argument("--force", action="store_true", help="replace a dataset that exists")
    add_fields(prepare, DATA_FIELDS)
    prepare.add_argument("--omitted", action="store_const", const=True, help="take in what publishers leave out")
    prepare.add_argument("--sustain", action="store_const", const=True, help="fold the sustain pedal into durations")

    fetch = add("fetch", _fetch, "download a data set; without a name, list them", "solomuse fetch pop909")
    fetch.add_argument("name", nargs="?", help="one that the list shows")
    fetch.add_argument("--into", type=Path, help="a folder; 01.data/Remote where there is one, else data")
    fetch.add_argument("--url", help="the same file at another place")
    fetch.add_argument("--force", action="store_true", help="download it again")


@contextmanager
def _byte_bar(what: str, done: int, total: int | None) -> Iterator[Callable[[int], object]]:
    """A progress bar on stderr for bytes, told of them as they come."""
    from tqdm import tqdm

    with tqdm(desc=what, initial=done, total=total, unit="B", unit_scale=True, file=sys.stderr) as bar:
        yield bar.update


def _prepare(arguments: argparse.Namespace) -> int:
    from solomuse.datasets.build import prepare

    config = chosen_config(arguments)
    report = prepare(
        arguments.source,
        arguments.out,
        config.data,
        jobs=arguments.jobs,
        engine=arguments.engine,
        seed=config.training.seed,
        max_files=arguments.max_files,
        overwrite=arguments.force,
        progress=progress,
        say=lambda text: print(f"solomuse: {text}", file=sys.stderr),
    )
    skipped = ", ".join(f"{entry['count']} {reason}" for reason, entry in report["skipped"].items()) or "none"
    text = (
        f"{report['songs']} of {report['files']} songs used, skipped: {skipped}; {report['notes']} notes, "
        f"{report['tokens_per_note']:.2f} tokens a note, {report['files_per_second']} files a second; {arguments.out}"
    )
    return show(report, arguments.json, text)


def _fetch(arguments: argparse.Namespace) -> int:
    from solomuse.datasets.fetch import fetch
    from solomuse.datasets.remote_sets import DATA_SETS, listed, prepare_command, table

    if arguments.name is None:
        return show(listed(), arguments.json, table())
    data_set = DATA_SETS.get(arguments.name)
    if data_set is None:
        raise FetchError(f"there is no data set {arguments.name!r}: expected one of {', '.join(DATA_SETS)}")
    folder = arguments.into or (DOWNLOADS if DOWNLOADS.is_dir() else Path("data"))
    try:
        fetched, is_new = fetch(data_set, folder, arguments.url, force=arguments.force, progress=_byte_bar)
    except KeyboardInterrupt:
        part = folder / f"{data_set.file}.part"
        print(f"solomuse: interrupted; what has come is in {part}: run the same command to go on", file=sys.stderr)
        return INTERRUPTED
    file, command = str(folder / data_set.file), prepare_command(data_set, folder)
    text = (
        f"{file}: {fetched.bytes} bytes, {'downloaded' if is_new else 'there already'}\nsha256: {fetched.sha256}\n"
        f"licence: {data_set.licence}\ncite: {data_set.citation}\n{command}"
    )
    document = {**asdict(fetched), "file": file, "is_new": is_new, "prepare": command}
    return show(document, arguments.json, text)
