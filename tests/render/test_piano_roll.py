import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

pytest.importorskip("matplotlib")

from matplotlib.image import imread

from solomuse.errors import ConfigError, OutputError
from solomuse.music.chart_text import parse_chart
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.note import Note
from solomuse.render.piano_roll import COLOUR_BY_ROLE, draw_piano_roll, note_roles

TUNE = LeadSheet(
    replace(parse_chart("Dm7 | G7 | (3/4) Cmaj7 | % | (6/8) F"), title="Costs $5 & 10_cents $"),
    (Note(0, 62, 480), Note(480, 64, 480), Note(7000, 60, 900)),
)


def draw(sheet: LeadSheet, folder: Path, name: str = "roll.png") -> Path:
    draw_piano_roll(sheet, folder / name)
    return folder / name


def colours(path: Path) -> set[str]:
    """Colours of a picture as ``#rrggbb``."""
    pixels = (imread(path)[..., :3] * 255).round().astype(int)
    return {
        "#{:02x}{:02x}{:02x}".format(*pixel) for pixel in {tuple(pixel) for row in pixels for pixel in row.tolist()}
    }


ALL_ROLES = LeadSheet(
    parse_chart("Cmaj7 | N.C."),
    tuple(Note(320 * index, pitch, 320) for index, pitch in enumerate((60, 64, 67, 71, 62, 65, 60))),
)


def test_the_role_of_a_note_is_that_in_the_chord_at_its_onset() -> None:
    held = Note(1800, 65, 960)  # F begins over Dm7 and sounds on over G7
    sheet = LeadSheet(parse_chart("Dm7 | G7 | N.C."), (Note(0, 64, 240), held, Note(1920, 59, 240), Note(3840, 60, 9)))
    assert note_roles(sheet) == ["tension", "third", "third", "no chord"]


def test_the_picture_is_a_png_with_a_colour_for_each_role(tmp_path: Path) -> None:
    path = draw(ALL_ROLES, tmp_path)
    assert note_roles(ALL_ROLES) == [*COLOUR_BY_ROLE]
    assert path.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    assert colours(path) >= {*COLOUR_BY_ROLE.values(), "#ffffff"}


def test_a_name_that_ends_with_svg_is_drawn_as_one(tmp_path: Path) -> None:
    drawing = ElementTree.fromstring(draw(ALL_ROLES, tmp_path, "roll.svg").read_bytes())
    styles = " ".join(element.get("style", "") for element in drawing.iter())
    assert drawing.tag == "{http://www.w3.org/2000/svg}svg"
    assert all(f"fill: {colour}" in styles for colour in COLOUR_BY_ROLE.values())


def test_sections_and_changes_of_meter_stand_where_they_begin(tmp_path: Path) -> None:
    sheet = LeadSheet(parse_chart("[Verse] C | F | (3/4) G | [B] C | F | (4/4) C"), ())
    drawing = draw(sheet, tmp_path, "roll.svg").read_text("utf-8")
    shown = [text for text in re.findall(r"<!-- (.*) -->", drawing) if text in ("Verse", "B", "3/4", "4/4", "B  3/4")]
    assert shown == ["Verse", "3/4", "B", "4/4"]


def test_every_four_bars_add_a_row(tmp_path: Path) -> None:
    heights = [
        imread(draw(LeadSheet(parse_chart(" | ".join(["C"] * bars)), ()), tmp_path)).shape[0]
        for bars in (1, 4, 5, 8, 9)
    ]
    assert heights[0] == heights[1] < heights[2] == heights[3] < heights[4]


def test_the_whole_range_of_midi_can_be_drawn(tmp_path: Path) -> None:
    draw(LeadSheet(parse_chart("C7alt/Bb Gm7b5"), (Note(0, 0, 1), Note(5, 127, 5000))), tmp_path)


@pytest.mark.parametrize("name", ["roll.png", "roll.svg"])
def test_the_same_sheet_gives_the_same_picture(name: str, tmp_path: Path) -> None:
    assert draw(TUNE, tmp_path, name).read_bytes() == draw(TUNE, tmp_path, name).read_bytes()


def test_drawing_replaces_a_file_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    (tmp_path / "roll.png").write_text("before")
    draw(TUNE, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["roll.png"]


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"roll\.png: cannot be written"):
        draw(TUNE, tmp_path / "none")


def test_without_matplotlib_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ConfigError, match=r'pip install "solomuse\[plot\]"'):
        draw(TUNE, tmp_path)


def test_importing_the_module_does_not_load_matplotlib() -> None:
    check = "import sys, solomuse.render.piano_roll; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
