"""Weimar Jazz Database: jazz solos transcribed by hand, with tapped beats, given chords.

M. Pfleiderer, K. Frieler, J. Abeßer, W.-G. Zaddach and B. Burkhart (eds.), Inside the Jazzomat: New Perspectives for
Jazz Research, Schott Campus, 2017. https://jazzomat.hfm-weimar.de. Licence: ODbL 1.0 by most accounts,
CC BY-NC-SA 4.0 by others: share alike, and not for profit, until you know better. 456 solos.

The CSV layout is read: ``melody/NAME_FINAL.csv`` with a row a note, ``beats/NAME_FINAL_beattrack.csv`` with a row a
beat, ``solo_info.csv`` (in the same folder as these two, or one above) with a row a solo.

Oddities
--------
- Columns are read by name: some files lack some of them. The signature carries its own quotes.
- Every row of the beat track is one beat of the signature's denominator. Bars count from the first chorus,
  so that those before have numbers <= 0; the first one may be a part of a bar: it becomes a bar of its own.
- A note has an onset in seconds, and a place in the meter: bar, beat, and `tatum` of the `division` of that beat.
  The place is taken, for it says what was played rather than when (swung eighths are one of 2 or of 3); the
  duration goes from seconds to ticks by the beat track.
- Chords are repeated on every beat, ``NC`` is none, and an empty one goes on. Accidentals stand behind the number:
  ``79b`` is a flat ninth. Five solos without a meter are in 1/4.
- The tempo drifts: `avgtempo` says how fast the solo is, not where its beats are.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby, pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from solomuse.analysis.beats import held_chords, meter_changes, warp_to_ticks
from solomuse.datasets.song_file import Folder, SongFile, Source
from solomuse.datasets.text import read_text
from solomuse.errors import ChartError, ChordError, FormatError
from solomuse.music.chart import ChordSpan
from solomuse.music.chord import NO_CHORD, Chord
from solomuse.music.meter import Meter, parse_meter
from solomuse.music.note import TICKS_PER_QUARTER, Note
from solomuse.music.song import Song, TempoChange, Track
from solomuse.music.symbols import parse_chord

VELOCITY = 80
"""Of every note: the database measures loudness, but on no scale that is MIDI's."""

PROGRAM_BY_INSTRUMENT = {
    "ss": 64,
    "as": 65,
    "ts": 66,
    "ts-c": 66,
    "bs": 67,
    "cl": 71,
    "bcl": 71,
    "tp": 56,
    "cor": 56,
    "tb": 57,
    "vib": 11,
    "g": 26,
    "p": 0,
}
"""General MIDI programs, counted from 0."""

_TENOR_SAXOPHONE = 66

_Rows = Sequence[Mapping[str, str]]


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


def read_wjazzd(melody_csv: Path) -> Song:
    """The solo of one melody file, in the bars of the beat track beside it, with its given chords.

    Raises
    ------
    FormatError
        If a file is missing or malformed.
    """
    beats_csv = wjazzd_beats_path(melody_csv)
    info = solo_info(melody_csv)
    rows = _read_rows(beats_csv, ("onset", "bar", "beat", "signature", "chord"))
    try:
        beats = _beat_track(rows)
    except (ChartError, ValueError) as error:
        raise FormatError(f"{beats_csv}: not a beat track ({error}); unpack the data set again") from None
    note_rows = _read_rows(melody_csv, ("onset", "duration", "pitch", "bar", "beat", "tatum", "division"))
    try:
        notes = _notes(note_rows, beats)
    except ValueError as error:
        raise FormatError(f"{melody_csv}: {error}; unpack the data set again") from None
    try:
        chords = _chords(rows, beats)
    except ChordError as error:
        raise FormatError(f"{beats_csv}: {error}") from None
    instrument = info.get("instrument") or ""
    return Song(
        (Track(notes, instrument, PROGRAM_BY_INSTRUMENT.get(instrument, _TENOR_SAXOPHONE)),),
        tempos=(TempoChange(0, _qpm(info, beats)),),
        meters=meter_changes(beats.meters),
        chords=chords,
        melody_track=0,
        title=wjazzd_title(melody_csv),
        key=_key(info.get("key") or ""),
        source="wjazzd",
        beats="given",
    )


def wjazzd_beats_path(melody_csv: Path) -> Path:
    """Where the beat track of a melody file lies."""
    return melody_csv.parent.parent / "beats" / f"{melody_csv.stem}_beattrack.csv"


def wjazzd_title(melody_csv: Path) -> str:
    """The title of the tune, which solos on it share; the file's name where ``solo_info.csv`` knows none."""
    return solo_info(melody_csv).get("title") or melody_csv.stem.removesuffix("_FINAL")


