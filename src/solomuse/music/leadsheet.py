"""A lead sheet: a melody over a chart in a meter."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from operator import attrgetter

from solomuse.errors import ChartError
from solomuse.music.chart import Chart
from solomuse.music.note import Note


@dataclass(frozen=True, slots=True)
class LeadSheet:
    """The value in the middle: every reader produces it, every writer takes it.

    Parameters
    ----------
    chart : Chart
    melody : tuple of Note
        In order of time, inside the chart; notes may overlap, `one_voice` leaves one at a time.

    Raises
    ------
    ValueError
        If a note starts outside the chart, or the notes are out of order.
    """

    chart: Chart
    melody: tuple[Note, ...]

    def __post_init__(self) -> None:
        if any(a.time > b.time for a, b in zip(self.melody, self.melody[1:], strict=False)):
            raise ValueError("the notes of a melody must be in order of time")
        if self.melody and self.melody[-1].time >= self.chart.duration:
            raise ValueError("a note starts after the last bar line")

    def slice(self, first: int, last: int) -> LeadSheet:
        """The bars ``[first, last)`` on their own: notes that start there, cut at the last bar line."""
        times = self.chart.bar_times
        start, end = times[first], times[min(last, len(self.chart.bars))]
        inside = self.melody[
            bisect_left(self.melody, start, key=attrgetter("time")) : bisect_left(
                self.melody, end, key=attrgetter("time")
            )
        ]
        melody = tuple(
            Note(note.time - start, note.pitch, min(note.end, end) - note.time, note.velocity) for note in inside
        )
        return LeadSheet(self.chart.slice(first, last), melody)

    def in_key(self, key: str) -> LeadSheet:
        """The sheet moved to another key, the nearer way; `Chart.semitones_to` says more."""
        return self.transpose(self.chart.semitones_to(key), key)

    def transpose(self, semitones: int, key: str | None = None) -> LeadSheet:
        """Chart and melody moved up by `semitones`; `Chart.transpose` says what the key is for.

        Raises
        ------
        ChartError
            If a note would leave the range of MIDI.
        """
        beyond = next((note.pitch for note in self.melody if not 0 <= note.pitch + semitones <= 127), None)
        if beyond is not None:
            raise ChartError(f"pitch {beyond} moved by {semitones} is beyond MIDI's 0 to 127")
        return LeadSheet(self.chart.transpose(semitones, key), tuple(note.transpose(semitones) for note in self.melody))


def one_voice(melody: tuple[Note, ...]) -> list[Note]:
    """The melody as one voice: the highest of notes at one time, each cut off by the next."""
    highest = {note.time: note for note in sorted(melody, key=lambda note: (note.time, note.pitch))}
    notes = list(highest.values())
    ends = [note.time for note in notes[1:]] + [notes[-1].end] if notes else []
    return [
        Note(note.time, note.pitch, min(note.end, end) - note.time, note.velocity)
        for note, end in zip(notes, ends, strict=True)
    ]
