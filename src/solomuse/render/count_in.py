"""Clicks before the music, so that one can play along from the first bar on."""

from __future__ import annotations

from dataclasses import replace

from solomuse.music.chart import Chart
from solomuse.music.note import Note
from solomuse.music.song import MeterChange, Song, Track
from solomuse.render.band.pulse import pulses
from solomuse.render.band.styles import SIDE_STICK

CLICK_TICKS = 60
FIRST_VELOCITY, VELOCITY = 100, 80
"""Of the first click of a bar, and of the others."""


def counted_in(song: Song, chart: Chart, bars: int) -> Song:
    """The song behind so many bars of clicks, on the pulses of its first whole bar; a pickup comes in within the last.

    Parameters
    ----------
    chart : Chart
        Whose performance the song is.
    """
    if not bars:
        return song
    meter = chart.bars[1 if chart.pickup else 0].meter
    length = bars * meter.bar_ticks
    later = length - chart.pickup
    clicks = [
        Note(bar * meter.bar_ticks + pulse.time, SIDE_STICK, CLICK_TICKS, VELOCITY if pulse.time else FIRST_VELOCITY)
        for bar in range(bars)
        for pulse in pulses(meter)
    ]
    heard = Track(tuple(click for click in clicks if click.time < later), "Count-in", is_drum=True)
    moved = song.shift(later)
    meters = (MeterChange(0, meter), *(MeterChange(change.time + later, change.meter) for change in song.meters))
    return replace(moved, tracks=(*moved.tracks, heard), meters=meters)
