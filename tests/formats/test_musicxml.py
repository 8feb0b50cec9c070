from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solomuse.errors import ChordError, FormatError, NoChordsError
from solomuse.formats.musicxml import parse_musicxml, print_musicxml, read_musicxml, write_musicxml
from solomuse.formats.musicxml.harmony import chord_of_harmony, harmony_of_chord
from solomuse.music.chart import Chart
from solomuse.music.chart_text import parse_chart, print_chart
from solomuse.music.chord import Chord
from solomuse.music.instruments import INSTRUMENTS, Instrument
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.note import Note
from solomuse.music.symbols import parse_chord
from tests.music.test_symbols import any_chord
from tests.strategies import notated_sheets


def harmony(root: str, kind: str = "major", more: str = "") -> str:
    return f"<harmony><root><root-step>{root}</root-step></root><kind>{kind}</kind>{more}</harmony>"


def note(name: str, quarters: float, more: str = "") -> str:
    """A note such as ``C4`` or ``r``, its length in quarters; there are 4 divisions to a quarter."""
    duration = f"<duration>{int(quarters * 4)}</duration>"
    if name == "r":
        return f"<note><rest/>{duration}{more}</note>"
    return f"<note><pitch><step>{name[0]}</step><octave>{name[1]}</octave></pitch>{duration}{more}</note>"


def score(*measures: str, attributes: str = "", head: str = "") -> bytes:
    """A score of one part in 4/4."""
    time = "<time><beats>4</beats><beat-type>4</beat-type></time>"
    first = f"<attributes><divisions>4</divisions>{time}{attributes}</attributes>"
    bars = "".join(
        f'<measure number="{number}">{first if number == 1 else ""}{content}</measure>'
        for number, content in enumerate(measures, start=1)
    )
    return f'<score-partwise>{head}<part id="P1">{bars}</part></score-partwise>'.encode()


def notes(sheet: LeadSheet) -> list[tuple[float, int, float]]:
    return [(note.time / 480, note.pitch, note.duration / 480) for note in sheet.melody]


C_BAR = harmony("C") + note("C5", 4)


@given(notated_sheets())
@settings(max_examples=200)
def test_what_is_written_is_read_back_as_the_same(sheet: LeadSheet) -> None:
    assert parse_musicxml(print_musicxml(sheet).encode(), lenient=True) == sheet


@given(any_chord)
@settings(max_examples=500)
def test_every_chord_survives_its_harmony_element(chord: Chord) -> None:
    assert chord_of_harmony(harmony_of_chord(chord, "E:maj")) == chord


@pytest.mark.parametrize("ending", [".musicxml", ".xml", ".mxl"])
def test_files_are_read_back_zipped_or_not(tmp_path: Path, ending: str) -> None:
    sheet = LeadSheet(parse_chart("title: Five Spoons\nDm7 | G7"), (Note(0, 62, 480), Note(1920, 65, 480)))
    write_musicxml(sheet, tmp_path / f"tune{ending}")
    assert read_musicxml(tmp_path / f"tune{ending}") == sheet


def test_the_same_sheet_is_the_same_archive(tmp_path: Path) -> None:
    sheet = LeadSheet(parse_chart("C | F"), ())
    for name in ("a.mxl", "b.mxl"):
        write_musicxml(sheet, tmp_path / name)
    assert (tmp_path / "a.mxl").read_bytes() == (tmp_path / "b.mxl").read_bytes()


@pytest.mark.parametrize(
    ("xml", "label"),
    [
        ("<kind>dominant</kind>", "C:7"),
        ("<kind>half-diminished</kind>", "C:hdim7"),
        ("<kind>major-minor</kind>", "C:minmaj7"),
        ("<kind>suspended-fourth</kind>", "C:sus4"),
        ("<kind>power</kind>", "C:5"),
        ("<kind>dominant-13th</kind>", "C:13"),
        ("<kind>none</kind>", "N"),
        ("<kind>augmented-ninth</kind>", "C:aug(b7,9)"),
        ("<kind>minor-major</kind>", "C:minmaj7"),
        ("<kind>maj69</kind>", "C:maj6(9)"),
        ("<kind/>", "C:maj"),
        ('<kind text="7alt">other</kind>', "C:7(*5,b9,#9,#11,b13)"),
        ("<kind>dominant</kind><bass><bass-step>B</bass-step><bass-alter>-1</bass-alter></bass>", "C:7/b7"),
    ],
)
def test_a_kind_is_its_chord(xml: str, label: str) -> None:
    element = ElementTree.fromstring(f"<harmony><root><root-step>C</root-step></root>{xml}</harmony>")
    assert chord_of_harmony(element).label == label


