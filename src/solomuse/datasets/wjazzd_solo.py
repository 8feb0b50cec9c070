"""A solo of the Weimar Jazz Database from rows of its tables, whatever file they come from.

A row is a mapping of texts by the column names of the CSV files; an empty text is nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby, pairwise
from math import inf
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from solomuse.analysis.beats import held_chords, meter_changes, warp_to_ticks
from solomuse.analysis.swing import swing_ratio
from solomuse.errors import ChartError, ChordError, ConfigError, FormatError
from solomuse.music.chart import ChordSpan
from solomuse.music.chord import NO_CHORD, Chord
from solomuse.music.instruments import INSTRUMENTS, find_instrument
from solomuse.music.keys import parse_key
from solomuse.music.meter import Meter, parse_meter
from solomuse.music.note import TICKS_PER_QUARTER, Note
from solomuse.music.song import Section, Song, TempoChange, Track
from solomuse.music.symbols import parse_chord

VELOCITY = 80
"""Of every note: the database measures loudness, but on no scale that is MIDI's."""

METADATA_COLUMNS = {
    **{name: name for name in ("performer", "instrument", "style", "form", "composer", "harmony_template", "genre")},
    "tempo_class": "tempoclass",
    "rhythm_feel": "rhythmfeel",
    "tonality": "tonality_type",
}
"""Where `Song.metadata` is from, by its name there."""

NOTE_COLUMNS = ("onset", "duration", "pitch", "bar", "beat", "tatum", "division")
BEAT_COLUMNS = ("onset", "bar", "beat", "signature", "chord")

Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _BeatTrack:
    """The tapped beats of a solo.

    Parameters
    ----------
    seconds : ndarray of shape (n,), float64
        On the clock of the recording.
    ticks : ndarray of shape (n + 1,), int64
        Of each beat from the first one on; the last entry is the end of the last beat.
    meters : tuple of Meter
        One for each bar.
    interval_by_place : dict
        Start and end in ticks by bar and beat.
    """

    seconds: NDArray[np.float64]
    ticks: NDArray[np.int64]
    meters: tuple[Meter, ...]
    interval_by_place: dict[tuple[int, int], tuple[int, int]]


def solo_of(info: Row, note_rows: Sequence[Row], beat_rows: Sequence[Row], title: str, places: tuple[str, str]) -> Song:
    """The solo in the bars of its beat track, with its given chords.

    Parameters
    ----------
    info : mapping
        The row of ``solo_info``; may be empty.
    note_rows, beat_rows : sequence of mapping
        With `NOTE_COLUMNS` and perhaps ``phrase_id``; with `BEAT_COLUMNS` and perhaps ``form, chorus_id``, which are
        said again on each beat.
    places : tuple of str
        Where the notes and the beats are from, for errors.

    Raises
    ------
    FormatError
        If the rows are no solo.
    """
    note_place, beat_place = places
    _check(beat_rows, BEAT_COLUMNS, beat_place)
    _check(note_rows, NOTE_COLUMNS, note_place)
    try:
        beats = _beat_track(beat_rows)
    except (ChartError, ValueError) as error:
        raise FormatError(f"{beat_place}: not a beat track ({error}); unpack the data set again") from None
    try:
        placed = _placed(note_rows, beats)
        notes = tuple(note for note, _ in placed)
    except ValueError as error:
        raise FormatError(f"{note_place}: {error}; unpack the data set again") from None
    try:
        chords = _chords(beat_rows, beats)
    except ChordError as error:
        raise FormatError(f"{beat_place}: {error}") from None
    instrument = info.get("instrument") or ""
    return Song(
        (Track(notes, instrument, _program(instrument)),),
        tempos=(TempoChange(0, _qpm(info, beats)),),
        meters=meter_changes(beats.meters),
        chords=chords,
        melody_track=0,
        title=title,
        key=_key(info.get("key") or ""),
        source="wjazzd",
        beats="given",
        metadata={name: info[column] for name, column in METADATA_COLUMNS.items() if info.get(column)},
        swing=_swing(note_rows, beats),
        sections=tuple(sorted(_sections(beat_rows, beats, placed), key=lambda section: section.time)),
    )


def _check(rows: Sequence[Row], columns: Sequence[str], place: str) -> None:
    missing = [column for column in columns if not rows or column not in rows[0]]
    if missing:
        raise FormatError(f"{place}: no row, or no column {missing[0]!r}; unpack the data set again")


def _beat_track(rows: Sequence[Row]) -> _BeatTrack:
    """The beat track, a pickup being a bar of its own."""
    seconds = np.array([float(row["onset"]) for row in rows])
    if len(seconds) < 2 or not np.isfinite(seconds).all() or np.diff(seconds).min() <= 0:
        raise ValueError("expected at least two beats at rising times")
    signatures = [parse_meter(row["signature"].strip("'\" ")) for row in rows]
    places = [(int(row["bar"]), int(row["beat"])) for row in rows]
    ticks = np.cumsum([0, *(meter.beat_ticks for meter in signatures)])
    bars = [list(indices) for _, indices in groupby(range(len(rows)), key=lambda index: places[index][0])]
    meters = [Meter(len(bar), signatures[bar[0]].denominator) for bar in bars]
    if places[bars[-1][-1]][1] < signatures[-1].numerator:
        meters[-1] = signatures[-1]
    intervals = dict(zip(places, pairwise(ticks.tolist()), strict=True))
    return _BeatTrack(seconds, ticks, tuple(meters), intervals)


