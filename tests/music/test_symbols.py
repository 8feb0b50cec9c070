from __future__ import annotations

from dataclasses import replace

import mir_eval
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solomuse.errors import ChordError
from solomuse.music.chord import NO_CHORD, QUALITY_DEGREES, UNKNOWN_CHORD, Chord
from solomuse.music.symbols import parse_chord

DEGREES = ("b5", "#5", "b7", "7", "b9", "9", "#9", "11", "#11", "b13", "13", "3", "bb7")
SOUNDING = tuple(quality for quality in QUALITY_DEGREES if quality not in ("N", "X"))

any_chord = st.builds(
    Chord,
    root=st.integers(0, 11),
    quality=st.sampled_from(SOUNDING),
    extensions=st.lists(st.sampled_from(DEGREES), unique=True, max_size=5).map(tuple),
    omissions=st.lists(st.sampled_from(("3", "b3", "5", "#5", "b5", "4")), unique=True, max_size=2).map(tuple),
    bass=st.none() | st.integers(0, 11),
)

LABEL_BY_SYMBOLS = {
    "C CM Cmaj Cma CMA": "C:maj",
    "Cm C- Cmi Cmin Cminor CMI": "C:min",
    "CΔ CΔ7 C△ C∆7 Cmaj7 CM7 Cj7 C^ C^7 Cma7 CMa7 CMA7 C7M": "C:maj7",
    "C7 Cdom7": "C:7",
    "C9": "C:9",
    "C11": "C:11",
    "C13": "C:13",
    "Cm7 C-7 Cmi7 Cmin7 CMi7 CMI7 Cminor7": "C:min7",
    "C7b9 C7(b9) C79b C9b C7-9 C7♭9": "C:7(b9)",
    "C7#9 C7(#9) C79# C7+9": "C:7(#9)",
    "C7(b9,#9) C7b9#9 C79b9#": "C:7(b9,#9)",
    "C7b9#11": "C:7(b9,#11)",
    "C9#11 C7911# C911# C9(#11)": "C:7(9,#11)",
    "C7#11 C711#": "C:7(#11)",
    "C7b13 C713b C13b": "C:7(b13)",
    "C13b9 C13(b9) C139b": "C:7(b9,13)",
    "C13b9b C79b13b C7b9b13": "C:7(b9,b13)",
    "C13#11 C1311#": "C:7(9,#11,13)",
    "C7alt Calt C7(alt) C7alt.": "C:7(*5,b9,#9,#11,b13)",
    "C7#5 C7+ C+7 Caug7 C7aug C7+5": "C:aug(b7)",
    "C7b5 C7-5 C7♭5": "C:7(*5,b5)",
    "C7#5#9 C79#+ C7#9#5": "C:aug(b7,#9)",
    "C7b9b5 C79bb5": "C:7(*5,b5,b9)",
    "C9#5 C9+": "C:aug(b7,9)",
    "Cmaj7#5 C^7#5 C+j7 Cmaj7+": "C:aug(7)",
    "C+ Caug C+5 C(+5)": "C:aug",
    "C^9 CΔ9 Cmaj9": "C:maj9",
    "C^13": "C:maj13",
    "C^9#11": "C:maj7(9,#11)",
    "C^7#11 Cmaj7#11 Cmaj711# Clyd": "C:maj7(#11)",
    "Cø Cø7 Cm7b5 C-7b5 Ch7 Ch C-7-5": "C:hdim7",
    "Ch9": "C:hdim7(9)",
    "Co C° Cº Cdim C0": "C:dim",
    "Co7 C°7 Cdim7 C07": "C:dim7",
    "C6 Cmaj6": "C:maj6",
    "C69 C6/9 C6(9)": "C:maj6(9)",
    "Cm6 C-6": "C:min6",
    "C-69 Cm6/9": "C:min6(9)",
    "CmMaj7 C-Δ7 Cm(maj7) C-^7 C-j7 CmM7 Cm/maj7": "C:minmaj7",
    "C-^9": "C:minmaj7(9)",
    "Csus Csus4 C4": "C:sus4",
    "Csus2": "C:sus2",
    "C7sus C7sus4 Csus4(7) Csus/7 C4/7": "C:sus4(b7)",
    "C67 C6/7 C7/6": "C:7(13)",
    "C(7) C7": "C:7",
    "C(add7) C(maj7)": "C:maj7",
    "C9sus Csus9": "C:sus4(b7,9)",
    "C13sus": "C:sus4(b7,9,13)",
    "C7susb9 C7b9sus C9bsus": "C:sus4(b7,b9)",
    "C7b13sus": "C:sus4(b7,b13)",
    "C7susadd3": "C:sus4(3,b7)",
    "Cmaj7sus": "C:sus4(7)",
    "Cadd9 C(add9) C2": "C:maj(9)",
    "Cmadd9 Cm(add9)": "C:min(9)",
    "C-b6 Cm(b6)": "C:min(b13)",
    "C-#5 Cm+": "C:min(*5,#5)",
    "C-9": "C:min9",
    "C-11": "C:min11",
    "C5 C(no3)": "C:5",
    "C7(no3)": "C:7(*3)",
    "Cquartal": "C:sus4(*5,b7)",
    "CBass": "C:1",
    "C/E C/e C:maj/3 C/3": "C:maj/3",
    "F#m7/C# F♯-7/c+": "F#:min7/5",
    "Dm7/G": "D:min7/4",
    "C/D": "C:maj/2",
    "C6/9/E": "C:maj6(9)/3",
    "C♯°": "Db:dim",
    "H": "B:maj",
    "Hm7b5": "B:hdim7",
    "N.C. NC N": "N",
    "C:maj7/3": "C:maj7/3",
    "Bb:min7(b5)": "Bb:hdim7",
    "C:(1,b3,5,b7,11)": "C:min7(11)",
    "G:9(*3,11)": "G:7(*3,9,11)",
    "C:(1,5)": "C:5",
    "X ?": "X",
}


