import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solomuse.analysis.beats import held_chords, meter_changes, warp_to_ticks
from solomuse.music.meter import Meter
from solomuse.music.symbols import parse_chord

BEAT_LENGTHS = st.lists(st.floats(0.1, 3.0), min_size=1, max_size=30)


def test_a_beat_lands_on_its_tick_and_between_beats_time_is_linear():
    seconds = np.array([1.0, 1.25, 1.5, 2.0, 2.5])
    ticks = warp_to_ticks(seconds, np.array([1.0, 1.5, 2.5]), np.array([0, 480, 960]))
    assert ticks.tolist() == [0, 240, 480, 720, 960]


def test_past_both_ends_the_tempo_of_the_nearest_beat_goes_on():
    ticks = warp_to_ticks(np.array([0.0, 4.5]), np.array([1.0, 1.5, 2.5]), np.array([0, 480, 960]))
    assert ticks.tolist() == [-960, 1920]


def test_no_seconds_give_no_ticks():
    assert warp_to_ticks(np.array([]), np.array([0.0, 1.0]), np.array([0, 480])).shape == (0,)


@pytest.mark.parametrize(
    ("beat_seconds", "beat_ticks"),
    [([1.0], [0]), ([1.0, 1.0], [0, 480]), ([2.0, 1.0], [0, 480]), ([1.0, 2.0], [0, 0]), ([1.0, 2.0], [0, 480, 960])],
)
def test_beats_that_do_not_rise_or_are_too_few_are_refused(beat_seconds, beat_ticks):
    with pytest.raises(ValueError, match=r"beats"):
        warp_to_ticks(np.array([1.0]), np.array(beat_seconds), np.array(beat_ticks))


@given(BEAT_LENGTHS)
def test_every_tapped_beat_keeps_its_place(lengths):
    beat_seconds = np.cumsum([0.3, *lengths])
    beat_ticks = np.arange(len(beat_seconds)) * 480
    assert (warp_to_ticks(beat_seconds, beat_seconds, beat_ticks) == beat_ticks).all()


@given(BEAT_LENGTHS, st.lists(st.floats(-5, 60), min_size=2, max_size=30))
def test_what_is_later_in_seconds_is_not_earlier_in_ticks(lengths, seconds):
    beat_seconds = np.cumsum([0.3, *lengths])
    ticks = warp_to_ticks(np.sort(seconds), beat_seconds, np.arange(len(beat_seconds)) * 480)
    assert (np.diff(ticks) >= 0).all()


def test_only_bars_of_another_meter_change_the_meter():
    bars = [Meter(3, 4), Meter(4, 4), Meter(4, 4), Meter(6, 8), Meter(4, 4)]
    changes = [(change.time, str(change.meter)) for change in meter_changes(bars)]
    assert changes == [(0, "3/4"), (1440, "4/4"), (5280, "6/8"), (6720, "4/4")]


def test_a_chord_that_is_noted_on_every_beat_is_one_span():
    chords = [parse_chord(text) for text in ("Dm7", "Dm7", "G7", "G7", "N")]
    spans = held_chords([0, 480, 960, 1440, 1920], chords, 2400)
    assert [(s.time, s.duration, s.chord.label) for s in spans] == [
        (0, 960, "D:min7"),
        (960, 960, "G:7"),
        (1920, 480, "N"),
    ]


def test_of_two_chords_at_one_time_the_later_holds():
    spans = held_chords([-480, 0, 480, 480], [parse_chord(text) for text in ("C", "F", "G", "A")], 960)
    assert [(s.time, s.end, s.chord.label) for s in spans] == [(0, 480, "F:maj"), (480, 960, "A:maj")]


def test_chords_past_the_end_are_left_out():
    assert held_chords([960], [parse_chord("C")], 960) == ()
