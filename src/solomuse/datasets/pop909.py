"""POP909: Chinese pop songs as piano arrangements, with tapped beats, given chords.

Z. Wang, K. Chen, J. Jiang, Y. Zhang, M. Xu, S. Dai, X. Gu and G. Xia, "POP909: A pop-song dataset for music
arrangement generation", ISMIR 2020. https://github.com/music-x-lab/POP909-Dataset, MIT licence. 909 songs.

``NNN/NNN.mid`` holds the tracks MELODY, BRIDGE and PIANO, ``NNN/beat_midi.txt`` and ``NNN/chord_midi.txt`` the
beats and the chords on the clock of that MIDI file, ``NNN/key_audio.txt`` the key, ``index.csv`` the titles.

Oddities
--------
- The MIDI's own time signatures and bar lines mean nothing (mostly 1/4). Time is taken from the beats: the notes
  go from ticks to seconds by the MIDI's tempo map, and from seconds to ticks by the beats.
- A line of ``beat_midi.txt`` is the time of a beat in seconds, a flag of simple downbeats, a flag of bar downbeats.
  In songs in two the simple flag comes every 2 beats, the bar flag every 4: the bars are those of the bar flag,
  4/4. In songs in three the simple flag comes every 3 beats, the bar flag every 6: the bars are those of
  the simple flag, 3/4. Which it is says `num_beats_per_measure` of ``index.csv``, without it the beats themselves.
- In 24 songs a beat is a dotted quarter (`num_quavers_per_beat` 3): four make a bar of 12/8.
- Bars of 2, 3, 5, 6 beats in between are where the song, or the tapping, is irregular. They stay bars of their own.
- The files named ``audio`` are on the clock of the recording, which is not quite that of the MIDI: their chords
  and beats are not used.
- The melody overlaps itself slightly: it is not made one voice here. Two songs of 717 (036, 802) have most of their
  notes twice: equal notes become one.
- BRIDGE is a second melody or a fill; it is part of the accompaniment unless ``--melody name=BRIDGE`` asks for it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from solomuse.analysis.bars import seconds_of
from solomuse.analysis.beats import held_chords, meter_changes, warp_to_ticks
from solomuse.datasets.song_file import Folder, SongFile, Source
from solomuse.datasets.text import read_text
from solomuse.errors import ChartError, ChordError, FormatError
from solomuse.formats.midi import read_midi
from solomuse.music.chart import ChordSpan
from solomuse.music.keys import parse_key
from solomuse.music.meter import Meter
from solomuse.music.note import TICKS_PER_QUARTER
from solomuse.music.notes import Notes
from solomuse.music.song import Song, TempoChange, Track
from solomuse.music.symbols import parse_chord

MELODY = "MELODY"
BEATS_FILE = "beat_midi.txt"
INDEX_COLUMNS = ("song_id", "name", "num_beats_per_measure", "num_quavers_per_beat")

_DOTTED_QUARTER = TICKS_PER_QUARTER * 3 // 2
_EARLY_TICKS = TICKS_PER_QUARTER // 4
"""A note that comes this little before the first beat belongs to that beat."""


@dataclass(frozen=True, slots=True)
class _Beats:
    """The tapped beats of a song.

    Parameters
    ----------
    seconds : ndarray of shape (n,), float64
        On the clock of the MIDI file.
    downbeats : tuple of int
        Indices of the beats that begin a bar, in order.
    per_bar : int
        Beats of most bars.
    ticks : int
        Length of a beat: a quarter or a dotted quarter.
    """

    seconds: NDArray[np.float64]
    downbeats: tuple[int, ...]
    per_bar: int
    ticks: int

    def meter(self, beats: int) -> Meter:
        """The meter of a bar of so many beats."""
        return Meter(3 * beats, 8) if self.ticks == _DOTTED_QUARTER else Meter(beats, 4)

    def meters(self, lead: int) -> list[Meter]:
        """The meter of every bar when `lead` beats precede the first tapped one; the last is an ordinary one."""
        full, pickup = divmod(lead + self.downbeats[0], self.per_bar)
        lengths = [pickup] * bool(pickup) + [self.per_bar] * full
        for start, end in pairwise(self.downbeats):
            repeats, rest = divmod(end - start, self.per_bar)
            lengths += [end - start] if rest else [self.per_bar] * repeats
        return [self.meter(length) for length in [*lengths, self.per_bar]]


def read_pop909(folder: Path, sustain: bool = False) -> Song:
    """The song of one folder ``NNN``, in bars and ticks of its tapped beats, with its given chords.

    The tempo is the median one. Where notes precede the first beat the beats are continued backwards.

    Raises
    ------
    FormatError
        If a file is missing or malformed.
    """
    performed = read_midi(folder / f"{folder.name}.mid", sustain=sustain)
    beats = _read_beats(folder)
    warped = [_warp(track, performed, beats) for track in performed.tracks]
    earliest = min(note_times.min() for note_times, _ in warped)
    lead = max(0, -(-(-int(earliest) - _EARLY_TICKS) // beats.ticks))
    tracks = tuple(
        _placed(track, *times, lead * beats.ticks) for track, times in zip(performed.tracks, warped, strict=True)
    )
    try:
        meters = meter_changes(beats.meters(lead))
    except ValueError as error:
        raise FormatError(f"{folder / BEATS_FILE}: {error}; download it again") from None
    names = [track.name.strip().upper() for track in tracks]
    qpm = 60 / float(np.median(np.diff(beats.seconds))) * beats.ticks / TICKS_PER_QUARTER
    return Song(
        tracks,
        tempos=(TempoChange(0, round(qpm, 2)),),
        meters=meters,
        chords=_chords(folder / "chord_midi.txt", beats, lead),
        melody_track=names.index(MELODY) if MELODY in names else None,
        title=pop909_title(folder),
        key=_key(folder / "key_audio.txt"),
        source="pop909",
        beats="given",
        metadata=pop909_metadata(folder),
    )


def pop909_title(folder: Path) -> str:
    """The title that ``index.csv`` beside the folder gives, else the folder's name."""
    return _index_row(folder).get("name") or folder.name


