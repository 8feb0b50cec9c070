"""The random-walk baseline: scale tones of the current chord in the rhythm of human bars.

It shows what the harmony of a chart and the rhythm of a style are worth without any melody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from solomuse.music.chart import Chart
from solomuse.music.chord import Chord
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.meter import Meter
from solomuse.music.note import Note
from solomuse.music.scales import chord_scale, chord_tones

LARGEST_STEP = 2
"""Steps of the scale, up or down, from note to note."""
USUAL_RANGE = (55, 82)
OUTERMOST = 0.02
"""Share of the corpus's notes that may lie below the range, and above it."""

BarRhythm = tuple[tuple[int, int, int], ...]
"""Onset from the bar line, length and velocity of each note of a bar, in ticks."""


@dataclass(frozen=True, slots=True)
class Walker:
    """Plays the walk.

    Parameters
    ----------
    rhythms : mapping of Meter to sequence of BarRhythm
        Bars to draw from; a bar whose meter is not among them has a note on each beat.
    low, high : int
        Pitches that it stays between, both included.
    """

    rhythms: Mapping[Meter, Sequence[BarRhythm]]
    low: int = USUAL_RANGE[0]
    high: int = USUAL_RANGE[1]

    @classmethod
    def of(cls, sheets: Iterable[LeadSheet]) -> Walker:
        """One that has the rhythms and the range of some lead sheets."""
        rhythms: dict[Meter, list[BarRhythm]] = {}
        pitches: list[int] = []
        for sheet in sheets:
            pitches += [note.pitch for note in sheet.melody]
            for meter, rhythm in _bar_rhythms(sheet):
                rhythms.setdefault(meter, []).append(rhythm)
        if not pitches:
            return cls(rhythms)
        low, high = np.quantile(pitches, (OUTERMOST, 1 - OUTERMOST)).astype(int).tolist()
        return cls(rhythms, min(low, high - 12), high)

    def play(self, chart: Chart, rng: np.random.Generator) -> LeadSheet:
        """A walk over a chart; it begins in the middle of the range."""
        spans, pitch, notes = list(chart.spans()), (self.low + self.high) // 2, []
        place = 0
        for time, duration, velocity in self._rhythm(chart, rng):
            while spans[place].end <= time:
                place += 1
            pitch = self._next(pitch, scale_of(spans[place].chord), rng)
            notes.append(Note(time, pitch, duration, velocity))
        return LeadSheet(chart, tuple(notes))

    def _rhythm(self, chart: Chart, rng: np.random.Generator) -> Iterable[tuple[int, int, int]]:
        for start, bar in zip(chart.bar_times, chart.bars, strict=False):
            known = self.rhythms.get(bar.meter, ())
            rhythm = known[int(rng.integers(len(known)))] if known else _on_each_beat(bar.meter)
            yield from ((start + onset, duration, velocity) for onset, duration, velocity in rhythm)

    def _next(self, pitch: int, scale: Sequence[int], rng: np.random.Generator) -> int:
        """A tone of the scale, so many steps from the one nearest to `pitch`; steps beyond the range turn back."""
        tones = [tone for tone in range(self.low, self.high + 1) if tone % 12 in scale]
        here = min(range(len(tones)), key=lambda index: abs(tones[index] - pitch))
        step = int(rng.integers(-LARGEST_STEP, LARGEST_STEP + 1))
        there = here + step if 0 <= here + step < len(tones) else here - step
        return tones[min(max(there, 0), len(tones) - 1)]


def scale_of(chord: Chord) -> tuple[int, ...]:
    """Pitch classes that a player may choose from: the chord's scale, else its tones, else all."""
    return chord_scale(chord) or chord_tones(chord) or tuple(range(12))


def _bar_rhythms(sheet: LeadSheet) -> Iterable[tuple[Meter, BarRhythm]]:
    """The rhythm of each bar, notes cut at the bar line."""
    by_bar: list[list[tuple[int, int, int]]] = [[] for _ in sheet.chart.bars]
    lines = sheet.chart.bar_times
    bars = np.searchsorted(lines, [note.time for note in sheet.melody], side="right") - 1
    for note, bar in zip(sheet.melody, bars.tolist(), strict=True):
        by_bar[bar].append((note.time - lines[bar], min(note.end, lines[bar + 1]) - note.time, note.velocity))
    return zip((bar.meter for bar in sheet.chart.bars), map(tuple, by_bar), strict=True)


def _on_each_beat(meter: Meter) -> BarRhythm:
    beat = meter.beat_ticks
    return tuple((place * beat, beat, 80) for place in range(meter.numerator))
