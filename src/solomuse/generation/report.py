"""A report of a solo: what was played, how it goes with the chords bar by bar, what it shares with the training data.

`report_of` gives what ``solo.json`` holds. Its names are stable: what is added later gets new ones. Times are ticks,
480 a quarter; bars are counted from 1; shares are in [0, 1], and null where there is nothing to measure.

::

    format            1
    package, model    version of SoloMuse; {name, package} of the model and of the version that trained it
    seed, take        with these, the chart, the controls and the edit the same solo comes again
    title, key, tempo of the chart, as a label and in quarters a minute; null if unknown
    chart             text that `solomuse.music.chart_text.parse_chart` reads
    notes             [[time, pitch, duration, velocity], ...]
    controls          what was asked for, by the names of `solomuse.generation.controls.Controls`
    edit              null, or {motif, keep, trade, vary or lock: its value, line: the given notes}
    bits_per_note     what the notes cost the model
    range             {lowest, highest}: each {pitch, name}, or null
    figures           by the names of `solomuse.generation.likeness.PARTS`
    bars              one for each bar, see below
    outside_bars      numbers of the bars that lie outside
    outside           {notes, resolved}: notes that are not in the scale of their chord; those of them that move on by
                      step to a tone of the next note's chord
    originality       null if it is not known what the model has learned from; else {songs, is_whole: whether these
                      are all, new_share: share of figures of seven notes that are in none of them, longest_run}
      longest_run     null or {notes: counted without trills and the like, all_notes, first_bar, last_bar, title,
                      player}
    score, parts      null if it was not ranked

    bar, section, chords, notes, density (notes in a time of four quarters), rest_share, lowest, highest,
    notes_over_chords, chord_tone_share, notes_over_scales (over chords that have one), scale_share, outside, resolved,
    is_outside
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np

from solomuse import __version__
from solomuse.generation.controls import Controls
from solomuse.generation.editing import Edit
from solomuse.generation.likeness import figures_of
from solomuse.generation.ranking import Scored, score_of
from solomuse.generation.solo import Solo
from solomuse.metrics.line import Floats, Integers, columns, line
from solomuse.model.folder import Model
from solomuse.music.chart_text import print_chart
from solomuse.music.instruments import Instrument
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.note import TICKS_PER_QUARTER, Note
from solomuse.music.pitch import SHIFT_BY_ACCIDENTAL
from solomuse.music.scales import chord_scale, chord_tones
from solomuse.music.spelling import spelled

if TYPE_CHECKING:  # it comes with the readers of all data sets
    from solomuse.model.melodies import Melodies

REPORT_FORMAT = 1
OUTSIDE_SHARE, OUTSIDE_NOTES = 0.5, 3
"""A bar lies outside if so large a share of its notes, and at least so many, are not in the scale of their chord."""


def report_of(
    solo: Solo,
    model: Model,
    melodies: Melodies | None,
    controls: Controls = Controls(),
    edit: Edit | None = None,
    scored: Scored | None = None,
) -> dict[str, Any]:
    """What ``solo.json`` holds of a solo; the module's docstring says what.

    Parameters
    ----------
    solo : Solo
    model : Model
        That has played it.
    melodies : Melodies or None
        What the model has learned from, as `solomuse.model.melodies.load_melodies` gives it.
    controls : Controls
    edit : Edit, optional
        What was asked for.
    scored : Scored, optional
        What `solomuse.generation.ranking.rank` says of it.
    """
    sheet, usual = solo.line, _asked(Controls())
    bars = list(_bars(sheet))
    originality = None if melodies is None else _originality(sheet, melodies)
    shared = math.nan if originality is None else float((originality["longest_run"] or {"notes": 0})["notes"])
    return {
        "format": REPORT_FORMAT,
        "package": __version__,
        "model": {"name": _model_name(model), "package": model.about.get("package")},
        "seed": solo.seed,
        "take": solo.take,
        "title": sheet.chart.title,
        "key": sheet.chart.key,
        "tempo": sheet.chart.qpm,
        "chart": print_chart(sheet.chart),
        "notes": _rows(sheet.melody),
        "controls": {name: value for name, value in _asked(controls).items() if value != usual[name]},
        "edit": _edit(edit),
        "bits_per_note": _rounded(solo.bits_per_note),
        "range": _range(sheet.melody, spelled(sheet.melody, sheet.chart)),
        "figures": {name: _rounded(value) for name, value in figures_of(sheet, shared).items()},
        "bars": bars,
        "outside_bars": [bar["bar"] for bar in bars if bar["is_outside"]],
        "outside": {"notes": sum(bar["outside"] for bar in bars), "resolved": sum(bar["resolved"] for bar in bars)},
        "originality": originality,
        **({"score": None, "parts": None} if scored is None else score_of(scored)),
    }


def _rows(notes: Sequence[Note]) -> list[list[int]]:
    return [[note.time, note.pitch, note.duration, note.velocity] for note in notes]


def _asked(controls: Controls) -> dict[str, Any]:
    """The controls by name, an instrument by its own."""
    asked = {field.name: getattr(controls, field.name) for field in fields(controls)}
    return asked | ({"instrument": controls.instrument.name} if isinstance(controls.instrument, Instrument) else {})


def _edit(edit: Edit | None) -> dict[str, Any] | None:
    """What was done to a line, bars counted from 1, and the line's notes."""
    if edit is None:
        return None
    kept = None if edit.keep is None else sorted(bar + 1 for bar in edit.keep)
    ways = {"motif": edit.is_motif or None, "keep": kept, "trade": edit.trade, "vary": edit.vary, "lock": edit.lock}
    return {**{way: value for way, value in ways.items() if value is not None}, "line": _rows(edit.line.melody)}