@pytest.mark.parametrize(
    ("kind", "degrees", "label"),
    [
        ("dominant", "9 -1 add", "C:7(b9)"),
        ("dominant", "9 -1 add 9 1 add", "C:7(b9,#9)"),
        ("dominant", "5 -1 alter", "C:7(*5,b5)"),
        ("dominant", "5 1 alter", "C:aug(b7)"),
        ("dominant-ninth", "9 -1 alter", "C:7(b9)"),
        ("dominant", "3 0 subtract", "C:7(*3)"),
        ("suspended-fourth", "7 0 add", "C:sus4(b7)"),
        ("minor", "7 1 add", "C:minmaj7"),
        ("major", "9 0 add", "C:maj(9)"),
        ("dominant-13th", "9 0 subtract", "C:7(13)"),
    ],
)
def test_degrees_add_alter_and_subtract(kind: str, degrees: str, label: str) -> None:
    words = iter(degrees.split())
    xml = "".join(
        f"<degree><degree-value>{value}</degree-value><degree-alter>{alter}</degree-alter>"
        f"<degree-type>{verb}</degree-type></degree>"
        for value, alter, verb in zip(words, words, words, strict=True)
    )
    assert chord_of_harmony(ElementTree.fromstring(harmony("C", kind, xml))).label == label


def test_chords_stand_where_their_offset_says_also_before_the_bar_line() -> None:
    offset = "<offset>{}</offset>"
    sheet = parse_musicxml(
        score(
            C_BAR + harmony("F", "major", offset.format(-8)),
            harmony("G", "major", offset.format(-4)) + note("C5", 4) + harmony("A", "minor", offset.format(-12)),
        )
    )
    assert print_chart(sheet.chart) == "C F G | Gmaj:1 Am:3"


@pytest.mark.parametrize(
    ("bar", "expected"),
    [
        (harmony("C") + harmony("F") + note("C5", 4), "C F |"),
        (harmony("C") + harmony("F") + harmony("G") + note("C5", 4), "C:2 F:1 G:1 |"),
        (harmony("C") + note("C5", 1) + harmony("F") + harmony("G") + note("C5", 3), "C:1 F:2 G:1 |"),
        (harmony("C") + harmony("F") + note("C5", 2) + harmony("G") + note("C5", 2), "C:1 F:1 G:2 |"),
        (harmony("C") + harmony("F") + note("C5", 1) + harmony("G") + note("C5", 3), "C:0.5 F:0.5 G:3 |"),
        (harmony("C") + harmony("C") + note("C5", 4), "C |"),
        (harmony("C") + harmony("G") + harmony("C") + note("C5", 4), "C:2 G:1 C:1 |"),
        (
            harmony("C")
            + harmony("G")
            + note("C5", 4)
            + "<backup><duration>16</duration></backup>"
            + harmony("C")
            + harmony("G")
            + note("C4", 4),
            "C G |",
        ),
        (harmony("C") + harmony("F", more="<offset>12</offset>") + note("C5", 4), "C:3 F:1 |"),
    ],
)
def test_chords_at_one_place_share_the_time_to_the_next(bar: str, expected: str) -> None:
    assert parse_musicxml(score(bar)).chart == parse_chart(expected.replace(":", "maj:"))


