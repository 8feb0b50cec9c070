"""The backing of a solo: a bass line under piano chords."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from solomuse.music.chart import Bar, Chart, ChordSpan
from solomuse.music.chord import Chord
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.meter import Meter
from solomuse.music.note import Note
from solomuse.music.pitch import semitones_of_degree
from solomuse.music.song import Song, TempoChange, Track, meter_changes

PIANO, ACOUSTIC_BASS = 0, 32
"""General MIDI programs, counted from 0."""

BASS_LOW, BASS_HIGH = 28, 52
"""The bass plays from the open E string to the E two octaves above."""

CHORDS_LOW, CHORDS_HIGH, CHORDS_CENTRE = 48, 76, 61
"""The piano plays around middle C (60)."""

BASS_VELOCITY, CHORDS_VELOCITY = 78, 58

MOST_VOICES = 4

_RANK_BY_DEGREE = {degree: rank for rank, degree in enumerate(("3", "7", "6", "2", "4", "9", "11", "13", "5", "1"))}
"""Degrees by what they tell of a chord: the guide tones, the colours, then what the bass has anyway."""


def song_of(sheet: LeadSheet, qpm: float, program: int) -> Song:
    """The lead sheet as a band plays it: the melody on a track named ``Solo``, then the backing.

    Parameters
    ----------
    qpm : float
        Quarter notes per minute.
    program : int
        General MIDI program of the solo, 0 to 127.
    """
    chart = sheet.chart
    return Song(
        tracks=(Track(sheet.melody, "Solo", program), *backing_tracks(chart)),
        tempos=(TempoChange(0, qpm),),
        meters=meter_changes(chart),
        chords=tuple(chart.spans()),
        melody_track=0,
        title=chart.title or "",
        key=chart.key,
    )


def backing_tracks(chart: Chart) -> tuple[Track, ...]:
    """Bass and piano for a chart, the same on every call; both rest where no chord is given.

    The bass plays the root (or the slash bass) where a chord begins and the fifth or the root on the strong
    beats after, and steps into the next chord on the last beat. The piano strikes each chord once a bar, in
    the position nearest to the chord before.
    """
    spans = [
        (start, bar, span)
        for start, bar in zip(chart.bar_times, chart.bars, strict=False)
        for span in bar.chords
    ]  # fmt: skip
    return (
        Track(tuple(_bass_line(spans)), "Bass", ACOUSTIC_BASS),
        Track(tuple(_comping(spans)), "Chords", PIANO),
    )


def strong_beats(meter: Meter) -> tuple[int, ...]:
    """Beats of the meter that are stressed, from 0: every second, after three at the start of an odd meter.

    Beats go in threes where they are eighths or shorter in a multiple of three.

    Examples
    --------
    >>> [strong_beats(Meter(*meter)) for meter in ((4, 4), (3, 4), (5, 4), (6, 8))]
    [(0, 2), (0,), (0, 3), (0, 3)]
    """
    beats = meter.numerator
    if beats % 3 == 0 and (meter.denominator >= 8 or beats == 3):
        return tuple(range(0, beats, 3))
    if beats % 2:
        return (0, *range(3, beats, 2))
    return tuple(range(0, beats, 2))


def _bass_line(spans: Sequence[tuple[int, Bar, ChordSpan]]) -> Iterator[Note]:
    """The bass of all chords, given with the start of their bar, and the bar."""
    followers = [*(span.chord.bass for _, _, span in spans), None][1:]
    pitch = (BASS_LOW + BASS_HIGH) // 2
    for (start, bar, span), follower in zip(spans, followers, strict=True):
        if span.chord.bass is None:
            continue
        root = _nearest(span.chord.bass, pitch)
        fifth = _fifth(span.chord, root)
        times = _bass_times(bar.meter, span)
        pitches = [fifth if index % 2 else root for index in range(len(times))]
        if follower not in (None, span.chord.bass) and span.duration >= 3 * bar.meter.beat_ticks:
            last_beat = span.end - bar.meter.beat_ticks
            kept = sum(time < last_beat for time in times)
            times, pitches = [*times[:kept], last_beat], pitches[:kept]
            pitches.append(_approach(pitches[-1], _nearest(follower, pitches[-1])))
        pitch = pitches[-1]
        for time, end, played in zip(times, [*times[1:], span.end], pitches, strict=True):
            yield Note(start + time, played, end - time, BASS_VELOCITY)


def _bass_times(meter: Meter, span: ChordSpan) -> list[int]:
    """Ticks within the bar at which the bass plays a chord: where it begins, and the strong beats after."""
    strong = (beat * meter.beat_ticks for beat in strong_beats(meter))
    return [span.time, *(time for time in strong if span.time < time < span.end)]


def _nearest(pitch_class: int, pitch: int) -> int:
    """The pitch of this class in the range of the bass that is nearest to `pitch`, the lower of two."""
    candidates = (other for other in range(BASS_LOW, BASS_HIGH + 1) if other % 12 == pitch_class)
    return min(candidates, key=lambda other: abs(other - pitch))


def _fifth(chord: Chord, bass: int) -> int:
    """The chord's fifth, diminished or augmented as the chord has it, above `bass` or else below.

    Over a slash bass the root stands in for the fifth.
    """
    assert chord.root is not None
    fifths = [semitones_of_degree(degree) for degree in chord.degrees if degree.lstrip("b#") == "5"]
    over_slash = chord.bass != chord.root
    pitch_class = chord.root if over_slash else (chord.root + (fifths[0] if fifths else 7)) % 12
    above = bass + (pitch_class - bass) % 12
    return above if above <= BASS_HIGH else above - 12


def _approach(pitch: int, target: int) -> int:
    """A semitone short of `target`, coming from `pitch`, within the range of the bass."""
    step = -1 if pitch < target or target == BASS_HIGH else 1
    approach = target + step
    return approach if approach >= BASS_LOW else target + 1


def _comping(spans: Sequence[tuple[int, Bar, ChordSpan]]) -> Iterator[Note]:
    """One attack for each chord of each bar, each voicing as near as can be to the one before."""
    voicing: tuple[int, ...] = ()
    for start, _, span in spans:
        if span.chord.root is None:
            continue
        voicing = min(voicings(span.chord), key=lambda other: (_movement(voicing, other), other))
        for pitch in voicing:
            yield Note(start + span.time, pitch, span.duration, CHORDS_VELOCITY)


def voicings(chord: Chord) -> list[tuple[int, ...]]:
    """The close positions of a chord around middle C, pitches from low to high.

    At most four notes, fewer where the chord has fewer: those that tell the most of the chord. The slash
    bass is left to the bass.
    """
    if chord.root is None:
        return []
    degrees = sorted(chord.degrees, key=lambda degree: _RANK_BY_DEGREE.get(degree.lstrip("b#"), len(_RANK_BY_DEGREE)))
    by_priority = dict.fromkeys((chord.root + semitones_of_degree(degree)) % 12 for degree in degrees)
    classes = sorted(list(by_priority)[:MOST_VOICES])
    found = []
    for turn in range(len(classes)):
        order = classes[turn:] + classes[:turn]
        for lowest in range(CHORDS_LOW, CHORDS_HIGH + 1):
            if lowest % 12 == order[0]:
                found.append(tuple(lowest + (pitch_class - order[0]) % 12 for pitch_class in order))
    return [voicing for voicing in found if voicing[-1] <= CHORDS_HIGH]


def _movement(before: Sequence[int], after: Sequence[int]) -> float:
    """Semitones that the voices move, with a gentle pull to the middle that keeps them from drifting away.

    Each note counts by its distance to the nearest one on the other side, so that chords with different
    numbers of notes compare.
    """
    pull = abs(sum(after) / len(after) - CHORDS_CENTRE)
    if not before:
        return pull
    there = sum(min(abs(pitch - other) for other in after) for pitch in before)
    back = sum(min(abs(pitch - other) for other in before) for pitch in after)
    return there + back + pull / 2
