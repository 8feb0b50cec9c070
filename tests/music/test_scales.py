from __future__ import annotations

import pytest
from hypothesis import given

from solomuse.music.chord import QUALITY_DEGREES, Chord
from solomuse.music.scales import (
    SCALES,
    SCALES_BY_QUALITY,
    chord_scale,
    chord_tones,
    possible_tensions,
    scale_name,
    tensions,
)
from solomuse.music.symbols import parse_chord
from tests.strategies import sounding_chords


@pytest.mark.parametrize(
    ("symbol", "name"),
    [
        ("C", "major"),
        ("Cmaj7", "major"),
        ("Cmaj7(#11)", "lydian"),
        ("C7", "mixolydian"),
        ("C13", "mixolydian"),
        ("C7(#11)", "lydian dominant"),
        ("C7(b13)", "mixolydian b13"),
        ("C7(b9)", "half-whole diminished"),
        ("C13(b9)", "half-whole diminished"),
        ("C7(#9)", "half-whole diminished"),
        ("C7(b9,b13)", "phrygian dominant"),
        ("C7alt", "altered"),
        ("C+7", "whole tone"),
        ("Cmaj7#5", "lydian augmented"),
        ("Cm", "dorian"),
        ("Cm7", "dorian"),
        ("Cm7(b13)", "aeolian"),
        ("Cm6", "melodic minor"),
        ("CmMaj7", "melodic minor"),
        ("Cm7b5", "locrian"),
        ("Cm7b5(9)", "locrian natural 2"),
        ("Cdim7", "whole-half diminished"),
        ("C7sus4", "mixolydian"),
        ("C7sus4(b9)", "phrygian"),
        ("C5", None),
        ("N.C.", None),
    ],
)
def test_the_scale_that_goes_with_a_chord(symbol: str, name: str | None) -> None:
    assert scale_name(parse_chord(symbol)) == name


@pytest.mark.parametrize(
    ("symbol", "expected"),
    [
        ("Cmaj7", {2, 9}),  # not the eleventh, a semitone above the third
        ("Cmaj7(#11)", {2, 6, 9}),
        ("C7", {2, 9}),
        ("C7(b9)", {1, 3, 6, 9}),
        ("C7alt", {1, 3, 6, 8}),
        ("C7#5", {2, 6}),
        ("Cm7", {2, 5, 9}),
        ("Cm7b5", {5, 8}),  # not the flat ninth
        ("Cdim7", {2, 5, 8, 11}),
        ("C7sus4", {2, 4, 9}),
        ("N.C.", set()),
    ],
)
def test_the_tensions_that_a_symbol_allows(symbol: str, expected: set[int]) -> None:
    assert set(tensions(parse_chord(symbol))) == expected


@pytest.mark.parametrize(
    ("symbol", "expected"),
    [
        ("Cmaj7", {2, 6, 9}),  # of the lydian scale too
        ("C7", {1, 2, 3, 6, 8, 9}),
        ("C9", {2, 6, 8, 9}),  # a natural ninth leaves no altered one
        ("C13", {2, 6, 9}),
        ("C7(b9)", {1, 3, 6, 8, 9}),  # nor the other way round
        ("C7alt", {1, 3, 6, 8}),
        ("Cm7b5", {2, 5, 8}),
        ("C5", {2, 3, 4, 5, 6, 9, 10, 11}),  # no third, no scale: all but what clashes
        ("N.C.", set()),
    ],
)
def test_a_tension_is_possible_if_one_of_the_scales_has_it(symbol: str, expected: set[int]) -> None:
    assert set(possible_tensions(parse_chord(symbol))) == expected


def test_every_quality_has_its_row_and_every_row_its_scales() -> None:
    assert SCALES_BY_QUALITY.keys() == QUALITY_DEGREES.keys()
    assert {name for names in SCALES_BY_QUALITY.values() for name in names} == SCALES.keys()


@given(sounding_chords)
def test_a_scale_holds_what_the_symbol_writes_and_no_tension_is_a_chord_tone(chord: Chord) -> None:
    scale = set(chord_scale(chord))
    written = set(Chord(chord.root, chord.quality, chord.extensions, chord.omissions).pitch_classes)
    assert not scale or written <= scale
    assert not set(tensions(chord)) & set(chord_tones(chord))
    assert set(tensions(chord)) <= scale
    assert set(tensions(chord)) <= set(possible_tensions(chord))
