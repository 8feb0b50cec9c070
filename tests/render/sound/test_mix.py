from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solomuse.errors import OutputError
from solomuse.music.chart import ChordSpan
from solomuse.music.chart_text import parse_chart
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.meter import Meter
from solomuse.music.note import Note
from solomuse.music.song import MeterChange, Song, TempoChange, Track
from solomuse.music.symbols import parse_chord
from solomuse.render.band.styles import STYLE_NAMES, StyleName
from solomuse.render.performance import Performance, performed
from solomuse.render.sound import SAMPLE_RATE, render_song, render_stems
from solomuse.render.sound.installed import VARIABLE, installed_soundfont
from solomuse.render.sound.mastering import PEAK
from tests.render.sound.fonts import Preset, Zone, level_db, write_font

BAR = 1920
PIANO_NOTE = Track((Note(0, 60, 480),), program=0)


def song(*tracks: Track, qpm: float = 120.0) -> Song:
    return Song(tracks, (TempoChange(0, qpm),))


def seconds_of(sound: np.ndarray[tuple[int, int], np.dtype[np.float32]]) -> float:
    return len(sound) / SAMPLE_RATE


def onset(sound: np.ndarray[tuple[int, int], np.dtype[np.float32]], after: float = 0.0) -> float:
    """Seconds at which sound begins."""
    first = round(after * SAMPLE_RATE)
    return float((np.abs(sound[first:]).max(axis=1) > 0.02).argmax() / SAMPLE_RATE + after)


def test_a_song_lasts_for_its_bars_and_a_short_tail() -> None:
    assert 2.0 <= seconds_of(render_song(song(PIANO_NOTE), "built-in")) <= 4.0


def test_the_form_counts_where_the_notes_end_early() -> None:
    chords = (ChordSpan(0, 4 * BAR, parse_chord("C7")),)
    assert 8.0 <= seconds_of(render_song(replace(song(PIANO_NOTE), chords=chords), "built-in")) <= 10.0


def test_bars_of_any_meter_are_filled() -> None:
    odd = replace(song(PIANO_NOTE), meters=(MeterChange(0, Meter(7, 8)),))
    assert 1.75 <= seconds_of(render_song(odd, "built-in")) <= 3.75


def test_the_tail_ends_in_silence() -> None:
    crash = Track((Note(BAR - 120, 49, 120, 127),), is_drum=True)
    sound = render_song(song(crash), "built-in")
    assert seconds_of(sound) == pytest.approx(4.0, abs=0.2)
    assert np.abs(sound[-100:]).max() < 0.01


def test_a_song_without_notes_is_silence() -> None:
    chords = (ChordSpan(0, BAR, parse_chord("C7")),)
    sound = render_song(Song((), chords=chords), "built-in")
    assert (sound.shape, sound.any()) == ((2 * SAMPLE_RATE, 2), False)


def test_the_tempo_map_is_followed() -> None:
    track = Track((Note(2 * BAR, 60, 480),))
    changing = Song((track,), (TempoChange(0, 120.0), TempoChange(BAR, 240.0)))
    assert onset(render_song(changing, "built-in")) == pytest.approx(3.0, abs=0.01)


def test_the_sound_is_the_same_every_time() -> None:
    track, drums = Track((Note(0, 60, 480), Note(480, 64, 480)), program=66), Track((Note(0, 38, 60),), is_drum=True)
    assert np.array_equal(render_song(song(track, drums), "built-in"), render_song(song(track, drums), "built-in"))


notes = st.builds(
    Note,
    time=st.integers(0, 2 * BAR),
    pitch=st.integers(0, 127),
    duration=st.integers(1, 3000),
    velocity=st.integers(1, 127),
)
tracks = st.builds(
    Track, notes=st.lists(notes, min_size=1, max_size=6), program=st.integers(0, 127), is_drum=st.booleans()
)


@settings(max_examples=8)
@given(st.lists(tracks, min_size=1, max_size=3))
def test_the_highest_peak_is_at_minus_one_decibel_whatever_is_played(band: list[Track]) -> None:
    sound = render_song(song(*band, qpm=240), "built-in")
    assert np.isfinite(sound).all()
    assert np.abs(sound).max() == pytest.approx(PEAK, abs=1e-4)


def test_every_second_with_notes_is_heard() -> None:
    band = [
        Track(tuple(Note(beat * 480, 60 + beat % 12, 240, 70) for beat in range(32)), "Solo", 66),
        Track(tuple(Note(bar * BAR, 36 + bar, BAR, 70) for bar in range(8)), "Bass", 32),
        Track(tuple(Note(beat * 480, 51, 240, 70) for beat in range(32)), "Drums", 0, is_drum=True),
    ]
    sound = render_song(song(*band), "built-in")
    assert min(level_db(sound[start : start + SAMPLE_RATE]) for start in range(0, 16 * SAMPLE_RATE, SAMPLE_RATE)) > -30


