"""SoundFonts made of a few numbers, and what to measure in sound."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from solomuse.render.sound.instrument import SAMPLE_RATE

NUMBER_BY_GENERATOR = {
    "startAddrsOffset": 0, "modEnvToPitch": 7, "initialFilterFc": 8, "initialFilterQ": 9, "modEnvToFilterFc": 11,
    "modLfoToVolume": 13, "pan": 17, "decayModEnv": 28, "sustainModEnv": 29, "attackVolEnv": 34, "decayVolEnv": 36,
    "sustainVolEnv": 37, "releaseVolEnv": 38, "keynumToVolEnvHold": 39, "instrument": 41, "keyRange": 43,
    "velRange": 44, "initialAttenuation": 48, "coarseTune": 51, "fineTune": 52, "sampleID": 53, "sampleModes": 54,
    "scaleTuning": 56, "exclusiveClass": 57, "overridingRootKey": 58,
}  # fmt: skip

Modulation = tuple[int, int, int]
"""Source as the file numbers it, generator, amount."""


@dataclass(frozen=True)
class FontSample:
    points: NDArray[np.int16]
    pitch: int
    loop: tuple[int, int] = (0, 0)
    rate: int = SAMPLE_RATE
    data: bytes = b""
    """Ogg Vorbis in place of the points."""


@dataclass(frozen=True)
class Zone:
    """One zone of an instrument; ranges are (low, high)."""

    sample: int | None = 0
    generators: Mapping[str, int | tuple[int, int]] = field(default_factory=dict)
    modulators: Sequence[Modulation] = ()


@dataclass(frozen=True)
class Preset:
    zones: Sequence[Zone]
    program: int = 0
    bank: int = 0
    generators: Mapping[str, int | tuple[int, int]] = field(default_factory=dict)
    modulators: Sequence[Modulation] = ()


def sine(hertz: float, seconds: float = 0.5, level: float = 0.5) -> NDArray[np.int16]:
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return np.round(32767 * level * np.sin(2 * np.pi * hertz * time)).astype(np.int16)


LOOPED_A4 = FontSample(sine(441.0), 69, loop=(100, 20_100))
"""441 Hz has periods of exactly 100 points, which loop without a seam: 3.9 cents above A4."""


def write_font(path: Path, presets: Sequence[Preset], samples: Sequence[FontSample] = (LOOPED_A4,)) -> Path:
    """A SoundFont file; each preset has an instrument of its own."""
    audio, headers = b"", []
    for sample in samples:
        size = len(sample.data) if sample.data else len(sample.points)
        start = len(audio) if sample.data else len(audio) // 2
        base = 0 if sample.data else start
        loop = (base + sample.loop[0], base + sample.loop[1])
        kind = 17 if sample.data else 1
        headers.append(
            struct.pack("<20sIIIIIBbHH", b"s", start, start + size, *loop, sample.rate, sample.pitch, 0, 0, kind)
        )
        audio += sample.data or sample.points.astype("<i2").tobytes() + bytes(92)
    inner, outer = _Tables(), _Tables()
    instruments, programs = [], []
    for index, preset in enumerate(presets):
        instruments.append(struct.pack("<20sH", b"i", len(inner.bags)))
        for zone in preset.zones:
            terminal = {} if zone.sample is None else {"sampleID": zone.sample}
            inner.add({**zone.generators, **terminal}, zone.modulators)
        programs.append(struct.pack("<20sHHHIII", b"p", preset.program, preset.bank, len(outer.bags), 0, 0, 0))
        outer.add({**preset.generators, "instrument": index}, preset.modulators)
    instruments.append(struct.pack("<20sH", b"EOI", len(inner.bags)))
    programs.append(struct.pack("<20sHHHIII", b"EOP", 0, 0, len(outer.bags), 0, 0, 0))
    pdta = [
        *(("phdr", b"".join(programs)), *outer.chunks("p"), ("inst", b"".join(instruments)), *inner.chunks("i")),
        ("shdr", b"".join(headers) + struct.pack("<20sIIIIIBbHH", b"EOS", 0, 0, 0, 0, 0, 0, 0, 0, 0)),
    ]
    body = b"sfbk" + _list("sdta", [("smpl", audio)]) + _list("pdta", pdta)
    path.write_bytes(_chunk("RIFF", body))
    return path


class _Tables:
    def __init__(self) -> None:
        self.bags: list[bytes] = []
        self._generators: list[bytes] = []
        self._modulators: list[bytes] = []

    def add(self, generators: Mapping[str, int | tuple[int, int]], modulators: Sequence[Modulation]) -> None:
        self.bags.append(struct.pack("<HH", len(self._generators), len(self._modulators)))
        self._modulators += [struct.pack("<HHhHH", *modulation, 0, 0) for modulation in modulators]
        for name, amount in generators.items():
            value = amount if isinstance(amount, int) else amount[0] | amount[1] << 8
            self._generators.append(struct.pack("<Hh", NUMBER_BY_GENERATOR[name], value))

    def chunks(self, letter: str) -> list[tuple[str, bytes]]:
        bags = b"".join(self.bags) + struct.pack("<HH", len(self._generators), len(self._modulators))
        return [
            (f"{letter}bag", bags),
            (f"{letter}mod", b"".join(self._modulators) + bytes(10)),
            (f"{letter}gen", b"".join(self._generators) + bytes(4)),
        ]


def _list(name: str, chunks: Sequence[tuple[str, bytes]]) -> bytes:
    return _chunk("LIST", name.encode() + b"".join(_chunk(*chunk) for chunk in chunks))


def _chunk(name: str, body: bytes) -> bytes:
    return name.encode() + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)


def level_db(sound: NDArray[np.float32]) -> float:
    """Root mean square; -200 for silence."""
    return float(20 * np.log10(np.sqrt(np.mean(np.square(sound, dtype=np.float64))) + 1e-10))


def spectrum(wave: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Frequencies and power, at a resolution of a tenth of a hertz."""
    power = np.abs(np.fft.rfft(wave * np.hanning(len(wave)), 10 * SAMPLE_RATE)) ** 2
    return np.fft.rfftfreq(10 * SAMPLE_RATE, 1 / SAMPLE_RATE), power


def cents_off(wave: NDArray[np.float32], hertz: float) -> float:
    """How far the highest peak within a semitone of a frequency is from it."""
    frequencies, power = spectrum(wave)
    is_near = np.abs(1200 * np.log2(np.maximum(frequencies, 1) / hertz)) < 100
    return float(1200 * np.log2(frequencies[np.where(is_near, power, 0).argmax()] / hertz))


def centroid(wave: NDArray[np.float32]) -> float:
    frequencies, power = spectrum(wave)
    return float((frequencies * power).sum() / power.sum())
