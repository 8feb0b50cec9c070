"""Standard MIDI Files: to a song and back.

symusic reads it; what it gives up on or would read in part only, and files of type 2, the forgiving reader of `smf`
does. What a file says becomes a `Song`:

===================== ==============================================================================================
in the file           in the song
===================== ==============================================================================================
ticks                 rescaled to 480 a quarter, to the nearest; a note lasts at least one tick
channels, programs    a track for each within each track of the file; channel 10 is the drums
notes of one pitch    where they overlap within a channel they end in the order in which they began; notes that never
                      end, or after 64 bars, last a whole note at most; symusic leaves out those that never end
patterns (type 2)     one after another, each from a bar line on
tempos                the plainest number of quarters a minute that stands for the file's microseconds
time signatures       4/4 until the first; impossible ones are left out, of two within a sixteenth the later holds
key signature         the first that is possible
markers, other texts  chords, where at least 80 % of a kind are chord symbols; the last lasts to the end of its bar
===================== ==============================================================================================

`write_midi` marks the end of the last chord with ``N.C.``, so that what it writes reads back unchanged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray
from symusic.core import (
    KeySignatureTick,
    NoteTick,
    ScoreTick,
    TempoTick,
    TextMetaTick,
    TimeSignatureTick,
    TrackTick,
)

from solomuse.errors import FormatError, OutputError
from solomuse.files import title_of, write_whole
from solomuse.formats.chord_texts import named_chords
from solomuse.formats.smf import MOST_BYTES, MOST_TRACKS, is_regular, read_leniently, unwrapped
from solomuse.music.chart import ChordSpan
from solomuse.music.chord import NO_CHORD, UNKNOWN_CHORD
from solomuse.music.keys import MOST_ACCIDENTALS, key_of_signature
from solomuse.music.meter import COMMON_TIME, Meter
from solomuse.music.note import TICKS_PER_QUARTER
from solomuse.music.notes import Notes
from solomuse.music.song import MeterChange, Song, TempoChange, Track

MOST_NOTES = 400_000
"""A file with more notes is refused; a long symphony has about 100,000."""

LAST_TICK = 10_000_000
"""Notes that begin later are left out: about three hours at 120 quarters a minute."""

LONGEST_NOTE, LOST_END = 256 * TICKS_PER_QUARTER, 4 * TICKS_PER_QUARTER
"""A longer note is taken for one whose end was lost; such a note lasts a whole note."""

LONGEST_SILENCE = 512 * TICKS_PER_QUARTER
"""What lies behind a longer one is left out: about four minutes at 120 quarters a minute."""

MOST_CHANGES = 50_000
"""Of tempo, meter and key, and of markers; those behind them are left out. A drawn tempo curve has thousands."""

MICROSECONDS_PER_MINUTE = 60_000_000
LONGEST_QUARTER_MICROSECONDS = 0xFFFFFF

_KIND_BY_START = {
    **dict.fromkeys((b"<!doctype", b"<html", b"<title"), "it is a web page"),
    **dict.fromkeys((b"rar!", b"pk\x03\x04", b"7z\xbc\xaf"), "it is an archive"),
    b"smf2clip": "it is a MIDI 2.0 clip",
    b"\x1f\x8b": "its packing is damaged",
}
"""What files that are called .mid are instead, by their first bytes in lower case."""

SWING_MARKER = "Swing"
_SIXTEENTH = TICKS_PER_QUARTER // 4

_KEY_BY_SIGNATURE = {
    (fifths, tonality): key_of_signature(fifths, mode)
    for tonality, mode in enumerate(("maj", "min"))
    for fifths in range(-MOST_ACCIDENTALS, MOST_ACCIDENTALS + 1)
}
"""Key by the number of sharps (flats are negative) with 0 for major, 1 for minor (Standard MIDI Files 1.0, FF 59)."""

_SIGNATURE_BY_KEY = {key: signature for signature, key in _KEY_BY_SIGNATURE.items()}


def read_midi(path: Path, *, sustain: bool = False) -> Song:
    """The song that a Standard MIDI File of any type holds, titled by the file's name.

    Tracks without notes are left out, and what lies past `LAST_TICK` or behind a silence of `LONGEST_SILENCE`.

    Parameters
    ----------
    sustain : bool
        Let notes sound for as long as the sustain pedal of their channel, in their track of the file, is down, or until
        their pitch is struck again. A pedal that is never lifted is left out.

    Raises
    ------
    FormatError
        If the file cannot be read, is no Standard MIDI File, holds no note, or is out of all proportion
        (`MOST_BYTES`, `MOST_NOTES`, `MOST_TRACKS`, `LAST_TICK`).
    """
    data = _data(path)
    score, notices = _score(data, path)
    tracks, end = _tracks(score, path, sustain)
    late = score.note_num() - sum(len(track.notes) for track in tracks)
    if late:
        notices = (*notices, f"{late} notes lie far behind the others: they are left out")
    limit = end + LONGEST_SILENCE
    song = Song(
        tracks,
        _tempos(score, limit),
        _meters(score, limit),
        title=title_of(path),
        key=_key(score),
        notices=notices,
        says_meter=len(score.time_signatures) > 0,
    )
    last_bar_line = sum(meter.bar_ticks for meter in song.bar_meters())
    markers = [(int(event.time), event.text) for event in score.markers[:MOST_CHANGES]]
    rescaled = partial(_rescaled_tick, resolution=score.ticks_per_quarter)
    song = replace(song, swing=_swing([text for _, text in markers]))
    markers = [(time, text) for time, text in markers if not text.startswith(SWING_MARKER)]
    return replace(
        song,
        chords=named_chords(
            markers, data, rescaled, last_bar_line, last_bar_line + LONGEST_SILENCE, is_sure=song.swing is not None
        ),
    )


def _swing(markers: Sequence[str]) -> float | None:
    """The ratio of the eighths that a marker of ours says."""
    found = (re.fullmatch(rf"{SWING_MARKER} (\d\.\d+)", text) for text in markers)
    return next((float(match[1]) for match in found if match), None)


def _data(path: Path) -> bytes:
    """The file's bytes, out of any wrapper."""
    try:
        size = path.stat().st_size
        data = path.read_bytes() if size <= MOST_BYTES else b""
    except OSError as error:
        raise FormatError(f"{path}: cannot be read ({error.strerror}); check the path and its permissions") from None
    if size > MOST_BYTES:
        raise FormatError(f"{path}: has {size // 2**20} MB, more than {MOST_BYTES // 2**20}; cut it into pieces")
    if not data:
        raise FormatError(f"{path}: the file is empty; export or download it again")
    return data


