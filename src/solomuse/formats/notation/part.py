"""A player's part: the bars of a lead sheet, moved for an instrument, with the notes as they are written."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from operator import attrgetter

from solomuse.errors import OutputError
from solomuse.formats.notation.articulation import written_ends
from solomuse.formats.notation.beams import written_bar
from solomuse.formats.notation.onsets import written_onsets
from solomuse.formats.notation.pulse import beats_of
from solomuse.formats.notation.rhythm import Written
from solomuse.music.chart import Bar, Chart, ChordSpan
from solomuse.music.instruments import Instrument
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.meter import Meter, meter_of_length
from solomuse.music.note import TICKS_PER_QUARTER
from solomuse.music.spelling import spelled

BARS_PER_SYSTEM = 4


@dataclass(frozen=True, slots=True)
class Sound:
    """Notes that begin and end together: one, or a chord.

    Parameters
    ----------
    time, end : int
        Where they begin and end on paper.
    attack, release : int
        How many ticks later they do so in sound; below 0 for what begins early, or is played shorter than written.
    notes : tuple of (int, str)
        Pitch and name of each, the highest first.
    """

    time: int
    end: int
    attack: int
    release: int
    notes: tuple[tuple[int, str], ...]
    velocity: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """A sound, or None for silence, as far as it reaches into a bar."""

    sound: Sound | None
    pieces: tuple[Written, ...]


@dataclass(frozen=True, slots=True)
class PartBar:
    """A bar as it is written.

    Parameters
    ----------
    number : int
        From 1, a pickup 0.
    start : int
        Tick of its bar line.
    meter : Meter or None
        The time signature in front of it; None where it goes on.
    chords : tuple of ChordSpan
        Those that begin in it.
    starts_system, ends_section : bool
        Whether a new line begins here, and whether a double bar line follows.
    """

    number: int
    start: int
    duration: int
    meter: Meter | None
    section: str | None
    chords: tuple[ChordSpan, ...]
    stretches: tuple[Stretch, ...]
    is_pickup: bool
    starts_system: bool
    ends_section: bool


def transposed_for(sheet: LeadSheet, part: Instrument | None) -> LeadSheet:
    """The sheet as the player of an instrument reads it; as it is for None.

    Raises
    ------
    OutputError
        If a note would be written beyond the range of MIDI.
    """
    if part is None or part.written == 0:
        return sheet
    lost = [note.pitch for note in sheet.melody if not 0 <= note.pitch + part.written < 128]
    if lost:
        raise OutputError(f"pitch {lost[0]} cannot be written for {part.name}: transpose the solo by an octave first")
    return sheet.transpose(part.written)


def part_bars(sheet: LeadSheet, *, cut_at_chords: bool, as_played: bool) -> Iterator[PartBar]:
    """The bars of a sheet, four a system, a new system at each section.

    Parameters
    ----------
    cut_at_chords : bool
        Cut also notes, not rests alone, where a chord begins.
    as_played : bool
        Write notes exactly where and as long as they sound, and not as is easily read.
    """
    chart = sheet.chart
    sounds = list(_sounds(sheet))
    if not as_played:
        sounds = _readable(sounds, chart)
    is_pickup = _has_pickup(chart.bars)
    meter: Meter | None = None
    held, in_system = None, 0
    for index, (bar, start) in enumerate(zip(chart.bars, chart.bar_times, strict=False)):
        counted = chart.bars[1].meter if is_pickup and index == 0 else bar.meter
        chords = bar.chords[1:] if bar.chords[0].chord == held else bar.chords
        starts_system = bool(index) and (in_system >= BARS_PER_SYSTEM or bar.section is not None)
        in_system = (0 if starts_system else in_system) + (not (is_pickup and index == 0))
        yield PartBar(
            number=index + 1 - is_pickup,
            start=start,
            duration=bar.duration,
            meter=counted if counted != meter else None,
            section=bar.section,
            chords=chords,
            stretches=tuple(
                _stretches(bar, start, sounds, chords, cut_at_chords=cut_at_chords, is_whole=counted == bar.meter)
            ),
            is_pickup=is_pickup and index == 0,
            starts_system=starts_system,
            ends_section=index + 1 < len(chart.bars) and chart.bars[index + 1].section is not None,
        )
        meter, held = counted, bar.chords[-1].chord


def _readable(sounds: Sequence[Sound], chart: Chart) -> list[Sound]:
    """The sounds where they are easily read."""
    starts = written_onsets([sound.time for sound in sounds], list(_quarters(chart)))
    limits = [*starts[1:], chart.duration]
    follows = [*(sound.time for sound in sounds[1:]), chart.duration]
    spans = [
        (start, limit if sound.end == after else min(max(sound.end, start + 1), limit))
        for sound, start, limit, after in zip(sounds, starts, limits, follows, strict=False)
    ]
    ends = written_ends(spans, chart.bar_times)
    return [
        replace(sound, time=start, end=end, attack=sound.time - start, release=sound.end - end)
        for sound, start, end in zip(sounds, starts, ends, strict=True)
    ]


def _quarters(chart: Chart) -> Iterator[int]:
    """Where the beats begin that are quarters."""
    for bar, time in zip(chart.bars, chart.bar_times, strict=False):
        yield from (
            time + start for start, end in pairwise(beats_of(bar.meter).starts) if end - start == TICKS_PER_QUARTER
        )


def _has_pickup(bars: Sequence[Bar]) -> bool:
    """Whether the first bar is the end of one like those after it, and would be read as that."""
    if len(bars) < 2 or bars[0].duration >= bars[1].duration or bars[0].meter != meter_of_length(bars[0].duration):
        return False
    return len(bars) == 2 or bars[2].meter == bars[1].meter


def _sounds(sheet: LeadSheet) -> Iterator[Sound]:
    """The melody as one voice of notes and chords: of notes at one time the highest, with those that end when it does.

    Each is cut off by the next.
    """
    names = spelled(sheet.melody, sheet.chart)
    named = sorted(zip(sheet.melody, names, strict=True), key=lambda item: (item[0].time, -item[0].pitch, -item[0].end))
    together = [[*group] for _, group in groupby(named, key=lambda item: item[0].time)]
    ends = [group[0][0].time for group in together[1:]] + [sheet.chart.duration]
    for group, latest in zip(together, ends, strict=False):
        top = group[0][0]
        chord = {note.pitch: name for note, name in group if note.end == top.end}
        yield Sound(top.time, min(top.end, latest), 0, 0, tuple(chord.items()), top.velocity)


def _stretches(
    bar: Bar, start: int, sounds: Sequence[Sound], chords: Sequence[ChordSpan], *, cut_at_chords: bool, is_whole: bool
) -> Iterator[Stretch]:
    """Sounds and silences of one bar; a whole bar of silence is one rest, which has no value."""
    end = start + bar.duration
    first = bisect_right(sounds, start, key=attrgetter("end"))
    inside = sounds[first : bisect_left(sounds, end, lo=first, key=attrgetter("time"))]
    times = {0, bar.duration, *(time - start for sound in inside for time in (sound.time, sound.end))}
    changes = {span.time for span in chords}
    silent = {time for time in changes if not any(sound.time < start + time < sound.end for sound in inside)}
    cuts = sorted(time for time in times | (changes if cut_at_chords else silent) if 0 <= time <= bar.duration)
    owners = [next((s for s in inside if s.time <= start + cut < s.end), None) for cut in cuts[:-1]]
    rests = {cut for cut, owner in zip(cuts, owners, strict=False) if owner is None}
    if owners == [None] and is_whole:
        yield Stretch(None, (Written(0, bar.duration, None, is_rest=True),))
        return
    for owner, pieces in zip(owners, written_bar(cuts, bar.meter, rests), strict=True):
        yield Stretch(owner, tuple(pieces))
