"""An instrument that plays the samples of a SoundFont, after its Technical Specification 2.04."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from solomuse.render.sound.envelopes import (
    FULL_FALL_DB,
    SILENCE_DB,
    Floats,
    Generators,
    modulation_envelope,
    oscillator,
    seconds,
    volume_envelope,
)
from solomuse.render.sound.instrument import SAMPLE_RATE, Stereo, Wave, frames, panned
from solomuse.render.sound.low_pass import filtered
from solomuse.render.sound.soundfont import ATTENUATION, GENERATOR_NAMES, Region, Sample, SoundFont

ATTENUATION_SHARE = 0.4
"""The part of initialAttenuation that counts: the EMU8000, for which most SoundFonts were made, had it so, and
FluidSynth follows it."""

SHORTEST_RELEASE_SECONDS, LONGEST_RELEASE_SECONDS = 0.01, 4.0

VELOCITY_LAYER = 8
"""Where velocity changes more than loudness, velocities in a layer of this many sound alike."""

MOST_POINTS_PER_FRAME = 64
"""A recording is played no faster, which is six octaves up: the points of a loop are unrolled into memory."""

_RANGE_BY_GENERATOR = {
    **dict.fromkeys(("modLfoToPitch", "vibLfoToPitch", "modEnvToPitch", "modEnvToFilterFc"), (-12_000, 12_000)),
    **dict.fromkeys(("freqModLFO", "freqVibLFO"), (-16_000, 4500)),
    **dict.fromkeys(("keynumToVolEnvHold", "keynumToVolEnvDecay"), (-1200, 1200)),
    **dict.fromkeys(("keynum", "velocity", "overridingRootKey"), (-1, 127)),
    "initialFilterQ": (0, 960),
    "initialAttenuation": (-1440, 1440),  # below 0 in no standard, but in fonts
    "modLfoToVolume": (-960, 960),
    "pan": (-500, 500),
    "coarseTune": (-120, 120),
    "scaleTuning": (0, 1200),
}
"""Least and greatest values, where beyond them sound is no sound [8.1.3]."""

_LEAST_LOOP, _NO_GAIN = 8, 1e-6

_Amount = TypeVar("_Amount", int, float)


@dataclass(frozen=True, slots=True)
class _Held:
    """A note as if its key were never let go: the sample, and the envelope's gain; both of shape (n,)."""

    wave: Wave
    gain: Wave
    asked: int


class SampledInstrument:
    """One preset of a SoundFont."""

    def __init__(self, font: SoundFont, program: int, is_drum: bool) -> None:
        self._font = font
        regions = font.regions(program, is_drum)
        self._regions = [replace(region, generators=_within_range(region.generators)) for region in regions]
        self._indices: dict[tuple[int, int], list[int]] = {}
        self._points: dict[Sample, Wave] = {}
        self._held: dict[tuple[int, int, int], _Held] = {}

    def choke_group(self, pitch: int) -> int:
        """The exclusive class of the pitch."""
        regions = (region for region in self._regions if region.keys[0] <= pitch <= region.keys[1])
        return next((int(number) for region in regions if (number := region.generators["exclusiveClass"])), 0)

    def strike(self, pitch: int, velocity: int, seconds: float) -> Stereo:
        """The sound of one note with its release; empty where the preset has no sample for it."""
        voices = [
            (self._voice(index, pitch, velocity, seconds), _gains(self._regions[index], pitch, velocity))
            for index in self._matching(pitch, velocity)
        ]
        sound = np.zeros((2, max((len(wave) for wave, _ in voices), default=0)), dtype=np.float32)
        for wave, gains in voices:
            for side in np.flatnonzero(gains[:, 0] > _NO_GAIN):
                sound[side, : len(wave)] += wave * gains[side]
        return sound

    def _matching(self, pitch: int, velocity: int) -> list[int]:
        """The regions that sound for a note."""
        if (pitch, velocity) not in self._indices:
            regions = enumerate(self._regions)
            self._indices[pitch, velocity] = [index for index, region in regions if region.holds(pitch, velocity)]
        return self._indices[pitch, velocity]

    def _voice(self, index: int, pitch: int, velocity: int, duration: float) -> Wave:
        """One region's share of a note, before its loudness and pan."""
        region = self._regions[index]
        layer = velocity // VELOCITY_LAYER * VELOCITY_LAYER + VELOCITY_LAYER // 2 if region.has_layers else 0
        generators = _moved(region, pitch, layer)
        release = max(seconds(generators["releaseVolEnv"]), SHORTEST_RELEASE_SECONDS)
        count, fading = frames(duration), frames(min(release * SILENCE_DB / FULL_FALL_DB, LONGEST_RELEASE_SECONDS))
        held = self._held.get((index, pitch, layer))
        if held is None or held.asked < count + fading:
            held = self._hold(region, generators, pitch, count + fading)
            self._held[index, pitch, layer] = held
        end = min(count + fading, len(held.wave))
        wave = held.wave[:end] * held.gain[:end]
        if count < end:
            fall = np.float32(-np.log(10) * FULL_FALL_DB / 20 / (release * SAMPLE_RATE))
            wave[count:] = held.wave[count:end] * (
                held.gain[count] * np.exp(np.arange(end - count, dtype=np.float32) * fall)
            )
        return wave

    def _hold(self, region: Region, generators: Generators, pitch: int, count: int) -> _Held:
        gain = volume_envelope(generators, pitch, count)
        envelope = modulation_envelope(generators, len(gain))
        places = _places(generators, _step(region, pitch), envelope, len(gain))
        points = _unrolled(region, self._recording(region.sample), int(places[-1]) + 2 if len(places) else 0)
        wave = _interpolated(points, places)
        corner = generators["initialFilterFc"] + generators["modEnvToFilterFc"] * envelope
        wave = filtered(wave, corner, generators["initialFilterQ"] / 10)
        if generators["modLfoToVolume"]:
            swing = oscillator(generators["delayModLFO"], generators["freqModLFO"], len(wave))
            wave = wave * (10 ** (generators["modLfoToVolume"] / 200 * swing)).astype(np.float32)
        return _Held(wave, gain[: len(wave)], count)

    def _recording(self, sample: Sample) -> Wave:
        if sample not in self._points:
            self._points[sample] = self._font.points(sample)
        return self._points[sample]


