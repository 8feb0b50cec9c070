"""Rules that lean on what a model plays: range, harmony, phrases, rests, the rhythm of compound meters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from solomuse.generation.loop import NEVER
from solomuse.generation.takes import Window
from solomuse.model.recall import leaned
from solomuse.music.meter import beat_groups
from solomuse.music.scales import chord_scale, chord_tones, tensions
from solomuse.tokens.cursors import Cursors, Stage
from solomuse.tokens.grid_sheet import NO_ROOT, GridSheet
from solomuse.tokens.vocabulary import BAR, CHORDS_ON_C, METERS, Vocabulary

Floats = NDArray[np.float32]

STEP = 2
"""Semitones of the widest step by which a note resolves."""


@dataclass(frozen=True, slots=True)
class Range:
    """Keeps the solo between two pitches, both included."""

    low: int
    high: int

    def __call__(self, scores: Tensor, cursors: Cursors, windows: Sequence[Window]) -> Tensor:  # noqa: ARG002
        """As `solomuse.generation.loop.Rule` says."""
        return scores + _range_scores(cursors.vocabulary, self.low, self.high).to(scores.device)


@lru_cache(maxsize=16)
def _range_scores(vocabulary: Vocabulary, low: int, high: int) -> Tensor:
    start = vocabulary.note_on.start
    scores = torch.zeros(len(vocabulary))
    scores[start : start + low] = -torch.inf
    scores[start + high + 1 : vocabulary.note_on.stop] = -torch.inf
    return scores


@dataclass(frozen=True, slots=True)
class Harmony:
    """Leans the pitches towards the chart: chord tones on strong beats, allowed tensions, steps out of tension.

    Rhythm is left as it is: whether a note comes does not depend on this rule, only which.

    Parameters
    ----------
    weight : float
        0 changes nothing; the larger, the fewer notes outside.
    """

    weight: float

    def __call__(self, scores: Tensor, cursors: Cursors, windows: Sequence[Window]) -> Tensor:  # noqa: ARG002
        """As `solomuse.generation.loop.Rule` says."""
        return leaned(scores, torch.from_numpy(self._bonus(cursors)).to(scores), cursors.vocabulary.note_on.ids)

    def _bonus(self, cursors: Cursors) -> Floats:
        """What each pitch gets more, shape (B, 128)."""
        place = cursors.place()
        roots, qualities = place.root, place.quality
        grid = cursors.vocabulary.grid
        is_strong = place.position % (2 * grid) == 0
        roles = _roles()[qualities]  # (B, 12) above the root
        pitches = np.arange(128)
        degrees = (pitches[None, :] - roots[:, None]) % 12
        role = np.take_along_axis(roles, degrees, axis=1)
        bonus = _WEIGHTS[is_strong.astype(int)[:, None], role]
        last = np.where(cursors.pitch >= 0, cursors.pitch, 0)
        last_role = np.take_along_axis(roles, ((last - roots) % 12)[:, None], axis=1)
        is_tense = (cursors.pitch >= 0)[:, None] & (last_role != _CHORD_TONE)
        distance = np.abs(pitches[None, :] - last[:, None])
        bonus = bonus + _RESOLVING * (is_tense & (distance > 0) & (distance <= STEP))
        bonus[roots == NO_ROOT] = 0
        weighted: Floats = (self.weight * bonus).astype(np.float32)
        return weighted


_CHORD_TONE, _TENSION, _SCALE, _OUTSIDE = range(4)
_WEIGHTS = np.array([[0.3, 0.3, 0.0, -0.5], [1.0, 0.5, -0.3, -1.0]])
"""What a note gets by its role, on weak places and on strong ones: every second quarter of the bar."""
_RESOLVING = 0.5


@lru_cache(maxsize=1)
def _roles() -> NDArray[np.int64]:
    """The role of each degree over each quality of the vocabulary, and over no chord: shape (qualities + 1, 12)."""
    roles = np.full((len(CHORDS_ON_C) + 1, 12), _OUTSIDE)
    for row, chord in enumerate(CHORDS_ON_C):
        for role, classes in (
            (_SCALE, chord_scale(chord)),
            (_TENSION, tensions(chord)),
            (_CHORD_TONE, chord_tones(chord)),
        ):
            roles[row, list(classes)] = role
    return roles


@dataclass(frozen=True, slots=True)
class Phrases:
    """Leans on where phrases end: a rest of a quarter or more is unlikely early in a phrase and likely when it is due.

    Parameters
    ----------
    quarters : float
        How long a phrase should be.
    weight : float
        How much the score of such a rest rises and falls.
    """

    quarters: float
    weight: float = 3.0

    def __call__(self, scores: Tensor, cursors: Cursors, windows: Sequence[Window]) -> Tensor:  # noqa: ARG002
        """As `solomuse.generation.loop.Rule` says."""
        grid = cursors.vocabulary.grid
        length = (cursors.step - cursors.phrase_start) / grid
        is_phrase = (cursors.last_end > cursors.phrase_start) & (cursors.step == cursors.last_end)
        pull = np.clip(2 * (length / self.quarters - 1), -1, 1) * is_phrase * (cursors.stage == Stage.EVENT)
        is_long = _rest_steps(cursors) >= grid
        return scores + torch.from_numpy(is_long * (self.weight * pull)[:, None]).to(scores)


@dataclass(frozen=True, slots=True)
class Rests:
    """Leans towards a share of silence.

    The more is missing of it so far, the likelier are rests, most of all those of a quarter or more, and short notes.
    Where there is too much, rests of an eighth or more are unlikely, and notes rather last to the next eighth. Smaller
    gaps are left as they are: they belong to how notes are played, and without them the next one would come too early.

    Parameters
    ----------
    share : float
        Of the time, from 0 to 1.
    weight : float
        How much the score of a long rest rises where all of the share is missing.
    length : float
        What part of that the score of a quarter falls, or where there is too much, a note up to the next eighth gains.
    """

    share: float
    weight: float = 30.0
    length: float = 0.3

    def __call__(self, scores: Tensor, cursors: Cursors, windows: Sequence[Window]) -> Tensor:  # noqa: ARG002
        """As `solomuse.generation.loop.Rule` says."""
        grid = cursors.vocabulary.grid
        played = cursors.step - cursors.start
        # a bar counts as if it had been played as wished, so that the beginning does not swing to and fro
        silent = (cursors.silent + self.share * 4 * grid) / (played + 4 * grid)
        pull = self.weight * np.clip(self.share - silent, -1, 1)[:, None]
        missing, too_much = np.maximum(pull, 0), np.maximum(-pull, 0)
        lengths = _rest_steps(cursors) / grid
        leaned = np.minimum(lengths, 1) * missing - (lengths >= 1 / 2) * too_much
        leaned[cursors.stage != Stage.EVENT] = 0
        durations = cursors.vocabulary.duration
        steps = np.arange(durations.stop - durations.start) + 1
        is_to_eighth = (cursors.place().position[:, None] + steps) % (grid // 2) == 0
        # too much silence is made good by playing, not by long notes
        leaned[:, durations.ids] = self.length * (too_much * is_to_eighth - missing * steps / grid)
        return scores + torch.from_numpy(leaned).to(scores)


def _rest_steps(cursors: Cursors) -> Floats:
    """How many steps each token rests, 0 for those that are no rest: shape (B, V)."""
    shift = cursors.vocabulary.time_shift
    steps = np.zeros((len(cursors.step), len(cursors.vocabulary)), dtype=np.float32)
    steps[:, shift.ids] = np.arange(shift.stop - shift.start) + 1
    steps[:, BAR] = cursors.to_bar_line
    return steps


def compound_rhythm(scores: Tensor, cursors: Cursors, windows: Sequence[Window]) -> Tensor:
    """Keeps the notes of 6/8 and its like on their eighths mostly, and on sixteenths always; a `Rule`.

    Beats there have three eighths as it is. What models of little such music play is what they know of quarters: the
    triplets of swing, two against those three, and sixteenths. ``docs/experiments/compound.py`` measures it.
    """
    residues = [
        _residues(window.sheet.bar_lines.tobytes(), window.sheet.meters.tobytes(), cursors.vocabulary)[step]
        for window, step in zip(windows, cursors.step.tolist(), strict=True)
    ]
    return scores - _off_eighths(cursors.vocabulary)[residues].to(scores.device)


def has_compound_rhythm(chart: GridSheet) -> bool:
    """Whether `compound_rhythm` is for a chart."""
    return any(_is_compound(meter) for meter in set(chart.meters.tolist()))


def _is_compound(meter: int) -> bool:
    """Whether a meter is of eighths of which three make a beat: 6/8, and some of 7/8 too."""
    return METERS[meter].denominator == 8 and 3 in beat_groups(METERS[meter])


@lru_cache(maxsize=256)
def _residues(bar_lines: bytes, meters: bytes, vocabulary: Vocabulary) -> list[int]:
    """Of each step of some bars, and of their end, how many it is past an eighth; `_FREE` in other meters."""
    lines, numbers = np.frombuffer(bar_lines, dtype=np.int32), np.frombuffer(meters, dtype=np.int32)
    lengths = np.diff(lines)
    is_compound = np.repeat([_is_compound(meter) for meter in numbers.tolist()], lengths)
    places = np.arange(lines[-1]) - np.repeat(lines[:-1], lengths)
    residues: list[int] = np.where(is_compound, places % (vocabulary.grid // 2), _FREE).tolist()
    return [*residues, _FREE]


_FREE = -1
_BETWEEN_EIGHTHS = 1.5
"""What a sixteenth between eighths loses, by the bits of human melodies that were learned from."""


@lru_cache(maxsize=4)
def _off_eighths(vocabulary: Vocabulary) -> Tensor:
    """What lengths and rests lose by where they end, given the residue of where they begin; in the last row nothing."""
    eighth, sixteenth = vocabulary.grid // 2, vocabulary.grid // 4
    losses = torch.zeros(eighth + 1, len(vocabulary))
    for kind in (vocabulary.duration, vocabulary.time_shift):
        for residue in range(eighth):
            ends = residue + torch.arange(1, kind.stop - kind.start + 1)
            losses[residue, kind.ids] = torch.where(
                ends % sixteenth != 0, NEVER, _BETWEEN_EIGHTHS * (ends % eighth != 0)
            )
    return losses
