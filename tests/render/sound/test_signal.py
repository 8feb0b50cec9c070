"""The arithmetic under the instruments: partials, filter, room, limiter."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solomuse.render.sound.instrument import SAMPLE_RATE, hertz, panned
from solomuse.render.sound.low_pass import OPEN_CENTS, fast_size, filtered
from solomuse.render.sound.mastering import limiting_gain
from solomuse.render.sound.modulation import Modulator
from solomuse.render.sound.partials import decaying_partials, falling, noise_band
from solomuse.render.sound.room import in_room
from tests.render.sound.fonts import level_db


def test_partials_are_decaying_sines() -> None:
    time = np.arange(3000) / SAMPLE_RATE
    expected = sum(
        gain * np.sin(2 * np.pi * hertz * time + phase) * 1000 ** (-time / decay)
        for hertz, gain, decay, phase in ((220, 1.0, 0.5, 0.3), (1234.5, 0.4, 0.1, 2.0))
    )
    columns = (np.array(column) for column in ((220, 1234.5), (1.0, 0.4), (0.5, 0.1), (0.3, 2.0)))
    hertz, gains, decays, phases = columns
    assert decaying_partials(hertz, gains, decays, phases, 3000) == pytest.approx(expected, abs=1e-4)


def test_partials_that_nobody_hears_are_left_out() -> None:
    one = np.ones(1)
    assert not decaying_partials(20_000 * one, one, one, one, 100).any()


def test_a_fall_is_by_60_db_in_its_time() -> None:
    assert falling(0.5, SAMPLE_RATE)[SAMPLE_RATE // 2] == pytest.approx(0.001, rel=1e-3)


def test_a_noise_band_has_power_one_and_little_outside() -> None:
    noise = noise_band(1000, 2000, SAMPLE_RATE, np.random.default_rng(0))
    power = np.abs(np.fft.rfft(noise)) ** 2
    assert (noise**2).mean() == pytest.approx(1, rel=0.1)
    assert power[700:2600].sum() > 0.8 * power.sum()


@pytest.mark.parametrize(("frequency", "db"), [(100, 0.0), (1000, -3.0), (4000, -24.3), (8000, -38.4)])
def test_the_filter_falls_by_12_db_an_octave(frequency: int, db: float) -> None:
    corner = np.array([1200 * np.log2(1000 / hertz(0))])
    sine = np.sin(2 * np.pi * frequency * np.arange(SAMPLE_RATE) / SAMPLE_RATE).astype(np.float32)
    assert level_db(filtered(sine, corner, 0.0)[4000:]) - level_db(sine) == pytest.approx(db, abs=0.6)


def test_an_open_filter_changes_nothing() -> None:
    wave = np.ones(100, dtype=np.float32)
    assert filtered(wave, np.array([float(OPEN_CENTS)]), 0.0) is wave


def test_a_filter_that_hardly_moves_is_one_that_stands_still() -> None:
    wave = noise_band(100, 10_000, 20_000, np.random.default_rng(0))
    still = filtered(wave, np.array([9000.0]), 6.0)
    moving = filtered(wave, np.linspace(8998, 9002, 20_000), 6.0)
    assert level_db(still - moving) < level_db(still) - 30


@given(st.integers(1, 10_000_000))
def test_sizes_of_transforms_are_enough_and_not_wasteful(count: int) -> None:
    assert count <= fast_size(count) < 1.34 * count + 4


@given(st.lists(st.floats(-4, 4, width=32), min_size=1, max_size=60), st.floats(0.1, 2.0))
def test_a_limiter_lets_nothing_over_its_ceiling_and_turns_nothing_around(peaks: list[float], ceiling: float) -> None:
    mix = np.repeat(np.array(peaks, dtype=np.float32), 100)[None] * np.array([[1.0], [-0.5]], dtype=np.float32)
    held = mix * limiting_gain(mix, ceiling)
    assert np.abs(held).max() <= ceiling * 1.0001
    assert (held * mix >= 0).all()
    assert (np.abs(held) <= np.abs(mix) + 1e-6).all()


def test_a_limiter_leaves_alone_what_is_quiet() -> None:
    mix = np.full((2, 1000), 0.5, dtype=np.float32)
    assert (limiting_gain(mix, 0.6) == 1).all()


def test_the_room_is_heard_after_a_click_for_less_than_a_second() -> None:
    click = np.zeros((2, 2 * SAMPLE_RATE), dtype=np.float32)
    click[:, 0] = 1
    echo = in_room(click)[:, 1:]
    assert echo[:, : SAMPLE_RATE // 10].any()
    assert np.abs(echo[:, SAMPLE_RATE:]).max() < 1e-4
    assert level_db(echo) + 10 * np.log10(2 * SAMPLE_RATE) == pytest.approx(-14, abs=2)


def test_the_room_is_the_same_however_long_the_sound() -> None:
    rng = np.random.default_rng(0)
    long = rng.standard_normal((2, 160_000)).astype(np.float32)
    assert np.allclose(in_room(long[:, :90_000]), in_room(long)[:, :90_000], atol=1e-4)


@given(st.floats(-2, 2))
def test_panning_keeps_the_power(pan: float) -> None:
    assert (panned(pan) ** 2).sum() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(
    ("source", "at_0", "at_127"),
    [(0x0002, 0, 1), (0x0102, 1, 0), (0x0202, -1, 1), (0x0402, 0, 1), (0x0502, 1, 0), (0x0802, 0, 1), (0x0C02, 0, 1)],
)
def test_the_curves_of_modulators_run_from_end_to_end(source: int, at_0: float, at_127: float) -> None:
    modulator = Modulator(source, 48, 0)
    assert [modulator.value(60, velocity) for velocity in (0, 127)] == pytest.approx([at_0, at_127], abs=1e-9)
