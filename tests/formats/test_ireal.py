from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solomuse.errors import ChartError, ChordError, FormatError, OutputError, SoloMuseError
from solomuse.formats.ireal import (
    IREAL_QUALITIES,
    nearest_ireal_chord,
    read_ireal,
    read_ireal_songs,
    scramble,
    simplified_chords,
    unscramble,
    write_ireal,
    write_irealbook,
)
from solomuse.formats.ireal.page import METER_BY_MARK
from solomuse.formats.ireal.scrambling import decode_music
from solomuse.formats.ireal.write import progression
from solomuse.music.chart import Bar, Chart, ChordSpan, one_chord_bar
from solomuse.music.chart_text import parse_chart
from solomuse.music.chord import NO_CHORD, Chord
from solomuse.music.meter import COMMON_TIME, Meter
from solomuse.music.symbols import parse_chord

BLUES = "[*AT44F7   |Bb7   |F7   | x  |Bb7   | x  |F7   |D7b9   |G-7   |C7   |F7 D7 |G-7 C7 Z "


def song(music: str, title: str = "Own Song", key: str = "C") -> str:
    return f"irealbook://{title}=Doe Jane=Medium Swing={key}=n={music}"


def read(music: str) -> Chart:
    return read_ireal(song(music))[0]


def bars(chart: Chart) -> list[str]:
    """Each bar as its chords with the length of each in beats: ``C:maj7*2 A:min7*2``."""
    return [
        " ".join(f"{span.chord.label}*{span.duration / bar.meter.beat_ticks:g}" for span in bar.chords)
        for bar in chart.bars
    ]


def roots(chart: Chart) -> str:
    """The first chord of each bar, as a form is spoken: ``ABAC``."""
    return "".join(bar.chords[0].chord.symbol()[0] for bar in chart.bars)


# Scrambling


@pytest.mark.parametrize("length", range(401))
def test_scrambling_is_undone_by_unscrambling(length: int) -> None:
    text = "".join(chr(0x100 + place) for place in range(length))
    assert unscramble(scramble(text)) == text


@given(st.text(max_size=300))
def test_scrambling_keeps_every_character(text: str) -> None:
    assert sorted(scramble(text)) == sorted(text)
    assert unscramble(scramble(text)) == text


@pytest.mark.parametrize(("length", "moved_up_to"), [(50, 0), (51, 0), (52, 50), (100, 50), (101, 50), (102, 100)])
def test_a_block_is_scrambled_only_with_two_characters_behind_it(length: int, moved_up_to: int) -> None:
    text = "".join(chr(0x100 + place) for place in range(length))
    moved = [place for place, (a, b) in enumerate(zip(text, scramble(text), strict=True)) if a != b]
    assert max(moved, default=-1) + 1 == moved_up_to


def test_five_characters_at_the_ends_and_fourteen_in_the_middle_are_mirrored() -> None:
    text = "".join(chr(0x100 + place) for place in range(52))
    moved = [place for place in range(50) if scramble(text)[place] == text[49 - place]]
    assert moved == [*range(5), *range(10, 24), *range(26, 40), *range(45, 50)]


def test_abbreviations_are_written_out() -> None:
    assert decode_music("1r34LbKcu7CXyQLZFXyQKclXyQZ") == "C    |F   | x   Z"


# Links


def test_a_song_has_the_names_of_its_link() -> None:
    chart = read_ireal(song(BLUES, key="F"))[0]
    assert (chart.title, chart.composer, chart.style, chart.key) == ("Own Song", "Doe Jane", "Medium Swing", "F:maj")
    assert chart.qpm is None
    assert len(chart.bars) == 12


def test_a_minor_key_is_written_with_a_dash() -> None:
    assert read_ireal(song("T44A-7   Z", key="A-"))[0].key == "A:min"


def test_a_scrambled_link_says_the_tempo() -> None:
    link = "irealb://Own%20Song=Doe%20Jane==Bossa%20Nova=D%2D==1r34LbKcu7T44D%2D7XyQZ%20=Jazz%2DBossa%20Nova=126=3"
    chart = read_ireal(link)[0]
    assert (chart.qpm, chart.style, bars(chart)) == (126.0, "Bossa Nova", ["D:min7*4"])