def test_repeats_and_endings_are_played_out() -> None:
    forward = '<barline location="left"><repeat direction="forward"/></barline>'
    first = '<barline location="left"><ending number="1" type="start"/></barline>'
    end_first = '<barline location="right"><ending number="1" type="stop"/><repeat direction="backward"/></barline>'
    second = '<barline location="left"><ending number="2" type="start"/></barline>'
    end_second = '<barline location="right"><ending number="2" type="stop"/></barline>'
    sheet = parse_musicxml(
        score(
            forward + C_BAR,
            first + harmony("F") + note("F5", 4) + end_first,
            second + harmony("G") + note("G5", 4) + end_second,
        )
    )
    assert print_chart(sheet.chart) == "C | F | C | G"
    assert [pitch for _, pitch, _ in notes(sheet)] == [72, 77, 72, 79]


@pytest.mark.parametrize(
    ("mark", "played"),
    [
        ("<direction><direction-type><words>D.C. al Fine</words></direction-type></direction>", "C | F | G | C | F"),
        ('<direction><sound dacapo="yes"/></direction>', "C | F | G | C | F"),
    ],
)
def test_jumps_are_played_out(mark: str, played: str) -> None:
    fine = "<direction><direction-type><words>Fine</words></direction-type></direction>"
    measures = [harmony(name) + note(f"{name}4", 4) for name in "CFG"]
    assert print_chart(parse_musicxml(score(measures[0], measures[1] + fine, measures[2] + mark)).chart) == played


def test_of_two_coda_signs_the_first_says_where_to_leave() -> None:
    sign = "<direction><direction-type><coda/></direction-type></direction>"
    jump = "<direction><direction-type><words>D.C. al Coda</words></direction-type></direction>"
    c, f, g, a = (harmony(name) + note(f"{name}4", 4) for name in "CFGA")
    assert print_chart(parse_musicxml(score(c, f + sign, g + jump, sign + a)).chart) == "C | F | G | C | F | A"
    assert print_chart(parse_musicxml(score(c, sign + f, g + jump, sign + a)).chart) == "C | F | G | C | A"


def test_a_pickup_is_a_bar_of_its_own_length() -> None:
    sheet = parse_musicxml(score(note("G4", 1), C_BAR))
    assert [str(bar.meter) for bar in sheet.chart.bars] == ["1/4", "4/4"]
    assert notes(sheet) == [(0, 67, 1), (1, 72, 4)]


def test_ties_join_over_bar_lines() -> None:
    start, stop = '<tie type="start"/>', '<tie type="stop"/>'
    sheet = parse_musicxml(score(harmony("C") + note("C5", 4, start), note("C5", 2, stop) + note("C5", 2)))
    assert notes(sheet) == [(0, 72, 6), (6, 72, 2)]


def test_grace_notes_take_no_time_and_of_a_chord_the_top_is_heard() -> None:
    grace = "<note><grace/><pitch><step>B</step><octave>4</octave></pitch></note>"
    triad = note("C4", 4) + note("E4", 4, "<chord/>") + note("G4", 4, "<chord/>")
    assert notes(parse_musicxml(score(harmony("C") + grace + triad))) == [(0, 67, 4)]


def test_of_two_voices_the_first_is_the_melody() -> None:
    one, two = "<voice>1</voice>", "<voice>2</voice>"
    bar = note("C5", 4, one) + "<backup><duration>16</duration></backup>" + note("E3", 4, two)
    assert notes(parse_musicxml(score(harmony("C") + bar))) == [(0, 72, 4)]


def test_a_transposing_instrument_sounds_where_it_sounds() -> None:
    transpose = "<key><fifths>2</fifths></key><transpose><diatonic>-1</diatonic><chromatic>-2</chromatic></transpose>"
    sheet = parse_musicxml(score(harmony("D") + note("D5", 4), attributes=transpose))
    assert (notes(sheet), print_chart(sheet.chart), sheet.chart.key) == ([(0, 72, 4)], "key: C\nC |", "C:maj")


def test_meter_changes_within_a_piece_are_kept() -> None:
    waltz = "<attributes><time><beats>3</beats><beat-type>4</beat-type></time></attributes>"
    sheet = parse_musicxml(score(C_BAR, waltz + note("C5", 3)))
    assert [str(bar.meter) for bar in sheet.chart.bars] == ["4/4", "3/4"]


