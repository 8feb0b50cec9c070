"""The promise that every MIDI file ends in a song or in a named reason, soon and in little memory.

    python benchmarks/odd_files.py FOLDER... [--fuzzed 400] [--seed 1]

Each file is read by symusic, by `read_midi` and by `prepare_song` in a process of its own, with the seconds of
processor time that it takes and the growth of its peak memory. Then come files made to take long, and the example
songs with damage of every kind, of which nothing but a `FormatError` may come. Prints tables in Markdown; exits with 1
if a promise is broken.
"""

from __future__ import annotations

import argparse
import gzip
import multiprocessing
import random
import resource
import sys
import tempfile
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from symusic import Score

from solomuse.config import DataConfig
from solomuse.datasets.examples import Skip, prepare_song
from solomuse.datasets.song_file import SongFile
from solomuse.errors import FormatError
from solomuse.formats.midi import read_midi
from solomuse.formats.smf import MOST_BYTES

EXAMPLES = Path(__file__).resolve().parent.parent / "01.data" / "Remote"
SUFFIXES = (".mid", ".midi", ".kar", ".rmi", ".midi2", ".syx")
MOST_SECONDS, MOST_MEGABYTES = 2.0, 1024
HANGS_AFTER_SECONDS = 60.0
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a file.

    Parameters
    ----------
    notes : int
        0 where it was not read.
    problem : str
        Why it was not read or not used; empty if it was.
    is_ours : bool
        Whether the problem is a bug of ours: an exception of another kind, a crash, or no end.
    read_seconds, prepare_seconds : float
        Of processor time.
    megabytes : float
        Growth of the peak memory.
    """

    notes: int = 0
    symusic_notes: int = 0
    problem: str = ""
    is_ours: bool = False
    read_seconds: float = 0.0
    prepare_seconds: float = 0.0
    megabytes: float = 0.0

    @property
    def seconds(self) -> float:
        """In all."""
        return self.read_seconds + self.prepare_seconds


def peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def symusic_notes(path: Path) -> int:
    try:
        return int(Score(path).note_num())
    except (RuntimeError, ValueError):
        return 0


def work(path: Path, is_prepared: bool, results: Connection) -> None:
    """Read a file, prepare it where asked to, and send the outcome."""
    before, start = peak_megabytes(), time.process_time()
    problem, notes, prepared, is_ours = "", 0, 0.0, False
    try:
        notes = sum(len(track.notes) for track in read_midi(path).tracks)
    except FormatError as error:
        problem = str(error).removeprefix(f"{path}: ").partition(";")[0]
    except BaseException as error:  # that this never happens is what is measured
        problem, is_ours = f"{type(error).__name__}: {error}", True
    read = time.process_time() - start
    if is_prepared and not problem:
        result = prepare_song(SongFile("midi", path, path.stem, path.name), DataConfig())
        prepared = time.process_time() - start - read
        if isinstance(result, Skip):
            problem, is_ours = result.reason, result.reason.startswith("Internal")
    grown = peak_megabytes() - before
    results.send(Outcome(notes, symusic_notes(path) if is_prepared else 0, problem, is_ours, read, prepared, grown))


def outcome(path: Path, is_prepared: bool = True) -> Outcome:
    """What becomes of a file in a process of its own, whatever it does to it."""
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=work, args=(path, is_prepared, sender))
    process.start()
    sender.close()
    try:
        return receiver.recv() if receiver.poll(HANGS_AFTER_SECONDS) else Outcome(problem="hangs", is_ours=True)
    except EOFError:
        return Outcome(problem="crashes", is_ours=True)
    finally:
        process.kill()
        process.join()


def chunk(body: bytes) -> bytes:
    return b"MTrk" + len(body).to_bytes(4, "big") + body


def midi(*chunks: bytes, tracks: int = 1) -> bytes:
    return b"MThd\0\0\0\6\0\1" + tracks.to_bytes(2, "big") + b"\x01\xe0" + b"".join(chunks)


END, NOTE = b"\0\xff\x2f\0", b"\0\x90\x3c\x50\x60\x3c\0\0\xff\x2f\0"


def filled(size: int, pattern: bytes, before: bytes = b"", after: bytes = END) -> bytes:
    """A track of about `size` bytes."""
    return chunk(before + pattern * (size // len(pattern)) + after)


HOSTILE: dict[str, Callable[[int, random.Random], bytes]] = {
    "random bytes behind a header": lambda size, rng: midi(chunk(rng.randbytes(size))),
    "random bytes, track too long": lambda size, rng: midi(b"MTrk\x7f\xff\xff\xff" + rng.randbytes(size)),
    "notes in running status": lambda size, _: midi(filled(size, b"\1\x3c\0\1\x3c\x50", b"\0\x90\x3c\x50")),
    "the same, cut short": lambda size, _: midi(filled(size, b"\1\x3c\0\1\x3c\x50", b"\0\x90\x3c\x50"))[:-1],
    "notes that never end": lambda size, _: midi(filled(size, b"\0\x3c\x50", b"\0\x90\x3c\x50")),
    "notes at once, then their ends": lambda size, _: midi(
        chunk(b"\0\x90\x3c\x50" + b"\0\x3c\x50" * (size // 6) + b"\1\x3c\0" * (size // 6))
    ),
    "390,000 notes": lambda _, __: midi(chunk(b"\0\x90\x3c\x50" + b"\1\x3c\0\1\x3c\x50" * 389_999 + b"\1\x3c\0" + END)),
    "65,535 empty tracks": lambda _, __: midi(chunk(END) * 65_535, tracks=65_535),
    "65,535 tracks of one note": lambda _, __: midi(chunk(NOTE) * 65_535, tracks=65_535),
    "empty track chunks": lambda size, _: midi(chunk(b"") * (size // 8), tracks=65_535),
    "track chunks of 2 GB": lambda size, _: midi(b"MTrk\x7f\xff\xff\xff" * (size // 8)),
    "foreign chunks": lambda size, _: midi(b"ABCD\0\0\0\0" * (size // 8), chunk(NOTE)),
    "markers": lambda size, _: midi(filled(size, b"\0\xff\6\1A"), chunk(NOTE), tracks=2),
    "texts": lambda size, _: midi(filled(size, b"\0\xff\1\1A"), chunk(NOTE), tracks=2),
    "tempos": lambda size, _: midi(
        filled(size, b"\1\xff\x51\3\7\xa1\x20\1\xff\x51\3\7\xa1\x21"), chunk(NOTE), tracks=2
    ),
    "meters": lambda size, _: midi(
        filled(size, b"\x78\xff\x58\4\3\2\x18\x08\x78\xff\x58\4\4\2\x18\x08"), chunk(NOTE), tracks=2
    ),
    "pedals": lambda size, _: midi(filled(size, b"\0\xb0\x40\x7f\1\x40\0", after=NOTE)),
    "2 GB of zeros, packed": lambda _, __: gzip_bomb(),
    "notes, packed": lambda size, _: gzip.compress(midi(filled(size, b"\1\x3c\0\1\x3c\x50", b"\0\x90\x3c\x50")), 1),
}


def gzip_bomb() -> bytes:
    packer = zlib.compressobj(wbits=31)
    return b"".join(packer.compress(bytes(2**20)) for _ in range(2048)) + packer.flush()


def damaged(data: bytes, rng: random.Random) -> bytes:
    """The file with one to four kinds of damage."""
    for _ in range(rng.randint(1, 4)):
        at, length = rng.randrange(len(data)), rng.choice((1, 1, 2, 8, 64, 512))
        other = rng.choice((rng.randbytes(length), b"\xff" * length, bytes(length), b"MTrk", data[:length]))
        data = rng.choice(
            (
                data[:at] + other + data[at + len(other) :],  # bytes changed
                data[:at] + other + data[at:],  # put in
                data[:at] + data[at + length :],  # lost
                data[: max(at, 1)],  # cut short
                data[:at] + data[at // 2 :],  # repeated
            )
        )
    return data


def files_in(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.suffix.lower() in SUFFIXES)


def table(head: str, rows: list[tuple[object, ...]]) -> None:
    columns = head.count("|") + 1
    print(f"\n| {head} |\n|{'---|' * columns}")
    for row in rows:
        print(f"| {' | '.join(map(str, row))} |")


def report(folder: Path) -> list[Outcome]:
    """Print what became of the files of a folder."""
    found = {path: outcome(path) for path in files_in(folder)}
    all_of = list(found.values())
    ours, symusic = sum(o.notes > 0 for o in all_of), sum(o.symusic_notes > 0 for o in all_of)
    beyond = sum(o.notes > 0 and o.symusic_notes == 0 for o in all_of)
    lost = sum(o.notes == 0 and o.symusic_notes > 0 for o in all_of)
    fuller = sum(o.notes > o.symusic_notes > 0 for o in all_of)
    print(f"\n## {folder.name}: {len(found)} files")
    table(
        "what | files",
        [
            ("symusic alone reads, with notes", symusic),
            ("SoloMuse reads, with notes", f"{ours} ({100 * (ours - symusic) / max(symusic, 1):+.1f} %)"),
            ("of them symusic does not", beyond),
            ("of them symusic reads with fewer notes", fuller),
            ("symusic reads, SoloMuse does not", lost),
            ("become training windows", sum(not o.problem for o in all_of)),
            ("exceptions of other kinds, crashes, no end", sum(o.is_ours for o in all_of)),
            (f"longer than {MOST_SECONDS:g} s", sum(o.seconds > MOST_SECONDS for o in all_of)),
            (f"more than {MOST_MEGABYTES} MB", sum(o.megabytes > MOST_MEGABYTES for o in all_of)),
        ],
    )
    table("left out because | files", Counter(o.problem for o in all_of if o.problem).most_common())
    slowest = sorted(found.items(), key=lambda item: -item[1].seconds)[:SHOWN]
    table("slowest | read, s | prepared, s", [(p.name, *seconds(o)) for p, o in slowest])
    largest = sorted(found.items(), key=lambda item: -item[1].megabytes)[:SHOWN]
    table("most memory | MB", [(p.name, f"{o.megabytes:.0f}") for p, o in largest])
    return all_of


def seconds(one: Outcome) -> tuple[str, str]:
    return f"{one.read_seconds:.2f}", f"{one.prepare_seconds:.2f}"


def report_hostile(scratch: Path, rng: random.Random) -> list[Outcome]:
    """Print what becomes of files that are made to take long, just under the largest size and at 60 MB."""
    rows: list[tuple[object, ...]] = []
    every = []
    for name, made in HOSTILE.items():
        for size in (MOST_BYTES - 2**16, 60 * 2**20):
            path = scratch / "hostile.mid"
            data = made(size, rng)
            path.write_bytes(data)
            one = outcome(path, is_prepared=False)
            every.append(one)
            said = one.problem or f"{one.notes} notes"
            row = (name, f"{len(data) / 2**20:.1f}", f"{one.read_seconds:.2f}", f"{one.megabytes:.0f}", said)
            if row[:2] not in [before[:2] for before in rows]:
                rows.append(row)
    print("\n## Files made to take long, read only")
    table("of | MB | s | memory, MB | read as", rows)
    return every


def report_fuzzed(scratch: Path, rng: random.Random, count: int) -> list[Outcome]:
    """Print what becomes of damaged example songs."""
    songs = [path.read_bytes() for path in sorted(EXAMPLES.glob("*.mid"))]
    every = []
    for number in range(count):
        path = scratch / f"{number}.mid"
        path.write_bytes(damaged(rng.choice(songs), rng))
        every.append(outcome(path, is_prepared=False))
    print(f"\n## Example songs with damage: {count}")
    table(
        "what | files",
        [
            ("read", sum(o.notes > 0 for o in every)),
            ("refused by name", sum(o.notes == 0 and not o.is_ours for o in every)),
            ("exceptions of other kinds, crashes, no end", sum(o.is_ours for o in every)),
            ("slowest, s", f"{max(o.seconds for o in every):.2f}"),
        ],
    )
    return every


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="*")
    parser.add_argument("--fuzzed", type=int, default=400, help="example songs to damage")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    prepare_song(SongFile("midi", next(files_in(EXAMPLES)), "warm"), DataConfig())  # loads what each child would
    rng = random.Random(arguments.seed)
    every = [one for folder in arguments.folder for one in report(folder)]
    with tempfile.TemporaryDirectory(prefix="solomuse-odd-") as scratch:
        every += report_hostile(Path(scratch), rng)
        every += report_fuzzed(Path(scratch), rng, arguments.fuzzed)
    broken = [o for o in every if o.is_ours or o.seconds > MOST_SECONDS or o.megabytes > MOST_MEGABYTES]
    for one in broken[:SHOWN]:
        print(f"one of {len(broken)} broken promises: {one}", file=sys.stderr)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
