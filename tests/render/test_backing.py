from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings

from solomuse.formats.midi import read_midi, write_midi
from solomuse.music.chart import Chart
from solomuse.music.chart_text import parse_chart
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.meter import Meter
from solomuse.music.note import Note
from solomuse.music.song import MeterChange, TempoChange
from solomuse.music.symbols import parse_chord
from solomuse.render.backing import (
    BASS_HIGH,
    BASS_LOW,
    CHORDS_HIGH,
    CHORDS_LOW,
    backing_tracks,
    song_of,
    strong_beats,
    voicings,
)
from tests.strategies import charts


def bass_notes(text: str) -> list[tuple[int, int]]:
    """(time, pitch) of the bass over a chart."""
    return [(note.time, note.pitch) for note in backing_tracks(parse_chart(text))[0].notes]


def test_the_band_is_acoustic_bass_and_piano() -> None:
    assert [(track.name, track.program) for track in backing_tracks(parse_chart("C"))] == [("Bass", 32), ("Chords", 0)]


@pytest.mark.parametrize(
    ("meter", "beats"),
    [
        *(((4, 4), (0, 2)), ((3, 4), (0,)), ((2, 4), (0,)), ((1, 4), (0,)), ((5, 4), (0, 3)), ((6, 4), (0, 2, 4))),
        *(((6, 8), (0, 3)), ((12, 8), (0, 3, 6, 9)), ((7, 8), (0, 3, 5)), ((3, 8), (0,))),
    ],
)
def test_strong_beats(meter: tuple[int, int], beats: tuple[int, ...]) -> None:
    assert strong_beats(Meter(*meter)) == beats


def test_the_bass_plays_root_then_fifth_on_the_strong_beats() -> None:
    assert bass_notes("C") == [(0, 36), (960, 43)]


def test_the_bass_steps_into_the_next_chord() -> None:
    assert bass_notes("C | F")[:4] == [(0, 36), (960, 43), (1440, 42), (1920, 41)]


@pytest.mark.parametrize(("symbol", "interval"), [("Cm7b5", 6), ("Caug", 8), ("C7", 7)])
def test_the_fifth_is_the_chords_own(symbol: str, interval: int) -> None:
    (_, root), (_, fifth) = bass_notes(symbol)
    assert fifth - root == interval


def test_a_slash_bass_is_played_and_its_root_takes_the_place_of_the_fifth() -> None:
    assert [pitch % 12 for _, pitch in bass_notes("C7/E")] == [4, 0]


def test_a_chord_without_a_third_is_voiced_as_it_is() -> None:
    assert {pitch % 12 for voicing in voicings(parse_chord("C5")) for pitch in voicing} == {0, 7}


def test_a_rich_chord_keeps_its_guide_tones_and_colours() -> None:
    assert {pitch % 12 for pitch in voicings(parse_chord("C13(#11)"))[0]} >= {4, 10, 6}


def test_the_band_rests_where_there_is_no_chord() -> None:
    for track in backing_tracks(parse_chart("C | N.C. | F")):
        assert not [note for note in track.notes if note.time < 3840 and note.end > 1920]


def test_a_chart_without_chords_has_silent_tracks() -> None:
    assert [track.notes for track in backing_tracks(parse_chart("N.C."))] == [(), ()]


def test_a_held_chord_is_struck_again_each_bar() -> None:
    assert {note.time for note in backing_tracks(parse_chart("C | % | F G"))[1].notes} == {0, 1920, 3840, 4800}


def test_voices_of_common_progressions_move_little() -> None:
    notes = backing_tracks(parse_chart("Dm7 | G7 | Cmaj7 | Am7"))[1].notes
    voicings_in_time = [sorted(note.pitch for note in notes if note.time == time) for time in range(0, 7680, 1920)]
    moves = [abs(a - b) for before, after in pairwise(voicings_in_time) for a, b in zip(before, after, strict=True)]
    assert max(moves) <= 2


@settings(max_examples=60, deadline=None)
@given(charts)
def test_any_chart_gets_a_backing_in_its_registers_and_bars(chart: Chart) -> None:
    bass, chords = backing_tracks(chart)
    assert all(BASS_LOW <= note.pitch <= BASS_HIGH for note in bass.notes)
    assert all(CHORDS_LOW <= note.pitch <= CHORDS_HIGH for note in chords.notes)
    assert all(note.end <= follower.time for note, follower in pairwise(bass.notes))
    assert all(note.end <= chart.duration for note in (*bass.notes, *chords.notes))
    sounding = {time + span.time for time, bar in zip(chart.bar_times, chart.bars, strict=False)
                for span in bar.chords if span.chord.root is not None}  # fmt: skip
    assert {note.time for note in chords.notes} == sounding
    assert sounding <= {note.time for note in bass.notes}


@settings(max_examples=60, deadline=None)
@given(charts)
def test_the_bass_begins_every_chord_with_its_bass_and_the_piano_plays_chord_tones(chart: Chart) -> None:
    bass, chords = backing_tracks(chart)
    pitch_by_time = {note.time: note.pitch for note in bass.notes}
    for time, bar in zip(chart.bar_times, chart.bars, strict=False):
        for span in (span for span in bar.chords if span.chord.root is not None):
            voicing = [note.pitch % 12 for note in chords.notes if note.time == time + span.time]
            assert pitch_by_time[time + span.time] % 12 == span.chord.bass
            assert len(voicing) <= 4
            assert set(voicing) <= set(span.chord.pitch_classes)


def test_the_backing_is_the_same_on_every_call() -> None:
    chart = parse_chart("Dm7 G7 | Cmaj7 | (3/4) A7alt | Dm/F")
    assert backing_tracks(chart) == backing_tracks(chart)


def test_a_song_holds_solo_backing_chords_meters_and_title(tmp_path: Path) -> None:
    bars = parse_chart("Dm7 | G7 | (3/4) Cmaj7 | %").bars
    sheet = LeadSheet(Chart(bars, title="Small Tune", key="C:maj"), (Note(0, 72, 240), Note(480, 74, 240)))
    song = song_of(sheet, qpm=132, program=65)
    assert [(track.name, track.program) for track in song.tracks] == [("Solo", 65), ("Bass", 32), ("Chords", 0)]
    assert song.tracks[0].notes == sheet.melody
    assert song.tempos == (TempoChange(0, 132),)
    assert song.meters == (MeterChange(0, Meter(4, 4)), MeterChange(3840, Meter(3, 4)))
    assert [span.chord.label for span in song.chords] == ["D:min7", "G:7", "C:maj7"]
    assert (song.title, song.key, song.melody_track) == ("Small Tune", "C:maj", 0)
    write_midi(song, tmp_path / "Small Tune.mid")
    read = read_midi(tmp_path / "Small Tune.mid")
    assert (read.tracks, read.chords, read.bar_meters()) == (song.tracks, song.chords, song.bar_meters())
