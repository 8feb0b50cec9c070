"""Data sets downloaded from their publishers, whole or not at all; a download that was cut short goes on where it was.

While it lasts, what has come is in ``FILE.part``, and ``FILE.part.json`` says from which version of which address: a
server that holds another one by now starts afresh. When it is done and checked it is renamed, and ``NAME.json`` beside
it keeps address, size, SHA-256 and date. Nothing is unpacked: `solomuse.datasets.source` reads archives as they are.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import socket
import sqlite3
import ssl
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email.message import Message
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from solomuse import __version__
from solomuse.datasets.remote_sets import DataSet, size_text
from solomuse.errors import FetchError

TIMEOUT_SECONDS = 60
PAUSES_SECONDS = (2, 8, 30, 60)
"""Before each further try after a broken connection; counted anew when anything has come."""

_CHUNK_BYTES = 2**20
_TRY_AGAIN = frozenset({408, 425, 500, 502, 503, 504})
_WHY = {
    401: "asks for a password",
    403: "refuses it",
    404: "no longer has it",
    410: "no longer has it",
    429: "is asked too often: wait an hour",
}

Progress = Callable[[str, int, int | None], AbstractContextManager[Callable[[int], object]]]
"""Opens a bar: what is done, the bytes that are there already, and of how many; it is told of bytes as they come."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A data set on this disk, as ``NAME.json`` beside it says.

    Parameters
    ----------
    url : str
        Empty where somebody put it there by hand.
    checksum : str or None
        The published one that it was compared with.
    date : str
        When it came; ISO 8601, UTC.
    """

    name: str
    file: str
    url: str
    bytes: int
    sha256: str
    checksum: str | None
    date: str


def fetch(
    data_set: DataSet,
    folder: Path,
    url: str | None = None,
    *,
    force: bool = False,
    progress: Progress | None = None,
    pauses_seconds: Sequence[float] = PAUSES_SECONDS,
) -> tuple[Fetched, bool]:
    """Download a data set, unless it is there; returns what is there, and whether it has come just now.

    Parameters
    ----------
    url : str
        Of the same file at another place.
    force : bool
        Download it again.
    pauses_seconds : sequence of float
        Before each further try.

    Raises
    ------
    FetchError
        If it cannot be had, does not fit on the disk, or is not what was published. What has come of it stays, except
        where it is wrong.
    """
    file = folder / data_set.file
    bar = progress or (lambda *_: nullcontext(lambda _: None))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if file.exists() and not force:
            return _known(data_set, file, bar), False
        download = _Download(data_set, file, url or data_set.url, bar)
        download.run(pauses_seconds)
        sha256 = _checked(data_set, download.part, file, bar)
        download.part.replace(file)
        download.state.unlink(missing_ok=True)
        return _noted(data_set, file, download.url, sha256), True
    except OSError as error:
        raise FetchError(
            f"{error.filename or file}: {error.strerror or error}; check the folder and the disk"
        ) from None


def _known(data_set: DataSet, file: Path, bar: Progress) -> Fetched:
    """What its note says of a file that is there; where there is none, it is checked and a note is written."""
    note, size = file.with_name(f"{data_set.name}.json"), file.stat().st_size
    try:
        known = Fetched(**json.loads(note.read_text("utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return _noted(data_set, file, "", _checked(data_set, file, file, bar))
    if known.bytes != size:
        raise FetchError(f"{file}: has {size} bytes, but {known.bytes} came; pass --force to download it again")
    return known


def _noted(data_set: DataSet, file: Path, url: str, sha256: str) -> Fetched:
    date = datetime.now(UTC).isoformat(timespec="seconds")
    fetched = Fetched(data_set.name, data_set.file, url, file.stat().st_size, sha256, data_set.checksum, date)
    note = file.with_name(f"{data_set.name}.json")
    note.write_text(json.dumps(asdict(fetched), indent=2) + "\n", encoding="utf-8")
    return fetched


class _BrokenOffError(Exception):
    """The connection broke, or the server is busy: another try may do; says how."""


class _Download:
    """One file on its way into ``FILE.part``."""

    def __init__(self, data_set: DataSet, file: Path, url: str, bar: Progress) -> None:
        self.url, self.part = url, file.with_name(f"{file.name}.part")
        self.state = file.with_name(f"{file.name}.part.json")
        self._data_set, self._file, self._bar = data_set, file, bar
        if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
            raise FetchError(f"{url}: is no address that begins with http:// or https://; give one with --url")

    def run(self, pauses_seconds: Sequence[float]) -> None:
        """Download all of it, in as many tries as it takes."""
        left = list(pauses_seconds)
        while True:
            before = self._done()
            try:
                self._once()
                return
            except _BrokenOffError as broken:
                if self._done() > before:
                    left = list(pauses_seconds)
                if not left:
                    kept = f"{self._done()} bytes are kept: run it again to go on, or " if self._done() else ""
                    raise self._error(f"the download broke off ({broken}); {kept}download it") from None
                time.sleep(left.pop(0))

    def _done(self) -> int:
        return self.part.stat().st_size if self.part.exists() else 0

    def _error(self, why: str) -> FetchError:
        by_hand = f"by hand from {self._data_set.page} and put it at {self._file}, or give a mirror with --url"
        return FetchError(f"{self.url}: {why} {by_hand}")

    def _once(self) -> None:
        """Ask for what is missing, and append it."""
        start, size, validator = self._resumable()
        if 0 < start == size:
            return
        headers = {"User-Agent": f"solomuse/{__version__}", "Accept-Encoding": "identity"}
        if start:
            headers |= {"Range": f"bytes={start}-", "If-Range": validator}
        try:
            with urlopen(Request(self.url, headers=headers), timeout=TIMEOUT_SECONDS) as response:
                self._receive(response, start)
        except HTTPError as error:
            error.close()
            if error.code == 416 and error.headers.get("Content-Range", "") == f"bytes */{start}":
                return  # all of it was there
            if error.code == 416 and start:
                self.part.unlink()
                raise _BrokenOffError("the file has become shorter") from None
            if error.code in _TRY_AGAIN:
                raise _BrokenOffError(f"HTTP {error.code}") from None
            raise self._error(f"the server {_WHY.get(error.code, 'fails')} (HTTP {error.code}); download it") from None
        except (URLError, TimeoutError, ConnectionError, HTTPException) as error:
            reason = error.reason if isinstance(error, URLError) else error
            if isinstance(reason, socket.gaierror):
                raise self._error("the server's name is not found; check the network, or download it") from None
            if isinstance(reason, ssl.SSLCertVerificationError):
                raise self._error(f"the server is not to be trusted ({reason.verify_message}); download it") from None
            raise _BrokenOffError(str(reason) or type(reason).__name__) from None

    def _resumable(self) -> tuple[int, int, str]:
        """How much of the same file there is, its size (-1 if unknown), and what the server knows it by."""
        try:
            state = json.loads(self.state.read_text("utf-8"))
            size, validator = int(state["size"]), str(state["validator"])
        except (FileNotFoundError, ValueError, TypeError, KeyError):
            return 0, -1, ""
        return (self._done(), size, validator) if state["url"] == self.url and validator else (0, -1, "")

    def _receive(self, response: HTTPResponse, start: int) -> None:
        """Write what comes; from the beginning where the server does not go on."""
        if response.status != 206:
            start = 0
        elif not response.headers.get("Content-Range", "").startswith(f"bytes {start}-"):
            raise self._error("the server sends another part than it was asked for; download it")
        length = response.headers.get("Content-Length", "")
        total = start + int(length) if length.isdecimal() else None
        self._check_room((total or self._data_set.size_bytes) - start)
        done = start
        with self.part.open("r+b" if start else "wb") as part, self._bar(self._file.name, start, total) as advance:
            self._remember(response.headers, total)  # once nothing of another version is left in the part
            part.seek(start)
            for chunk in _chunks(response):
                part.write(chunk)
                done += len(chunk)
                advance(len(chunk))
        if total is not None and done < total:
            raise _BrokenOffError(f"after {done} of {total} bytes")

    def _remember(self, headers: Message, total: int | None) -> None:
        state = {"url": self.url, "validator": _validator(headers), "size": -1 if total is None else total}
        self.state.write_text(json.dumps(state), "utf-8")

    def _check_room(self, needed: int) -> None:
        free = shutil.disk_usage(self.part.parent).free
        if needed > free:
            wanted = f"{size_text(needed)} are needed, {size_text(free)} are free"
            raise FetchError(f"{self.part.parent}: {wanted}; make room, or choose another folder with --into")


def _chunks(response: HTTPResponse) -> Iterator[bytes]:
    """What comes, a piece at a time."""
    try:
        while chunk := response.read(_CHUNK_BYTES):
            yield chunk
    except (OSError, HTTPException) as error:
        raise _BrokenOffError(str(error) or type(error).__name__) from None


def _validator(headers: Message) -> str:
    """What a server knows a version of a file by, for If-Range; empty where it says nothing that is sure."""
    etag = headers.get("ETag", "")
    return headers.get("Last-Modified", "") if not etag or etag.startswith("W/") else etag


def _checked(data_set: DataSet, path: Path, file: Path, bar: Progress) -> str:
    """The SHA-256 of a file that is what was published; one that came and is not is removed.

    Where no checksum is published, it has to be readable from beginning to end.
    """
    kind, _, published = (data_set.checksum or "sha256:").partition(":")
    sha256, digest = hashlib.sha256(), hashlib.new(kind, usedforsecurity=False)
    with path.open("rb") as content, bar(f"checking {file.name}", 0, path.stat().st_size) as advance:
        while chunk := content.read(_CHUNK_BYTES):
            sha256.update(chunk)
            digest.update(chunk)
            advance(len(chunk))
    if published and digest.hexdigest() != published:
        fault = f"its {kind} is {digest.hexdigest()}, but {published} is published"
    else:
        fault = "" if published else _fault(path, file.name)
    if not fault:
        return sha256.hexdigest()
    if path == file:
        raise FetchError(f"{file}: {fault}; pass --force to download it again")
    path.unlink()
    raise FetchError(f"{file}: {fault}; it was removed: run it again, and see {data_set.page} if it stays so")


def _fault(path: Path, name: str) -> str:
    """Why a zip archive or SQLite database cannot be read to its end; empty if it can."""
    try:
        if name.endswith(".db"):
            with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
                answer = database.execute("PRAGMA quick_check(1)").fetchone()[0]
            return "" if answer == "ok" else f"it is damaged ({answer})"
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()
        return f"{damaged} in it is damaged" if damaged else ""
    except (zipfile.BadZipFile, zlib.error, EOFError, sqlite3.DatabaseError) as error:
        with path.open("rb") as content:
            is_page = content.read(64).lstrip().lower().startswith((b"<!doctype", b"<html"))
        return "it is a web page" if is_page else f"it is damaged ({error})"
