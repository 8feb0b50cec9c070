"""POP909-CL: POP909 quantised, its meters corrected, its chords checked by experts.

M. Yao, K. Chen, S. Dubnov and T. Berg-Kirkpatrick, "BACHI: Boundary-aware symbolic chord recognition through masked
iterative decoding on pop and classical music", arXiv, 2025. https://github.com/AndyWeasley2004/POP909-CL-Dataset,
folder ``POP909_processed``, MIT licence. The songs are those of POP909 (see `solomuse.datasets.pop909`): cite both.

``NNN.mid`` holds the tracks ``piano``, in which melody and accompaniment are one, and ``chords`` or ``MIDI 01``, in
which a block of notes stands for each chord.

Oddities
--------
- Which notes are the melody is not said. Where ``POP909/NNN`` lies beside the folder its MELODY says so: at one shift,
  and at two thirds of the time where its beats are dotted quarters, it is found in 714 of 715 songs. (553 is another
  version.)
- Without it the melody is taken to be the top line, which is a makeshift: in those 714 songs half of its notes (0.50)
  are the melody's, and it has 0.69 of the melody's notes. Put POP909 beside it.
- Bar lines are at a wrong beat, or, in 57 songs that ``midi_operations.json`` lists as shifted, such as 238, between
  beats. So a bar begins where most chords do, which moves 276 songs (but not 172, whose meter changes). Of the songs in
  4/4 whose melody is found, POP909's downbeats agree with that in 575 of 692, with the bar lines as they are in 342.
- In 016 the chords alone are late, by 19 ticks; in 16 more songs some notes of blocks are. They go to the nearest
  sixteenth or triplet eighth. Inner voices move in some blocks: each onset is a chord of all that sounds then.
- 367 has no chord track, 658 no piano: they are refused. In 518 and 620 the hands are not together, as its authors say.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from solomuse.analysis.block_chords import chords_of_blocks
from solomuse.datasets.pop909 import pop909_metadata, pop909_title, read_pop909
from solomuse.datasets.song_file import Folder, SongFile, Source
from solomuse.errors import FormatError
from solomuse.formats.midi import read_midi
from solomuse.music.note import TICKS_PER_QUARTER, Note
from solomuse.music.song import Song

FOLDER_NAMES = ("POP909_CL", "POP909_processed")
OPERATIONS_FILE = "midi_operations.json"
PIANO, CHORD_TRACKS = "piano", ("chords", "MIDI 01")

SCALES = (1.0, 2 / 3)
"""How long a tick of POP909 may be here."""

LEAST_AGREEMENT = 0.9
"""Share of POP909's melody that must be found for it to be the melody of the same performance."""

CLEARLY_MORE = 1.05
"""How many times as many chords as at the bar lines begin at another place of the bar, if the bar lines are wrong."""

NOTICE_OF_BARS = "its bar lines are not where its chords begin: its notes were moved"

_SIXTEENTH = TICKS_PER_QUARTER // 4
_MIDDLE_C = 60
_NUMBERED = re.compile(r"\d{3}\.mid", re.IGNORECASE)


def read_pop909_cl(path: Path, sustain: bool = False) -> Song:
    """The song of one file ``NNN.mid`` as the tracks MELODY and PIANO, with its given chords.

    Raises
    ------
    FormatError
        If the file cannot be read, or lacks its piano or its chords.
    """
    song = _on_its_bars(read_midi(path, sustain=sustain))
    piano = next((track for track in song.tracks if track.name == PIANO), None)
    blocks = next((track for track in song.tracks if track.name in CHORD_TRACKS), None)
    if piano is None or blocks is None:
        what = f"{PIANO!r}" if piano is None else " or ".join(map(repr, CHORD_TRACKS))
        raise FormatError(f"{path}: has no track {what}; leave it out, or give it as a MIDI file by itself")
    notes = tuple(dict.fromkeys(piano.notes))
    melody, notices = _melody(notes, path)
    parts = {
        "MELODY": tuple(note for index, note in enumerate(notes) if index in melody),
        "PIANO": tuple(note for index, note in enumerate(notes) if index not in melody),
    }
    return replace(
        song,
        tracks=tuple(replace(piano, notes=part, name=name) for name, part in parts.items()),
        chords=chords_of_blocks(blocks.notes),
        melody_track=0,
        title=_title(path),
        metadata=pop909_metadata(_listed_folder(path)),
        notices=(*song.notices, *notices),
        source="pop909-cl",
        beats="given",
    )


