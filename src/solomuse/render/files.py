"""Lead sheets as files, by the ending of their name."""

from __future__ import annotations

from pathlib import Path

from solomuse.errors import OutputError
from solomuse.formats.abc import write_abc
from solomuse.formats.midi import write_midi, write_whole
from solomuse.formats.musicxml import write_musicxml
from solomuse.music.leadsheet import LeadSheet
from solomuse.render.performance import Performance, performed
from solomuse.render.piano_roll import draw_piano_roll

ENDINGS = (".mid", ".midi", ".musicxml", ".xml", ".mxl", ".abc", ".png")


def write_lead_sheet(sheet: LeadSheet, path: str | Path, performance: Performance = Performance()) -> None:
    """Write a lead sheet, in place of any file at `path`.

    ``.mid`` and ``.midi``: the melody over a backing of bass and chords, the chords as markers. ``.musicxml``, ``.xml``
    and ``.mxl``: notation. ``.abc``: notation as text. ``.png``: a piano roll.

    Raises
    ------
    OutputError
        If the ending is none of these, or the file cannot be written.
    """
    target = Path(path)
    check_ending(target)
    ending = target.suffix.lower()
    if ending == ".png":
        draw_piano_roll(sheet, target)
    elif ending == ".abc":
        write_whole(target, write_abc(sheet).encode())
    elif ending in (".mid", ".midi"):
        write_midi(performed(sheet, performance), target)
    else:
        write_musicxml(sheet, target)


def check_ending(path: Path) -> None:
    """Refuse a name before any work is done for it.

    Raises
    ------
    OutputError
        If its ending is unknown.
    """
    if path.suffix.lower() not in ENDINGS:
        raise OutputError(f"{path}: the ending {path.suffix!r} is unknown; expected one of {', '.join(ENDINGS)}")
