"""SoundFont files (SF2, SF3): which samples play a note, and how.

The format is that of the SoundFont Technical Specification 2.04 (E-mu/Creative, 2006); numbers in brackets are its
sections. SF3 is SF2 whose samples are Ogg Vorbis streams, as MuseScore writes it. Samples stay on disk until played.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from solomuse.errors import FormatError
from solomuse.render.sound.audio_library import audio_library
from solomuse.render.sound.instrument import Wave
from solomuse.render.sound.low_pass import OPEN_CENTS
from solomuse.render.sound.modulation import Modulator, merged

DRUM_BANK = 128
ATTENUATION = 48
"""The generator initialAttenuation."""

NAME_AND_DEFAULT_BY_GENERATOR: Mapping[int, tuple[str, int]] = {
    0: ("startAddrsOffset", 0),
    1: ("endAddrsOffset", 0),
    2: ("startloopAddrsOffset", 0),
    3: ("endloopAddrsOffset", 0),
    4: ("startAddrsCoarseOffset", 0),
    5: ("modLfoToPitch", 0),
    6: ("vibLfoToPitch", 0),
    7: ("modEnvToPitch", 0),
    8: ("initialFilterFc", OPEN_CENTS),
    9: ("initialFilterQ", 0),
    11: ("modEnvToFilterFc", 0),
    12: ("endAddrsCoarseOffset", 0),
    13: ("modLfoToVolume", 0),
    17: ("pan", 0),
    21: ("delayModLFO", -12_000),
    22: ("freqModLFO", 0),
    23: ("delayVibLFO", -12_000),
    24: ("freqVibLFO", 0),
    25: ("delayModEnv", -12_000),
    26: ("attackModEnv", -12_000),
    27: ("holdModEnv", -12_000),
    28: ("decayModEnv", -12_000),
    29: ("sustainModEnv", 0),
    30: ("releaseModEnv", -12_000),
    33: ("delayVolEnv", -12_000),
    34: ("attackVolEnv", -12_000),
    35: ("holdVolEnv", -12_000),
    36: ("decayVolEnv", -12_000),
    37: ("sustainVolEnv", 0),
    38: ("releaseVolEnv", -12_000),
    39: ("keynumToVolEnvHold", 0),
    40: ("keynumToVolEnvDecay", 0),
    45: ("startloopAddrsCoarseOffset", 0),
    46: ("keynum", -1),
    47: ("velocity", -1),
    48: ("initialAttenuation", 0),
    50: ("endloopAddrsCoarseOffset", 0),
    51: ("coarseTune", 0),
    52: ("fineTune", 0),
    54: ("sampleModes", 0),
    56: ("scaleTuning", 100),
    57: ("exclusiveClass", 0),
    58: ("overridingRootKey", -1),
}
"""The generators that are played [8.1.2, 8.1.3]; in timecents, cents, centibels, tenths of a percent, sample points."""

GENERATOR_NAMES: Mapping[int, str] = {number: name for number, (name, _) in NAME_AND_DEFAULT_BY_GENERATOR.items()}

_INSTRUMENT, _KEY_RANGE, _VELOCITY_RANGE, _SAMPLE = 41, 43, 44, 53
_NOT_IN_PRESETS = {0, 1, 2, 3, 4, 12, 45, 46, 47, 50, 54, 57, 58}
"""Generators that mean something in instruments only [8.1.2]."""

_PRESET = np.dtype(
    [("name", "S20"), ("program", "<u2"), ("bank", "<u2"), ("bag", "<u2"), ("unused", "<u4", (3,))]
)  # fmt: skip
_INSTRUMENT_HEADER = np.dtype([("name", "S20"), ("bag", "<u2")])
_BAG = np.dtype([("generator", "<u2"), ("modulator", "<u2")])
_GENERATOR = np.dtype([("operator", "<u2"), ("amount", "<i2")])
_MODULATOR = np.dtype(
    [("source", "<u2"), ("destination", "<u2"), ("amount", "<i2"), ("weight", "<u2"), ("transform", "<u2")]
)
_SAMPLE_HEADER = np.dtype(
    [
        *(("name", "S20"), ("start", "<u4"), ("end", "<u4"), ("loop_start", "<u4"), ("loop_end", "<u4")),
        *(("rate", "<u4"), ("pitch", "u1"), ("correction", "i1"), ("link", "<u2"), ("type", "<u2")),
    ]
)
_TABLES = {
    "phdr": _PRESET,
    "inst": _INSTRUMENT_HEADER,
    "shdr": _SAMPLE_HEADER,
    **dict.fromkeys(("pbag", "ibag"), _BAG),
    **dict.fromkeys(("pgen", "igen"), _GENERATOR),
    **dict.fromkeys(("pmod", "imod"), _MODULATOR),
}
_VORBIS, _IN_ROM = 0x10, 0x8000


@dataclass(frozen=True, slots=True)
class _Zone:
    """Amounts by generator and by modulator."""

    generators: Mapping[int, int]
    modulators: Mapping[Modulator, int]


@dataclass(frozen=True, slots=True)
class Sample:
    """A recording, in points from the start of the file's sample data; the loop from the start of the recording."""

    start: int
    end: int
    loop_start: int
    loop_end: int
    rate: int
    pitch: int
    correction_cents: int
    is_vorbis: bool


