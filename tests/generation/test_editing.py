from __future__ import annotations

import gzip
from copy import copy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from solomuse.errors import ConfigError, FormatError, NoMelodyError
from solomuse.formats.midi import write_midi
from solomuse.generation import Controls, Edit, generate, stream
from solomuse.generation.editing import parse_bars, turns
from solomuse.generation.infill import _drawn, _following
from solomuse.generation.lines import read_line
from solomuse.generation.solos import task_of
from solomuse.generation.takes import PlayedNote, Take
from solomuse.model.folder import Model
from solomuse.music.chart_text import parse_chart
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.note import Note
from solomuse.music.song import Song, Track
from solomuse.render.files import Rendering, write_lead_sheet
from solomuse.render.performance import Performance, performed
from solomuse.tokens.codec import Codec
from solomuse.tokens.encoding import encode_start
from solomuse.tokens.grid_sheet import GridSheet
from solomuse.tokens.vocabulary import vocabulary

V = vocabulary(12)
CHART = parse_chart("tempo: 120\n" + " | ".join(["Dm7 G7", "Cmaj7", "(3/4) F#m7b5", "(4/4) B7"] * 3))


@pytest.fixture(scope="module")
def line(random_model: Model) -> LeadSheet:
    return generate(random_model, CHART, seed=9, controls=Controls(low=50, high=80))[0].sheet


TOO_LONG = LeadSheet(parse_chart(" | ".join(["C"] * 13)), (Note(CHART.duration, 60, 480),))


def notes_of(sheet: LeadSheet, bar: int) -> list[Note]:
    start, end = CHART.bar_times[bar : bar + 2]
    return [note for note in sheet.melody if start <= note.time < end]


@given(kept=st.sets(st.integers(0, 11), min_size=1, max_size=11), seed=st.integers(0, 99))
@settings(max_examples=6)
def test_kept_bars_stay_and_the_others_are_new(random_model: Model, line: LeadSheet, kept: set[int], seed: int) -> None:
    for solo in generate(random_model, CHART, seed=seed, edit=Edit(line, keep=kept)):
        assert all(notes_of(solo.sheet, bar) == notes_of(line, bar) for bar in kept)
        assert solo.sheet.chart == CHART
        assert all(a.end <= b.time for a, b in zip(solo.sheet.melody, solo.sheet.melody[1:], strict=False))


@pytest.mark.parametrize("instrument", ["tuba", "flute"])
def test_what_is_kept_sounds_as_it_did_on_instruments_that_are_not_learned(
    random_model: Model, instrument: str
) -> None:
    controls = Controls(instrument=instrument)
    line = generate(random_model, CHART, seed=9, controls=controls)[0].sheet
    for edit, bars in (
        (Edit(line, keep={0, 3}), (0, 3)),
        (Edit(line, trade=2), (0, 1, 4, 5, 8, 9)),
        (Edit(line, vary=0), range(12)),
    ):
        solo = generate(random_model, CHART, seed=1, controls=controls, edit=edit)[0].sheet
        assert all(notes_of(solo, bar) == notes_of(line, bar) for bar in bars)


def test_of_several_tries_the_likelier_one_is_drawn_more_often() -> None:
    rng = np.random.default_rng(1)
    drawn = np.bincount([_drawn(np.log([0.1, 0.6, 0.3]), rng) for _ in range(2000)], minlength=3) / 2000
    assert drawn == pytest.approx([0.1, 0.6, 0.3], abs=0.04)


def tries_of(model: Model, controls: Controls, kept: list[PlayedNote], *gaps: list[PlayedNote]) -> list[Take]:
    """A take of the chart for each way to fill a gap."""
    task = task_of(model, CHART, controls, None, 1)
    return [task.take(number, gaps=[], notes=sorted([*kept, *gap])) for number, gap in enumerate(gaps)]


