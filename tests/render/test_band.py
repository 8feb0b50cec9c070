from collections import Counter
from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solomuse.music.chart import Chart
from solomuse.music.chart_text import parse_chart
from solomuse.music.chord import Chord
from solomuse.music.meter import Meter
from solomuse.music.note import TICKS_PER_QUARTER, Note
from solomuse.music.notes import Notes
from solomuse.music.song import Track
from solomuse.music.symbols import parse_chord
from solomuse.render.backing import backing_tracks
from solomuse.render.band.feel import delayed, off_beat_ticks, shaped, swung, usual_swing
from solomuse.render.band.form import form_of
from solomuse.render.band.guess import is_even, style_of, usual_qpm
from solomuse.render.band.patterns import Patterns, laid_at_end, pattern_of
from solomuse.render.band.pulse import cells, pulses
from solomuse.render.band.styles import CRASH, PEDAL_HAT, RIDE, SNARE, STYLE_NAMES, STYLES, Style, StyleName
from solomuse.render.band.voicings import movement, voicings
from tests.strategies import charts, sounding_chords

STANDARD = parse_chart("Cm7 | F7 | Bbmaj7 | Ebmaj7 | Am7b5 | D7(b9) | Gm6 | % | " * 4 + "Cm7 F7 | Bb6")


# Meters and patterns


@pytest.mark.parametrize(
    ("meter", "times"),
    [
        ((4, 4), [0, 480, 960, 1440]),
        ((2, 2), [0, 480, 960, 1440]),
        ((6, 8), [0, 720]),
        ((7, 8), [0, 480, 960]),
        ((3, 16), [0]),
    ],
)
def test_a_bar_is_counted_in_quarters_or_in_groups_of_short_beats(meter: tuple[int, int], times: list[int]) -> None:
    assert [pulse.time for pulse in pulses(Meter(*meter))] == times


@given(st.sampled_from([Meter(n, unit) for unit in (1, 2, 4, 8, 16, 32) for n in range(1, min(64, 16 * unit) + 1)]))
def test_the_pulses_of_any_meter_fill_its_bar(meter: Meter) -> None:
    assert sum(pulse.duration for pulse in pulses(meter)) == meter.bar_ticks
    assert sum(cells(len(pulses(meter)))) == len(pulses(meter))


@pytest.mark.parametrize(
    ("meter", "times"),
    [
        ((4, 4), [0, 480, 720, 960, 1440, 1680]),
        ((2, 4), [0, 480, 720]),
        ((5, 4), [0, 480, 720, 960, 1440, 1920, 2160]),
        ((6, 8), [0, 720, 960, 1200]),
        ((7, 8), [0, 480, 720, 960]),
    ],
)
def test_a_ride_pattern_falls_into_any_meter(meter: tuple[int, int], times: list[int]) -> None:
    ride: Patterns = {4: ("x- xx x- xx",), 3: ("x- xx x-",)}
    assert [stroke.time for stroke in pattern_of(ride, Meter(*meter), 0, 0.0)] == times


def test_a_pattern_of_two_bars_alternates_from_the_start_of_the_section() -> None:
    clave: Patterns = {4: ("x- -x -- x- | -- x- -x --",), 3: ("x- x- x-",)}
    bars = [[stroke.time for stroke in pattern_of(clave, Meter(4, 4), place, 0.0)] for place in (0, 1, 2)]
    assert bars == [[0, 720, 1440], [480, 1200], [0, 720, 1440]]


def test_a_fill_that_is_too_long_for_a_bar_loses_its_beginning() -> None:
    assert [(stroke.time, stroke.mark) for stroke in laid_at_end("k- k- s- h-", Meter(2, 4))] == [(0, "s"), (480, "h")]


def marks(style: Style) -> list[tuple[Patterns, str]]:
    return [(style.bass, "R58wsag"), (style.chords, "Xx"), *((layer, "Xxg") for layer in style.drums.values())]


