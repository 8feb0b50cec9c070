from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solomuse.errors import ChartError, ChordError
from solomuse.music.chart import Chart
from solomuse.music.chart_text import parse_chart, print_chart
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.roman import parse_roman
from tests.strategies import charts


def bars(text: str) -> list[str]:
    """Each bar as chords with their lengths in beats."""
    return [
        " ".join(f"{span.chord.symbol()}:{span.duration / bar.meter.beat_ticks:g}" for span in bar.chords)
        for bar in parse_chart(text).bars
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("C:maj F:maj G:maj C:maj", ["C:4", "F:4", "G:4", "C:4"]),
        ("Dm7 | G7 | Cmaj7 | %", ["Dm7:4", "G7:4", "Cmaj7:4", "Cmaj7:4"]),
        ("| Dm7 | G7 |", ["Dm7:4", "G7:4"]),
        ("Dm7 G7 | C", ["Dm7:2 G7:2", "C:4"]),
        ("Dm7 G7 C | F", ["Dm7:2 G7:1 C:1", "F:4"]),
        ("Dm7 . G7 . | C", ["Dm7:2 G7:2", "C:4"]),
        ("Dm7 / / G7 | C", ["Dm7:3 G7:1", "C:4"]),
        ("C | / | / / F /", ["C:4", "C:4", "C:2 F:2"]),
        ("Dm7:3 G7:1 | C", ["Dm7:3 G7:1", "C:4"]),
        ("Dm7:3 G7 | C:maj:1 F", ["Dm7:3 G7:1", "C:1 F:3"]),
        ("Dm7:1.5 G7:5/2 | C", ["Dm7:1.5 G7:2.5", "C:4"]),
        ("C:7 | F:9", ["C7:4", "F9:4"]),
        ("|: C | F :| G", ["C:4", "F:4", "C:4", "F:4", "G:4"]),
        ("|: C :|x3 G", ["C:4", "C:4", "C:4", "G:4"]),
        ("|: C :| x3 | G", ["C:4", "C:4", "C:4", "G:4"]),
        ("|: C |1. F :|2. G | A", ["C:4", "F:4", "C:4", "G:4", "A:4"]),
        ("|: C |1. F | Em :|2. G |", ["C:4", "F:4", "Em:4", "C:4", "G:4"]),
        ("|: C |1,2. F :|3. G |", ["C:4", "F:4", "C:4", "F:4", "C:4", "G:4"]),
        ("|: C :||: F :|", ["C:4", "C:4", "F:4", "F:4"]),
        ("(3/4) C | (6/8) F G | %", ["C:3", "F:3 G:3", "F:3 G:3"]),
        ("(1/4) N.C. | (4/4) C", ["N.C.:1", "C:4"]),
        ("meter: 3/4\nC | F", ["C:3", "F:3"]),
        ("C | F # the end\n# a comment\nG", ["C:4", "F:4", "G:4"]),
        ("dm7 | bb7", ["Dm7:4", "Bb7:4"]),
        ("C | x", ["C:4", "C:4"]),
        ("key=Bb: ii-7 V7b9 IΔ", ["Cm7:4", "F7(b9):4", "Bbmaj7:4"]),
        ("ii7 V7 Imaj7 in Bb", ["Cm7:4", "F7:4", "Bbmaj7:4"]),
        ("iiø7 V7 | i in A minor", ["Bm7b5:2 E7:2", "Am:4"]),
        ("C ; F", ["C:4", "F:4"]),
        ("C/E | F#m7/c#", ["C/E:4", "F#m7/C#:4"]),
        ("| C || D |]\n| E |\n\n| F |", ["C:4", "D:4", "E:4", "F:4"]),
        ("C | |: D :| |: E :| | F", ["C:4", "D:4", "D:4", "E:4", "E:4", "F:4"]),
        ("|: C |1. F :| |2. G |", ["C:4", "F:4", "C:4", "G:4"]),
        ("|: C |1. | F :|2. G |", ["C:4", "F:4", "C:4", "G:4"]),
        ("|:C|1.F:|2.G|", ["C:4", "F:4", "C:4", "G:4"]),
        ("|: Dm7 | %:|x3 N.C.", [*["Dm7:4"] * 6, "N.C.:4"]),
        ("|: Dm7:3 G7:1:||:C:|", ["Dm7:3 G7:1"] * 2 + ["C:4"] * 2),
    ],
)
def test_a_chart_is_read_bar_by_bar(text: str, expected: list[str]) -> None:
    assert bars(text) == expected


