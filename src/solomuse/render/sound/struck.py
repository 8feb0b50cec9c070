"""Instruments that are struck or plucked and then left to ring: pianos, guitars, basses, mallets.

A note is a sum of decaying partials. Those of strings are stretched by the string's stiffness, and weakened where they
have a node at the hammer or the finger (N. Fletcher, T. Rossing, "The Physics of Musical Instruments", 2nd edition,
1998, sections 2.7, 2.18 and 12.3); those of bars and tines are listed one by one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solomuse.render.sound.instrument import SAMPLE_RATE, Wave, frames, hertz
from solomuse.render.sound.partials import HIGHEST_HERTZ, Numbers, decaying_partials, falling, noise_band

MOST_PARTIALS = 70
_MIDDLE_PITCH = 69


@dataclass(frozen=True, slots=True)
class Struck:
    """What rings, and what sets it ringing.

    Parameters
    ----------
    decay_seconds : float
        In which the first partial of A4 falls by 60 dB.
    decay_octave : float
        The factor by which that changes an octave higher.
    damping : float
        How much sooner partials die for each kHz of their frequency: the reciprocal of seconds.
    soft_hertz, loud_hertz : float
        The frequency by which partials weaken to 1/e, in the softest and the loudest note.
    modes : tuple of (ratio, gain, decay share)
        The partials of bars and tines; empty for the harmonics of a string.
    stiffness : float
        A string's inharmonicity at A4; it doubles every eight semitones.
    position, pickup : float
        Where the string is struck, and where a pickup hears it, as a share of its length; 0 for no matter.
    strings : tuple of float
        The detuning of each string of a note, in cents.
    aftersound : float
        The share of a note that dies four times as slowly, once its strings have fallen out of step.
    knock, knock_hertz : float
        The noise of the hammer or the finger, relative to the note, and its highest frequency.
    tremolo, tremolo_hertz : float
        The motor of a vibraphone: its depth, from 0 to 1, and speed.
    release_seconds : float
        In which a note falls by 60 dB once its key is let go.
    """

    decay_seconds: float
    decay_octave: float = 0.62
    damping: float = 0.25
    soft_hertz: float = 900.0
    loud_hertz: float = 3000.0
    modes: tuple[tuple[float, float, float], ...] = ()
    stiffness: float = 0.0
    position: float = 0.0
    pickup: float = 0.0
    strings: tuple[float, ...] = (0.0,)
    aftersound: float = 0.0
    knock: float = 0.0
    knock_hertz: float = 800.0
    attack_seconds: float = 0.002
    tremolo: float = 0.0
    tremolo_hertz: float = 5.0
    release_seconds: float = 0.3

    def tone(self, pitch: int, force: float, count: int, rng: np.random.Generator) -> Wave:
        """A note as if it were never let go.

        Parameters
        ----------
        force : float
            From 0, softest, to 1.
        count : int
            Frames.
        """
        wave = self._ringing(pitch, force, count, rng)
        if self.knock:
            size = min(count, frames(0.08))
            level = self.knock * (0.4 + force) * np.sqrt((wave[:size] ** 2).mean())
            wave[:size] += noise_band(60, self.knock_hertz, size, rng) * falling(0.06, size) * np.float32(level)
        if self.tremolo:
            swing = np.sin(2 * np.pi * self.tremolo_hertz * np.arange(count) / SAMPLE_RATE)
            wave *= (1 - self.tremolo * (0.5 + 0.5 * swing)).astype(np.float32)
        rise = frames(self.attack_seconds)
        wave[:rise] *= np.linspace(0, 1, rise, dtype=np.float32)[: len(wave)]
        return wave

    def _ringing(self, pitch: int, force: float, count: int, rng: np.random.Generator) -> Wave:
        ratios, gains, shares = self._partials(pitch)
        frequencies = hertz(pitch) * ratios
        gains = gains * np.exp(-frequencies / (self.soft_hertz * (self.loud_hertz / self.soft_hertz) ** force))
        first = self.decay_seconds * self.decay_octave ** ((pitch - _MIDDLE_PITCH) / 12)
        decays = 1 / (1 / (first * shares) + self.damping * np.maximum(frequencies - frequencies[0], 0) / 1000)
        prompt = (1 - self.aftersound) / len(self.strings)
        voices = [(frequencies * 2 ** (cents / 1200), gains * prompt, decays) for cents in self.strings]
        if self.aftersound:
            voices.append((frequencies, gains * self.aftersound, decays * 4))
        columns = [np.concatenate(column) for column in zip(*voices, strict=True)]
        phases = np.tile(rng.uniform(0, 2 * np.pi, len(frequencies)), len(voices))
        return decaying_partials(columns[0], columns[1], columns[2], phases, count)

    def _partials(self, pitch: int) -> tuple[Numbers, Numbers, Numbers]:
        """Ratios to the first partial, gains, and decay shares; each of shape (partials,)."""
        if self.modes:
            ratios, gains, shares = np.array(self.modes).T
            return ratios, gains, shares
        number = np.arange(1, 1 + min(MOST_PARTIALS, int(HIGHEST_HERTZ / hertz(pitch)) or 1))
        stiffness = self.stiffness * 2 ** ((pitch - _MIDDLE_PITCH) / 8)
        gains = 1.0 / number
        for place in (self.position, self.pickup):
            gains = gains * (np.abs(np.sin(np.pi * place * number)) if place else 1.0)
        return number * np.sqrt((1 + stiffness * number**2) / (1 + stiffness)), gains, np.ones(len(number))
