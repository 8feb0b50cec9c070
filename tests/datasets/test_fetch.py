import hashlib
import io
import json
import re
import shutil
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import SimpleNamespace

import pytest

from solomuse.cli import data as cli
from solomuse.cli import main
from solomuse.datasets import fetch as fetching
from solomuse.datasets.fetch import fetch
from solomuse.datasets.remote_sets import DATA_SETS, DataSet
from solomuse.errors import FetchError


def zipped(text: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(zipfile.ZipInfo("song.abc"), text)  # its time is always the same
    return packed.getvalue()


CONTENT = zipped("X:1\nK:C\nCDEF|\n" * 2000)


@dataclass
class Site:
    """What a server holds, how it behaves, and what it was asked for."""

    content: bytes = CONTENT
    headers: dict[str, str] = field(default_factory=lambda: {"ETag": '"one"'})
    knows_ranges: bool = True
    says_length: bool = True
    cuts: list[int] = field(default_factory=list)  # bytes after which each answer breaks off
    statuses: list[int] = field(default_factory=list)  # of the first answers
    asked: list[dict[str, str]] = field(default_factory=list)
    url: str = ""

    @property
    def ranges(self) -> list[str | None]:
        return [headers.get("Range") for headers in self.asked]


class Handler(BaseHTTPRequestHandler):
    site: Site

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        site = self.site
        site.asked.append(dict(self.headers))
        if site.statuses:
            self.send_error(site.statuses.pop(0))
            return
        start, size = 0, len(site.content)
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if asked and site.knows_ranges and self.headers["If-Range"] in site.headers.values():
            start = int(asked[1])
            self.send_response(206 if start < size else 416)
            self.send_header("Content-Range", f"bytes {start}-{size - 1}/{size}" if start < size else f"bytes */{size}")
        else:
            self.send_response(200)
        for name, value in site.headers.items():
            self.send_header(name, value)
        if site.says_length:
            self.send_header("Content-Length", str(size - start))
        self.end_headers()
        rest = site.content[start:]
        self.wfile.write(rest[: site.cuts.pop(0)] if site.cuts else rest)


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("SiteHandler", (Handler,), {"site": site}))
    site.url = f"http://127.0.0.1:{server.server_port}/file"
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield site
    server.shutdown()
    server.server_close()


@pytest.fixture
def tunes(site: Site) -> DataSet:
    return DataSet(
        "tunes", "Tunes", site.url, "http://page", "tunes.zip", len(CONTENT), None, "CC0", "Nobody", "--format abc"
    )


def got(data_set: DataSet, folder: Path, **options: object) -> bytes:
    """The bytes that a data set's file has once it was fetched, without pauses between tries."""
    fetch(data_set, folder, pauses_seconds=(0, 0), **options)
    return (folder / data_set.file).read_bytes()


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_file_comes_whole_with_a_note_beside_it(tunes: DataSet, tmp_path: Path) -> None:
    fetched, is_new = fetch(tunes, tmp_path / "new" / "folder")
    note = json.loads((tmp_path / "new" / "folder" / "tunes.json").read_text())
    assert (tmp_path / "new" / "folder" / "tunes.zip").read_bytes() == CONTENT
    assert names(tmp_path / "new" / "folder") == {"tunes.zip", "tunes.json"}
    assert (note["url"], note["bytes"], note["sha256"]) == (
        tunes.url,
        len(CONTENT),
        hashlib.sha256(CONTENT).hexdigest(),
    )
    assert (fetched.sha256, is_new) == (note["sha256"], True)


def test_a_broken_connection_is_taken_up_where_it_broke(tunes: DataSet, site: Site, tmp_path: Path) -> None:
    site.cuts = [1000, 500]
    assert got(tunes, tmp_path) == CONTENT
    assert site.ranges == [None, "bytes=1000-", "bytes=1500-"]


def test_a_download_that_was_given_up_goes_on_later(tunes: DataSet, site: Site, tmp_path: Path) -> None:
    site.cuts = [1000, 0, 0]
    with pytest.raises(
        FetchError, match=rf"broke off \(after 1000 of {len(CONTENT)} bytes\); 1000 bytes are kept: run it"
    ):
        got(tunes, tmp_path)
    assert names(tmp_path) == {"tunes.zip.part", "tunes.zip.part.json"}
    assert got(tunes, tmp_path) == CONTENT
    assert site.ranges[-1] == "bytes=1000-"


