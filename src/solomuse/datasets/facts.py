"""What SoloMuse makes of one song: melody track, chords, meter, key, and how sure it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from solomuse.analysis.bars import deviation, pitched_columns
from solomuse.analysis.key import key_of
from solomuse.analysis.lead_sheet import ChordSource, chords_are_given, song_chords
from solomuse.analysis.melody import melody_track, rank_melody_tracks
from solomuse.analysis.soloists import Stretch, handed_over
from solomuse.analysis.swing import swing_ratio
from solomuse.datasets.source import collected, read_song
from solomuse.errors import DatasetError, NoMelodyError
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.note import TICKS_PER_QUARTER
from solomuse.music.song import Song
from solomuse.tokens.vocabulary import simplify


def analyze(path: str | Path, all_tracks: bool = False) -> dict[str, Any]:
    """The facts of a song file, as ``solomuse analyze --json`` prints them.

    Where there is no melody its track is None, and the chords are those of all tracks.

    Parameters
    ----------
    all_tracks : bool
        Infer chords from every track; by default the melody is left out.

    Raises
    ------
    DatasetError, FormatError
        If there is no such file or it cannot be read.
    NoChordsError
        If it gives no chords and holds none.
    """
    with collected([Path(path)]) as files:
        if len(files) != 1:
            raise DatasetError(f"{path} holds {len(files)} songs: give one file")
        song = read_song(files[0])
    ranked = rank_melody_tracks(song)
    try:
        melody: int | None = melody_track(song).track
        soloists = handed_over(song)
    except NoMelodyError:
        melody, soloists = None, ()
    chords = song_chords(song, None if all_tracks else melody)
    track = None if melody is None else song.tracks[melody]
    return {
        "melody": {
            "track": melody,
            "name": None if track is None else track.name,
            "program": None if track is None else track.program,
            "scores": [{"track": score.track, "score": round(score.score, 4)} for score in ranked],
        },
        "soloists": [
            {"track": s.track, "bars": [s.first_bar, s.last_bar], "score": round(s.score, 4)} for s in soloists
        ],
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
        **_facts_of(song, [] if melody is None else [melody]),
    }


def _facts_of(song: Song, melodies: Sequence[int]) -> dict[str, Any]:
    """What is said of a song wherever it is described, given the tracks that have its melody."""
    onsets = [song.tracks[track].columns.times for track in melodies]
    measured = swing_ratio(np.concatenate(onsets)) if onsets else None
    return {
        "beats": song.beats,
        "deviation_ticks": round(deviation(pitched_columns(song)[:, 0]), 2),
        "swing": song.swing if onsets and song.swing is not None else measured,
        "key": song.key or key_of(*(track.notes for track in song.tracks if not track.is_drum)),
        "metadata": dict(song.metadata),
        "notices": list(song.notices),
    }


def song_facts(song: Song, sheets: Sequence[tuple[Stretch, LeadSheet]], source: ChordSource) -> dict[str, Any]:
    """What ``songs.jsonl`` says of a song: plain numbers and texts.

    Parameters
    ----------
    sheets : sequence of (Stretch, LeadSheet)
        The stretches of melody that are learned from.
    """
    melody = [note for _, sheet in sheets for note in sheet.melody]
    spans = [span for _, sheet in sheets for span in sheet.chart.spans()]
    bars = sum(len(sheet.chart.bars) for _, sheet in sheets)
    return {
        "chord_source": "given" if chords_are_given(song, source) else "inferred",
        "chords": len(spans),
        "simplified_chords": sum(simplify(span.chord) != span.chord for span in spans),
        "qualities": dict(Counter(span.chord.quality for span in spans).most_common()),
        "confidence": round(min(stretch.score for stretch, _ in sheets), 4),
        "melody": [
            {
                "track": stretch.track,
                "name": song.tracks[stretch.track].name,
                "program": song.tracks[stretch.track].program,
                "bars": [stretch.first_bar, stretch.last_bar],
                "score": round(stretch.score, 4),
            }
            for stretch, _ in sheets
        ],
        **_facts_of(song, sorted({stretch.track for stretch, _ in sheets})),
        "meter": Counter(str(meter) for meter in song.bar_meters()).most_common(1)[0][0],
        "qpm": song.tempos[0].qpm,
        "bars": bars,
        "notes": len(melody),
        "notes_per_bar": round(len(melody) / max(1, bars), 3),
        "mean_pitch": round(sum(note.pitch for note in melody) / max(1, len(melody)), 2),
        "sections": [[section.kind, section.time, section.duration, section.label] for section in song.sections],
    }
