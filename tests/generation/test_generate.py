from __future__ import annotations

from pathlib import Path

import pytest

from solomuse.errors import ConfigError
from solomuse.generation import generate, generate_from_chords
from solomuse.model.folder import load_model
from solomuse.music.chart_text import parse_chart
from solomuse.tokens.codec import Codec

LONG = " | ".join(["Dm7 G7", "(3/4) Cmaj7", "(4/4) N.C.", "A7(b9)/G"] * 9)


@pytest.mark.parametrize("text", ["C", "C:maj F:maj G:maj C:maj", LONG])
def test_a_solo_has_exactly_the_charts_bars_and_chords(toy_run: Path, text: str) -> None:
    model = load_model(toy_run)
    for solo in generate(model, text, takes=2, seed=3):
        assert solo.sheet.chart == parse_chart(text)
        decoded = Codec(model.vocabulary).decode(list(solo.token_ids))
        assert decoded.melody == solo.sheet.melody
        assert [bar.meter for bar in decoded.chart.bars] == [bar.meter for bar in parse_chart(text).bars]
        assert all(note.end <= solo.sheet.chart.duration for note in solo.sheet.melody)
        assert all(a.end <= b.time for a, b in zip(solo.sheet.melody, solo.sheet.melody[1:], strict=False))


def test_the_same_seed_gives_the_same_solo_whatever_stands_beside_it(toy_run: Path) -> None:
    model = load_model(toy_run)
    alone = generate(model, "Dm7 | G7", takes=1, seed=5)[0]
    beside = generate(model, "Dm7 | G7", takes=3, seed=5)[0]
    assert alone == beside
    assert generate(model, "Dm7 | G7", seed=6)[0] != alone


def test_generate_from_chords_gives_ids_that_decode_however_few(toy_run: Path) -> None:
    model = load_model(toy_run)
    roots = ["C:maj", "F:maj", "G:maj", "C:maj"]
    token_ids = generate_from_chords(model=model, chord_roots=roots, n_events=10, temperature=1.0)
    sheet = Codec(model.vocabulary).decode(token_ids)
    assert (len(sheet.chart.bars), len(token_ids) <= 9 + 10 + 1) == (4, True)


def test_options_out_of_range_are_refused_in_a_sentence(toy_run: Path) -> None:
    with pytest.raises(ConfigError, match="temperature is -1"):
        generate(toy_run, "C", temperature=-1)
    with pytest.raises(ConfigError, match="takes is 0"):
        generate(toy_run, "C", takes=0)
