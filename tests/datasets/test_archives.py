from __future__ import annotations

import io
import os
import random
import stat
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from solomuse.cli import main
from solomuse.datasets import archives
from solomuse.datasets.archives import unpack
from solomuse.datasets.source import collected, read_song
from solomuse.errors import DatasetError
from solomuse.formats.midi import write_midi
from solomuse.music.note import Note
from solomuse.music.song import Song, Track
from tests.datasets.test_pop909 import write_song as write_pop909
from tests.datasets.test_slakh import write_song as write_slakh
from tests.datasets.test_wjazzd import common_time, write_solo

REMOTE = Path(__file__).resolve().parents[2] / "01.data" / "Remote"
ONE_NOTE = Song((Track((Note(0, 60, 480),)),))

KINDS = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")

Pack = Callable[[Path, Mapping[str, bytes]], Path]


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which temporary ones are made."""
    (tmp_path / "scratch").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "scratch"))
    return tmp_path / "scratch"


@pytest.fixture
def midi(tmp_path: Path) -> bytes:
    write_midi(ONE_NOTE, tmp_path / "one.mid")
    return (tmp_path / "one.mid").read_bytes()


def pack(path: Path, content: Mapping[str, bytes]) -> Path:
    """An archive of the kind that its name says."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in content.items():
                archive.writestr(name, data)
        return path
    packing = {".gz": "gz", ".tgz": "gz", ".bz2": "bz2", ".xz": "xz"}.get(path.suffix, "")
    with tarfile.open(path, f"w:{packing}") as archive:  # type: ignore[call-overload]
        for name, data in content.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def pack_folder(path: Path, folder: Path) -> Path:
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    return pack(path, {file.relative_to(folder).as_posix(): file.read_bytes() for file in files})


def unpacked(path: Path) -> list[str]:
    """What comes out of an archive, and out of nowhere else."""
    folder = path.parent / "out" / "inside"
    unpack(path, folder)
    return sorted(file.relative_to(folder.parent).as_posix() for file in folder.parent.rglob("*") if file.is_file())


def refusal(path: Path) -> str:
    with pytest.raises(DatasetError) as caught, collected([path]):
        pass
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(str(path))
    return str(caught.value)


@pytest.mark.parametrize("kind", [".zip", ".tar.gz"])
def test_an_archive_in_an_archive_stays_closed_and_is_named(tmp_path: Path, midi: bytes, kind: str) -> None:
    inner = pack(tmp_path / "inner.zip", {"two.mid": midi}).read_bytes()
    path = pack(tmp_path / f"outer{kind}", {"one.mid": midi, "more/inner.zip": inner})
    said: list[str] = []
    with collected([path], say=said.append) as files:
        assert [file.name for file in files] == [f"outer{kind}/one.mid"]
    assert said == [f"archives inside stay closed, such as {path}/more/inner.zip: give each by its own path"]


def test_an_archive_of_nothing_but_archives_names_one(tmp_path: Path, midi: bytes) -> None:
    inner = pack(tmp_path / "inner.zip", {"one.mid": midi}).read_bytes()
    path = pack(tmp_path / "outer.zip", {"inner.zip": inner})
    assert refusal(path).endswith(f"; {path}/inner.zip in it has to be given by itself")


@pytest.mark.parametrize("kind", KINDS)
def test_the_songs_of_an_archive_are_found_and_read(tmp_path: Path, midi: bytes, kind: str) -> None:
    path = pack(tmp_path / f"songs{kind}", {"a/one.mid": midi, "two.MID": midi, "notes.doc": b"no song"})
    with collected([path]) as files:
        assert [(file.name, file.title) for file in files] == [
            (f"songs{kind}/a/one.mid", "one"),
            (f"songs{kind}/two.MID", "two"),
        ]
        assert [read_song(file).tracks for file in files] == [ONE_NOTE.tracks] * 2