def test_a_file_that_changed_meanwhile_starts_afresh(tunes: DataSet, site: Site, tmp_path: Path) -> None:
    site.cuts = [1000, 0, 0]
    with pytest.raises(FetchError):
        got(tunes, tmp_path)
    site.content, site.headers = zipped("other"), {"ETag": '"two"'}
    assert got(tunes, tmp_path) == zipped("other")


@pytest.mark.parametrize("headers", [{"Last-Modified": "Sat, 01 Jan 2022 00:00:00 GMT"}, {"ETag": 'W/"x"'}, {}])
def test_only_what_names_one_version_is_taken_up(
    headers: dict[str, str], tunes: DataSet, site: Site, tmp_path: Path
) -> None:
    site.headers, site.cuts = headers, [1000]
    assert got(tunes, tmp_path) == CONTENT
    assert site.ranges == [None, "bytes=1000-" if "Last-Modified" in headers else None]


def test_a_server_that_knows_no_ranges_starts_afresh(tunes: DataSet, site: Site, tmp_path: Path) -> None:
    site.knows_ranges, site.cuts = False, [1000]
    assert got(tunes, tmp_path) == CONTENT


def test_another_address_starts_afresh(tunes: DataSet, site: Site, tmp_path: Path) -> None:
    site.cuts = [1000, 0, 0]
    with pytest.raises(FetchError):
        got(tunes, tmp_path)
    assert got(tunes, tmp_path, url=f"{site.url}/mirror") == CONTENT
    assert site.ranges[-1] is None


def test_a_part_that_is_whole_already_is_not_asked_for_again(tunes: DataSet, site: Site, tmp_path: Path) -> None:
    (tmp_path / "tunes.zip.part").write_bytes(CONTENT)
    state = {"url": tunes.url, "validator": '"one"', "size": len(CONTENT)}
    (tmp_path / "tunes.zip.part.json").write_text(json.dumps(state))
    assert (got(tunes, tmp_path), site.asked) == (CONTENT, [])


@pytest.mark.parametrize("length", [len(CONTENT), len(CONTENT) + 1], ids=["whole", "too long"])
def test_a_part_that_reaches_the_end_is_checked_with_the_server(
    length: int, tunes: DataSet, site: Site, tmp_path: Path
) -> None:
    (tmp_path / "tunes.zip.part").write_bytes((CONTENT + b"x")[:length])
    (tmp_path / "tunes.zip.part.json").write_text(json.dumps({"url": tunes.url, "validator": '"one"', "size": -1}))
    assert got(tunes, tmp_path) == CONTENT
    assert site.ranges[0] == f"bytes={length}-"


def test_a_busy_server_is_asked_again(tunes: DataSet, site: Site, tmp_path: Path) -> None:
    site.statuses = [503, 500]
    assert got(tunes, tmp_path) == CONTENT


def test_a_server_that_says_no_length_is_believed_if_the_archive_is_whole(
    tunes: DataSet, site: Site, tmp_path: Path
) -> None:
    site.says_length = False
    assert got(tunes, tmp_path) == CONTENT


CHECKSUMS = [
    "md5:" + hashlib.md5(CONTENT, usedforsecurity=False).hexdigest(),
    "sha256:" + hashlib.sha256(CONTENT).hexdigest(),
]


@pytest.mark.parametrize("checksum", CHECKSUMS)
def test_a_published_checksum_is_compared(checksum: str, tunes: DataSet, tmp_path: Path) -> None:
    fetched, _ = fetch(replace(tunes, checksum=checksum), tmp_path)
    assert fetched.checksum == checksum


def test_a_file_with_another_checksum_is_removed(tunes: DataSet, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match=r"tunes\.zip: its md5 is \w{32}, but 00 is published; it was removed"):
        fetch(replace(tunes, checksum="md5:00"), tmp_path)
    assert not {"tunes.zip", "tunes.zip.part"} & names(tmp_path)


