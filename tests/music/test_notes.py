from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solomuse.music.note import Note
from solomuse.music.notes import Notes
from solomuse.music.song import Track

NOTES = st.builds(Note, st.integers(0, 9999), st.integers(0, 127), st.integers(1, 999), st.integers(1, 127))


@given(st.lists(NOTES))
def test_they_are_the_sorted_notes(notes: list[Note]) -> None:
    kept = Notes.of(notes)
    assert kept == tuple(sorted(notes))
    assert hash(kept) == hash(tuple(sorted(notes)))
    assert list(kept) == sorted(notes)
    assert kept.ends.tolist() == [note.end for note in sorted(notes)]


@given(st.lists(NOTES))
def test_they_survive_the_way_to_another_process(notes: list[Note]) -> None:
    assert pickle.loads(pickle.dumps(Notes.of(notes))) == Notes.of(notes)


def test_a_track_keeps_its_notes_so() -> None:
    track = Track((Note(480, 62, 240), Note(0, 60, 480)))
    assert track.notes == (Note(0, 60, 480), Note(480, 62, 240))
    assert track == Track(Notes.of(track.notes))
    assert track.notes[0] == Note(0, 60, 480)
    assert track.columns.shift(10).times.tolist() == [10, 490]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ((0, 128, 1, 80), "pitch 128"),
        ((-1, 60, 1, 80), "note at -1"),
        ((0, 60, 0, 80), "length 0"),
        ((0, 60, 1, 0), "velocity 0"),
    ],
)
def test_what_is_no_note_is_refused_in_its_words(row: tuple[int, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Notes(np.array([(0, 60, 480, 80), row]))