def _placed(rows: Sequence[Row], beats: _BeatTrack) -> list[tuple[Note, str]]:
    """The notes at their places in the meter, each cut where the next one begins, and the phrase of each."""
    onsets = np.array([float(row["onset"]) for row in rows])
    ends = onsets + np.array([float(row["duration"]) for row in rows])
    if not np.isfinite(ends).all():
        raise ValueError("a note without an onset or a duration")
    starts, stops = (warp_to_ticks(times, beats.seconds, beats.ticks[:-1]) for times in (onsets, ends))
    placed = sorted(
        (_place(row, beats), round(float(row["pitch"])), duration, row.get("phrase_id") or "")
        for row, duration in zip(rows, (stops - starts).tolist(), strict=True)
    )
    followers = [*(time for time, *_ in placed[1:]), None]
    return [
        (Note(time, pitch, max(1, min(duration, duration if after is None else after - time)), VELOCITY), phrase)
        for (time, pitch, duration, phrase), after in zip(placed, followers, strict=True)
    ]


def _swing(rows: Sequence[Row], beats: _BeatTrack) -> float | None:
    """The swing ratio as it was played: the places in the meter tell no more than one of two or of three."""
    onsets = np.array(sorted(float(row["onset"]) for row in rows))
    return swing_ratio(warp_to_ticks(onsets, beats.seconds, beats.ticks[:-1]))


def _place(row: Row, beats: _BeatTrack) -> int:
    """The tick of a note's bar, beat, and tatum of its division."""
    bar, beat, tatum, division = (int(row[column]) for column in ("bar", "beat", "tatum", "division"))
    if (bar, beat) not in beats.interval_by_place or not 1 <= tatum <= division:
        raise ValueError(f"a note at bar {bar}, beat {beat}, tatum {tatum} of {division}, where no beat is tapped")
    time, end = beats.interval_by_place[bar, beat]
    return time + round((end - time) * (tatum - 1) / division)


def _chords(rows: Sequence[Row], beats: _BeatTrack) -> tuple[ChordSpan, ...]:
    """The chords of the beat track, equal neighbours joined."""
    chords: list[Chord] = []
    for row in rows:
        text = row["chord"].strip()
        chords.append(parse_chord(text, accidentals_behind=True) if text else chords[-1] if chords else NO_CHORD)
    return held_chords(beats.ticks[:-1].tolist(), chords, int(beats.ticks[-1]))


def _program(instrument: str) -> int:
    """The program of an instrument by its short name; the tenor saxophone's, which is the commonest, for no name."""
    try:
        return find_instrument(instrument).program
    except ConfigError:
        return INSTRUMENTS["tenor-sax"].program


def _qpm(info: Row, beats: _BeatTrack) -> float:
    """The tempo that the database gives, else that of the median beat."""
    with suppress(KeyError, ValueError):
        if 0 < (qpm := float(info["avgtempo"])) < inf:
            return qpm
    rate = np.median(np.diff(beats.ticks[:-1]) / np.diff(beats.seconds))
    return round(60 * float(rate) / TICKS_PER_QUARTER, 1)


def _key(text: str) -> str | None:
    """``Bb-maj`` as ``Bb:maj``; None for a mode, or what is no key."""
    tonic, _, mode = text.partition("-")
    with suppress(ChartError):
        return parse_key(f"{tonic}:{mode}") if mode in ("maj", "min") else None
    return None


def _sections(rows: Sequence[Row], beats: _BeatTrack, placed: Sequence[tuple[Note, str]]) -> Iterator[Section]:
    """Choruses and parts of the form by their beats, phrases by their notes; a chorus begins its form anew."""
    numbers = [_chorus(row) for row in rows]
    forms = [(number, row.get("form") or "") for number, row in zip(numbers, rows, strict=True)]
    yield from _stretches("chorus", numbers, numbers, beats)
    yield from _stretches("form", forms, [form for _, form in forms], beats)
    for phrase, group in groupby(placed, key=lambda item: item[1]):
        notes = [note for note, _ in group]
        if phrase:
            yield Section("phrase", notes[0].time, max(note.end for note in notes) - notes[0].time, phrase)


def _chorus(row: Row) -> str:
    """The number of the chorus that a beat is in, empty before the first one (0 or -1)."""
    number = row.get("chorus_id") or ""
    return "" if number == "0" or number.startswith("-") else number


def _stretches(
    kind: Literal["chorus", "form"], keys: Sequence[object], labels: Sequence[str], beats: _BeatTrack
) -> Iterator[Section]:
    """Beats that follow each other with one key, where they have a label."""
    for _, group in groupby(range(len(keys)), key=lambda beat: keys[beat]):
        indices = list(group)
        start, end = int(beats.ticks[indices[0]]), int(beats.ticks[indices[-1] + 1])
        if labels[indices[0]]:
            yield Section(kind, start, end - start, labels[indices[0]])
