from __future__ import annotations

import mir_eval
import numpy as np
import pytest
from hypothesis import given

from solomuse.errors import ChartError, ChordError
from solomuse.music.chart_text import parse_chart, print_chart
from solomuse.music.chord import Chord
from solomuse.music.symbols import parse_chord
from tests.strategies import chords


@pytest.mark.parametrize(
    ("symbol", "label"),
    [
        ("C", "C:maj"),
        ("C-7", "C:min7"),
        ("Bb7", "Bb:7"),
        ("CΔ7", "C:maj7"),
        ("C^", "C:maj7"),
        ("Cø", "C:hdim7"),
        ("C-7b5", "C:hdim7"),
        ("Co7", "C:dim7"),
        ("C6/9", "C:maj6(9)"),
        ("C7(b9,#9)", "C:7(b9,#9)"),
        ("C7alt", "C:7(*5,b9,#9,#11,b13)"),
        ("C+7", "C:aug(b7)"),
        ("C-Δ7", "C:minmaj7"),
        ("C7sus4", "C:sus4(b7)"),
        ("F#m7/C#", "F#:min7/5"),
        ("C♯°", "Db:dim"),
        ("N.C.", "N"),
        ("C:maj7/3", "C:maj7/3"),
        ("Bb:min7(b5)", "Bb:hdim7"),
    ],
)
def test_a_symbol_is_read_as_its_label(symbol: str, label: str) -> None:
    assert parse_chord(symbol).label == label


@given(chords)
def test_a_label_is_read_back_as_the_same_pitch_classes(chord: Chord) -> None:
    assert parse_chord(chord.label).pitch_classes == chord.pitch_classes


@pytest.mark.parametrize("label", ["C:maj7/3", "F#:min7", "Bb:hdim7", "G:sus4(b7)", "A:7/b7", "E:dim7", "D:aug"])
def test_pitch_classes_agree_with_mir_eval(label: str) -> None:
    root, bitmap, bass = mir_eval.chord.encode(label)
    expected = {int(root + interval) % 12 for interval in np.flatnonzero(bitmap)} | {int(root + bass) % 12}
    assert set(parse_chord(label).pitch_classes) == expected


@pytest.mark.parametrize(("symbol", "position"), [("C:foo", 2), ("Cfoo", 1), ("H7", 0), ("C7/X", 3)])
def test_an_unknown_symbol_is_shown_with_a_caret_under_the_culprit(symbol: str, position: int) -> None:
    with pytest.raises(ChordError) as caught:
        parse_chord(symbol)
    assert str(caught.value).splitlines()[1:] == [f"  {symbol}", f"  {' ' * position}^"]


@pytest.mark.parametrize("text", ["Dm7 G7 | (3/4) Cmaj7 | %", "C", "C F G7", "C7(b9)/E | N.C."])
def test_a_printed_chart_is_read_back_as_the_same(text: str) -> None:
    chart = parse_chart(text)
    assert parse_chart(print_chart(chart) + " |") == chart


@pytest.mark.parametrize(("text", "complaint"), [("", "empty"), (" | ", "empty"), ("% | C", "bar 1")])
def test_a_chart_with_nothing_in_it_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(ChartError, match=complaint):
        parse_chart(text)