def test_archives_and_folders_may_be_given_together(tmp_path: Path, midi: bytes) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "b.mid").write_bytes(midi)
    paths = [pack(tmp_path / "x.zip", {"a.mid": midi}), tmp_path / "mine", pack(tmp_path / "y.tar.xz", {"a.mid": midi})]
    with collected(paths) as files:
        assert [file.name for file in files] == ["x.zip/a.mid", "b.mid", "y.tar.xz/a.mid"]


@pytest.mark.parametrize("kind", [".zip", ".tar.gz"])
def test_collections_inside_an_archive_are_recognised_by_their_layout(tmp_path: Path, kind: str) -> None:
    write_pop909(tmp_path / "all" / "POP909" / "001", index="001,Invented,Nobody,1,2,2")
    write_solo(tmp_path / "all" / "csv", common_time(), [(0, 1, 1, 1, 1, 1, 60)])
    write_slakh(tmp_path / "all" / "slakh" / "train" / "Track00001")
    with collected([pack_folder(tmp_path / f"sets{kind}", tmp_path / "all")]) as files:
        assert [(file.source, file.title, file.split) for file in files] == [
            ("pop909", "Invented", ""),
            ("wjazzd", "Some Tune", ""),
            ("slakh", "Track00001", "train"),
        ]
        assert [read_song(file).source for file in files] == ["pop909", "wjazzd", "slakh"]


def test_a_tar_that_is_packed_otherwise_than_its_name_says_is_read(tmp_path: Path, midi: bytes) -> None:
    pack(tmp_path / "songs.tar", {"one.mid": midi}).rename(tmp_path / "songs.tar.gz")
    assert unpacked(tmp_path / "songs.tar.gz") == ["inside/one.mid"]


@pytest.mark.parametrize("kind", [".zip", ".tar.gz"])
def test_what_is_of_no_use_is_not_unpacked(tmp_path: Path, midi: bytes, kind: str) -> None:
    audio = dict.fromkeys(("mix.flac", "stems/S00.wav", "song.mp3"), b"loud")
    hidden = dict.fromkeys((".git/a.mid", "__MACOSX/._a.mid", "a/.b.mid"), midi)
    path = pack(tmp_path / f"songs{kind}", {**audio, **hidden, "./b/one.mid": midi, "metadata.yaml": b"stems: {}"})
    assert unpacked(path) == ["inside/b/one.mid", "inside/metadata.yaml"]


@pytest.mark.parametrize("kind", [".zip", ".tar"])
@pytest.mark.parametrize(
    "name",
    ["../evil.mid", "a/../../evil.mid", "/tmp/evil.mid", "//evil.mid", "..\\evil.mid", "C:\\evil.mid", "C:/e.mid"],
)
def test_no_name_leads_out_of_the_folder(tmp_path: Path, midi: bytes, kind: str, name: str) -> None:
    path = pack(tmp_path / f"songs{kind}", {name: midi, "good.mid": midi})
    kept = unpacked(path)
    assert "inside/good.mid" in kept
    assert all(file.startswith("inside/") for file in kept)
    assert not (tmp_path / "evil.mid").exists()
    assert not Path("/tmp/evil.mid").exists()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_links_and_devices_of_a_tar_are_left_out(tmp_path: Path, midi: bytes, kind: bytes) -> None:
    link, through, good = tarfile.TarInfo("link.mid"), tarfile.TarInfo("link.mid/evil.mid"), tarfile.TarInfo("good.mid")
    link.type, link.linkname = kind, str(tmp_path)
    through.size = good.size = len(midi)
    with tarfile.open(tmp_path / "songs.tar", "w") as archive:
        archive.addfile(link)
        archive.addfile(through, io.BytesIO(midi))
        archive.addfile(good, io.BytesIO(midi))
    assert unpacked(tmp_path / "songs.tar") == ["inside/good.mid", "inside/link.mid/evil.mid"]
    assert not (tmp_path / "evil.mid").exists()


