from __future__ import annotations

import math
from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from solomuse.metrics.ngram_index import SPAN, NgramIndex, SongFigures
from solomuse.metrics.originality import IntervalIndex, SharedRun

lines = st.lists(st.integers(55, 62), max_size=30)
corpora = st.lists(lines, max_size=5)


def test_a_phrase_is_found_in_another_key() -> None:
    corpus = [[60, 62, 63, 65, 67, 70, 68, 67], [60, 64, 67, 71, 72, 69, 65, 62]]
    solo = [50, 51, *(pitch + 7 for pitch in corpus[1][:7]), 40]
    assert NgramIndex.of(corpus).longest_run(solo) == SharedRun(notes=7, counted=6, start=2, song=1, song_start=None)


@given(corpora, lines)
def test_a_run_is_as_long_as_whole_melodies_say_or_longer(corpus: list[list[int]], solo: list[int]) -> None:
    exact, found = (index.of(corpus).longest_run(solo) for index in (IntervalIndex, NgramIndex))
    if exact is not None and exact.notes > SPAN:
        assert found is not None
        assert found.counted >= exact.counted
    if found is not None:
        assert found.notes > SPAN
        own = SongFigures.of(corpus[found.song]).figures
        assert all(
            SongFigures.of(solo[at : at + SPAN + 1]).figures.tolist()[0] in own
            for at in range(found.start, found.start + found.notes - SPAN)
        )


@given(st.lists(st.integers(58, 61), max_size=60), st.lists(st.integers(58, 61), max_size=60))
def test_where_figures_come_again_and_again_a_run_is_not_too_short(song: list[int], solo: list[int]) -> None:
    exact, found = (index.of([song]).longest_run(solo) for index in (IntervalIndex, NgramIndex))
    if exact is not None and exact.notes > SPAN:
        assert found is not None
        assert found.counted >= exact.counted


def test_a_riff_that_goes_round_is_about_as_long_as_the_song_has_it() -> None:
    riff = [60, 63, 65, 66, 65]
    found = NgramIndex.of([[50, *riff, *riff, *riff, 70]]).longest_run(riff * 12)
    assert found is not None
    assert 15 <= found.notes <= 15 + 5 + 5


@given(lines)
def test_a_figure_may_come_as_often_as_in_the_song_up_to_a_power_of_two_and_twice_in_any_case(song: list[int]) -> None:
    intervals = np.diff(song).tolist()
    counts = Counter(tuple(intervals[at : at + SPAN]) for at in range(len(intervals) - SPAN + 1))
    found = SongFigures.of(song)
    assert found.figures.tolist() == sorted(set(found.figures.tolist()))
    assert (found.doublings >= 1).all()
    assert sorted(found.doublings[found.doublings > 1].tolist()) == sorted(
        (count - 1).bit_length() for count in counts.values() if count > 2
    )


@given(corpora, lines)
def test_what_is_new_is_what_whole_melodies_say_or_less(corpus: list[list[int]], solo: list[int]) -> None:
    exact, found = IntervalIndex.of(corpus).novelty(solo, SPAN), NgramIndex.of(corpus).novelty(solo)
    assert found <= exact or (math.isnan(found) and math.isnan(exact))
    assert NgramIndex.of([]).novelty(solo) == 1 or math.isnan(found)


@given(corpora, lines)
def test_without_some_songs_the_others_keep_their_numbers(corpus: list[list[int]], solo: list[int]) -> None:
    found = NgramIndex.of(corpus).without([0]).longest_run(solo)
    assert found == NgramIndex.of([[], *corpus[1:]]).longest_run(solo)


def test_nothing_is_found_in_nothing() -> None:
    assert NgramIndex.of([]).longest_run([60, 62, 64, 65, 67, 69, 71]) is None
    assert NgramIndex.of([[60, 62]]).longest_run([]) is None
