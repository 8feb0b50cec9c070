from __future__ import annotations

import math
import re
from dataclasses import replace

import numpy as np
import pytest

from solomuse.evaluation.comparison import HUMAN, OTHER_HUMANS, Yardstick, compared, histograms
from solomuse.evaluation.excerpts import Excerpt
from solomuse.evaluation.figures import Corpus
from solomuse.evaluation.markdown import markdown
from solomuse.evaluation.page import page
from solomuse.evaluation.plots import bar_plot, line_plot
from solomuse.evaluation.texts import number, size
from solomuse.music.chart_text import parse_chart
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.note import Note

CHART = parse_chart("Dm7 | G7 | Cmaj7 | C6")
TONES = (62, 65, 69, 72, 67, 71, 74, 77, 64, 67, 71, 72, 60, 64, 67, 69)


def solo(seed: int, shift: int = 0) -> LeadSheet:
    """Chord tones in quarters, a few of them a tone higher, all moved up by `shift`."""
    rng = np.random.default_rng(seed)
    moves = rng.choice([0, 2], size=16, p=[0.8, 0.2])
    return LeadSheet(CHART, tuple(Note(480 * i, TONES[i] + int(moves[i]) + shift, 240) for i in range(16)))


def players() -> dict[str, list[Excerpt]]:
    human = [Excerpt(f"tune {seed}", str(seed), solo(seed)) for seed in range(8)]
    outside = [replace(own, sheet=solo(seed, shift=1)) for seed, own in enumerate(human)]
    others = [Excerpt(f"other {seed}", f"o{seed}", solo(100 + seed)) for seed in range(8)]
    return {"copy": human, "outside": outside, HUMAN: human, OTHER_HUMANS: others}


def test_who_plays_what_humans_play_has_no_distance() -> None:
    rows = compared(players(), Yardstick(), seed=1)
    assert rows["copy"]["distance"] == 0
    assert rows[OTHER_HUMANS]["distance"] < 0.6 < rows["outside"]["distance"]


def test_a_difference_from_humans_has_an_interval() -> None:
    figures = compared(players(), Yardstick(), seed=1)["outside"]["figures"]
    assert figures["chord_tone_ratio"]["minus_human"]["high"] < 0
    assert figures["notes_per_bar"]["minus_human"] == {"mean": 0, "low": 0, "high": 0}


def test_originality_leaves_the_own_tune_out() -> None:
    pitches = [note.pitch for note in solo(0).melody]
    corpus = Corpus.of([pitches], ["tune 0"])
    assert corpus.figures(solo(0), "tune 0")["longest_shared_run"] == 0
    assert corpus.figures(solo(0), "tune 1")["longest_shared_run"] > 8


def test_takes_over_one_chart_are_held_against_each_other() -> None:
    same = [Excerpt("a", "1", solo(1), take) for take in range(3)]
    different = [Excerpt("a", "1", solo(seed), seed) for seed in range(3)]
    rows = compared({"same": same, "different": different}, Yardstick(), seed=1)
    assert rows["same"]["sets"]["diversity"] == 0
    assert rows["different"]["sets"]["diversity"] > 0


def test_sets_are_compared_where_there_are_melodies_enough() -> None:
    reference = [solo(200 + seed) for seed in range(8)]
    rows = compared(players(), Yardstick(reference=reference), seed=1)
    assert rows["copy"]["sets"]["overlapping_area"]["mean_interval"] > 0.5
    few = compared({"one": players()[HUMAN][:1]}, Yardstick(reference=reference), seed=1)
    assert "overlapping_area" not in few["one"]["sets"]


def test_solos_without_notes_do_not_break_the_table() -> None:
    silent = [Excerpt("tune 0", "0", LeadSheet(CHART, ()))]
    row = compared({"silent": silent, HUMAN: players()[HUMAN]}, Yardstick(reference=[solo(1)]), seed=1)["silent"]
    assert math.isnan(row["figures"]["chord_tone_ratio"]["mean"])
    assert row["figures"]["rest_share"]["mean"] == 1


