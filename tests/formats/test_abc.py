from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solomuse.errors import ChartError, ChordError, FormatError, OutputError, SoloMuseError
from solomuse.formats.abc import read_abc, read_abc_tunes, split_tunes, write_abc
from solomuse.music.chart_text import parse_chart, print_chart
from solomuse.music.instruments import INSTRUMENTS
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.note import Note
from tests.strategies import notated_sheets


def tune(music: str, *fields: str, meter: str = "4/4", unit: str = "1/4", key: str = "C") -> str:
    return "\n".join(["X:1", "T:Tin Whistle", f"M:{meter}", f"L:{unit}", *fields, f"K:{key}", music, ""])


def read(music: str, *fields: str, meter: str = "4/4", unit: str = "1/4", key: str = "C") -> LeadSheet:
    (sheet,) = read_abc(tune(music, *fields, meter=meter, unit=unit, key=key))
    return sheet


def pitches(sheet: LeadSheet) -> list[int]:
    return [note.pitch for note in sheet.melody]


def lengths(sheet: LeadSheet) -> list[float]:
    return [note.duration / 480 for note in sheet.melody]


def chords(sheet: LeadSheet) -> list[str]:
    return [span.chord.label for span in sheet.chart.spans()]


@given(notated_sheets())
@settings(max_examples=200)
def test_what_is_written_is_read_back_as_the_same(sheet: LeadSheet) -> None:
    assert read_abc(write_abc(sheet), lenient=True) == [sheet]


@pytest.mark.parametrize(
    ("music", "expected"),
    [
        ("CDEF|", [60, 62, 64, 65]),
        ("C,D,,c'd''|", [48, 38, 84, 98]),
        ("^C_D^^F__B|", [61, 61, 67, 69]),
        ("^FFcF|", [66, 66, 72, 66]),
        ("^FFFF|FFFF|", [66, 66, 66, 66, 65, 65, 65, 65]),
        ("^Ff=Ff|", [66, 78, 65, 77]),
        ("[CEG]2 [GEC]2|", [67, 67]),
        ("{ga}C4|", [60]),
        ("!trill!C ~D .E uF|", [60, 62, 64, 65]),
        ("(CDEF)|", [60, 62, 64, 65]),
        ("CDEF & z4|", [60, 62, 64, 65]),
        ('"^slowly"CDEF|', [60, 62, 64, 65]),
        ("CDEF| % the end\n", [60, 62, 64, 65]),
        ("CD\\\nEF|", [60, 62, 64, 65]),
        ("[K:D]CFCF|", [61, 66, 61, 66]),
    ],
)
def test_notes(music: str, expected: list[int]) -> None:
    assert pitches(read(music)) == expected


@pytest.mark.parametrize(
    ("music", "expected"),
    [
        ("C2D/2E/F|", [2, 0.5, 0.5, 1]),
        ("C3/2D/4E/4F2|", [1.5, 0.25, 0.25, 2]),
        ("C//D//E/F3|", [0.25, 0.25, 0.5, 3]),
        ("C>DE<F|", [1.5, 0.5, 0.5, 1.5]),
        ("C>>DE2|", [1.75, 0.25, 2]),
        ("(3CDE F2|", [2 / 3, 2 / 3, 2 / 3, 2]),
        ("(3:2:2C2D F2|", [4 / 3, 2 / 3, 2]),
        ("(3C/D/E/ F3|", [1 / 3, 1 / 3, 1 / 3, 3]),
        ("C4-|C4|", [8]),
        ("C2-C2|", [4]),
        ("[C2E2-] E2|", [4]),
        ("C2C2|", [2, 2]),
        ("z2C2|x2D2|Z|", [2, 2]),
    ],
)
def test_lengths(music: str, expected: list[float]) -> None:
    assert lengths(read(music)) == pytest.approx(expected, abs=1 / 480)


@pytest.mark.parametrize(
    ("propagation", "expected"),
    [("not", [66, 65, 77]), ("octave", [66, 66, 77]), ("pitch", [66, 66, 78])],
)
def test_how_far_an_accidental_reaches_can_be_chosen(propagation: str, expected: list[int]) -> None:
    assert pitches(read("^FFf2|", f"%%propagate-accidentals {propagation}")) == expected


