"""Solos over charts: what is asked becomes takes, which are played and become solos."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from solomuse.errors import ConfigError
from solomuse.generation.controls import Controls
from solomuse.generation.editing import Edit, Outline, outline
from solomuse.generation.infill import fill
from solomuse.generation.loop import Rule, play
from solomuse.generation.rules import compound_rhythm, has_compound_rhythm
from solomuse.generation.solo import Solo
from solomuse.generation.takes import PlayedNote, Take
from solomuse.model.decoder import threads
from solomuse.model.folder import Model
from solomuse.music.chart import Chart
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.note import Note
from solomuse.render.voices import voiced
from solomuse.tokens.codec import Codec
from solomuse.tokens.encoding import encode
from solomuse.tokens.grid_sheet import GridSheet

MOST_TAKES = 256
MOST_BARS = 2000
THREADS = 1
"""Of torch: more wait for each other dozens of times a token, and lose by it wherever another program works too."""


@dataclass(frozen=True, slots=True)
class Task:
    """A chart with what is asked of the solos over it.

    Parameters
    ----------
    outline, controls : Outline, Controls
        Of the line as the model plays it, `up` semitones higher than it sounds.
    """

    chart: Chart
    grid: GridSheet
    outline: Outline
    model: Model
    controls: Controls
    seed: int
    up: int = 0

    def sounding(self, take: Take) -> list[PlayedNote]:
        """The notes of a take as they sound."""
        return [(start, pitch - self.up, steps, velocity) for start, pitch, steps, velocity in take.notes]

    @property
    def lowest(self) -> int:
        """The lowest pitch of the range, as it sounds."""
        return self.controls.range[0] - self.up

    @property
    def number(self) -> int:
        """A number for the chart, so that one seed does not choose alike over all charts."""
        return zlib.crc32(self.grid.chords.tobytes() + self.grid.bar_lines.tobytes())

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The controls' rules, that of the meters, then the edit's; they hold for other charts in the batch too."""
        of_meters = (compound_rhythm,) if has_compound_rhythm(self.grid) else ()
        return (*self.controls.rules, *of_meters, *self.outline.rules)

    def take(
        self,
        *numbers: int,
        gaps: Sequence[tuple[int, int]] | None = None,
        notes: Sequence[PlayedNote] | None = None,
    ) -> Take:
        """A take whose randomness follows from the seed, the chart and its numbers."""
        return Take(
            chart=self.grid,
            vocabulary=self.model.vocabulary,
            rng=np.random.default_rng((self.seed, self.number, *numbers)),
            window_bars=self.model.window_bars,
            room=self.model.decoder.config.block_size,
            gaps=self.outline.gaps if gaps is None else gaps,
            notes=list(self.outline.notes if notes is None else notes),
            conditions_at=self.controls.conditions_at(self.grid.steps),
        )


def task_of(model: Model, chart: Chart, controls: Controls, edit: Edit | None, seed: int) -> Task:
    """What is asked, checked.

    Raises
    ------
    ConfigError
        If the model or the chart do not go with what is asked.
    VocabularyError
        If a meter is not in the vocabulary.
    """
    if seed < 0:
        raise ConfigError(f"seed is {seed}: expected 0 or more")
    if len(chart.bars) > MOST_BARS:
        raise ConfigError(f"the chart has {len(chart.bars)} bars: expected at most {MOST_BARS}")
    up = controls.octaves(model)
    if edit is not None:
        up = up if all(0 <= note.pitch + up <= 127 for note in edit.line.melody) else 0
        edit = replace(edit, line=edit.line.transpose(up))
    controls = controls.moved(up) if up else controls
    codec = Codec(model.vocabulary)
    quantised = codec.quantise(LeadSheet(chart, ()))
    grid = codec.on_grid(quantised).saying(**controls.conditions(model, len(chart.bars)))
    drawn = outline(edit, quantised.chart, grid, codec)
    low, high = controls.range
    if edit is not None and edit.lock == "pitches" and not all(low <= n.pitch <= high for n in edit.line.melody):
        sounding = f"{low - up} to {high - up}"
        raise ConfigError(f"the locked pitches leave the range, {sounding}: choose another range or instrument")
    return Task(chart, grid, drawn, model, controls, seed, up)