@pytest.mark.parametrize(
    ("meter", "mark"),
    [
        ("4/4", ("quarter", 0, "120.25")),
        ("2/2", ("half", 0, "60")),
        ("6/8", ("quarter", 1, "80")),
        ("7/8", ("quarter", 0, "120.25")),
    ],
)
def test_a_metronome_mark_counts_beats(meter: str, mark: tuple[str, int, str]) -> None:
    text = print_musicxml(LeadSheet(replace(parse_chart(f"({meter}) C | F"), qpm=120.25), ()))
    (metronome,) = ElementTree.fromstring(text).iter("metronome")
    dots = len(metronome.findall("beat-unit-dot"))
    assert (metronome.findtext("beat-unit"), dots, metronome.findtext("per-minute")) == mark
    assert parse_musicxml(text.encode()).chart.qpm == 120.25


def test_title_composer_key_tempo_and_rehearsal_marks_are_read() -> None:
    head = (
        "<work><work-title>Five Spoons</work-title></work><identification>"
        '<creator type="composer">A. Nobody</creator></identification>'
    )
    marks = (
        "<direction><direction-type><rehearsal>A</rehearsal></direction-type></direction>"
        "<direction><direction-type><metronome><beat-unit>half</beat-unit><per-minute>60</per-minute></metronome>"
        "</direction-type></direction>"
    )
    key = "<key><fifths>-3</fifths><mode>minor</mode></key>"
    chart = parse_musicxml(score(marks + C_BAR, head=head, attributes=key)).chart
    facts = (chart.title, chart.composer, chart.key, chart.qpm, chart.bars[0].section)
    assert facts == ("Five Spoons", "A. Nobody", "C:min", 120.0, "A")


def test_rests_too_many_are_no_reason_to_refuse_a_bar() -> None:
    assert len(parse_musicxml(score(C_BAR + note("r", 1))).chart.bars) == 1


def archive(**files: bytes) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in files.items():
            file.writestr(name.replace("_", "."), content)
    return data.getvalue()


def transposed(semitones: str) -> str:
    return f"<transpose><chromatic>{semitones}</chromatic></transpose>"


def sound(tempo: str) -> str:
    return f'<sound tempo="{tempo}"/>'


BAD_DEGREES = [
    "<degree><degree-value>x</degree-value></degree>",
    "<degree><degree-value>9</degree-value><degree-alter>inf</degree-alter></degree>",
]
LAUGHS = b'<!DOCTYPE s [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><score-partwise>&b;</score-partwise>'


@pytest.mark.parametrize(
    ("data", "error", "complaint"),
    [
        (b"<score-partwise><part>", FormatError, r"line 1, column \d+.*no element found|not well-formed"),
        (b"", FormatError, "not well-formed"),
        (b"<html/>", FormatError, "no MusicXML score"),
        (LAUGHS, FormatError, "entity"),
        (archive(readme_txt=b"hello"), FormatError, "holds no score"),
        (archive(score_xml=score(C_BAR))[:-30], FormatError, "archive is damaged"),
        (archive(score_xml=b" " * (65 * 2**20)), FormatError, "unpacks to more than 64 MB"),
        (score(note("C5", 4)), NoChordsError, "no chord symbols"),
        (score(C_BAR, note("C5", 5)), FormatError, "bar 2.*5 quarters.*4/4"),
        (score(harmony("C", "wavy") + note("C5", 4)), ChordError, "bar 1"),
        (score(C_BAR).replace(b"<divisions>4", b"<divisions>0"), FormatError, "divisions"),
        (score(C_BAR).replace(b"<beat-type>4", b"<beat-type>3"), FormatError, "4/3"),
        (b"<score-partwise><part/></score-partwise>", FormatError, "no measure"),
        (score(C_BAR).replace(b"<beats>4", b"<beats>30000000"), FormatError, "bar 1: 30000000/4 is no time signature"),
        (score(C_BAR, attributes="<key><fifths>x</fifths></key>"), FormatError, "bar 1: fifths 'x' is no number"),
        (score(C_BAR, attributes=transposed("inf")), FormatError, "bar 1: chromatic 'inf' is no number"),
        (score(C_BAR.replace("<octave>5", "<octave>x")), FormatError, "bar 1: octave 'x' is no number"),
        (score(C_BAR.replace("</step>", "</step><alter>nan</alter>")), FormatError, "bar 1: alter 'nan' is no number"),
        (score(C_BAR.replace("<duration>16", "<duration>1e3000000")), FormatError, "duration '1e3000000' is no number"),
        (score(C_BAR.replace("<duration>16", "<duration>-16")), FormatError, "bar 1: <note> has a duration below 0"),
        *((score(C_BAR + sound(tempo)), FormatError, f"tempo '{tempo}' is no number") for tempo in ("inf", "nan", "x")),
        *((score(harmony("C", more=more) + note("C5", 4)), ChordError, "is no number.*bar 1") for more in BAD_DEGREES),
        (score(harmony("C</root-step><root-alter>x</root-alter><root-step>")), ChordError, "<root-alter>.*bar 1"),
    ],
)
def test_a_bad_score_is_refused_in_a_line_that_says_why(data: bytes, error: type[Exception], complaint: str) -> None:
    with pytest.raises(error, match=complaint):
        parse_musicxml(data)