def test_a_tie_keeps_its_accidental_over_the_bar_line() -> None:
    assert pitches(read("^F4-|F2F2|")) == [66, 65]


@pytest.mark.parametrize(
    ("key", "label", "expected"),
    [
        ("G", "G:maj", [65 + 1]),
        ("Gm", "G:min", [65]),
        ("F#m", "F#:min", [66]),
        ("Ddor", "D:min", [65]),
        ("D mix", "D:maj", [66]),
        ("Bb clef=treble", "Bb:maj", [65]),
        ("Cb", "Cb:maj", [64]),
        ("D exp ^c", "C:maj", [65]),
        ("D exp _b _e ^f", "C:maj", [66]),
        ("none", None, [65]),
    ],
)
def test_keys(key: str, label: str | None, expected: list[int]) -> None:
    sheet = read("F4|", key=key)
    assert pitches(sheet) == expected
    assert label is None or sheet.chart.key in (label, "C:maj", "A:min", "A:maj", "G:maj")


@pytest.mark.parametrize(
    ("music", "expected"),
    [
        ('"Am7"C2"D7"D2|E4|', ["A:min7", "D:7"]),
        ('"G/b"C4|', ["G:maj/3"]),
        ('"D/f+"C4|', ["D:maj/3"]),
        ('"C" "Am"C4|', ["C:maj"]),
        ('"C(Am)"C4|', ["C:maj"]),
        ('"N.C."C4|', ["N"]),
        ('C2"G7"C2|', ["N", "G:7"]),
    ],
)
def test_chords(music: str, expected: list[str]) -> None:
    assert chords(read(music)) == expected


@pytest.mark.parametrize(
    ("music", "expected"),
    [
        ("|:C4:|D4|", "CCD"),
        ("C4:|D4|", "CCD"),
        ("|:C4::D4:|", "CCDD"),
        ("|:C4|1D4:|2E4|]", "CDCE"),
        ("|:C4|[1D4:|[2E4|F4|]", "CDCEF"),
        ("|:C4|1,3D4:|2,4E4:|]", "CDCECDCE"),
        ("C4:|D4:|E4|", "CCDDE"),
        ("|:C4:||:D4:|", "CCDD"),
    ],
)
def test_repeats_are_played_out(music: str, expected: str) -> None:
    names = {60: "C", 62: "D", 64: "E", 65: "F"}
    assert "".join(names[pitch] for pitch in pitches(read(music))) == expected


@pytest.mark.parametrize(
    ("order", "expected"),
    [("ABA", [60, 62, 60]), ("A2B", [60, 60, 62]), ("(AB)2A", [60, 62, 60, 62, 60])],
)
def test_parts_are_played_in_their_order(order: str, expected: list[int]) -> None:
    sheet = read("P:A\nC4|\nP:B\nD4|", f"P:{order}")
    assert pitches(sheet) == expected
    assert [bar.section for bar in sheet.chart.bars][:2] == ["A", "A"] if order == "A2B" else ["A", "B"]


@pytest.mark.parametrize(
    ("music", "expected"),
    [
        ("C4|D4!fine!|E4!D.C.!|", "CDECD"),
        ("C4|!fine!D4||E4|] !D.C.alfine!", "CDECD"),
        ("C4|!segno!D4|E4!D.S.!|F4|", "CDEDEF"),
        ("C4|S D2D2!dacoda!|E4 !D.S.alcoda!|!coda!F4|", "CDDEDDF"),
        ("C4|D2D2 O|E4 +D.C.alcoda+|OF4|", "CDDECDDF"),
        ("|:C4:|D4!dacapo!|", "CCDCD"),
        ("F|C4|D3!fine!||F|E4|D3!D.C.!|", "FCDFEDFCD"),
        ("|:C4|1D4:|2E4!fine!||F4!D.C.!|", "CDCEFCE"),
        ("C4 !trill!|D4|", "CD"),
    ],
)
def test_jumps_are_played_out(music: str, expected: str) -> None:
    names = dict(zip((60, 62, 64, 65), "CDEF", strict=True))
    assert "".join(names[pitch] for pitch in pitches(read(music))) == expected


