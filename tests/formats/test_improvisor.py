"""Impro-Visor lead sheets; every sheet here is invented."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from solomuse.cli import main
from solomuse.config import DataConfig
from solomuse.datasets.examples import Skip, prepare_song
from solomuse.datasets.lead_sheets import read_lead_sheet
from solomuse.datasets.source import find_songs, read_song
from solomuse.errors import FormatError, NoMelodyError
from solomuse.formats.improvisor import improvisor_title, read_improvisor

MELODY = "(part (type melody) (title Chorus 1) (instrument 11) (key 0))"
PAPER_BOAT = """(title Paper Boat (for Ada))
(composer Nobody
    In Particular)
(comments )
(meter 4 4)
(key -1)
(tempo 132.0)
(playback-transpose 0)
(layout)
(style swing
    (swing 0.67)
    (chord-base c- e- g-)
)
(part
    (type chords)
    (title Untitled Part)
    (key -1)
)

(section (style swing))

FM7 Dm7 | Gm7 C7 | FM7 | / |

(part
    (type melody)
    (title Head)
    (instrument 11)
)
 r8 a8 c+4 f+4+8 e+8

 d+8/3 c+8/3 bb8/3 a4 g2

 f1+2

 r2
"""


def chords(text: str) -> list[tuple[int, int, str]]:
    """Time and length in quarters with the label, of each chord as it is held."""
    return [(span.time / 480, span.duration / 480, span.chord.label) for span in read_improvisor(text).chart.spans()]


def notes(text: str) -> list[tuple[int, int, int]]:
    """Time and length in ticks with the pitch, of the notes over a chart of four bars."""
    sheet = read_improvisor(f"C | / | / | / | {MELODY} {text}")
    return [(note.time, note.duration, note.pitch) for note in sheet.melody]


def test_a_sheet_is_its_chart_with_its_melody() -> None:
    sheet = read_improvisor(PAPER_BOAT)
    assert (sheet.chart.title, sheet.chart.composer) == ("Paper Boat (for Ada)", "Nobody In Particular")
    assert (sheet.chart.key, sheet.chart.qpm, sheet.chart.style) == ("F:maj", 132.0, "swing")
    assert [str(bar.meter) for bar in sheet.chart.bars] == ["4/4"] * 4
    assert [(note.time, note.pitch) for note in sheet.melody] == [
        *((240, 69), (480, 72), (960, 77), (1680, 76)),
        *((1920, 74), (2080, 72), (2240, 70), (2400, 69), (2880, 67)),
        (3840, 65),
    ]
    assert sheet.melody[-1].duration == 2880


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("C G7 |", [(0, 2, "C:maj"), (2, 2, "G:7")]),
        ("C / / G7 |", [(0, 3, "C:maj"), (3, 1, "G:7")]),
        ("C | / | / G7 |", [(0, 10, "C:maj"), (10, 2, "G:7")]),
        ("C | | G7 |", [(0, 8, "C:maj"), (8, 4, "G:7")]),
        ("| C | G7", [(0, 4, "C:maj"), (4, 4, "G:7")]),
        ("/ C |", [(0, 2, "N"), (2, 2, "C:maj")]),
        ("NC | C | NC |", [(0, 4, "N"), (4, 4, "C:maj"), (8, 4, "N")]),
        ("(meter 3 4) C / G7 |", [(0, 2, "C:maj"), (2, 1, "G:7")]),
        ("(meter 6 8) C G7 |", [(0, 1.5, "C:maj"), (1.5, 1.5, "G:7")]),
        ("C / / / / / / G7 |", [(0, 3.5, "C:maj"), (3.5, 0.5, "G:7")]),
        ("C (section (style waltz)) | G7 | (phrase (style)) C |", [(0, 4, "C:maj"), (4, 4, "G:7"), (8, 4, "C:maj")]),
    ],
)
def test_bars_are_of_equal_slots_in_which_a_slash_holds_the_chord(
    text: str, expected: list[tuple[float, float, str]]
) -> None:
    assert chords(text) == expected


def test_three_chords_in_four_quarters_share_them_equally() -> None:
    spans = read_improvisor("C7 Bb Am7 |").chart.spans()
    assert [(span.time, span.duration) for span in spans] == [(0, 640), (640, 640), (1280, 640)]


def test_the_meter_may_change_between_bars() -> None:
    sheet = read_improvisor("(meter 4 4) C | (meter 3 4) F | G7 | (meter 4 4) C |")
    assert [str(bar.meter) for bar in sheet.chart.bars] == ["4/4", "3/4", "3/4", "4/4"]


@pytest.mark.parametrize(
    ("symbol", "label"),
    [
        ("CM7", "C:maj7"),
        ("F#m7b5", "F#:hdim7"),
        ("G7alt", "G:7(b9,#9,#11,b13,*5)"),
        ("Bb7sus4", "Bb:sus4(b7)"),
        ("Am7/G", "A:min7/b7"),
        ("Eo7", "E:dim7"),
        ("E\\FM7", "F:maj7"),
        ("Fm7/Bb7", "F:min7/4"),
        ("AbM7#5/B5", "Ab:maj7(#5,*5)/b3"),
    ],
)
def test_chord_symbols_are_read_as_everywhere_and_of_two_at_once_the_lower(symbol: str, label: str) -> None:
    assert chords(f"{symbol} |") == chords(f"{label} |")


@pytest.mark.parametrize(
    ("text", "pitch"),
    [
        ("c4", 60),
        ("b4", 71),
        ("c+4", 72),
        ("c-4", 48),
        ("c#++4", 85),
        ("bb---4", 34),
        ("cb4", 71),
        ("b#4", 60),
        ("cb+4", 83),
        ("fb4", 64),
        ("e#4", 65),
    ],
)
def test_octaves_count_from_middle_c(text: str, pitch: int) -> None:
    assert notes(text) == [(0, 480, pitch)]


@pytest.mark.parametrize(
    ("text", "ticks"),
    [
        ("c1", 1920),
        ("c2", 960),
        ("c16", 120),
        ("c4.", 720),
        ("c8/3", 160),
        ("c16/3", 80),
        ("c2/3", 640),
        ("c16/5", 96),
        ("c4+8", 720),
        ("c#++4+8", 720),
        ("c-1+1+2", 4800),
        ("c+4+8/3", 640),
        ("c480", 4),
    ],
)
def test_lengths_are_exact_and_add_up(text: str, ticks: int) -> None:
    assert [length for _, length, _ in notes(text)] == [ticks]


def test_rests_and_ties_move_the_time_on() -> None:
    assert notes("r4+8 c8/3 d8/3 e8/3 r1 f2") == [
        (720, 160, 60),
        (880, 160, 62),
        (1040, 160, 64),
        (3120, 960, 65),
    ]


def test_choruses_follow_one_another_each_over_the_chart() -> None:
    second = MELODY.replace("Chorus 1", "Chorus 2")
    sheet = read_improvisor(f"Dm7 | G7 | {MELODY} d1 g1 {second} r1 b1")
    assert [(note.time, note.pitch) for note in sheet.melody] == [(0, 62), (1920, 67), (5760, 71)]
    assert [span.chord.label for span in sheet.chart.spans()] == ["D:min7", "G:7"] * 2
    assert [bar.section for bar in sheet.chart.bars] == ["Chorus 1", None, "Chorus 2", None]


def test_a_chorus_that_ends_early_leaves_the_next_one_in_place() -> None:
    sheet = read_improvisor(f"Dm7 | G7 | {MELODY} d4 {MELODY} b4")
    assert [note.time for note in sheet.melody] == [0, 3840]


def test_a_melody_longer_than_its_chart_repeats_the_chart() -> None:
    sheet = read_improvisor(f"Dm7 | G7 | {MELODY} d1 g1 d1 {MELODY} c1")
    assert [note.time for note in sheet.melody] == [0, 1920, 3840, 7680]
    assert len(sheet.chart.bars) == 6


def test_a_chorus_without_notes_is_left_out() -> None:
    sheet = read_improvisor(f"Dm7 | G7 | {MELODY} r1+1 {MELODY} c1 r1")
    assert [note.time for note in sheet.melody] == [0]
    assert len(sheet.chart.bars) == 2


def test_a_chart_without_melody_is_a_lead_sheet() -> None:
    for text in ("Dm7 | G7 |", f"Dm7 | G7 | {MELODY} r1+1"):
        assert (len(read_improvisor(text).chart.bars), read_improvisor(text).melody) == (2, ())


def test_notes_may_stand_behind_the_chords_without_a_part_of_their_own() -> None:
    assert [note.pitch for note in read_improvisor("C7 | F7 |\n c4 e4 g4").melody] == [60, 64, 67]


@pytest.mark.parametrize(
    ("shift", "chord", "pitch", "key"),
    [
        ("-2", "C:7", 60, "C:maj"),
        ("-2 -2 -14", "C:7", 48, "C:maj"),
        ("0 0 -12", "D:7", 50, "D:maj"),
        ("", "D:7", 62, "D:maj"),
    ],
)
def test_a_part_for_a_transposing_instrument_sounds_as_it_is_played_back(
    shift: str, chord: str, pitch: int, key: str
) -> None:
    sheet = read_improvisor(f"(key 2) (playback-transpose {shift}) D7 | {MELODY} d4")
    assert ([span.chord.label for span in sheet.chart.spans()], sheet.melody[0].pitch) == ([chord], pitch)
    assert sheet.chart.key == key


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("(key -2) Cm7 | BbM7 |", "Bb:maj"),
        ("(key -2) Cm7 | Gm6 |", "G:min"),
        ("(key -2) Gm7 | D7alt |", "G:min"),
        ("(key -2) Ebm7 | Ab7 |", "Bb:maj"),
        ("(key 0) Dm7 | CM7 |", "C:maj"),
        ("(key 0) Ebm7 | Ab7 |", None),
        ("(key 9) C |", None),
        ("(key F) C |", None),
        ("C |", None),
    ],
)
def test_the_key_is_the_one_of_the_signature_in_which_the_chords_come_to_rest(text: str, key: str | None) -> None:
    assert read_improvisor(text).chart.key == key


@pytest.mark.parametrize("tempo", ["0", "-120"])
def test_a_tempo_is_above_zero_or_none(tempo: str) -> None:
    assert read_improvisor(f"(tempo {tempo}) C |").chart.qpm is None


def test_what_is_said_of_nothing_is_nothing() -> None:
    chart = read_improvisor("(title Untitled Score) (composer ) (tempo ) (style) C |").chart
    assert (chart.title, chart.composer, chart.qpm, chart.style) == (None, None, None, None)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it holds no chords"),
        ("(title Nothing) (meter 4 4)", "it holds no chords"),
        ("C |\n(title Open", "line 2: '\\(title' opens a parenthesis that nothing closes"),
        ("C ) |", "line 1: a parenthesis is closed that nothing opens"),
        ("C |\n\nDfoo |", "line 3: 'Dfoo' is neither a chord nor a note"),
        ("C | h4", "line 1: 'h4' is neither a chord nor a note"),
        ("C | c", "line 1: 'c' is neither a chord nor a note"),
        ("C | c0", "line 1: '0' is no note length"),
        ("C | c8/7", "line 1: '8/7' is no note length"),
        ("C | c4+", "line 1: '' is no note length"),
        ("C | c999", "line 1: '999' is finer than 480 ticks"),
        ("C | c++++++++4", "lies outside of what MIDI can play"),
        ("(meter 4) C |", "line 1: meter '4': expected a time signature"),
        ("(meter 4 0) C |", "line 1: meter '4/0': expected a time signature"),
        ("C " * 65 + "|", "bar 1 holds 65 chords"),
        ("(meter 1 32) " + "C D " * 31 + "|", "bar 1 holds 62 chords"),
        ("(meter 300 4) C |", "line 1: meter '300/4': expected a time signature"),
        ("(playback-transpose up) C |", "playback-transpose 'up': expected one number"),
        ("(playback-transpose -70) C | c4", "playback-transpose '-70': pitch -10"),
        ("C | " + "r1 " * 20_001 + "c4", "more than 20000 bars"),
    ],
)
def test_what_is_malformed_is_refused_in_one_line(text: str, why: str) -> None:
    with pytest.raises(FormatError, match=why) as caught:
        read_improvisor(text)
    assert "\n" not in str(caught.value)


def test_a_lenient_reading_takes_a_chord_it_does_not_know_as_unknown() -> None:
    sheet = read_improvisor("C | Dfoo |", lenient=True)
    assert [span.chord.label for span in sheet.chart.spans()] == ["C:maj", "X"]


@pytest.mark.parametrize(
    ("text", "title"),
    [
        (PAPER_BOAT, "Paper Boat (for Ada)"),
        ("(title ) C |", None),
        ("(title Untitled Leadsheet) C |", None),
        ("C |", None),
    ],
)
def test_the_title_is_known_without_reading_the_music(text: str, title: str | None) -> None:
    assert improvisor_title(text) == title


def test_a_file_is_a_song_under_its_title_else_its_name(tmp_path: Path) -> None:
    (tmp_path / "a.ls").write_text(PAPER_BOAT, encoding="utf-8")
    (tmp_path / "B.LS").write_text(f"C | {MELODY} c4", encoding="utf-8")
    (tmp_path / "c.ls").write_bytes(b"\xff\xfe(title x)")
    (tmp_path / "d.ls").write_text("(title open", encoding="utf-8")
    files = find_songs(tmp_path)
    assert [(file.source, file.name, file.title) for file in files] == [
        ("improvisor", "B.LS", "B"),
        ("improvisor", "a.ls", "Paper Boat (for Ada)"),
        ("improvisor", "c.ls", "c"),
        ("improvisor", "d.ls", "d"),
    ]
    assert [read_song(file).title for file in files[:2]] == ["B", "Paper Boat (for Ada)"]
    for file in files[2:]:
        with pytest.raises(FormatError, match=file.path.name) as caught:
            read_song(file)
        assert str(caught.value).count(str(file.path)) == 1


def test_a_song_has_its_chords_and_melody_given(tmp_path: Path) -> None:
    (tmp_path / "a.ls").write_text(PAPER_BOAT, encoding="utf-8")
    song = read_song(find_songs(tmp_path)[0])
    assert (len(song.tracks), song.melody_track, song.beats) == (1, 0, "given")
    assert [span.chord.label for span in song.chords] == ["F:maj7", "D:min7", "G:min7", "C:7", "F:maj7"]


@pytest.mark.parametrize("melody", ["", "c4", "c4 d4 e4"])
def test_a_chart_with_no_more_than_the_beginning_of_a_melody_is_no_song(tmp_path: Path, melody: str) -> None:
    (tmp_path / "a.ls").write_text("C | " * 16 + f"{MELODY} {melody}", encoding="utf-8")
    (file,) = find_songs(tmp_path)
    with pytest.raises(NoMelodyError, match="over 16 bars"):
        read_song(file)
    skip = prepare_song(file, DataConfig())
    assert isinstance(skip, Skip)
    assert skip.reason == "NoMelody"
    assert len(read_lead_sheet(tmp_path / "a.ls").chart.bars) == 16


def test_the_chart_command_shows_a_sheet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "boat.ls").write_text(PAPER_BOAT, encoding="utf-8")
    assert main(["chart", str(tmp_path / "boat.ls"), "--json"]) == 0
    bars = json.loads(capsys.readouterr().out)["bars"]
    assert [[span["label"] for span in bar] for bar in bars] == [
        ["F:maj7", "D:min7"],
        ["G:min7", "C:7"],
        ["F:maj7"],
        ["F:maj7"],
    ]


def test_analyze_takes_a_sheet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "boat.ls").write_text(PAPER_BOAT, encoding="utf-8")
    assert main(["analyze", str(tmp_path / "boat.ls"), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["chord_source"], facts["key"], facts["melody"]["track"]) == ("given", "F:maj", 0)