def test_a_corrupt_archive_is_refused() -> None:
    data = bytearray(archive(score_xml=score(*[C_BAR] * 9)))
    data[40] ^= 0xFF  # the first byte of the deflated stream
    with pytest.raises(FormatError, match="archive is damaged"):
        parse_musicxml(bytes(data))


def test_a_bar_of_no_believable_length_is_not_read_even_leniently() -> None:
    long = score(C_BAR.replace("<duration>16", "<duration>999999999"))
    with pytest.raises(FormatError, match=r"bar 1: it holds 2.5e\+08 quarters.*mend it in a notation program$"):
        parse_musicxml(long, lenient=True)


@pytest.mark.parametrize(("tempo", "qpm"), [("0", None), ("-5", None), ("119.99999999999999", 119.99999999999999)])
def test_a_tempo_is_above_zero_or_none(tempo: str, qpm: float | None) -> None:
    assert parse_musicxml(score(sound(tempo) + C_BAR)).chart.qpm == qpm


def test_leniently_a_bad_bar_and_an_unknown_chord_are_read() -> None:
    sheet = parse_musicxml(score(harmony("C", "wavy") + note("C5", 5)), lenient=True)
    assert (str(sheet.chart.bars[0].meter), sheet.chart.bars[0].chords[0].chord.label) == ("5/4", "X")


def test_a_chart_alone_is_a_sheet_too() -> None:
    chart = Chart(parse_chart("Cmaj7 | N.C. | F#m7b5/C").bars)
    assert parse_musicxml(print_musicxml(LeadSheet(chart, ())).encode()).chart == chart
    assert parse_chord("F#m7b5/C") == chart.bars[2].chords[0].chord


PARTS = [*INSTRUMENTS.values()]


@given(notated_sheets(), st.sampled_from(PARTS))
def test_a_part_is_read_back_as_it_sounds(sheet: LeadSheet, part: Instrument) -> None:
    playable = replace(sheet, melody=tuple(replace(note, pitch=30 + note.pitch % 70) for note in sheet.melody))
    assert parse_musicxml(print_musicxml(playable, part).encode(), lenient=True) == playable


@pytest.mark.parametrize("part", ["tenor-sax", "alto-sax", "horn", "clarinet"])
@pytest.mark.parametrize("chart", ["key: Gb\nGb | Cb | Db7/Cb | Ebm7", "key: E\nE | F#7/A# | D#m7 | C#7"])
def test_chords_of_a_part_are_called_as_they_were_when_it_is_read_back(chart: str, part: str) -> None:
    sheet = LeadSheet(parse_chart(chart), ())
    again = parse_musicxml(print_musicxml(sheet, INSTRUMENTS[part]).encode()).chart
    assert print_chart(again) == print_chart(sheet.chart)


