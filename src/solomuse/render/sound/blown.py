"""Instruments that sound for as long as they are played: winds, bowed strings, voices, organs, synthesizers.

A note reads a period of its wave over and over, at a speed that its vibrato bends. The period is kept at several
degrees of brightness, between which the note moves as it is blown harder: what makes a trumpet's attack sound like one
(J.-C. Risset, M. Mathews, "Analysis of musical-instrument tones", Physics Today 22, 1969).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from solomuse.render.sound.instrument import SAMPLE_RATE, Wave, hertz
from solomuse.render.sound.partials import HIGHEST_HERTZ, Numbers, noise_band

_POINTS, _DEGREES, _CONTROL_FRAMES = 2048, 6, 64
_NOISE_TOP_HERTZ, _ROLL_OFF_HERTZ = 3500.0, 5500.0
"""Where breath noise ends, and where every instrument's tone begins to fall by 12 dB an octave more."""


@dataclass(frozen=True, slots=True)
class Blown:
    """How a sustained note begins, what it is made of, and how it moves.

    Parameters
    ----------
    dull_db, bright_db : float
        By how much harmonics weaken for each octave, in the softest moment and the loudest.
    formants : tuple of (hertz, octaves, decibels)
        Resonances: centre, half width, strength.
    even : float
        The gain of even harmonics: little in a clarinet.
    drawbars : tuple of (ratio, gain)
        An organ's pipes, 0.5 for an octave below; in place of harmonics.
    attack_seconds, decay_seconds, sustain : float
        The rise; the time constant with which the first push eases off; to what share.
    vibrato_cents, vibrato_hertz, vibrato_delay_seconds : float
        Vibrato grows in over as long as its delay.
    scoop_cents : float
        How far below the pitch a note begins; it gets there within 50 ms.
    breath : float
        Noise, relative to the tone; twice as much at the onset.
    voices : tuple of float
        The detuning of each of many players, in cents.
    release_seconds : float
        In which a note falls by 60 dB once it is let go.
    """

    dull_db: float = 18.0
    bright_db: float = 9.0
    formants: tuple[tuple[float, float, float], ...] = ()
    even: float = 1.0
    drawbars: tuple[tuple[float, float], ...] = ()
    attack_seconds: float = 0.035
    decay_seconds: float = 0.25
    sustain: float = 0.8
    vibrato_cents: float = 0.0
    vibrato_hertz: float = 5.2
    vibrato_delay_seconds: float = 0.35
    scoop_cents: float = 0.0
    breath: float = 0.0
    voices: tuple[float, ...] = (0.0,)
    release_seconds: float = 0.12

    def tone(self, pitch: int, force: float, count: int, rng: np.random.Generator) -> Wave:
        """A note as if it were never let go.

        Parameters
        ----------
        force : float
            From 0, softest, to 1.
        count : int
            Frames.
        """
        seconds = np.arange(0, count + _CONTROL_FRAMES, _CONTROL_FRAMES) / SAMPLE_RATE
        swing = self._vibrato(seconds, rng)
        level = self._level(seconds) * (1 + 0.08 * swing)
        degree = np.clip((0.25 + 0.75 * force) * level, 0, 1) * (_DEGREES - 1.001)
        scoop = -self.scoop_cents * np.exp(-seconds / 0.025)
        tables, frequency = self._tables(pitch, rng), hertz(pitch) / (2 if self.drawbars else 1)
        wave = np.zeros(count, dtype=np.float32)
        for cents in self.voices:
            drift = 1.5 * len(self.voices) ** 0.5 * _wander(seconds, rng) if self.vibrato_cents or cents else 0.0
            bend = self.vibrato_cents * swing + scoop + cents + drift
            wave += _read(tables, frequency, _smooth(bend, count), _smooth(degree, count), rng.uniform())
        wave *= _smooth(level, count)
        if self.breath:
            wave += self._breath(pitch, seconds, count, wave, rng)
        return wave

    def _level(self, seconds: Numbers) -> Numbers:
        rise = 0.5 - 0.5 * np.cos(np.pi * np.clip(seconds / self.attack_seconds, 0, 1))
        ease = np.exp(-np.maximum(seconds - self.attack_seconds, 0) / self.decay_seconds)
        return np.asarray(rise * (self.sustain + (1 - self.sustain) * ease))

    def _vibrato(self, seconds: Numbers, rng: np.random.Generator) -> Numbers:
        """The swing of the vibrato, from -1 to 1, none before its delay."""
        if not self.vibrato_cents:
            return np.zeros(len(seconds))
        depth = np.clip(seconds / max(self.vibrato_delay_seconds, 1e-3) - 1, 0, 1)
        speed = self.vibrato_hertz * (1 + 0.06 * _wander(seconds, rng))
        turns = np.cumsum(speed) * _CONTROL_FRAMES / SAMPLE_RATE
        return np.asarray(depth * np.sin(2 * np.pi * (turns - self.vibrato_delay_seconds * self.vibrato_hertz)))

    def _tables(self, pitch: int, rng: np.random.Generator) -> Wave:
        """A period at every degree of brightness; shape (degrees, points + 1), each of power 1."""
        numbers, gains = self._harmonics(pitch)
        base = hertz(pitch) / (2 if self.drawbars else 1)
        slopes = np.linspace(self.dull_db, self.bright_db, _DEGREES)[:, None]
        decibels = -slopes * np.log2(numbers) + self._resonance(base * numbers.astype(np.float64))
        spectra = np.zeros((_DEGREES, _POINTS // 2 + 1), dtype=np.complex128)
        phases = 0.35 * rng.uniform(-np.pi, np.pi, len(numbers)) - np.pi / 2
        spectra[:, numbers] = gains * 10 ** (decibels / 20) * np.exp(1j * phases)
        periods = np.fft.irfft(spectra, _POINTS, axis=1)
        periods /= np.sqrt((periods**2).mean(axis=1, keepdims=True))
        return np.concatenate([periods, periods[:, :1]], axis=1).astype(np.float32)

    def _harmonics(self, pitch: int) -> tuple[NDArray[np.int64], Numbers]:
        """Numbers of the harmonics that are not too high, and their gains; of drawbars, in halves of the pitch."""
        if self.drawbars:
            numbers, gains = (np.array(column) for column in zip(*self.drawbars, strict=True))
            return np.round(2 * numbers).astype(np.int64), gains
        numbers = np.arange(1, 1 + min(_POINTS // 4, max(1, int(HIGHEST_HERTZ / hertz(pitch)))))
        return numbers, np.where(numbers % 2, 1.0, self.even)

    def _resonance(self, frequencies: Numbers) -> Numbers:
        """Decibels that formants and roll-off add at frequencies."""
        octaves = np.log2(np.maximum(frequencies, 1))
        bumps = (db * np.exp(-0.5 * ((octaves - np.log2(at)) / width) ** 2) for at, width, db in self.formants)
        roll_off = 10 * np.log10(1 + (frequencies / _ROLL_OFF_HERTZ) ** 4)
        return np.asarray(sum(bumps, start=-roll_off), dtype=np.float64)

    def _breath(self, pitch: int, seconds: Numbers, count: int, wave: Wave, rng: np.random.Generator) -> Wave:
        noise = noise_band(max(hertz(pitch), 500), _NOISE_TOP_HERTZ, count, rng)
        onset = np.clip(seconds / (0.6 * self.attack_seconds), 0, 1) * (1 + np.exp(-seconds / 0.05))
        return noise * _smooth(self.breath * onset, count) * np.float32(np.sqrt((wave**2).mean()))


def _wander(seconds: Numbers, rng: np.random.Generator) -> Numbers:
    """Slow, aimless movement between about -1 and 1: no player holds still."""
    parts = (np.sin(2 * np.pi * (rng.uniform(0.3, 2.2) * seconds + rng.uniform())) for _ in range(3))
    return np.asarray(sum(parts, start=np.zeros(len(seconds)))) / 2


def _smooth(control: Numbers, count: int) -> Wave:
    """Values at every 64th frame as values at every frame, in straight lines; shape (count,), float32."""
    share = np.arange(_CONTROL_FRAMES, dtype=np.float32) / _CONTROL_FRAMES
    points = control.astype(np.float32)
    lines = points[:-1, None] + np.diff(points)[:, None] * share
    return np.asarray(lines.ravel()[:count])


def _read(tables: Wave, frequency: float, bend: Wave, degree: Wave, start: float) -> Wave:
    """The periods read at a frequency bent by cents, between the two degrees of brightness that are nearest."""
    speed = _POINTS * frequency / SAMPLE_RATE * np.exp2(bend / np.float32(1200))
    places = np.cumsum(speed, dtype=np.float64) + start * _POINTS
    whole = places.astype(np.int64)
    share = (places - whole).astype(np.float32)
    row = degree.astype(np.int64)
    blend = degree - row
    index = row * (_POINTS + 1) + whole % _POINTS
    flat = tables.ravel()
    lower = flat[index] + (flat[index + 1] - flat[index]) * share
    index += _POINTS + 1
    upper = flat[index] + (flat[index + 1] - flat[index]) * share
    return np.asarray(lower + (upper - lower) * blend)
