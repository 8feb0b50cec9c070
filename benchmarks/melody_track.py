"""How often the melody track is found, with track names hidden.

    python benchmarks/melody_track.py POP909_FOLDER [MIDI_FOLDER]

For POP909 the annotated track is MELODY; in a folder of multi-track MIDI the songs count in which a pitched track
is named melody, vocal, voice, lead or solo, and any such track is right.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from solomuse.analysis.melody import melody_track
from solomuse.datasets.source import find_songs, read_song
from solomuse.errors import SoloMuseError
from solomuse.music.song import Song

NAMED = re.compile(r"\b(melod\w*|vocals?|voice|vox|lead|solo)\b", re.IGNORECASE)


def named_songs(folder: Path) -> Iterator[tuple[Song, set[int]]]:
    for file in find_songs(folder):
        try:
            song = read_song(file)
        except SoloMuseError:
            continue
        pitched = [index for index, track in enumerate(song.tracks) if not track.is_drum and len(track.notes) >= 8]
        named = {index for index in pitched if NAMED.search(song.tracks[index].name.replace("_", " "))}
        right = {song.melody_track} if song.melody_track is not None else named
        if right and len(pitched) > 1:
            yield song, right


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="+")
    for folder in parser.parse_args().folder:
        found = songs = 0
        for song, right in named_songs(folder):
            hidden = replace(song, melody_track=None, tracks=tuple(replace(track, name="") for track in song.tracks))
            songs += 1
            with suppress(SoloMuseError):
                found += melody_track(hidden).track in right
        print(f"{folder.name}: {found} of {songs} songs, {found / max(1, songs):.3f}")


if __name__ == "__main__":
    main()
