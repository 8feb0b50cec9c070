"""A row of ``songs.toml``: what an example song is to be like, its form, its harmony."""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from dataclasses import dataclass
from pathlib import Path

from solomuse.music.chart import Bar, Chart, ChordSpan, one_chord_bar
from solomuse.music.chart_text import parse_chart
from solomuse.music.chord import NO_CHORD
from solomuse.music.meter import Meter
from solomuse.music.pitch import semitones_of_degree
from solomuse.music.symbols import parse_chord

TABLE = Path(__file__).with_name("songs.toml")
STRONG = {"4/4": (0, 960), "3/4": (0,), "2/4": (0,), "5/4": (0, 1440), "6/8": (0, 720), "1/4": ()}


@dataclass(frozen=True, slots=True)
class Piece:
    """One song of the table.

    Parameters
    ----------
    style : str
        The groove, by which `GROOVES` is keyed together with the meter.
    key : str
        Label of the tonic triad: ``F:maj``.
    lead : str
        A key of `VOICES`.
    ending : str
        Chart text of the last bars, over which the lead holds its last note.
    traits : list of str
        ``swing``: off-beat eighths as triplets. ``straight``: no chromatic approaches. ``blue``: the key's minor third.
        ``chords``: given as markers. ``roles``, ``instruments``: what tracks are named after. ``pad``: strings.
        ``pickup``: a 1/4 bar first. ``rit``: at the end. ``lift``: section C goes quicker. ``type0``: one MIDI track.
    sections : dict
        Chart text by section letter.
    """

    title: str
    style: str
    key: str
    qpm: float
    lead: str
    seed: int
    form: str
    ending: str
    traits: list[str]
    sections: dict[str, str]

    @property
    def filename(self) -> str:
        """``blue-lantern-street.mid``."""
        return re.sub(r"[^a-z0-9]+", "-", self.title.lower().replace("'", "")) + ".mid"


def pieces() -> list[Piece]:
    """The songs of the table."""
    return [Piece(**row) for row in tomllib.loads(TABLE.read_text(encoding="utf-8"))["song"]]


def form_of(piece: Piece) -> list[tuple[str, tuple[Bar, ...]]]:
    """Name and bars of each part of the song: ``pickup``, the letters of the form, ``ending``."""
    pickup = [("pickup", (one_chord_bar(NO_CHORD, Meter(1, 4)),))] if "pickup" in piece.traits else []
    parts = [(letter, parse_chart(piece.sections[letter.upper()]).bars) for letter in piece.form]
    return [*pickup, *parts, ("ending", parse_chart(piece.ending + " |").bars)]


def chart_of(piece: Piece) -> Chart:
    """The chords of the whole song."""
    bars = tuple(bar for _, bars in form_of(piece) for bar in bars)
    return Chart(bars, title=piece.title, key=piece.key, qpm=piece.qpm)


@dataclass(frozen=True, slots=True)
class Harmony:
    """Looks up chord and scale at a tick."""

    spans: tuple[ChordSpan, ...]
    key: frozenset[int]

    def at(self, tick: int) -> ChordSpan:
        """The chord that sounds at `tick`."""
        return self.spans[bisect_right(self.spans, tick, key=lambda span: span.time) - 1]

    def scale(self, tick: int) -> frozenset[int]:
        """Pitch classes that fit the chord; what it leaves open is taken from the key where that is possible."""
        chord = self.at(tick).chord
        assert chord.root is not None
        choices = {2: (2, 1, 3), 3: (4, 3), 4: (5, 6), 5: (7, 6, 8), 6: (9, 8), 7: (10, 11)}
        steps = {number: next((s for s in sizes if (chord.root + s) % 12 in self.key), sizes[0])
                 for number, sizes in choices.items()}  # fmt: skip
        steps |= {(int(degree.lstrip("b#")) - 1) % 7 + 1: semitones_of_degree(degree) for degree in chord.degrees}
        return frozenset((chord.root + step) % 12 for step in steps.values())


def harmony_of(piece: Piece) -> Harmony:
    """Chords and key of the whole song."""
    tonic, mode = piece.key.split(":")
    steps = {"maj": (0, 2, 4, 5, 7, 9, 11), "min": (0, 2, 3, 5, 7, 8, 10)}[mode]
    blue = [3] if "blue" in piece.traits else []
    root = parse_chord(tonic).root
    assert root is not None
    spans = tuple(span for span in chart_of(piece).spans() if span.chord != NO_CHORD)
    return Harmony(spans, frozenset((root + step) % 12 for step in (*steps, *blue)))


def is_strong(tick: int, chart: Chart) -> bool:
    """Whether a strong beat falls on `tick`: see `STRONG`."""
    number = bisect_right(chart.bar_times, tick) - 1
    return tick - chart.bar_times[number] in STRONG[str(chart.bars[number].meter)]