def pop909_metadata(folder: Path) -> dict[str, str]:
    """What ``index.csv`` beside the folder says of the performer; empty where it says nothing."""
    artist = _index_row(folder).get("artist", "").strip()
    return {"performer": artist} if artist else {}


def _index_row(folder: Path) -> dict[str, str]:
    """What ``index.csv`` beside the folder says of its song; empty without such a file or line."""
    index = folder.parent / "index.csv"
    return _read_index(index, index.stat().st_mtime_ns).get(folder.name, {}) if index.is_file() else {}


@lru_cache(maxsize=4)
def _read_index(path: Path, _modified_nanoseconds: int) -> dict[str, dict[str, str]]:
    """The rows of ``index.csv`` by song number."""
    rows = list(csv.DictReader(read_text(path).splitlines(), restval=""))
    missing = [column for column in INDEX_COLUMNS if rows and column not in rows[0]]
    if missing:
        raise FormatError(f"{path}: has no column {missing[0]!r}; download it again, or remove it")
    return {row["song_id"]: row for row in rows}


def _read_beats(folder: Path) -> _Beats:
    """The beats of a song, with the bars and the kind of beat that the index says."""
    path, row = folder / BEATS_FILE, _index_row(folder)
    lines = [line.split() for line in read_text(path).splitlines() if line.strip()]
    try:
        values = np.array([(float(time), float(simple), float(bar)) for time, simple, bar in lines]).reshape(-1, 3)
    except ValueError:
        raise FormatError(f"{path}: expected lines of a time in seconds with two flags; download it again") from None
    seconds, simple, bars = values.T
    if len(seconds) < 2 or not np.isfinite(seconds).all() or np.diff(seconds).min() <= 0:
        raise FormatError(f"{path}: expected at least two beats at rising times; download it again")
    is_triple = row["num_beats_per_measure"] == "3" if row else _usual_distance(simple) == 3
    flags = simple if is_triple else bars
    downbeats = tuple(np.flatnonzero(flags > 0.5).tolist()) or (0,)
    ticks = _DOTTED_QUARTER if row.get("num_quavers_per_beat") == "3" else TICKS_PER_QUARTER
    return _Beats(seconds, downbeats, _usual_distance(flags), ticks)