def solos_of(task: Task, takes: int) -> list[Solo]:
    """So many solos, played in one batch."""
    growing = [task.take(number) for number in range(takes)]
    if task.outline.looks_ahead:
        decoder, vocabulary, sampling = task.model.decoder, task.model.vocabulary, task.controls.sampling
        with threads(THREADS):
            for number, take in enumerate(growing):
                fill(decoder, take, vocabulary, sampling, task.rules, partial(_try, task, number))
    else:
        _finish(task, growing)
    return [_solo(task, take, number) for number, take in enumerate(growing)]


def _try(task: Task, number: int, attempt: int, gap: tuple[int, int], notes: Sequence[PlayedNote]) -> Take:
    """A take of one gap; `number` is that of the solo."""
    return task.take(number, gap[0], attempt, gaps=[gap], notes=notes)


def _finish(task: Task, takes: Sequence[Take]) -> None:
    decoder, vocabulary = task.model.decoder, task.model.vocabulary
    with threads(THREADS):
        for _ in play(decoder, takes, vocabulary, task.controls.sampling, task.rules):
            pass


def _solo(task: Task, take: Take, number: int) -> Solo:
    whole = replace(task.grid, notes=np.array(task.sounding(take), dtype=np.int32).reshape(-1, 4))
    played = len(take.notes) - len(task.outline.notes)
    return Solo(
        line=LeadSheet(task.chart, _melody(take, task)),
        token_ids=tuple(encode(whole, task.model.vocabulary)[0].tolist()),
        seed=task.seed,
        take=number,
        bits_per_note=-take.log_likelihood / math.log(2) / played if played else math.nan,
        voices=task.controls.voices,
        lowest=task.lowest,
        instrument=task.controls.moved(-task.up).solo_instrument,
    )


def _melody(take: Take, task: Task) -> tuple[Note, ...]:
    step = task.model.vocabulary.step_ticks
    return tuple(
        Note(start * step, pitch, steps * step, velocity) for start, pitch, steps, velocity in task.sounding(take)
    )


def solos_over(
    model: Model, charts: Sequence[Chart], controls: Controls, seed: int, places: Sequence[str] | None = None
) -> list[Solo]:
    """A solo over each of some charts, all in one batch; each depends on its chart, the seed and its number only.

    Parameters
    ----------
    places : sequence of str
        Which part of a solo is played over each chart, where that is not what the controls say.
    """
    asked = [controls] * len(charts) if places is None else [replace(controls, place=place) for place in places]
    tasks = [task_of(model, chart, own, None, seed) for chart, own in zip(charts, asked, strict=True)]
    takes = [task.take(number) for number, task in enumerate(tasks)]
    if tasks:
        _finish(max(tasks, key=lambda task: len(task.rules)), takes)  # which differ by the rule of the meters at most
    return [_solo(task, take, number) for number, (task, take) in enumerate(zip(tasks, takes, strict=True))]


_OVER = object()


def streamed(task: Task) -> Iterator[LeadSheet]:
    """The bars of one solo, each as soon as it is finished, with the notes that begin in it."""
    take, given = task.take(0), 0
    played = play(task.model.decoder, [take], task.model.vocabulary, task.controls.sampling, task.rules)
    while True:
        with threads(THREADS):  # not while who asked for the bar is at work
            if next(played, _OVER) is _OVER:
                return
        melody = _melody(take, task) if take.finished_bars > given else ()
        for bar in range(given, take.finished_bars):
            start, end = task.chart.bar_times[bar : bar + 2]
            notes = tuple(note.shift(-start) for note in melody if start <= note.time < end)
            sheet = LeadSheet(task.chart.slice(bar, bar + 1), notes)
            yield voiced(sheet, task.controls.voices, task.lowest)
        given = max(given, take.finished_bars)