def test_degrees_are_counted_above_the_root_of_the_chord() -> None:
    sheet = LeadSheet(
        parse_chart("G7"), (Note(0, 67, 480), Note(480, 71, 480), Note(960, 60, 480), Note(1440, 67, 480))
    )
    degrees = histograms([sheet])["degrees"]
    assert {name: share for name, share in degrees.items() if share} == {"0": 0.5, "4": 0.25, "5": 0.25}


def test_each_solo_counts_once_in_curves_and_degrees_as_in_the_table() -> None:
    roots = LeadSheet(parse_chart("G7 | G7"), tuple(Note(480 * beat, 67, 480) for beat in range(8)))
    fourth = LeadSheet(parse_chart("G7 | G7"), (Note(0, 60, 480),))
    row = compared({"a": [Excerpt("1", "1", roots), Excerpt("2", "2", fourth)]}, Yardstick(), seed=1)["a"]
    assert row["chord_shift_curve"]["0"] == row["figures"]["chord_tone_ratio"]["mean"] == 0.5
    assert (row["histograms"]["degrees"]["0"], row["histograms"]["degrees"]["5"]) == (0.5, 0.5)


def test_names_from_files_are_text_of_the_page_and_of_the_table() -> None:
    rows = compared({"<b>|x": players()[HUMAN]}, Yardstick(), seed=1)
    table = {"solos": 8, "tunes": 8, "seeds": [1], "references": 0, "rows": rows}
    files = {"found": 1, "read": 1, "charts": {"given": 0, "own": 1}, "left_out": {}}
    document = {"solos": "<b>|x", "charts": None, "files": files, "played": table}
    assert "<b>|x" not in page(document, ())
    assert "&lt;b&gt;|x" in page(document, ())
    assert "<b>\\|x" in markdown(document)
    assert "Distance to the humans" not in page(document, ()) + markdown(document)


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "-"), (-0.0002, "0.000"), (-0.0006, "-0.001"), (0.5, "0.500"), (1.5, "1.50"), (-12.34, "-12.3")],
)
def test_a_figure_has_as_many_digits_as_it_deserves(value: float | None, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("solos", "tunes", "text"), [(1, 1, "1 stretch of 1 tune."), (4, 2, "4 stretches of 2 tunes.")]
)
def test_a_single_thing_is_not_several(solos: int, tunes: int, text: str) -> None:
    assert size({"solos": solos, "tunes": tunes, "seeds": [1], "rows": {"a": {"takes": 1}}}) == text


@pytest.mark.parametrize("values", [[0.0, 0.0], [0.1, 0.4]])
def test_plots_hold_each_player_and_no_broken_number(values: list[float]) -> None:
    for plot in (
        line_plot({"a": [*values], "b": [None, 1.0]}, ["x", "y"], "t"),
        bar_plot({"a": values}, ["x", "y"], "t"),
    ):
        assert ">a<" in plot
        assert "nan" not in plot
        assert 'aria-label="t"' in plot


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ([0.0, 1.0], ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
        ([0.04, 0.18], ["0.05", "0.10", "0.15"]),
        ([0.301, 0.302], ["0.296", "0.298", "0.300", "0.302", "0.304", "0.306"]),
        ([0.3, 0.3], ["0.296", "0.298", "0.300", "0.302", "0.304"]),
    ],
)
def test_the_axis_of_values_has_round_ticks(values: list[float], ticks: list[str]) -> None:
    assert re.findall(r'text-anchor="end">([^<]*)<', line_plot({"a": values}, ["x", "y"], "t")) == ticks


def test_long_names_are_cut_in_the_legend_and_whole_in_its_titles() -> None:
    long = "a system with a very long name"
    series = {name: [0.5] for name in (long, "n-gram", "scale walk", "human", "other humans")}
    shown = re.findall(r"</title>([^<]+)</text>", bar_plot(series, ["x"], "t"))
    assert shown == ["a system wit…", "n-gram", "scale walk", "human", "other humans"]
    assert f"<title>{long}</title>" in bar_plot(series, ["x"], "t")
