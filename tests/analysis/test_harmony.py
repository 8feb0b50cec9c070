from __future__ import annotations

import pytest

from solomuse.analysis.harmony import infer_chords
from solomuse.errors import NoChordsError
from solomuse.music.chart_text import parse_chart
from solomuse.music.note import Note
from solomuse.music.song import Song, Track
from tests.plain_backing import plain_backing


def block(time: int, duration: int, *pitches: int) -> tuple[Note, ...]:
    return tuple(Note(time, pitch, duration) for pitch in pitches)


def labels(*notes: Note) -> list[str]:
    song = Song((Track(tuple(sorted(notes))),))
    return [span.chord.label for span in infer_chords(song, [0])]


@pytest.mark.parametrize(
    ("pitches", "label"),
    [
        ((48, 60, 64, 67), "C:maj"),
        ((45, 60, 64, 69), "A:min"),
        ((43, 59, 62, 65), "G:7"),
        ((50, 60, 65, 69), "D:min7"),
        ((41, 57, 60, 64), "F:maj7"),
        ((47, 57, 62, 65), "B:hdim7"),
        ((47, 56, 62, 65), "B:dim7"),
        ((52, 60, 67, 72), "C:maj/3"),
    ],
)
def test_a_held_chord_is_heard_with_its_bass(pitches: tuple[int, ...], label: str) -> None:
    assert labels(*block(0, 1920, *pitches)) == [label]


def test_a_chord_lasts_until_the_next_and_silence_is_no_chord() -> None:
    notes = [*block(0, 1920, 48, 60, 64, 67), *block(3 * 1920, 1920, 53, 60, 65, 69)]
    assert labels(*notes) == ["C:maj", "N", "F:maj"]


def test_passing_tones_are_forgiven() -> None:
    passing = [Note(480, 62, 120), Note(600, 65, 120), Note(1200, 69, 120)]
    assert labels(*block(0, 1920, 48, 60, 64, 67), *passing) == ["C:maj"]


def test_the_backing_of_a_chart_gives_the_chart_back() -> None:
    chart = parse_chart("C | Am | Dm7 | G7 | C | A7 | Dm | G7")
    song = Song(plain_backing(chart))
    spans = infer_chords(song, [index for index, track in enumerate(song.tracks) if not track.is_drum])
    assert [span.chord.root for span in spans] == [span.chord.root for span in chart.spans()]


def test_without_accompaniment_there_is_nothing_to_infer_from() -> None:
    with pytest.raises(NoChordsError, match="no notes are left"):
        infer_chords(Song((Track((Note(0, 36, 10),), is_drum=True),)), [0])
