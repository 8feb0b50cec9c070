from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

import numpy as np
import pytest
import torch

from solomuse.errors import ConfigError
from solomuse.generation import Controls, generate, solos_over
from solomuse.generation.editing import Edit
from solomuse.generation.rules import Harmony, Rests
from solomuse.generation.sampling import Sampling
from solomuse.generation.solos import task_of
from solomuse.generation.takes import Window
from solomuse.metrics.harmony import chord_tone_ratio, step_resolution
from solomuse.metrics.rhythm import phrase_lengths, rest_share
from solomuse.model.folder import Model
from solomuse.music.chart_text import parse_chart
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.meter import Meter
from solomuse.music.note import TICKS_PER_QUARTER, Note
from solomuse.tokens.codec import Codec
from solomuse.tokens.cursors import Cursors, Stage
from solomuse.tokens.grammar import parse
from solomuse.tokens.vocabulary import DENSITIES, DENSITY, PLACE, PLACES, REGISTERS

SIXTEENTH = TICKS_PER_QUARTER // 4
CHART = " | ".join(["Dm7 G7", "Cmaj7", "F#m7b5", "B7"] * 4)


def sheets(model: Model, takes: int = 6, **asked) -> list:
    return [solo.sheet for solo in generate(model, CHART, takes=takes, seed=1, controls=Controls(**asked))]


@pytest.mark.parametrize("asked", [{"instrument": "tenor sax"}, {"low": 60, "high": 72}, {"instrument": "tuba"}])
def test_every_note_is_in_range(random_model: Model, asked: dict) -> None:
    low, high = Controls(**asked).range
    pitches = [note.pitch for sheet in sheets(random_model, **asked) for note in sheet.melody]
    assert low <= min(pitches) < max(pitches) <= high


@pytest.mark.parametrize(
    ("instrument", "octaves"), [("tenor-sax", 0), ("bass-clarinet", 1), ("flute", -1), ("tuba", 2), ("piccolo", -2)]
)
def test_an_instrument_is_played_in_the_octave_that_the_model_knows(
    random_model: Model, instrument: str, octaves: int
) -> None:
    controls = Controls(instrument=instrument, register=65 if octaves == 0 else None)
    task = task_of(random_model, parse_chart(CHART), controls, None, 1)
    low, high = controls.range
    assert task.up == 12 * octaves
    assert task.controls.range == (low + task.up, high + task.up)
    solo = generate(random_model, CHART, seed=1, controls=controls)[0]
    sounding = [note.pitch for note in solo.line.melody]
    assert low <= min(sounding) <= max(sounding) <= high
    decoded = Codec(random_model.vocabulary).decode(list(solo.token_ids))
    assert [note.pitch for note in decoded.melody] == sounding


def test_the_octave_goes_by_the_range_that_is_asked_for(random_model: Model) -> None:
    asked = Controls(instrument="flute", low=84, high=96)
    assert task_of(random_model, parse_chart(CHART), asked, None, 1).up == -24


def test_a_register_is_the_sounding_one(random_model: Model) -> None:
    played = task_of(random_model, parse_chart(CHART), Controls(instrument="flute", register=77), None, 1).controls
    assert played.register == 65


def test_harmony_brings_chord_tones_and_resolution_and_leaves_the_rhythm(random_model: Model) -> None:
    plain, leaned = sheets(random_model, takes=24), sheets(random_model, takes=24, harmony=5.0)
    assert chord_tone_ratio(leaned) > chord_tone_ratio(plain) + 0.15
    assert step_resolution(leaned) > 2 * step_resolution(plain)


def test_harmony_does_not_change_how_likely_a_note_is(random_model: Model) -> None:
    seen = []

    class Spy(Harmony):
        def __call__(self, scores, cursors, windows):
            changed = super().__call__(scores, cursors, windows)
            notes = cursors.vocabulary.note_on
            part = slice(notes.start, notes.stop)
            seen.append((torch.logsumexp(scores[:, part], -1), torch.logsumexp(changed[:, part], -1)))
            assert torch.equal(scores[:, notes.stop :], changed[:, notes.stop :])
            return changed

    class Spied(Controls):
        rules = (Spy(1.0),)

    generate(random_model, "C | F7", takes=4, controls=Spied())
    assert len(seen) > 10
    for before, after in seen:
        assert torch.allclose(before, after, atol=1e-4)