@pytest.mark.parametrize("bpm", ["0", ""])
def test_no_tempo_is_none(bpm: str) -> None:
    assert read_ireal(f"irealb://Own==  =Swing=C==1r34LbKcu7C Z==={bpm}=0")[0].qpm is None


def test_the_composer_that_the_app_does_not_know_is_none() -> None:
    assert read_ireal("irealb://Own=Composer Unknown==Swing=C==1r34LbKcu7C Z==0=0")[0].composer is None


@pytest.mark.parametrize(
    "text",
    [
        write_ireal([parse_chart("C | F")], "Two"),
        "Listen:\n" + write_ireal([parse_chart("C | F")]) + " and tell me\n",
        f'<p><a href="{write_ireal([parse_chart("C | F")])}">Untitled</a></p>',
        f"<a href='{write_irealbook([parse_chart('C | F')])}'>Untitled</a>",
        "irealb://" + "".join(f"%{ord(c):02X}" for c in unquote(write_ireal([parse_chart("C | F")]))[9:]),
        write_ireal([parse_chart("C | F")]).replace("=", "%3D"),
        "irealbook://Untitled=Doe=Swing=C=n=T44C   |F   Z\nand more text",
    ],
)
def test_a_link_is_found_wherever_it_stands(text: str) -> None:
    assert bars(read_ireal(text)[0]) == ["C:maj*4", "F:maj*4"]


def test_entities_of_a_page_are_read() -> None:
    page = '<a href="irealbook://Salt &amp; Pepper=Doe=Swing=C=n=T44C   &lt;Fine&gt; Z">Salt &amp; Pepper</a>'
    assert read_ireal(page)[0].title == "Salt & Pepper"


@pytest.mark.parametrize("write", [write_ireal, write_irealbook])
@pytest.mark.parametrize("playlist", [None, "Tonight"])
def test_all_songs_of_a_playlist_are_read(write, playlist: str | None) -> None:  # type: ignore[no-untyped-def]
    charts = [replace(parse_chart(text), title=title) for title, text in (("One", "C"), ("Two", "D"), ("Three", "E"))]
    assert [chart.title for chart in read_ireal(write(charts, playlist))] == ["One", "Two", "Three"]


def test_all_links_of_a_text_are_read() -> None:
    text = f'<a href="{song("C Z", "One")}">1</a> <a href="{write_ireal([parse_chart("C")])}">2</a>'
    assert [chart.title for chart in read_ireal(text)] == ["One", "Untitled"]


def test_an_empty_composer_does_not_part_a_song() -> None:
    link = "irealb://One===Swing=C==1r34LbKcu7C Z==0=0===Two=Doe==Swing=C==1r34LbKcu7D Z==0=0===List"
    assert [chart.title for chart in read_ireal(link)] == ["One", "Two"]


def test_one_bad_song_does_not_cost_the_others() -> None:
    good, bad = "Doe==Swing=C==1r34LbKcu7T44C   Z==0=0", "Doe==Swing=C==1r34LbKcu7T44C7xyz Z==0=0"
    results = list(read_ireal_songs(f"irealb://One={good}===Two={bad}===Three={good}===No music===Four={good}"))
    assert [(title, isinstance(result, SoloMuseError)) for title, result in results] == [
        ("One", False),
        ("Two", True),
        ("Three", False),
        ("No music", True),
        ("Four", False),
    ]


