"""For developers: a rule of one's own, and bars that are handed out as soon as they are finished.

    python examples/own_rule.py

A rule sees the scores of the next token of each take, and where each stands in its chart. This one takes away every
pitch but those of the blues scale on C.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

import solomuse as sm
from solomuse.generation.loop import Rule
from solomuse.generation.takes import Window
from solomuse.tokens.cursors import Cursors

BLUES = {0, 3, 5, 6, 7, 10}
CHART = "C7 | F7 | C7 | % | F7 | % | C7 | % | G7 | F7 | C7 | G7"


@dataclass(frozen=True)
class OnlyThese:
    """Keeps to some pitch classes."""

    pitch_classes: frozenset[int]

    def __call__(self, scores: Tensor, cursors: Cursors, windows: Sequence[Window]) -> Tensor:  # noqa: ARG002
        """The scores, shape (B, V), without the other pitches."""
        notes = cursors.vocabulary.note_on
        others = [notes.start + pitch for pitch in range(128) if pitch % 12 not in self.pitch_classes]
        return scores.index_fill(1, torch.tensor(others), -torch.inf)


class BluesControls(sm.Controls):
    """What can be asked of any solo, and our rule."""

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Those of the controls, and ours."""
        return (*super().rules, OnlyThese(frozenset(BLUES)))


def main() -> None:
    for number, bar in enumerate(sm.stream(None, CHART, seed=1, controls=BluesControls(density=6)), start=1):
        print(f"bar {number:2}: {' '.join(str(note.pitch) for note in bar.melody)}", flush=True)


if __name__ == "__main__":
    main()
