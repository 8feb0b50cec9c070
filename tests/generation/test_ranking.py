from __future__ import annotations

import math
import random
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solomuse.errors import ConfigError
from solomuse.generation.likeness import (
    OF_RATIOS,
    PARTS,
    Norm,
    figures_of,
    human_norms,
    human_scores,
    parts_of,
)
from solomuse.generation.ranking import COST_OF_LIKENESS, Ranked, explain, rank, similarity
from solomuse.generation.solo import Solo
from solomuse.metrics.ngram_index import NgramIndex
from solomuse.model.melodies import Melodies
from solomuse.music.chart import Chart
from solomuse.music.chart_text import parse_chart
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.note import Note
from tests.strategies import lead_sheets

LICK = [62, 64, 65, 69, 66, 60, 63, 61, 67, 70, 62, 71]
LEARNED = Melodies(NgramIndex.of([LICK]), ("Anthropology",), ("Ada",))
CHART = parse_chart("tempo: 120\n" + "Dm7 | G7 | Cmaj7 | A7 |\n" * 4)
EIGHTH = 240


def solo(pitches: Sequence[int], take: int = 0, chart: Chart = CHART) -> Solo:
    """Even eighths."""
    notes = tuple(Note(at * EIGHTH, pitch, EIGHTH) for at, pitch in enumerate(pitches))
    return Solo(LeadSheet(chart, notes), (), 1, take, math.nan)


def wandering(take: int, notes: int = 60, chart: Chart = CHART) -> Solo:
    rng = np.random.default_rng(take)
    return solo((65 + np.cumsum(rng.integers(-3, 4, notes)) % 20).tolist(), take, chart)


def takes_of(ranked: Ranked) -> list[int]:
    return [own.solo.take for own in (*ranked.best, *ranked.others)]


@settings(max_examples=40)
@given(st.lists(st.lists(st.integers(50, 80), max_size=16), min_size=1, max_size=6), st.randoms(), st.integers(1, 7))
def test_the_ranking_does_not_depend_on_the_order_of_the_takes(
    lines: list[list[int]], rng: random.Random, best: int
) -> None:
    solos = [solo([60, *pitches], take) for take, pitches in enumerate(lines)]
    shuffled = rng.sample(solos, len(solos))
    assert explain(rank(shuffled, LEARNED, best)) == explain(rank(solos, LEARNED, best))


@settings(max_examples=40)
@given(st.lists(st.lists(st.integers(50, 80), max_size=16), min_size=1, max_size=6), st.integers(3, 12))
def test_every_take_is_chosen_left_or_rejected_for_a_reason(lines: list[list[int]], novel: int) -> None:
    solos = [wandering(99), *(solo(pitches, take) for take, pitches in enumerate(lines))]
    ranked = rank(solos, LEARNED, best=2, novel=novel)
    rejected = [own.solo.take for own in ranked.rejected]
    assert sorted([*takes_of(ranked), *rejected]) == sorted(own.take for own in solos)
    empty = [own.solo.take for own in ranked.rejected if own.reason == "empty"]
    assert empty == [take for take, pitches in enumerate(lines) if not pitches]


def test_a_take_that_copies_more_than_is_allowed_is_rejected_with_its_source() -> None:
    copy, own = solo([40, *(pitch + 5 for pitch in LICK), 41], 1), wandering(2)
    ranked = rank([copy, own], LEARNED, best=2, novel=10)
    assert [kept.solo.take for kept in ranked.best] == [2]
    assert [(out.solo.take, out.reason, out.source) for out in ranked.rejected] == [(1, "copied", "Anthropology (Ada)")]
    assert rank([copy, own], LEARNED, best=2, novel=12).rejected == ()


def test_if_all_takes_are_copied_it_is_said_how_far_the_best_one_was() -> None:
    copies = [solo(LICK, 4), solo(LICK[:9], 7)]
    with pytest.raises(ConfigError, match=r"take 7, shares 9 notes in a row .* 6 are allowed; .* pass --novel 9"):
        rank(copies, LEARNED, novel=6)


def test_takes_without_notes_are_never_the_best() -> None:
    ranked = rank([solo([], 0), wandering(1)], None, best=2)
    assert [own.solo.take for own in ranked.best] == [1]
    assert [(own.solo.take, own.reason) for own in ranked.rejected] == [(0, "empty")]
    with pytest.raises(ConfigError, match="none of the takes has a note"):
        rank([solo([])], None)


