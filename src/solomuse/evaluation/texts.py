"""How an evaluation is told: what the numbers mean, and how they are written."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from solomuse.evaluation.comparison import HUMAN, OTHER_HUMANS
from solomuse.metrics.set_distance import FEATURES

PREDICTION: dict[str, tuple[str, str]] = {
    "bits_per_note": ("bits per note", "all events; less is better"),
    "pitch_bits_per_note": ("of them for pitch", ""),
    "rhythm_bits_per_note": ("of them for rhythm", ""),
    "velocity_bits_per_note": ("of them for loudness", ""),
    "bits_per_beat": ("bits per quarter", "less is better"),
    "pitch_accuracy": ("pitch is the likeliest one", "given that a note begins; more is better"),
    "duration_accuracy": ("length is the likeliest one", "more is better"),
    "chord_sensitivity": ("chord sensitivity, bits per note", "what another tune's chords cost; 0: deaf to them"),
    "ngram_bits_per_note": ("bits per note of the best n-gram model", "it knows no chords"),
}
"""Label and remark of each figure of prediction."""

SETS: dict[str, str] = {
    "diversity": "diversity, 4-grams",
    "bar_rhythm_divergence": "bar-rhythm divergence, bits",
    **{f"overlapping_area.{name}": f"overlap: {name.replace('_', ' ')}" for name in FEATURES},
    **{f"kl_divergence.{name}": f"KL: {name.replace('_', ' ')}" for name in FEATURES},
}
"""Labels of the figures that only sets of solos have."""

_NEARER = "Of none of these figures is more better: the nearer to the humans, the better."
_DISTANCE = (
    "Distance: how far the means are from the humans', in standard deviations between human solos; the mean over each "
    "section's figures, and over the sections. Nobody needs to be nearer than"
)
_INTERVALS = "In brackets: 95 % intervals, bootstrapped over tunes. A star: that of the difference from"
_ORIGINALITY = "Originality is measured against all melodies of the dataset's training split on other tunes."

HOW_TO_READ = (
    f"{_NEARER} Human: on the same tunes; other humans: on others.",
    f"{_INTERVALS} humans leaves out 0.",
    f"{_DISTANCE} other humans are.",
    "Sets: against human melodies on other tunes. Other humans say what can be reached; overlap 1 is the same.",
    _ORIGINALITY,
)
HOW_TO_READ_FILES = (
    f"{_NEARER} Other humans, which all are held against: on one half of the training tunes of the reference; more "
    "humans: on the other half. None of them is on the tunes of the files, unless these are of the reference.",
    f"{_INTERVALS} other humans leaves out 0.",
    f"{_DISTANCE} more humans are; a part of it may come from the tunes.",
    "Sets: against the melodies of more humans. Other humans say what can be reached; overlap 1 is the same.",
    _ORIGINALITY,
)
HOW_TO_READ_ALONE = (
    "Of none of these figures is more better. To have humans and baselines beside them, pass a dataset as reference.",
    "In brackets: 95 % intervals, bootstrapped over files.",
)


def how_to_read(table: Mapping[str, Any]) -> tuple[str, ...]:
    """What a reader of the table should know."""
    if HUMAN in table["rows"]:
        return HOW_TO_READ
    return HOW_TO_READ_FILES if OTHER_HUMANS in table["rows"] else HOW_TO_READ_ALONE


def number(value: float | None) -> str:
    """A figure in as many digits as it deserves."""
    if value is None or math.isnan(value):
        return "-"
    text = f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}" if abs(value) >= 1 else f"{value:.3f}"
    return "0.000" if text == "-0.000" else text


def is_sure(figure: Mapping[str, Any]) -> bool:
    """Whether a figure differs from the humans' for sure."""
    difference = figure["minus_human"]
    if difference is None or difference["low"] is None:
        return False
    return bool(difference["low"] > 0 or difference["high"] < 0)


def interval(figure: Mapping[str, Any]) -> str:
    """The interval of a figure in brackets; nothing where there is none."""
    return "" if figure["low"] is None else f"[{number(figure['low'])}, {number(figure['high'])}]"


def of_set(sets: Mapping[str, Any], name: str) -> float | None:
    """A figure of a set by its dotted name; None where it was not measured."""
    group, _, feature = name.partition(".")
    found = sets.get(group)
    return found.get(feature) if isinstance(found, Mapping) else found


def headline(document: Mapping[str, Any]) -> str:
    """What was evaluated."""
    if "model" in document:
        sampling = [f"{name} {document[name]:g}" for name in ("guidance", "temperature") if document[name] != 1]
        asked = ", ".join([document["split"], *([document["style"]] if document["style"] else []), *sampling])
        return f"{document['model']} on {document['dataset']} ({asked})"
    return f"{document['solos']}"


def size(table: Mapping[str, Any]) -> str:
    """How much was measured, in a sentence."""
    text = f"{_counted(table['solos'], 'stretch', 'stretches')} of {_counted(table['tunes'], 'tune', 'tunes')}"
    takes = max(row["takes"] for row in table["rows"].values())
    return text + (f", {takes} takes over each (seeds {', '.join(map(str, table['seeds']))})." if takes > 1 else ".")


def _counted(count: int, one: str, several: str) -> str:
    return f"{count} {one if count == 1 else several}"


def has_distances(table: Mapping[str, Any]) -> bool:
    """Whether there are humans to be at a distance from."""
    return HUMAN in table["rows"] or OTHER_HUMANS in table["rows"]


def left_out(files: Mapping[str, Any]) -> list[str]:
    """What became of the solos of files, a line each."""
    own, given = files["charts"]["own"], files["charts"]["given"]
    read = f"{files['read']} of {files['found']} solos could be read"
    return [
        f"{read}: {given} over given charts, {own} over their own.",
        *(
            f"{skip['count']} left out ({reason}), such as: {skip['examples'][0]}"
            for reason, skip in files["left_out"].items()
        ),
    ]