def _usual_distance(flags: NDArray[np.float64]) -> int:
    """The most frequent number of beats from one flag to the next; 4 where there are fewer than two flags."""
    distances = np.diff(np.flatnonzero(flags > 0.5))
    return int(np.bincount(distances).argmax()) if len(distances) else 4


def _warp(track: Track, performed: Song, beats: _Beats) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Onsets and ends of the notes in ticks from the first beat, each of shape (number of notes,)."""
    beat_ticks = np.arange(len(beats.seconds)) * beats.ticks
    return (
        warp_to_ticks(seconds_of(performed, track.columns.times), beats.seconds, beat_ticks),
        warp_to_ticks(seconds_of(performed, track.columns.ends), beats.seconds, beat_ticks),
    )


def _placed(track: Track, onsets: NDArray[np.int64], ends: NDArray[np.int64], shift: int) -> Track:
    """The track with its notes at these times, `shift` ticks later; equal notes become one."""
    times = np.maximum(onsets + shift, 0)
    columns = track.columns.columns.copy()
    columns[:, 0], columns[:, 2] = times, np.maximum(ends + shift - times, 1)
    columns = Notes(columns).columns
    is_new = np.append(True, (columns[1:] != columns[:-1]).any(1))
    return replace(track, notes=Notes(columns[is_new]))


def _chords(path: Path, beats: _Beats, lead: int) -> tuple[ChordSpan, ...]:
    """The given chords, on beats and halves of beats (thirds where a beat is a dotted quarter)."""
    lines = [line.split() for line in read_text(path).splitlines() if line.strip()]
    if not lines:
        return ()
    try:
        seconds = np.array([(float(start), float(end)) for start, end, _ in lines])
        chords = [parse_chord(line[2]) for line in lines]
    except ChordError as error:
        raise FormatError(f"{path}: {error}") from None
    except ValueError:
        raise FormatError(f"{path}: expected lines of two times in seconds with a chord; download it again") from None
    if not np.isfinite(seconds).all() or np.diff(seconds[:, 0]).min(initial=0) < 0:
        raise FormatError(f"{path}: expected chords in order of time; download it again")
    unit = beats.ticks // 3 if beats.ticks == _DOTTED_QUARTER else beats.ticks // 2
    ticks = warp_to_ticks(seconds, beats.seconds, np.arange(len(beats.seconds)) * beats.ticks)
    snapped = np.rint(ticks / unit).astype(np.int64) * unit + lead * beats.ticks
    return held_chords(snapped[:, 0].tolist(), chords, int(snapped[-1, 1]))


def _key(path: Path) -> str | None:
    """The first key such as ``Gb:maj``; None without one."""
    words = read_text(path).split("\n", 1)[0].split() if path.is_file() else []
    with suppress(ChartError):
        return parse_key(words[2]) if len(words) == 3 else None
    return None


def _find(folder: Folder) -> Iterator[SongFile]:
    """A folder that holds ``NNN.mid`` beside its beats is a song; the full set has other versions of it below."""
    if BEATS_FILE in folder.file_names and f"{folder.path.name}.mid" in folder.file_names:
        folder.take_all()
        yield SongFile("pop909", folder.path, pop909_title(folder.path))


POP909 = Source("pop909", _find, lambda file, sustain: read_pop909(file.path, sustain))
