from __future__ import annotations

import io
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from solomuse.errors import ConfigError, FormatError
from solomuse.render.sound.instrument import SAMPLE_RATE, Stereo, hertz
from solomuse.render.sound.sampler import SampledInstrument
from solomuse.render.sound.soundfont import SoundFont
from tests.render.sound.fonts import (
    LOOPED_A4,
    FontSample,
    Modulation,
    Preset,
    Zone,
    centroid,
    cents_off,
    level_db,
    sine,
    write_font,
)

LOOP = {"sampleModes": 1, "releaseVolEnv": -1200}
NOISE = FontSample(np.random.default_rng(0).integers(-9000, 9000, SAMPLE_RATE).astype(np.int16), 60)


def played(
    folder: Path,
    generators: Mapping[str, int | tuple[int, int]],
    pitch: int = 69,
    velocity: int = 127,
    seconds: float = 0.5,
    sample: FontSample = LOOPED_A4,
    modulators: tuple[Modulation, ...] = (),
) -> Stereo:
    """One note of a font of one zone."""
    font = write_font(folder / "a.sf2", [Preset([Zone(0, generators, modulators)])], [sample])
    return SampledInstrument(SoundFont(font), 0, False).strike(pitch, velocity, seconds)


@pytest.mark.parametrize("pitch", [45, 57, 68, 69, 70, 81, 93])
def test_a_sample_is_in_tune_at_every_pitch(tmp_path: Path, pitch: int) -> None:
    sound = played(tmp_path, LOOP, pitch, seconds=1.0)
    assert cents_off(sound[0, :SAMPLE_RATE], hertz(pitch) * 441 / 440) == pytest.approx(0, abs=1)


@pytest.mark.parametrize(
    ("generators", "cents"),
    [
        *(({"coarseTune": 2}, 200), ({"fineTune": -30}, -30), ({"overridingRootKey": 57}, 1200)),
        ({"scaleTuning": 50, "overridingRootKey": 65}, 200),
    ],
)
def test_tuning_moves_the_pitch(tmp_path: Path, generators: dict[str, int], cents: int) -> None:
    sound = played(tmp_path, {**LOOP, **generators}, seconds=1.0)
    assert cents_off(sound[0, :SAMPLE_RATE], 441 * 2 ** (cents / 1200)) == pytest.approx(0, abs=0.5)


