from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solomuse.metrics.originality import IntervalIndex, SharedRun, diversity, vendi_score

LICK = [62, 64, 65, 69, 66, 60, 62]
OTHER = [60, 67, 63, 72, 61, 69, 62]
pitches = st.lists(st.integers(60, 64), max_size=14)


def counted_by_hand(run: list[int]) -> int:
    return 1 + sum(at < 2 or step != run[at - 2] for at, step in enumerate(run))


def longest_by_hand(melody: list[int], corpus: list[list[int]]) -> int:
    """Most counted notes of a run of intervals with three different ones that are not 0."""
    query = np.diff(melody).tolist()
    found = 0
    for song in corpus:
        text = np.diff(song).tolist()
        for length in range(1, len(query) + 1):
            for start in range(len(query) - length + 1):
                run = query[start : start + length]
                if len({*run} - {0}) >= 3 and any(run == text[at : at + length] for at in range(len(text))):
                    found = max(found, counted_by_hand(run))
    return found


@given(pitches, st.lists(pitches, max_size=4))
def test_the_longest_run_is_that_of_a_search_through_all(melody: list[int], corpus: list[list[int]]) -> None:
    run = IntervalIndex.of(corpus).longest_run(melody)
    assert (run.counted if run else 0) == longest_by_hand(melody, corpus)
    if run:
        own, song = melody[run.start :][: run.notes], corpus[run.song][run.song_start :][: run.notes]
        assert np.diff(own).tolist() == np.diff(song).tolist()


@given(pitches, st.lists(pitches, max_size=4), st.integers(2, 5))
def test_novelty_is_the_share_of_ngrams_that_the_corpus_lacks(
    melody: list[int], corpus: list[list[int]], n: int
) -> None:
    def grams(line: list[int]) -> list[tuple[int, ...]]:
        steps = np.diff(line).tolist()
        return [tuple(steps[at : at + n]) for at in range(len(steps) - n + 1)]

    known = {gram for song in corpus for gram in grams(song)}
    counted = [gram for gram in grams(melody) if sum(step != 0 for step in gram) >= 2]
    expected = sum(gram not in known for gram in counted) / len(counted) if counted else math.nan
    assert IntervalIndex.of(corpus).novelty(melody, n) == pytest.approx(expected, nan_ok=True)


def test_a_lick_in_another_key_is_found_with_its_song() -> None:
    index = IntervalIndex.of([OTHER, [50, *LICK, 40]])
    solo = [80, 70, *(pitch + 5 for pitch in LICK), 50]
    assert index.longest_run(solo) == SharedRun(notes=7, counted=7, start=2, song=1, song_start=1)


def test_a_run_does_not_reach_from_one_song_into_the_next() -> None:
    assert IntervalIndex.of([LICK[:4], LICK[2:]]).longest_run(LICK) == SharedRun(5, 5, 2, 1, 0)


def test_repeated_notes_scales_and_trills_are_no_phrases() -> None:
    common = [[60] * 30, list(range(40, 80)), [60, 62] * 20, [60, 62, 64, 65, 67, 69, 71, 72]]
    index = IntervalIndex.of(common)
    assert all(index.longest_run(line) is None for line in common)
    assert math.isnan(index.novelty([60] * 30, 4))


def test_a_trill_within_a_phrase_counts_once() -> None:
    phrase = [60, 67, *[64, 65] * 10, 62]
    run = IntervalIndex.of([phrase]).longest_run(phrase)
    assert run is not None
    assert (run.notes, run.counted) == (23, 6)  # 60 67 64 65 64 and, after the last 65, 62


def test_a_copy_of_a_long_song_is_found_whole() -> None:
    song = np.random.default_rng(1).integers(50, 80, 400).tolist()
    [run] = IntervalIndex.of([LICK, song]).longest_runs(song)
    assert (run.notes, run.start, run.song, run.song_start) == (400, 0, 1, 0)


def test_runs_within_runs_are_left_out_and_the_longest_comes_first() -> None:
    index = IntervalIndex.of([LICK, OTHER])
    runs = index.longest_runs([*LICK[:6], *OTHER])
    assert [(run.notes, run.song) for run in runs] == [(7, 1), (6, 0)]


def test_takes_that_share_too_much_are_known() -> None:
    index = IntervalIndex.of([LICK])
    assert index.shares_more_than(LICK, 6)
    assert not index.shares_more_than(LICK, 7)


def test_a_song_can_be_held_against_the_others() -> None:
    others = IntervalIndex.of([LICK, OTHER, LICK[:5]]).without({0})
    assert others.longest_run(LICK) == SharedRun(5, 5, 0, 2, 0)
    assert others.novelty(LICK, 6) == 1.0


def test_the_index_comes_back_from_its_arrays() -> None:
    index = IntervalIndex.of([LICK, OTHER])
    again = IntervalIndex(index.intervals.copy(), index.starts.copy(), index.order.copy())
    assert again.longest_run(OTHER) == index.longest_run(OTHER)
    assert index.intervals.dtype == np.int8


def test_an_empty_corpus_makes_everything_new() -> None:
    assert IntervalIndex.of([]).longest_run(LICK) is None
    assert IntervalIndex.of([[], [60]]).novelty(LICK, 3) == 1.0


def test_diversity_by_hand() -> None:
    # n-grams of two: ABC has (1, 2), (2, 3), ABD (1, 2), (2, 4): one in three is in both
    takes = [[60, 61, 63, 66], [60, 61, 63, 67]]
    assert diversity(takes, n=2) == pytest.approx(2 / 3)
    assert diversity([LICK, LICK]) == 0.0
    assert math.isnan(diversity([LICK, [60]]))


def test_the_vendi_score_counts_what_differs() -> None:
    assert vendi_score([LICK, LICK, LICK]) == pytest.approx(1.0)
    assert vendi_score([LICK, OTHER]) == pytest.approx(2.0)
    assert vendi_score([LICK, LICK, OTHER, OTHER]) == pytest.approx(2.0)
    assert math.isnan(vendi_score([]))