@pytest.mark.parametrize(
    ("text", "error", "complaint"),
    [
        ("no link at all", FormatError, "no link to a song"),
        (song(""), ChartError, "song 'Own Song': the progression holds no bar"),
        (song("T44C   |F ?! Z"), ChartError, r"song 'Own Song': bar 2: '\?! Z' is not iReal Pro's language"),
        (song("T99C   Z"), ChartError, "bar 1: 'T99C   Z' is not"),
        (song("T44C   |F7^^ Z"), ChordError, r"\(bar 2\) in song 'Own Song'"),
        (song(" x  |F   Z"), ChartError, "bar 1: a sign repeats the bars before it, but they are not there"),
        (song("W/G   Z"), ChordError, "W repeats the chord before, but there is none"),
        (song("T24CCCCCC Z"), ChartError, "bar 1: 6 chords do not fit a bar of 2/4"),
        (song("C   |F  <D.S. al Fine> Z"), ChartError, "no segno is marked"),
        (song("C   |F  <D.C. al 2nd End.> Z"), ChartError, "up to ending 2, but there is none"),
        (song("C   Z", key="Q"), ChartError, "song 'Own Song': key 'Q'"),
        ("irealb://Own=Doe==Swing=C==1r34LbKcu7T44C   |F7  ", FormatError, "song 'Own': its link is cut short"),
        ("irealb://Own%20Song=Doe==Swing=C==1r34LbKcu7T44C%7", FormatError, "song 'Own Song': a percent sign"),
        ("irealb://Own%20Song=Doe==Swing=C%FF==1r34LbKcu7C Z==0=0", FormatError, "not UTF-8"),
        ("irealb://Own=Doe==Swing", FormatError, "song 'Own': its link holds no music"),
        ("irealbook://Own=Doe=Swing", FormatError, "song 'Own': its link holds no music"),
    ],
)
def test_what_cannot_be_read_is_named(text: str, error: type[SoloMuseError], complaint: str) -> None:
    with pytest.raises(error, match=complaint):
        read_ireal(text)


def test_a_lenient_reader_logs_what_it_cannot_read(caplog: pytest.LogCaptureFixture) -> None:
    (chart,) = read_ireal(song("T44C   |F7^^ ? |G  <D.S.> Z", key="Q"), lenient=True)
    assert bars(chart) == ["C:maj*4", "X*4", "G:maj*4"]
    assert chart.key is None
    assert len(caplog.records) == 4


# Chords


@pytest.mark.parametrize("quality", ["", *IREAL_QUALITIES])
def test_every_quality_of_the_app_is_read(quality: str) -> None:
    chart = read(f"T44Db{quality}   |F#{quality}/G# Bb{quality} Z")
    symbols = [span.chord for bar in chart.bars for span in bar.chords]
    assert symbols == [parse_chord(root + quality + bass) for root, bass in (("Db", ""), ("F#", "/G#"), ("Bb", ""))]


@pytest.mark.parametrize("quality", ["", *IREAL_QUALITIES])
def test_every_quality_of_the_app_is_written_as_it_is(quality: str) -> None:
    chord = parse_chord("Eb" + quality)
    assert nearest_ireal_chord(chord) == chord


@pytest.mark.parametrize(
    ("label", "nearest"),
    [
        ("C:min13", "C:min9"),
        ("C:7(13)", "C:13"),
        ("C:7(b9,#9,13)", "C:7(b9,#9)"),
        ("D:hdim7(11)/b5", "D:hdim7/b5"),
        ("C:sus2", "C:maj(9)"),
        ("C:1", "C:5"),
        ("C:maj7(13)", "C:maj13"),
        ("N", "N"),
        ("X", "N"),
    ],
)
def test_another_chord_is_written_as_the_one_that_shares_most(label: str, nearest: str) -> None:
    assert nearest_ireal_chord(parse_chord(label)).label == nearest


def test_simplified_chords_are_counted() -> None:
    assert simplified_chords(parse_chart("Cm13 Cm9 | C:sus2 | C7")) == 2


def test_a_quality_spelled_freely_is_read() -> None:
    assert bars(read("T44C*m9*   Z")) == ["C:min9*4"]