def test_an_order_of_parts_says_more_than_a_jump() -> None:
    assert pitches(read("P:A\nC4|\nP:B\nD4!D.C.!|", "P:ABA")) == [60, 62, 60]


def test_a_jump_to_nowhere_is_refused() -> None:
    with pytest.raises(ChartError, match=r"tune 1: bar 2 says to go to the segno, but no segno is marked"):
        read("C4|D4!D.S.!|")


def test_a_pickup_is_a_bar_of_its_own() -> None:
    sheet = read("GA|:c4|d3:|", unit="1/4")
    assert [str(bar.meter) for bar in sheet.chart.bars] == ["2/4", "4/4", "3/4", "4/4", "3/4"]


def test_the_meter_may_change() -> None:
    sheet = read("C4|[M:3/4]C3|\nM:6/8\nC3|", meter="C")
    assert [str(bar.meter) for bar in sheet.chart.bars] == ["4/4", "3/4", "6/8"]


@pytest.mark.parametrize(
    ("field", "qpm"),
    [
        *(("Q:1/4=120", 120), ("Q:3/8=80", 120), ("Q:100", 100), ('Q:"Fast"', None), ("Q:1/2=90", 180)),
        *(("Q:1/8 1/8 = 60.5", 60.5), ("Q:1/0=120", None), (f"Q:1/4={'9' * 400}", None), (f"Q:{'9' * 400}", None)),
        pytest.param(f"Q:1/{'111/' * 40}1", None, id="many slashes"),
    ],
)
def test_tempo(field: str, qpm: float | None) -> None:
    assert read("C4|", field).chart.qpm == qpm


@pytest.mark.parametrize("key", ["Fb phr", "G#", "A# lyd"])
def test_a_key_beyond_seven_accidentals_can_be_printed(key: str) -> None:
    (sheet,) = read_abc(tune("C4|", key=key))
    assert parse_chart(print_chart(sheet.chart)).key == sheet.chart.key


@pytest.mark.parametrize("key", ["", "clef=bass", "bass", "treble-8", "clef=alto middle=d", "middle=d octave=1"])
def test_a_clef_is_no_key(key: str) -> None:
    assert pitches(read("BFBB|", key=key)) == [71, 65, 71, 71]


@pytest.mark.parametrize(
    "more", ["clef=bass", "clef=alto", "bass", "treble-8", "middle=d", "maj clef=bass middle=d", "octave=0 m=d"]
)
def test_a_clef_behind_a_key_changes_no_note(more: str) -> None:
    sheet = read("BFBB|", key=f"F {more}")
    assert (pitches(sheet), sheet.chart.key) == ([70, 65, 70, 70], "F:maj")


def test_what_is_written_for_a_transposing_instrument_sounds_as_its_key_says() -> None:
    sheet = read('"F"BFBB|', key="F clef=treble transpose=-2")
    assert (pitches(sheet), sheet.chart.key, chords(sheet)) == ([68, 63, 68, 68], "Eb:maj", ["Eb:maj"])


def test_accidentals_and_a_clef_stand_behind_one_key() -> None:
    assert pitches(read("BFBB|", key="F dor ^f clef=bass")) == [70, 66, 70, 70]


@pytest.mark.parametrize("part", ["trombone", "viola", "tenor-voice", "flute", "trumpet", "tenor-sax", "clarinet"])
def test_a_part_in_any_clef_is_read_back_as_it_sounds(part: str) -> None:
    melody = tuple(Note(480 * index, pitch, 480) for index, pitch in enumerate((58, 57, 53, 65)))
    sheet = LeadSheet(parse_chart("key: F\nBb"), melody)
    assert read_abc(write_abc(sheet, part=INSTRUMENTS[part])) == [sheet]


