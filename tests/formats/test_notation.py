from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solomuse.errors import OutputError
from solomuse.formats.notation.articulation import written_ends
from solomuse.formats.notation.beams import written_bar
from solomuse.formats.notation.onsets import written_onsets
from solomuse.formats.notation.part import part_bars, transposed_for
from solomuse.formats.notation.pulse import beats_of
from solomuse.formats.notation.rhythm import Written
from solomuse.music.chart_text import parse_chart
from solomuse.music.instruments import INSTRUMENTS
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.meter import Meter
from solomuse.music.note import Note
from tests.strategies import METERS, notated_sheets

FOUR, THREE, TWO, ONE, SIX_EIGHT = Meter(4, 4), Meter(3, 4), Meter(2, 4), Meter(1, 4), Meter(6, 8)


def value(piece: Written) -> str:
    """``quarter.`` a dotted quarter, ``eighth'`` one of a triplet."""
    return f"{piece.kind}" + "." * piece.dots + "'" * (piece.tuplet is not None)


def values(stretches: list[list[Written]]) -> str:
    return " ".join("+".join(map(value, stretch)) for stretch in stretches)


@pytest.mark.parametrize(
    ("meter", "starts", "groups"),
    [
        (FOUR, (0, 480, 960, 1440, 1920), (0, 960, 1920)),
        (THREE, (0, 480, 960, 1440), (0, 1440)),
        (Meter(2, 2), (0, 480, 960, 1440, 1920), (0, 960, 1920)),
        (Meter(5, 4), (0, 480, 960, 1440, 1920, 2400), (0, 1440, 2400)),
        (SIX_EIGHT, (0, 720, 1440), (0, 1440)),
        (Meter(12, 8), (0, 720, 1440, 2160, 2880), (0, 1440, 2880)),
        (Meter(5, 8), (0, 720, 1200), (0, 1200)),
        (Meter(7, 8), (0, 480, 960, 1680), (0, 1680)),
        (Meter(3, 16), (0, 360), (0, 360)),
    ],
)
def test_beats_are_those_that_a_conductor_shows(meter: Meter, starts: tuple[int, ...], groups: tuple[int, ...]) -> None:
    assert (beats_of(meter).starts, beats_of(meter).groups) == (starts, groups)


@pytest.mark.parametrize(
    ("cuts", "meter", "kinds"),
    [
        ([0, 1920], FOUR, "whole"),
        ([0, 720, 960, 1920], FOUR, "quarter. eighth half"),
        ([0, 720, 1440], SIX_EIGHT, "quarter. quarter."),
        ([0, 240, 1200, 1440], THREE, "eighth eighth+quarter. eighth"),
        # a note shows the middle of the bar, but the syncopations that all know stay whole
        ([0, 240, 720, 1200, 1680, 1920], FOUR, "eighth quarter eighth+eighth quarter eighth"),
        ([0, 480, 1440, 1920], FOUR, "quarter half quarter"),
        ([0, 240, 960, 1920], FOUR, "eighth quarter. half"),
        ([0, 480, 1200, 1920], FOUR, "quarter quarter+eighth quarter."),
        ([0, 1200, 1920], FOUR, "half+eighth quarter."),
        ([0, 120, 360, 480], ONE, "16th eighth 16th"),
        ([0, 360, 600, 960], TWO, "eighth. 16th+16th eighth."),
        ([0, 1680, 2400], Meter(5, 4), "half.+eighth quarter."),
        ([0, 960, 1440], SIX_EIGHT, "quarter.+eighth quarter"),
        ([0, 960, 1680], Meter(7, 8), "half quarter."),
        # triplets
        ([0, 160, 320, 480], ONE, "eighth' eighth' eighth'"),
        ([0, 320, 480, 960], TWO, "quarter' eighth' quarter"),
        ([0, 160, 480, 960], TWO, "eighth' quarter' quarter"),
        ([0, 640, 960], TWO, "quarter+eighth' quarter'"),
        ([0, 320, 640, 960], TWO, "quarter' quarter' quarter'"),
        ([0, 320, 640, 800, 960], TWO, "quarter' quarter' eighth' eighth'"),
        ([0, 640, 1280, 1920], FOUR, "half' half' half'"),
        ([0, 80, 160, 240, 480], ONE, "16th' 16th' 16th' eighth"),
        ([0, 160, 240, 320, 480], ONE, "eighth' 16th' 16th' eighth'"),
        ([0, 80, 160, 240, 720], Meter(3, 8), "16th' 16th' 16th' quarter"),
        # triplets and sixteenths in one beat
        ([0, 80, 160, 240, 360, 480], ONE, "16th' 16th' 16th' 16th 16th"),
        ([0, 120, 320, 480], ONE, "16th 16th+16th' eighth'"),
        ([0, 7, 480], ONE, "None None"),
    ],
)
def test_durations_are_spelled_as_musicians_read_them(cuts: list[int], meter: Meter, kinds: str) -> None:
    assert values(written_bar(cuts, meter)) == kinds


