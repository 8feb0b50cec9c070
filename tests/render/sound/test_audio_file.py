from __future__ import annotations

import sys
import wave
from pathlib import Path

import numpy as np
import pytest

from solomuse.errors import ConfigError, OutputError
from solomuse.music.note import TICKS_PER_QUARTER, Note
from solomuse.music.song import Song, Track
from solomuse.render.sound import SAMPLE_RATE, render_song, stem_paths, write_audio, write_stems

SONG = Song((Track((Note(0, 69, 480),), program=66),))


def test_a_wav_file_holds_what_is_rendered_in_16_bits(tmp_path: Path) -> None:
    write_audio(SONG, tmp_path / "a.wav", "built-in")
    with wave.open(str(tmp_path / "a.wav")) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (SAMPLE_RATE, 2, 2)
        written = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").reshape(-1, 2)
    assert np.abs(written / 32767 - render_song(SONG, "built-in")).max() < 1 / 32767


@pytest.mark.parametrize("ending", [".flac", ".ogg", ".mp3", ".FLAC"])
def test_compressed_files_read_back(tmp_path: Path, ending: str) -> None:
    soundfile = pytest.importorskip("soundfile")
    path = tmp_path / f"a{ending}"
    write_audio(SONG, path, "built-in")
    read, rate = soundfile.read(path)
    sound = render_song(SONG, "built-in")
    assert (rate, read.shape[1]) == (SAMPLE_RATE, 2)
    assert len(read) == pytest.approx(len(sound), abs=3000)
    assert np.sqrt((read**2).mean()) == pytest.approx(np.sqrt((sound**2).mean()), rel=0.05)


@pytest.mark.parametrize("ending", [".ogg", ".mp3"])
def test_minutes_of_sound_can_be_compressed(tmp_path: Path, ending: str) -> None:
    soundfile = pytest.importorskip("soundfile")
    song = Song((Track((Note(0, 60, 480), Note(200 * TICKS_PER_QUARTER, 64, 480)), "", 0),))
    write_audio(song, tmp_path / f"a{ending}", "built-in")
    assert soundfile.info(tmp_path / f"a{ending}").duration > 100


def samples(path: Path) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    with wave.open(str(path)) as file:
        return np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").reshape(-1, 2).astype(np.int64)


def test_stems_in_16_bits_add_up_to_the_mix_but_for_a_rounding(tmp_path: Path) -> None:
    band = Track(tuple(Note(120 * step, 38, 60) for step in range(8)), is_drum=True)
    path = tmp_path / "a.wav"
    write_stems(Song((*SONG.tracks, band), melody_track=0), path, "built-in")
    solo, others = (samples(stem) for stem in stem_paths(path))
    assert [file.name for file in sorted(tmp_path.iterdir())] == ["a.band.wav", "a.solo.wav", "a.wav"]
    assert np.abs(solo + others - samples(path)).max() <= 1


@pytest.mark.parametrize("ending", [".flac", ".ogg", ".mp3"])
def test_stems_come_in_every_format(tmp_path: Path, ending: str) -> None:
    soundfile = pytest.importorskip("soundfile")
    path = tmp_path / f"a{ending}"
    write_stems(Song(SONG.tracks, melody_track=0), path, "built-in")
    assert all(len(soundfile.read(file)[0]) > SAMPLE_RATE / 4 for file in (path, *stem_paths(path)))


@pytest.mark.parametrize("ending", [".flac", ".ogg", ".mp3"])
def test_compressed_files_ask_for_the_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str) -> None:
    monkeypatch.setitem(sys.modules, "soundfile", None)
    with pytest.raises(ConfigError, match=r'pip install "solomuse\[audio\]"'):
        write_audio(SONG, tmp_path / f"a{ending}", "built-in")


def test_an_unknown_ending_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"a\.aiff: the ending '\.aiff' is unknown"):
        write_audio(SONG, tmp_path / "a.aiff", "built-in")


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written"):
        write_audio(SONG, tmp_path / "none" / "a.wav", "built-in")
