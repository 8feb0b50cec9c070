"""A generated solo."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from solomuse.analysis.key import key_of_chart
from solomuse.music.instruments import Instrument
from solomuse.music.leadsheet import LeadSheet
from solomuse.render.files import Rendering, write_lead_sheet
from solomuse.render.voices import voiced


@dataclass(frozen=True, slots=True)
class Solo:
    """A generated solo over its chart.

    Parameters
    ----------
    line : LeadSheet
        What the model has played, in one voice. Exactly the chart's bars, with the chart's own chords.
    token_ids : tuple of int
        The whole sequence, ``<BOS>`` to ``<EOS>``, with chords as the vocabulary holds them.
    bits_per_note : float
        What its played notes cost under the model, by its own scores; NaN where none was played.
    voices : int
        How many sound together in `sheet`, the line on top.
    lowest : int
        The lowest pitch that a voice may have.
    instrument : Instrument or None
        The one that was asked for.
    """

    line: LeadSheet
    token_ids: tuple[int, ...]
    seed: int
    take: int
    bits_per_note: float
    voices: int = 1
    lowest: int = 0
    instrument: Instrument | None = None

    @property
    def sheet(self) -> LeadSheet:
        """The line with the voices below it."""
        return voiced(self.line, self.voices, self.lowest)

    @property
    def sheet_in_key(self) -> LeadSheet:
        """The sheet; a chart that names no key has the one that its chords are in."""
        chart = self.line.chart
        return replace(self.sheet, chart=replace(chart, key=chart.key or key_of_chart(chart)))

    def write(self, path: str | Path, rendering: Rendering = Rendering()) -> None:
        """Write it, in its key, by the path's ending, as `write_lead_sheet` says: MIDI, notation, sound, a picture.

        A rendering that names no instrument has
        the one that was asked for.

        Raises
        ------
        OutputError
            If the ending is unknown or the file cannot be written.
        """
        if self.instrument is not None:
            rendering = rendering.on(self.instrument)
        write_lead_sheet(self.sheet_in_key, path, rendering)