@pytest.mark.parametrize(
    ("music", "played"),
    [
        ("C   |n   Z", ["C:maj*4", "N*4"]),
        ("C,n,|F,N,Z", ["C:maj*2 N*2", "F:maj*2 N*2"]),
        ("C7 W/Bb |W/A W/G Z", ["C:7*2 C:7/b7*2", "C:7/6*2 C:7/5*2"]),
        ("C7   |n W/Bb Z", ["C:7*4", "N*2 C:7/b7*2"]),
        ("C,p,p,F,|p,p,G Z", ["C:maj*3 F:maj*1", "F:maj*2 G:maj*2"]),
        ("C7(A7b9)   |F7   (B7) Z", ["C:7*4", "F:7*4"]),
        ("C   | x  |F G | x  |x Z", ["C:maj*4", "C:maj*4", *["F:maj*2 G:maj*2"] * 3]),
        ("C   |F   |   r|    |G   Z", ["C:maj*4", "F:maj*4", "C:maj*4", "F:maj*4", "G:maj*4"]),
        ("C   |F   | r|  | r|  Z", ["C:maj*4", "F:maj*4"] * 3),
        ("C   |F   | r |G   Z", ["C:maj*4", "F:maj*4", "C:maj*4", "F:maj*4", "G:maj*4"]),
        ("C   |    |F   Z", ["C:maj*4", "C:maj*4", "F:maj*4"]),
        ("C   |  F |G   Z", ["C:maj*4", "F:maj*4", "G:maj*4"]),
        ("sC,D,E,F,|lGf   Z ", ["C:maj*1 D:maj*1 E:maj*1 F:maj*1", "G:maj*4"]),
        ("<*36Slowly>C   |YYY<4 hits>F   Z", ["C:maj*4", "F:maj*4"]),
        ("C F7 |T34 x  Z", ["C:maj*2 F:7*2", "C:maj*2 F:7*1"]),
    ],
)
def test_a_bar_is_played_as_it_is_written(music: str, played: list[str]) -> None:
    assert bars(read("T44" + music)) == played


@pytest.mark.parametrize(
    ("mark", "cells", "lengths"),
    [
        ("44", "C   ", [4]),
        ("44", "C F ", [2, 2]),
        ("44", "C,F  ", [1, 3]),
        ("44", "C  F,", [3, 1]),
        ("44", "C F,G,", [2, 1, 1]),
        ("44", "C,F,", [2, 2]),
        ("44", "C ", [4]),
        ("44", "C  F  ", [2, 2]),
        ("44", "C F G A ", [1, 1, 1, 1]),
        ("44", "C,F,G,A,B,", [1, 1, 1, 0.5, 0.5]),
        ("44", "C,F,G,", [2, 1, 1]),
        ("44", "C F,", [3, 1]),
        ("34", "C   ", [3]),
        ("34", "C F ", [2, 1]),
        ("34", "C,F  ", [1, 2]),
        ("34", "C  F,", [2, 1]),
        ("34", "C,F,G ", [1, 1, 1]),
        ("34", "C F,G,", [1, 1, 1]),
        ("24", "C F ", [1, 1]),
        ("24", "C F,G,", [1, 0.5, 0.5]),
        ("54", "C F ", [3, 2]),
        ("54", "C,p,p,F,p,", [3, 2]),
        ("64", "C F ", [3, 3]),
        ("74", "C F ", [4, 3]),
        ("68", "C F ", [3, 3]),
        ("98", "C,F  ", [3, 6]),
        ("12", "C F,G,", [6, 3, 3]),
        ("22", "C F ", [1, 1]),
    ],
)
def test_cells_share_the_beats_of_their_bar(mark: str, cells: str, lengths: list[float]) -> None:
    (bar,) = read(f"T{mark}{cells}Z").bars
    assert [span.duration / bar.meter.beat_ticks for span in bar.chords] == lengths


# Form


@pytest.mark.parametrize(
    ("music", "played"),
    [
        ("{A   |B   }C   Z", "ABABC"),
        ("A   |B   }C   Z", "ABABC"),
        ("A   {B   }{C   }", "ABBCC"),
        ("A   {B  <3x> }C   Z", "ABBBC"),
        ("{A   |N1B   }|N2C   |D   Z", "ABACD"),
        ("{A   |N1B   |C   }        |N2D   ][E   Z", "ABCADE"),
        ("{A   |N1B   ]|N2C   Z", "ABAC"),
        ("{A   |N1B   }|N2C   }D   Z", "ABACD"),
        ("{A   |N1B   }|N2C   }|N3D   Z", "ABACAD"),
        ("{A   |N0B   }|N0C   Z", "ABAC"),
        ("{A   |N1B   }C   Z", "ABAC"),
        ("A   |B  <Fine> ][C   |D  <D.C. al Fine> Z", "ABCDAB"),
        ("A   |UB   ][C   |D  <D.C. al Fine> Z", "ABCDAB"),
        ("A   |UB   |C   Z", "ABC"),
        ("A   |SB  <Fine> ]C   |D  <*66D.S. al Fine> Z", "ABCDB"),
        ("A   |SB Q |C   |D  <D.S. al Coda> Z        [QE   |F   Z", "ABCDBEF"),
        ("A   |B   |QC   |D  <D.C. al Coda> ZY[QE   |F   Z", "ABCDABEF"),
        ("A   |B   |<D.C. al Fine>C   |D   ]", "ABCDABCD"),
        ("{A  Q |N1B   }|N2C  <DC al coda> ]Q D   Z", "ABACAD"),
        ("{A   |N1B   }|N2QC   |D  <D.C. al Coda> ][QE   Z", "ABACDAE"),
        ("{A   |N1B   }|N2C   ][D  <D.C. al 2nd End.> Z", "ABACDAC"),
        ("{A   |N1B   }|N2C   ][<D.C. al 3rd ending>D   |E   ]Y|N3F   |G   Z", "ABACDEAFG"),
        ("A   |SB   |C  <D.S.> Z", "ABCBC"),
        ("A   |B Q |C   ][QD   Z", "ABD"),
        ("{A Q |B   }[QC   Z", "ABAC"),
        ("A   |B   ][QC   Z", "ABC"),
    ],
)
def test_a_form_is_written_out(music: str, played: str) -> None:
    assert roots(read("T44" + music)) == played