def test_headers_and_sections_are_kept() -> None:
    chart = parse_chart(
        "Title: Foxglove Waltz\nComposer: A. Nobody\nstyle: Jazz Waltz\nkey: F#m\ntempo: 140\nmeter: 3/4\n"
        "[A] |: F#m7 | B7 :|\n[B section] E | % |"
    )
    facts = (chart.title, chart.composer, chart.style, chart.key, chart.qpm)
    assert facts == ("Foxglove Waltz", "A. Nobody", "Jazz Waltz", "F#:min", 140.0)
    assert [bar.section for bar in chart.bars] == ["A", None, "A", None, "B section", None]


def test_without_bar_lines_a_section_begins_with_the_next_chord() -> None:
    assert [bar.section for bar in parse_chart("[A] C F [B] G D").bars] == ["A", None, "B", None]


@given(charts, st.none() | st.sampled_from(["C:maj", "F#:min", "Eb:maj", "Gb:maj"]), st.lists(st.integers(0, 4)))
def test_a_printed_chart_is_read_back_as_the_same(chart: Chart, key: str | None, starts: list[int]) -> None:
    named = tuple(replace(bar, section="A b" if index in starts else None) for index, bar in enumerate(chart.bars))
    whole = replace(chart, bars=named, key=key, title="A Title" if starts else None)
    printed = print_chart(whole)
    read = parse_chart(printed)
    assert replace(read, qpm=None) == replace(whole, qpm=None)
    assert read.qpm == pytest.approx(whole.qpm)
    assert parse_chart(print_chart(whole, "jazz")) == read


GIANT_STEPS = "Bmaj7 D7 Gmaj7 Bb7 Ebmaj7 Am7 D7 C#m7 F#7"


def names(chart: Chart) -> str:
    return " ".join(span.chord.symbol(key=chart.key) for span in chart.spans())


@pytest.mark.parametrize("key", ["", "key: B\n", "key: Eb\n"])
def test_a_printed_chart_names_chords_as_they_were_written(key: str) -> None:
    chart = parse_chart(key + GIANT_STEPS.replace(" ", " | "))
    assert names(chart) == names(parse_chart(print_chart(chart))) == GIANT_STEPS


@pytest.mark.parametrize(
    ("semitones", "moved"),
    [
        (0, GIANT_STEPS),
        (1, "Cmaj7 Eb7 Abmaj7 B7 Emaj7 Bbm7 Eb7 Dm7 G7"),
        (2, "Dbmaj7 E7 Amaj7 C7 Fmaj7 Bm7 E7 Ebm7 Ab7"),
        (12, GIANT_STEPS),
    ],
)
def test_names_move_with_the_key(semitones: int, moved: str) -> None:
    assert names(parse_chart("key: B\n" + GIANT_STEPS.replace(" ", " | ")).transpose(semitones)) == moved


@pytest.mark.parametrize(
    ("key", "chords", "to", "moved"),
    [
        ("F", "F | Bb | C7/Bb", "Gb:maj", "Gb Cb Db7/Cb"),  # the key has a C flat
        ("F", "Em7b5 | A7", "F#:maj", "E#m7b5 Bb7"),  # A sharp major would have a double sharp
        ("C", "F", "Cb:maj", "Fb"),
        ("C", "D7 | A7", "Db:maj", "Eb7 Bb7"),
        ("Eb", "G7/D | C7/G", "B:maj", "Eb7/Bb G#7/D#"),  # a bass goes with its root
    ],
)
def test_moved_names_are_those_of_the_new_key(key: str, chords: str, to: str, moved: str) -> None:
    sheet = LeadSheet(parse_chart(f"key: {key}\n{chords}"), ())
    assert names(sheet.in_key(to).chart) == moved


def test_without_a_key_names_move_by_the_fewest_fifths_that_can_be_read() -> None:
    chart = parse_chart("Ebm7 | Ab7")
    assert [names(chart.transpose(by)) for by in (2, 3)] == ["Fm7 Bb7", "F#m7 B7"]


def test_a_chart_in_the_same_key_by_another_name_has_names_of_that() -> None:
    sheet = LeadSheet(parse_chart("key: Gb\nGbmaj7 | Cbmaj7 | Db7/Ab"), ())
    assert names(sheet.in_key("F#:maj").chart) == "F#maj7 Bmaj7 C#7/G#"


@pytest.mark.parametrize("text", ["key: Gb\nGbmaj7 | Cb7 | Abm7/Cb |", "key: F#\nCm7b5 | E#7 | F# |"])
def test_a_chart_names_the_chords_of_its_scale_as_the_key_does(text: str) -> None:
    assert print_chart(parse_chart(text)) == text