def _on_its_bars(song: Song) -> Song:
    """The song moved later so that a bar begins where most chords do, if that is not at its bar lines already."""
    starts = {note.time for track in song.tracks if track.name in CHORD_TRACKS for note in track.notes}
    meter = song.meters[0].meter
    places = Counter(_on_near_beat(time, meter.beat_ticks) % meter.bar_ticks for time in starts)
    place, count = max(places.items(), key=lambda item: item[1], default=(0, 0))
    if len(song.meters) > 1 or count <= CLEARLY_MORE * places[0]:
        return song
    tracks = tuple(
        replace(track, notes=tuple(replace(note, time=note.time + meter.bar_ticks - place) for note in track.notes))
        for track in song.tracks
    )
    return replace(song, tracks=tracks, notices=(*song.notices, NOTICE_OF_BARS))


def _on_near_beat(time: int, beat_ticks: int) -> int:
    """The beat that is less than a 24th of a quarter away; without one, the time itself."""
    beat = round(time / beat_ticks) * beat_ticks
    return beat if abs(time - beat) < TICKS_PER_QUARTER // 24 else time


def _melody(piano: Sequence[Note], path: Path) -> tuple[set[int], tuple[str, ...]]:
    """Which of the piano's notes are the melody, and what is to be said of it."""
    folder = _pop909_folder(path)
    if not folder.is_dir():
        return _top_line(piano), ("its melody is only the top line of the piano: put POP909 beside it",)
    try:
        performed = read_pop909(folder)
    except FormatError as error:
        return _top_line(piano), (f"its melody is only the top line of the piano: {error}",)
    if performed.melody_track is not None:
        melody = performed.tracks[performed.melody_track].notes
        for scale in SCALES:
            found, share = _found(melody, piano, scale)
            if share >= LEAST_AGREEMENT:
                return found, ()
    return _top_line(piano), ("its melody is only the top line of the piano: POP909 has another version",)


def _found(melody: Sequence[Note], piano: Sequence[Note], scale: float) -> tuple[set[int], float]:
    """The piano's notes that are the melody's, moved by as many sixteenths as most are; share of it that has one."""
    by_pitch: dict[int, list[int]] = defaultdict(list)
    for index, note in enumerate(piano):
        by_pitch[note.pitch].append(index)
    pairs = [
        (piano[index].time - note.time * scale, own, index)
        for own, note in enumerate(melody)
        for index in by_pitch[note.pitch]
    ]
    shifts = Counter(round(distance / _SIXTEENTH) for distance, _, _ in pairs)
    shift = max(shifts, key=lambda steps: shifts[steps], default=0) * _SIXTEENTH
    near = sorted(
        (abs(distance - shift), abs(piano[index].duration - melody[own].duration * scale), own, index)
        for distance, own, index in pairs
        if abs(distance - shift) < _SIXTEENTH
    )
    found: set[int] = set()
    taken: set[int] = set()
    for _, _, own, index in near:
        if own not in found and index not in taken:
            found.add(own)
            taken.add(index)
    return taken, len({own for _, _, own, _ in near}) / max(1, len(melody))


def _top_line(piano: Sequence[Note]) -> set[int]:
    """The highest note of each onset, from middle C up, that no higher one of this line sounds above."""
    highest: dict[int, int] = {}
    for index, note in enumerate(piano):
        if note.time not in highest or note.pitch > piano[highest[note.time]].pitch:
            highest[note.time] = index
    line: list[int] = []
    for _, index in sorted(highest.items()):
        note, last = piano[index], piano[line[-1]] if line else None
        is_below = last is not None and last.end > note.time and last.pitch > note.pitch
        if note.pitch >= _MIDDLE_C and not is_below:
            line.append(index)
    return set(line)


def _pop909_folder(path: Path) -> Path:
    """Where POP909 has the song, if it lies beside."""
    return path.parent.parent / "POP909" / path.stem


def _title(path: Path) -> str:
    """The title of the song as `pop909_title` has it, so that both sets agree."""
    return pop909_title(_listed_folder(path))


def _listed_folder(path: Path) -> Path:
    """The folder beside which ``index.csv`` is looked for: POP909's, else as if the song were one beside its file."""
    folder = _pop909_folder(path)
    return folder if folder.is_dir() else path.with_suffix("")


def _find(folder: Folder) -> Iterator[SongFile]:
    """The numbered files of a folder that has its name or the list of what was done to them."""
    if folder.path.resolve().name in FOLDER_NAMES or (folder.path / OPERATIONS_FILE).is_file():
        taken = [name for name in folder.file_names if _NUMBERED.fullmatch(name)]
        folder.file_names[:] = [name for name in folder.file_names if name not in set(taken)]
        for name in taken:
            yield SongFile("pop909-cl", folder.path / name, _title(folder.path / name))


POP909_CL = Source("pop909-cl", _find, lambda file, sustain: read_pop909_cl(file.path, sustain))
