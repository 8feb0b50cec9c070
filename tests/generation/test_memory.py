from __future__ import annotations

import numpy as np
import pytest
import torch

from solomuse.generation import Controls, Solo, generate
from solomuse.generation.memory import Memory
from solomuse.generation.solos import task_of
from solomuse.generation.takes import Window
from solomuse.model.folder import Model
from solomuse.model.recall import REACH, leaned, strengths, votes_after
from solomuse.music.chart_text import parse_chart
from solomuse.tokens.cursors import Cursors

CHART = " | ".join(["Dm7", "G7", "Cmaj7", "%"] * 8)
USUAL = strengths(torch.zeros(REACH + 1)).numpy()


def window_after(model: Model, pitches: list[int], bar: int) -> Window:
    """Of a take that has played some quarters from the start on, with the cursor at a bar line."""
    grid = model.vocabulary.grid
    notes = [(grid * place, pitch, grid, 80) for place, pitch in enumerate(pitches)]
    task = task_of(model, parse_chart(CHART), Controls(), None, 1)
    return task.take(0, gaps=[(4 * grid * bar, 4 * grid * 32)], notes=notes).window()


def cursors_of(window: Window, model: Model) -> Cursors:
    return Cursors([window.sheet], [window.cursor], [window.end], model.vocabulary)


def test_what_was_played_before_the_window_votes_too(random_model: Model) -> None:
    pitches = [60, 62, 65, 67] * 14
    window = window_after(random_model, pitches, 14)
    assert window.start > 0
    scores = torch.randn(1, len(random_model.vocabulary))
    voted = torch.from_numpy(votes_after(np.array(pitches), USUAL))
    expected = leaned(scores, voted, random_model.vocabulary.note_on.ids)
    assert torch.allclose(Memory(USUAL, [window]).recalled(scores, cursors_of(window, random_model)), expected)


def test_notes_vote_as_soon_as_they_are_played(random_model: Model) -> None:
    window = window_after(random_model, [60, 62, 65, 67], 1)
    cursors, scores = cursors_of(window, random_model), torch.zeros(1, len(random_model.vocabulary))
    memory, notes = Memory(USUAL, [window]), random_model.vocabulary.note_on.ids
    before = memory.recalled(scores, cursors)
    cursors.notes[0].append((window.cursor, 60, 12, 80))
    after = memory.recalled(scores, cursors)
    assert int(before[0, notes].argmax()) != 62
    assert int(after[0, notes].argmax()) == 62


def test_a_model_that_has_learned_no_strengths_recalls_nothing(random_model: Model) -> None:
    window = window_after(random_model, [60, 62, 65, 67], 1)
    scores = torch.randn(1, len(random_model.vocabulary))
    assert Memory(None, [window]).recalled(scores, cursors_of(window, random_model)) is scores


def figures(solo: Solo) -> list[tuple[int, ...]]:
    """Its intervals, three by three."""
    steps = np.diff([note.pitch for note in solo.sheet.melody]).tolist()
    return list(zip(steps, steps[1:], steps[2:], strict=False))


def test_the_more_is_recalled_the_more_comes_back(random_model: Model) -> None:
    distinct = []
    for recall in (0.0, 4.0):
        solos = generate(random_model, CHART, takes=3, seed=1, controls=Controls(recall=recall, low=60, high=72))
        found = [figure for solo in solos for figure in figures(solo)]
        distinct.append(len(set(found)) / len(found))
    assert distinct[1] < 0.9 * distinct[0]


def test_without_recall_a_solo_is_that_of_a_model_that_knows_none(
    random_model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = generate(random_model, CHART, seed=1, controls=Controls(recall=0.0))[0].sheet
    monkeypatch.setattr(random_model.decoder, "recall", None)
    assert generate(random_model, CHART, seed=1)[0].sheet == asked
