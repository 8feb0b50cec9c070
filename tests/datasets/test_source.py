import os
from pathlib import Path

import pytest

from solomuse.datasets.source import SongFile, collected, find_songs, read_song
from solomuse.errors import DatasetError, FormatError
from solomuse.formats.midi import write_midi
from solomuse.music.note import Note
from solomuse.music.song import Song, Track
from tests.datasets.test_pop909 import write_song
from tests.datasets.test_wjazzd import common_time, write_solo

DATA = os.environ.get("SOLOMUSE_DATA")

ONE_NOTE = Song((Track((Note(0, 60, 480),)),))


def write_one(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    write_midi(ONE_NOTE, path)


def found(path):
    return [(file.source, file.name, file.title) for file in find_songs(path)]


def test_midi_files_are_found_at_any_depth_in_any_case_in_order(tmp_path):
    for name in ("b.mid", "sub/deep/a.MIDI", "A.Mid", "notes.txt", ".hidden.mid", ".trash/c.mid"):
        write_one(tmp_path / name)
    assert found(tmp_path) == [("midi", "A.Mid", "A"), ("midi", "b.mid", "b"), ("midi", "sub/deep/a.MIDI", "a")]


def test_a_single_file_is_one_song(tmp_path):
    write_one(tmp_path / "tune.mid")
    assert find_songs(tmp_path / "tune.mid") == [SongFile("midi", tmp_path / "tune.mid", "tune", "tune.mid")]


@pytest.mark.parametrize(("given", "name"), [("POP909", "001"), (".", "POP909/001"), ("POP909/001", "001")])
def test_pop909_is_recognised_from_its_folder_from_above_and_below(tmp_path, given, name):
    write_song(tmp_path / "POP909" / "001", index="001,Invented,Nobody,1,2,2")
    write_one(tmp_path / "POP909" / "001" / "versions" / "001-v1.mid")
    assert found(tmp_path / given) == [("pop909", name, "Invented")]


@pytest.mark.parametrize(("given", "prefix"), [("csv", ""), (".", "csv/")])
def test_the_jazz_database_is_recognised_from_its_folder_as_from_above(tmp_path, given, prefix):
    write_solo(tmp_path / "csv", common_time(), [(0, 1, 1, 1, 1, 1, 60)])
    assert found(tmp_path / given) == [("wjazzd", f"{prefix}melody/Nobody_Nothing_FINAL.csv", "Some Tune")]


def test_one_folder_may_hold_several_collections(tmp_path):
    write_song(tmp_path / "POP909" / "001")
    write_solo(tmp_path / "csv", common_time(), [(0, 1, 1, 1, 1, 1, 60)])
    write_one(tmp_path / "mine" / "tune.mid")
    files = find_songs(tmp_path)
    assert [file.source for file in files] == ["pop909", "wjazzd", "midi"]
    assert [read_song(file).title for file in files] == [file.title for file in files]


def test_folders_behind_links_are_gone_into_and_none_twice(tmp_path):
    write_one(tmp_path / "elsewhere" / "a.mid")
    write_one(tmp_path / "mine" / "b.mid")
    (tmp_path / "mine" / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "back").symlink_to(tmp_path / "mine")
    assert found(tmp_path / "mine") == [("midi", "b.mid", "b"), ("midi", "link/a.mid", "a")]


def test_folders_that_may_not_be_read_are_named(tmp_path, monkeypatch):
    write_one(tmp_path / "a.mid")
    write_one(tmp_path / "locked" / "b.mid")
    monkeypatch.setattr(os, "access", lambda path, _: Path(path).name != "locked")  # permissions do not stop root
    said = []
    with collected([tmp_path], say=said.append) as files:
        assert [file.name for file in files] == ["a.mid"]
    assert said == [
        f"folders that may not be read are left out, such as {tmp_path / 'locked'}: check their permissions"
    ]
    with pytest.raises(DatasetError, match=r"locked: cannot be read \(Permission denied\)"):
        find_songs(tmp_path / "locked")


def test_a_name_that_many_files_have_is_no_title_without_their_folders(tmp_path):
    for name in ("1/midi/song.mid", "2/midi/song.mid", "3/midi/song.mid", "Dexter/Blues.mid", "Sonny/Blues.mid"):
        write_one(tmp_path / name)
    with collected([tmp_path]) as files:
        assert [file.title for file in files] == ["1/midi/song", "2/midi/song", "3/midi/song", "Blues", "Blues"]
    with collected([tmp_path / str(number) / "midi" / "song.mid" for number in (1, 2)]) as files:
        assert [file.title for file in files] == ["song", "song"]


def test_files_of_one_name_that_are_given_by_themselves_are_titled_by_their_folders(tmp_path):
    paths = [tmp_path / folder / "song.mid" for folder in "abc"]
    for path in paths:
        write_one(path)
    with collected(paths) as files:
        assert [file.title for file in files] == ["a/song", "b/song", "c/song"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "p.mid")
    (file,) = find_songs(tmp_path)
    with pytest.raises(FormatError, match="is no file; leave it out"):
        read_song(file)


def test_an_archive_in_a_folder_is_named_where_there_is_nothing_else(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "songs.zip").write_bytes(b"PK")
    with pytest.raises(DatasetError, match=r"songs\.zip in it has to be given by itself"):
        find_songs(tmp_path)


def test_a_missing_path_says_so(tmp_path):
    with pytest.raises(DatasetError, match="No such file"):
        find_songs(tmp_path / "missing")


def test_an_empty_folder_says_so(tmp_path):
    with pytest.raises(DatasetError, match="empty"):
        find_songs(tmp_path)


def test_a_folder_without_midi_says_so_in_one_line(tmp_path):
    (tmp_path / "readme.txt").write_text("nothing here", encoding="utf-8")
    with pytest.raises(DatasetError, match="holds no file, in any folder, that is a MIDI file") as caught:
        find_songs(tmp_path)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_midi_file_is_refused(tmp_path):
    (tmp_path / "songs.doc").write_bytes(b"PK")
    with pytest.raises(DatasetError, match="not a MIDI file or lead sheet"):
        find_songs(tmp_path / "songs.doc")


def test_a_damaged_file_is_found_but_not_read(tmp_path):
    (tmp_path / "bad.mid").write_bytes(b"nonsense")
    (file,) = find_songs(tmp_path)
    with pytest.raises(FormatError, match="bad"):
        read_song(file)


@pytest.mark.data
@pytest.mark.skipif(DATA is None or not Path(DATA).is_dir(), reason="SOLOMUSE_DATA names no folder")
def test_the_titles_found_are_those_read():
    files = find_songs(Path(DATA or ""))
    assert len({file.name for file in files}) == len(files)
    chosen = [file for file in files if file.source in ("pop909", "pop909-cl", "wjazzd", "abc")][::100]
    assert [read_song(file).title for file in chosen] == [file.title for file in chosen]
