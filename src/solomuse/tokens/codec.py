"""The codec: lead sheets to token ids and back."""

from __future__ import annotations

from dataclasses import dataclass, replace

from solomuse.music.chart import Bar, Chart, ChordSpan
from solomuse.music.chord import NO_CHORD, Chord
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.note import Note
from solomuse.tokens.encoding import encode
from solomuse.tokens.grammar import ParsedChord, Parser, parse
from solomuse.tokens.grid_sheet import GridSheet, grid_sheet
from solomuse.tokens.vocabulary import CHORDS_ON_C, QPMS, VELOCITIES, Vocabulary, nearest, simplify

_VELOCITY_BINS = tuple(nearest(velocity, VELOCITIES) for velocity in range(128))


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
        """The nearest lead sheet that the tokens can express.

        Onsets and ends move to the nearest grid step; a note keeps at least one step and gives way to the
        next one, so that one voice remains; of notes that start together the highest stays. Chords change
        on grid steps and are simplified, velocities and tempo go to their bins, title and key are left out.

        Raises
        ------
        VocabularyError
            If a meter is not in the vocabulary.
        """
        bars = tuple(self._quantised_bar(bar) for bar in sheet.chart.bars)
        qpm = None if sheet.chart.qpm is None else float(nearest(sheet.chart.qpm, QPMS))
        chart = Chart(bars, qpm=qpm)
        return LeadSheet(chart, self._quantised_melody(sheet.melody, chart.duration))

    def _quantised_bar(self, bar: Bar) -> Bar:
        self.vocabulary.steps_of(bar.meter)
        spans: list[ChordSpan] = []
        for span in bar.chords:
            start, end = self._snap(span.time), self._snap(span.end)
            chord = simplify(span.chord)
            if end > start and spans and spans[-1].chord == chord:
                spans[-1] = replace(spans[-1], duration=end - spans[-1].time)
            elif end > start:
                spans.append(ChordSpan(start, end - start, chord))
        return Bar(bar.meter, tuple(spans))

    def _quantised_melody(self, melody: tuple[Note, ...], end: int) -> tuple[Note, ...]:
        step, longest = self.vocabulary.step_ticks, len(self.vocabulary.duration.values)
        highest: dict[int, Note] = {}
        for note in melody:
            onset = self._snap(note.time)
            if onset < end and (onset not in highest or note.pitch > highest[onset].pitch):
                highest[onset] = note
        onsets = sorted(highest)
        notes = []
        for onset, following in zip(onsets, [*onsets[1:], end], strict=False):
            note = highest[onset]
            stop = min(max(self._snap(note.end), onset + step), following, onset + longest * step)
            notes.append(Note(onset, note.pitch, stop - onset, _VELOCITY_BINS[note.velocity]))
        return tuple(notes)

    def _snap(self, ticks: int) -> int:
        step = self.vocabulary.step_ticks
        return (ticks + step // 2) // step * step

    def encode(self, sheet: LeadSheet) -> list[int]:
        """Token ids of the whole sequence, ``<BOS>`` to ``<EOS>``; quantises first."""
        token_ids: list[int] = encode(self.on_grid(sheet), self.vocabulary)[0].tolist()
        return token_ids

    def on_grid(self, sheet: LeadSheet) -> GridSheet:
        """The columns of the quantised sheet.

        Raises
        ------
        VocabularyError
            If a meter is not in the vocabulary.
        """
        return grid_sheet(self.quantise(sheet), self.vocabulary)

    def decode(self, token_ids: list[int]) -> LeadSheet:
        """The lead sheet that a sequence stands for.

        Raises
        ------
        GrammarError
            If the sequence is not well-formed.
        """
        return self.lead_sheet(parse(token_ids, self.vocabulary))

    def lead_sheet(self, parser: Parser) -> LeadSheet:
        """The lead sheet of what a parser has read; its chart must be complete."""
        step = self.vocabulary.step_ticks
        bars, chords = [], iter(parser.chords)
        for meter, start, end in zip(parser.meters, parser.bar_lines, parser.bar_lines[1:], strict=False):
            spans, filled = [], start
            while filled < end:
                chord = next(chords)
                spans.append(ChordSpan((chord.start - start) * step, (chord.end - chord.start) * step, _value(chord)))
                filled = chord.end
            bars.append(Bar(meter, tuple(spans)))
        melody = tuple(Note(start * step, pitch, steps * step, vel) for start, pitch, steps, vel in parser.notes)
        return LeadSheet(Chart(tuple(bars), qpm=None if parser.qpm is None else float(parser.qpm)), melody)


def _value(chord: ParsedChord) -> Chord:
    """The chord as a value of `solomuse.music`."""
    if chord.root == 12:
        return NO_CHORD
    entry = CHORDS_ON_C[chord.quality]
    return Chord(chord.root, entry.quality, entry.extensions, entry.omissions, chord.bass)
