from __future__ import annotations

import numpy as np
import pytest

from solomuse.render.sound.built_in import DrumKit, PitchedInstrument, built_in_instrument
from solomuse.render.sound.instrument import SAMPLE_RATE, hertz
from tests.render.sound.fonts import centroid, cents_off, level_db, spectrum

PLUCKED = [0, 4, 6, 11, 12, 24, 26, 32, 33, 45, 46]
BLOWN = [16, 19, 21, 40, 48, 52, 56, 59, 60, 64, 65, 66, 67, 68, 71, 73, 80, 88]
ENSEMBLES = [21, 48, 52, 88]
SOLOISTS = [0, 4, 11, 26, 33, 40, 56, 57, 59, 65, 66, 71, 73]


@pytest.mark.parametrize("family", range(16))
def test_every_program_sounds_at_every_height(family: int) -> None:
    for program in range(8 * family, 8 * family + 8):
        instrument = PitchedInstrument(program)
        for pitch in (0, 60, 127):
            sound = instrument.strike(pitch, 90, 0.1)
            assert np.isfinite(sound).all(), (program, pitch)
            assert -60 < level_db(sound[:, : SAMPLE_RATE // 10]) < -10, (program, pitch)


@pytest.mark.parametrize("program", [0, 40])
def test_every_pitch_of_a_drum_kit_sounds(program: int) -> None:
    kit = DrumKit(program)
    for pitch in range(27, 88):
        sound = kit.strike(pitch, 100, 0.1)
        assert np.isfinite(sound).all()
        assert 0.01 < np.abs(sound).max() < 2


@pytest.mark.parametrize("program", sorted({*PLUCKED, *BLOWN} - {*ENSEMBLES}))
def test_a4_is_in_tune(program: int) -> None:
    wave = PitchedInstrument(program).strike(69, 90, 1.0)[0, SAMPLE_RATE // 10 : SAMPLE_RATE]
    assert cents_off(wave, 440.0) == pytest.approx(0, abs=3)


@pytest.mark.parametrize("program", ENSEMBLES)
def test_an_ensemble_spreads_around_its_pitch(program: int) -> None:
    wave = PitchedInstrument(program).strike(69, 90, 1.0)[0, SAMPLE_RATE // 10 : SAMPLE_RATE]
    frequencies, power = spectrum(wave)
    is_near = np.abs(frequencies - 440) < 20
    assert 1200 * np.log2(np.average(frequencies[is_near], weights=power[is_near]) / 440) == pytest.approx(0, abs=4)


@pytest.mark.parametrize("pitch", [46, 58, 70, 82])
@pytest.mark.parametrize("program", [0, 26, 56, 66])
def test_a_soloist_is_in_tune_in_every_octave(program: int, pitch: int) -> None:
    wave = PitchedInstrument(program).strike(pitch, 90, 1.0)[0, SAMPLE_RATE // 10 : SAMPLE_RATE]
    assert cents_off(wave, hertz(pitch)) == pytest.approx(0, abs=3)


@pytest.mark.parametrize("program", [32, 33])
@pytest.mark.parametrize("pitch", [31, 38, 45])
def test_a_bass_has_the_overtones_that_small_speakers_need(program: int, pitch: int) -> None:
    frequencies, power = spectrum(PitchedInstrument(program).strike(pitch, 76, 0.5)[0])
    order = frequencies / hertz(pitch)
    shares_db = [10 * np.log10(power[np.abs(order - k) < 0.4].sum() / power.sum()) for k in (2, 3, 4)]
    assert (np.array(shares_db) > [-8, -13, -18]).all()


@pytest.mark.parametrize("program", SOLOISTS)
def test_a_harder_note_is_louder(program: int) -> None:
    instrument = PitchedInstrument(program)
    levels = [level_db(instrument.strike(67, velocity, 0.3)) for velocity in range(8, 128, 17)]
    assert (np.diff(levels) > 0.5).all()


@pytest.mark.parametrize("program", [0, 4, 26, 56, 66])
def test_a_harder_note_is_brighter(program: int) -> None:
    instrument = PitchedInstrument(program)
    soft, loud = (centroid(instrument.strike(60, velocity, 0.3)[0]) for velocity in (30, 120))
    assert loud > 1.02 * soft


@pytest.mark.parametrize("program", PLUCKED)
def test_what_is_struck_dies_away(program: int) -> None:
    wave = PitchedInstrument(program).strike(60, 90, 2.0)[0]
    assert level_db(wave[3 * SAMPLE_RATE // 2 : 2 * SAMPLE_RATE]) < level_db(wave[: SAMPLE_RATE // 2]) - 3


@pytest.mark.parametrize("program", BLOWN)
def test_what_is_blown_holds_its_level(program: int) -> None:
    wave = PitchedInstrument(program).strike(60, 90, 2.0)[0]
    assert level_db(wave[3 * SAMPLE_RATE // 2 : 2 * SAMPLE_RATE]) > level_db(wave[: SAMPLE_RATE // 2]) - 3


@pytest.mark.parametrize("program", [0, 32, 56, 66, 73])
def test_a_note_ends_soon_after_its_key(program: int) -> None:
    sound = PitchedInstrument(program).strike(60, 90, 0.5)
    assert sound.shape[1] < SAMPLE_RATE
    assert np.abs(sound[:, -50:]).max() < 0.01 * np.abs(sound).max()


@pytest.mark.parametrize("program", [0, 26, 32, 40, 56, 66, 73])
def test_a_note_begins_without_a_click(program: int) -> None:
    sound = PitchedInstrument(program).strike(60, 127, 0.5)
    assert np.abs(sound[:, 0]).max() < 0.02 * np.abs(sound).max()


@pytest.mark.parametrize("program", [40, 56, 66, 73])
def test_vibrato_comes_with_long_notes_only(program: int) -> None:
    cents = bend_cents(PitchedInstrument(program).strike(69, 90, 2.0)[0, : 2 * SAMPLE_RATE], 440.0)
    early, late = cents[SAMPLE_RATE // 10 : SAMPLE_RATE // 5], cents[SAMPLE_RATE : 7 * SAMPLE_RATE // 4]
    assert max(10, 1.5 * np.ptp(early)) < np.ptp(late) < 60


def test_a_saxophone_scoops_into_its_note() -> None:
    cents = bend_cents(PitchedInstrument(66).strike(69, 90, 1.0)[0, :SAMPLE_RATE], 440.0)
    assert cents[SAMPLE_RATE // 100] < -10


def bend_cents(
    wave: np.ndarray[tuple[int], np.dtype[np.float32]], hertz: float
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """How far the fundamental is from a frequency at every frame."""
    transform, frequencies = np.fft.fft(wave), np.fft.fftfreq(len(wave), 1 / SAMPLE_RATE)
    analytic = np.fft.ifft(np.where(np.abs(frequencies - hertz) < hertz / 3, transform, 0))
    turned = np.diff(np.unwrap(np.angle(analytic))) / (2 * np.pi)
    return 1200 * np.log2(np.maximum(turned * SAMPLE_RATE, 1) / hertz)


def test_strokes_on_a_drum_differ() -> None:
    kit = DrumKit(0)
    assert not np.array_equal(kit.strike(38, 90, 0.1), kit.strike(38, 90, 0.1))


def test_brushes_are_softer_than_sticks() -> None:
    sticks, brushes = (level_db(DrumKit(program).strike(38, 90, 0.1)[:, :2000]) for program in (0, 40))
    assert brushes < sticks


def test_the_hi_hats_share_a_choke_group_and_the_ride_has_none() -> None:
    kit = DrumKit(0)
    assert len({kit.choke_group(pitch) for pitch in (42, 44, 46)}) == 1
    assert (kit.choke_group(42) != 0, kit.choke_group(51)) == (True, 0)


@pytest.mark.parametrize(("program", "is_drum", "pitch"), [(66, False, 60), (0, False, 60), (0, True, 38)])
def test_an_instrument_sounds_the_same_every_time(program: int, is_drum: bool, pitch: int) -> None:
    first, second = (built_in_instrument(program, is_drum).strike(pitch, 90, 0.3) for _ in range(2))
    assert np.array_equal(first, second)
