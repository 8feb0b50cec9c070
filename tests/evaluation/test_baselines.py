from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings

from solomuse.datasets.catalogue import TABLE
from solomuse.datasets.load import load_dataset
from solomuse.evaluation.ngram_player import NGramDecoder, best_ngram, ngram_player, side_by_side
from solomuse.evaluation.scale_walk import Walker, scale_of
from solomuse.generation.controls import Controls
from solomuse.generation.solos import solos_over
from solomuse.metrics.harmony import scale_share
from solomuse.metrics.ngram import NGram
from solomuse.music.chart import Chart
from solomuse.music.chart_text import parse_chart
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.note import Note
from solomuse.tokens.codec import Codec
from solomuse.tokens.vocabulary import BOS, SEP, vocabulary
from tests.strategies import charts

GRID = vocabulary(4)
LINE = tuple(Note(time, 60 + time // 240 % 7, 240) for time in range(0, 2 * 1920, 240))


def line_events() -> np.ndarray:
    token_ids = np.array(Codec(GRID).encode(LeadSheet(parse_chart("C | F"), LINE)))
    return token_ids[int(np.argmax(token_ids == SEP)) + 1 :]


def test_the_best_ngram_is_the_best_of_its_orders(toy_dataset: Path) -> None:
    dataset = load_dataset(toy_dataset)
    each = [best_ngram(dataset, "validation", [order]).bits_per_note for order in (2, 3)]
    assert best_ngram(dataset, "validation", [2, 3]).bits_per_note == min(each)


@pytest.mark.parametrize(
    ("windows", "chosen"),
    [
        ([(0, 0, 16), (0, 8, 16), (0, 16, 16)], [0, 2]),
        ([(0, 0, 16), (0, 16, 16), (0, 32, 8)], [0, 1, 2]),
        ([(0, 0, 16), (0, 4, 16), (0, 8, 16), (0, 12, 16), (0, 16, 16)], [0, 4]),
        ([(0, 0, 16), (0, 8, 4), (0, 12, 4), (0, 16, 16)], [0, 3]),
        ([(0, 0, 16), (0, 8, 16), (70, 0, 16), (70, 8, 16)], [0, 2]),
    ],
    ids=["by half", "not at all", "by more", "short ones", "two sheets"],
)
def test_training_windows_are_counted_as_far_as_they_do_not_overlap(
    windows: list[tuple[int, int, int]], chosen: list[int]
) -> None:
    table = np.zeros((len(windows), len(TABLE)), dtype=np.int32)
    table[:, [TABLE.index(name) for name in ("place", "first", "bars")]] = windows
    assert side_by_side(table) == chosen


@pytest.mark.parametrize("order", [1, 2, 4])
def test_its_decoder_gives_the_shares_of_the_ngram_model(order: int) -> None:
    model, events = NGram([line_events()], order, len(GRID)), line_events()
    decoder = NGramDecoder(model, GRID)
    beginning = torch.tensor([[BOS, SEP, int(events[0])]])
    scores, cache = decoder.start(beginning, torch.zeros(1, 3, 1), torch.tensor([3]))
    costs = []
    for token_id in events[1:]:
        assert float(scores.exp().sum()) == pytest.approx(1, abs=1e-4)
        costs.append(-float(scores[0, token_id]) / np.log(2))
        scores = decoder.step(torch.tensor([int(token_id)]), torch.zeros(1, 1), cache)
    np.testing.assert_allclose(costs, model.bits(events)[1:], rtol=1e-4)


def test_the_ngram_model_plays_under_the_grammar() -> None:
    player = ngram_player(NGram([line_events()], 3, len(GRID)), GRID, 4)
    chart = parse_chart("C | F | (3/4) G7 | C")
    (solo,) = solos_over(player, [chart], Controls(), seed=1)
    assert solo.sheet.chart == chart
    assert solo.sheet.melody
    assert solo.sheet.melody[-1].end <= chart.duration


@settings(max_examples=40)
@given(charts)
def test_a_walk_stays_in_the_scales_and_in_its_range(chart: Chart) -> None:
    walked = Walker({}, 55, 82).play(chart, np.random.default_rng(1))
    assert all(55 <= note.pitch <= 82 for note in walked.melody)
    spans = list(chart.spans())
    for note in walked.melody:
        chord = next(span.chord for span in spans if span.time <= note.time < span.end)
        assert note.pitch % 12 in scale_of(chord)


def test_a_walk_has_the_rhythm_of_human_bars_and_their_meter() -> None:
    human = LeadSheet(parse_chart("C | (3/4) F"), (Note(240, 60, 1000, 96), Note(1920, 62, 480)))
    walked = Walker.of([human]).play(parse_chart("G7 | (3/4) C | C"), np.random.default_rng(1))
    assert [(note.time, note.duration, note.velocity) for note in walked.melody][:2] == [
        (240, 1000, 96),
        (1920, 480, 80),
    ]
    assert scale_share([walked]) == 1.0


def test_a_walk_moves_by_at_most_two_steps_of_the_scale() -> None:
    walked = Walker({}, 40, 90).play(parse_chart("C | " * 31 + "C"), np.random.default_rng(2))
    pitches = [note.pitch for note in walked.melody]
    assert max(abs(np.diff(pitches))) <= 4
    assert len(set(pitches)) > 4
