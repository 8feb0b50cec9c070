from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solomuse.datasets.duplicates import MelodyPrint
from solomuse.datasets.examples import Prepared, Skip
from solomuse.datasets.shards import KeptSong, Shards, is_written, kept_outcomes, tidy, write_shard
from solomuse.datasets.song_file import SongFile
from solomuse.datasets.windows import cut, windows_from_each_bar
from solomuse.errors import OutputError
from solomuse.music.chart_text import parse_chart
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.note import Note
from solomuse.tokens.codec import Codec
from solomuse.tokens.grid_sheet import GridSheet
from solomuse.tokens.vocabulary import vocabulary
from tests.strategies import lead_sheets

CODEC = Codec(vocabulary(4))
SKIP = Skip("bad.mid", "Format", "bad.mid: no MIDI")


def prepared(name: str, sheets: list[LeadSheet]) -> Prepared:
    on_grid = tuple(CODEC.on_grid(sheet).saying(style=number % 3, player=5) for number, sheet in enumerate(sheets))
    windows = tuple(windows_from_each_bar(sheet, 2, 256) for sheet in on_grid)
    starts, apart = (tuple(cut(own, hop) for own in windows) for hop in (1, 2))
    file = SongFile("midi", Path(name), f"Title of {name}", name, split="test")
    print_ = MelodyPrint(9, bytes(range(256)) + bytes(128))
    return Prepared(file, on_grid, windows, starts, apart, {"key": "C:maj"}, print_)


def columns(sheet: GridSheet) -> list[Any]:
    return [*(part.tolist() for part in (sheet.notes, sheet.chords, sheet.bar_lines, sheet.meters)), sheet.conditions]


@given(st.lists(st.lists(lead_sheets(), min_size=1, max_size=3), max_size=4))
@settings(max_examples=30)
def test_each_lead_sheet_is_found_again_at_its_place(
    tmp_path_factory: pytest.TempPathFactory, songs: list[list[LeadSheet]]
) -> None:
    folder = tmp_path_factory.mktemp("shards")
    outcomes = [prepared(f"{number}.mid", sheets) for number, sheets in enumerate(songs)]
    write_shard(folder, 3, outcomes)
    shards = Shards(folder)
    for song, kept in zip(outcomes, kept_outcomes(folder, 3), strict=True):
        assert isinstance(kept, KeptSong)
        assert [columns(shards.sheet(3, place)) for place in kept.places] == [columns(sheet) for sheet in song.sheets]


def test_what_is_known_of_a_song_or_of_a_skip_comes_back_in_order(tmp_path: Path) -> None:
    song = prepared("caf\udce9.mid", [LeadSheet(parse_chart("C | F"), (Note(0, 60, 480),))])
    write_shard(tmp_path, 0, [SKIP, song])
    skip, kept = kept_outcomes(tmp_path, 0)
    assert skip == SKIP
    assert isinstance(kept, KeptSong)
    assert (kept.name, kept.title, kept.source) == ("caf\udce9.mid", "Title of caf\udce9.mid", "midi")
    assert (kept.published, kept.facts, kept.print) == ("test", song.facts, song.print)
    assert [own.tolist() for own in kept.windows] == [own.tolist() for own in song.windows]
    assert kept.windows_for("train").tolist() == song.windows[0][song.starts[0]].tolist()
    assert kept.windows_for("test").tolist() == song.windows[0][song.held_back_starts[0]].tolist()


def test_a_shard_is_there_in_full_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full_disk(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("solomuse.files.os.fsync", full_disk)
    with pytest.raises(OutputError, match="No space"):
        write_shard(tmp_path, 0, [SKIP])
    assert (is_written(tmp_path, 0), list(tmp_path.iterdir())) == (False, [])


def test_only_the_lead_sheets_stay(tmp_path: Path) -> None:
    write_shard(tmp_path, 0, [SKIP])
    (tmp_path / ".unfinished-of-a-process-that-was-killed").touch()
    tidy(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["00000.npy"]
