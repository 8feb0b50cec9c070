"""A lead sheet: a melody over a chart in a meter."""

from __future__ import annotations

from dataclasses import dataclass

from solomuse.music.chart import Chart
from solomuse.music.note import Note


@dataclass(frozen=True, slots=True)
class LeadSheet:
    """The value in the middle: every reader produces it, every writer takes it.

    Parameters
    ----------
    chart : Chart
    melody : tuple of Note
        In order of time, inside the chart; one voice where it comes from `solomuse.analysis.quantize`.

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
        melody = tuple(
            Note(note.time - start, note.pitch, min(note.end, end) - note.time, note.velocity)
            for note in self.melody
            if start <= note.time < end
        )
        return LeadSheet(self.chart.slice(first, last), melody)

    def transpose(self, semitones: int) -> LeadSheet:
        """Chart and melody moved up by `semitones`."""
        return LeadSheet(self.chart.transpose(semitones), tuple(note.transpose(semitones) for note in self.melody))