def test_a_part_begins_each_time_it_is_played() -> None:
    chart = read("T44*iC   {*AD   |N1E   }|N2F   ]*B[G   |A   ][*vB   |*EC   Z")
    sections = [(bar.section, bar.chords[0].chord.symbol()) for bar in chart.bars if bar.section]
    assert sections == [("Intro", "C"), ("A", "D"), ("A", "D"), ("B", "G"), ("Verse", "B"), ("E", "C")]


def test_blanks_behind_a_closing_bar_line_are_layout() -> None:
    assert roots(read("        [T44A   ]    |        [B   }    {C   Z    ")) == "ABABC"


def test_a_meter_holds_until_the_next() -> None:
    chart = read("T44C   |D   |T34E   |F   |T12G   Z")
    assert [str(bar.meter) for bar in chart.bars] == ["4/4", "4/4", "3/4", "3/4", "12/8"]


# Writing


def test_a_chart_is_written_in_cells_of_the_row() -> None:
    chart = read_ireal(song(BLUES, key="F"))[0]
    assert progression(chart) == (
        "[*AT44F7   |Bb7   |F7   |F7   |Bb7   |Bb7   |F7   |D7b9   |G-7   |C7   |F7 D7 |G-7 C7 Z "
    )


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("C Dm7 Em7 F |", "[T44C,D-7,E-7,F,Z "),
        ("(3/4) C F G |", "[T34C,F,G Z "),
        ("(5/4) C F |", "[T54C  F Z "),
        ("(6/8) C F | (4/4) G", "[T68C F |T44G   Z "),
        ("N.C. | C/E", "[T44n   |C/E   Z "),
    ],
)
def test_chords_stand_in_the_cells_of_their_beats(text: str, written: str) -> None:
    assert progression(parse_chart(text)) == written


def test_chords_are_called_as_they_were_written_else_as_the_key_has_them() -> None:
    assert progression(replace(parse_chart("Db7 | Gb/Ab"), key="B:maj")) == "[T44Db7   |Gb/Ab   Z "
    assert progression(replace(parse_chart("Db:7 | Gb:maj/2"), key="B:maj")) == "[T44C#7   |F#/G#   Z "


def test_a_long_chart_takes_half_the_cells() -> None:
    assert progression(parse_chart(" | ".join(["C", "F G"] * 25))).startswith("[T44C |F,G,|C |")


def test_a_chart_longer_than_the_page_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    progression(parse_chart(" | ".join(["C"] * 100)))
    assert "200 cells, of which iReal Pro shows 192" in caplog.text


@pytest.mark.parametrize(
    ("section", "written"),
    [("A", "*A"), ("Intro", "*i"), ("Verse", "*v"), ("Bridge", "<Bridge>"), ("Fine", ""), ("3x", ""), ("<D.C.>", "")],
)
def test_a_part_is_marked(section: str, written: str) -> None:
    bar = replace(one_chord_bar(parse_chord("C")), section=section)
    assert progression(Chart((bar,))) == f"[{written}T44C   Z "


def test_a_chart_without_names_gets_those_of_the_app() -> None:
    chart = read_ireal(write_ireal([parse_chart("C")]))[0]
    assert (chart.title, chart.composer, chart.style, chart.key) == ("Untitled", None, "Medium Swing", "C:maj")


