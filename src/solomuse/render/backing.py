"""The backing of a solo: bass, chords and drums for a chart."""

from __future__ import annotations

import numpy as np

from solomuse.music.chart import Chart
from solomuse.music.song import Track
from solomuse.render.band.bass import bass_line
from solomuse.render.band.comping import comping
from solomuse.render.band.drums import drum_part
from solomuse.render.band.form import form_of, sounding_chords
from solomuse.render.band.guess import style_of
from solomuse.render.band.styles import STYLES, StyleName


def backing_tracks(chart: Chart, style: StyleName | None = None, seed: int = 0) -> tuple[Track, ...]:
    """The tracks ``Bass``, ``Piano`` or ``Guitar``, and ``Drums`` for a chart; eighths are even, not yet swung.

    Bass and chords rest where no chord is given. Nothing sounds past the last bar line, and from three bars on the
    last bar is an ending: one held chord.

    Parameters
    ----------
    style : str, optional
        By the chart, as `style_of` says, unless given.
    seed : int
        The same seed gives the same notes; another one, another take.
    """
    played = STYLES[style or style_of(chart)]
    form, spans = form_of(chart), sounding_chords(chart)
    bass, chords, drums = (np.random.default_rng((seed, part)) for part in range(3))
    return (
        Track(bass_line(form, played, bass), "Bass", played.bass_program),
        Track(comping(form, spans, played, chords), played.chords_name, played.chords_program),
        Track(drum_part(form, chart.duration, played, drums), "Drums", played.kit, is_drum=True),
    )
