from __future__ import annotations

from dataclasses import replace

import pytest

from solomuse.analysis.soloists import Stretch, handed_over, stretches, with_joined_melody
from solomuse.errors import NoMelodyError
from solomuse.music.chart_text import parse_chart
from solomuse.music.note import Note
from solomuse.music.song import Song, Track
from tests.plain_backing import plain_backing

BAR = 1920
CHART = parse_chart("C | Am | Dm7 | G7 | Em7 | A7 | Dm7 | G7 | C | F | C | G7 | C | F | G7 | C")
TUNE = (72, 74, 76, 79, 77, 76, 74, 71, 72, 67, 69, 71)


def line(first_bar: int, last_bar: int) -> tuple[Note, ...]:
    """A tune with a rest in every other bar."""
    notes = []
    for bar in range(first_bar, last_bar):
        for step in range(6 if bar % 2 else 4):
            pitch = TUNE[(5 * bar + step) % len(TUNE)]
            notes.append(Note(bar * BAR + step * 240, pitch, 220))
    return tuple(notes)


BAND = plain_backing(CHART)
SAX, TRUMPET = Track(line(0, 8), "Sax", 66), Track(line(8, 16), "Trumpet", 56)
DUO = Song((*BAND, SAX, TRUMPET), title="Duo")
SAX_INDEX, TRUMPET_INDEX = len(BAND), len(BAND) + 1


def test_two_soloists_one_after_another_are_both_found() -> None:
    first, second = handed_over(DUO)
    assert (first.track, second.track) == (SAX_INDEX, TRUMPET_INDEX)
    assert abs(first.last_bar - 8) <= 1
    assert abs(second.first_bar - 8) <= 1
    assert (first.first_bar, second.last_bar) == (0, 16)


def test_stretches_do_not_overlap_and_lie_in_the_song() -> None:
    found = handed_over(DUO)
    bars = [bar for stretch in found for bar in range(stretch.first_bar, stretch.last_bar)]
    assert bars == sorted(set(bars))
    assert set(bars) <= set(range(len(DUO.bar_meters())))


def test_the_best_track_is_taken_for_the_whole_song() -> None:
    (one,) = stretches(DUO, "best")
    assert one.track in (SAX_INDEX, TRUMPET_INDEX)
    assert (one.first_bar, one.last_bar) == (0, 16)


@pytest.mark.parametrize(("choice", "track"), [("name=trump", TRUMPET_INDEX), (f"track={SAX_INDEX}", SAX_INDEX)])
def test_a_track_may_be_chosen_by_name_or_number(choice: str, track: int) -> None:
    assert [stretch.track for stretch in stretches(DUO, choice)] == [track]


@pytest.mark.parametrize("choice", ["name=Oboe", "track=99"])
def test_a_choice_that_no_track_fits_says_which_there_are(choice: str) -> None:
    with pytest.raises(NoMelodyError, match=r"no track is .*Trumpet"):
        stretches(DUO, choice)


def test_a_given_melody_is_certain() -> None:
    song = replace(DUO, melody_track=SAX_INDEX)
    assert stretches(song, "all", min_score=1.0) == (Stretch(SAX_INDEX, 0, 16, 1.0),)


def test_what_is_too_uncertain_is_left_out_with_its_chance() -> None:
    with pytest.raises(NoMelodyError, match="with a chance of 0"):
        stretches(DUO, "best", min_score=1.0)


def test_where_nobody_plays_a_melody_nobody_is_found() -> None:
    pad = Track(tuple(Note(bar * BAR, 48 + step, BAR) for bar in range(16) for step in (0, 4, 7)), "Pad", 89)
    with pytest.raises(NoMelodyError, match="anywhere"):
        handed_over(Song((pad,), title="Pad"))


def test_tracks_are_joined_bar_by_bar_the_first_one_first() -> None:
    answer = Track((*line(4, 10), *line(12, 16)), "Answer", 66)
    song = Song((Track(line(0, 8), "Call", 56), answer))
    joined = with_joined_melody(song, "name=call+answer")
    assert joined.tracks[0].notes == (*line(0, 8), *line(8, 10), *line(12, 16))
    assert joined.tracks[1].notes == line(4, 8)
    assert [stretch.track for stretch in stretches(joined, "name=call+answer")] == [0]
    assert with_joined_melody(song, "name=call") == song


def test_a_name_of_no_track_cannot_be_joined() -> None:
    with pytest.raises(NoMelodyError, match="name=oboe"):
        with_joined_melody(DUO, "name=Sax+oboe")
