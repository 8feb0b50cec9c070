"""A lead sheet as it is played: with a band, in a tempo, swung, behind the beat, louder and softer."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from solomuse.errors import ConfigError
from solomuse.music.chart import Chart
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.note import TICKS_PER_QUARTER
from solomuse.music.notes import Notes
from solomuse.music.song import Song, TempoChange, Track, meter_changes
from solomuse.render.backing import backing_tracks
from solomuse.render.band.feel import LEAST_SWING, MOST_SWING, delayed, shaped, swung, usual_swing
from solomuse.render.band.guess import is_even, style_of, usual_qpm
from solomuse.render.band.pulse import is_counted_in_quarters
from solomuse.render.band.styles import STYLE_NAMES, STYLES, StyleName

TENOR_SAX = 66
LEAST_QPM, MOST_QPM = 20.0, 400.0
MOST_LAY_BACK_MILLISECONDS = 100.0


@dataclass(frozen=True, slots=True)
class Performance:
    """How a lead sheet is to be played.

    Parameters
    ----------
    style : str or None
        One of `STYLE_NAMES`; by the chart unless given.
    qpm : float or None
        Quarter notes per minute, 20 to 400; the chart's, else the usual tempo of the style.
    swing : float or None
        Long to short of the eighths, from 1 for even ones to 3. Unless given, styles that swing do it as `usual_swing`
        says, less the faster, and the others not at all; nor does a chart that says so (``Ballad Even``), unless the
        style is given.
    lay_back : float
        Milliseconds that the solo sits behind the band, 0 to 100; where it swings, on the beats only.
    dynamics : float
        How much of a curve of loudness is laid over the solo, 0 to 1; 0 leaves the velocities as they are.
    program : int or None
        General MIDI program of the solo, 0 to 127; unless given, what the solo was played for, else a tenor sax.
    band : bool
        Whether bass, chords and drums play along.
    seed : int
        Of the band; the same one gives the same notes.

    Raises
    ------
    ConfigError
        If a value is out of its range.
    """

    style: StyleName | None = None
    qpm: float | None = None
    swing: float | None = None
    lay_back: float = 10.0
    dynamics: float = 0.5
    program: int | None = None
    band: bool = True
    seed: int = 0

    def __post_init__(self) -> None:
        if self.style is not None and self.style not in STYLE_NAMES:
            raise ConfigError(f"band style {self.style!r} is unknown; expected one of {', '.join(STYLE_NAMES)}")
        _check("tempo", self.qpm, LEAST_QPM, MOST_QPM, "quarter notes per minute")
        _check("swing", self.swing, LEAST_SWING, MOST_SWING, "as ratio of long to short eighths")
        _check("lay_back", self.lay_back, 0.0, MOST_LAY_BACK_MILLISECONDS, "milliseconds")
        _check("dynamics", self.dynamics, 0.0, 1.0, "from none to all")
        _check("program", self.program, 0, 127, "as General MIDI counts from 0")
        if self.seed < 0:
            raise ConfigError(f"seed {self.seed}: expected a whole number from 0 up")


def _check(name: str, value: float | None, least: float, most: float, what: str) -> None:
    if value is not None and not least <= value <= most:  # refuses NaN, too
        raise ConfigError(f"{name} {value}: expected {least:g} to {most:g}, {what}")


def performed(sheet: LeadSheet, performance: Performance = Performance()) -> Song:
    """The song that a performance makes of a lead sheet: the track ``Solo``, then those of the band.

    Bar lines, chords and key are those of the sheet. Swing and delay are written out in the times of the notes, which
    keep their order, last at least a tick and end inside the form.
    """
    chart = sheet.chart
    style = performance.style or style_of(chart)
    qpm, swing = qpm_of(chart, performance), swing_of(chart, performance)
    late = performance.lay_back * qpm * TICKS_PER_QUARTER / 60_000
    solo = delayed(swung(shaped(Notes.of(sheet.melody), performance.dynamics), chart, swing), chart, late, swing)
    band = backing_tracks(chart, style, performance.seed) if performance.band else ()
    return Song(
        tracks=(
            Track(_inside(solo, chart), "Solo", TENOR_SAX if performance.program is None else performance.program),
            *(replace(track, notes=_inside(swung(track.columns, chart, swing), chart)) for track in band),
        ),
        tempos=(TempoChange(0, qpm),),
        meters=meter_changes(chart),
        chords=tuple(chart.spans()),
        melody_track=0,
        title=chart.title or "",
        key=chart.key,
        swing=swing,
    )


def qpm_of(chart: Chart, performance: Performance = Performance()) -> float:
    """Quarter notes per minute at which a chart is played."""
    return performance.qpm or _within(usual_qpm(chart, performance.style or style_of(chart)))


def has_eighths(chart: Chart) -> bool:
    """Whether any bar is counted in quarters, whose eighths may swing."""
    return any(is_counted_in_quarters(bar.meter) for bar in chart.bars)


def swing_of(chart: Chart, performance: Performance) -> float:
    """The ratio of long to short eighths with which a chart is played, 1 for even ones, as in bars of dotted beats."""
    if not has_eighths(chart):
        return 1.0
    asked = performance.style
    is_swung = STYLES[asked].is_swung if asked else STYLES[style_of(chart)].is_swung and not is_even(chart)
    return performance.swing or (usual_swing(qpm_of(chart, performance)) if is_swung else 1.0)


def _within(qpm: float) -> float:
    return min(MOST_QPM, max(LEAST_QPM, qpm))


def _inside(notes: Notes, chart: Chart) -> Notes:
    """The notes cut at the last bar line."""
    starts = np.minimum(notes.times, chart.duration - 1)
    lengths = np.minimum(notes.ends, chart.duration) - starts
    return Notes(np.stack([starts, notes.pitches, np.maximum(lengths, 1), notes.columns[:, 3]], axis=1))
