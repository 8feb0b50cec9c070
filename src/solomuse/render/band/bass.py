"""The bass line: of all lines over the chords, the one whose tones and steps cost least.

Every onset of the pattern costs by the tone that is played there (a root where the chord changes, chord tones on the
way, a semitone or a step before the next root), every step by its size, and turning back or leaping on some more, while
the register drifts along a slow wave. The habits of a bass player are thereby a few small tables. The cheapest line is
found by the Viterbi algorithm (G. D. Forney, "The Viterbi algorithm", Proceedings of the IEEE 61, 1973) over pairs of
pitches, and costs drawn at random vary it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from solomuse.music.chord import Chord
from solomuse.music.note import Note
from solomuse.music.pitch import semitones_of_degree
from solomuse.music.scales import SCALES, SCALES_BY_QUALITY
from solomuse.render.band.form import FormBar, bar_spans, groove_draws
from solomuse.render.band.patterns import pattern_of
from solomuse.render.band.pulse import pulses
from solomuse.render.band.styles import Style

LOW, HIGH, CENTRE = 28, 55, 39
"""From the open E string to the G two octaves and a third above."""

VELOCITY, ACCENT, DEAD_NOTE_VELOCITY = 76, 6, 38
DEAD_NOTE_TICKS = 60
LEAST_GAP = 60
"""Ticks between a note of the pattern and a chord that begins; what is nearer is left out."""

FEWEST_PULSES_TO_LEAD_ON = 3
"""In a bar of fewer a tone that leads on to the next chord would last for half of the bar, against its own."""

IMPOSSIBLE = 1000.0
VARIATION = 0.9
"""The most that chance adds to the cost of a pitch."""

_DEPTH, _PULL, _WAVE_ONSETS = 6.0, 0.07, 22.0
"""The wave of the register: its depth in semitones, cost per semitone away from it, length in onsets."""

_TONE_COSTS: dict[str, tuple[float, float, float, float, float, float]] = {
    "R": (0, IMPOSSIBLE, IMPOSSIBLE, IMPOSSIBLE, IMPOSSIBLE, IMPOSSIBLE),
    "8": (0, IMPOSSIBLE, IMPOSSIBLE, IMPOSSIBLE, IMPOSSIBLE, IMPOSSIBLE),
    "g": (0, 1, 1, 1, 3, 9),
    "5": (3, 0, 4, 4, 9, IMPOSSIBLE),
    "b": (0, 0.8, 1.2, 1.8, 6, 9),
    "w": (1.2, 0.4, 0.3, 0.6, 1.1, 7),
    "s": (0, 0, 0, 0.3, 1, 7),
    "a": (2.0, 1.0, 0.8, 0.8, 0.8, 1.1),
}
"""Cost of root, fifth, third, other chord tones, scale tones, the rest by mark; ``b`` begins a bar on a held chord."""

_WALKS = (3.0, 0.2, 0.0, 0.2, 0.4, 0.5, 2.2, 0.9, 2.4, 2.6, 3.2, 5.0, 1.6)
_APPROACHES = (5.0, 0.0, 0.4, 1.6, 2.0, 1.1, 3.0, 1.3, 4.0, 4.0, 4.0, 5.0, 3.0)
_REPEATS = (0.0, 0.8, 0.8, 1.0, 1.2, 1.0, 2.5, 1.0, 2.5, 3.0, 3.0, 5.0, 1.8)
_OCTAVES = (3.0, 3.0, 3.0, 3.0, 3.0, 3.0, 3.0, 3.0, 3.0, 3.0, 3.0, 5.0, 0.0)
_TOO_WIDE = 9.0
"""Cost of a step by its semitones, up to an octave; wider ones cost the last number."""

LEAP, LEAPING_ON, GOING_BACK = 5, 1.5, 1.5
"""From how many semitones on a step is a leap; cost of two leaps the same way, and of returning to the tone before."""

_WALKING_MARKS = "wabs"

_MINOR_WITHOUT_SIXTH = (0, 2, 3, 5, 7, 10)
"""Which sixth is for the key to say, not for the chord."""
_POWER_CHORDS = ("5", "1")
"""These imply no scale; a bass walks in major."""

_REPLACED = {"b9": (2,), "#9": (2,), "#11": (5,), "b13": (9,), "b5": (7,), "#5": (7,)}
"""What an alteration takes out of the scale, in semitones above the root."""

Costs = NDArray[np.float64]
_PITCHES = np.arange(LOW, HIGH + 1)


@dataclass(frozen=True, slots=True)
class Onset:
    """Where the bass plays: the mark says what, the note ends with `limit` at the latest, all in ticks."""

    time: int
    limit: int
    mark: str
    chord: Chord


def bass_line(form: Sequence[FormBar], style: Style, rng: np.random.Generator) -> list[Note]:
    """The bass over a form: one note at a time, silent where there is no chord."""
    onsets = list(_onsets(form, style, rng))
    if not onsets:
        return []
    pitches = _cheapest_line(onsets, rng)
    jitter = rng.integers(-4, 5, len(onsets)).tolist()
    follower_times = [*(onset.time for onset in onsets[1:]), onsets[-1].limit]
    return [
        Note(onset.time, pitch, _length(onset, follower_time, style), _velocity(onset) + shift)
        for onset, pitch, follower_time, shift in zip(onsets, pitches, follower_times, jitter, strict=True)
    ]


def _velocity(onset: Onset) -> int:
    return DEAD_NOTE_VELOCITY if onset.mark == "g" else VELOCITY + ACCENT * (onset.mark == "R")


def _length(onset: Onset, follower_time: int, style: Style) -> int:
    room = min(follower_time, onset.limit) - onset.time
    return max(1, min(DEAD_NOTE_TICKS, room) if onset.mark == "g" else int(room * style.bass_length))


def _onsets(form: Sequence[FormBar], style: Style, rng: np.random.Generator) -> Iterator[Onset]:
    """The onsets of the patterns, with a root wherever a chord begins."""
    draws = groove_draws(form, style.groove_bars, rng)
    before: tuple[int, Chord] | None = None
    spans = [span for bar in form for span in bar_spans(bar)]
    next_bass = {span.time: follower.chord.bass for span, follower in pairwise(spans)}
    for bar, draw in zip(form, draws, strict=True):
        strokes = () if bar.is_ending else pattern_of(style.bass, bar.bar.meter, bar.place, draw)
        for span in bar_spans(bar):
            is_held = before == (span.time, span.chord)
            before = (span.end, span.chord)
            mark_at = {bar.time + stroke.time: stroke.mark for stroke in strokes}
            first = "b" if is_held and mark_at.get(span.time) == "w" else "R"
            inside = [time for time in mark_at if span.time + LEAST_GAP <= time <= span.end - LEAST_GAP]
            marks = [first, *(mark_at[time] for time in inside)]
            leads_on = len(marks) > 1 and marks[-1] in "ws" and len(pulses(bar.bar.meter)) >= FEWEST_PULSES_TO_LEAD_ON
            if leads_on and next_bass.get(span.time, span.chord.bass) != span.chord.bass:
                marks[-1] = "a"
            for time, mark in zip([span.time, *inside], marks, strict=True):
                yield Onset(time, span.end, mark, span.chord)


def _cheapest_line(onsets: Sequence[Onset], rng: np.random.Generator) -> list[int]:
    """The pitches of the line with the lowest sum of costs."""
    costs = _pitch_costs(onsets, rng)  # (onsets, pitches)
    total = np.broadcast_to(costs[0], (len(_PITCHES), len(_PITCHES)))  # (pitch before last, last pitch)
    steps = []
    for index in range(1, len(onsets)):
        step = _step_costs(onsets[index - 1], onsets[index]) + costs[index]
        if onsets[index].mark in _WALKING_MARKS:
            through = total[:, :, None] + _TURNS
            best = through.argmin(axis=0)  # (last pitch, this pitch)
            total = np.take_along_axis(through, best[None], axis=0)[0] + step
        else:
            best = np.broadcast_to(total.argmin(axis=0)[:, None], total.shape)
            total = total.min(axis=0)[:, None] + step
        steps.append(best)
    last_but_one, last = (int(place) for place in np.unravel_index(total.argmin(), total.shape))
    places = [last]
    for best in reversed(steps):
        last_but_one, last = int(best[last_but_one, last]), last_but_one
        places.append(last)
    return [LOW + place for place in reversed(places)]


def _pitch_costs(onsets: Sequence[Onset], rng: np.random.Generator) -> Costs:
    """What each pitch costs at each onset, shape (onsets, pitches)."""
    tones = np.array([_class_costs(onset.chord, onset.mark) for onset in onsets])[:, _PITCHES % 12]
    phase = 2 * np.pi * (np.arange(len(onsets)) / _WAVE_ONSETS + rng.random())
    register = CENTRE + _DEPTH * np.sin(phase) * np.repeat(rng.random(len(onsets) // 16 + 1), 16)[: len(onsets)]
    away = np.abs(_PITCHES[None, :] - register[:, None])
    return np.asarray(tones + _PULL * away + rng.uniform(0, VARIATION, tones.shape))


@lru_cache(maxsize=4096)
def _class_costs(chord: Chord, mark: str) -> tuple[float, ...]:
    """What each pitch class costs under a mark."""
    assert chord.root is not None
    assert chord.bass is not None
    root, fifth, third, chord_tone, scale_tone, outside = _TONE_COSTS[mark]
    costs = dict.fromkeys(range(12), outside)
    costs |= dict.fromkeys(_scale(chord), scale_tone)
    costs |= dict.fromkeys(chord.pitch_classes, chord_tone)
    for degree in chord.degrees:
        if degree in ("3", "b3", "5", "b5", "#5"):
            costs[(chord.root + semitones_of_degree(degree)) % 12] = third if degree.endswith("3") else fifth
    if chord.bass != chord.root:
        costs[chord.root] = fifth  # over a slash bass the root stands in for the fifth
    costs[chord.bass] = root
    return tuple(costs[pitch_class] for pitch_class in range(12))


@lru_cache(maxsize=4096)
def _scale(chord: Chord) -> frozenset[int]:
    """Pitch classes between which a bass walks over a chord."""
    assert chord.root is not None
    replaced = {semitone for degree in chord.degrees for semitone in _REPLACED.get(degree, ())}
    steps = set(_usual_steps(chord.quality)) - replaced
    return frozenset((chord.root + step) % 12 for step in steps) | frozenset(chord.pitch_classes)


def _usual_steps(quality: str) -> tuple[int, ...]:
    """The scale of a quality, in semitones above the root."""
    if quality in ("min", "min7"):
        return _MINOR_WITHOUT_SIXTH
    return SCALES["major" if quality in _POWER_CHORDS else SCALES_BY_QUALITY[quality][0]]


def _step_costs(before: Onset, after: Onset) -> Costs:
    """What each step from a pitch to another costs, shape (from, to)."""
    if before.mark == "a":
        return _STEP_TABLES["approach"]
    if after.mark == "8":
        return _STEP_TABLES["octave"]
    return _STEP_TABLES["walk" if after.mark in "wab" or before.mark in "wb" else "repeat"]


def _table(costs: Sequence[float]) -> Costs:
    distance = np.abs(_PITCHES[:, None] - _PITCHES[None, :])
    return np.asarray(np.array([*costs, _TOO_WIDE])[np.minimum(distance, len(costs))])


def _turns() -> Costs:
    """What three pitches in a row cost beyond their steps, shape (first, second, third)."""
    first, second, third = np.meshgrid(_PITCHES, _PITCHES, _PITCHES, indexing="ij")
    goes_back = (first == third) & (first != second)
    into, out_of = second - first, third - second
    leaps_on = (into * out_of > 0) & (np.minimum(abs(into), abs(out_of)) >= LEAP)
    return np.asarray(GOING_BACK * goes_back + LEAPING_ON * leaps_on)


_TURNS = _turns()
_STEP_TABLES = {
    "walk": _table(_WALKS),
    "approach": _table(_APPROACHES),
    "repeat": _table(_REPEATS),
    "octave": _table(_OCTAVES),
}
