"""Hypothesis strategies for musical values."""

from __future__ import annotations

import itertools
from dataclasses import replace

from hypothesis import strategies as st

from solomuse.music.chart import Bar, Chart, ChordSpan, chart_from_spans
from solomuse.music.chord import ALTERED, NO_CHORD, QUALITY_DEGREES, Chord
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.meter import Meter
from solomuse.music.note import Note

METERS = [Meter(4, 4), Meter(3, 4), Meter(6, 8), Meter(5, 4), Meter(2, 2), Meter(7, 8), Meter(1, 4), Meter(3, 16)]

sounding_chords = st.builds(
    Chord,
    root=st.integers(0, 11),
    quality=st.sampled_from([quality for quality in QUALITY_DEGREES if quality not in ("N", "X")]),
    extensions=st.lists(st.sampled_from([*ALTERED, "9", "11", "13"]), unique=True, max_size=3).map(tuple),
    bass=st.none() | st.integers(0, 11),
)
chords = sounding_chords | st.just(NO_CHORD)


@st.composite
def bars(draw: st.DrawFn) -> Bar:
    meter = draw(st.sampled_from(METERS))
    cuts = draw(st.sets(st.integers(1, meter.bar_ticks - 1), max_size=3))
    times = [0, *sorted(cuts), meter.bar_ticks]
    spans = [ChordSpan(a, b - a, draw(chords)) for a, b in itertools.pairwise(times)]
    return Bar(meter, tuple(spans))


charts = st.builds(
    Chart,
    bars=st.lists(bars(), min_size=1, max_size=5).map(tuple),
    qpm=st.none() | st.floats(30, 330),
)


@st.composite
def lead_sheets(draw: st.DrawFn, pitches: tuple[int, int] = (0, 127)) -> LeadSheet:
    chart = draw(charts)
    note = st.builds(
        Note,
        time=st.integers(0, chart.duration - 1),
        pitch=st.integers(*pitches),
        duration=st.integers(1, 5000),
        velocity=st.integers(1, 127),
    )
    return LeadSheet(chart, tuple(sorted(draw(st.lists(note, max_size=12)))))


@st.composite
def notated_sheets(draw: st.DrawFn) -> LeadSheet:
    """Lead sheets as notation holds them: one voice, equal chords held, no velocities."""
    drawn = draw(charts)
    chart = replace(chart_from_spans(drawn.spans(), [bar.meter for bar in drawn.bars]), qpm=drawn.qpm)
    names = st.none() | st.sampled_from(["A", "Verse 1", "B & C"])
    named = tuple(replace(bar, section=draw(names)) for bar in chart.bars)
    key = draw(st.none() | st.sampled_from(["C:maj", "F#:min", "Eb:maj", "Gb:maj", "A:min"]))
    title = draw(st.none() | st.sampled_from(["Foxglove <Waltz>", "Ärger & Co."]))
    step = draw(st.sampled_from([1, 20, 40, 60, 120]))
    times = sorted(draw(st.sets(st.integers(0, (chart.duration - 1) // step), max_size=12)))
    ends = [*times[1:], chart.duration // step + 1][: len(times)]
    melody = [
        Note(time * step, draw(st.integers(0, 127)), draw(st.integers(1, max(1, end - time))) * step)
        for time, end in zip(times, ends, strict=True)
    ]
    inside = tuple(replace(n, duration=min(n.end, chart.duration) - n.time) for n in melody)
    return LeadSheet(replace(chart, bars=named, key=key, title=title), inside)
