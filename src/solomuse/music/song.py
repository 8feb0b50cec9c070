"""A song: tracks of notes over a tempo map and bars, with the chords that the source gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Literal, cast

from solomuse.music.chart import Chart, ChordSpan
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.meter import COMMON_TIME, Meter, meter_of_length
from solomuse.music.note import TICKS_PER_QUARTER, Note
from solomuse.music.notes import Notes

BeatSource = Literal["given", "file", "phase", "bars", "tracked"]

_SIXTEENTH = TICKS_PER_QUARTER // 4


@dataclass(frozen=True, slots=True)
class Track:
    """The notes of one instrument.

    Parameters
    ----------
    notes : sequence of Note
        In any order, may overlap; kept as `Notes`.
    program : int
        General MIDI program, 0 to 127.
    """

    notes: Sequence[Note]
    name: str = ""
    program: int = 0
    is_drum: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "notes", Notes.of(self.notes))

    @property
    def columns(self) -> Notes:
        """The notes, for arithmetic."""
        return cast(Notes, self.notes)


@dataclass(frozen=True, slots=True)
class TempoChange:
    """The tempo from `time` (ticks) on."""

    time: int
    qpm: float


@dataclass(frozen=True, slots=True)
class MeterChange:
    """The meter from `time` (ticks) on."""

    time: int
    meter: Meter


@dataclass(frozen=True, slots=True)
class Section:
    """A stretch that the source names; ticks.

    Parameters
    ----------
    kind : {"chorus", "phrase", "form"}
    label : str
        ``1`` for the first chorus, ``A1`` for a part of the form.
    """

    kind: Literal["chorus", "phrase", "form"]
    time: int
    duration: int
    label: str


@dataclass(frozen=True, slots=True)
class Song:
    """What a source says of a piece of music; time in ticks at `TICKS_PER_QUARTER`.

    Parameters
    ----------
    tracks : tuple of Track
    tempos : tuple of TempoChange
        In order, the first at 0.
    meters : tuple of MeterChange
        In order, the first at 0. Each starts a bar.
    says_meter : bool
        Whether the source says any meter; else it is 4/4 for want of a better.
    chords : tuple of ChordSpan
        Given by the source; empty where they have to be inferred.
    melody_track : int or None
        Index of the melody, where the source says which track it is.
    title : str
        By which songs are kept on one side of a split; the file's name where nothing better is known.
    key : str or None
        ``Bb:maj``.
    notices : tuple of str
        What had to be mended to read it.
    source : str
        The name of the data set it comes from, such as ``wjazzd``.
    beats : {"given", "file", "phase", "bars", "tracked"}
        Where beats and bars come from: annotated, or as `solomuse.analysis.bars` says.
    metadata : mapping of str to str
        What else the source says: ``performer``, ``instrument``, ``style``, ``tempo_class``, ``rhythm_feel``, ``form``,
        ``composer``, ``split``.
    sections : tuple of Section
        In order of time; those of different kinds overlap.
    swing : float or None
        The ratio of the melody's eighths, where the source knows it better than its notes tell.
    """

    tracks: tuple[Track, ...]
    tempos: tuple[TempoChange, ...] = (TempoChange(0, 120.0),)
    meters: tuple[MeterChange, ...] = (MeterChange(0, COMMON_TIME),)
    chords: tuple[ChordSpan, ...] = ()
    melody_track: int | None = None
    title: str = ""
    key: str | None = None
    notices: tuple[str, ...] = ()
    source: str = field(default="", compare=False)
    beats: BeatSource = field(default="file", compare=False)
    metadata: Mapping[str, str] = field(default_factory=dict, compare=False)
    sections: tuple[Section, ...] = field(default=(), compare=False)
    swing: float | None = field(default=None, compare=False)
    says_meter: bool = field(default=True, compare=False)

    @property
    def end(self) -> int:
        """The tick at which the last note no longer sounds."""
        return max((int(track.columns.ends.max()) for track in self.tracks if track.notes), default=0)

    def bar_meters(self) -> tuple[Meter, ...]:
        """The meter of each bar, until the last note has ended.

        A meter change inside a bar ends that bar early: the bar gets the meter of its length in whole sixteenths,
        so that a pickup before the first change becomes a bar of its own. What that leaves over is carried on:
        no bar line strays from its meter change by more than half a sixteenth.
        """
        bars, line = list[Meter](), 0
        for change, following in pairwise(self.meters):
            whole = change.meter.bar_ticks
            full, rest = divmod(max(0, following.time - line), whole)
            short = round(rest / _SIXTEENTH) * _SIXTEENTH
            added = [change.meter] * full
            if short:
                added.append(change.meter if short == whole else meter_of_length(short))
            line += sum(meter.bar_ticks for meter in added)
            bars += added
        last = self.meters[-1].meter
        return (*bars, *[last] * max(1, -(-(self.end - line) // last.bar_ticks)))

    def shift(self, ticks: int) -> Song:
        """The song moved later by `ticks`: notes, chords and changes of tempo, but for the first; its meters stay."""
        return replace(
            self,
            tracks=tuple(replace(track, notes=track.columns.shift(ticks)) for track in self.tracks),
            tempos=tuple(TempoChange(change.time + ticks if change.time else 0, change.qpm) for change in self.tempos),
            chords=tuple(ChordSpan(span.time + ticks, span.duration, span.chord) for span in self.chords),
        )

    def seconds_at(self, tick: int) -> float:
        """Seconds from the start to `tick` under the tempo map."""
        seconds = 0.0
        ends = [*(change.time for change in self.tempos[1:]), None]
        for change, end in zip(self.tempos, ends, strict=True):
            stop = tick if end is None else min(tick, end)
            seconds += max(0, stop - change.time) * 60.0 / (change.qpm * TICKS_PER_QUARTER)
        return seconds


def meter_changes(chart: Chart) -> tuple[MeterChange, ...]:
    """The meter of the first bar, and of each that differs from the bar before."""
    changes: list[MeterChange] = []
    for time, bar in zip(chart.bar_times, chart.bars, strict=False):
        if not changes or changes[-1].meter != bar.meter:
            changes.append(MeterChange(time, bar.meter))
    return tuple(changes)


def song_of_sheet(sheet: LeadSheet) -> Song:
    """The lead sheet as a song: its melody as the only track, its chords as given ones."""
    chart = sheet.chart
    return Song(
        tracks=(Track(sheet.melody, "Melody"),),
        tempos=(TempoChange(0, chart.qpm or 120.0),),
        meters=meter_changes(chart),
        chords=tuple(chart.spans()),
        melody_track=0,
        title=chart.title or "",
        key=chart.key,
        beats="given",
    )
