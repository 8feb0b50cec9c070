"""The codec: lead sheets to token ids and back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from solomuse.music.chart import Bar, Chart, ChordSpan
from solomuse.music.chord import NO_CHORD, Chord
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.meter import Meter
from solomuse.music.note import Note
from solomuse.tokens.encoding import encode
from solomuse.tokens.grammar import parse
from solomuse.tokens.grid_sheet import NO_ROOT, GridSheet, grid_sheet
from solomuse.tokens.vocabulary import CHORDS_ON_C, METERS, QPMS, TEMPO, UNSAID, Vocabulary


@dataclass(frozen=True, slots=True)
class Codec:
    """Turns lead sheets into token ids of one vocabulary, and back.

    ``decode(encode(sheet)) == quantise(sheet)`` for every lead sheet that `quantise` takes.

    Examples
    --------
    >>> from solomuse.music.chart_text import parse_chart
    >>> from solomuse.tokens.vocabulary import vocabulary
    >>> codec = Codec(vocabulary(4))
    >>> sheet = LeadSheet(parse_chart("C | F"), (Note(0, 60, 240),))
    >>> " ".join(codec.vocabulary.tokens[i] for i in codec.encode(sheet))[:63]
    '<BOS> CHORD_ROOT_C CHORD_QUAL_maj CHORD_ROOT_F CHORD_QUAL_maj <'
    """

    vocabulary: Vocabulary

    def quantise(self, sheet: LeadSheet) -> LeadSheet:
        """The nearest lead sheet that the tokens can express; `grid_sheet` says which. Title and key are left out.

        Raises
        ------
        VocabularyError
            If a meter is not in the vocabulary.
        """
        grid = self.on_grid(sheet)
        meters = [METERS[index] for index in grid.meters.tolist()]
        qpm = None if grid.conditions[TEMPO] == UNSAID else QPMS[grid.conditions[TEMPO]]
        return self._lead_sheet(meters, grid.bar_lines.tolist(), grid.chords.tolist(), grid.notes.tolist(), qpm)

    def encode(self, sheet: LeadSheet) -> list[int]:
        """Token ids of the whole sequence, ``<BOS>`` to ``<EOS>``; quantises first."""
        token_ids: list[int] = encode(self.on_grid(sheet), self.vocabulary)[0].tolist()
        return token_ids

    def on_grid(self, sheet: LeadSheet) -> GridSheet:
        """The columns of the quantised sheet, as `grid_sheet` says."""
        return grid_sheet(sheet, self.vocabulary)

    def decode(self, token_ids: list[int]) -> LeadSheet:
        """The lead sheet that a sequence stands for.

        Raises
        ------
        GrammarError
            If the sequence is not well-formed.
        """
        read = parse(token_ids, self.vocabulary)
        chords = [(chord.start, chord.end, chord.root, chord.quality, chord.bass) for chord in read.chords]
        return self._lead_sheet(read.meters, read.bar_lines, chords, read.notes, read.qpm)

    def _lead_sheet(
        self,
        meters: Sequence[Meter],
        bar_lines: Sequence[int],
        chords: Iterable[Sequence[int]],
        notes: Iterable[Sequence[int]],
        qpm: int | None,
    ) -> LeadSheet:
        """The lead sheet of rows as `GridSheet` has them."""
        step, bars, chords = self.vocabulary.step_ticks, [], iter(chords)
        for meter, (line, end) in zip(meters, pairwise(bar_lines), strict=True):
            spans, filled = [], line
            while filled < end:
                start, filled, *harmony = next(chords)
                spans.append(ChordSpan((start - line) * step, (filled - start) * step, _chord(*harmony)))
            bars.append(Bar(meter, tuple(spans)))
        melody = tuple(Note(start * step, pitch, steps * step, velocity) for start, pitch, steps, velocity in notes)
        return LeadSheet(Chart(tuple(bars), qpm=None if qpm is None else float(qpm)), melody)


def _chord(root: int, quality: int, bass: int) -> Chord:
    """The chord of some columns as a value of `solomuse.music`."""
    if root == NO_ROOT:
        return NO_CHORD
    entry = CHORDS_ON_C[quality]
    return Chord(root, entry.quality, entry.extensions, entry.omissions, bass)