def likelihood_from(model: Model, take: Take, sheet: GridSheet, until: int) -> float:
    """Logarithm of how likely the notes of a take are from a step on to the end of a sheet, token by token."""
    whole = replace(sheet, notes=np.array(take.notes).reshape(-1, 4))
    before = replace(whole, notes=whole.notes[whole.notes[:, 0] < until])
    ids, features = (torch.from_numpy(part.astype(np.int64)) for part in encode_start(whole, whole.steps, V))
    first = len(encode_start(before, until, V)[0])
    scores, cache = model.decoder.start(ids[None, :first], features[None, :first], torch.tensor([first]))
    total = 0.0
    for token_id, row in zip(ids[first:], features[first:], strict=True):
        total += float(torch.log_softmax(scores[0], -1)[token_id])
        scores = model.decoder.step(token_id[None], row[None], cache)
    return total


@pytest.mark.parametrize("controls", [Controls(), Controls(density=12, register=80)])
def test_a_gap_is_preferred_by_how_likely_it_makes_what_follows_as_it_was_asked_for(
    random_model: Model, controls: Controls
) -> None:
    lines = task_of(random_model, CHART, Controls(), None, 1).grid.bar_lines.tolist()
    kept = [(lines[8] + 12 * beat, 60 + beat, 12, 80) for beat in range(14)]
    rest, busy = [], [(lines[7] + 6 * place, 90 - place, 6, 96) for place in range(6)]
    tries = tries_of(random_model, controls, kept, rest, busy)
    found = _following(random_model.decoder, tries, (lines[7], lines[8]), V)
    asked = controls.conditions_at(lines[12])(lines[8])
    whole = tries[0].chart.slice(4, 12).saying(**asked)  # the model's window
    for take in tries:
        take.notes = [(time - lines[4], *rest) for time, *rest in take.notes]
    expected = [likelihood_from(random_model, take, whole, lines[8] - lines[4]) for take in tries]
    assert found == pytest.approx(expected, abs=0.01)
    assert abs(expected[0] - expected[1]) > 0.1


def test_what_follows_counts_too_where_the_bars_before_are_too_long_for_the_model(random_model: Model) -> None:
    lines = task_of(random_model, CHART, Controls(), None, 1).grid.bar_lines.tolist()
    before = [(step, 60 + step % 7, 1, 64 + 16 * (step % 2)) for step in range(lines[7])]
    after = [(lines[8] + 12 * beat, 60 + beat, 12, 80) for beat in range(14)]
    tries = tries_of(
        random_model, Controls(), [*before, *after], [(lines[7], 50, 24, 80)], [(lines[7] + 24, 90, 6, 80)]
    )
    one, other = _following(random_model.decoder, tries, (lines[7], lines[8]), V)
    assert one < 0
    assert abs(one - other) > 0.01


@pytest.mark.parametrize("busy", range(60, 70))
def test_tries_of_very_different_lengths_are_compared_too(random_model: Model, busy: int) -> None:
    lines = task_of(random_model, CHART, Controls(), None, 1).grid.bar_lines.tolist()
    after = [(lines[8] + 12 * beat, 60 + beat, 12, 80) for beat in range(14)]
    dense = [(lines[5] + step, 60 + step % 7, 1, 64 + 16 * (step % 2)) for step in range(busy)]
    tries = tries_of(random_model, Controls(), after, [], dense)
    found = _following(random_model.decoder, tries, (lines[5], lines[8]), V)
    assert found.max() < 0


def test_trading_answers_every_other_time(random_model: Model, line: LeadSheet) -> None:
    solo = generate(random_model, CHART, edit=Edit(line, trade=2))[0].sheet
    kept = turns(12, 2)
    assert sorted(kept) == [0, 1, 4, 5, 8, 9]
    assert all(notes_of(solo, bar) == notes_of(line, bar) for bar in kept)
    assert any(notes_of(solo, bar) != notes_of(line, bar) for bar in {*range(12)} - kept)