def test_the_larger_the_share_of_rests_that_is_asked_for_the_more_of_the_time_is_silent(random_model: Model) -> None:
    few, some, many = (
        np.mean([rest_share(sheet) for sheet in sheets(random_model, rests=share)]) for share in (0.0, 0.3, 0.8)
    )
    assert few < 0.1 < some < many
    assert some == pytest.approx(0.3, abs=0.12)


def test_silence_is_had_in_long_rests_and_made_good_without_those_within_a_beat(random_model: Model) -> None:
    task = task_of(random_model, parse_chart("C | F"), Controls(), None, 1)
    v, grid = random_model.vocabulary, random_model.vocabulary.grid
    rests = slice(v.time_shift.start, v.time_shift.start + 2 * grid)
    notes = slice(v.duration.start, v.duration.start + 2 * grid)
    cursors = Cursors([task.grid, task.grid], [grid, grid], [4 * grid, 4 * grid], v)
    cursors.start[:], cursors.stage[:] = 0, [Stage.EVENT, Stage.DURATION]
    waiting, lasting = Rests(0.8)(torch.zeros(2, len(v)), cursors, ()).numpy()
    assert np.diff(waiting[rests]).nonzero()[0].tolist() == list(range(grid - 1))
    assert waiting[v.time_shift.start] > 0 > lasting[notes].max()
    cursors.silent[:] = 4 * grid
    waiting, lasting = Rests(0.1)(torch.zeros(2, len(v)), cursors, ()).numpy()
    assert waiting[rests].nonzero()[0].tolist() == list(range(grid // 2 - 1, 2 * grid))
    assert lasting[notes].nonzero()[0].tolist() == [at * grid // 2 - 1 for at in (1, 2, 3, 4)]
    assert waiting[rests].min() < 0 < lasting[notes].max()


def test_phrases_are_about_as_long_as_they_should_be(random_model: Model) -> None:
    chart = " | ".join(["Dm7 G7", "Cmaj7"] * 2 * random_model.window_bars)
    short, long = (
        np.mean(
            np.concatenate(
                [
                    phrase_lengths(solo.sheet)
                    for solo in generate(random_model, chart, takes=6, controls=Controls(phrase=quarters))
                ]
            )
        )
        for quarters in (6, 12)
    )
    assert 6 < short < 15 < long < 30  # random weights rest rarely


def test_a_phrase_goes_on_in_the_next_window(random_model: Model) -> None:
    seen = []

    class Spied(Controls):
        rules = (lambda scores, cursors, windows: seen.append(_phrase_starts(cursors, windows)) or scores,)

    generate(random_model, " | ".join(["Dm7"] * 3 * random_model.window_bars), takes=2, controls=Spied())
    assert all(found == expected for step in seen for found, expected in step)


def _phrase_starts(cursors: Cursors, windows: Sequence[Window]) -> list[tuple[int, int]]:
    """Where the phrases began in which no note is begun, by the cursors and by all notes that they know of."""
    pairs = []
    for row in np.flatnonzero(cursors.stage == Stage.EVENT):
        notes = [*windows[row].sheet.notes.tolist(), *cursors.notes[row]]
        ends = [0, *(start + steps for start, _, steps, _ in notes)]
        begins = [note[0] for note, end in zip(notes, ends, strict=False) if note[0] - end >= cursors.vocabulary.grid]
        pairs.append((int(cursors.phrase_start[row]), [0, *begins][-1]))
    return pairs


def test_conditions_are_said_to_the_model(random_model: Model) -> None:
    said = Controls(style="Bebop", feel="swing", player="ada", instrument="tenor").conditions(random_model, 12)
    values = [kind.values for kind in random_model.vocabulary.conditions]
    assert (values[1][said["style"]], values[2][said["feel"]], said["player"]) == ("bebop", "swing", 0)
    assert values[3][said["instrument"]] == "tenor-sax"
    assert Controls(instrument="tuba").conditions(random_model, 12)["instrument"] == -1


def test_an_arc_makes_density_and_register_grow() -> None:
    at = Controls(density=5, register=65, arc=1.0).conditions_at(1000)
    density, register = ([at(step)[name] for step in range(0, 1001, 100)] for name in ("density", "register"))
    assert density == sorted(density)
    assert register == sorted(register)
    assert (DENSITIES[density[0]], DENSITIES[density[-1]]) == (2, 8)
    assert (REGISTERS[register[0]], REGISTERS[register[-1]]) == (60, 70)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"style": "polka"}, "knows bebop, cool"),
        ({"player": "Grace"}, "Ada Lovelace"),
        ({"instrument": "kazoo"}, "kazoo"),
        ({"low": 60, "high": 65}, "octave"),
        ({"instrument": "flute", "register": 45}, "outside of the range"),
        ({"rests": 1.5}, "rests is 1.5"),
        ({"harmony": -1}, "harmony is -1"),
        ({"arc": 2}, "arc is 2"),
        ({"top_k": -1}, "top_k is -1"),
        ({"min_p": 2}, "min_p is 2"),
        ({"guidance": -1}, "guidance is -1"),
        ({"recall": -1}, "recall is -1"),
        ({"temperature": float("nan")}, "temperature is nan"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(random_model: Model, asked: dict, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        generate(random_model, "C", controls=Controls(**asked))


def test_a_model_that_has_not_learned_of_a_condition_says_so(random_model: Model) -> None:
    bare = replace(random_model, about={**random_model.about, "conditions": {}, "players": []})
    for name in ("style", "feel", "player"):
        with pytest.raises(ConfigError, match=f"leave out --{name}"):
            Controls(**{name: "x"}).conditions(bare, 12)


def test_sampling_keeps_the_likely_notes_and_all_else() -> None:
    scores = torch.log(torch.tensor([[0.1, 0.4, 0.24, 0.12, 0.04, 0.1]])).repeat(1000, 1)
    points, notes = torch.linspace(0, 0.9999, 1000), slice(1, 5)

    def shares(**options: float) -> list[float]:
        chosen = Sampling(**{"top_p": 1.0, **options}).choose(scores, points, notes)
        return (torch.bincount(chosen, minlength=6) / 1000).tolist()

    assert shares() == pytest.approx([0.1, 0.4, 0.24, 0.12, 0.04, 0.1], abs=0.01)
    assert shares(top_p=0.8) == pytest.approx([0.1, 0.5, 0.3, 0, 0, 0.1], abs=0.01)
    assert shares(top_k=1) == pytest.approx([0.1, 0.8, 0, 0, 0, 0.1], abs=0.01)
    assert shares(min_p=0.29) == pytest.approx([0.1, 0.421, 0.253, 0.126, 0, 0.1], abs=0.01)
    assert shares(temperature=0.0) == pytest.approx([0.1, 0.8, 0, 0, 0, 0.1], abs=0.01)
    assert shares(temperature=0.5) == pytest.approx([0.1, 0.552, 0.199, 0.05, 0.006, 0.1], abs=0.01)
    assert shares(temperature=10.0) == pytest.approx([0.1, 0.22, 0.21, 0.19, 0.17, 0.1], abs=0.02)


def test_sampling_chooses_what_is_allowed_only() -> None:
    scores = torch.tensor([[-torch.inf, -torch.inf, -torch.inf, 0.0, 1.0, -torch.inf], [0.0, 1.0, *[-torch.inf] * 4]])
    for point in (0.0, 0.5, 1 - 2**-24):  # the largest number of 32 bits below 1
        for sampling in (Sampling(top_p=0.5), Sampling(0.5), Sampling(0.0), Sampling(1e-3), Sampling(10.0)):
            chosen = sampling.choose(scores, torch.tensor([point, point]), slice(0, 3))
            assert scores.gather(1, chosen[:, None]).isfinite().all()


def test_the_colder_the_nearer_to_the_likeliest_down_to_any_temperature() -> None:
    scores = torch.tensor([[1.0, 3.0, 2.0, -torch.inf]])
    for temperature in (1e-3, 1e-9, 1e-300):
        assert Sampling(temperature).choose(scores, torch.tensor([0.999]), slice(None)).tolist() == [1]


def test_an_arc_is_heard_within_one_window(random_model: Model) -> None:
    seen = []

    class Spied(Controls):
        rules = (lambda scores, _, windows: seen.append(windows[0].sheet.conditions) or scores,)

    generate(random_model, " | ".join(["Dm7"] * random_model.window_bars), controls=Spied(arc=1.0))
    densities = [conditions[DENSITY] for conditions in seen]
    assert densities == sorted(densities)
    assert len(set(densities)) > 3


@pytest.mark.parametrize(("windows", "places"), [(1, ["whole"]), (3, ["opening", "inside", "ending"])])
def test_the_model_is_told_where_the_solo_begins_and_ends(random_model: Model, windows: int, places: list[str]) -> None:
    seen = []

    class Spied(Controls):
        rules = (lambda scores, _, windows: seen.append(windows[0].sheet.conditions[PLACE]) or scores,)

    generate(random_model, " | ".join(["Dm7"] * random_model.window_bars * windows), controls=Spied())
    assert [PLACES[place] for place, _ in groupby(seen)] == places


def test_a_part_of_a_solo_can_be_asked_for(random_model: Model) -> None:
    for place in PLACES:
        solo = generate(random_model, "C | F", controls=Controls(place=place))[0]
        assert PLACES[parse(list(solo.token_ids), random_model.vocabulary).conditions[PLACE]] == place
    with pytest.raises(ConfigError, match="expected one of"):
        Controls(place="middle")


def test_a_seed_does_not_choose_alike_over_all_charts(random_model: Model) -> None:
    charts = [parse_chart(text) for text in ("C | F", "F | C", "C | F | C", "(3/4) C | F")]
    first = {task_of(random_model, chart, Controls(), None, 1).take(0).rng.random() for chart in charts}
    assert len(first) == len(charts)


@pytest.mark.parametrize("meter", ["6/8", "12/8", "7/8"])
def test_compound_meters_are_played_on_their_sixteenths_and_mostly_eighths(random_model: Model, meter: str) -> None:
    chart = f"({meter}) " + " | ".join(["C", "F", "G7", "C"] * 4)
    solos = generate(random_model, chart, takes=6, seed=1)
    times = np.array([note.time for solo in solos for note in solo.line.melody])
    assert (times % SIXTEENTH == 0).all()
    assert (times % (2 * SIXTEENTH) == 0).mean() > 0.6


def test_other_meters_beside_compound_ones_are_free(random_model: Model) -> None:
    solos = generate(random_model, "(6/8) C | F | (4/4) G7 | C", takes=12, seed=1)
    times = np.array([note.time for solo in solos for note in solo.line.melody])
    off = times[times % SIXTEENTH != 0]
    assert len(off)
    assert off.min() > 2 * Meter(6, 8).bar_ticks


@pytest.mark.parametrize("others", [["(4/4) C | F | G7 | C"] * 2, ["(6/8) C | F"], ["(3/4) Am | Dm", "(12/8) C7"]])
def test_solos_in_one_batch_do_not_depend_on_the_meters_of_the_others(random_model: Model, others: list[str]) -> None:
    charts = [parse_chart(text) for text in ("(6/8) C | F | G7 | C", "(4/4) C | F | G7 | C")]
    alone = [solos_over(random_model, [chart], Controls(), 1)[0].line for chart in charts]
    for place, chart in enumerate(charts):
        together = solos_over(random_model, [chart, *map(parse_chart, others)], Controls(), 1)
        assert together[0].line == alone[place]


def test_a_line_that_is_followed_keeps_its_rhythm_in_compound_meters(random_model: Model) -> None:
    chart = parse_chart("(6/8) C | F")
    line = LeadSheet(chart, tuple(Note(time, 60, 160) for time in range(0, 2 * 1440, 160)))
    solo = generate(random_model, chart, seed=1, edit=Edit(line, lock="rhythm"))[0]
    assert [note.time for note in solo.line.melody] == [note.time for note in line.melody]


@pytest.mark.parametrize(("bars", "place"), [(7, "inside"), (8, "whole")])
def test_a_few_bars_come_from_the_inside_of_a_solo_unless_told(random_model: Model, bars: int, place: str) -> None:
    assert PLACES[Controls().conditions(random_model, bars)["place"]] == place
    assert PLACES[Controls(place="ending").conditions(random_model, bars)["place"]] == "ending"