@pytest.mark.parametrize(
    ("symbol", "label"), [(symbol, label) for symbols, label in LABEL_BY_SYMBOLS.items() for symbol in symbols.split()]
)
def test_a_symbol_is_read_as_its_label(symbol: str, label: str) -> None:
    assert parse_chord(symbol).label == label


@given(any_chord)
@settings(max_examples=1000)
def test_what_is_written_is_read_back_as_the_same_chord(chord: Chord) -> None:
    assert parse_chord(chord.label) == chord
    assert parse_chord(chord.symbol()) == chord
    assert parse_chord(chord.symbol("jazz", key="E:maj")) == chord


@given(any_chord, st.integers(-12, 12))
def test_transposing_moves_every_pitch_class(chord: Chord, semitones: int) -> None:
    moved = {(pitch_class + semitones) % 12 for pitch_class in chord.pitch_classes}
    assert set(chord.transpose(semitones).pitch_classes) == moved


def test_no_chord_and_unknown_chord_are_read_back() -> None:
    for chord in (NO_CHORD, UNKNOWN_CHORD):
        assert parse_chord(chord.label) == parse_chord(chord.symbol()) == chord


@pytest.mark.parametrize(
    ("chord", "plain", "jazz"),
    [
        ("C:hdim7", "Cm7b5", "Cø7"),
        ("C:maj7(9,#11)", "Cmaj9(#11)", "CΔ9(#11)"),
        ("C:min6(9)", "Cm6/9", "C-6/9"),
        ("C:aug(b7,#9)", "C7(#5,#9)", "C7(#5,#9)"),
        ("C:sus4(b7,9)", "C9sus4", "C9sus"),
        ("C:min(b13)", "Cm(b6)", "C-(b6)"),
        ("C:maj(9)", "C(add9)", "C(add9)"),
        ("C:7(*3)", "C7(no3)", "C7(no3)"),
        ("C:7(*5,b9,#9,#11,b13)", "C7alt", "C7alt"),
    ],
)
def test_symbols_look_as_musicians_write_them(chord: str, plain: str, jazz: str) -> None:
    assert (parse_chord(chord).symbol(), parse_chord(chord).symbol("jazz")) == (plain, jazz)


@pytest.mark.parametrize(
    ("key", "symbols"),
    [
        ("F:maj", "Db7 Gbmaj7 Ab B Eb"),
        ("D:maj", "C#7 F#maj7 G# B Eb"),
        ("C:min", "Db7 F#maj7 Ab B Eb"),
        ("B:maj", "C#7 F#maj7 G# B Eb"),  # D sharp major would have a double sharp
        (None, "Db7 F#maj7 Ab B Eb"),
    ],
)
def test_roots_without_a_name_are_spelled_as_the_key_has_them(key: str | None, symbols: str) -> None:
    chords = [parse_chord(text) for text in ("C#:7", "F#:maj7", "G#:maj", "B:maj", "D#:maj")]
    assert " ".join(chord.symbol(key=key) for chord in chords) == symbols


