from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solomuse.music.chord import NO_CHORD, UNKNOWN_CHORD, Chord
from solomuse.music.keys import pitch_class_of_name
from solomuse.music.roles import role_of
from solomuse.music.symbols import parse_chord
from tests.strategies import sounding_chords


@pytest.mark.parametrize(
    ("symbol", "roots", "thirds", "fifths", "sevenths", "tensions"),
    [
        ("Cmaj7", "C", "E", "G", "B", "D F# A"),
        ("Dm7", "D", "F", "A", "C", "E G B"),
        ("G7", "G", "B", "D", "F", "A Ab Bb C# E Eb"),
        ("G9", "G", "B", "D", "F", "A C# E Eb"),
        ("G7b9", "G", "B", "D", "F", "Ab Bb C# E Eb"),
        ("G7alt", "G", "B", "", "F", "Ab Bb C# Eb"),
        ("C6", "C", "E", "G", "A", "D F# B"),
        ("Am7b5", "A", "C", "Eb", "G", "D F B"),
        ("G7sus4", "G", "C", "D", "F", "A Bb B E"),
        ("Cmaj7#5", "C", "E", "G#", "B", "D F#"),
        ("C", "C", "E", "G", "", "D F# A B"),
        ("Cm", "C", "Eb", "G", "", "D F A Bb"),
        ("C5", "C", "", "G", "", "D Eb E F F# A Bb B"),
        ("C/Bb", "C", "E", "G", "", "D F# A Bb B"),
    ],
)
def test_every_note_has_its_role(
    symbol: str, roots: str, thirds: str, fifths: str, sevenths: str, tensions: str
) -> None:
    chord = parse_chord(symbol)
    found = {
        role: {pitch_class for pitch_class in range(12) if role_of(pitch_class, chord) == role}
        for role in ("root", "third", "fifth", "seventh", "tension")
    }
    expected = (roots, thirds, fifths, sevenths, tensions)
    assert list(found.values()) == [{pitch_class_of_name(name) for name in names.split()} for names in expected]


@given(sounding_chords, st.integers(0, 11), st.integers(0, 11))
def test_roles_move_with_the_chord(chord: Chord, pitch_class: int, semitones: int) -> None:
    assert role_of((pitch_class + semitones) % 12, chord.transpose(semitones)) == role_of(pitch_class, chord)


@given(sounding_chords)
def test_what_the_symbol_writes_is_never_outside(chord: Chord) -> None:
    assert "outside" not in {role_of(pitch_class, chord) for pitch_class in chord.pitch_classes}


@pytest.mark.parametrize("chord", [NO_CHORD, UNKNOWN_CHORD])
def test_over_no_chord_a_note_has_no_role(chord: Chord) -> None:
    assert role_of(0, chord) == "no chord"
