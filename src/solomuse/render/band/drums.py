"""The drums: layered patterns, fills at the ends of phrases, a cymbal where a section begins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from solomuse.music.note import Note
from solomuse.render.band.form import FormBar, groove_draws
from solomuse.render.band.patterns import Stroke, laid_at_end, pattern_of
from solomuse.render.band.styles import CRASH, FILL_PITCHES, KICK, PEDAL_HAT, RIDE, Style

VELOCITY_BY_MARK = {"X": 104, "x": 82, "g": 44}
FILL_VELOCITIES = {"s": 80, "S": 108, "h": 88, "m": 90, "f": 94, "k": 92, "r": 80, "g": 48}
STROKE_TICKS = 60
SMALL_FILL_CHANCE = 0.4
"""How often four bars end with a fill; eight bars, and sections, always do."""


def drum_part(form: Sequence[FormBar], end: int, style: Style, rng: np.random.Generator) -> list[Note]:
    """The drums over a form of `end` ticks: they keep time where there is no chord, too."""
    played = dict(_ending(form[-1], style)) if form[-1].is_ending else {}
    draws_by_pitch = {pitch: groove_draws(form, max(2, style.groove_bars), rng) for pitch in style.drums}
    before: FormBar | None = None
    for index, bar in enumerate(form):
        if bar.is_ending:
            break
        fill = _fill(bar, style, rng)
        fill_time = fill[0].time if fill else bar.bar.duration
        for pitch, patterns in style.drums.items():
            for stroke in pattern_of(patterns, bar.bar.meter, bar.place, draws_by_pitch[pitch][index]):
                if stroke.time < fill_time or pitch == PEDAL_HAT:
                    played[bar.time + stroke.time, pitch] = VELOCITY_BY_MARK[stroke.mark]
        for stroke in fill:
            played[bar.time + stroke.time, FILL_PITCHES[stroke.mark]] = FILL_VELOCITIES[stroke.mark]
        if before is not None and before.ends_section and style.crash:
            played[bar.time, CRASH] = round(style.crash / style.loudness)
            played.pop((bar.time, RIDE), None)
        before = bar
    jitter = rng.integers(-5, 6, len(played)).tolist()
    return [
        Note(time, pitch, min(STROKE_TICKS, end - time), min(127, max(1, round(velocity * style.loudness) + shift)))
        for ((time, pitch), velocity), shift in zip(sorted(played.items()), jitter, strict=True)
    ]


def _fill(bar: FormBar, style: Style, rng: np.random.Generator) -> tuple[Stroke, ...]:
    """The strokes of a fill at the end of a phrase; none elsewhere."""
    choice, chance = int(rng.integers(len(style.fills))), float(rng.random())
    if bar.ends_section or (bar.ends_phrase and chance < SMALL_FILL_CHANCE):
        return laid_at_end(style.fills[choice], bar.bar.meter)
    return ()


def _ending(bar: FormBar, style: Style) -> Iterator[tuple[tuple[int, int], int]]:
    """The last stroke, at the start of the last bar."""
    yield (bar.time, KICK), VELOCITY_BY_MARK["x"]
    yield (bar.time, CRASH if style.crash else RIDE), VELOCITY_BY_MARK["x"]
