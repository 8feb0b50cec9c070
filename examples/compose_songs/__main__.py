"""Composes the example songs of ``01.data/Remote``: our own tunes, free to use, the same bytes on every run.

Run it from the root of the repository::

    python -m examples.compose_songs --out 01.data/Remote
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

from examples.compose_songs.band import COMPING_INSTRUMENTS, bass, comping, drums, pad
from examples.compose_songs.melody import VOICES, melody
from examples.compose_songs.one_track import merged_into_one_track
from examples.compose_songs.piece import Piece, chart_of, form_of, harmony_of, pieces
from solomuse.formats.midi import write_midi
from solomuse.music.chart import Chart
from solomuse.music.note import Note
from solomuse.music.song import Song, TempoChange, Track, meter_changes

REMOTE = Path(__file__).resolve().parents[2] / "01.data" / "Remote"


def swung(notes: Sequence[Note]) -> tuple[Note, ...]:
    """The notes with what begins or ends on an off-beat eighth moved to the last third of its beat."""

    def late(tick: int) -> int:
        return tick + 80 if tick % 480 == 240 else tick

    return tuple(replace(note, time=late(note.time), duration=late(note.end) - late(note.time)) for note in notes)


def tempos(piece: Piece, chart: Chart) -> tuple[TempoChange, ...]:
    """The tempo, quicker in section C, slower by half bars at the end, where the traits say so."""
    changes, start = [TempoChange(0, piece.qpm)], 0
    for name, bars in form_of(piece):
        qpm = piece.qpm * 1.04 if name.upper() == "C" and "lift" in piece.traits else piece.qpm
        if qpm != changes[-1].qpm:
            changes.append(TempoChange(start, qpm))
        start += sum(bar.duration for bar in bars)
    if "rit" in piece.traits:
        begin = chart.bar_times[-4]
        half = chart.bars[-1].duration // 2 // 120 * 120
        changes += [TempoChange(begin + half * n, piece.qpm * (0.95 - 0.07 * n)) for n in range(5)]
    return tuple(changes)


def compose(piece: Piece) -> Song:
    """The whole song; each part has its own random numbers, so that changing one leaves the others alone."""
    chart = chart_of(piece)
    lead_name, program = VOICES[piece.lead][:2]
    comping_name, comping_program = COMPING_INSTRUMENTS.get(piece.style, ("Piano", 0))
    bass_name, bass_program = ("Electric Bass", 33) if piece.style == "pop" else ("Acoustic Bass", 32)
    rngs = {part: Random(f"{piece.seed} {part}") for part in ("melody", "bass", "comping", "drums")}
    parts = [
        ("Melody", lead_name, program, melody(piece, rngs["melody"])),
        ("Bass", bass_name, bass_program, bass(piece, rngs["bass"])),
        ("Chords", comping_name, comping_program, comping(piece, rngs["comping"])),
        ("Drums", "Drum Kit", 0, drums(piece, rngs["drums"])),
    ] + ([("Pad", "Strings", 48, pad(piece))] if "pad" in piece.traits else [])
    tracks = []
    for role, instrument, number, notes in parts:
        name = role if "roles" in piece.traits else instrument if "instruments" in piece.traits else ""
        played = swung(notes) if "swing" in piece.traits else tuple(notes)
        tracks.append(Track(played, name, number, is_drum=role == "Drums"))
    turn = piece.seed % len(tracks)  # the melody is not always the first track
    given = harmony_of(piece).spans if "chords" in piece.traits else ()
    return Song(
        (*tracks[turn:], *tracks[:turn]), tempos(piece, chart), meter_changes(chart), given,
        melody_track=-turn % len(tracks), title=piece.title, key=piece.key,
    )  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Compose the example songs.")
    parser.add_argument("--out", type=Path, default=REMOTE, help="folder for the MIDI files (default: 01.data/Remote)")
    out = parser.parse_args(arguments).out
    out.mkdir(parents=True, exist_ok=True)
    for piece in pieces():
        path = out / piece.filename
        write_midi(compose(piece), path)
        if "type0" in piece.traits:
            path.write_bytes(merged_into_one_track(path.read_bytes()))
        print(path)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