@pytest.mark.parametrize(
    ("roman", "key", "label"),
    [
        ("I", "C:maj", "C:maj"),
        ("ii", "C:maj", "D:min"),
        ("bVII7", "C:maj", "Bb:7"),
        ("#ivø7", "C:maj", "F#:hdim7"),
        ("V7/V", "C:maj", "D:7"),
        ("I/3", "F:maj", "F:maj/3"),
        ("vii°7", "C:min", "B:dim7"),
        ("VI", "C:min", "Ab:maj"),
        ("bVI", "C:min", "Ab:maj"),
        ("iMaj7", "C:min", "C:minmaj7"),
        ("IV-7", "C:maj", "F:min7"),
        ("V7sus4", "C:maj", "G:sus4(b7)"),
        ("V7alt", "C:maj", "G:7(*5,b9,#9,#11,b13)"),
        ("vi7", "C:maj", "A:min7"),
    ],
)
def test_a_roman_numeral_is_a_chord_of_its_key(roman: str, key: str, label: str) -> None:
    assert parse_roman(roman, key).label == label


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "empty"),
        (" | ", "empty"),
        ("# nothing", "empty"),
        ("% | C", "bar 1.*first bar"),
        ("C | (3/4)", "bar 2.*no chord"),
        ("C | (3/4) %", "bar 2.*meter is 3/4"),
        *((text, "bar 2: it holds no chord.*N.C.*or %") for text in ("C | | D", "C ||| D", "C | |")),
        *((text, "bar 1: it holds no chord") for text in ("| | C", "|: | C :|", "|: :| C")),
        ("C | F :| :| D", "bar 3: it holds no chord"),
        *(
            (text, "bar 2: no repeat leads to its ending")
            for text in ("C | 2. F", "C | 1. F | G", "C |1. F || G :|2. A")
        ),
        ("|: C |1. F :|3. G |", "bar 3: no repeat leads to its ending"),
        *((f"{name}: C | F", rf"bar 1: '{name}:' .*\[{name}\]") for name in ("A", "Intro", "Verse 1", "Artist")),
        ("C | F | B: G", r"bar 3: 'B:' .*\[B\]"),
        ("A: C F", r"bar 1: 'A:' .*\[A\]"),
        ("A\n| Eb | Ab |\nB\n| Cm | Ab |", r"'A' stands on a line of its own .*\[A\] for .*\| A \| for"),
        ("[A] C | F [B] G | D", r"bar 2: \[B\] stands behind a chord"),
        ("C | F (3/4) G", r"bar 2: \(3/4\) stands behind a chord"),
        *((f"C | {word} | F", "bar 2: .*write the form out") for word in ("D.C. al Fine", "DS", "G Fine", "(To Coda)")),
        *(
            (text, "bar 2: .*endings are written")
            for text in ("|: C |1 D :|2 E |", "|: C | [1. D :| [2. E |", "C | 3 D")
        ),
        ("C | Dm7:3 G7:2", "bar 2.*5 beats.*4/4 has 4"),
        ("C | Dm7:3", "bar 2.*3 beats"),
        ("C:maj:0 | D", "bar 1"),
        ("(4/3) C", "time signature"),
        (". | C", "bar 1.*there is none"),
        ("ii7 V7 | I", "needs a key"),
        ("key: Q\nC", "key 'Q'"),
        ("tempo: fast\nC", "tempo 'fast'"),
        ("C | 1-30000000. C", "ending 1-30000000.*up to 99"),
        ("C | 1,100. C", "ending 1,100.*up to 99"),
        ("|: C |3-1. F :| G", "ending 3-1.*write 1-3"),
        ("Cm:1/0 F | G", "bar 1: 'Cm:1/0' divides its length by 0"),
        ("Cm:1/00 F | G", "bar 1: 'Cm:1/00' divides its length by 0"),
        ("(300/4) C", "meter '300/4'.*at most 64 quarters"),
        (f"C :|x{'9' * 9}", "more than 20000 bars"),
    ],
)
def test_a_chart_that_does_not_fit_says_where(text: str, complaint: str) -> None:
    with pytest.raises(ChartError, match=complaint):
        parse_chart(text)


@pytest.mark.parametrize("text", [f"C :|x{'9' * 5000} F", f"Cm:{'9' * 5000} F", f"Cm:1/{'9' * 5000} F"])
def test_a_number_of_thousands_of_digits_is_none(text: str) -> None:
    with pytest.raises(ChordError):
        parse_chart(text)


@pytest.mark.parametrize("qpm", [0.0, -120.0, float("inf"), float("nan")])
def test_a_chart_has_a_tempo_that_can_be_played(qpm: float) -> None:
    with pytest.raises(ChartError, match=r"tempo .*expected quarter notes per minute"):
        replace(parse_chart("C"), qpm=qpm)


def test_a_chord_that_does_not_parse_names_its_bar_and_its_place() -> None:
    with pytest.raises(ChordError, match=r"bar 2") as caught:
        parse_chart("C | Dfoo")
    assert str(caught.value).splitlines()[1:] == ["  Dfoo", "   ^"]