def test_links_of_a_zip_are_left_out(tmp_path: Path, midi: bytes) -> None:
    link = zipfile.ZipInfo("link.mid")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "songs.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
        archive.writestr("good.mid", midi)
    assert unpacked(tmp_path / "songs.zip") == ["inside/good.mid"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_truncated_archive_is_refused(tmp_path: Path, midi: bytes, kind: str) -> None:
    noise = random.Random(1).randbytes(100_000)
    path = pack(tmp_path / f"songs{kind}", {"one.mid": midi, "skipped.wav": noise, "two.mid": midi})
    path.write_bytes(path.read_bytes()[:50_000])
    assert "cannot be unpacked" in refusal(path)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_archive_is_refused(tmp_path: Path, kind: str) -> None:
    (tmp_path / f"songs{kind}").write_bytes(b"This is not an archive, whatever its name says." * 30)
    assert "cannot be unpacked" in refusal(tmp_path / f"songs{kind}")


def test_a_locked_archive_says_that_it_needs_a_password(tmp_path: Path, midi: bytes) -> None:
    path = pack(tmp_path / "songs.zip", {"one.mid": midi})
    data = bytearray(path.read_bytes())
    for magic, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(magic) + flags] |= 1
    path.write_bytes(data)
    assert "password" in refusal(path)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("content", [{}, {"mix.flac": b"loud"}])
def test_an_archive_with_nothing_of_use_is_refused(tmp_path: Path, kind: str, content: dict[str, bytes]) -> None:
    assert "holds no MIDI file or lead sheet" in refusal(pack(tmp_path / f"songs{kind}", content))


def test_an_archive_with_annotations_alone_is_refused_under_its_own_name(tmp_path: Path) -> None:
    assert "holds no file" in refusal(pack(tmp_path / "songs.zip", {"readme.txt": b"nothing here"}))