def test_a_pickup_belongs_to_the_first_turn(random_model: Model) -> None:
    chart = parse_chart("(1/4) N.C. | (4/4) C | F | G | C | F | G | C | (3/4) C")
    line = LeadSheet(chart, tuple(Note(time, 60, 240) for time in chart.bar_times[:-1]))
    solo = generate(random_model, chart, edit=Edit(line, trade=2))[0].line
    held = [bar for bar in range(9) if solo.slice(bar, bar + 1).melody == line.slice(bar, bar + 1).melody]
    assert held == [0, 1, 2, 5, 6]
    with pytest.raises(ConfigError, match="none to answer in"):
        generate(random_model, chart, edit=Edit(line, trade=8))


def test_a_motif_is_gone_on_from_where_it_ends(random_model: Model, line: LeadSheet) -> None:
    motif = LeadSheet(line.chart, line.melody[:5])
    solo = generate(random_model, CHART, edit=Edit(motif, is_motif=True))[0].sheet
    assert solo.melody[:5] == motif.melody
    assert len(solo.melody) > 5
    streamed = list(stream(random_model, CHART, edit=Edit(motif, is_motif=True)))
    assert sum(len(bar.melody) for bar in streamed) == len(solo.melody)


def test_with_its_rhythm_locked_only_pitches_change(random_model: Model, line: LeadSheet) -> None:
    for solo in generate(random_model, CHART, takes=2, edit=Edit(line, lock="rhythm")):
        played = [(note.time, note.duration, note.velocity) for note in solo.sheet.melody]
        assert played == [(note.time, note.duration, note.velocity) for note in line.melody]
        assert [note.pitch for note in solo.sheet.melody] != [note.pitch for note in line.melody]


def test_with_its_pitches_locked_each_bar_has_the_same_in_another_rhythm(random_model: Model, line: LeadSheet) -> None:
    for solo in generate(random_model, CHART, takes=2, edit=Edit(line, lock="pitches")):
        for bar in range(12):
            assert [n.pitch for n in notes_of(solo.sheet, bar)] == [n.pitch for n in notes_of(line, bar)]
        assert [note.time for note in solo.sheet.melody] != [note.time for note in line.melody]


def test_pitches_stay_locked_where_a_bar_is_too_long_for_the_model_to_see_at_once(random_model: Model) -> None:
    chart = parse_chart(" | ".join(["C7"] * 6))
    dense = LeadSheet(chart, tuple(Note(120 * place, 50 + 7 * place % 24, 120) for place in range(16 * 6)))
    for solo in generate(random_model, chart, takes=6, edit=Edit(dense, lock="pitches")):
        assert [note.pitch for note in solo.sheet.melody] == [note.pitch for note in dense.melody]


@pytest.mark.timeout(60)
def test_a_bar_that_the_model_can_never_see_at_once_is_refused(random_model: Model) -> None:
    chart = parse_chart("(8/4) " + " ".join(["C/E", "F/A"] * 48) + " | C")
    with pytest.raises(ConfigError, match="longer than the 256 tokens that the model can see"):
        generate(random_model, chart)
    dense = LeadSheet(CHART, tuple(Note(40 * place, 60 + place % 2, 40, 64 + 16 * (place % 2)) for place in range(48)))
    small = replace(random_model.decoder.config, block_size=64)
    decoder = copy(random_model.decoder)
    decoder.config = small
    with pytest.raises(ConfigError, match="longer than the 64 tokens"):
        generate(replace(random_model, decoder=decoder), CHART, edit=Edit(dense, lock="rhythm"))


def test_a_variation_is_the_farther_from_the_line_the_larger_its_distance(random_model: Model, line: LeadSheet) -> None:
    def shared(distance: float) -> float:
        solos = generate(random_model, CHART, takes=4, edit=Edit(line, vary=distance))
        own = {(note.time, note.pitch) for note in line.melody}
        return float(np.mean([len({(n.time, n.pitch) for n in solo.sheet.melody} & own) for solo in solos])) / len(own)

    assert shared(0) == 1
    assert shared(0.3) == pytest.approx(0.7, abs=0.2)
    assert shared(0.3) > shared(0.6) > shared(0.9)