def _moved(region: Region, pitch: int, velocity: int) -> Generators:
    """The generators as key and velocity move them, attenuation apart."""
    moved: dict[str, float] = dict(region.generators)
    for modulator, amount in region.modulators.items():
        name = GENERATOR_NAMES.get(modulator.destination)
        if name and modulator.destination != ATTENUATION:
            moved[name] += amount * modulator.value(pitch, velocity)
    return _within_range(moved)


def _within_range(generators: Mapping[str, _Amount]) -> dict[str, _Amount]:
    """The generators, each no further than its range reaches."""
    ranges = _RANGE_BY_GENERATOR
    return {
        name: max(ranges[name][0], min(amount, ranges[name][1])) if name in ranges else amount
        for name, amount in generators.items()
    }


def _gains(region: Region, pitch: int, velocity: int) -> NDArray[np.float32]:
    """Left and right, shape (2, 1)."""
    generators = region.generators
    played = int(velocity if generators["velocity"] < 0 else generators["velocity"])
    centibels = ATTENUATION_SHARE * generators["initialAttenuation"] + sum(
        amount * modulator.value(pitch, played)
        for modulator, amount in region.modulators.items()
        if modulator.destination == ATTENUATION
    )
    least, most = _RANGE_BY_GENERATOR["initialAttenuation"]
    return panned(generators["pan"] / 500) * np.float32(10 ** (-min(max(centibels, least), most) / 200))


def _step(region: Region, pitch: int) -> float:
    """Points of the sample for each frame."""
    generators, sample = region.generators, region.sample
    key = pitch if generators["keynum"] < 0 else generators["keynum"]
    root = sample.pitch if generators["overridingRootKey"] < 0 else generators["overridingRootKey"]
    tune = 100 * generators["coarseTune"] + generators["fineTune"] + sample.correction_cents
    step = sample.rate / SAMPLE_RATE * 2 ** (((key - root) * generators["scaleTuning"] + tune) / 1200)
    return float(min(step, MOST_POINTS_PER_FRAME))


def _places(generators: Generators, step: float, envelope: Floats, count: int) -> Floats:
    """Where in the recording each frame lies, in points; shape (count,)."""
    bend: Floats = generators["modEnvToPitch"] * envelope if generators["modEnvToPitch"] else np.zeros(1)
    for depth, name in (("modLfoToPitch", "ModLFO"), ("vibLfoToPitch", "VibLFO")):
        if generators[depth]:
            bend = bend + generators[depth] * oscillator(generators[f"delay{name}"], generators[f"freq{name}"], count)
    speeds = np.minimum(step * np.exp2(bend / 1200), MOST_POINTS_PER_FRAME)
    if speeds.size == 1:
        return np.arange(count, dtype=np.float64) * float(speeds[0])
    return np.asarray(np.cumsum(speeds) - speeds[0], dtype=np.float64)


def _unrolled(region: Region, recording: Wave, count: int) -> Wave:
    """The first `count` points of a recording whose loop is repeated for ever, or all of one that is not looped."""
    generators, sample = region.generators, region.sample
    first = _offset(generators, "startAddrs")
    last = min(len(recording) + _offset(generators, "endAddrs"), len(recording))
    first = min(max(first, 0), len(recording))
    start = sample.loop_start + _offset(generators, "startloopAddrs") - first
    end = sample.loop_end + _offset(generators, "endloopAddrs") - first
    points = recording[first:last]
    is_looped = int(generators["sampleModes"]) & 1 and start >= 0 and start + _LEAST_LOOP <= end <= len(points)
    if not is_looped or count <= end:
        return points[:count]
    repeats = -(-(count - end) // (end - start))
    return np.concatenate([points[:end], np.tile(points[start:end], repeats)])[:count]


def _offset(generators: Mapping[str, float], name: str) -> int:
    return int(generators[f"{name}Offset"]) + 32_768 * int(generators[f"{name}CoarseOffset"])


def _interpolated(points: Wave, places: Floats) -> Wave:
    """The points at fractional places, by the cubic that has at each point the slope between its neighbours.

    E. Catmull, R. Rom, "A class of local interpolating splines", 1974. Ends where the points end.
    """
    whole = places.astype(np.int64)
    count = int(np.searchsorted(whole, len(points) - 1))
    whole, share = whole[:count], (places[:count] - whole[:count]).astype(np.float32)
    if not share.any():
        return points[whole]
    padded = np.concatenate([points[:1], points, points[-1:], points[-1:]])
    before, here, after, beyond = (np.take(padded, whole + offset) for offset in range(4))
    slope, bend = (after - before) / 2, before - np.float32(2.5) * here + 2 * after - beyond / 2
    twist = np.float32(1.5) * (here - after) + (beyond - before) / 2
    return np.asarray(((twist * share + bend) * share + slope) * share + here, dtype=np.float32)