def _score(data: bytes, path: Path) -> tuple[ScoreTick, tuple[str, ...]]:
    """The file as it is parsed, at its own resolution, and what had to be mended."""
    try:
        inner, around = unwrapped(data)
        if inner[:4] != b"MThd" and b"MTrk" not in inner:
            raise FormatError(f"not a Standard MIDI File ({_kind(inner)}); give a .mid file")
        before = (around,) if around else ()
        for is_mended in (False, True):
            score = _parsed(inner, is_mended)
            if score is not None and score.note_num():
                return score, (*before, *(("values above 127",) if is_mended else ()))
        recovered = read_leniently(inner)
    except FormatError as error:
        raise FormatError(f"{path}: {error}") from None
    return recovered.score, (*before, *recovered.notices)


def _kind(data: bytes) -> str:
    """What a file that holds no MIDI track looks like."""
    start = data[:512].lstrip().lower()
    return next((kind for sign, kind in _KIND_BY_START.items() if start.startswith(sign)), "there is no track in it")


def _parsed(data: bytes, is_mended: bool) -> ScoreTick | None:
    """The file as symusic parses it, None where it gives up or would leave something out.

    Mended means that data bytes which are too large are made smaller.
    """
    if not is_regular(data):
        return None
    try:
        score = ScoreTick.from_midi(data, sanitize_data=is_mended)
    except (RuntimeError, ValueError):
        return None
    return score if score.ticks_per_quarter > 0 else None


def _tracks(score: ScoreTick, path: Path, sustain: bool) -> tuple[tuple[Track, ...], int]:
    """The tracks that hold notes, once their number is known to be sane, and the tick at which the last note ends."""
    count, sounding = score.note_num(), [track for track in score.tracks if len(track.notes)]
    if count == 0:
        raise FormatError(f"{path}: holds no notes; give a file with a melody")
    if count > MOST_NOTES:
        raise FormatError(f"{path}: holds {count} notes, more than {MOST_NOTES}; cut it into pieces")
    if len(sounding) > MOST_TRACKS:
        raise FormatError(f"{path}: holds {len(sounding)} tracks, more than {MOST_TRACKS}; cut it into pieces")
    columns = [_columns(track, score.ticks_per_quarter, sustain) for track in sounding]
    start, end = _stretch(np.concatenate(columns))
    if start >= LAST_TICK:
        quarters = LAST_TICK // TICKS_PER_QUARTER
        raise FormatError(f"{path}: all notes lie past {quarters} quarter notes; cut the silence before them")
    tracks = (
        Track(Notes(rows[rows[:, 0] < end]), track.name.strip(" \0"), track.program, track.is_drum)
        for track, rows in zip(sounding, columns, strict=True)
    )
    return tuple(track for track in tracks if track.notes), end


