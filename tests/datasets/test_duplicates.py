from __future__ import annotations

import random
from dataclasses import replace
from itertools import accumulate

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from solomuse.datasets.duplicates import (
    MIN_NGRAMS,
    MIN_OVERLAP,
    MelodyPrint,
    Pair,
    duplicate_pairs,
    groups_of,
    interval_ngrams,
    melody_print,
)
from solomuse.music.chart import chart_from_spans
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.meter import COMMON_TIME
from solomuse.music.note import Note

CHART = chart_from_spans((), [COMMON_TIME] * 200)


def sheet(pitches: list[int], step: int = 240) -> LeadSheet:
    return LeadSheet(CHART, tuple(Note(step * place, pitch, step) for place, pitch in enumerate(pitches)))


def tune(seed: int, notes: int = 120) -> list[int]:
    """A melody that no other seed has: small steps, and no two phrases alike."""
    rng = random.Random(seed)
    steps = accumulate(rng.choice([-5, -4, -3, -2, -1, 1, 2, 3, 4, 5, 7]) for _ in range(notes - 1))
    return [60 + step % 24 for step in [0, *steps]]


def print_of(pitches: list[int]) -> MelodyPrint:
    return melody_print([sheet(pitches)])


pitches = st.lists(st.integers(40, 80), max_size=80)


@given(pitches, st.integers(-40, 40))
def test_a_melody_in_another_key_has_the_same_print(melody: list[int], up: int) -> None:
    assert print_of([pitch + up for pitch in melody]) == print_of(melody)


@given(pitches, st.sampled_from([60, 120, 480]))
def test_a_melody_in_other_note_values_has_the_same_print(melody: list[int], step: int) -> None:
    assert melody_print([sheet(melody, step)]) == print_of(melody)


@given(pitches)
def test_a_chorus_played_twice_is_the_same_melody_but_for_the_seam(melody: list[int]) -> None:
    once, twice = set(interval_ngrams([sheet(melody)])), set(interval_ngrams([sheet(melody * 2)]))
    assert once <= twice
    assert len(twice - once) <= 5


def test_of_notes_at_one_time_the_highest_counts() -> None:
    melody = tune(1)
    chords = sorted([*sheet(melody).melody, *(note.transpose(-4) for note in sheet(melody).melody)])
    assert melody_print([LeadSheet(CHART, tuple(chords))]) == print_of(melody)


def test_no_ngram_reaches_from_one_stretch_into_the_next() -> None:
    melody = tune(1)
    apart = melody_print([sheet(melody[:60]), sheet(melody[60:])])
    assert apart.ngrams == print_of(melody).ngrams - 5


def test_an_ngram_is_told_from_its_reverse() -> None:
    assert set(interval_ngrams([sheet([60, 62, 64, 67, 72, 60])])) == {
        sum((interval + 128) << 8 * place for place, interval in enumerate([2, 2, 3, 5, -12]))
    }


def test_repeated_notes_have_no_ngrams() -> None:
    assert print_of([60] * 100).ngrams == 0


@given(st.integers(0, 1000), st.integers(0, 119))
def test_a_dropped_note_leaves_a_high_overlap(seed: int, place: int) -> None:
    melody = tune(seed)
    [pair] = duplicate_pairs([print_of(melody), print_of(melody[:place] + melody[place + 1 :])])
    assert pair.overlap > 0.75


@given(st.integers(0, 1000), st.integers(0, 1000))
def test_unrelated_melodies_do_not_pair(one: int, other: int) -> None:
    assume(one != other)
    assert duplicate_pairs([print_of(tune(one)), print_of(tune(other))]) == []


def test_hundreds_of_unrelated_melodies_have_no_pair_but_the_planted_one() -> None:
    prints = [print_of(tune(seed)) for seed in range(400)]
    planted = print_of([pitch + 3 for pitch in tune(123)[10:]])
    [pair] = duplicate_pairs([*prints, planted])
    assert (pair.first, pair.second, pair.overlap > 0.8) == (123, 400, True)