@pytest.mark.parametrize(("attack", "times"), [("460", [0, 940]), ("-470", [0, 480]), ("-40", [0, 480])])
def test_a_note_sounds_no_earlier_than_the_one_before_has_ended(attack: str, times: list[int]) -> None:
    sheet = LeadSheet(parse_chart("C"), (Note(0, 60, 480), Note(480, 62, 480)))
    text = print_musicxml(sheet).replace("<note>", f'<note attack="{attack}">').replace(f' attack="{attack}"', "", 1)
    melody = parse_musicxml(text.encode()).melody
    assert [note.time for note in melody] == times
    assert all(before.end <= after.time for before, after in pairwise(melody))


def printed(chart: str, *melody: Note, part: str | None = None, swing: float | None = None) -> Element:
    sheet = LeadSheet(parse_chart(chart), melody)
    text = print_musicxml(sheet, INSTRUMENTS[part] if part else None, swing)
    return ElementTree.fromstring(text)


def eighths(*pitches: int) -> tuple[Note, ...]:
    return tuple(Note(240 * index, pitch, 240) for index, pitch in enumerate(pitches))


@pytest.mark.parametrize(
    ("part", "clef", "transpose"),
    [
        ("tenor-sax", "G2", {"diatonic": "-1", "chromatic": "-2", "octave-change": "-1"}),
        ("alto-sax", "G2", {"diatonic": "-5", "chromatic": "-9"}),
        ("baritone-sax", "G2", {"diatonic": "-5", "chromatic": "-9", "octave-change": "-1"}),
        ("horn", "G2", {"diatonic": "-4", "chromatic": "-7"}),
        ("piccolo", "G2", {"diatonic": "0", "chromatic": "0", "octave-change": "1"}),
        ("double-bass", "F4", {"diatonic": "0", "chromatic": "0", "octave-change": "-1"}),
        ("trombone", "F4", {}),
        ("viola", "C3", {}),
        ("tenor-voice", "G2-1", {}),
    ],
)
def test_a_part_has_its_clef_and_its_transposition(part: str, clef: str, transpose: dict[str, str]) -> None:
    attributes = printed("C", part=part).find("part/measure/attributes")
    assert attributes is not None
    assert "".join(element.text or "" for element in attributes.findall("clef/*")) == clef
    assert {element.tag: element.text for element in attributes.findall("transpose/*")} == transpose


def test_a_part_names_its_instrument_and_its_sound() -> None:
    part = printed("C", part="tenor-sax").find("part-list/score-part")
    assert part is not None
    assert (part.findtext("part-name"), part.findtext("midi-instrument/midi-program")) == ("Tenor Sax", "67")


@pytest.mark.parametrize(
    ("key", "pitches", "accidentals"),
    [
        ("C", (66, 67, 66, 67), "sharp - - -"),
        ("C", (66, 67, 66, 65, 65), "sharp - flat natural -"),
        ("G", (66, 67, 65, 66), "- - natural sharp"),
        ("F", (70, 72, 71, 72, 71), "- - natural - -"),
    ],
)
def test_accidentals_hold_to_the_bar_line(key: str, pitches: tuple[int, ...], accidentals: str) -> None:
    score = printed(f"key: {key}\nN.C.", *eighths(*pitches))
    notes = [note for note in score.iter("note") if note.find("pitch") is not None]
    assert " ".join(note.findtext("accidental") or "-" for note in notes) == accidentals


def test_a_natural_reminds_of_an_accidental_in_the_bar_before_and_a_tie_needs_none() -> None:
    sharp, tied, plain = Note(0, 66, 480), Note(1800, 66, 240), Note(2400, 65, 480)
    score = printed("D7 | G7", sharp, tied, plain)
    found = [
        (note.findtext("accidental"), note.find("accidental[@cautionary]") is not None) for note in score.iter("note")
    ]
    assert [item for item in found if item[0]] == [("sharp", False), ("natural", True)]


