"""Ranks takes: those that are most like human solos come first, near-copies of a chosen one later, plagiarism never."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from solomuse.errors import ConfigError
from solomuse.generation.likeness import PARTS, figures_of, human_scores, parts_of
from solomuse.generation.solo import Solo
from solomuse.metrics.originality import SharedRun, diversity

if TYPE_CHECKING:  # it comes with the readers of all data sets
    from solomuse.model.melodies import Melodies

COST_OF_LIKENESS = 8.0
"""What a take loses in the choice if it is the same as one that is chosen: more than lies between most takes."""

Reason = Literal["copied", "empty"]


@dataclass(frozen=True, slots=True)
class Scored:
    """A take with what speaks for it.

    Parameters
    ----------
    parts : dict of str to float
        What each of `solomuse.generation.likeness.PARTS` adds to the score; 0 at best.
    figures : dict of str to float
        What they are made of; NaN where one cannot be measured.
    run : SharedRun or None
        The longest run that it shares with the training data; None if there is none, or the data is not known.
    source : str
        The song that it shares it with; empty without one.
    likeness : float
        To the most similar take that was chosen before it, 0 to 1.
    """

    solo: Solo
    parts: dict[str, float]
    figures: dict[str, float]
    run: SharedRun | None
    source: str
    likeness: float = 0.0

    @property
    def score(self) -> float:
        """Sum of the parts: 0 for a solo that is as human ones are on average, else less."""
        return sum(self.parts.values())


@dataclass(frozen=True, slots=True)
class Rejected:
    """A take that is out of the question.

    Parameters
    ----------
    reason : {"copied", "empty"}
        Whether it shares too long a run with the training data, or has no note.
    run : SharedRun or None
        The longest one.
    source : str
        The song that it shares it with; empty without one.
    """

    solo: Solo
    reason: Reason
    run: SharedRun | None
    source: str


@dataclass(frozen=True, slots=True)
class Ranked:
    """Takes in the order in which to hear them.

    Parameters
    ----------
    best : tuple of Scored
        The chosen ones, first choice first.
    others : tuple of Scored
        The rest by score.
    rejected : tuple of Rejected
        By the number of the take.
    """

    best: tuple[Scored, ...]
    others: tuple[Scored, ...]
    rejected: tuple[Rejected, ...]

    @property
    def solos(self) -> list[Solo]:
        """The chosen ones, first choice first."""
        return [scored.solo for scored in self.best]


def rank(solos: Sequence[Solo], melodies: Melodies | None, best: int = 1, novel: int | None = None) -> Ranked:
    """The best takes over one chart.

    Each take has a score: see `solomuse.generation.likeness`. The first choice has the highest; each further one the
    highest after `COST_OF_LIKENESS` is taken off for its similarity to those chosen already. The order in which the
    takes come does not matter.

    Parameters
    ----------
    solos : sequence of Solo
    melodies : Melodies, optional
        What the model has learned from, as `load_melodies` gives it.
    best : int
        How many to choose. If fewer are left, it is these.
    novel : int, optional
        Reject what shares more than so many counted notes in a row with the training data, at least 3.

    Raises
    ------
    ConfigError
        If nothing is left, or an option is out of range, or the training data of a model is not known.
    """
    if best < 1:
        raise ConfigError(f"best is {best}: expected at least 1")
    if novel is not None and novel < 3:
        raise ConfigError(f"novel is {novel}: expected at least 3 notes, for fewer are in every solo")
    if novel is not None and melodies is None:
        raise ConfigError(
            "this model does not say what it has learned from (it has no figures.npz): train it again, or leave out "
            "--novel"
        )
    rejected, scored = [], []
    for solo in sorted(solos, key=lambda solo: (solo.seed, solo.take)):
        run = None if melodies is None else melodies.index.longest_run(_pitches(solo))
        source = "" if melodies is None or run is None else melodies.name(run.song)
        if reason := _fault(solo, run, novel):
            rejected.append(Rejected(solo, reason, run, source))
        else:
            figures = figures_of(solo.line, math.nan if melodies is None else float(run.counted if run else 0))
            scored.append(Scored(solo, parts_of(figures), figures, run, source))
    if not scored:
        raise _nothing_left(rejected, novel)
    chosen, others = _chosen(scored, best)
    return Ranked(tuple(chosen), tuple(sorted(others, key=lambda own: -own.score)), tuple(rejected))


def _pitches(solo: Solo) -> list[int]:
    return [note.pitch for note in solo.line.melody]


def _fault(solo: Solo, run: SharedRun | None, novel: int | None) -> Reason | None:
    """Why a take is rejected; None if it is not."""
    if not solo.line.melody:
        return "empty"
    return "copied" if novel is not None and run is not None and run.counted > novel else None


def _nothing_left(rejected: Sequence[Rejected], novel: int | None) -> ConfigError:
    """What to say where all takes are rejected."""
    copied = sorted(
        (own.run.counted, own.solo.take) for own in rejected if own.reason == "copied" and own.run is not None
    )
    if not copied:
        return ConfigError("none of the takes has a note: ask for fewer rests or more density, or sample more takes")
    notes, take = copied[0]
    return ConfigError(
        f"no take is new enough: the most original of {len(rejected)}, take {take}, shares {notes} notes in a row with "
        f"the training data, {novel} are allowed; sample more takes, or pass --novel {notes}"
    )


def _chosen(scored: Sequence[Scored], count: int) -> tuple[list[Scored], list[Scored]]:
    """Those that are chosen, one after another, each the best after what its likeness to the others costs; the rest."""
    left, chosen = list(scored), list[Scored]()
    while left and len(chosen) < count:
        own = max(left, key=lambda own: own.score - COST_OF_LIKENESS * own.likeness)
        chosen.append(own)
        left = [
            replace(other, likeness=max(other.likeness, similarity(own.solo, other.solo)))
            for other in left
            if other is not own
        ]
    return chosen, left


def similarity(first: Solo, second: Solo) -> float:
    """Share of the figures of five notes that two takes have in common, 0 to 1; 1 where neither has any."""
    apart = diversity([_pitches(first), _pitches(second)])
    return float(_pitches(first) == _pitches(second)) if math.isnan(apart) else 1.0 - apart


def explain(ranked: Ranked) -> str:
    """Why the takes are in this order: a table for people."""
    low, high = human_scores()[10], human_scores()[90]
    parts = [part for part in PARTS if part != "novelty"]
    header = ["", "take", "score", *parts, "longest run in the training data"]
    rows = [header]
    for place, own in enumerate([*ranked.best, *ranked.others], start=1):
        is_best = place <= len(ranked.best)
        numbers = [f"{own.score:.1f}", *(f"{own.parts[part]:.1f}" for part in parts)]
        rows.append([str(place) if is_best else "", str(own.solo.take), *numbers, _run_text(own)])
    rows += [["", str(own.solo.take), "-", *("" for _ in parts), f"rejected: {_why(own)}"] for own in ranked.rejected]
    widths = [max(len(row[column]) for row in rows) for column in range(len(header) - 1)]
    lines = [
        "  ".join([*(cell.rjust(width) for cell, width in zip(row, widths, strict=False)), row[-1]]) for row in rows
    ]
    note = f"Scores are 0 at best; eight in ten human solos have {low:.1f} to {high:.1f}."
    return "\n".join([*(line.rstrip() for line in lines), note])


def _why(rejected: Rejected) -> str:
    return "it has no note" if rejected.reason == "empty" else _run_text(rejected)


def _run_text(own: Scored | Rejected) -> str:
    return "" if own.run is None else f"{own.run.counted} notes of {own.source}"


def score_of(scored: Scored) -> dict[str, Any]:
    """``score`` and ``parts``, as JSON has them."""
    return {
        "score": round(scored.score, 4),
        "parts": {name: round(value, 4) for name, value in scored.parts.items()},
    }
