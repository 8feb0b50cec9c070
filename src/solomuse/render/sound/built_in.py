"""The sound that SoloMuse makes itself, where there is no SoundFont."""

from __future__ import annotations

import numpy as np

from solomuse.render.sound.drum_kit import drum
from solomuse.render.sound.instrument import Instrument, Stereo, Wave, frames, panned
from solomuse.render.sound.partials import falling
from solomuse.render.sound.programs import voice_of

LAYERS = 8
"""Of velocity: within each a tone differs in loudness only."""

POWER = 1.6
"""Loudness goes with this power of velocity."""

LEVEL = 0.08
"""The root mean square of the first 0.2 s of a tone at full velocity, for an instrument of 0 dB."""

KIT_LEVEL = 0.52
TAKES = 3
"""Strokes on a drum that differ, so that a roll does not sound like a machine."""

_ONSET_SECONDS = 0.2


class PitchedInstrument:
    """A melodic program of General MIDI."""

    def __init__(self, program: int) -> None:
        self._voice, self._program = voice_of(program), program
        self._held: dict[tuple[int, int], Wave] = {}

    def choke_group(self, pitch: int) -> int:  # noqa: ARG002 (the notes of an instrument do not choke)
        """None."""
        return 0

    def strike(self, pitch: int, velocity: int, seconds: float) -> Stereo:
        """The sound of one note with its release, in the middle."""
        release = self._voice.sound.release_seconds
        count, fading = frames(seconds), frames(release)
        wave = self._tone(pitch, velocity * LAYERS // 128, count + fading)[: count + fading].copy()
        wave[count:] *= falling(release, fading)
        wave *= np.float32((velocity / 127) ** POWER)
        return np.stack([wave, wave])

    def _tone(self, pitch: int, layer: int, count: int) -> Wave:
        """The tone of a velocity layer as if it were never let go, of `count` frames or more."""
        held = self._held.get((pitch, layer))
        if held is None or len(held) < count:
            rng = np.random.default_rng([self._program, pitch, layer])
            wave = self._voice.sound.tone(pitch, (layer + 0.5) / LAYERS, max(count, frames(_ONSET_SECONDS)), rng)
            onset = np.sqrt((wave[: frames(_ONSET_SECONDS)] ** 2).mean())
            held = wave * np.float32(LEVEL * 10 ** (self._voice.level_db / 20) / max(onset, 1e-9))
            self._held[pitch, layer] = held
        return held


class DrumKit:
    """A drum kit: the keys strike, and do not hold."""

    def __init__(self, program: int) -> None:
        self._program = program
        self._strokes: dict[tuple[int, int, int], Stereo] = {}
        self._struck = 0

    def choke_group(self, pitch: int) -> int:
        """The hi-hat's, or the triangle's."""
        return drum(self._program, pitch).choke_group

    def strike(self, pitch: int, velocity: int, seconds: float) -> Stereo:  # noqa: ARG002 (see the class)
        """One stroke, to its end."""
        self._struck += 1
        layer, take = velocity * LAYERS // 128, self._struck % TAKES
        if (pitch, layer, take) not in self._strokes:
            played = drum(self._program, pitch)
            rng = np.random.default_rng([pitch, layer, take])
            wave = played.tone((layer + 0.5) / LAYERS, pitch, rng) * np.float32(
                KIT_LEVEL * 10 ** (played.level_db / 20)
            )
            self._strokes[pitch, layer, take] = wave * panned(played.pan)
        return self._strokes[pitch, layer, take] * np.float32((velocity / 127) ** POWER)


def built_in_instrument(program: int, is_drum: bool) -> Instrument:
    """The instrument of a General MIDI program, or of a drum kit."""
    return DrumKit(program) if is_drum else PitchedInstrument(program)