def damaged_zip() -> bytes:
    return CONTENT[:100] + b"????" + CONTENT[104:]


def database(folder: Path) -> bytes:
    with closing(sqlite3.connect(folder / "new.sqlite")) as made:
        made.execute("CREATE TABLE melody (pitch INTEGER)")
        made.commit()
    return (folder / "new.sqlite").read_bytes()


def test_a_database_is_checked_by_its_own_means(tunes: DataSet, site: Site, tmp_path: Path) -> None:
    site.content = database(tmp_path)
    assert got(replace(tunes, file="tunes.db"), tmp_path) == site.content


@pytest.mark.parametrize(
    ("file", "content", "why"),
    [
        ("tunes.zip", damaged_zip(), r"song\.abc in it is damaged"),
        ("tunes.zip", b"<!DOCTYPE html><html>Please log in", "it is a web page"),
        ("tunes.zip", CONTENT[:-20], "it is damaged"),
        ("tunes.zip", b"", "it is damaged"),
        ("tunes.db", b"<html>gone</html>" * 100, "it is a web page"),
        ("tunes.db", b"SQLite format 3\0" + bytes(2000), "it is damaged"),
    ],
)
def test_what_cannot_be_read_to_the_end_is_removed(
    file: str, content: bytes, why: str, tunes: DataSet, site: Site, tmp_path: Path
) -> None:
    site.content = content
    with pytest.raises(FetchError, match=why):
        got(replace(tunes, file=file), tmp_path)
    assert not {file, f"{file}.part"} & names(tmp_path)


@pytest.mark.parametrize(("status", "why"), [(404, "no longer has it"), (403, "refuses it"), (418, "fails")])
def test_a_refusal_says_what_to_do_by_hand(status: int, why: str, tunes: DataSet, site: Site, tmp_path: Path) -> None:
    site.statuses = [status]
    with pytest.raises(
        FetchError, match=rf"^http://127[^\n]*{why} \(HTTP {status}\); download it by hand from [^\n]*$"
    ):
        got(tunes, tmp_path)
    assert len(site.asked) == 1


def test_a_server_that_is_not_there_is_named(tunes: DataSet, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match=r"broke off .*refused.*; download it by hand from http://page and put it at"):
        got(tunes, tmp_path, url="http://127.0.0.1:9/file")


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/file", "file:///etc/passwd", "tunes.zip", "http://"])
def test_only_web_addresses_are_taken(url: str, tunes: DataSet, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="no address that begins with http"):
        got(tunes, tmp_path, url=url)


@pytest.mark.parametrize("says_length", [True, False])
def test_a_full_disk_is_noticed_before(
    says_length: bool, tunes: DataSet, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.says_length = says_length
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=10))
    with pytest.raises(FetchError, match=r"0\.0 MB are needed, 0\.0 MB are free; make room, or choose another folder"):
        got(tunes, tmp_path)
    assert names(tmp_path) == set()


def test_a_file_in_place_of_the_folder_is_named_in_one_line(tunes: DataSet, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FetchError, match=r"file: File exists; check the folder"):
        got(tunes, tmp_path / "file")


def test_what_is_there_is_not_asked_for_again(tunes: DataSet, site: Site, tmp_path: Path) -> None:
    first, _ = fetch(tunes, tmp_path)
    assert fetch(tunes, tmp_path) == (first, False)
    assert len(site.asked) == 1


def test_what_was_put_there_by_hand_is_checked_and_noted(tunes: DataSet, site: Site, tmp_path: Path) -> None:
    (tmp_path / "tunes.zip").write_bytes(CONTENT)
    fetched, is_new = fetch(tunes, tmp_path)
    assert (fetched.url, is_new, site.asked) == ("", False, [])
    assert "tunes.json" in names(tmp_path)


def test_what_was_put_there_by_hand_and_is_damaged_stays(tunes: DataSet, tmp_path: Path) -> None:
    (tmp_path / "tunes.zip").write_bytes(CONTENT[:1000])
    with pytest.raises(FetchError, match=r"it is damaged .*; pass --force to download it again"):
        fetch(tunes, tmp_path)
    assert names(tmp_path) == {"tunes.zip"}


