from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from solomuse.analysis.bars import (
    beat_phase,
    coherence,
    deviation,
    downbeats,
    onset_weights,
    pitched_columns,
    seconds_of,
    track_beats,
    with_bars,
)
from solomuse.music.chart import ChordSpan
from solomuse.music.chart_text import parse_chart
from solomuse.music.chord import Chord
from solomuse.music.meter import Meter
from solomuse.music.note import Note
from solomuse.music.song import MeterChange, Song, TempoChange, Track
from tests.plain_backing import plain_backing

CHART = parse_chart("C | Am | Dm7 | G7 | Em7 | A7 | Dm7 | G7 | C | F | C | G7 | C | F | G7 | C")
PLAIN = Song(plain_backing(CHART))


def moved(song: Song, ticks: int) -> Song:
    tracks = [replace(track, notes=tuple(note.shift(ticks) for note in track.notes)) for track in song.tracks]
    return replace(song, tracks=tuple(tracks))


def first_onset(song: Song) -> int:
    return min(note.time for track in song.tracks for note in track.notes)


def test_what_the_file_says_stays_where_it_is_believable() -> None:
    song, grid = with_bars(PLAIN)
    assert (song, grid.source, grid.deviation) == (PLAIN, "file", 0.0)


@pytest.mark.parametrize("phase", [60, 100, 170, 200, 260, 330, 420])
def test_notes_that_lie_off_the_beat_are_moved_onto_it(phase: int) -> None:
    song, grid = with_bars(moved(PLAIN, phase))
    assert grid.source == "phase"
    assert first_onset(song) % 480 == 0


def test_a_song_in_bars_of_one_quarter_gets_bars() -> None:
    song, grid = with_bars(replace(PLAIN, meters=(MeterChange(0, Meter(1, 4)),)))
    assert grid.source == "bars"
    assert song.meters[0].meter == Meter(4, 4)
    bars = {note.time % 1920 for note in song.tracks[1].notes}
    assert bars == {0}  # the piano strikes on the first beat of each bar


def test_chords_and_tempo_move_with_the_notes() -> None:
    song = replace(
        moved(PLAIN, 200),
        chords=(ChordSpan(200, 1920, Chord(0, "maj")),),
        tempos=(TempoChange(0, 100.0), TempoChange(2120, 110.0)),
    )
    found, _ = with_bars(song)
    shift = first_onset(found) - 200
    assert found.chords[0].time == 200 + shift
    assert found.tempos == (TempoChange(0, 100.0), TempoChange(2120 + shift, 110.0))


def test_a_performance_against_a_clock_of_its_own_gets_beats() -> None:
    generator = np.random.default_rng(0)
    slower = [
        replace(
            track,
            notes=tuple(
                sorted(
                    Note(round(note.time * 1.37 + abs(generator.normal(0, 12))), note.pitch, round(note.duration * 1.3))
                    for note in track.notes
                )
            ),
        )
        for track in PLAIN.tracks
    ]
    song, grid = with_bars(replace(PLAIN, tracks=tuple(slower)))
    assert grid.source == "tracked"
    assert deviation(pitched_columns(song)[:, 0]) < 40
    assert song.tempos[0].qpm == pytest.approx(120 / 1.37, rel=0.06)


def test_few_notes_are_left_as_they_are() -> None:
    song = Song((Track((Note(77, 60, 100),)),), meters=(MeterChange(0, Meter(1, 4)),))
    assert with_bars(song)[0] == song


def test_the_phase_fits_as_well_as_it_says() -> None:
    columns = pitched_columns(moved(PLAIN, 90))
    phase, share = beat_phase(columns[:, 0], onset_weights(columns))
    assert abs(phase - 90) <= 2
    assert 0 <= share < 0.6


@pytest.mark.parametrize(("step", "expected"), [(120, 1.0), (160, 1.0), (480, 1.0), (37, 0.0)])
def test_coherence_is_agreement_on_a_grid(step: int, expected: float) -> None:
    onsets = np.arange(2000) * step + 50
    assert coherence(onsets, np.ones(len(onsets))) == pytest.approx(expected, abs=0.02)


def test_downbeats_follow_the_odds_and_allow_an_irregular_bar() -> None:
    odds = np.full(43, -3.0)
    firsts = [*range(0, 20, 4), *range(18, 43, 4)]  # one bar of two
    odds[firsts] = 5.0
    starts, length = downbeats(odds)
    assert (starts.tolist(), length) == (firsts, 4)


def test_three_beats_to_a_bar_are_found() -> None:
    odds = np.full(90, -3.0)
    odds[::3] = 4.0
    assert downbeats(odds)[1] == 3


def test_seconds_follow_the_tempo_map() -> None:
    song = replace(PLAIN, tempos=(TempoChange(0, 120.0), TempoChange(960, 60.0)))
    ticks = np.array([0, 480, 960, 1440])
    assert seconds_of(song, ticks).tolist() == [song.seconds_at(int(tick)) for tick in ticks] == [0.0, 0.5, 1.0, 2.0]


def test_beats_are_tracked_through_a_change_of_tempo() -> None:
    beats = np.cumsum(np.concatenate([np.full(40, 0.6), np.linspace(0.6, 0.66, 60)]))
    found = track_beats(beats, np.ones(len(beats)))
    hits = [np.abs(found - beat).min() < 0.07 for beat in beats]
    assert np.mean(hits) > 0.9


def test_a_song_that_says_no_meter_is_in_four_unless_it_clearly_is_not() -> None:
    waltz = parse_chart(
        "(3/4) C | Am | Dm7 | G7 | Em7 | A7 | Dm7 | G7 | C | F | C | G7 | C | F | G7 | C | F | G7 | C | C"
    )
    silent = Song(plain_backing(waltz), says_meter=False)
    found, grid = with_bars(silent)
    assert (grid.source, found.meters[0].meter) == ("bars", Meter(3, 4))
    assert with_bars(replace(PLAIN, says_meter=False))[0] == PLAIN
    assert with_bars(replace(silent, says_meter=True))[0] == silent


@pytest.mark.parametrize("length_seconds", [0.2, 1.0, 5.0])
def test_beats_of_a_short_performance_rise(length_seconds: float) -> None:
    onsets = np.sort(np.random.default_rng(0).uniform(0, length_seconds, 40))
    assert (np.diff(track_beats(onsets, np.ones(40))) > 0).all()


def test_an_absurd_tempo_does_not_make_days_of_beats() -> None:
    generator = np.random.default_rng(0)
    notes = tuple(Note(int(time), 60, 100) for time in generator.integers(0, 960_000, 400))
    song = Song((Track(notes),), tempos=(TempoChange(0, 0.1),))
    assert with_bars(song)[1].source != "tracked"