@pytest.mark.parametrize(
    ("cuts", "meter", "kinds"),
    [
        ([0, 1920], FOUR, "whole"),
        ([0, 240, 1920], FOUR, "eighth eighth+quarter+half"),
        ([0, 480, 1440, 1920], FOUR, "quarter quarter+quarter quarter"),
        ([0, 720, 1920], FOUR, "quarter+eighth eighth+half"),
        ([0, 960, 1440], THREE, "quarter+quarter quarter"),
        ([0, 360, 480], ONE, "eighth. 16th"),
        ([0, 120, 480], ONE, "16th 16th+eighth"),
        ([0, 320, 480], ONE, "quarter' eighth'"),
        ([0, 720, 1440], SIX_EIGHT, "quarter. quarter."),
    ],
)
def test_rests_show_every_beat(cuts: list[int], meter: Meter, kinds: str) -> None:
    assert values(written_bar(cuts, meter, rests=cuts)) == kinds


@st.composite
def bars(draw: st.DrawFn, step: int) -> tuple[list[int], Meter]:
    meter = draw(st.sampled_from([meter for meter in METERS if meter.denominator <= 8]))
    inside = draw(st.sets(st.integers(1, meter.bar_ticks // step - 1), max_size=10))
    return [0, *(step * place for place in sorted(inside)), meter.bar_ticks], meter


@given(bars(step=1))
def test_the_pieces_of_a_bar_fill_it(bar: tuple[list[int], Meter]) -> None:
    cuts, meter = bar
    stretches = written_bar(cuts, meter)
    pieces = [piece for stretch in stretches for piece in stretch]
    assert [stretch[0].start for stretch in stretches] == cuts[:-1]
    assert [piece.end for piece in pieces] == [*(piece.start for piece in pieces[1:]), meter.bar_ticks]


@given(bars(step=40))
def test_whatever_lies_on_twelfths_of_a_quarter_has_a_value_in_whole_tuplets(bar: tuple[list[int], Meter]) -> None:
    pieces = [piece for stretch in written_bar(*bar) for piece in stretch]
    lengths = {"whole": 1920, "half": 960, "quarter": 480, "eighth": 240, "16th": 120, "32nd": 60, "64th": 30}
    for piece in pieces:
        assert piece.ticks * (3 if piece.tuplet else 2) == lengths[piece.kind or ""] * (3 if piece.dots else 2)
    for start, ticks in {(piece.tuplet.start, piece.tuplet.ticks) for piece in pieces if piece.tuplet}:
        own = [piece for piece in pieces if piece.tuplet and piece.tuplet.start == start]
        assert (sum(piece.ticks for piece in own), own[0].opens, own[-1].closes) == (ticks, True, True)


@pytest.mark.parametrize(
    ("cuts", "meter", "rests", "beams"),
    [
        (range(0, 1921, 240), FOUR, (), "begin continue continue end begin continue continue end"),
        (range(0, 1441, 240), THREE, (), "begin end begin end begin end"),
        (range(0, 1441, 240), SIX_EIGHT, (), "begin continue end begin continue end"),
        (range(0, 1681, 240), Meter(7, 8), (), "begin end begin end begin continue end"),
        ((0, 240, 480, 720, 960), TWO, (0,), "- begin continue end"),
        ((0, 240, 480, 720, 960), TWO, (240,), "- - begin end"),
        ((0, 240, 720, 960), TWO, (), "- - -"),
        ((0, 240, 480, 600, 720, 960), TWO, (), "begin end begin/begin continue/end end"),
        ((0, 360, 480), ONE, (), "begin end/backward hook"),
        ((0, 120, 480), ONE, (), "begin/forward hook end"),
        ((0, 120, 360, 480), ONE, (), "begin/forward hook continue end/backward hook"),
        ((0, 160, 320, 480), ONE, (), "begin continue end"),
        ((0, 80, 160, 240, 360, 480), ONE, (), "begin/begin continue/continue continue/end continue/begin end/end"),
    ],
)
def test_beams_show_the_beats(cuts: list[int], meter: Meter, rests: tuple[int, ...], beams: str) -> None:
    pieces = [piece for stretch in written_bar([*cuts], meter, rests) for piece in stretch]
    assert " ".join("/".join(piece.beams) or "-" for piece in pieces) == beams


@pytest.mark.parametrize(
    ("cuts", "is_beamed"), [((0, 160, 320, 480), True), ((0, 320, 480), False), ((0, 80, 160, 240, 480), True)]
)
def test_a_tuplet_that_one_beam_holds_together_needs_no_bracket(cuts: tuple[int, ...], is_beamed: bool) -> None:
    tuplets = {piece.tuplet for stretch in written_bar(cuts, ONE) for piece in stretch if piece.tuplet}
    assert [tuplet.is_beamed for tuplet in tuplets] == [is_beamed]


@pytest.mark.parametrize(
    ("spans", "ends"),
    [
        ([(0, 200), (240, 480)], [240, 480]),  # no rest is shorter than an eighth
        ([(0, 300), (480, 960)], [480, 960]),
        ([(0, 110), (480, 960)], [240, 960]),  # an eighth and a rest
        ([(0, 900), (1200, 1920)], [960, 1920]),
        ([(0, 440), (600, 960)], [480, 960]),  # on the beat, though the rest is a sixteenth
        ([(0, 120), (160, 280), (320, 440), (960, 1920)], [160, 320, 480, 1920]),  # triplets
        ([(0, 160), (320, 440), (1440, 1920)], [320, 480, 1920]),
        ([(1800, 1880), (2400, 2880)], [1920, 2880]),  # not over the bar line
        ([(0, 480), (480, 960)], [480, 960]),
    ],
)
def test_a_note_is_written_as_long_as_is_easily_read(spans: list[tuple[int, int]], ends: list[int]) -> None:
    assert written_ends(spans, (0, 1920, 3840)) == ends


@given(notated_sheets())
def test_written_ends_lie_between_the_onset_and_the_next(sheet: LeadSheet) -> None:
    spans = [(note.time, note.end) for note in sheet.melody]
    ends = written_ends(spans, sheet.chart.bar_times)
    latest = [*(start for start, _ in spans[1:]), sheet.chart.duration]
    assert all(start < end <= last for (start, _), end, last in zip(spans, ends, latest, strict=False))


def test_systems_hold_four_bars_and_begin_with_sections() -> None:
    sheet = LeadSheet(parse_chart("[A] C | C | C | C | C | [B] F | F"), ())
    bars = list(part_bars(sheet, cut_at_chords=False, as_played=False))
    assert [bar.number for bar in bars if bar.starts_system] == [5, 6]
    assert [bar.number for bar in bars if bar.ends_section] == [5]


def test_a_pickup_is_counted_as_nothing_and_in_the_meter_that_follows() -> None:
    sheet = LeadSheet(parse_chart("(1/4) N.C. | (4/4) C | F | G | C | F"), ())
    bars = list(part_bars(sheet, cut_at_chords=False, as_played=False))
    assert [bar.number for bar in bars] == [0, 1, 2, 3, 4, 5]
    assert [str(bar.meter) for bar in bars if bar.meter] == ["4/4"]
    assert [bar.number for bar in bars if bar.starts_system] == [5]


def test_rests_are_cut_where_the_chord_changes() -> None:
    (bar,) = part_bars(LeadSheet(parse_chart("Dm7 G7 |"), ()), cut_at_chords=False, as_played=False)
    assert [piece.kind for stretch in bar.stretches for piece in stretch.pieces] == ["half", "half"]


def test_notes_that_begin_and_end_together_are_one_sound() -> None:
    melody = (Note(0, 60, 480), Note(0, 64, 480), Note(0, 55, 240), Note(480, 62, 480))
    (bar,) = part_bars(LeadSheet(parse_chart("C"), melody), cut_at_chords=False, as_played=False)
    assert [stretch.sound.notes for stretch in bar.stretches if stretch.sound] == [
        ((64, "E"), (60, "C")),
        ((62, "D"),),
    ]


def test_a_part_is_written_where_its_player_reads_it() -> None:
    sheet = LeadSheet(parse_chart("key: Bb\nBbmaj7"), (Note(0, 58, 480),))
    part = transposed_for(sheet, INSTRUMENTS["tenor-sax"])
    assert (part.melody[0].pitch, part.chart.key, part.chart.bars[0].chords[0].chord.symbol()) == (72, "C:maj", "Cmaj7")


def test_an_instrument_an_octave_off_keeps_the_name_of_the_key() -> None:
    sheet = LeadSheet(parse_chart("key: F#\nF#"), (Note(0, 58, 480),))
    assert transposed_for(sheet, INSTRUMENTS["guitar"]).chart.key == "F#:maj"


def test_what_cannot_be_written_for_an_instrument_is_refused() -> None:
    sheet = LeadSheet(parse_chart("C"), (Note(0, 120, 480),))
    with pytest.raises(OutputError, match="pitch 120 cannot be written for tenor-sax"):
        transposed_for(sheet, INSTRUMENTS["tenor-sax"])


@pytest.mark.parametrize(
    ("played", "written"),
    [
        ((0, 120, 240, 360), (0, 120, 240, 360)),
        ((0, 160, 320), (0, 160, 320)),
        ((0, 80, 400), (0, 80, 400)),
        ((0, 120, 280), (0, 120, 240)),  # one of sixteenths beside two of them
        ((0, 80, 160, 360), (0, 80, 160, 320)),
        ((40, 160, 320), (0, 160, 320)),
        ((0, 120, 240, 440), (0, 120, 240, 480)),  # the next beat is free
        ((0, 120, 240, 440, 480), (0, 80, 240, 400, 480)),  # or not
        ((440, 520, 640), (480, 560, 640)),  # and what begins there gives way
        ((0, 80, 120, 200, 240, 320, 440, 480), (0, 80, 120, 200, 240, 320, 440, 480)),  # there is no room
        ((0, 96, 192, 288, 384), (0, 96, 192, 288, 384)),  # a quintuplet is meant
        ((0, 60, 120), (0, 60, 120)),  # and so are 32nds
    ],
)
def test_each_quarter_is_written_on_one_grid(played: tuple[int, ...], written: tuple[int, ...]) -> None:
    assert tuple(written_onsets(played, (0, 480))) == written


@given(st.sets(st.integers(0, 47)), st.sampled_from([(0, 480, 960, 1440), (480, 960), ()]))
def test_on_paper_notes_keep_their_order_and_move_little(steps: set[int], quarters: tuple[int, ...]) -> None:
    played = [40 * step for step in sorted(steps)]
    written = written_onsets(played, quarters)
    assert all(before < after for before, after in pairwise(written))
    assert all(abs(new - old) <= 40 for new, old in zip(written, played, strict=True))
    assert written_onsets(written, quarters) == written
