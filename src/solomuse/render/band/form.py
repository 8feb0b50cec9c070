"""The form of a chart as a band sees it: bars with their place in the section, and chords with their changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from solomuse.music.chart import Bar, Chart, ChordSpan

PHRASE_BARS, LONG_PHRASE_BARS = 4, 8

FEWEST_BARS_FOR_ENDING = 3
"""A shorter chart is a vamp: its last bar is played like the others."""


@dataclass(frozen=True, slots=True)
class FormBar:
    """One bar in its place.

    Parameters
    ----------
    time : int
        Ticks from the start of the chart.
    place : int
        Bars since the start of the section, or of the chart.
    ends_phrase : bool
        Whether four bars end here.
    ends_section : bool
        Whether eight bars, or the section, end here.
    is_ending : bool
        Whether the piece ends with this bar.
    """

    time: int
    bar: Bar
    place: int
    ends_phrase: bool
    ends_section: bool
    is_ending: bool


def form_of(chart: Chart) -> list[FormBar]:
    """The bars of the chart in order."""
    places: list[int] = []
    pickups = 1 if chart.pickup else 0
    for index, bar in enumerate(chart.bars):
        places.append(0 if bar.section is not None or index <= pickups else places[-1] + 1)
    last = len(places) - 1
    return [
        FormBar(
            time=chart.bar_times[index],
            bar=bar,
            place=place,
            ends_phrase=place % PHRASE_BARS == PHRASE_BARS - 1,
            ends_section=pickups <= index < last and places[index + 1] % LONG_PHRASE_BARS == 0,
            is_ending=index == last and len(places) >= FEWEST_BARS_FOR_ENDING,
        )
        for index, (bar, place) in enumerate(zip(chart.bars, places, strict=True))
    ]


def groove_draws(form: Sequence[FormBar], groove_bars: int, rng: np.random.Generator) -> list[float]:
    """A number in [0, 1) for each bar, a new one at the start of a section and every `groove_bars` bars after."""
    draws = rng.random(len(form)).tolist()
    latest = draws[0]
    held = []
    for bar, draw in zip(form, draws, strict=True):
        latest = draw if bar.place % groove_bars == 0 else latest
        held.append(latest)
    return held


def sounding_chords(chart: Chart) -> list[ChordSpan]:
    """The chords over the whole chart without the stretches that have none; a held one comes once."""
    return [span for span in chart.spans() if span.chord.root is not None]


def bar_spans(bar: FormBar) -> Iterator[ChordSpan]:
    """The chords of one bar, their times counted from the start of the chart, without the silent ones."""
    for span in bar.bar.chords:
        if span.chord.root is not None:
            yield ChordSpan(bar.time + span.time, span.duration, span.chord)