def test_the_melody_is_in_front() -> None:
    first, second = Track((Note(0, 60, 480),), program=66), Track((Note(2 * BAR, 60, 480),), program=66)
    sound = render_song(replace(song(first, second), melody_track=0), "built-in")
    melody, other = level_db(sound[:SAMPLE_RATE]), level_db(sound[4 * SAMPLE_RATE : 5 * SAMPLE_RATE])
    assert 2 < melody - other < 4


@pytest.mark.parametrize("style", STYLE_NAMES)
def test_the_soloist_is_over_the_chords_in_every_style(style: StyleName) -> None:
    line = tuple(Note(240 * step, 60 + 2 * step % 12, 230) for step in range(32))
    played = performed(LeadSheet(parse_chart("Dm7 | G7 | Cmaj7 | A7"), line), Performance(style=style))
    stems = render_stems(replace(played, tracks=(played.tracks[0], played.tracks[2])), "built-in")
    assert 3 < level_db(stems.melody) - level_db(stems.band) < 7


def test_the_stems_add_up_to_the_mix() -> None:
    drums = Track(tuple(Note(240 * step, 38, 60, 127) for step in range(16)), is_drum=True)
    whole = replace(song(PIANO_NOTE, drums), melody_track=0)
    stems = render_stems(whole, "built-in")
    assert np.array_equal(stems.mix, render_song(whole, "built-in"))
    assert np.abs(stems.melody + stems.band - stems.mix).max() < 1e-6
    later = slice(SAMPLE_RATE, 2 * SAMPLE_RATE)
    assert level_db(stems.melody[later]) < level_db(stems.band[later]) - 20


def test_a_stem_of_what_is_not_there_is_silence() -> None:
    songs = (replace(song(PIANO_NOTE), melody_track=place) for place in (0, None))
    melody_only, band_only = (render_stems(own, "built-in") for own in songs)
    assert (melody_only.band.any(), band_only.melody.any()) == (False, False)
    assert np.array_equal(melody_only.melody, melody_only.mix)


def test_the_melody_stands_in_the_middle_and_others_at_the_sides() -> None:
    scale = song(Track(tuple(Note(80 * step, 54 + step, 80) for step in range(24))))
    sides = []
    for melody_track in (0, None):
        sound = render_song(replace(scale, melody_track=melody_track), "built-in")
        sides.append(level_db(sound[:, 0]) - level_db(sound[:, 1]))
    assert abs(sides[0]) < 0.5 < 1.5 < sides[1]


def test_a_closed_hi_hat_silences_an_open_one() -> None:
    opened, closed, kick = Note(0, 46, 60, 100), Note(480, 42, 60, 1), Note(480, 36, 60, 1)
    ringing, choked = (
        render_song(song(Track(hats, is_drum=True)), "built-in")[3 * SAMPLE_RATE // 4 : SAMPLE_RATE]
        for hats in ((opened, kick), (opened, closed, kick))
    )
    assert level_db(choked) < level_db(ringing) - 10


def test_hi_hats_struck_at_once_do_not_silence_each_other() -> None:
    both = Track((Note(0, 46, 60, 100), Note(0, 44, 60, 100)), is_drum=True)
    assert level_db(render_song(song(both), "built-in")[SAMPLE_RATE // 4 : SAMPLE_RATE // 2]) > -40


def test_a_named_soundfont_is_played(tmp_path: Path) -> None:
    font = write_font(tmp_path / "a.sf2", [Preset([Zone(0, {"pan": 500})])])
    sound = render_song(replace(song(PIANO_NOTE), melody_track=0), font)
    assert level_db(sound[:, 0]) < level_db(sound[:, 1]) - 10


def test_the_variable_names_a_soundfont(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    font = write_font(tmp_path / "a.sf2", [Preset([Zone(0, {"pan": 500})])])
    monkeypatch.setenv(VARIABLE, str(font))
    assert np.array_equal(render_song(song(PIANO_NOTE)), render_song(song(PIANO_NOTE), font))


def test_the_variable_may_ask_for_the_built_in_sound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "built-in")
    assert np.array_equal(render_song(song(PIANO_NOTE)), render_song(song(PIANO_NOTE), "built-in"))


def test_the_largest_installed_soundfont_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    for name, size in (("small.sf2", 1_500_000), ("large.sf2", 2_000_000), ("other.txt", 3_000_000)):
        (tmp_path / name).write_bytes(bytes(size))
    assert installed_soundfont((str(tmp_path / "none"), str(tmp_path))) == tmp_path / "large.sf2"


def test_a_folder_with_a_toy_soundfont_has_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    (tmp_path / "toy.sf2").write_bytes(bytes(1000))
    assert installed_soundfont((str(tmp_path),)) is None


def test_a_song_of_hours_is_refused() -> None:
    endless = Song((Track((Note(0, 60, 480 * 100),)),), (TempoChange(0, 1.0),))
    with pytest.raises(OutputError, match="minutes"):
        render_song(endless, "built-in")
