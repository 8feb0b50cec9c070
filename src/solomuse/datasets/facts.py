"""What SoloMuse makes of one file: melody track, chords, meter, key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from solomuse.analysis.key import key_of
from solomuse.analysis.lead_sheet import song_chords
from solomuse.analysis.melody import melody_track, rank_melody_tracks
from solomuse.datasets.source import find_songs, read_song
from solomuse.errors import DatasetError
from solomuse.music.note import TICKS_PER_QUARTER


def analyze(path: str | Path, all_tracks: bool = False) -> dict[str, Any]:
    """The facts of a song file, as ``solomuse analyze --json`` prints them.

    Parameters
    ----------
    all_tracks : bool
        Infer chords from every track; by default the melody is left out.

    Raises
    ------
    DatasetError, FormatError
        If there is no such file or it cannot be read.
    NoMelodyError, NoChordsError
        If it has none.
    """
    files = find_songs(Path(path))
    if len(files) != 1:
        raise DatasetError(f"{path} holds {len(files)} songs: give one file")
    song = read_song(files[0])
    best, ranked = melody_track(song), rank_melody_tracks(song)
    chords = song_chords(song, None if all_tracks else best.track)
    track = song.tracks[best.track]
    return {
        "melody": {
            "track": best.track,
            "name": track.name,
            "program": track.program,
            "scores": [{"track": score.track, "score": round(score.score, 4)} for score in ranked],
        },
        "chords": [
            {
                "start_seconds": round(song.seconds_at(span.time), 3),
                "end_seconds": round(song.seconds_at(span.end), 3),
                "start_beat": span.time / TICKS_PER_QUARTER,
                "end_beat": span.end / TICKS_PER_QUARTER,
                "label": span.chord.label,
            }
            for span in chords
        ],
        "chord_source": "given" if song.chords else "inferred",
        "time_signatures": [
            {"beat": change.time / TICKS_PER_QUARTER, "meter": str(change.meter)} for change in song.meters
        ],
        "tempos": [{"beat": change.time / TICKS_PER_QUARTER, "qpm": change.qpm} for change in song.tempos],
        "notices": list(song.notices),
        "key": song.key or key_of(note for track in song.tracks if not track.is_drum for note in track.notes),
    }
