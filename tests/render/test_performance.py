import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solomuse.errors import ConfigError
from solomuse.formats.midi import read_midi, write_midi
from solomuse.music.chart import Chart
from solomuse.music.chart_text import parse_chart
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.meter import Meter
from solomuse.music.note import Note
from solomuse.music.song import MeterChange, TempoChange
from solomuse.render.band.styles import STYLE_NAMES
from solomuse.render.performance import Performance, performed, swing_of
from tests.strategies import charts, lead_sheets

EIGHTHS = tuple(Note(time, 60 + time // 240 % 7, 240) for time in range(0, 4 * 1920, 240))
TUNE = LeadSheet(parse_chart("style: Medium Swing\nDm7 | G7 | Cmaj7 | %"), EIGHTHS)
AS_WRITTEN = Performance(swing=1.0, lay_back=0.0, dynamics=0.0)

performances = st.builds(
    Performance,
    style=st.none() | st.sampled_from(STYLE_NAMES),
    qpm=st.none() | st.floats(20, 400),
    swing=st.none() | st.floats(1, 3),
    lay_back=st.floats(0, 100),
    dynamics=st.floats(0, 1),
    program=st.integers(0, 127),
    band=st.booleans(),
    seed=st.integers(0, 2**40),
)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"style": "klezmer"}, "style 'klezmer' is unknown; expected one of swing, bossa"),
        ({"qpm": 0.0}, "tempo 0.0: expected 20 to 400"),
        ({"qpm": float("nan")}, "tempo nan: expected 20 to 400"),
        ({"swing": 0.5}, "swing 0.5: expected 1 to 3"),
        ({"lay_back": -1.0}, "lay_back -1.0: expected 0 to 100, milliseconds"),
        ({"dynamics": 1.5}, "dynamics 1.5: expected 0 to 1"),
        ({"program": 128}, "program 128: expected 0 to 127"),
        ({"seed": -1}, "seed -1: expected a whole number from 0 up"),
    ],
)
def test_what_is_out_of_range_is_refused_in_a_sentence(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Performance(**options)


def test_a_song_holds_solo_band_chords_meters_and_title(tmp_path: Path) -> None:
    bars = parse_chart("Dm7 | G7 | (3/4) Cmaj7 | %").bars
    sheet = LeadSheet(Chart(bars, title="Small Tune", key="C:maj"), (Note(0, 72, 240), Note(480, 74, 240)))
    song = performed(sheet, Performance(style="swing", qpm=132, program=65))
    names = [(track.name, track.program, track.is_drum) for track in song.tracks]
    assert names == [("Solo", 65, False), ("Bass", 32, False), ("Piano", 0, False), ("Drums", 0, True)]
    assert song.tempos == (TempoChange(0, 132),)
    assert song.meters == (MeterChange(0, Meter(4, 4)), MeterChange(3840, Meter(3, 4)))
    assert [span.chord.label for span in song.chords] == ["D:min7", "G:7", "C:maj7"]
    assert (song.title, song.key, song.melody_track) == ("Small Tune", "C:maj", 0)
    write_midi(song, tmp_path / "Small Tune.mid")
    read = read_midi(tmp_path / "Small Tune.mid")
    assert (read.tracks, read.chords, read.bar_meters()) == (song.tracks, song.chords, song.bar_meters())


def test_as_written_the_solo_is_the_melody() -> None:
    assert performed(TUNE, AS_WRITTEN).tracks[0].notes == TUNE.melody


def test_without_a_band_the_solo_is_alone() -> None:
    assert [track.name for track in performed(TUNE, Performance(band=False)).tracks] == ["Solo"]


def test_tempo_is_the_performances_then_the_charts_then_the_styles() -> None:
    with_tempo = LeadSheet(Chart(TUNE.chart.bars, qpm=90.0), ())
    tempos = [
        performed(sheet, performance).tempos[0].qpm
        for sheet, performance in (
            (with_tempo, Performance(qpm=200)),
            (with_tempo, Performance()),
            (TUNE, Performance(style="swing")),
        )
    ]
    assert tempos == [200, 90, 140]


@pytest.mark.parametrize(
    ("performance", "off_beat"),
    [
        (Performance(lay_back=0, qpm=160), 320),
        (Performance(lay_back=0, qpm=240), 288),
        (Performance(lay_back=0, qpm=320), 262),
        (Performance(lay_back=0, swing=3.0), 360),
        (Performance(lay_back=0, style="bossa"), 240),
        (Performance(lay_back=0, style="bossa", swing=1.5), 288),
    ],
)
def test_solo_and_band_swing_together_less_at_fast_tempos(performance: Performance, off_beat: int) -> None:
    song = performed(TUNE, performance)
    for track in song.tracks:
        within = {note.time % 480 for note in track.notes}
        assert within <= {0, off_beat}
        assert off_beat in within or track.name == "Bass"


def test_dotted_beats_do_not_swing_nor_say_so() -> None:
    jig = performed(LeadSheet(parse_chart("(6/8) Dm | Am"), ()), Performance(style="swing", swing=2.0))
    assert jig.swing == 1.0


def test_a_solo_that_lays_back_is_late_by_milliseconds_on_the_beat() -> None:
    song = performed(TUNE, Performance(qpm=125, lay_back=20))
    assert song.tracks[0].notes[0].time == 20  # 480 ms a quarter: a tick a millisecond
    assert song.tracks[0].notes[1].time == 320
    assert song.tracks[1].notes[0].time == 0


def test_bar_lines_chords_and_markers_stay() -> None:
    plain, swinging = performed(TUNE, AS_WRITTEN), performed(TUNE, Performance(swing=3.0))
    assert (plain.chords, plain.meters) == (swinging.chords, swinging.meters)


def test_dynamics_shape_the_solo_only() -> None:
    plain, shaped = (performed(TUNE, Performance(dynamics=strength)) for strength in (0.0, 1.0))
    assert {note.velocity for note in plain.tracks[0].notes} == {80}
    assert len({note.velocity for note in shaped.tracks[0].notes}) > 5
    assert plain.tracks[1:] == shaped.tracks[1:]


def test_a_seed_is_a_take_of_the_band() -> None:
    first, again, other = (performed(TUNE, Performance(seed=seed)) for seed in (1, 1, 2))
    assert first == again
    assert first.tracks[0] == other.tracks[0]
    assert first.tracks[1] != other.tracks[1]


@settings(max_examples=100)
@given(lead_sheets(), performances)
def test_any_sheet_is_performed_in_order_and_inside_its_form(sheet: LeadSheet, performance: Performance) -> None:
    song = performed(sheet, performance)
    assert len(song.tracks[0].notes) == len(sheet.melody)
    assert song.chords == tuple(sheet.chart.spans())
    for track in song.tracks:
        assert all(note.duration >= 1 and note.end <= sheet.chart.duration for note in track.notes)
        assert all(a.time <= b.time for a, b in pairwise(track.notes))


@settings(max_examples=60)
@given(charts, performances, st.integers(0, 2**16))
def test_a_solo_on_a_grid_keeps_its_pitches_in_order(chart: Chart, performance: Performance, pitch_seed: int) -> None:
    times = range(0, chart.duration, 40)
    line = tuple(Note(time, (time * pitch_seed) % 97 + 20, 40) for time in times)
    solo = performed(LeadSheet(chart, line), replace(performance, band=False)).tracks[0].notes
    assert [note.pitch for note in solo] == [note.pitch for note in line]


def test_32_bars_take_a_fraction_of_a_second() -> None:
    sheet = LeadSheet(parse_chart("Cm7 | F7 | Bbmaj7 | Ebmaj7 | Am7b5 | D7(b9) | Gm6 | % | " * 3 + "C | F | G | C"), ())
    performed(sheet)
    start = time.process_time()
    performed(sheet, Performance(seed=1))
    assert time.process_time() - start < 0.25


def test_an_even_ballad_does_not_swing_unless_a_style_is_asked_for() -> None:
    chart = parse_chart("style: Ballad Even\nC | F")
    assert (swing_of(chart, Performance()), swing_of(chart, Performance(style="swing"))) == (1.0, 2.0)