@pytest.mark.parametrize("style", STYLE_NAMES)
def test_every_pattern_of_the_table_is_well_formed(style: StyleName) -> None:
    for patterns, alphabet in marks(STYLES[style]):
        assert set(patterns) == {3, 4}
        for size, variants in patterns.items():
            assert {len(bar.split()) for variant in variants for bar in variant.split("|")} == {size}
            assert len({variant.count("|") for variant in variants}) == 1
            assert set("".join(variants)) <= {*alphabet, "-", " ", "|"}
    assert {len(fill.split()) <= 4 for fill in STYLES[style].fills} == {True}
    assert set("".join(STYLES[style].fills)) <= {*"sgShmfkr", "-", " "}


def test_sections_and_phrases_are_those_of_the_chart() -> None:
    bars = parse_chart("C | C | C | C | C | C | C | C | C | C").bars
    form = form_of(Chart(bars))
    assert [bar.time // 1920 for bar in form if bar.ends_phrase] == [3, 7]
    assert [bar.time // 1920 for bar in form if bar.ends_section] == [7]
    assert [bar.time // 1920 for bar in form if bar.is_ending] == [9]


# The style of a chart


@pytest.mark.parametrize(
    ("text", "style"),
    [
        *(("Medium Swing", "swing"), ("Up Tempo Swing", "swing"), ("Medium Up Swing", "swing"), ("Dixieland", "swing")),
        *(("Bossa Nova", "bossa"), ("Latin", "bossa"), ("Even 8ths", "bossa"), ("Samba", "bossa"), ("Bolero", "bossa")),
        *(("Jazz Waltz", "waltz"), ("Waltz", "waltz"), ("Ballad", "ballad"), ("Slow Ballad", "ballad")),
        *(("Pop", "pop"), ("Country", "pop"), ("Rock", "rock"), ("Rock Pop", "rock"), ("rock-light-even", "rock")),
        *(("Funk", "funk"), ("R&B", "funk"), ("Even 16ths", "funk"), ("Shuffle", "blues"), ("Slow Blues", "blues")),
        *(("RnB", "funk"), ("R'n'B", "funk"), ("House", "pop"), ("Bluegrass", "pop"), ("Ballad Even", "ballad")),
        *(("Partido Alto", "bossa"), ("Guaguancó", "bossa"), ("Merengue", "bossa"), ("Straight Ahead", "swing")),
        *(("Straightahead Swing", "swing"), ("Straight Swing", "swing"), ("Straight  Ahead Jazz", "swing")),
        *(("Polonaise in Grey", "swing"), ("", "swing"), ("no-style", "swing"), ("Bebop", "swing")),
    ],
)
def test_the_words_of_a_style_tell_it(text: str, style: StyleName) -> None:
    assert style_of(Chart(parse_chart("C").bars, style=text)) == style


@pytest.mark.parametrize(
    ("text", "style"),
    [
        ("(3/4) C | F | (4/4) C", "waltz"),
        ("style: Medium Swing\n(3/4) C | F", "waltz"),
        ("style: Pop\n(3/4) C | F", "pop"),
        ("tempo: 58\nC | F", "ballad"),
        ("tempo: 58\nstyle: Bossa\nC | F", "bossa"),
        ("(5/4) C", "swing"),
    ],
)
def test_meter_and_tempo_tell_what_words_do_not(text: str, style: StyleName) -> None:
    assert style_of(parse_chart(text)) == style


def test_the_usual_tempo_heeds_the_chart_then_its_words() -> None:
    slow, medium, up, given_tempo = (
        parse_chart(f"style: {text}\nC")
        for text in ("Slow Swing", "Medium Swing", "Up Tempo Swing", "Swing\ntempo: 99")
    )
    assert usual_qpm(slow, "swing") < usual_qpm(medium, "swing") < usual_qpm(up, "swing")
    assert usual_qpm(given_tempo, "swing") == 99


@pytest.mark.parametrize(
    ("text", "qpm"),
    [
        *(("Medium Up Swing", 182), ("Med. Up Swing", 182), ("Bright Swing", 182), ("Up Tempo Swing", 224)),
        *(("Medium Slow Swing", 112), ("Ballad", 66), ("Slow Ballad", 54), ("Pop Ballad", 68), ("Rock Ballad", 78)),
        *(("Brazil: Samba", 200), ("Fast Samba", 250), ("Cuba: Bolero", 100), ("Bossa Nova", 130), ("House", 120)),
    ],
)
def test_the_words_of_a_style_tell_its_tempo(text: str, qpm: float) -> None:
    chart = Chart(parse_chart("C").bars, style=text)
    assert usual_qpm(chart, style_of(chart)) == pytest.approx(qpm, abs=0.5)


def test_a_dance_in_two_four_is_counted_in_halves() -> None:
    assert usual_qpm(parse_chart("style: Samba\n(2/4) C"), "bossa") == 100


def test_a_band_that_is_asked_for_does_not_take_the_tempo_of_a_dance() -> None:
    assert usual_qpm(parse_chart("style: Samba\nC"), "ballad") == usual_qpm(parse_chart("C"), "ballad")


@pytest.mark.parametrize(
    ("text", "even"),
    [
        ("Ballad Even", True),
        ("Ballad (Straight 8)", True),
        ("Straight-8ths", True),
        ("Straight Ahead", False),
        ("Straight Swing", False),
    ],
)
def test_the_words_of_a_style_tell_that_eighths_are_even(text: str, even: bool) -> None:
    assert is_even(Chart(parse_chart("C").bars, style=text)) == even


@pytest.mark.parametrize("text", ["Slow Swing", "Medium Up Swing", "Up Tempo Jazz", "Even 8ths"])
@pytest.mark.parametrize("joint", ["-", "_"])
def test_words_of_a_style_may_be_joined(text: str, joint: str) -> None:
    spaced, joined = (Chart(parse_chart("C").bars, style=name) for name in (text, text.replace(" ", joint)))
    assert style_of(joined) == style_of(spaced)
    assert usual_qpm(joined, "swing") == usual_qpm(spaced, "swing")


# The bass


def bass_of(text: str, style: StyleName, seed: int = 0) -> Track:
    return backing_tracks(parse_chart(text), style, seed)[0]


@pytest.mark.parametrize("seed", range(4))
def test_a_walking_bass_plays_every_beat_and_steps_into_most_changes(seed: int) -> None:
    notes = backing_tracks(STANDARD, "swing", seed)[0].notes
    on_beats = {note.time for note in notes if note.time < STANDARD.bar_times[-2]}
    assert set(range(0, STANDARD.bar_times[-2], TICKS_PER_QUARTER)) <= on_beats
    changes = {span.time for span in STANDARD.spans()}
    steps = [abs(b.pitch - a.pitch) for a, b in pairwise(notes) if b.time in changes]
    assert sum(step in (1, 2) for step in steps) > 0.7 * len(steps)


@pytest.mark.parametrize("seed", range(4))
def test_a_walking_bass_neither_leaps_nor_turns_back_much(seed: int) -> None:
    pitches = [note.pitch for note in backing_tracks(STANDARD, "swing", seed)[0].notes]
    leaps = [abs(a - b) for a, b in pairwise(pitches)]
    assert sum(leaps) / len(leaps) < 3.5
    assert sum(leap > 7 for leap in leaps) <= 0.05 * len(leaps)
    assert sum(leap == 0 for leap in leaps) <= 0.1 * len(leaps)
    assert sum(a == c != b for a, b, c in zip(pitches, pitches[1:], pitches[2:], strict=False)) <= 0.12 * len(pitches)
    assert max(pitches) - min(pitches) >= 12


@pytest.mark.parametrize("style", STYLE_NAMES)
@pytest.mark.parametrize("meter", ["6/8", "2/4"])
def test_no_tone_outside_of_a_chord_lasts_for_half_of_a_bar(style: StyleName, meter: str) -> None:
    chart = parse_chart(f"({meter}) " + " | ".join(["Cm7 | F7 | Bbmaj7 | D7"] * 8))
    scales = ({0, 2, 3, 5, 7, 10}, {5, 7, 9, 10, 0, 2, 3}, {10, 0, 2, 3, 5, 7, 9}, {2, 4, 6, 7, 9, 11, 0})
    for note in backing_tracks(chart, style)[0].notes:
        assert note.pitch % 12 in scales[note.time // chart.bars[0].duration % 4]


def test_a_held_chord_is_not_begun_with_its_root_every_time() -> None:
    notes = bass_of("Dm7 | % | % | % | % | % | % | % | % | % | % | % | % | % | % | % | C", "swing").notes
    assert len({note.pitch % 12 for note in notes if note.time % 1920 == 0 and note.time < 16 * 1920}) > 1


@pytest.mark.parametrize(("symbol", "fifth"), [("Cm7b5", 6), ("C7", 7), ("Caug", 8)])
def test_a_bossa_bass_plays_root_and_the_chords_own_fifth(symbol: str, fifth: int) -> None:
    notes = bass_of(f"{symbol} | {symbol} | {symbol}", "bossa").notes
    assert {note.pitch % 12 for note in notes} >= {parse_chord(symbol).bass, fifth}


def test_a_pop_bass_stays_on_the_root() -> None:
    notes = bass_of("C | F | G | C | C | F | G | C | C", "rock").notes
    assert Counter(note.pitch % 12 for note in notes if note.time < 1920).most_common(1)[0][0] == 0


def test_a_pickup_does_not_count_as_a_bar_of_the_form() -> None:
    bars = form_of(parse_chart("(1/4) N.C. | (4/4) " + " | ".join(["C"] * 8)))
    assert [bar.place for bar in bars] == [0, *range(8)]
    assert [bar.ends_phrase for bar in bars] == [False, *[False, False, False, True] * 2]
    assert not bars[0].ends_section


# The chords


def test_a_chord_without_a_third_is_voiced_as_it_is() -> None:
    assert {pitch % 12 for voicing in voicings(parse_chord("C5")) for pitch in voicing} == {0, 7}


def test_a_rich_chord_keeps_its_guide_tones_and_leaves_its_root_to_the_bass() -> None:
    for voicing in voicings(parse_chord("C13(#11)")):
        assert {4, 10} <= {pitch % 12 for pitch in voicing} <= {4, 10, 9, 6, 2}


@pytest.mark.parametrize(
    ("symbol", "named"), [("C13", 9), ("C13(#11)", 6), ("Cm11", 5), ("Cmaj9(#11)", 6), ("C7(#5,#9)", 8), ("C9", 2)]
)
def test_what_a_symbol_is_written_for_is_in_all_its_voicings(symbol: str, named: int) -> None:
    assert all(named in {pitch % 12 for pitch in voicing} for voicing in voicings(parse_chord(symbol)))


@pytest.mark.parametrize(
    ("symbol", "tones"),
    [
        *(("C11", {10, 5, 2, 7}), ("C13(11)", {10, 9, 5, 2}), ("Cm11", {3, 10, 5, 2})),
        *(("C7(#11)", {4, 10, 6, 0}), ("Cmaj7(#11)", {4, 11, 6, 0}), ("C7(b13)", {4, 10, 8, 0})),
        *(("Cm7(b13)", {3, 10, 8, 7}), ("Cadd11", {4, 5, 7, 0})),
    ],
)
def test_the_fifth_makes_way_for_its_altered_neighbour_and_the_third_for_a_dominants_eleventh(
    symbol: str, tones: set[int]
) -> None:
    assert {frozenset(pitch % 12 for pitch in voicing) for voicing in voicings(parse_chord(symbol))} == {
        frozenset(tones)
    }


@pytest.mark.parametrize("symbol", ["C7(#9)", "C7(#5,#9)", "C7(b9,#9)", "C7alt"])
@pytest.mark.parametrize("steps", range(12))
def test_a_sharp_ninth_never_lies_right_below_the_third(symbol: str, steps: int) -> None:
    chord = parse_chord(symbol).transpose(steps)
    ninth, third = (steps + 3) % 12, (steps + 4) % 12
    for voicing in voicings(chord):
        assert (ninth, third) not in [(a % 12, b % 12) for a, b in pairwise(voicing) if b - a == 1]


@pytest.mark.parametrize("symbol", ["C6", "Cmaj7", "Cmaj9", "CmMaj7", "C13", "Cm9", "Cm11", "Cmaj7(#11)", "C7(b9,13)"])
@pytest.mark.parametrize("steps", range(12))
def test_no_voices_are_a_minor_ninth_apart_nor_the_highest_two_a_semitone(symbol: str, steps: int) -> None:
    for voicing in voicings(parse_chord(symbol).transpose(steps)):
        assert 13 not in {upper - lower for lower, upper in combinations(voicing, 2)}
        assert voicing[-1] - voicing[-2] > 1


@settings(max_examples=300)
@given(sounding_chords)
def test_any_chord_has_clear_voicings_of_its_tones(chord: Chord) -> None:
    own = set(Chord(chord.root, chord.quality, chord.extensions, chord.omissions).pitch_classes)
    assert voicings(chord)
    for voicing in voicings(chord):
        assert list(voicing) == sorted(set(voicing))
        assert len(voicing) <= 4
        assert {pitch % 12 for pitch in voicing} <= own


def test_movement_counts_semitones_voice_by_voice() -> None:
    assert movement((53, 57, 60, 64), (53, 57, 59, 62)) == 3


@pytest.mark.parametrize("style", STYLE_NAMES)
def test_voices_move_little(style: StyleName) -> None:
    notes = backing_tracks(STANDARD, style)[1].notes
    by_time: dict[int, list[int]] = {}
    for note in notes:
        by_time.setdefault(note.time, []).append(note.pitch)
    moves = [
        movement(before, after) / max(len(before), len(after))
        for before, after in pairwise(by_time.values())
        if before != after
    ]
    assert sum(moves) / len(moves) < 2.5
    assert max(moves) <= 6


def test_a_chord_may_be_struck_half_a_beat_ahead_and_is_then_held() -> None:
    chart = parse_chart("Dm7 | Gm7 | Cm7 | F7 | Bbmaj7 | Ebmaj7 | Am7 | D7 | G")
    found = 0
    for seed in range(10):
        times = {note.time for note in backing_tracks(chart, "swing", seed)[1].notes}
        ahead = [bar for bar in chart.bar_times[1:-1] if bar - 240 in times]
        found += len(ahead)
        assert not [bar for bar in ahead if bar in times]
    assert found > 5


# The drums


def drums_of(chart: Chart, style: StyleName) -> list[Note]:
    return list(backing_tracks(chart, style, 1)[2].notes)


def test_swing_drums_ride_and_close_the_hi_hat_on_two_and_four() -> None:
    notes = [note for note in drums_of(STANDARD, "swing") if note.time < 3 * 1920]
    assert {note.time % 1920 for note in notes if note.pitch == PEDAL_HAT} == {480, 1440}
    assert {0, 480, 960, 1440} <= {note.time % 1920 for note in notes if note.pitch == RIDE}


def test_rock_drums_have_the_backbeat() -> None:
    loud = [note for note in drums_of(STANDARD, "rock") if note.pitch == SNARE and note.velocity > 80]
    assert {note.time % 1920 for note in loud if note.time < 3 * 1920} == {480, 1440}


def test_eight_bars_end_with_a_fill_and_a_cymbal_begins_the_next() -> None:
    chart = parse_chart(" | ".join(["C"] * 17))
    notes = drums_of(chart, "pop")
    assert {note.time for note in notes if note.pitch == CRASH} == {8 * 1920, 16 * 1920}
    eighth = {(note.time % 1920, note.pitch) for note in notes if 7 * 1920 <= note.time < 8 * 1920}
    seventh = {(note.time % 1920, note.pitch) for note in notes if 6 * 1920 <= note.time < 7 * 1920}
    assert eighth != seventh


def test_a_ballad_is_softer_than_rock() -> None:
    ballad, rock = (np.mean([note.velocity for note in drums_of(STANDARD, style)]) for style in ("ballad", "rock"))
    assert ballad < rock - 20


# The feel


FOUR = parse_chart("C | F")


def swung_times(times: list[int], ratio: float, chart: Chart = FOUR) -> list[int]:
    return swung(Notes.of([Note(time, 60, 60) for time in times]), chart, ratio).times.tolist()


@pytest.mark.parametrize(
    ("times", "at_two"),
    [
        ([0, 240, 480], [0, 320, 480]),
        ([240], [320]),
        ([0, 160, 320], [0, 160, 320]),
        ([320], [320]),
        ([0, 120, 240, 360], [0, 120, 240, 360]),
        ([0, 360], [0, 400]),
        ([0, 120, 240], [0, 160, 320]),
        ([0, 240, 320], [0, 320, 373]),
        ([1920, 2160], [1920, 2240]),
    ],
)
def test_off_beats_swing_while_triplets_and_runs_stay(times: list[int], at_two: list[int]) -> None:
    assert swung_times(times, 2.0) == at_two


def test_even_eighths_stay_as_they_are() -> None:
    assert swung_times([0, 240, 480, 720], 1.0) == [0, 240, 480, 720]


def test_legato_stays_legato() -> None:
    line = Notes.of([Note(time, 60, 240) for time in range(0, 1920, 240)])
    notes = swung(line, FOUR, 2.0)
    assert all(note.end == follower.time for note, follower in pairwise(notes))


def test_eighth_meters_do_not_swing_and_bars_after_them_do() -> None:
    chart = parse_chart("(7/8) C | (4/4) F")
    assert swung_times([240, 960, 1680 + 240], 2.0, chart) == [240, 960, 1680 + 320]


@pytest.mark.parametrize(("qpm", "ratio"), [(60, 2.0), (200, 2.0), (240, 1.5), (300, 1.2), (400, 1.2)])
def test_the_usual_swing_leaves_100_milliseconds_for_the_short_eighth(qpm: float, ratio: float) -> None:
    assert usual_swing(qpm) == pytest.approx(ratio)


@given(charts, st.lists(st.tuples(st.integers(0, 9000), st.integers(1, 900)), max_size=20), st.floats(1.0, 3.0))
def test_swing_keeps_order_and_lets_every_note_last(chart: Chart, times: list[tuple[int, int]], ratio: float) -> None:
    notes = Notes.of([Note(time, 60, length) for time, length in times])
    moved = swung(notes, chart, ratio)
    assert len(moved) == len(notes)
    assert (moved.columns[:, 2] >= 1).all()
    assert all(a <= b for a, b in pairwise(moved.times.tolist()))
    assert set(notes.times.tolist()) & set(chart.bar_times) <= set(moved.times.tolist())


def test_a_laid_back_solo_is_late_on_the_beat_and_meets_the_band_off_it() -> None:
    notes = Notes.of([Note(0, 60, 320), Note(320, 60, 160), Note(480, 60, 480)])
    assert delayed(notes, FOUR, 20, ratio=2.0).times.tolist() == [20, 320, 500]
    assert delayed(notes, FOUR, 20, ratio=1.0).times.tolist() == [20, 340, 500]


def test_the_delay_shrinks_at_the_last_bar_line() -> None:
    notes = Notes.of([Note(3360, 60, 240), Note(3810, 60, 30)])
    assert delayed(notes, FOUR, 40, ratio=1.0)[0] == Note(3400, 60, 240)
    assert delayed(notes, FOUR, 40, ratio=1.0)[1] == Note(3825, 60, 15)


def test_where_the_off_beat_goes() -> None:
    assert [off_beat_ticks(ratio) for ratio in (1, 2, 3)] == [240, 320, 360]


def test_a_phrase_is_louder_in_its_middle_and_at_its_top() -> None:
    rise_and_fall = Notes.of(
        [Note(step * 480, pitch, 480, 80) for step, pitch in enumerate((60, 62, 64, 67, 64, 62, 60))]
    )
    velocities = [note.velocity for note in shaped(rise_and_fall, 1.0)]
    assert velocities.index(max(velocities)) == 3
    assert velocities[0] < 80 < velocities[3]


def test_after_a_rest_a_new_phrase_begins() -> None:
    first = [Note(step * 480, 60, 480, 80) for step in range(5)]
    notes = Notes.of([*first, *(note.shift(8 * 480) for note in first)])
    velocities = [note.velocity for note in shaped(notes, 1.0)]
    assert velocities[:5] == velocities[5:]
    assert velocities[2] > velocities[0]


def test_no_dynamics_leave_velocities_alone_and_more_do_more() -> None:
    notes = Notes.of([Note(step * 240, 60 + step % 5, 240, 90) for step in range(16)])
    spread = [np.std([note.velocity for note in shaped(notes, strength)]) for strength in (0.0, 0.5, 1.0)]
    assert spread[0] == 0 < spread[1] < spread[2]
