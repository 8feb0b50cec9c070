"""Accompaniments made up over charts, so that chords can be learned where no annotated accompaniment exists."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from solomuse.music.chart import ChordSpan
from solomuse.music.chord import Chord
from solomuse.music.note import Note
from solomuse.music.song import Track

BEAT = 480
TENSIONS = {
    "maj7": (2, 6, 9),
    "maj6": (2,),
    "min7": (2, 5),
    "7": (2, 9),
    "hdim7": (5,),
    "min6": (2,),
    "minmaj7": (2,),
    "sus4": (2,),
    "maj": (2,),
    "min": (2,),
}
"""Semitones above the root that players add to a chord without its symbol saying so."""

HITS = ((0,), (0, 3), (0, 1.5), (0, 2), (0, 1, 2, 3), (0.5, 2.5), (1, 3), (0, 0.5, 1.5, 2.5, 3), (0, 2.5), (1.5, 3.5))
"""Beats of a bar on which a comping hand plays."""


def comped(spans: Sequence[ChordSpan], seed: int, bar_beats: int = 4) -> tuple[Track, ...]:
    """A bass and one or two hands or guitars over chords; style, register and density are drawn by the seed."""
    generator = np.random.default_rng(seed)
    tracks = [_bass(spans, generator)] if generator.random() < 0.92 else []
    for _ in range(1 + (generator.random() < 0.4)):
        tracks.append(
            _arpeggio(spans, generator) if generator.random() < 0.3 else _comping(spans, generator, bar_beats)
        )
    return tuple(track for track in tracks if track.notes)


def _bass(spans: Sequence[ChordSpan], generator: np.random.Generator) -> Track:
    style = generator.choice(["held", "two", "walking", "eighths", "dotted"])
    notes: list[Note] = []
    pitch = int(generator.integers(34, 46))
    for index, span in enumerate(spans):
        if span.chord.bass is None:
            continue
        step = {"held": span.duration, "two": 960, "walking": 480, "eighths": 240, "dotted": 720}[str(style)]
        following = spans[index + 1].chord.bass if index + 1 < len(spans) else None
        times = list(range(span.time, span.end, step))
        for place, time in enumerate(times):
            wanted = span.chord.bass
            if place and style in ("two", "dotted") and place % 2:
                wanted = (span.chord.root + 7) % 12 if generator.random() < 0.6 else span.chord.bass
            elif place and style == "walking":
                is_last = place == len(times) - 1
                if is_last and following is not None and generator.random() < 0.6:
                    wanted = (following + int(generator.choice([-1, 1, 2, -2]))) % 12
                elif generator.random() < 0.75:
                    wanted = int(generator.choice(span.chord.pitch_classes))
                else:
                    wanted = (pitch + int(generator.choice([-2, -1, 1, 2]))) % 12
            pitch = _nearest(wanted, pitch, 28, 52)
            end = min(time + step, span.end)
            length = max(60, int((end - time) * generator.uniform(0.6, 1.0)))
            notes.append(Note(max(0, time + int(generator.normal(0, 8))), pitch, length))
    return Track(tuple(sorted(notes)), "Bass", 32)


def _voicing(chord: Chord, centre: int, generator: np.random.Generator, rootless: bool, plain: float) -> list[int]:
    """Pitches of a chord near a centre, perhaps without its root and with a tension."""
    assert chord.root is not None
    classes = list(dict.fromkeys([*Chord(chord.root, chord.quality, chord.extensions, chord.omissions).pitch_classes]))
    if rootless and len(classes) > 3:
        classes.remove(chord.root)
    fifth = (chord.root + 7) % 12
    if len(classes) > 3 and fifth in classes and generator.random() < 0.3:
        classes.remove(fifth)
    more = TENSIONS.get(chord.quality, ())
    if more and not chord.extensions and generator.random() > plain:
        classes.append((chord.root + int(generator.choice(more))) % 12)
    pitches = sorted(_nearest(wanted, centre + int(generator.integers(-5, 6)), 44, 84) for wanted in classes)
    return sorted(set(pitches))


def _comping(spans: Sequence[ChordSpan], generator: np.random.Generator, bar_beats: int) -> Track:
    centre, rootless = int(generator.integers(55, 68)), generator.random() < 0.5
    plain, hold = generator.uniform(0.5, 1.0), generator.uniform(0.15, 1.0)
    anticipates, changes = generator.random() < 0.35, generator.random() < 0.5
    hits = HITS[int(generator.integers(len(HITS)))]
    notes: list[Note] = []
    for span in spans:
        if span.chord.root is None:
            continue
        first, last = span.time // (bar_beats * BEAT), (span.end - 1) // (bar_beats * BEAT)
        times = [
            int((bar * bar_beats + hit) * BEAT) for bar in range(first, last + 1) for hit in hits if hit < bar_beats
        ]
        times = sorted({time for time in times if span.time <= time < span.end} | {span.time})
        if generator.random() < 0.15:
            times = times[:1]
        voicing = _voicing(span.chord, centre, generator, rootless, plain)
        for place, time in enumerate(times):
            if changes and place:
                voicing = _voicing(span.chord, centre, generator, rootless, plain)
            end = times[place + 1] if place + 1 < len(times) else span.end
            start = time - 240 if anticipates and place == 0 and time >= 240 and generator.random() < 0.5 else time
            length = max(60, int((end - start) * hold))
            notes += [Note(max(0, start + int(generator.normal(0, 8))), pitch, length) for pitch in voicing]
    return Track(tuple(sorted(notes)), "Comping", 0)


def _arpeggio(spans: Sequence[ChordSpan], generator: np.random.Generator) -> Track:
    centre, step = int(generator.integers(52, 66)), int(generator.choice([240, 120, 160, 480]))
    hold, plain = generator.uniform(0.8, 4.0), generator.uniform(0.6, 1.0)
    notes: list[Note] = []
    for span in spans:
        if span.chord.root is None:
            continue
        voicing = _voicing(span.chord, centre, generator, rootless=False, plain=plain)
        pattern = [*voicing, *voicing[-2:0:-1]] if generator.random() < 0.7 else voicing
        for place, time in enumerate(range(span.time, span.end, step)):
            length = min(int(step * hold), span.end - time)
            notes.append(Note(time, pattern[place % len(pattern)], max(60, length)))
    return Track(tuple(sorted(notes)), "Arpeggio", 0)


def _nearest(pitch_class: int, pitch: int, low: int, high: int) -> int:
    """The pitch of this class in a range that is nearest to `pitch`."""
    return min((p for p in range(low, high + 1) if p % 12 == pitch_class), key=lambda other: abs(other - pitch))