def test_options_out_of_range_and_unknown_training_data_are_refused() -> None:
    with pytest.raises(ConfigError, match="best is 0"):
        rank([wandering(1)], None, best=0)
    with pytest.raises(ConfigError, match="novel is 2: expected at least 3"):
        rank([wandering(1)], LEARNED, novel=2)
    with pytest.raises(ConfigError, match="does not say what it has learned from"):
        rank([wandering(1)], None, novel=9)


def test_a_near_copy_of_the_first_choice_comes_after_a_different_take() -> None:
    pitches = [note.pitch for note in wandering(1).sheet.melody]
    first, copy, other = solo(pitches, 0), solo([*pitches[:-1], pitches[-1] + 1], 1), wandering(3)
    ranked = rank([first, copy, other], None, best=3)
    assert takes_of(ranked).index(2 + 1) < 2
    assert ranked.best[-1].likeness > 0.8
    assert ranked.best[0].likeness == 0


@settings(max_examples=30)
@given(st.integers(0, 30), st.integers(0, 30))
def test_similarity_is_symmetric_and_one_for_the_same_line(first: int, second: int) -> None:
    one, other = wandering(first), wandering(second)
    assert similarity(one, other) == similarity(other, one)
    assert similarity(one, one) == 1


def test_a_line_in_the_chords_scores_higher_than_the_same_over_other_chords() -> None:
    rng = np.random.default_rng(5)
    tones = {"D": (62, 65, 69, 72, 64), "G": (67, 71, 62, 65, 69), "C": (60, 64, 67, 71, 62), "A": (69, 61, 64, 67, 71)}
    pitches = [int(rng.choice(tones["DGCA"[at // 8 % 4]])) for at in range(120)]
    inside = solo(pitches, 0)
    moved = Solo(LeadSheet(CHART.transpose(6), inside.sheet.melody), (), 1, 1, math.nan)
    ranked = rank([moved, inside], None, best=2)
    harmony = {own.solo.take: own.parts["harmony"] for own in ranked.best}
    assert harmony[0] > harmony[1] + 1
    assert takes_of(ranked) == [0, 1]


@settings(max_examples=50)
@given(lead_sheets())
def test_every_sheet_has_all_figures_and_no_part_above_zero(sheet: LeadSheet) -> None:
    figures = figures_of(sheet)
    assert list(figures) == [name for names in PARTS.values() for name in names]
    assert all(-1000 < value <= 0 for value in parts_of(figures).values())


def test_the_human_mean_costs_nothing_and_what_is_unknown_neither() -> None:
    for name, norm in human_norms().items():
        mean = math.exp(norm.mean) if name in OF_RATIOS else norm.mean
        assert norm.cost(name, mean) == pytest.approx(0, abs=1e-9)
        assert norm.cost(name, math.nan) == 0


def test_a_deviation_costs_by_its_side_and_is_cut_off() -> None:
    norm = Norm(mean=0.5, spread=0.1, below=2.0, above=1.0)
    costs = [norm.cost("rest_share", value) for value in (0.3, 0.6, 9.0)]
    assert costs == pytest.approx([4.0, 1.0, 3.0])


def test_the_table_covers_the_figures_and_no_deviation_but_a_welcome_one_is_free() -> None:
    norms = human_norms()
    assert set(norms) == {name for names in PARTS.values() for name in names}
    welcome = (*PARTS["playability"], *PARTS["novelty"])
    assert all(norm.spread > 0 and norm.above > 0 for norm in norms.values())
    assert all((norm.below == 0) == (name in welcome) for name, norm in norms.items())
    assert human_scores()[10] < human_scores()[50] < human_scores()[90] < 0
    assert human_scores()[90] - human_scores()[10] < COST_OF_LIKENESS + 1


def test_the_table_names_each_take_its_score_and_why_others_are_out() -> None:
    ranked = rank([wandering(1), wandering(2), solo(LICK, 3), solo([], 4)], LEARNED, best=1, novel=10)
    text = explain(ranked)
    lines = text.splitlines()
    assert lines[0].split()[:3] == ["take", "score", "harmony"]
    assert [line.split()[:2] for line in lines[1:2]] == [["1", str(ranked.best[0].solo.take)]]
    assert "rejected: 12 notes of Anthropology (Ada)" in text
    assert "rejected: it has no note" in text