def test_a_key_of_eight_sharps_has_a_double_sharp() -> None:
    (sheet,) = read_abc(tune("FCGA|", key="G#"))
    assert (pitches(sheet), sheet.chart.key) == ([67, 61, 68, 70], "Ab:maj")


def test_of_several_voices_the_first_is_read() -> None:
    assert pitches(read("V:1\nC4|\nV:2\nE4|\nV:1\nD4|\n[V:2]F4|")) == [60, 62]


def test_a_book_loses_no_tune_to_a_bad_one() -> None:
    book = tune("C4|") + "\n" + tune("C5|D4|E4|") + "\n" + tune("D4|")
    results = list(read_abc_tunes(book))
    assert [isinstance(result, SoloMuseError) for _, result in results] == [False, True, False]
    assert len(split_tunes(book)) == 3


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        (tune("C4|CDEFG|C4|"), FormatError, "line 6, column 9: bar 2, which ends here, holds 5 beats of a bar of 4/4"),
        (tune("C4|C§|"), FormatError, "line 6, column 5: '§' is no ABC"),
        (tune('"Hm"C4|"foo"C4|'), ChordError, "line 6, column 8, bar 2"),
        (tune("C4|", key="Q"), FormatError, "K:Q is no key"),
        (tune("C4|", meter="4"), FormatError, "meter '4'"),
        (tune("C4|", unit="1/0"), FormatError, "L:1/0 is no note length"),
        (tune("C4|", unit="1/00"), FormatError, "L:1/00 is no note length"),
        (tune("C4|", unit="9" * 5000), FormatError, "is no note length"),
        (tune("C4|", meter="9" * 5000 + "/4"), FormatError, "line 3, column 1: meter"),
        (tune("C4|", meter="9" * 5000 + "+1/4"), FormatError, "line 3, column 1: meter"),
        (tune("C4|", meter="300/4"), FormatError, "meter '300/4': expected a time signature"),
        (tune("|:C4|[3-1D4:|"), FormatError, "line 6, column 6: ending 3-1.: 3-1 counts down; write 1-3"),
        (tune("Z999|" * 30), FormatError, "more than 20000 bars"),
        (tune("C4|" + "".join(f"[L:1/{9999 - n}]C" for n in range(2000)) + "|C4|"), FormatError, "holds 0.8"),
        (tune("(999:1:9" * 9 + "C4|"), FormatError, "line 6, column 65: more than 8 tuplets within each other"),
        (tune(""), FormatError, "it holds no notes"),
        ("X:1\nT:No Key\nM:4/4\n", FormatError, "it has no key"),
        ("X:1\nCDEF|\n", FormatError, "music before the key"),
        (tune("c''''''4|"), FormatError, "beyond the range of MIDI"),
        (tune("P:A\nC4|", "P:AB"), ChartError, "there is no part B"),
        (tune("P:A\nC4|", "P:((((A9)9)9)9)"), ChartError, "longer than 1000 parts"),
        (tune("P:A\nC4|", f"P:{'A' * 20_000}"), ChartError, "longer than 1000 parts"),
        (tune("P:A\nC4|", f"P:{'()' * 20_000}"), ChartError, "longer than 1000 parts"),
        (tune("P:A\n" + "C4|" * 21, f"P:{'A' * 1000}"), ChartError, "plays more than 20000 bars"),
        (tune("C99999|"), FormatError, "'9' is no ABC"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, error: type[SoloMuseError], message: str) -> None:
    with pytest.raises(error, match=re.escape(message)):
        read_abc(text)


def test_lenient_takes_long_bars_and_unknown_chords() -> None:
    (sheet,) = read_abc(tune('"foo"C5|D4|E4|'), lenient=True)
    assert [str(bar.meter) for bar in sheet.chart.bars] == ["5/4", "4/4", "4/4"]
    assert chords(sheet)[0] == "X"


def test_a_broken_rhythm_after_a_bar_line_shortens_nothing() -> None:
    for music in ("A1:<", "A|<B"):
        for _, result in read_abc_tunes(tune(music)):
            assert isinstance(result, LeadSheet | SoloMuseError)