def test_a_variation_has_no_note_outside_of_the_range(random_model: Model, line: LeadSheet) -> None:
    solo = generate(random_model, CHART, edit=Edit(line, vary=0.2), controls=Controls(low=60, high=72))[0].sheet
    assert all(60 <= note.pitch <= 72 for note in solo.melody)
    assert {note.time for note in solo.melody} & {note.time for note in line.melody}


@pytest.mark.parametrize("name", ["line.mid", "line.musicxml", "line.abc"])
def test_a_line_comes_back_from_the_files_that_are_written(tmp_path: Path, name: str) -> None:
    lengths = [240, 240, 480, 160, 160, 160, 240, 240, 120, 120, 120, 120] * 6
    times = np.cumsum([0, *lengths])
    melody = [
        Note(int(at), 55 + index * 7 % 24, length)
        for index, (at, length) in enumerate(zip(times[:-1], lengths, strict=True))
    ]
    line = LeadSheet(replace(CHART, qpm=150.0), tuple(melody))
    write_lead_sheet(line, tmp_path / name)
    found = read_line(tmp_path / name)
    expected = [(note.time, note.pitch) for note in line.melody]
    assert [(round(note.time / 40) * 40, note.pitch) for note in found.melody] == expected


@pytest.mark.parametrize("count", [1, 4, 40])
@pytest.mark.parametrize("name", ["", "Bass", "Piano"])
def test_a_line_of_ones_own_needs_no_chords_and_may_be_short_or_in_octaves(
    tmp_path: Path, count: int, name: str
) -> None:
    notes = [Note(480 * at, pitch, 400) for at in range(count) for pitch in (48 + at % 12, 60 + at % 12)]
    drums = Track((Note(0, 38, 480),), "Drums", is_drum=True)
    write_midi(Song((drums, Track(notes, name))), tmp_path / "mine.mid")
    found = read_line(tmp_path / "mine.mid")
    assert [(note.time, note.pitch) for note in found.melody] == [(480 * at, 60 + at % 12) for at in range(count)]


@pytest.mark.parametrize("count", [1, 4, 9])
def test_a_short_line_with_its_band_is_the_line(tmp_path: Path, count: int) -> None:
    line = LeadSheet(parse_chart("C | F | G | C"), tuple(Note(480 * at, 72 + at, 480) for at in range(count)))
    write_lead_sheet(line, tmp_path / "band.mid")
    assert [note.pitch for note in read_line(tmp_path / "band.mid").melody] == [72 + at for at in range(count)]


def test_a_file_of_drums_is_no_line(tmp_path: Path) -> None:
    write_midi(Song((Track((Note(0, 38, 480),), "Drums", is_drum=True),)), tmp_path / "drums.mid")
    with pytest.raises(NoMelodyError, match=r"drums\.mid: has no notes of a melody"):
        read_line(tmp_path / "drums.mid")


