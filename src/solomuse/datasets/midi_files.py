"""MIDI files by themselves, as users have them: each is a song.

Beats and bars are the file's own where they are to be believed, else found from the notes. Chords are those of its
markers or texts, else those of a track of block chords that is named so, else they are inferred. Lakh's files belong
here: they differ only in their names (`lakh_title`).

Lakh MIDI Dataset: C. Raffel, "Learning-based methods for comparing sequences, with applications to audio-to-MIDI
alignment and matching", PhD thesis, Columbia University, 2016. https://colinraffel.com/projects/lmd, CC BY 4.0.

Oddities of Lakh
----------------
- ``lmd_full/a/a1b2....mid`` is named by the MD5 of its bytes: no two are equal, many are versions of one song.
- ``lmd_matched/A/B/C/TRABC.../a1b2....mid`` holds several versions of a song in a folder named by the track of the
  Million Song Dataset that they match: that is their title, so that they stay on one side of a split.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from solomuse.analysis.bars import with_bars
from solomuse.analysis.block_chords import are_blocks, chords_of_blocks
from solomuse.datasets.song_file import Folder, SongFile, Source
from solomuse.files import title_of
from solomuse.formats.midi import read_midi
from solomuse.formats.suffixes import MIDI_SUFFIXES
from solomuse.music.song import BeatSource, Song

NOTICE_BY_BEATS: dict[BeatSource, str] = {
    "phase": "its notes lie off its beats: they were moved, and bars were found",
    "bars": "its bar lines are not to be believed: bars were found",
    "tracked": "it was played without a beat: beats and bars were found",
}

_CHORD_TRACK = re.compile(r"(guide )?(chords?|changes|harmony|akkorde|accords|acordes)( track)?", re.IGNORECASE)
_MATCHED_TRACK = re.compile(r"TR[A-Z]{5}[0-9A-F]{11}")


def _find(folder: Folder) -> Iterator[SongFile]:
    for path in folder.take_files(MIDI_SUFFIXES):
        yield SongFile("midi", path, lakh_title(path) or title_of(path))


def lakh_title(path: Path) -> str | None:
    """The track that a file of ``lmd_matched`` was matched to; None for other files."""
    return path.parent.name if _MATCHED_TRACK.fullmatch(path.parent.name) else None


def _read(file: SongFile, sustain: bool) -> Song:
    return with_chord_track(on_believable_bars(read_midi(file.path, sustain=sustain)))


def with_chord_track(song: Song) -> Song:
    """The song with the chords of its chord track, if it gives no others and has such a track of block chords."""
    if song.chords:
        return song
    named = [track for track in song.tracks if _CHORD_TRACK.fullmatch(track.name.strip()) and are_blocks(track)]
    return replace(song, chords=chords_of_blocks(named[0].notes)) if len(named) == 1 else song


def on_believable_bars(song: Song) -> Song:
    """The song with its beats and bars found where the file has none to be believed."""
    found, grid = with_bars(song)
    notices = (NOTICE_BY_BEATS[grid.source],) if grid.source in NOTICE_BY_BEATS else ()
    return replace(found, beats=grid.source, notices=(*found.notices, *notices))


MIDI_FILES = Source("midi", _find, _read)