def _model_name(model: Model) -> str:
    """The name of the run, or of the folder."""
    path = model.path.resolve()
    return path.parent.name if path.name == "model" else path.name


def _bars(sheet: LeadSheet) -> Iterator[dict[str, Any]]:
    chart, names = sheet.chart, spelled(sheet.melody, sheet.chart)
    over, silent = line(sheet), _rest_shares(sheet)
    has_scale = np.array([bool(chord_scale(chord)) for chord in over.chords], dtype=np.bool_)[over.chord_by_note]
    outside = has_scale & ~over.belongs(chord_scale)
    tones, resolved = over.belongs(chord_tones), outside & over.moves_by_step & over.next_belongs(chord_tones)
    own, counted = _bar_of(sheet, columns(sheet)[0]), _bar_of(sheet, over.times)
    for number, bar in enumerate(chart.bars):
        first, last = np.searchsorted(own, [number, number + 1]).tolist()
        here = slice(*np.searchsorted(counted, [number, number + 1]).tolist())
        strangers, scaled = int(outside[here].sum()), int(has_scale[here].sum())
        yield {
            "bar": number + 1,
            "section": bar.section,
            "chords": [span.chord.symbol("plain", chart.key) for span in bar.chords],
            "notes": last - first,
            "density": _rounded((last - first) * 4 * TICKS_PER_QUARTER / bar.duration),
            "rest_share": _rounded(float(silent[number])),
            **_range(sheet.melody[first:last], names[first:last]),
            "notes_over_chords": len(tones[here]),
            "chord_tone_share": _share(int(tones[here].sum()), len(tones[here])),
            "notes_over_scales": scaled,
            "scale_share": _share(scaled - strangers, scaled),
            "outside": strangers,
            "resolved": int(resolved[here].sum()),
            "is_outside": strangers >= OUTSIDE_NOTES and strangers >= OUTSIDE_SHARE * scaled,
        }


def _bar_of(sheet: LeadSheet, times: Integers) -> Integers:
    """In which bar each time is, from 0."""
    return np.searchsorted(np.array(sheet.chart.bar_times), times, side="right") - 1


def _rest_shares(sheet: LeadSheet) -> Floats:
    """Share of each bar in which nothing sounds, shape (bars,)."""
    times, _, durations = columns(sheet)
    lines = np.array(sheet.chart.bar_times)
    ends = np.maximum.accumulate(times + durations)
    starts = np.maximum(times, np.append(0, ends)[: len(times)])  # of what is not counted already
    marks = np.append(0, np.stack([starts, np.maximum(starts, ends)], axis=1))
    sounding = np.append(0, np.cumsum(np.diff(marks) * (np.arange(len(marks) - 1) % 2)))  # up to each mark
    shares: Floats = 1 - np.diff(np.interp(lines, marks, sounding)) / np.diff(lines)
    return shares


def _range(notes: Sequence[Note], names: Sequence[str]) -> dict[str, Any]:
    """The lowest and the highest note, each with its name; null where there is none."""
    if not notes:
        return {"lowest": None, "highest": None}
    named = [(note.pitch, name) for note, name in zip(notes, names, strict=True)]
    return {
        side: {"pitch": pitch, "name": name + str(_octave(pitch, name))}
        for side, (pitch, name) in (("lowest", min(named)), ("highest", max(named)))
    }


def _octave(pitch: int, name: str) -> int:
    """The octave of a name, middle C being C4; that of B sharp is the one below."""
    return (pitch - sum(SHIFT_BY_ACCIDENTAL[sign] for sign in name[1:])) // 12 - 1


def _originality(sheet: LeadSheet, melodies: Melodies) -> dict[str, Any]:
    pitches = [note.pitch for note in sheet.melody]
    run = melodies.index.longest_run(pitches)
    bars = _bar_of(sheet, columns(sheet)[0]) + 1
    return {
        "songs": len(melodies),
        "is_whole": melodies.is_whole,
        "new_share": _rounded(melodies.index.novelty(pitches)),
        "longest_run": run
        and {
            "notes": run.counted,
            "all_notes": run.notes,
            "first_bar": int(bars[run.start]),
            "last_bar": int(bars[run.start + run.notes - 1]),
            "title": melodies.titles[run.song],
            "player": melodies.players[run.song] or None,
        },
    }


def _share(part: int, whole: int) -> float | None:
    return _rounded(part / whole) if whole else None


def _rounded(value: float) -> float | None:
    """A number as JSON has it."""
    return None if math.isnan(value) else round(value, 4)