def test_the_first_whole_bar_of_a_line_is_that_of_the_chart(random_model: Model) -> None:
    """A pickup of its own is left out, one that the chart has too stays."""
    pickup = LeadSheet(parse_chart("(1/4) N.C. | (4/4) C | F"), (Note(240, 60, 240), Note(480, 64, 480)))
    whole = LeadSheet(parse_chart("C | F"), (Note(0, 64, 480),))
    short = LeadSheet(parse_chart("(1/4) N.C. | (4/4) C"), (Note(240, 60, 240), Note(480, 64, 480)))
    form = "(1/4) N.C. | (4/4) C | F | G"
    for line, chart, expected in (
        (pickup, "C | F | G", [(0, 64)]),
        (pickup, form, [(240, 60), (480, 64)]),
        (whole, form, [(480, 64)]),
        (short, "C | F | G", [(0, 64)]),
        (short, form, [(240, 60), (480, 64)]),
    ):
        (solo,) = generate(random_model, chart, edit=Edit(line, is_motif=True))
        assert [(note.time, note.pitch) for note in solo.line.melody[: len(expected)]] == expected


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda line: Edit(line), "exactly one"),
        (lambda line: Edit(line, vary=0.5, lock="rhythm"), "exactly one"),
        (lambda line: Edit(line, vary=2), "vary is 2"),
        (lambda line: Edit(line, trade=0), "trade is 0"),
        (lambda line: Edit(line, trade=12), "trade is 12: the chart has 12 bars"),
        (lambda line: Edit(line, keep={12}), "among 1 to 12"),
        (lambda line: Edit(line, keep=set(range(12))), "all bars are kept"),
        (lambda line: Edit(LeadSheet(line.chart, ()), vary=0.5), "no notes"),
        (lambda _: Edit(TOO_LONG, is_motif=True), "longer than"),
        (lambda line: Edit(line, is_motif=True), "fills all 12 bars"),
        (lambda line: Edit(line, lock="pitches"), "leave the range"),
    ],
)
def test_what_does_not_go_is_refused_in_a_sentence(random_model: Model, line: LeadSheet, make, message: str) -> None:
    ends = LeadSheet(line.chart, (*line.melody[:-1], Note(CHART.duration - 40, 60, 40)))
    with pytest.raises(ConfigError, match=message):
        generate(random_model, CHART, edit=make(ends), controls=Controls(low=80, high=92))


def test_bars_are_named_from_one() -> None:
    assert parse_bars("1-4, 9") == {0, 1, 2, 3, 8}
    for text in ("0", "4-1", "a", "", "1-"):
        with pytest.raises(ConfigError, match="bars"):
            parse_bars(text)


def test_a_packed_line_is_the_same_line(tmp_path: Path, line: LeadSheet) -> None:
    write_lead_sheet(line, tmp_path / "line.mid", Rendering(Performance(swing=2.0, band=False)))
    (tmp_path / "line.mid.gz").write_bytes(gzip.compress((tmp_path / "line.mid").read_bytes()))
    assert read_line(tmp_path / "line.mid.gz").melody == read_line(str(tmp_path / "line.mid")).melody


@pytest.mark.parametrize(
    "text",
    ["", "[1]", "{}", '{"chart": 5, "notes": []}', '{"chart": "C", "notes": [[1e400, 60, 480, 80]]}', "[" * 100_000],
)
def test_a_report_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(FormatError, match="no report of a solo"):
        read_line(tmp_path / "x.json")


@pytest.mark.parametrize("swing", [1.0, 1.5, 2.0, 3.0])
@pytest.mark.parametrize(("qpm", "lay_back"), [(140, 0), (140, 10), (320, 10), (250, 40), (60, 100)])
def test_a_solo_from_our_midi_is_played_as_before(tmp_path: Path, swing: float, qpm: float, lay_back: float) -> None:
    beats = ([0, 6], [3, 6, 9], [0, 3, 6, 9], [0, 4, 8], [6], [0, 8], [0, 9], [0], [0, 3, 6], [])
    steps = [12 * beat + step for beat, places in enumerate(beats * 4) for step in places]
    melody = tuple(Note(40 * step, 55 + index * 7 % 24, 80) for index, step in enumerate(steps))
    sheet = LeadSheet(parse_chart(" | ".join(["C7"] * 11)), melody)
    performance = Performance(swing=swing, qpm=qpm, lay_back=lay_back, dynamics=0, band=False)
    write_lead_sheet(sheet, tmp_path / "line.mid", Rendering(performance))
    codec = Codec(vocabulary(12))
    again = codec.quantise(LeadSheet(sheet.chart, read_line(tmp_path / "line.mid").melody))
    before, after = (performed(one, performance).tracks[0].notes for one in (sheet, again))
    assert [(note.time, note.pitch) for note in before] == [(note.time, note.pitch) for note in after]