def _stretch(columns: NDArray[np.int64]) -> tuple[int, int]:
    """The first note's time, and the end of the last before `LAST_TICK` and before any silence of `LONGEST_SILENCE`.

    The columns, shape (notes, 4), are time, pitch, duration, velocity.
    """
    order = np.argsort(columns[:, 0])
    times = columns[order, 0]
    ends = np.maximum.accumulate(times + columns[order, 2])
    is_far = (times[1:] > ends[:-1] + LONGEST_SILENCE) | (times[1:] >= LAST_TICK)
    return int(times[0]), int(ends[is_far.argmax()] if is_far.any() else ends[-1])


def _columns(track: TrackTick, resolution: int, sustain: bool) -> NDArray[np.int64]:
    """Time, pitch, duration, velocity of a track's notes at `TICKS_PER_QUARTER`; shape (notes, 4)."""
    columns = cast("dict[str, NDArray[np.int64]]", track.notes.numpy())
    start = columns["time"].astype(np.int64)
    end = start + _believable(columns["duration"].astype(np.int64), resolution)
    if sustain and len(track.pedals):
        pedals = cast("dict[str, NDArray[np.int64]]", track.pedals.numpy())
        end = _sustained(start, end, columns["pitch"], pedals["time"], pedals["time"] + pedals["duration"])
    times, ends = _rescaled(start, resolution), _rescaled(end, resolution)
    times[times < 0] = LAST_TICK  # symusic's 32 bits have run over
    durations = np.maximum(np.minimum(ends, LAST_TICK) - times, 1)
    velocities = np.clip(columns["velocity"], 1, 127)
    return np.stack([times, np.clip(columns["pitch"], 0, 127), durations, velocities], axis=1)


