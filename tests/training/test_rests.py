from __future__ import annotations

import pytest
import torch

from solomuse.config import load_config
from solomuse.model.gpt2 import build_model
from solomuse.model.likelihood import Sequence_, likelihood
from solomuse.music.chart_text import parse_chart
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.note import Note
from solomuse.tokens.codec import Codec
from solomuse.tokens.encoding import encode
from solomuse.tokens.vocabulary import BAR, SEP, vocabulary
from solomuse.training.rests import fitted_rests

V = vocabulary(4)
WAITING, AT_ONCE = ((Note(start, 60, 480), Note(4 * 1920, 64, 480)) for start in (1920, 0))


def solo(melody: tuple[Note, ...]) -> Sequence_:
    """Six bars that are the whole of a solo."""
    chart = parse_chart("C | F | C | G | C | %")
    return encode(Codec(V).on_grid(LeadSheet(chart, melody)).slice(0, 6), V)


def test_what_is_fitted_makes_solos_begin_as_often_with_a_rest_as_they_do() -> None:
    torch.manual_seed(1)
    model = build_model(load_config("tiny").with_values({"n_layer": 1, "n_head": 2, "n_embd": 16}).model, V)
    sequences = [solo(WAITING)] * 30 + [solo(AT_ONCE)] * 70

    def first_rest() -> float:
        token_ids, rows = (torch.from_numpy(part)[None] for part in sequences[0])
        place = int((token_ids[0] == SEP).nonzero())
        with torch.no_grad():
            scores = model(token_ids.long(), features=rows).logits[0, place]
        return float(scores.softmax(-1)[BAR])

    assert first_rest() == pytest.approx(1 / len(V), abs=0.01)
    before = likelihood(model, sequences, V)
    model.rest_scores.copy_(fitted_rests(model, sequences, V))
    assert first_rest() == pytest.approx(0.3, abs=0.05)
    assert likelihood(model, sequences, V).rhythm_bits < before.rhythm_bits