def test_the_overlap_is_about_the_share_of_common_ngrams() -> None:
    first, second = tune(1), tune(1)[:80] + tune(2)[:40]
    sets = [set(interval_ngrams([sheet(melody)])) for melody in (first, second)]
    [pair] = duplicate_pairs([print_of(first), print_of(second)])
    assert pair.overlap == pytest.approx(len(sets[0] & sets[1]) / len(sets[0] | sets[1]), abs=0.12)


def test_copies_have_an_overlap_of_one_and_are_paired_with_the_first() -> None:
    assert duplicate_pairs([print_of(tune(seed)) for seed in (1, 2, 1, 1)]) == [Pair(0, 2, 1.0), Pair(0, 3, 1.0)]


@given(st.permutations(range(12)))
def test_what_hangs_together_does_not_depend_on_the_order(order: list[int]) -> None:
    melodies = [tune(seed)[cut:] for seed in range(4) for cut in (0, 0, 12)]
    names = [f"{seed} {number}" for seed in range(4) for number in range(3)]
    found = groups_of(
        [names[place] for place in order], duplicate_pairs([print_of(melodies[place]) for place in order])
    )
    assert found == [f"{names[place][0]} 0" for place in order]


def test_many_near_copies_of_one_melody_hang_together() -> None:
    melodies = [tune(1)[:place] + tune(1)[place + 1 :] for place in range(120)]
    pairs = duplicate_pairs([print_of(melody) for melody in melodies])
    assert set(groups_of([f"{place:03}" for place in range(120)], pairs)) == {"000"}


def test_a_short_melody_pairs_with_its_copy_only() -> None:
    melody = tune(1)[: MIN_NGRAMS - 4]
    near = [*melody[:-1], melody[-1] + 1]
    assert duplicate_pairs([print_of(melody), print_of(near), print_of(melody)]) == [Pair(0, 2, 1.0)]


@pytest.mark.parametrize("melody", [[], [60], [60, 64, 67, 72, 67, 64, 60], [60, 62, 64, 65, 67, 69, 71, 72]])
def test_a_melody_of_a_few_notes_pairs_with_nothing(melody: list[int]) -> None:
    assert duplicate_pairs([print_of(melody)] * 3) == []


def test_no_songs_have_no_pairs() -> None:
    assert duplicate_pairs([]) == []


def test_a_print_is_small() -> None:
    assert len(print_of(tune(1, notes=800)).sketch) == 384


def test_pairs_below_the_threshold_are_left_out() -> None:
    changed = [tune(1)[:keep] + tune(2)[keep:] for keep in range(10, 110, 10)]
    pairs = duplicate_pairs([print_of(tune(1)), *map(print_of, changed)])
    assert pairs
    assert min(pair.overlap for pair in pairs) >= MIN_OVERLAP


def test_a_song_without_duplicates_is_in_the_group_of_its_title() -> None:
    assert groups_of(["b", "a", "c"], []) == ["b", "a", "c"]


def test_a_group_takes_the_first_of_its_titles_across_chains() -> None:
    pairs = [Pair(0, 1, 0.5), Pair(2, 3, 0.5), Pair(1, 2, 0.5)]
    assert groups_of(["d", "c", "b", "a", "e"], pairs) == ["a", "a", "a", "a", "e"]


def test_songs_of_one_title_are_in_one_group_with_the_duplicates_of_each() -> None:
    assert groups_of(["same", "same", "x", "a"], [Pair(0, 2, 1.0), Pair(1, 3, 1.0)]) == ["a"] * 4


def test_a_print_can_be_compared_with_that_of_another_process() -> None:
    assert print_of(tune(1)).sketch[:8].hex() == "a28f0bbd56989ede"


def test_velocities_and_lengths_do_not_count() -> None:
    loud = tuple(replace(note, velocity=120, duration=60) for note in sheet(tune(1)).melody)
    assert melody_print([LeadSheet(CHART, loud)]) == print_of(tune(1))