def _believable(durations: NDArray[np.int64], resolution: int) -> NDArray[np.int64]:
    """Durations in ticks at `resolution`, those over `LONGEST_NOTE` shortened to `LOST_END`; shape and dtype stay."""
    longest, lost = (ticks * resolution // TICKS_PER_QUARTER for ticks in (LONGEST_NOTE, LOST_END))
    return np.where(durations > longest, lost, durations)


def _sustained(
    start: NDArray[np.int64],
    end: NDArray[np.int64],
    pitch: NDArray[np.int64],
    down: NDArray[np.int64],
    up: NDArray[np.int64],
) -> NDArray[np.int64]:
    """The ends of notes, later where the pedal is down; `down` and `up` of shape (pedals,), the rest (notes,)."""
    order = np.argsort(down)
    pedal = np.searchsorted(down[order], end, side="right") - 1
    release = np.where(pedal >= 0, up[order][np.maximum(pedal, 0)], end)
    in_order = np.lexsort((start, pitch))
    is_followed = np.append(pitch[in_order][1:] == pitch[in_order][:-1], False)
    struck_again = np.where(is_followed, np.append(start[in_order][1:], 0), np.iinfo(np.int64).max)
    limit = np.empty_like(struck_again)
    limit[in_order] = struck_again
    return np.maximum(end, np.minimum(release, limit))


def _rescaled(ticks: NDArray[np.int64], resolution: int) -> NDArray[np.int64]:
    """Ticks at `resolution` a quarter to the nearest at `TICKS_PER_QUARTER`, halves up; shape and dtype stay."""
    return (2 * ticks * TICKS_PER_QUARTER + resolution) // (2 * resolution)


def _rescaled_tick(tick: int, resolution: int) -> int:
    """The same of one tick."""
    return (2 * tick * TICKS_PER_QUARTER + resolution) // (2 * resolution)


def _tempos(score: ScoreTick, limit: int) -> tuple[TempoChange, ...]:
    """The tempo map to tick `limit`, 120 until the first event; of two at one time the later in the file holds."""
    qpm_by_time = {0: 120.0}
    for event in sorted(score.tempos[:MOST_CHANGES], key=lambda event: event.time):
        time = _rescaled_tick(int(event.time), score.ticks_per_quarter)
        if 0 <= time <= limit and event.mspq > 0:
            qpm_by_time[time] = _plainest_qpm(event.mspq)
    changes: list[TempoChange] = []
    for time, qpm in qpm_by_time.items():
        if not changes or changes[-1].qpm != qpm:
            changes.append(TempoChange(time, qpm))
    return tuple(changes)


def _plainest_qpm(quarter_microseconds: int) -> float:
    """The number with the fewest decimals that a file would store as this many microseconds a quarter.

    A file written at 140 holds 428571 microseconds, which divide to 140.00014.
    """
    exact = MICROSECONDS_PER_MINUTE / quarter_microseconds
    candidates = (round(exact, decimals) for decimals in range(7))
    return next((qpm for qpm in candidates if qpm and _quarter_microseconds(qpm) == quarter_microseconds), exact)


def _quarter_microseconds(qpm: float) -> int:
    """The length of a quarter as a file stores it, in the 24 bits that it has for it."""
    return min(max(round(MICROSECONDS_PER_MINUTE / qpm), 1), LONGEST_QUARTER_MICROSECONDS)


def _meters(score: ScoreTick, limit: int) -> tuple[MeterChange, ...]:
    """The meters that change anything until `limit`; one within a sixteenth after another takes its place."""
    changes = [MeterChange(0, COMMON_TIME)]
    for event in sorted(score.time_signatures[:MOST_CHANGES], key=lambda event: event.time):
        time, meter = _rescaled_tick(int(event.time), score.ticks_per_quarter), _meter(event)
        if meter is None or not 0 <= time <= limit:
            continue
        if time - changes[-1].time < _SIXTEENTH:
            changes[-1] = MeterChange(changes[-1].time, meter)
        else:
            changes.append(MeterChange(time, meter))
    kept = [changes[0], *(change for before, change in pairwise(changes) if change.meter != before.meter)]
    return tuple(kept)


def _meter(event: TimeSignatureTick) -> Meter | None:
    """The meter of an event, None where there is no such meter."""
    try:
        return Meter(event.numerator, event.denominator)
    except ValueError:
        return None


def _key(score: ScoreTick) -> str | None:
    """The first possible key signature as a label such as ``Bb:maj``; None where there is none."""
    signatures = sorted(score.key_signatures[:MOST_CHANGES], key=lambda event: event.time)
    keys = (_KEY_BY_SIGNATURE.get((event.key, event.tonality)) for event in signatures)
    return next((key for key in keys if key is not None), None)


def write_midi(song: Song, path: Path) -> None:
    """Write a song as a Standard MIDI File of type 1 at 480 ticks a quarter, in place of any file at `path`.

    The chords become markers, and so does the ratio of the swing that is written out in its notes. Overlapping notes of
    one pitch in one track end in the order in which they began: MIDI cannot say otherwise. A key that is neither major
    nor minor is left out.

    Raises
    ------
    OutputError
        If the file cannot be written, or a meter has more than 255 beats.
    """
    too_long = [change.meter for change in song.meters if change.meter.numerator > 255]
    if too_long:
        raise OutputError(f"{path}: a MIDI file cannot hold the meter {too_long[0]}; use bars of at most 255 beats")
    score = ScoreTick(TICKS_PER_QUARTER)
    for tempo in song.tempos:
        score.tempos.append(TempoTick(tempo.time, mspq=_quarter_microseconds(tempo.qpm)))
    for time, meter in ((change.time, change.meter) for change in song.meters):
        score.time_signatures.append(TimeSignatureTick(time, meter.numerator, meter.denominator))
    if song.key in _SIGNATURE_BY_KEY:
        score.key_signatures.append(KeySignatureTick(0, *_SIGNATURE_BY_KEY[song.key]))
    for time, text in _markers(song.chords, song.key):
        score.markers.append(TextMetaTick(time, text))
    if song.swing is not None:
        score.markers.append(TextMetaTick(0, f"{SWING_MARKER} {song.swing:.3f}"))
    for track in song.tracks:
        score.tracks.append(_written(track))
    write_whole(path, score.dumps_midi())


def _markers(spans: Sequence[ChordSpan], key: str | None) -> Iterator[tuple[int, str]]:
    """Times and texts of the markers: a symbol where a chord begins, ``N.C.`` where one ends and none follows.

    Symbols are called as they were written, else spelled in the key.
    """
    follower_times = [*(span.time for span in spans), None][1:]
    for span, follower_time in zip(spans, follower_times, strict=True):
        # "?", the symbol of an unknown chord, is for the eye: no parser reads it.
        yield span.time, "X" if span.chord == UNKNOWN_CHORD else span.chord.symbol(key=key)
        if span.end != follower_time:
            yield span.end, NO_CHORD.symbol()


def _written(track: Track) -> TrackTick:
    """The track as symusic writes it."""
    written = TrackTick(track.name, track.program, track.is_drum)
    for note in track.notes:
        written.notes.append(NoteTick(note.time, note.duration, note.pitch, note.velocity))
    return written
