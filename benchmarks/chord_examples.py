"""Songs whose chords are known, for the benchmarks of chords.

The notes are those of POP909's BRIDGE and PIANO on its annotated beats; the chords are POP909-CL's, which experts
checked, put on POP909's clock by the time shift at which the notes of both agree (a song counts where 95 % of them do).
Songs are split by a hash of their titles, 70 % to learn from, 30 % to measure.

Pop has few of the chords that jazz is made of, so charts of solos and lead sheets are there too, under accompaniments
that ``comping.py`` makes up.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from comping import comped
from numpy.typing import NDArray
from readable import readable

from solomuse.analysis.block_chords import chord_of
from solomuse.analysis.chord_frames import Frames, frames_of
from solomuse.analysis.harmony import QUALITIES, SILENCE
from solomuse.datasets.pop909 import read_pop909
from solomuse.datasets.splits import split_titles
from solomuse.errors import SoloMuseError
from solomuse.formats.midi import read_midi
from solomuse.music.chart import ChordSpan
from solomuse.music.meter import COMMON_TIME
from solomuse.music.note import Note
from solomuse.music.song import MeterChange, Song

SCALES = (1.0, 1.5, 2 / 3, 2.0, 0.5)
STEP = 120


@dataclass
class Example:
    """A song, its checked chords, and its accompaniment by half beats with the state of each."""

    name: str
    song: Song
    chords: list[ChordSpan]
    frames: Frames
    states: NDArray[np.int64]

    @property
    def accompaniment(self) -> list[int]:
        """The tracks that are listened to."""
        return [index for index in range(len(self.song.tracks)) if index != self.song.melody_track]

    @property
    def changes(self) -> NDArray[np.int64]:
        """The half beats at which the state is another one than before, the first one included."""
        return np.append(0, np.flatnonzero(np.diff(self.states)) + 1)


def checked_chords(song: Song, path: Path) -> list[ChordSpan] | None:
    """POP909-CL's chords on the clock of POP909's song; None where the two do not agree."""
    other = read_midi(path)
    blocks = [track for track in other.tracks if track.name in ("chords", "MIDI 01")]
    piano = [track for track in other.tracks if track.name == "piano"]
    if not blocks or not piano:
        return None
    found = aligned(song, piano[0].notes)
    if found is None:
        return None
    scale, shift = found
    by_time: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for note in blocks[0].notes:
        by_time[note.time].append((note.pitch, note.end))
    spans = []
    for begin in sorted(by_time):
        start = max(0, round(begin * scale) - shift * STEP)
        end = round(max(end for _, end in by_time[begin]) * scale) - shift * STEP
        if spans and spans[-1].end > start:
            spans[-1] = ChordSpan(spans[-1].time, start - spans[-1].time, spans[-1].chord)
        if end > start:
            spans.append(ChordSpan(start, end - start, chord_of([pitch for pitch, _ in by_time[begin]])))
    return [span for span in spans if span.duration > 0]


def aligned(song: Song, notes: Sequence[Note]) -> tuple[float, int] | None:
    """By what POP909-CL's ticks are multiplied, and the sixteenths then taken off, to be those of POP909's song.

    None where less than 95 % of the song's notes are found among POP909-CL's.
    """
    own = sorted((round(note.time / STEP), note.pitch) for track in song.tracks for note in track.notes)
    agreement, scale, shift = max(_at_best_shift(own, notes, scale) for scale in SCALES)
    return (scale, shift) if agreement >= 0.95 else None


def _at_best_shift(own: Sequence[tuple[int, int]], notes: Sequence[Note], scale: float) -> tuple[float, float, int]:
    """Share of the notes that agree at the best shift in sixteenths, for a scale of time."""
    by_pitch: dict[int, list[int]] = defaultdict(list)
    for note in notes:
        by_pitch[note.pitch].append(round(note.time * scale / STEP))
    shifts = Counter(there - here for here, pitch in own[:800] for there in by_pitch.get(pitch, ()))
    if not shifts:
        return 0.0, scale, 0
    shift = shifts.most_common(1)[0][0]
    there_all = {(time, pitch) for pitch, times in by_pitch.items() for time in times}
    return float(np.mean([(here + shift, pitch) in there_all for here, pitch in own])), scale, shift


def example(name: str, song: Song, chords: list[ChordSpan], end: int = 0) -> Example:
    heard = [track.columns for index, track in enumerate(song.tracks) if index != song.melody_track]
    meters = [COMMON_TIME] * (end // COMMON_TIME.bar_ticks) if end else song.bar_meters()
    frames = frames_of(heard, meters)
    middles = (frames.times[:-1] + frames.times[1:]) / 2
    states = np.full(len(middles), SILENCE)
    for span in chords:
        first, last = np.searchsorted(middles, (span.time, span.end))
        if span.chord.root is not None:
            quality = span.chord.quality if span.chord.quality in QUALITIES else "maj"
            states[first:last] = span.chord.root * len(QUALITIES) + QUALITIES.index(quality)
    return Example(name, song, chords, frames, states)


def made_up(folders: Sequence[Path], seed: int) -> list[Example]:
    """Charts of solos and lead sheets under made-up accompaniments, in 4/4, at most 48 bars of each."""
    found = []
    for file, song in readable(folders):
        meters = song.bar_meters()[:48]
        if not song.chords or any(str(meter) != "4/4" for meter in meters):
            continue
        end, up = len(meters) * COMMON_TIME.bar_ticks, len(found) % 12
        chords = [
            ChordSpan(span.time, min(span.end, end) - span.time, span.chord.transpose(up))
            for span in song.chords
            if span.time < end and span.chord.quality != "X"
        ]
        tracks = comped(chords, seed + len(found))
        if tracks and len(chords) > 1:
            made = replace(song, tracks=tracks, melody_track=None, meters=(MeterChange(0, COMMON_TIME),))
            found.append(example(file.name, made, chords, end))
    return found


def examples(pop909: Path, checked: Path) -> list[Example]:
    found = []
    for folder in sorted(path for path in pop909.iterdir() if (checked / f"{path.name}.mid").is_file()):
        try:
            song = read_pop909(folder)
            chords = checked_chords(song, checked / f"{folder.name}.mid")
        except SoloMuseError as error:
            print(f"left out: {error}")
            continue
        if chords and song.melody_track is not None:
            found.append(example(folder.name, song, chords))
    return found


def split(songs: Sequence[Example], first: int | None = None) -> tuple[list[Example], list[Example]]:
    """The songs to learn from, and those to measure by: a share of the titles, or POP909's first songs."""
    if first is None:
        side = split_titles({song.song.title for song in songs}, 0.3)
        held_back = [song for song in songs if side[song.song.title] == "validation"]
    else:
        held_back = [song for song in songs if int(song.name) <= first]
    titles = {song.song.title for song in held_back}
    return [song for song in songs if song.song.title not in titles], held_back
