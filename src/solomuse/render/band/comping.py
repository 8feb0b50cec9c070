"""The chords behind the solo: rhythm patterns with anticipations, in voicings that move little."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from solomuse.music.chart import ChordSpan
from solomuse.music.chord import Chord
from solomuse.music.note import Note
from solomuse.render.band.form import FormBar, bar_spans, groove_draws
from solomuse.render.band.patterns import pattern_of
from solomuse.render.band.styles import Style
from solomuse.render.band.voicings import CENTRE, movement, voicings

OFF_BEAT_ACCENT, TOP_VOICE = 5, 4
"""Velocity added off the beat, and to the highest voice."""

LONGEST_TICKS = 4 * 480
"""How long a chord is held, but for the last one, which rings to the end."""

LEAST_GAP = 60
"""Ticks between two strikes; the later of nearer ones is left out unless a chord begins there."""

TURN_CHANCE, FARTHEST_TURN = 0.2, 5.0
"""How often a held chord is struck in another position, and how many semitones a voice may move for it on average."""

_PULL = 0.5
"""Cost of a semitone between the middle of a voicing and that of the register."""


@dataclass(frozen=True, slots=True)
class Strike:
    """The chord at a time, sounding until `limit` at the latest, all in ticks."""

    time: int
    limit: int
    chord: Chord
    is_short: bool
    is_off_beat: bool


def comping(form: Sequence[FormBar], spans: Sequence[ChordSpan], style: Style, rng: np.random.Generator) -> list[Note]:
    """The chords over a form; each chord of `spans` is struck at least once, or half a pulse ahead of its time."""
    if not spans:
        return []
    strikes = _strikes(form, spans, style, rng)
    jitter = rng.integers(-5, 6, len(strikes)).tolist()
    notes: list[Note] = []
    ending = form[-1].time if form[-1].is_ending else form[-1].time + form[-1].bar.duration
    follower_times = [*(strike.time for strike in strikes[1:]), strikes[-1].limit]
    for strike, voicing, follower_time, shift in zip(strikes, _led(strikes, rng), follower_times, jitter, strict=True):
        room = min(follower_time, strike.limit) - strike.time
        longest = LONGEST_TICKS if strike.limit <= ending else room
        length = min(room, style.short_ticks if strike.is_short else longest)
        velocity = style.chords_velocity + shift + OFF_BEAT_ACCENT * strike.is_off_beat
        notes += [Note(strike.time, pitch, length, velocity) for pitch in voicing[:-1]]
        notes.append(Note(strike.time, voicing[-1], length, velocity + TOP_VOICE))
    return notes


def _strikes(
    form: Sequence[FormBar], spans: Sequence[ChordSpan], style: Style, rng: np.random.Generator
) -> list[Strike]:
    """When which chord is struck, in order."""
    starts = [span.time for span in spans]
    begins = frozenset(starts)
    found: dict[int, Strike] = {}
    begun: set[int] = set()
    for time, mark, rest, is_off_beat in _pattern_times(form, style, rng):
        place = bisect_right(starts, time) - 1
        if place < 0 or time >= spans[place].end:
            continue
        end = spans[place].end
        is_ahead = is_off_beat and spans[place].time < time and time + rest == end and end in begins
        place += is_ahead
        span = spans[place]
        if place in begun and abs(time - span.time) < LEAST_GAP:
            continue  # struck ahead of its time, it is held
        begun.add(place)
        found[time] = Strike(time, span.end, span.chord, mark == "x" and not is_ahead, is_off_beat)
    for place, span in enumerate(spans):
        if place not in begun:
            found[span.time] = Strike(span.time, span.end, span.chord, is_short=False, is_off_beat=False)
    return [found[time] for time in sorted(found)]


def _pattern_times(
    form: Sequence[FormBar], style: Style, rng: np.random.Generator
) -> Iterator[tuple[int, str, int, bool]]:
    """Time, mark, ticks to the next pulse and whether it is off the beat, for every mark of the patterns."""
    for bar, draw in zip(form, groove_draws(form, style.groove_bars, rng), strict=True):
        if bar.is_ending:
            for span in bar_spans(bar):
                yield span.time, "X", 0, False
            continue
        for stroke in pattern_of(style.chords, bar.bar.meter, bar.place, draw):
            yield bar.time + stroke.time, stroke.mark, stroke.rest, stroke.is_off_beat


def _led(strikes: Sequence[Strike], rng: np.random.Generator) -> Iterator[tuple[int, ...]]:
    """A voicing for each strike, near to the one before; a held chord is turned over now and then."""
    voicing: tuple[int, ...] = ()
    chord: Chord | None = None
    for strike, draw in zip(strikes, rng.random(len(strikes)).tolist(), strict=True):
        choices: Iterable[tuple[int, ...]] = ()
        if strike.chord != chord:
            choices = voicings(strike.chord)
        elif draw < TURN_CHANCE:
            farthest = FARTHEST_TURN * len(voicing)
            choices = (other for other in voicings(chord) if 0 < movement(voicing, other) <= farthest)
        voicing = min(choices, key=lambda other: (_cost(voicing, other), other), default=voicing)
        chord = strike.chord
        yield voicing


def _cost(before: Sequence[int], after: Sequence[int]) -> float:
    """The movement, with a gentle pull to the middle that keeps the voices from drifting away."""
    pull = _PULL * abs(sum(after) / len(after) - CENTRE)
    return pull + (movement(before, after) if before else 0.0)
