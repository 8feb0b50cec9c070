from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from solomuse.metrics.ngram_index import SPAN, NgramIndex
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
        song = corpus[found.song]
        figures = {tuple(np.diff(song)[at : at + SPAN]) for at in range(len(song) - SPAN)}
        run = np.diff(solo)[found.start : found.start + found.notes - 1]
        assert all(tuple(run[at : at + SPAN]) in figures for at in range(len(run) - SPAN + 1))


@given(corpora, lines)
def test_what_is_new_is_what_whole_melodies_say(corpus: list[list[int]], solo: list[int]) -> None:
    exact, found = IntervalIndex.of(corpus).novelty(solo, SPAN), NgramIndex.of(corpus).novelty(solo)
    assert found == exact or (math.isnan(found) and math.isnan(exact))


def test_nothing_is_found_in_nothing() -> None:
    assert NgramIndex.of([]).longest_run([60, 62, 64, 65, 67, 69, 71]) is None
    assert NgramIndex.of([[60, 62]]).longest_run([]) is None