def test_a_file_of_another_size_than_noted_is_refused(tunes: DataSet, tmp_path: Path) -> None:
    fetch(tunes, tmp_path)
    (tmp_path / "tunes.zip").write_bytes(b"short")
    with pytest.raises(FetchError, match=rf"has 5 bytes, but {len(CONTENT)} came; pass --force"):
        fetch(tunes, tmp_path)


def test_force_downloads_it_again(tunes: DataSet, site: Site, tmp_path: Path) -> None:
    fetch(tunes, tmp_path)
    site.content, site.headers = zipped("newer"), {"ETag": '"two"'}
    assert got(tunes, tmp_path, force=True) == zipped("newer")


@pytest.fixture
def command(tunes: DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Runs ``solomuse fetch`` in an empty folder where ``tunes`` is the one data set more."""
    monkeypatch.setitem(DATA_SETS, "tunes", tunes)
    monkeypatch.setattr(fetching, "PAUSES_SECONDS", ())
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> tuple[int, str, str]:
        code = main(["fetch", *words])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def test_the_last_line_says_what_to_run_next(command) -> None:
    code, out, _ = command("tunes")
    last = out.splitlines()[-1]
    assert (code, last) == (0, f"solomuse prepare {Path('data', 'tunes.zip')} --format abc --out runs/tunes")


def test_downloads_go_into_the_folder_for_them_where_there_is_one(command, tmp_path: Path) -> None:
    (tmp_path / cli.DOWNLOADS).mkdir(parents=True)
    assert command("tunes")[0] == 0
    assert (tmp_path / "01.data" / "Remote" / "tunes.zip").exists()


def test_json_is_one_document(command, tmp_path: Path) -> None:
    code, out, _ = command("tunes", "--into", str(tmp_path / "here"), "--json")
    document = json.loads(out)
    assert (code, document["file"], document["bytes"]) == (0, str(tmp_path / "here" / "tunes.zip"), len(CONTENT))
    assert document["prepare"].startswith("solomuse prepare")


def test_progress_goes_to_stderr(command) -> None:
    _, out, err = command("tunes")
    assert ("tunes.zip" in err, "%" in out) == (True, False)


def test_without_a_name_the_sets_are_listed_with_size_licence_and_page(command) -> None:
    code, out, _ = command()
    assert code == 0
    for data_set in DATA_SETS.values():
        assert data_set.name == "tunes" or (data_set.licence in out and data_set.page in out)
    assert "104.3 GB" in out


def test_the_list_is_one_json_document_too(command) -> None:
    _, out, _ = command("--json")
    assert {"lmd_full", "slakh2100", "wjazzd"} <= {entry["name"] for entry in json.loads(out)["sets"]}


def test_an_unknown_set_is_one_line_with_the_known_ones(command) -> None:
    code, out, err = command("maestro")
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert "expected one of lmd_full, lmd_matched" in err


def test_a_refusal_is_one_line_and_exit_code_2(command, site: Site) -> None:
    site.statuses = [404]
    code, out, err = command("tunes")
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert err.startswith("solomuse: http://127.0.0.1")


def test_an_interrupted_download_says_how_to_go_on(command, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def chunks(_: object) -> Iterator[bytes]:
        yield CONTENT[:1000]
        raise KeyboardInterrupt

    with monkeypatch.context() as interrupted:
        interrupted.setattr(fetching, "_chunks", chunks)
        code, _, err = command("tunes")
    assert code == 130
    assert err.splitlines()[-1].endswith("tunes.zip.part: run the same command to go on")
    assert command("tunes")[0] == 0
    assert site.ranges == [None, "bytes=1000-"]


def test_every_set_says_all_that_a_user_has_to_know() -> None:
    for name, data_set in DATA_SETS.items():
        assert name == data_set.name
        assert data_set.url.startswith(("https://", "http://hog.ee.columbia.edu/"))
        assert all((data_set.title, data_set.page, data_set.licence, data_set.citation, data_set.size_bytes))
        assert data_set.checksum or data_set.file.endswith((".zip", ".db"))  # what is read to the end instead
        assert re.fullmatch("md5:[0-9a-f]{32}|sha256:[0-9a-f]{64}", data_set.checksum or CHECKSUMS[0])
