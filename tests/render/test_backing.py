from collections import defaultdict
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solomuse.music.chart import Chart, ChordSpan, chart_from_spans
from solomuse.music.chart_text import parse_chart
from solomuse.music.meter import COMMON_TIME
from solomuse.music.note import Note
from solomuse.music.symbols import parse_chord
from solomuse.render.backing import backing_tracks
from solomuse.render.band import bass, voicings
from solomuse.render.band.styles import STYLE_NAMES, StyleName
from tests.strategies import charts

STANDARD = parse_chart("Cm7 | F7 | Bbmaj7 | Ebmaj7 | Am7b5 | D7(b9) | Gm6 | % | Cm7 F7 | Bbmaj7 G7 | Cm7 F7 | Bb6")
styles = st.sampled_from(STYLE_NAMES)
seeds = st.integers(0, 2**32)


def struck(notes: tuple[Note, ...]) -> dict[int, list[int]]:
    """The pitches that begin at each time."""
    found: dict[int, list[int]] = defaultdict(list)
    for note in notes:
        found[note.time].append(note.pitch)
    return found


def sounding(chart: Chart) -> list[ChordSpan]:
    return [span for span in chart.spans() if span.chord.root is not None]


@pytest.mark.parametrize(
    ("style", "band"),
    [
        ("swing", [("Bass", 32, False), ("Piano", 0, False), ("Drums", 0, True)]),
        ("bossa", [("Bass", 32, False), ("Guitar", 24, False), ("Drums", 0, True)]),
        ("ballad", [("Bass", 32, False), ("Piano", 0, False), ("Drums", 40, True)]),
        ("rock", [("Bass", 34, False), ("Guitar", 27, False), ("Drums", 0, True)]),
    ],
)
def test_a_style_has_its_instruments(style: StyleName, band: list[tuple[str, int, bool]]) -> None:
    assert [(track.name, track.program, track.is_drum) for track in backing_tracks(STANDARD, style)] == band


@pytest.mark.parametrize("style", STYLE_NAMES)
def test_the_same_seed_gives_the_same_notes_and_another_one_another_take(style: StyleName) -> None:
    assert backing_tracks(STANDARD, style, seed=3) == backing_tracks(STANDARD, style, seed=3)
    for track, other in zip(backing_tracks(STANDARD, style, 3), backing_tracks(STANDARD, style, 4), strict=True):
        assert track.notes != other.notes


def test_the_style_is_the_charts_unless_given() -> None:
    bossa = parse_chart("style: Bossa Nova\nDm7 | G7 | Cmaj7 | %")
    assert backing_tracks(bossa) == backing_tracks(bossa, "bossa") != backing_tracks(bossa, "swing")


@pytest.mark.parametrize("style", STYLE_NAMES)
def test_bass_and_chords_rest_where_there_is_no_chord_and_drums_go_on(style: StyleName) -> None:
    *pitched, drums = backing_tracks(parse_chart("C | N.C. | F | C | C"), style)
    for track in pitched:
        assert not [note for note in track.notes if note.time < 3840 and note.end > 1920]
    assert [note for note in drums.notes if 1920 <= note.time < 3840]


def test_a_chart_without_chords_leaves_only_drums() -> None:
    assert [len(track.notes) > 0 for track in backing_tracks(parse_chart("N.C. | % | N.C."))] == [False, False, True]


@pytest.mark.parametrize("style", STYLE_NAMES)
def test_the_last_bar_is_one_held_chord(style: StyleName) -> None:
    bass_track, chords, drums = backing_tracks(STANDARD, style)
    last = STANDARD.bar_times[-2]
    assert [note.time for note in bass_track.notes if note.time >= last] == [last]
    assert {note.time for note in chords.notes if note.time > last} == set()
    assert max(note.end for note in chords.notes) > last + 960
    assert {note.time for note in drums.notes if note.time >= last} == {last}


@pytest.mark.parametrize("text", ["(12/8) F7 | Bb7 | F7 | C7", "(6/4) F7 | Bb7 | F7 | C7", "F7 | Bb7 | F7 | C7"])
@pytest.mark.parametrize("seed", range(6))
def test_the_last_chord_rings_to_the_end(text: str, seed: int) -> None:
    chart = parse_chart(text)
    bass_track, chords, _ = backing_tracks(chart, "ballad", seed)
    assert max(note.end for note in chords.notes) == chart.duration
    assert bass_track.notes[-1].end >= 0.9 * chart.duration


def test_a_vamp_of_two_bars_has_no_ending() -> None:
    drums = backing_tracks(parse_chart("Dm7 | G7"))[2]
    assert len({note.time for note in drums.notes if note.time >= 1920}) > 4


@settings(max_examples=150)
@given(charts, styles, seeds)
def test_any_chart_in_any_meter_is_played_inside_its_form_and_registers(
    chart: Chart, style: StyleName, seed: int
) -> None:
    bass_track, chords, drums = backing_tracks(chart, style, seed)
    assert all(note.end <= chart.duration for track in (bass_track, chords, drums) for note in track.notes)
    assert all(bass.LOW <= note.pitch <= bass.HIGH for note in bass_track.notes)
    assert all(voicings.LOW <= note.pitch <= voicings.HIGH for note in chords.notes)
    assert all(note.end <= follower.time for note, follower in pairwise(bass_track.notes))
    assert all(a.end <= b.time for a, b in pairwise(chords.notes) if a.time != b.time)
    assert drums.notes


@settings(max_examples=150)
@given(charts, styles, seeds)
def test_the_bass_begins_every_chord_with_its_bass(chart: Chart, style: StyleName, seed: int) -> None:
    pitch_by_time = {note.time: note.pitch for note in backing_tracks(chart, style, seed)[0].notes}
    for span in sounding(chart):
        assert pitch_by_time[span.time] % 12 == span.chord.bass


@settings(max_examples=150)
@given(charts, styles, seeds)
def test_every_chord_is_struck_in_its_own_tones_in_time_or_just_ahead(
    chart: Chart, style: StyleName, seed: int
) -> None:
    """What is struck belongs to the chord of its time, or to the next one where that begins within the pulse."""
    spans = sounding(chart)
    heard: set[int] = set()
    for time, pitches in struck(tuple(backing_tracks(chart, style, seed)[1].notes)).items():
        fitting = {
            place
            for place, span in enumerate(spans)
            if span.time - 480 < time < span.end and {pitch % 12 for pitch in pitches} <= set(span.chord.pitch_classes)
        }
        assert fitting
        assert len(pitches) <= 4
        heard |= fitting
    assert heard == set(range(len(spans)))


def test_a_bar_of_64_chords_is_played() -> None:
    spans = [ChordSpan(place * 30, 30, parse_chord(("Dm7", "G7")[place % 2])) for place in range(64)]
    bass_track, chords, _ = backing_tracks(chart_from_spans(spans, [COMMON_TIME]))
    assert (len(bass_track.notes), len(struck(tuple(chords.notes)))) == (64, 64)