@pytest.mark.parametrize("kind", [".zip", ".tar.gz"])
def test_an_archive_that_unpacks_to_more_than_the_limit_is_refused(
    tmp_path: Path, scratch: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(archives, "MOST_BYTES", 10_000)
    path = pack(tmp_path / f"songs{kind}", {"a.mid": bytes(6_000), "b.mid": bytes(6_000)})
    assert "more than there is room for" in refusal(path)
    assert list(scratch.iterdir()) == []


def test_a_zip_that_lies_about_its_size_fills_no_disk(tmp_path: Path) -> None:
    path = pack(tmp_path / "bomb.zip", {"a.mid": bytes(50_000_000)})
    data, size = path.read_bytes(), (50_000_000).to_bytes(4, "little")
    path.write_bytes(data.replace(size, (1000).to_bytes(4, "little")))
    with pytest.raises(DatasetError, match="cannot be unpacked"):
        unpack(path, tmp_path / "out")
    assert sum(file.stat().st_size for file in (tmp_path / "out").rglob("*.mid")) <= 1000


@pytest.mark.parametrize("date", [(1980, 0, 0, 0, 0, 0), (1980, 1, 1, 0, 0, 0), (2107, 15, 31, 31, 63, 62)])
def test_impossible_dates_do_no_harm(tmp_path: Path, midi: bytes, date: tuple[int, int, int, int, int, int]) -> None:
    info = zipfile.ZipInfo("one.mid")
    info.date_time = date
    with zipfile.ZipFile(tmp_path / "songs.zip", "w") as archive:
        archive.writestr(info, midi)
    assert unpacked(tmp_path / "songs.zip") == ["inside/one.mid"]


@pytest.mark.parametrize("changed", [1e300, float("nan"), -1e12])
def test_impossible_times_in_a_tar_do_no_harm(tmp_path: Path, midi: bytes, changed: float) -> None:
    info = tarfile.TarInfo("one.mid")
    info.size, info.pax_headers = len(midi), {"mtime": str(changed)}
    with tarfile.open(tmp_path / "songs.tar", "w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(info, io.BytesIO(midi))
    assert unpacked(tmp_path / "songs.tar") == ["inside/one.mid"]


def test_files_keep_the_times_that_the_archive_gives(tmp_path: Path, midi: bytes) -> None:
    info = tarfile.TarInfo("one.mid")
    info.size, info.mtime = len(midi), 1_000_000_000
    with tarfile.open(tmp_path / "songs.tar", "w") as archive:
        archive.addfile(info, io.BytesIO(midi))
    unpack(tmp_path / "songs.tar", tmp_path / "out")
    assert (tmp_path / "out" / "one.mid").stat().st_mtime == 1_000_000_000


@pytest.mark.parametrize("kind", KINDS)
def test_no_damage_is_more_than_a_refusal(tmp_path: Path, midi: bytes, kind: str) -> None:
    whole = pack(
        tmp_path / f"songs{kind}", {"a/one.mid": midi, "mix.flac": b"loud" * 300, "two.mid": midi}
    ).read_bytes()
    rng, refusals = random.Random(7), list[str]()
    for attempt in range(150):
        data = bytearray(whole)
        for _ in range(rng.choice((1, 3, 20))):
            data[rng.randrange(len(data))] = rng.randrange(256)
        path = tmp_path / f"{attempt}{kind}"
        path.write_bytes(data)
        try:
            unpack(path, tmp_path / str(attempt))
        except DatasetError as error:
            refusals.append(str(error))
    assert len(refusals) > 20
    assert not any("\n" in refusal for refusal in refusals)


def test_the_temporary_folder_is_gone_afterwards(tmp_path: Path, scratch: Path, midi: bytes) -> None:
    with collected([pack(tmp_path / "songs.zip", {"one.mid": midi})]) as files:
        assert files[0].path.is_relative_to(scratch)
    assert list(scratch.iterdir()) == []
    with pytest.raises(RuntimeError, match="interrupted"), collected([tmp_path / "songs.zip"]):
        raise RuntimeError("interrupted")
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize("kind", [".zip", ".tar.xz"])
def test_prepare_and_analyze_take_archives(tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str) -> None:
    songs = sorted(REMOTE.glob("*.mid"))[:4]
    book = pack(tmp_path / f"songs{kind}", {song.name: song.read_bytes() for song in songs})
    assert main(["prepare", str(book), "--out", str(tmp_path / "dataset"), "--jobs", "1"]) == 0
    assert "4 of 4 songs used" in capsys.readouterr().out
    single = pack(tmp_path / f"song{kind}", {songs[0].name: songs[0].read_bytes()})
    assert main(["analyze", str(single), "--json"]) == 0
    of_archive = capsys.readouterr().out
    assert main(["analyze", str(songs[0]), "--json"]) == 0
    assert capsys.readouterr().out == of_archive
    assert main(["analyze", str(book)]) == 2
    assert "holds 4 songs: give one file" in capsys.readouterr().err


ENDED_IN_THE_MIDDLE = """
import os, signal
from solomuse import cli
from solomuse.datasets.engines import ENGINES

ENGINES["local"] = lambda *_: os.kill(os.getpid(), signal.SIGTERM)
cli.entry_point()
"""


def test_what_is_unpacked_is_taken_away_when_a_cluster_ends_the_process(tmp_path: Path, midi: bytes) -> None:
    path = pack(tmp_path / "songs.zip", {"one.mid": midi})
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    command = [sys.executable, "-c", ENDED_IN_THE_MIDDLE, "prepare", path, "--out", tmp_path / "out"]
    ended = subprocess.run(command, env={**os.environ, "TMPDIR": str(scratch)}, capture_output=True, text=True)
    assert (ended.returncode, ended.stderr, list(scratch.iterdir())) == (130, "solomuse: interrupted\n", [])
