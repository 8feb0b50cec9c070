"""The step loop: takes that grow token by token over a chart of any length.

The model has learned windows of some bars, so it is shown such a window at any time: the chart's next bars
with the solo so far. Once the cursor nears the window's end, the window moves on, and the solo in its first
half is read again as the context of what follows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray

from solomuse.generation.sampling import Sampling
from solomuse.model.decoder import Decoder
from solomuse.music.chart import Chart
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.note import Note
from solomuse.tokens.codec import Codec
from solomuse.tokens.features import FeatureReader
from solomuse.tokens.grammar import Expecting, Parser
from solomuse.tokens.vocabulary import EOS

Rule = Callable[[Parser, NDArray[np.bool_]], None]
"""Takes from a mask of shape (V,) what a rule forbids at the parser's place."""

TOKENS_OF_A_NOTE = 4


def to_the_end_of_the_form(parser: Parser, allowed: NDArray[np.bool_]) -> None:
    """Forbid to end before the last bar line."""
    allowed[EOS] = parser.step >= parser.total


@dataclass(slots=True)
class Take:
    """A solo that grows.

    Parameters
    ----------
    chart : Chart
        On the grid.
    rng : numpy Generator
        Its own, so that a take does not depend on those beside it.
    window_bars, room : int
        Bars, and tokens, that the model can see at once.
    """

    chart: Chart
    codec: Codec
    rng: np.random.Generator
    window_bars: int
    room: int
    melody: list[Note] = field(default_factory=list)
    cursor: int = 0
    length: int = 0
    _first: int = 0
    _stop: int = 0
    _parser: Parser = field(init=False)
    _reader: FeatureReader = field(init=False)

    @property
    def done(self) -> bool:
        """Whether the form is complete."""
        return self.cursor >= self.chart.duration

    def open_window(self) -> list[int]:
        """Move the window to the cursor; return the tokens of its chart and of the solo in it so far."""
        times = self.chart.bar_times
        here = max(bar for bar, time in enumerate(times) if time <= self.cursor)
        bars, context = self.window_bars, self.window_bars // 2 if here else 0
        while True:
            first = max(0, here - context)
            token_ids = self._tokens(first, min(first + bars, len(self.chart.bars)))
            if len(token_ids) <= self.room * 3 // 4 or (context == 0 and bars == 1):
                break
            context, bars = (context // 2, bars) if context else (0, bars // 2)
        last = min(first + bars, len(self.chart.bars))
        ahead = 0 if last == len(self.chart.bars) else min(bars // 4, last - here - 1)
        self._first, self._stop = first, (times[last - ahead] - times[first]) // self.codec.vocabulary.step_ticks
        self._parser = Parser(self.codec.vocabulary)
        self._reader = FeatureReader(self._parser)
        self.length = 0
        return token_ids

    def _tokens(self, first: int, last: int) -> list[int]:
        start = self.chart.bar_times[first]
        notes = tuple(note.shift(-start) for note in self.melody if note.time >= start)
        return self.codec.encode_start(LeadSheet(self.chart.slice(first, last), notes), self.cursor - start)

    def read(self, token_id: int) -> tuple[int, ...]:
        """Take one token; return its features."""
        self._parser.read(token_id)
        self.length += 1
        return self._reader.row()

    def allowed(self, rules: Sequence[Rule]) -> NDArray[np.bool_]:
        """Which tokens may come next, shape (V,)."""
        mask = self._parser.allowed()
        for rule in rules:
            rule(self._parser, mask)
        return mask

    @property
    def is_open(self) -> bool:
        """Whether the window has room for another note before its stopping place."""
        if self._parser.expecting is not Expecting.EVENT:
            return True
        return self._parser.step < self._stop and self.length + TOKENS_OF_A_NOTE < self.room

    def close_window(self) -> None:
        """Add what was played in the window to the solo."""
        start, step = self.chart.bar_times[self._first], self.codec.vocabulary.step_ticks
        kept = [note for note in self.melody if note.time < start]
        for onset, pitch, steps, velocity in self._parser.notes:
            kept.append(Note(start + onset * step, pitch, steps * step, velocity))
        self.melody, self.cursor = kept, start + self._parser.step * step


def run(decoder: Decoder, takes: Sequence[Take], sampling: Sampling, rules: Sequence[Rule]) -> None:
    """Play all takes to the end of the form, in one batch."""
    while unfinished := [take for take in takes if not take.done]:
        _run_window(decoder, unfinished, sampling, rules)
        for take in unfinished:
            take.close_window()


def _run_window(decoder: Decoder, takes: list[Take], sampling: Sampling, rules: Sequence[Rule]) -> None:
    """Play each take until its window closes."""
    cache = decoder.new_cache(len(takes))
    fresh = [take.open_window() for take in takes]
    while any(fresh):
        rows = [[take.read(token_id) for token_id in token_ids] for take, token_ids in zip(takes, fresh, strict=True)]
        scores = decoder.forward(*_batch(fresh, rows, decoder.device), cache).float().cpu().numpy()  # (B, V)
        fresh = [
            [sampling.choose(scores[index], take.allowed(rules), take.rng)] if fresh[index] and take.is_open else []
            for index, take in enumerate(takes)
        ]


def _batch(
    token_ids: list[list[int]], rows: list[list[tuple[int, ...]]], device: torch.device
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Ids (B, T), features (B, T, F), counts (B,), padded on the right."""
    counts = [len(ids) for ids in token_ids]
    width = len(next(row for rows_of_take in rows for row in rows_of_take))
    ids = torch.zeros(len(counts), max(counts), dtype=torch.int64)
    features = torch.zeros(len(counts), max(counts), width, dtype=torch.int64)
    for index, count in enumerate(counts):
        if count:
            ids[index, :count] = torch.tensor(token_ids[index])
            features[index, :count] = torch.tensor(rows[index])
    return ids.to(device), features.to(device), torch.tensor(counts).to(device)