@pytest.mark.parametrize(
    ("label", "key", "symbol"),
    [
        ("Eb:maj/5", "B:maj", "Eb/Bb"),
        ("E:7/3", "C:maj", "E7/G#"),
        ("Db:7/b7", "Gb:maj", "Db7/Cb"),
        ("C:maj/b7", "Db:maj", "C/Bb"),
        ("C:dim7/bb7", "C:maj", "Cdim7/A"),
    ],
)
def test_a_bass_without_a_name_is_called_by_its_degree(label: str, key: str, symbol: str) -> None:
    assert parse_chord(label).symbol(key=key) == symbol


@pytest.mark.parametrize("text", ["Ebmaj7", "D#m7/A#", "Cbmaj7", "Gb7/Fb", "C#m7b5", "E#dim7", "Bb/C"])
def test_a_chord_is_called_as_it_was_written(text: str) -> None:
    assert {parse_chord(text).symbol(key=key) for key in ("B:maj", "Ab:min", None)} == {text}


def test_names_are_no_part_of_a_chord() -> None:
    assert parse_chord("Ebm7/Db") == parse_chord("D#m7/C#") == parse_chord("Eb:min7/b7")


@pytest.mark.parametrize(("text", "symbol"), [("Bbb7", "A7"), ("F##m", "Gm"), ("H7", "B7"), ("C/c+", "C/C#")])
def test_a_name_has_one_accidental_at_most(text: str, symbol: str) -> None:
    assert parse_chord(text).symbol() == symbol


def test_another_bass_or_root_takes_the_name_along_only_where_it_stays() -> None:
    chord = parse_chord("D#m7/A#")
    assert replace(chord, bass=6).symbol() == "D#m7/F#"
    assert replace(chord, root=4).symbol() == "Em7/A#"


def mir_eval_pitch_classes(label: str) -> set[int]:
    root, bitmap, bass = mir_eval.chord.encode(label, reduce_extended_chords=True)
    return {int(root + interval) % 12 for interval in np.flatnonzero(bitmap)} | {int(root + bass) % 12}


WITH_ELEVENTH = ("13", "maj13", "min13")
"""mir_eval has the eleventh in a thirteenth chord; players leave it out, and so do we."""


@pytest.mark.parametrize("quality", [q for q in mir_eval.chord.QUALITIES if q not in WITH_ELEVENTH])
@pytest.mark.parametrize("more", ["", "(b9)", "(9,#11)", "(*5,b5)", "(*3)"])
@pytest.mark.parametrize("bass", ["", "/3", "/b7", "/5"])
def test_pitch_classes_agree_with_mir_eval(quality: str, more: str, bass: str) -> None:
    label = f"Eb:{quality}{more}{bass}" if quality or more else f"Eb{bass}"
    if "*" in more and more[2] not in {degree.lstrip("b#") for degree in parse_chord(f"Eb:{quality}").degrees}:
        return  # mir_eval refuses to leave out what is not there
    assert set(parse_chord(label).pitch_classes) == mir_eval_pitch_classes(label)


@pytest.mark.parametrize("quality", WITH_ELEVENTH)
def test_thirteenth_chords_are_mir_evals_without_the_eleventh(quality: str) -> None:
    assert set(parse_chord(f"C:{quality}").pitch_classes) == mir_eval_pitch_classes(f"C:{quality}") - {5}


@pytest.mark.parametrize(
    ("symbol", "position"),
    [
        ("C:foo", 2),
        ("Cfoo", 1),
        ("J7", 0),
        ("C7/X", 3),
        ("C7(b9", 5),
        ("Cm7b5)", 5),
        ("dm7", 0),
        ("", 0),
        ("Cmaj7#", 5),
    ],
)
def test_an_unknown_symbol_is_shown_with_a_caret_under_the_culprit(symbol: str, position: int) -> None:
    with pytest.raises(ChordError) as caught:
        parse_chord(symbol)
    assert str(caught.value).splitlines()[1:] == [f"  {symbol}", f"  {' ' * position}^"]


def test_roots_in_lower_case_are_read_where_that_is_asked_for() -> None:
    assert [parse_chord(text, lower_case_roots=True).label for text in ("dm7", "bb7", "b7")] == [
        "D:min7",
        "Bb:7",
        "B:7",
    ]


@given(st.text(max_size=12) | st.text("CDEFGAB#b79135susadmjo()/,:*+-", max_size=12))
@settings(max_examples=500)
def test_any_text_is_a_chord_or_an_error_at_a_place_in_it(text: str) -> None:
    position, chord = 0, NO_CHORD
    try:
        chord = parse_chord(text)
    except ChordError as error:
        position = error.position
    assert 0 <= position <= len(text)
    assert parse_chord(chord.label) == chord
