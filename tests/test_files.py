from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from solomuse.errors import OutputError
from solomuse.files import make_folder, write_whole


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    for data in (b"long before", b"new"):
        write_whole(tmp_path / "a", data)
    assert (tmp_path / "a").read_bytes() == b"new"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_name_as_long_as_a_disk_allows_can_be_written(tmp_path: Path) -> None:
    write_whole(tmp_path / ("a" * 255), b"new")
    assert (tmp_path / ("a" * 255)).read_bytes() == b"new"


@pytest.mark.parametrize("name", ["ab" * 127, "曲" * 85])
def test_a_name_in_any_script_can_be_as_long(tmp_path: Path, name: str) -> None:
    write_whole(tmp_path / name, b"new")
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_threads_that_write_one_file_do_not_get_into_each_other_s_way(tmp_path: Path) -> None:
    versions = [bytes([number]) * 100_000 for number in range(16)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda data: write_whole(tmp_path / "a", data), versions))
    assert (tmp_path / "a").read_bytes() in versions
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize("name", ["a\0b", "a\ud800b"])
def test_what_cannot_be_a_name_is_refused_in_one_line(tmp_path: Path, name: str) -> None:
    with pytest.raises(OutputError, match=r"cannot be written \(.+\); check the folder$"):
        write_whole(tmp_path / name, b"new")
    with pytest.raises(OutputError, match=r"cannot be made \(.+\); choose another folder$"):
        make_folder(tmp_path / name)


def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with pytest.raises(OutputError, match=r"a: cannot be written \(Is a directory\); check the folder$"):
        write_whole(tmp_path / "a", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_folder_is_made_with_those_that_it_lies_in_or_is_there(tmp_path: Path) -> None:
    for _ in range(2):
        make_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()


def test_a_folder_that_cannot_be_made_is_named_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"file/a: cannot be made \(Not a directory\); choose another folder$"):
        make_folder(tmp_path / "file" / "a")