def solo_info(melody_csv: Path) -> dict[str, str]:
    """What ``solo_info.csv`` says of a solo; empty without such a file or row."""
    folder = melody_csv.parent.parent
    paths = (folder / "solo_info.csv", folder.parent / "solo_info.csv")
    path = next((path for path in paths if path.is_file()), None)
    return _solo_infos(path, path.stat().st_mtime_ns).get(melody_csv.stem, {}) if path else {}


@lru_cache(maxsize=4)
def _solo_infos(path: Path, _modified_nanoseconds: int) -> dict[str, dict[str, str]]:
    """The rows of ``solo_info.csv`` by the solo's file name."""
    return {row.get("id", ""): row for row in _csv_rows(path)}


def _read_rows(path: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    """The rows of a CSV file that must have these columns, and a row at least."""
    rows = _csv_rows(path)
    missing = [column for column in columns if not rows or column not in rows[0]]
    if missing:
        raise FormatError(f"{path}: no row, or no column {missing[0]!r}; unpack the data set again")
    return rows


def _csv_rows(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file by column; what a row lacks is empty."""
    try:
        return list(csv.DictReader(io.StringIO(read_text(path), newline=""), restval=""))
    except csv.Error as error:
        raise FormatError(f"{path}: not a CSV file ({error}); unpack the data set again") from None


def _beat_track(rows: _Rows) -> _BeatTrack:
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


def _notes(rows: _Rows, beats: _BeatTrack) -> tuple[Note, ...]:
    """The notes at their places in the meter, each cut where the next one begins."""
    onsets = np.array([float(row["onset"]) for row in rows])
    ends = onsets + np.array([float(row["duration"]) for row in rows])
    if not np.isfinite(ends).all():
        raise ValueError("a note without an onset or a duration")
    starts, stops = (warp_to_ticks(times, beats.seconds, beats.ticks[:-1]) for times in (onsets, ends))
    placed = [
        (_place(row, beats), round(float(row["pitch"])), duration)
        for row, duration in zip(rows, (stops - starts).tolist(), strict=True)
    ]
    placed.sort()
    followers = [*(time for time, _, _ in placed[1:]), None]
    return tuple(
        Note(time, pitch, max(1, duration if follower is None else min(duration, follower - time)), VELOCITY)
        for (time, pitch, duration), follower in zip(placed, followers, strict=True)
    )


def _place(row: Mapping[str, str], beats: _BeatTrack) -> int:
    """The tick of a note's bar, beat, and tatum of its division."""
    bar, beat, tatum, division = (int(row[column]) for column in ("bar", "beat", "tatum", "division"))
    if (bar, beat) not in beats.interval_by_place or not 1 <= tatum <= division:
        raise ValueError(f"a note at bar {bar}, beat {beat}, tatum {tatum} of {division}, where no beat is tapped")
    time, end = beats.interval_by_place[bar, beat]
    return time + round((end - time) * (tatum - 1) / division)


def _chords(rows: _Rows, beats: _BeatTrack) -> tuple[ChordSpan, ...]:
    """The chords of the beat track, equal neighbours joined."""
    chords: list[Chord] = []
    for row in rows:
        text = row["chord"].strip()
        chords.append(parse_chord(text, accidentals_behind=True) if text else chords[-1] if chords else NO_CHORD)
    return held_chords(beats.ticks[:-1].tolist(), chords, int(beats.ticks[-1]))


def _qpm(info: Mapping[str, str], beats: _BeatTrack) -> float:
    """The tempo that the database gives, else that of the median beat."""
    try:
        return float(info["avgtempo"])
    except (KeyError, ValueError):
        rate = np.median(np.diff(beats.ticks[:-1]) / np.diff(beats.seconds))
        return round(60 * float(rate) / TICKS_PER_QUARTER, 1)


def _key(text: str) -> str | None:
    """``Bb-maj`` as ``Bb:maj``; None for a mode, or nothing."""
    tonic, _, mode = text.partition("-")
    return f"{tonic}:{mode}" if tonic and mode in ("maj", "min") else None


def _find(folder: Folder) -> Iterator[SongFile]:
    """A folder that holds ``melody`` beside ``beats`` is the database as CSV."""
    if {"melody", "beats"} <= set(folder.folder_names):
        folder.folder_names[:] = [name for name in folder.folder_names if name not in ("melody", "beats")]
        for melody in sorted((folder.path / "melody").glob("[!.]*.csv")):
            yield SongFile("wjazzd", melody, wjazzd_title(melody))


WJAZZD = Source("wjazzd", _find, lambda file, _: read_wjazzd(file.path))
