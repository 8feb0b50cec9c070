"""From a song to its lead sheet: a melody track over the chords."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from solomuse.analysis.harmony import infer_chords
from solomuse.analysis.melody import melody_track
from solomuse.errors import NoChordsError
from solomuse.music.chart import Chart, ChordSpan, chart_from_spans
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.song import Song

ChordSource = Literal["auto", "given", "inferred"]


def chords_are_given(song: Song, source: ChordSource = "auto") -> bool:
    """Whether the song's own chords are taken rather than inferred ones."""
    return bool(song.chords) and source != "inferred"


def song_chords(song: Song, melody: int | None, source: ChordSource = "auto") -> tuple[ChordSpan, ...]:
    """The chords of a song.

    Parameters
    ----------
    melody : int or None
        Index of the track that is left out where chords are inferred.
    source : {"auto", "given", "inferred"}
        ``auto`` infers them only where the song gives none.

    Raises
    ------
    NoChordsError
        If they are to be given and are not, or nothing is left to infer them from.
    """
    if chords_are_given(song, source):
        return song.chords
    if source == "given":
        raise NoChordsError(f"{song.title}: no chords are given; leave out 'chords = given' to infer them")
    return infer_chords(song, [index for index in range(len(song.tracks)) if index != melody])


def lead_sheet(song: Song, chords: ChordSource = "auto") -> LeadSheet:
    """The melody track of a song over its chords, with bars from the song's meters.

    Raises
    ------
    NoMelodyError
        If no track will do.
    NoChordsError
        As `song_chords` says.
    """
    track = melody_track(song).track
    return lead_sheet_of(song, track, song_chords(song, track, chords))


def lead_sheet_of(song: Song, track: int | None, chords: Sequence[ChordSpan]) -> LeadSheet:
    """A track of a song, or none, over chords."""
    bars = chart_from_spans(chords, song.bar_meters()).bars
    chart = Chart(bars, title=song.title, key=song.key, qpm=song.tempos[0].qpm)
    if track is None:
        return LeadSheet(chart, ())
    notes = song.tracks[track].notes
    return LeadSheet(chart, tuple(notes[: int(np.searchsorted(song.tracks[track].columns.times, chart.duration))]))