@dataclass(frozen=True)
class Region:
    """A sample for ranges of keys and velocities, ends included; all its generators by name, and its modulators."""

    keys: tuple[int, int]
    velocities: tuple[int, int]
    sample: Sample
    generators: Mapping[str, int]
    modulators: Mapping[Modulator, int]

    @property
    def has_layers(self) -> bool:
        """Whether velocity changes more than loudness."""
        return any(other.hears_velocity and other.destination != ATTENUATION for other in self.modulators)

    def holds(self, pitch: int, velocity: int) -> bool:
        """Whether it sounds for such a note."""
        (low, high), (soft, loud) = self.keys, self.velocities
        return low <= pitch <= high and soft <= velocity <= loud


class SoundFont:
    """The presets of a SoundFont file.

    Raises
    ------
    FormatError
        If the file cannot be read or is no SoundFont.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._bytes: NDArray[np.uint8] = np.memmap(path, dtype=np.uint8, mode="r")
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or "it is empty"
            raise FormatError(f"{path}: cannot be read ({why}); give a SoundFont, .sf2 or .sf3") from None
        chunks = dict(_chunks(self._bytes, path))
        missing = [name for name in ("smpl", *_TABLES) if name not in chunks]
        if missing:
            raise FormatError(f"{path}: is no whole SoundFont, it lacks {missing[0]!r}; give another .sf2 or .sf3")
        self._samples = chunks["smpl"]
        self._tables = {
            name: np.frombuffer(self._bytes[start : start + size - size % kind.itemsize].tobytes(), dtype=kind)
            for name, kind in _TABLES.items()
            for start, size in (chunks[name],)
        }
        presets = self._tables["phdr"][:-1]  # the last of each table is its end
        pairs = zip(presets["bank"].tolist(), presets["program"].tolist(), strict=True)
        self._preset_by_number = {pair: index for index, pair in enumerate(pairs)}
        if not self._preset_by_number:
            raise FormatError(f"{path}: holds no presets; give another SoundFont")

    def regions(self, program: int, is_drum: bool) -> list[Region]:
        """What a program of General MIDI plays; the bank's first program, or the first there is, for one it lacks."""
        bank = DRUM_BANK if is_drum else 0
        numbers = sorted(
            self._preset_by_number, key=lambda number: (number != (bank, program), number[0] != bank, number)
        )
        try:
            return list(self._regions(self._preset_by_number[numbers[0]]))
        except (IndexError, ValueError):
            raise FormatError(f"{self.path}: preset {numbers[0]} is damaged; give another SoundFont") from None

    def points(self, sample: Sample) -> Wave:
        """The recording, from -1 to 1.

        Raises
        ------
        FormatError
            If it is compressed and cannot be decoded.
        ConfigError
            If it is compressed, and the library that decodes it is not installed.
        """
        start, size = self._samples
        if not sample.is_vorbis:
            first, last = start + 2 * sample.start, min(start + 2 * sample.end, start + size)
            span = self._bytes[first : first + (last - first) // 2 * 2].tobytes()
            return np.frombuffer(span, dtype="<i2").astype(np.float32) / np.float32(32768)
        library = audio_library("SoundFonts of the kind .sf3")
        data = self._bytes[start + sample.start : start + sample.end].tobytes()
        try:
            decoded, _ = library.read(io.BytesIO(data), dtype="float32", always_2d=True)
        except library.LibsndfileError:
            raise FormatError(f"{self.path}: a sample cannot be decoded; give another SoundFont") from None
        return np.ascontiguousarray(decoded[:, 0], dtype=np.float32)

    def _regions(self, preset: int) -> Iterator[Region]:
        """A preset's zones are added to those of the instruments that they name [9.4]."""
        for outer in self._zones(("phdr", "pbag", "pgen", "pmod"), preset, _INSTRUMENT):
            for inner in self._zones(("inst", "ibag", "igen", "imod"), outer.generators[_INSTRUMENT], _SAMPLE):
                keys, velocities = (_overlap(outer, inner, kind) for kind in (_KEY_RANGE, _VELOCITY_RANGE))
                header = self._tables["shdr"][inner.generators[_SAMPLE]]
                if keys[0] <= keys[1] and velocities[0] <= velocities[1] and not header["type"] & _IN_ROM:
                    modulators = merged(outer.modulators, inner.modulators)
                    yield Region(keys, velocities, _sample(header), _generators(outer, inner), modulators)

    def _zones(self, names: tuple[str, str, str, str], index: int, terminal: int) -> Iterator[_Zone]:
        """The zones of a preset or an instrument that end in `terminal`, over the defaults of its global zone [7.3]."""
        headers, bags, generators, modulators = (self._tables[name] for name in names)
        first, last = headers["bag"][index : index + 2].tolist()
        shared = _Zone({}, {})
        for place, (begin, end) in enumerate(pairwise(bags[first : last + 1].tolist())):
            own = {int(row["operator"]): int(row["amount"]) for row in generators[begin[0] : end[0]]}
            moved = dict(_modulator(row) for row in modulators[begin[1] : end[1]])
            if terminal in own:
                own = {**shared.generators, **own, terminal: own[terminal] & 0xFFFF}
                yield _Zone(own, {**shared.modulators, **moved})
            elif place == 0:
                shared = _Zone(own, moved)


def _chunks(data: NDArray[np.uint8], path: Path) -> Iterator[tuple[str, tuple[int, int]]]:
    """Name, start and size of every chunk within the lists of a RIFF file [3.1]."""
    if data[:4].tobytes() != b"RIFF" or data[8:12].tobytes() != b"sfbk":
        raise FormatError(f"{path}: is no SoundFont; give an .sf2 or .sf3 file")
    place = 12
    while place + 8 <= len(data):
        name, size = struct.unpack("<4sI", data[place : place + 8].tobytes())
        if name == b"LIST":
            place += 12  # into the list
            continue
        yield name.decode("latin-1"), (place + 8, min(size, len(data) - place - 8))
        place += 8 + size
        if size % 2 and data[place : place + 1].tobytes() == b"\0":  # MuseScore leaves the padding out
            place += 1


def _overlap(outer: _Zone, inner: _Zone, kind: int) -> tuple[int, int]:
    """The range of keys or velocities that both zones hold; empty if its end is before its start."""
    (low, high), (lower, higher) = (
        (amount & 0xFF, amount >> 8 & 0xFF) for amount in (zone.generators.get(kind, 0x7F00) for zone in (outer, inner))
    )
    return max(low, lower), min(high, higher)


def _generators(outer: _Zone, inner: _Zone) -> Mapping[str, int]:
    return {
        name: inner.generators.get(number, default)
        + (0 if number in _NOT_IN_PRESETS else outer.generators.get(number, 0))
        for number, (name, default) in NAME_AND_DEFAULT_BY_GENERATOR.items()
    }


def _modulator(row: np.void) -> tuple[Modulator, int]:
    names = ("source", "destination", "weight", "transform")
    return Modulator(*(int(row[name]) for name in names)), int(row["amount"])


def _sample(header: np.void) -> Sample:
    """A sample by its header; the loop of a compressed one is counted from its start already."""
    is_vorbis = bool(header["type"] & _VORBIS)
    start, end = int(header["start"]), int(header["end"])
    offset = 0 if is_vorbis else start
    loop_start, loop_end = int(header["loop_start"]) - offset, int(header["loop_end"]) - offset
    rate, correction = int(header["rate"]) or 44_100, int(header["correction"])
    return Sample(start, end, loop_start, loop_end, rate, int(header["pitch"]), correction, is_vorbis)
