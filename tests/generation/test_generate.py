from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from solomuse.errors import ConfigError
from solomuse.generation import Controls, Solo, generate, generate_from_chords, stream
from solomuse.generation.loop import play
from solomuse.generation.solos import task_of
from solomuse.model.cache import KeyValueCache
from solomuse.model.folder import Model
from solomuse.music.chart import Chart
from solomuse.music.chart_text import parse_chart
from solomuse.tokens.codec import Codec
from solomuse.tokens.vocabulary import BAR, SEP
from tests.strategies import charts

LONG = " | ".join(["Dm7 G7", "(3/4) Cmaj7", "(4/4) N.C.", "A7(b9)/G"] * 5)
ODD = " | ".join(["(7/8) " + " ".join(["C"] * 7), "(5/4) F7", "(6/8) G7", "(1/4) C", "(16/16) C " + "F G " * 7 + "C"])


def check(solo: Solo, chart: Chart, model: Model) -> None:
    """All that holds for every solo."""
    codec = Codec(model.vocabulary)
    assert replace(solo.sheet.chart, qpm=chart.qpm) == chart
    decoded = codec.decode(list(solo.token_ids))
    assert decoded.melody == solo.sheet.melody
    assert [bar.meter for bar in decoded.chart.bars] == [bar.meter for bar in chart.bars]
    assert decoded.chart.bars == codec.quantise(replace(solo.sheet, melody=())).chart.bars
    assert all(note.end <= chart.duration for note in solo.sheet.melody)
    assert all(a.end <= b.time for a, b in zip(solo.sheet.melody, solo.sheet.melody[1:], strict=False))


@pytest.mark.parametrize("text", ["C", "C:maj F:maj G:maj C:maj", LONG, ODD, "N.C. | %"])
def test_a_solo_has_exactly_the_charts_bars_and_chords(random_model: Model, text: str) -> None:
    for solo in generate(random_model, text, takes=2, seed=3):
        check(solo, parse_chart(text), random_model)


@given(charts, st.integers(0, 2**32), st.sampled_from([0.0, 1.0, 3.0]))
@settings(max_examples=25)
def test_so_it_has_over_any_chart(random_model: Model, chart: Chart, seed: int, temperature: float) -> None:
    for solo in generate(random_model, chart, takes=2, seed=seed, temperature=temperature):
        check(solo, chart, random_model)


@pytest.mark.parametrize("guidance", [1.0, 2.0])
def test_the_same_seed_gives_the_same_solo_whatever_stands_beside_it(random_model: Model, guidance: float) -> None:
    controls = Controls(guidance=guidance)
    alone = generate(random_model, LONG, takes=1, seed=5, controls=controls)[0]
    beside = generate(random_model, LONG, takes=5, seed=5, controls=controls)
    assert (alone.sheet, alone.token_ids) == (beside[0].sheet, beside[0].token_ids)
    assert alone.bits_per_note == pytest.approx(beside[0].bits_per_note, rel=1e-4)
    assert len({solo.token_ids for solo in beside}) == 5
    assert generate(random_model, LONG, seed=6)[0].sheet != alone.sheet


def test_streamed_bar_by_bar_it_is_the_same_solo(random_model: Model) -> None:
    whole = generate(random_model, LONG, seed=5)[0].sheet
    bars = list(stream(random_model, LONG, seed=5))
    assert [bar.chart for bar in bars] == [whole.chart.slice(bar, bar + 1) for bar in range(20)]
    times = whole.chart.bar_times
    together = [note.shift(start) for bar, start in zip(bars, times, strict=False) for note in bar.melody]
    assert tuple(together) == whole.melody


def test_bars_are_streamed_before_the_solo_is_finished(random_model: Model) -> None:
    task = task_of(random_model, parse_chart(LONG), Controls(), None, 5)
    take = task.take(0)
    finished = [
        take.finished_bars for _ in play(random_model.decoder, [take], random_model.vocabulary, Controls().sampling, ())
    ]
    assert finished == sorted(finished)
    assert len(set(finished)) > 10
    assert finished[-1] == 20


def test_what_a_cache_cannot_hold_any_more_is_read_again(random_model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = generate(random_model, LONG, takes=4, seed=2)
    lengths: dict[int, int] = {}
    monkeypatch.setattr(
        KeyValueCache, "room", property(lambda own: max(0, lengths.setdefault(id(own), own.length) + 20 - own.length))
    )
    found = generate(random_model, LONG, takes=4, seed=2)
    assert [solo.token_ids for solo in found] == [solo.token_ids for solo in expected]


def test_generate_from_chords_gives_ids_that_decode_however_few(random_model: Model) -> None:
    roots = ["C:maj", "F:maj", "G:maj", "C:maj"]
    token_ids = generate_from_chords(model=random_model, chord_roots=roots, n_events=10, temperature=1.0)
    sheet = Codec(random_model.vocabulary).decode(token_ids)
    assert len(sheet.chart.bars) == 4
    assert len(token_ids) - 1 - token_ids.index(SEP) <= 10 + 1


@pytest.mark.parametrize("text", ["C", "C | (3/4) F", LONG])
def test_a_solo_has_a_note_however_little_the_model_cares_to_play(random_model: Model, text: str) -> None:
    class Lazy(Controls):
        rules = (lambda scores, *_: scores + 100 * torch.nn.functional.one_hot(torch.tensor(BAR), scores.shape[-1]),)

    for solo in generate(random_model, text, takes=3, controls=Lazy()):
        assert len(solo.sheet.melody) == 1


def test_a_rule_may_forbid_even_that(random_model: Model) -> None:
    def silent(scores: torch.Tensor, *_: object) -> torch.Tensor:
        return torch.full_like(scores, -torch.inf).index_copy(1, torch.tensor([BAR]), scores[:, [BAR]])

    class Silent(Controls):
        rules = (silent,)

    assert not generate(random_model, "C | F", controls=Silent())[0].sheet.melody


def test_a_model_from_its_folder_and_a_trained_one_play_too(toy_run: Path) -> None:
    assert generate(toy_run, "C | F")[0].sheet.chart == parse_chart("tempo: 140\nC | F")


def test_options_out_of_range_are_refused_in_a_sentence(random_model: Model) -> None:
    with pytest.raises(ConfigError, match="temperature is -1"):
        generate(random_model, "C", temperature=-1)
    with pytest.raises(ConfigError, match="takes is 0"):
        generate(random_model, "C", takes=0)
    with pytest.raises(ConfigError, match="seed is -1: expected 0 or more"):
        generate(random_model, "C", seed=-1)
    with pytest.raises(ConfigError, match="2001 bars"):
        generate(random_model, Chart(parse_chart("C").bars * 2001))