@pytest.mark.parametrize(
    ("chart", "complaint"),
    [
        (Chart((one_chord_bar(NO_CHORD, Meter(5, 16)),)), "bar 1: iReal Pro does not know 5/16"),
        (
            Chart((Bar(COMMON_TIME, (ChordSpan(0, 240, NO_CHORD), ChordSpan(240, 1680, Chord(0, "7")))),)),
            "song 'Untitled', bar 1: C7 begins beside the beats of 4/4",
        ),
        (replace(parse_chart("C"), title="a=b"), "title 'a=b'"),
    ],
)
def test_what_the_app_cannot_hold_is_refused(chart: Chart, complaint: str) -> None:
    with pytest.raises(OutputError, match=complaint):
        write_ireal([chart])


@pytest.mark.parametrize(
    ("bars", "written"),
    [
        ("C6:0.5 C7:3.5 |", "C6:1 C7:3 |"),
        ("C6:3.5 C7:0.5 |", "C6:3 C7:1 |"),
        ("C6:1.5 F7:2.5 | (2/2) Dm7:1.5 G7:0.5", "C6:2 F7:2 | (2/2) Dm7:1.5 G7:0.5"),
        ("[A] (1/4) N.C. | (4/4) C | F", "[A] C | F"),
        ("(1/4) N.C. | (4/4) C", "C |"),
        ("Dm7 G7 C6 F7 Bb6 E7 A6 D7 |", "Dm7 G7 C6 F7 Bb6 E7 A6 D7 |"),
        ("(2/4) C6:1 F7:0.5 G7:0.5 |", "(2/4) C6:1 F7:0.5 G7:0.5 |"),
    ],
)
def test_leniently_chords_are_moved_onto_beats_and_an_empty_pickup_is_left_out(bars: str, written: str) -> None:
    link = write_ireal([parse_chart(bars)], lenient=True)
    assert [chart.bars for chart in read_ireal(link)] == [parse_chart(written).bars]


def test_nothing_is_not_written() -> None:
    with pytest.raises(OutputError, match="no chart"):
        write_ireal([])


@st.composite
def ireal_bars(draw: st.DrawFn) -> Bar:
    meter = draw(st.sampled_from(list(METER_BY_MARK.values())))
    beats = draw(st.sets(st.integers(1, meter.numerator - 1), max_size=5))
    times = [beat * meter.beat_ticks for beat in [0, *sorted(beats), meter.numerator]]
    chord = st.builds(
        lambda quality, root, bass: replace(parse_chord("C" + quality), root=root, bass=bass),
        st.sampled_from(("", *IREAL_QUALITIES)),
        st.integers(0, 11),
        st.integers(0, 11),
    )
    spans = [ChordSpan(a, b - a, draw(chord | st.just(NO_CHORD))) for a, b in pairwise(times)]
    return Bar(meter, tuple(spans), draw(st.sampled_from([None, "A", "B", "C", "D", "Intro", "Verse"])))


names = st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters="="), min_size=1, max_size=20)
ireal_charts = st.builds(
    Chart,
    bars=st.lists(ireal_bars(), min_size=1, max_size=60).map(tuple),
    title=names,
    composer=st.none() | names,
    style=names,
    key=st.sampled_from(["C:maj", "Db:maj", "Gb:maj", "B:maj", "A:min", "F#:min", "Eb:min"]),
    qpm=st.none() | st.integers(30, 330).map(float),
)


@settings(max_examples=60)
@given(st.lists(ireal_charts, min_size=1, max_size=2), st.none() | names)
def test_what_is_written_is_read_back(charts: list[Chart], playlist: str | None) -> None:
    assert read_ireal(write_ireal(charts, playlist)) == charts
    assert read_ireal(write_irealbook(charts, playlist)) == [replace(chart, qpm=None) for chart in charts]


@settings(max_examples=200)
@given(st.text("{}[]|ZNQSU1230 CFGn,pxr<>*ATD.al eod4", max_size=80))
def test_no_progression_brings_the_reader_down(music: str) -> None:
    for _, result in read_ireal_songs(song(music), lenient=True):
        assert isinstance(result, Chart | SoloMuseError)
