"""Lead sheets as files, by the ending of their name."""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

from solomuse.errors import ConfigError, OutputError
from solomuse.files import write_whole
from solomuse.formats.abc import write_abc
from solomuse.formats.midi import write_midi
from solomuse.formats.musicxml import print_musicxml, write_musicxml
from solomuse.formats.suffixes import ABC_SUFFIXES, MUSICXML_SUFFIXES, WRITTEN_MIDI_SUFFIXES
from solomuse.music.instruments import Instrument
from solomuse.music.leadsheet import LeadSheet
from solomuse.render.count_in import counted_in
from solomuse.render.engraving import NEEDS_VEROVIO, engraved_page
from solomuse.render.performance import Performance, has_eighths, performed, swing_of
from solomuse.render.piano_roll import NEEDS_MATPLOTLIB, draw_piano_roll
from solomuse.render.sound import FORMAT_BY_ENDING, SoundFontChoice, check_audio_ending, write_audio, write_stems

NOTATION, PICTURES, ENGRAVED = (*MUSICXML_SUFFIXES, *ABC_SUFFIXES), (".png", ".svg"), ".html"
ENDINGS = (*WRITTEN_MIDI_SUFFIXES, *NOTATION, ENGRAVED, *FORMAT_BY_ENDING, *PICTURES)
MOST_COUNT_IN = 8
EVERYTHING = (".mid", ".musicxml", ".abc", ".html", ".wav", ".png", ".svg")
"""What there is of a solo in a folder with all of it."""

_NEEDED = {
    ENGRAVED: ("verovio", NEEDS_VEROVIO),
    **dict.fromkeys(PICTURES, ("matplotlib", NEEDS_MATPLOTLIB)),
}
"""The package that an ending takes, and what to say without it."""


@dataclass(frozen=True, slots=True)
class Rendering:
    """How a lead sheet becomes files.

    Parameters
    ----------
    performance : Performance
        How it is played, in MIDI and as sound.
    part : Instrument, optional
        Whose part the notation is: transposed, in the player's clef.
    soundfont : Path, "built-in" or None
        As `solomuse.render.sound.render_song` takes it.
    instrument : Instrument, optional
        Whose staff the notation has at concert pitch, where there is no part.
    stems : bool
        Whether the solo alone and the band alone are written beside each sound file: ``a.solo.wav`` and ``a.band.wav``
        beside ``a.wav``.

    count_in : int
        Bars of clicks before the music, 0 to `MOST_COUNT_IN`; in sound only.

    Raises
    ------
    ConfigError
        If stems are asked for of a performance without a band, or the bars of clicks are out of range.
    """

    performance: Performance = Performance()
    part: Instrument | None = None
    soundfont: SoundFontChoice = None
    instrument: Instrument | None = None
    stems: bool = False
    count_in: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.count_in <= MOST_COUNT_IN:
            raise ConfigError(f"count_in is {self.count_in}: expected 0 to {MOST_COUNT_IN} bars")
        if self.stems and not self.performance.band:
            raise ConfigError("stems are the solo alone and the band alone: expected a band, found none; ask for one")

    @property
    def reader(self) -> Instrument | None:
        """Who reads the notation: a part's player, else the instrument at concert pitch."""
        return self.part or (self.instrument and self.instrument.at_concert_pitch)

    def on(self, instrument: Instrument) -> Rendering:
        """The same on an instrument, where it names none."""
        program = instrument.program if self.performance.program is None else self.performance.program
        performance = replace(self.performance, program=program)
        return replace(self, performance=performance, instrument=self.instrument or instrument)


def write_lead_sheet(sheet: LeadSheet, path: str | Path, rendering: Rendering = Rendering()) -> None:
    """Write a lead sheet, in place of any file at `path`.

    ``.mid`` and ``.midi``: the melody with a band, the chords as markers. ``.musicxml``, ``.xml`` and ``.mxl``:
    notation. ``.abc``: notation as text. ``.html``: the same engraved. ``.wav``, ``.flac``, ``.ogg`` and ``.mp3``:
    melody and band as sound, with stems beside it where `Rendering` asks for them. ``.png`` and ``.svg``: a piano roll.

    Raises
    ------
    OutputError
        If the ending is none of these, or the file cannot be written.
    ConfigError
        If what it takes is not installed.
    """
    target = Path(path)
    check_ending(target)
    ending = target.suffix.lower()
    swing = swing_of(sheet.chart, rendering.performance) if has_eighths(sheet.chart) else None
    notated = replace(sheet, chart=replace(sheet.chart, qpm=rendering.performance.qpm or sheet.chart.qpm))
    if ending in PICTURES:
        draw_piano_roll(sheet, target)
    elif ending in ABC_SUFFIXES:
        write_whole(target, write_abc(notated, part=rendering.reader, swing=swing, as_played=False).encode())
    elif ending == ENGRAVED:
        score = print_musicxml(notated, rendering.reader, swing)
        write_whole(target, engraved_page(score, sheet.chart.title or "Solo").encode())
    elif ending in NOTATION:
        write_musicxml(notated, target, rendering.reader, swing)
    elif ending in WRITTEN_MIDI_SUFFIXES:
        write_midi(performed(sheet, rendering.performance), target)
    else:
        write = write_stems if rendering.stems else write_audio
        song = counted_in(performed(sheet, rendering.performance), sheet.chart, rendering.count_in)
        write(song, target, rendering.soundfont)


def check_ending(path: Path) -> None:
    """Refuse a name before any work is done for it.

    Raises
    ------
    OutputError
        If its ending is unknown.
    ConfigError
        If what it takes is not installed.
    """
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise OutputError(f"{path}: the ending {path.suffix!r} is unknown; expected one of {', '.join(ENDINGS)}")
    if ending in FORMAT_BY_ENDING:
        check_audio_ending(path)
    if not _can_be_made(ending):
        raise ConfigError(_NEEDED[ending][1])


def possible() -> tuple[str, ...]:
    """Those of `EVERYTHING` for which all is installed."""
    return tuple(ending for ending in EVERYTHING if _can_be_made(ending))


def _can_be_made(ending: str) -> bool:
    """Whether the package that an ending takes, if any, is installed."""
    return ending not in _NEEDED or find_spec(_NEEDED[ending][0]) is not None