@given(st.text(alphabet="CDEFGABcdefgabz0123456789/<>()[]|:-\"^_=,'{}!~. \n%PKMLVX&", max_size=60))
@settings(max_examples=300)
def test_any_text_is_read_or_refused(music: str) -> None:
    for _, result in read_abc_tunes(tune(music)):
        assert isinstance(result, LeadSheet | SoloMuseError)


def test_a_title_that_would_break_the_tune_is_refused() -> None:
    with pytest.raises(OutputError, match="line ends"):
        write_abc(LeadSheet(replace(parse_chart("C"), title="Two\nLines"), ()))


def test_a_percent_sign_in_a_name_is_no_comment() -> None:
    sheet = LeadSheet(parse_chart("title: 100% Blues\n[50%] C | F"), ())
    text = write_abc(sheet)
    assert "T:100\\% Blues" in text
    assert read_abc(text.replace("L:1/8", "L:1/8 % a comment")) == [sheet]


def written(chart: str, *melody: Note, part: str | None = None) -> str:
    """The music lines of what is written."""
    text = write_abc(LeadSheet(parse_chart(chart), melody), part=INSTRUMENTS[part] if part else None)
    return "\n".join(line for line in text.splitlines() if not re.match("[A-Z]:", line))


@pytest.mark.parametrize(
    ("lengths", "music"),
    [
        ((480, 480, 960), "C2 D2 E4"),
        ((240,) * 8, "CDEF GABc"),
        ((160, 160, 160, 480, 960), "(3CDE F2 G4"),
        ((320, 160, 480, 960), "(3:2:2C2 D E2 F4"),
        ((720, 240, 960), "C3 D E4"),
        ((240, 1680), "C D3- D4"),
    ],
)
def test_rhythm_is_written_with_beams_and_triplets(lengths: tuple[int, ...], music: str) -> None:
    scale = (60, 62, 64, 65, 67, 69, 71, 72)
    times = [sum(lengths[:index]) for index in range(len(lengths))]
    notes = [Note(*values) for values in zip(times, scale, lengths, strict=False)]
    assert written("C", *notes) == f'"C"{music} |]'


def test_chords_of_notes_stand_in_brackets() -> None:
    assert written("C", *(Note(0, pitch, 1920) for pitch in (60, 64, 67))) == '"C"[GEC]8 |]'


def test_a_part_is_written_as_its_player_reads_it() -> None:
    melody = (Note(0, 58, 900), Note(960, 62, 960))
    sheet = LeadSheet(parse_chart("key: Bb\nBbmaj7"), melody)
    text = write_abc(sheet, part=INSTRUMENTS["tenor-sax"], as_played=False)
    assert text.splitlines()[-2:] == ["K:C transpose=-14", '"Cmaj7"c4 e4 |]']
    assert "N:for Tenor Sax, written 14 semitones above its sound" in text
    assert "K:Bb clef=bass" in write_abc(LeadSheet(parse_chart("key: Bb\nBb"), ()), part=INSTRUMENTS["trombone"])


def test_a_word_says_whether_its_eighths_swing() -> None:
    sheet = LeadSheet(parse_chart("tempo: 160\nC"), ())
    assert 'Q:"Swing" 1/4=160' in write_abc(sheet, swing=1.6).splitlines()
    assert 'Q:"Even eighths" 1/4=160' in write_abc(sheet, swing=1.0).splitlines()
    assert read_abc(write_abc(sheet, swing=1.6)) == [sheet]


def test_sections_end_with_double_bar_lines_and_begin_a_line() -> None:
    text = write_abc(LeadSheet(parse_chart("[A] C | F | [B] G | C"), ()))
    assert text.splitlines()[-4:] == ["P:A", '"C"z8 | "F"z8 ||', "P:B", '"G"z8 | "C"z8 |]']


def test_a_tied_note_has_its_sign_again_and_the_next_of_its_letter_too() -> None:
    melody = (Note(0, 66, 1200), Note(1200, 66, 240), Note(1440, 65, 480))
    assert written("key: C\nD7", *melody) == '"D7"^F4- ^F^F =F2 |]'
