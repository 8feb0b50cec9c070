from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch

from solomuse.config import ModelConfig
from solomuse.datasets.load import load_dataset
from solomuse.model.gpt2 import build_model
from solomuse.model.likelihood import Likelihood, likelihood
from solomuse.tokens.conditions import without_chords


def test_without_a_note_there_are_no_bits_per_note_of_any_kind() -> None:
    assert all(map(math.isnan, Likelihood(0.0, 0.0, 0.0, notes=0, tokens=0).per_note().values()))


def test_bits_of_each_kind_are_over_all_notes() -> None:
    assert list(Likelihood(8.0, 4.0, 2.0, notes=4, tokens=12).per_note().values()) == [3.5, 2.0, 1.0, 0.5]


def test_guidance_goes_from_no_chart_to_more_of_it_than_was_learned(toy_dataset: Path) -> None:
    dataset = load_dataset(toy_dataset)
    known, windows = dataset.vocabulary, list(dataset.windows("validation"))[:3]
    torch.manual_seed(0)
    model = build_model(ModelConfig(n_layer=1, n_head=2, n_embd=16, block_size=1024), known)
    torch.nn.init.normal_(model.feature_embedding.weight)
    heard, deaf = (
        likelihood(model, windows, known),
        likelihood(model, [without_chords(*window, known) for window in windows], known),
    )
    bits = [likelihood(model, windows, known, guidance).bits for guidance in (0, 0.5, 1)]
    assert (bits[0], bits[2]) == (pytest.approx(deaf.bits), heard.bits)
    assert heard.bits != pytest.approx(deaf.bits)
    assert len({round(value, 3) for value in bits}) == 3