def test_a_sample_of_another_rate_keeps_its_pitch(tmp_path: Path) -> None:
    slow = FontSample(sine(882.0), 69, (100, 20_100), SAMPLE_RATE // 2)
    assert cents_off(played(tmp_path, LOOP, seconds=1.0, sample=slow)[0], 441) == pytest.approx(0, abs=0.5)


@pytest.mark.parametrize("amount", [-32_768, 32_767])
@pytest.mark.parametrize(
    "name",
    [
        *("scaleTuning", "coarseTune", "modEnvToPitch", "keynumToVolEnvHold", "initialAttenuation", "pan"),
        *("initialFilterFc", "initialFilterQ", "modLfoToVolume", "overridingRootKey"),
    ],
)
def test_an_amount_beyond_its_range_is_no_harm(tmp_path: Path, name: str, amount: int) -> None:
    fast = FontSample(LOOPED_A4.points, 69, LOOPED_A4.loop, rate=2**32 - 1)
    assert np.isfinite(played(tmp_path, {**LOOP, name: amount}, 108, seconds=0.1, sample=fast)).all()


def test_a_looped_sample_sounds_for_as_long_as_the_key_is_held(tmp_path: Path) -> None:
    sound = played(tmp_path, LOOP, seconds=3.0)
    assert level_db(sound[:, 2 * SAMPLE_RATE : 3 * SAMPLE_RATE]) == pytest.approx(
        level_db(sound[:, :SAMPLE_RATE]), abs=0.1
    )


def test_a_loop_has_no_seam(tmp_path: Path) -> None:
    wave = played(tmp_path, LOOP, pitch=62, seconds=3.0)[0, 1000 : 3 * SAMPLE_RATE]
    slope = np.abs(np.diff(wave))
    assert slope.max() < 1.05 * np.quantile(slope, 0.99)


def test_a_sample_without_loop_ends_where_it_ends(tmp_path: Path) -> None:
    assert played(tmp_path, {}, seconds=3.0).shape[1] == pytest.approx(len(LOOPED_A4.points), abs=2)


def test_a_sample_may_begin_later(tmp_path: Path) -> None:
    assert played(tmp_path, {"startAddrsOffset": 5000}, seconds=3.0).shape[1] == pytest.approx(17_050, abs=2)


@pytest.mark.parametrize(("velocity", "db"), [(127, 0.0), (64, -11.9), (16, -36.0)])
def test_velocity_attenuates_by_40_log10(tmp_path: Path, velocity: int, db: float) -> None:
    loudest = level_db(played(tmp_path, LOOP))
    assert level_db(played(tmp_path, LOOP, velocity=velocity)) - loudest == pytest.approx(db, abs=0.1)


def test_a_font_may_have_velocity_matter_less(tmp_path: Path) -> None:
    modulators = ((0x0502, 48, 480),)
    loud, soft = (level_db(played(tmp_path, LOOP, velocity=v, modulators=modulators)) for v in (127, 64))
    assert soft - loud == pytest.approx(-5.95, abs=0.1)


def test_velocity_may_open_the_filter(tmp_path: Path) -> None:
    modulators = ((0x0102, 8, -4800),)  # the softer, the lower
    soft, loud = (played(tmp_path, {}, 60, v, sample=NOISE, modulators=modulators) for v in (20, 127))
    assert centroid(soft[0]) < 0.3 * centroid(loud[0])


def test_modulators_of_controllers_are_left_out(tmp_path: Path) -> None:
    assert np.array_equal(
        played(tmp_path, LOOP, modulators=((0x0081, 52, 100), (0x0582, 48, 900))), played(tmp_path, LOOP)
    )


def test_attenuation_counts_four_tenths(tmp_path: Path) -> None:
    quieter = played(tmp_path, {**LOOP, "initialAttenuation": 100})
    assert level_db(quieter) - level_db(played(tmp_path, LOOP)) == pytest.approx(-4, abs=0.05)


@pytest.mark.parametrize(("pan", "left", "right"), [(-500, 1.0, 0.0), (500, 0.0, 1.0), (0, 0.707, 0.707)])
def test_pan_is_of_equal_power(tmp_path: Path, pan: int, left: float, right: float) -> None:
    sound = played(tmp_path, {**LOOP, "pan": pan})
    assert np.abs(sound).max(axis=1) == pytest.approx([0.5 * left, 0.5 * right], abs=0.005)


def test_the_envelope_rises_in_its_attack(tmp_path: Path) -> None:
    wave = played(tmp_path, {**LOOP, "attackVolEnv": -2400})[0]  # a quarter of a second
    tenth = SAMPLE_RATE // 10
    assert np.abs(wave[tenth : tenth + 100]).max() == pytest.approx(
        0.4 * np.abs(wave[3 * tenth : 4 * tenth]).max(), rel=0.02
    )


def test_the_envelope_decays_to_its_sustain(tmp_path: Path) -> None:
    sound = played(
        tmp_path, {**LOOP, "decayVolEnv": 0, "sustainVolEnv": 200}, seconds=2.0
    )  # 100 dB in a second, to -20
    peak = np.abs(sound[0]).max()
    early, late = (np.abs(sound[0, frame : frame + 100]).max() for frame in (SAMPLE_RATE // 10, SAMPLE_RATE))
    assert 20 * np.log10(np.array([early, late]) / peak) == pytest.approx([-10, -20], abs=0.3)


def test_a_released_note_falls_by_100_db_in_its_time(tmp_path: Path) -> None:
    wave = played(tmp_path, {**LOOP, "releaseVolEnv": 0}, seconds=0.5)[0]
    later = wave[SAMPLE_RATE // 2 + SAMPLE_RATE // 5 :][:100]
    assert 20 * np.log10(np.abs(later).max() / 0.354) == pytest.approx(-20, abs=0.5)
    assert len(wave) <= 1.5 * SAMPLE_RATE


def test_a_short_note_is_the_beginning_of_a_long_one(tmp_path: Path) -> None:
    font = SoundFont(write_font(tmp_path / "a.sf2", [Preset([Zone(0, LOOP)])]))
    long_first, short_first = (SampledInstrument(font, 0, False) for _ in range(2))
    long_first.strike(64, 90, 1.0)
    assert np.allclose(long_first.strike(64, 90, 0.25), short_first.strike(64, 90, 0.25), atol=1e-6)


def test_the_filter_takes_off_the_highs(tmp_path: Path) -> None:
    corner = {"initialFilterFc": 8400}  # 1046 Hz
    dull, open_ = (played(tmp_path, generators, 60, sample=NOISE) for generators in (corner, {}))
    assert centroid(dull[0]) < 0.15 * centroid(open_[0])


def test_an_envelope_may_close_the_filter(tmp_path: Path) -> None:
    closing = {"initialFilterFc": 7200, "modEnvToFilterFc": 6000, "decayModEnv": -1200, "sustainModEnv": 1000}
    wave = played(tmp_path, closing, 60, seconds=0.9, sample=NOISE)[0]
    assert centroid(wave[30_000:]) < 0.2 * centroid(wave[:5000])


def test_tremolo_moves_the_level(tmp_path: Path) -> None:
    wave = played(tmp_path, {**LOOP, "modLfoToVolume": 60}, seconds=1.0)[0, :SAMPLE_RATE]
    peaks = np.abs(wave).reshape(-1, 441).max(axis=1)
    assert 20 * np.log10(peaks.max() / peaks.min()) == pytest.approx(12, abs=1.2)


def test_zones_split_keys_and_velocities(tmp_path: Path) -> None:
    zones = [
        Zone(0, {**LOOP, "keyRange": (0, 59)}),
        Zone(0, {**LOOP, "keyRange": (60, 127), "velRange": (0, 99), "pan": -500}),
        Zone(0, {**LOOP, "keyRange": (60, 127), "velRange": (100, 127), "pan": 500}),
    ]
    instrument = SampledInstrument(SoundFont(write_font(tmp_path / "a.sf2", [Preset(zones)])), 0, False)
    sides = [
        tuple(np.abs(instrument.strike(*note, 0.1)).max(axis=1) > 0.01) for note in ((59, 90), (60, 90), (60, 100))
    ]
    assert sides == [(True, True), (True, False), (False, True)]


def test_a_note_outside_of_every_zone_is_silent(tmp_path: Path) -> None:
    assert played(tmp_path, {**LOOP, "keyRange": (0, 59)}, pitch=60).shape == (2, 0)


def test_a_global_zone_is_the_default_of_the_others(tmp_path: Path) -> None:
    zones = [Zone(None, {**LOOP, "pan": -500}), Zone(0, {}), Zone(0, {"pan": 500})]
    regions = SoundFont(write_font(tmp_path / "a.sf2", [Preset(zones)])).regions(0, False)
    assert [(region.generators["pan"], region.generators["sampleModes"]) for region in regions] == [(-500, 1), (500, 1)]


def test_a_presets_generators_are_added_and_its_ranges_narrow(tmp_path: Path) -> None:
    zone = Zone(0, {"coarseTune": 3, "keyRange": (0, 80)})
    preset = Preset([zone], generators={"coarseTune": 2, "keyRange": (40, 127)})
    (region,) = SoundFont(write_font(tmp_path / "a.sf2", [preset])).regions(0, False)
    assert (region.keys, region.generators["coarseTune"]) == ((40, 80), 5)


def test_a_presets_modulators_are_added(tmp_path: Path) -> None:
    preset = Preset([Zone(0, LOOP)], modulators=[(0x0502, 48, -960)])
    instrument = SampledInstrument(SoundFont(write_font(tmp_path / "a.sf2", [preset])), 0, False)
    assert np.array_equal(instrument.strike(60, 20, 0.1), instrument.strike(60, 120, 0.1))


@pytest.mark.parametrize(
    ("program", "is_drum", "pan"), [(0, False, 1), (5, False, 2), (6, False, 1), (0, True, 3), (40, True, 3)]
)
def test_programs_and_drums_find_their_preset_or_the_first_of_the_bank(
    tmp_path: Path, program: int, is_drum: bool, pan: int
) -> None:
    numbers = [(0, 0), (5, 0), (0, 128)]
    presets = [Preset([Zone(0, {"pan": index + 1})], *number) for index, number in enumerate(numbers)]
    (region,) = SoundFont(write_font(tmp_path / "a.sf2", presets)).regions(program, is_drum)
    assert region.generators["pan"] == pan


def test_the_exclusive_class_is_the_choke_group(tmp_path: Path) -> None:
    zones = [Zone(0, {"keyRange": (42, 46), "exclusiveClass": 1}), Zone(0, {"keyRange": (51, 51)})]
    kit = SampledInstrument(SoundFont(write_font(tmp_path / "a.sf2", [Preset(zones, 0, 128)])), 0, True)
    assert [kit.choke_group(pitch) for pitch in (42, 46, 51, 60)] == [1, 1, 0, 0]


@pytest.mark.parametrize("size", [0, 3, 11, 20, 200, 44_300])
def test_what_is_no_whole_soundfont_is_refused(tmp_path: Path, size: int) -> None:
    path = write_font(tmp_path / "a.sf2", [Preset([Zone(0)])])
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(FormatError, match=r"a\.sf2"):
        SoundFont(path).regions(0, False)


def test_a_preset_that_points_nowhere_is_refused(tmp_path: Path) -> None:
    font = SoundFont(write_font(tmp_path / "a.sf2", [Preset([Zone(7)])]))
    with pytest.raises(FormatError, match="damaged"):
        font.regions(0, False)


def test_a_font_that_is_missing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="No such file"):
        SoundFont(tmp_path / "none.sf2")


def test_chunks_may_lack_their_padding(tmp_path: Path) -> None:
    path = write_font(tmp_path / "a.sf2", [Preset([Zone(0, LOOP)])])
    data = path.read_bytes()
    odd = b"LIST" + (4 + 8 + 3).to_bytes(4, "little") + b"INFO" + b"INAM" + (3).to_bytes(4, "little") + b"odd"
    path.write_bytes(data[:12] + odd + data[12:])
    assert len(SoundFont(path).regions(0, False)) == 1


def vorbis(points: np.ndarray[tuple[int], np.dtype[np.int16]]) -> bytes:
    soundfile = pytest.importorskip("soundfile")
    stream = io.BytesIO()
    soundfile.write(stream, points, SAMPLE_RATE, format="OGG")
    return stream.getvalue()


def test_compressed_samples_are_decoded(tmp_path: Path) -> None:
    sample = FontSample(LOOPED_A4.points, 69, LOOPED_A4.loop, data=vorbis(LOOPED_A4.points))
    sound = played(tmp_path, LOOP, seconds=1.0, sample=sample)
    assert cents_off(sound[0, :SAMPLE_RATE], 441) == pytest.approx(0, abs=1)


def test_compressed_samples_ask_for_the_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "soundfile", None)
    with pytest.raises(ConfigError, match=r"solomuse\[audio\]"):
        played(tmp_path, LOOP, sample=FontSample(LOOPED_A4.points, 69, data=b"OggS"))


def test_compressed_samples_that_are_damaged_are_refused(tmp_path: Path) -> None:
    pytest.importorskip("soundfile")
    with pytest.raises(FormatError, match="decoded"):
        played(tmp_path, LOOP, sample=FontSample(LOOPED_A4.points, 69, data=b"OggS" * 20))
