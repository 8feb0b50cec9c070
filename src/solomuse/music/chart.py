"""A chart: bars of chords."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import accumulate
from math import inf

from solomuse.errors import ChartError
from solomuse.music.chord import NO_CHORD, Chord, Names
from solomuse.music.keys import key_fifths, relative_major_tonic, transpose_key
from solomuse.music.meter import COMMON_TIME, Meter
from solomuse.music.repeats import MOST_PLAYED_BARS


@dataclass(frozen=True, slots=True)
class ChordSpan:
    """A chord that sounds over ``[time, end)``, in ticks."""

    time: int
    duration: int
    chord: Chord

    def __post_init__(self) -> None:
        if self.time < 0 or self.duration <= 0:
            raise ValueError(f"chord at {self.time} of length {self.duration}: expected time >= 0, length > 0")

    @property
    def end(self) -> int:
        """The tick at which the chord no longer sounds."""
        return self.time + self.duration


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: a meter, and the chords that fill it, their times counted from the bar line.

    A pickup is a bar of its own, shorter meter: a pickup of one beat to a piece in 4/4 is a bar of 1/4.

    Parameters
    ----------
    section : str or None
        Name of the part that begins here: ``A``, ``Verse``.

    Raises
    ------
    ChartError
        If the chords leave a gap, overlap, or do not end with the bar.
    """

    meter: Meter
    chords: tuple[ChordSpan, ...]
    section: str | None = None

    def __post_init__(self) -> None:
        ends = [0, *(span.end for span in self.chords)]
        starts = [*(span.time for span in self.chords), self.meter.bar_ticks]
        if not self.chords or starts != ends:
            raise ChartError(f"a bar of {self.meter}: its chords do not fill it from bar line to bar line")

    @property
    def duration(self) -> int:
        """Length in ticks."""
        return self.meter.bar_ticks


@dataclass(frozen=True)
class Chart:
    """Chords over bars, with what is known of the piece.

    Parameters
    ----------
    bars : tuple of Bar
        At least one.
    title, composer, style : str or None
        As the source gives them.
    key : str or None
        As in a label: ``Bb:maj``, ``F#:min``.
    qpm : float or None
        Quarter notes per minute, where the source says so.

    Raises
    ------
    ChartError
        If there is no bar, or the tempo is not above 0 and finite.
    """

    bars: tuple[Bar, ...]
    title: str | None = None
    composer: str | None = None
    style: str | None = None
    key: str | None = None
    qpm: float | None = None

    def __post_init__(self) -> None:
        if not self.bars:
            raise ChartError("the chart holds no bar: write at least one chord, such as 'Dm7 | G7 | Cmaj7'")
        if self.qpm is not None and not 0 < self.qpm < inf:
            raise ChartError(f"tempo {self.qpm}: expected quarter notes per minute, such as 140")

    @cached_property
    def bar_times(self) -> tuple[int, ...]:
        """Ticks of the bar lines, the final one included: one more than there are bars."""
        return tuple(accumulate((bar.duration for bar in self.bars), initial=0))

    @property
    def duration(self) -> int:
        """Length in ticks."""
        return self.bar_times[-1]

    @property
    def pickup(self) -> int:
        """Ticks of the bar in front of the first whole one; 0 where there is none, as where meters take turns."""
        first, *inner, _ = (bar.duration for bar in self.bars) if len(self.bars) > 2 else (0, 0)
        return first if inner and first < inner[0] and first not in inner else 0

    def spans(self) -> Iterator[ChordSpan]:
        """The chords over the whole chart; one that is held over a bar line comes once."""
        return _merged(
            ChordSpan(start + span.time, span.duration, span.chord)
            for start, bar in zip(self.bar_times, self.bars, strict=False)
            for span in bar.chords
        )

    def slice(self, first: int, last: int) -> Chart:
        """The bars ``[first, last)`` as a chart of their own."""
        return replace(self, bars=self.bars[first:last])

    def repeated(self, times: int) -> Chart:
        """The chart played through so many times; of a pickup only the first.

        Where the form begins again, a section begins: the one that its first bar names, or else one of the chorus's
        number. A last bar that leaves room for the pickup is filled up there by its chords, or its own.

        Raises
        ------
        ChartError
            If that is not once at least, or gives more than `MOST_PLAYED_BARS`.
        """
        if not 1 <= times <= MOST_PLAYED_BARS // len(self.bars):
            raise ChartError(f"{times} choruses of {len(self.bars)} bars: expected 1 to {MOST_PLAYED_BARS} bars in all")
        if not self.pickup:
            first, *others = self.bars
            choruses = ((_named(first, str(number)), *others) for number in range(2, times + 1))
            return replace(self, bars=self.bars + tuple(bar for chorus in choruses for bar in chorus))
        first, *inner, last = self.bars
        again = _named(inner[0], first.section)
        seam = last
        if last.duration + self.pickup == inner[0].duration:
            ahead = {last.duration + span.time: span.chord for span in first.chords if span.chord != NO_CHORD}
            here = {span.time: span.chord for span in last.chords}
            seam = bar_of_changes(inner[0].meter, here | ahead, section=last.section)
        bars = [first, *inner]
        for number in range(2, times + 1):
            bars += [seam, _named(again, str(number)), *inner[1:]]
        return replace(self, bars=(*bars, last))

    def transpose(self, semitones: int, key: str | None = None) -> Chart:
        """The chart moved up by `semitones`.

        Parameters
        ----------
        key : str, optional
            What the key is called in which it is then, if it is in one; else the usual name.
        """
        moved = key or (transpose_key(self.key, semitones) if self.key and semitones % 12 else self.key)
        fifths = key_fifths(moved) - key_fifths(self.key) if self.key and moved else None
        bars = tuple(
            replace(
                bar, chords=tuple(replace(span, chord=span.chord.transpose(semitones, fifths)) for span in bar.chords)
            )
            for bar in self.bars
        )
        return replace(self, bars=bars, key=moved if self.key else None)

    def semitones_to(self, key: str) -> int:
        """Semitones up to another key, -5 to 6; from major to minor the tonic of the relative key counts.

        Raises
        ------
        ChartError
            If it is not known in which key the chart is.
        """
        if self.key is None:
            raise ChartError("the chart names no key to move it from: write 'key: Bb' above it, or transpose by steps")
        up = (relative_major_tonic(key) - relative_major_tonic(self.key)) % 12
        return up - 12 if up > 6 else up


