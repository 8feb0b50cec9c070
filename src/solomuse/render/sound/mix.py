"""A song as sound: every track played by its instrument, placed on a stage in a small room."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from solomuse.analysis.bars import seconds_of
from solomuse.errors import OutputError
from solomuse.music.song import Song, Track
from solomuse.render.sound.built_in import built_in_instrument
from solomuse.render.sound.installed import installed_soundfont
from solomuse.render.sound.instrument import Instrument, Stereo, frames, panned
from solomuse.render.sound.mastering import mastering_gain
from solomuse.render.sound.room import in_room
from solomuse.render.sound.sampler import SampledInstrument
from solomuse.render.sound.soundfont import SoundFont

SoundFontChoice = Path | Literal["built-in"] | None
"""A SoundFont file; SoloMuse's own sound; or, for None, a SoundFont that is installed, else the built-in sound."""

TAIL_SECONDS, TAIL_FADE_SECONDS, CHOKE_SECONDS = 2.0, 0.5, 0.015
"""What may sound after the form, the fade at its end, and how fast a hi-hat that is closed falls silent."""

LONGEST_SECONDS = 1800.0
"""A longer song is refused: half an hour takes 2.2 GB of memory."""

FAR_OFF_SECONDS = 2 * LONGEST_SECONDS

MELODY_GAIN_DB = 3.0
"""In front of the band: a saxophone is then 4 dB or more over the chords of a style at its tempo."""

PAN_BY_FAMILY = (-0.3, 0.3, -0.25, 0.3, 0.0, 0.2, 0.25, 0.15, -0.1, 0.1, 0.1, -0.2, 0.0, 0.2, 0.1, 0.0)
"""From -1, left, to 1, right; by families of eight programs: pianos, mallets, organs, guitars, basses, strings ..."""

_SILENT = 1e-4


@dataclass(frozen=True, slots=True)
class Stems:
    """A song as sound, and what it is made of: the mix is the sum of melody and band.

    Each is an ndarray of shape (n, 2), float32. What mastering does to the mix, at any moment, it does to all three.
    """

    mix: NDArray[np.float32]
    melody: NDArray[np.float32]
    band: NDArray[np.float32]


def render_song(song: Song, soundfont: SoundFontChoice = None) -> NDArray[np.float32]:
    """The song as audio at `SAMPLE_RATE`: the same for the same song and sound.

    Parameters
    ----------
    soundfont : Path, "built-in" or None
        As `SoundFontChoice` says.

    Returns
    -------
    ndarray of shape (n, 2), float32
        The form, to the end of the last bar, and what still sounds up to `TAIL_SECONDS` after. The highest peak is at
        -1 dBFS; zeros if the song has no notes.

    Raises
    ------
    FormatError
        If the SoundFont cannot be read.
    ConfigError
        If it is an .sf3 and soundfile is not installed.
    OutputError
        If the song lasts longer than `LONGEST_SECONDS`.
    """
    mix = _ended(_in_room(song, soundfont, range(len(song.tracks))), _form_frames(song))
    return np.ascontiguousarray((mix * mastering_gain(mix)).T)


def render_stems(song: Song, soundfont: SoundFontChoice = None) -> Stems:
    """The song as `render_song` renders it, and its melody and its band alone at the levels that they have there.

    Raises
    ------
    FormatError, ConfigError, OutputError
        As `render_song` does.
    """
    mix = _ended(_in_room(song, soundfont, range(len(song.tracks))), _form_frames(song))
    melody = _in_room(song, soundfont, () if song.melody_track is None else (song.melody_track,))[:, : mix.shape[1]]
    gain = mastering_gain(mix)
    mix, melody = mix * gain, melody * gain
    return Stems(*(np.ascontiguousarray(sound.T) for sound in (mix, melody, mix - melody)))


