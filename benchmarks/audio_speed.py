"""Processor time of turning 32 bars of a swinging quartet into sound.

    python benchmarks/audio_speed.py [--soundfont FONT.sf2]

Tenor saxophone in eighths, walking bass, four-note chords on every second beat, and a drum kit, at 160 quarters a
minute: 48 seconds of music. The best of three runs.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np

from solomuse.music.note import Note
from solomuse.music.song import Song, TempoChange, Track
from solomuse.render.sound import SAMPLE_RATE, SoundFontChoice, render_song

BARS, QPM = 32, 160.0


def quartet() -> Song:
    rng = np.random.default_rng(0)
    beats = range(4 * BARS)
    line = np.clip(62 + np.cumsum(rng.integers(-3, 4, 2 * len(beats))), 50, 78).tolist()
    solo = [Note(index * 240, pitch, 220, 80) for index, pitch in enumerate(line)]
    bass = [Note(beat * 480, int(rng.integers(30, 50)), 460, 80) for beat in beats]
    chords = [Note(beat * 480, 54 + 4 * voice + beat % 5, 700, 60) for beat in beats[::2] for voice in range(4)]
    ride = [Note(beat * 480 + skip, 51, 100, 70) for beat in beats for skip in ((0, 320) if beat % 2 else (0,))]
    feet = [Note(beat * 480, 44 if beat % 2 else 36, 100, 60) for beat in beats]
    tracks = (Track(solo, "Solo", 66), Track(bass, "Bass", 32), Track(chords, "Chords", 0))
    return Song((*tracks, Track(ride + feet, "Drums", 0, is_drum=True)), (TempoChange(0, QPM),), melody_track=0)


def measure(song: Song, soundfont: SoundFontChoice) -> str:
    seconds = []
    for _ in range(3):
        began = time.process_time()
        sound = render_song(song, soundfont)
        seconds.append(time.process_time() - began)
    return f"{min(seconds):.2f} s for {len(sound) / SAMPLE_RATE:.0f} s of sound"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--soundfont", type=Path)
    arguments = parser.parse_args()
    song = quartet()
    print(f"{sum(len(track.notes) for track in song.tracks)} notes; built-in: {measure(song, 'built-in')}")
    if arguments.soundfont:
        print(f"{arguments.soundfont.name}: {measure(song, arguments.soundfont)}")


if __name__ == "__main__":
    main()