def test_notes_have_their_elements_in_the_order_of_the_standard() -> None:
    order = [
        "chord",
        "pitch",
        "rest",
        "duration",
        "tie",
        "voice",
        "type",
        "dot",
        "accidental",
        "time-modification",
        "beam",
        "notations",
    ]
    melody = (Note(0, 61, 160), Note(0, 66, 160), Note(160, 63, 320), Note(480, 66, 360), Note(840, 61, 1500))
    for note in printed("key: C\nA7 | D7", *melody).iter("note"):
        tags = [child.tag for child in note]
        assert tags == sorted(tags, key=order.index)


def test_the_notes_of_a_chord_stand_on_one_stem() -> None:
    score = printed("C", Note(0, 60, 480), Note(0, 64, 480), Note(0, 67, 480))
    found = [(note.findtext("pitch/step"), note.find("chord") is not None) for note in score.iter("note")]
    assert found[:3] == [("G", False), ("E", True), ("C", True)]


def test_a_note_cut_short_is_written_whole_with_a_dot_and_its_release() -> None:
    score = printed("C", Note(0, 60, 90), Note(240, 62, 240))
    note = next(score.iter("note"))
    assert (note.findtext("type"), note.get("release")) == ("eighth", "-150")
    assert note.find("notations/articulations/staccato") is not None
    assert parse_musicxml(ElementTree.tostring(score)).melody == (Note(0, 60, 90), Note(240, 62, 240))


def test_how_loud_a_note_is_is_kept_for_players() -> None:
    notes = [*printed("C", Note(0, 60, 480, 90), Note(480, 62, 480)).iter("note")]
    assert [note.get("dynamics") for note in notes[:2]] == ["100.00", None]


@pytest.mark.parametrize(
    ("ratio", "words", "swing"),
    [(2.0, "Swing", "2:1"), (1.5, "Swing", "3:2"), (1.62, "Swing", "8:5"), (1.0, "Even eighths", "")],
)
def test_swing_is_said_in_words_and_in_numbers(ratio: float, words: str, swing: str) -> None:
    score = printed("tempo: 160\nC", swing=ratio)
    numbers = [score.findtext(f".//swing/{name}") for name in ("first", "second")]
    assert score.findtext(".//words") == words
    assert ":".join(number for number in numbers if number) == swing


def test_sections_begin_a_system_behind_a_double_bar_line() -> None:
    measures = printed("[A] C | F | [B] G | C").findall("part/measure")
    assert [measure.find("print") is not None for measure in measures] == [False, False, True, False]
    assert [measure.findtext("barline/bar-style") for measure in measures] == [None, "light-light", None, "light-heavy"]


def test_a_pickup_is_an_implicit_bar() -> None:
    measures = printed("(1/4) N.C. | (4/4) C | F", Note(0, 67, 480)).findall("part/measure")
    assert [(measure.get("number"), measure.get("implicit")) for measure in measures] == [
        ("0", "yes"),
        ("1", None),
        ("2", None),
    ]


def test_rests_of_a_pickup_have_values_for_a_rest_of_a_bar_is_read_as_a_whole_one() -> None:
    measure = printed("(3/8) N.C. | (6/8) C | F").find("part/measure")
    assert measure is not None
    rests = [note for note in measure.findall("note") if note.find("rest") is not None]
    assert [(rest.findtext("type"), rest.find("dot") is not None) for rest in rests] == [("quarter", True)]
    assert [rest.get("measure") for rest in measure.iter("rest")] == [None]


def test_a_bar_of_rest_is_one_rest() -> None:
    rests = [*printed("C | (7/8) F").iter("rest")]
    assert [rest.get("measure") for rest in rests] == ["yes", "yes"]


@pytest.mark.parametrize(
    ("symbol", "text", "shown"),
    [("D7(b9)", "7", ["9"]), ("G7sus4", "7sus4", []), ("C6/9", "6/9", []), ("Cadd9", "", ["9"]), ("E7#5", "7(#5)", [])],
)
def test_a_degree_is_shown_once(symbol: str, text: str, shown: list[str]) -> None:
    element = harmony_of_chord(parse_chord(symbol), None)
    kind = element.find("kind")
    degrees = [degree for degree in element.findall("degree") if degree.get("print-object") != "no"]
    assert kind is not None
    assert (kind.get("text"), [degree.findtext("degree-value") for degree in degrees]) == (text, shown)