def chart_from_spans(spans: Iterable[ChordSpan], meters: Iterable[Meter]) -> Chart:
    """The chart with one bar for each of `meters` and the chords of `spans`.

    Parameters
    ----------
    spans : iterable of ChordSpan
        In order and without overlap; gaps are filled with ``N``, what lies past the last bar is left out.
    meters : iterable of Meter
        One for each bar.
    """
    bars, start, pending = [], 0, sorted(spans, key=lambda span: span.time)
    first = 0
    for meter in meters:
        end = start + meter.bar_ticks
        while first < len(pending) and pending[first].end <= start:
            first += 1
        if first < len(pending) and pending[first].time <= start and end <= pending[first].end:
            bars.append(one_chord_bar(pending[first].chord, meter))
            start = end
            continue
        cursor, chords = start, []
        for span in pending[first:]:
            if span.time >= end:
                break
            onset, stop = max(span.time, cursor), min(span.end, end)
            if onset >= stop:
                continue
            if onset > cursor:
                chords.append(ChordSpan(cursor - start, onset - cursor, NO_CHORD))
            chords.append(ChordSpan(onset - start, stop - onset, span.chord))
            cursor = stop
        if cursor < end:
            chords.append(ChordSpan(cursor - start, end - cursor, NO_CHORD))
        bars.append(Bar(meter, tuple(_merged(chords))))
        start = end
    return Chart(tuple(bars))


def _named(bar: Bar, section: str | None) -> Bar:
    """The bar with its section's name, or else this one."""
    return replace(bar, section=bar.section or section)


def bar_of_changes(
    meter: Meter, chord_by_time: Mapping[int, Chord], held: Chord = NO_CHORD, section: str | None = None
) -> Bar:
    """The bar in which each chord lasts until the next begins, and until the first the one that is held into it.

    Examples
    --------
    >>> [(span.time, span.chord.label) for span in bar_of_changes(COMMON_TIME, {960: Chord(0, "maj")}).chords]
    [(0, 'N'), (960, 'C:maj')]
    """
    times = sorted({0, *chord_by_time})
    chords = [held := chord_by_time.get(time, held) for time in times]
    stretches = zip(times, [*times[1:], meter.bar_ticks], chords, strict=True)
    return Bar(meter, tuple(_merged(ChordSpan(time, stop - time, chord) for time, stop, chord in stretches)), section)


def _merged(spans: Iterable[ChordSpan]) -> Iterator[ChordSpan]:
    """The spans with equal neighbours joined."""
    held: ChordSpan | None = None
    for span in spans:
        if held is not None and held.chord == span.chord:
            held = replace(held, duration=held.duration + span.duration)
        else:
            if held is not None:
                yield held
            held = span
    if held is not None:
        yield held


def one_chord_bar(chord: Chord, meter: Meter = COMMON_TIME) -> Bar:
    """A bar filled by one chord."""
    return _filled_bar(chord, chord.names, meter)


@lru_cache(maxsize=4096)
def _filled_bar(chord: Chord, names: Names, meter: Meter) -> Bar:
    return Bar(meter, (ChordSpan(0, meter.bar_ticks, replace(chord, names=names)),))
