"""Songs as audio files, by the ending of their name."""

from __future__ import annotations

import io
import wave
from pathlib import Path

import numpy as np

from solomuse.errors import OutputError
from solomuse.files import write_whole
from solomuse.music.song import Song
from solomuse.render.sound.audio_library import audio_library
from solomuse.render.sound.instrument import SAMPLE_RATE, Stereo
from solomuse.render.sound.mix import SoundFontChoice, render_song, render_stems

FORMAT_BY_ENDING = {".wav": "WAV", ".flac": "FLAC", ".ogg": "OGG", ".mp3": "MP3"}


def write_audio(song: Song, path: Path, soundfont: SoundFontChoice = None) -> None:
    """Play a song into a file, in place of any at `path`: 44,100 Hz, stereo.

    ``.wav`` (16 bits); and, where soundfile is installed, ``.flac`` (16 bits), ``.ogg`` (Vorbis) and ``.mp3``.

    Parameters
    ----------
    soundfont : Path, "built-in" or None
        As for `render_song`.

    Raises
    ------
    OutputError
        If the ending is none of these, the song too long, or the file cannot be written.
    ConfigError
        If soundfile is needed and not installed.
    FormatError
        If the SoundFont cannot be read.
    """
    check_audio_ending(path)
    _write(render_song(song, soundfont), path)


def write_stems(song: Song, path: Path, soundfont: SoundFontChoice = None) -> None:
    """Play a song into a file as `write_audio` does, and its melody alone and its band alone into `stem_paths`.

    Both at once are the mix: to a rounding in ``.wav`` and ``.flac``, as nearly as it is kept in ``.ogg`` and ``.mp3``.

    Raises
    ------
    OutputError, ConfigError, FormatError
        As `write_audio` does.
    """
    check_audio_ending(path)
    stems = render_stems(song, soundfont)
    for sound, name in zip((stems.mix, stems.melody, stems.band), (path, *stem_paths(path)), strict=True):
        _write(sound, name)


def stem_paths(path: Path) -> tuple[Path, Path]:
    """Where the melody and the band of a file are written alone.

    Examples
    --------
    >>> [name.name for name in stem_paths(Path("tune.wav"))]
    ['tune.solo.wav', 'tune.band.wav']
    """
    return path.with_stem(f"{path.stem}.solo"), path.with_stem(f"{path.stem}.band")


def _write(sound: Stereo, path: Path) -> None:
    ending = path.suffix.lower()
    write_whole(path, _wav(sound) if ending == ".wav" else _compressed(sound, ending))


def check_audio_ending(path: Path) -> None:
    """Refuse a name before any work is done for it.

    Raises
    ------
    OutputError
        If its ending is unknown.
    ConfigError
        If soundfile is needed and not installed.
    """
    ending = path.suffix.lower()
    if ending not in FORMAT_BY_ENDING:
        raise OutputError(f"{path}: the ending {ending!r} is unknown; expected one of {', '.join(FORMAT_BY_ENDING)}")
    if ending != ".wav":
        audio_library(f"audio files of the kind {ending}")


def _wav(sound: Stereo) -> bytes:
    """The bytes of a WAV file of 16 bits."""
    stream = io.BytesIO()
    with wave.open(stream, "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(np.round(np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes())
    return stream.getvalue()


def _compressed(sound: Stereo, ending: str) -> bytes:
    stream = io.BytesIO()
    library = audio_library(f"audio files of the kind {ending}")
    with library.SoundFile(stream, "w", SAMPLE_RATE, channels=2, format=FORMAT_BY_ENDING[ending]) as file:
        for start in range(0, len(sound), _BLOCK):
            file.write(sound[start : start + _BLOCK])
    return stream.getvalue()


_BLOCK = SAMPLE_RATE
"""Frames that are encoded at once: of Vorbis a minute at once would overflow the stack of libsndfile."""