def _in_room(song: Song, soundfont: SoundFontChoice, indices: Iterable[int]) -> Stereo:
    """Tracks of a song on the stage, with the room around them, and all of the tail."""
    form_end = _form_frames(song)
    if form_end > frames(LONGEST_SECONDS):
        raise OutputError(
            f"{song.title or 'the song'}: lasts over {LONGEST_SECONDS / 60:.0f} minutes; cut it into pieces"
        )
    band = _band(soundfont)
    mix = np.zeros((2, form_end + frames(TAIL_SECONDS)), dtype=np.float32)
    for index in indices:
        track = song.tracks[index]
        gains = _stage(track, is_melody=index == song.melody_track)
        for start, sound in _played(song, track, band(track.program, track.is_drum)):
            end = min(start + sound.shape[1], mix.shape[1])
            mix[:, start:end] += sound[:, : end - start] * gains
    mix = in_room(mix)
    fade = frames(TAIL_FADE_SECONDS)
    mix[:, -fade:] *= np.linspace(1, 0, fade, dtype=np.float32)
    return mix


def _band(soundfont: SoundFontChoice) -> Callable[[int, bool], Instrument]:
    """What gives the instrument for a program, and for whether it is a drum kit."""
    path = installed_soundfont() if soundfont is None else soundfont
    if path is None or path == "built-in":
        return built_in_instrument
    font = SoundFont(Path(path))
    return lambda program, is_drum: SampledInstrument(font, program, is_drum)


def _form_frames(song: Song) -> int:
    return frames(_seconds(song, _form_end(song)))


def _form_end(song: Song) -> int:
    """The tick at which the last bar ends, and the last chord."""
    bars = sum(meter.bar_ticks for meter in song.bar_meters()) if song.tracks else 0
    return max(bars, max((span.end for span in song.chords), default=0))


def _seconds(song: Song, tick: int) -> float:
    return float(seconds_of(song, np.array([tick]))[0])


def _stage(track: Track, *, is_melody: bool) -> NDArray[np.float32]:
    """The gains of left and right, relative to the middle: the melody stands there, a little in front."""
    if track.is_drum:
        return np.ones((2, 1), dtype=np.float32)
    pan = 0.0 if is_melody else PAN_BY_FAMILY[track.program // 8]
    gain = 10 ** (MELODY_GAIN_DB / 20) if is_melody else 1.0
    return np.asarray(panned(pan) * np.float32(gain * np.sqrt(2)))


def _played(song: Song, track: Track, instrument: Instrument) -> Iterator[tuple[int, Stereo]]:
    """Every note's first frame and its sound; the longest notes first, which `Instrument.strike` likes."""
    notes = track.columns
    starts, ends = seconds_of(song, notes.times), seconds_of(song, notes.ends)
    chokes = _chokes(instrument, notes.pitches, starts)
    for index in np.argsort(starts - ends, kind="stable").tolist():
        pitch, velocity = int(notes.pitches[index]), int(notes.columns[index, 3])
        sound = instrument.strike(pitch, velocity, float(ends[index] - starts[index]))
        yield frames(starts[index]), _choked(sound, frames(chokes[index] - starts[index]))


def _chokes(instrument: Instrument, pitches: NDArray[np.int64], starts: NDArray[np.float64]) -> NDArray[np.float64]:
    """The second at which a later note of the same choke group silences each note; far off where none does."""
    group_by_pitch = np.zeros(128, dtype=np.int64)
    for pitch in set(pitches.tolist()):
        group_by_pitch[pitch] = instrument.choke_group(pitch)
    groups = group_by_pitch[pitches]
    chokes = np.full(len(starts), FAR_OFF_SECONDS)
    for group in set(groups[groups > 0].tolist()):
        times = np.append(starts[groups == group], FAR_OFF_SECONDS)
        chokes[groups == group] = times[np.searchsorted(times, times[:-1], side="right")]
    return chokes


def _choked(sound: Stereo, count: int) -> Stereo:
    """The sound, faded to nothing from frame `count` on."""
    fade = frames(CHOKE_SECONDS)
    if sound.shape[1] <= count:
        return sound
    cut = sound[:, : count + fade].copy()
    cut[:, count:] *= np.linspace(1, 0, cut.shape[1] - count, dtype=np.float32)
    return cut


def _ended(mix: Stereo, form_end: int) -> Stereo:
    """The form and its tail without the silence at the end of the tail."""
    threshold = _SILENT * np.abs(mix).max(initial=0.0)
    sounding = np.flatnonzero((np.abs(mix[:, form_end:]) > threshold).any(axis=0))
    return mix[:, : form_end + (int(sounding[-1]) + 1 if len(sounding) else 0)]
