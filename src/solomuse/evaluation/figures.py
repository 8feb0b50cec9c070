"""The figures that are compared: those of one solo, and their names for readers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from solomuse.metrics.originality import IntervalIndex
from solomuse.metrics.summary import all_metrics
from solomuse.music.leadsheet import LeadSheet

NGRAMS = range(3, 9)
"""Intervals of the n-grams by which originality is measured."""

SECTIONS: dict[str, dict[str, str]] = {
    "Harmony": {
        "chord_tone_ratio": "chord tones, share of notes",
        "chord_tone_ratio_strong_beats": "chord tones on strong beats",
        "chord_tone_ratio_by_time": "chord tones, by time",
        "scale_share": "notes in the chord's scale",
        "chord_shift_gain": "chord-shift gain",
        "chord_to_non_chord_tone_ratio": "CTnCTR (Yeh et al.)",
        "pitch_consonance_score": "PCS (Yeh et al.)",
        "melody_chord_tonal_distance": "MCTD (Yeh et al.)",
        "step_resolution": "outside notes that resolve by step",
        "step_resolution_to_chord_tone": "outside notes that resolve to a chord tone",
        "tension_correctness": "outside notes that are allowed tensions",
    },
    "Rhythm and phrases": {
        "notes_per_bar": "notes per bar",
        "rest_share": "rests, share of time",
        "phrase_quarters": "phrase length, quarters",
        "inter_onset_quarters": "onset to onset, quarters",
        "groove_similarity": "groove similarity",
    },
    "Line": {
        "pitch_class_entropy_1_bar": "H1, bits",
        "pitch_class_entropy_4_bars": "H4, bits",
        "mean_interval": "mean interval, semitones",
    },
    "Structure": {
        "structure_short": "structureness, 2 to 3 bars",
        "structure_middle": "structureness, 4 to 7 bars",
        "structure_long": "structureness, 8 bars and more",
    },
    "Playability": {
        "pitch_range": "range, semitones",
        "large_leap_share": "leaps beyond an octave",
        "notes_per_second": "notes per second",
        "peak_notes_per_second": "most notes within a second",
    },
    "Originality": {
        **{f"novelty_{n}": f"n-grams of {n} intervals that are new" for n in NGRAMS},
        "longest_shared_run": "longest run shared with the corpus, notes",
    },
}
"""Names and labels of all figures of a solo, by section. Of none is more better: what humans have is."""

COMPARED = ("Harmony", "Rhythm and phrases", "Line", "Playability")
"""The sections that count for a player's distance: structure says little of 16 bars, originality is not likeness."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """The melodies that originality is measured against.

    Parameters
    ----------
    index : IntervalIndex
    tunes : sequence of str
        The tune of each melody in it.
    """

    index: IntervalIndex
    tunes: Sequence[str]

    @classmethod
    def of(cls, melodies: Sequence[Sequence[int]], tunes: Sequence[str]) -> Corpus:
        """The corpus of melodies, each given as its pitches."""
        return cls(IntervalIndex.of(melodies), tuple(tunes))

    def figures(self, sheet: LeadSheet, tune: str) -> dict[str, float]:
        """Originality of a melody against all melodies on other tunes."""
        own = [place for place, title in enumerate(self.tunes) if title == tune]
        index = self.index.without(own) if own else self.index
        pitches = [note.pitch for note in sheet.melody]
        run = index.longest_run(pitches)
        return {
            **{f"novelty_{n}": index.novelty(pitches, n) for n in NGRAMS},
            "longest_shared_run": float(run.counted if run else 0) if pitches else math.nan,
        }


def compared_figures(sheet: LeadSheet, tune: str, corpus: Corpus | None) -> Mapping[str, float]:
    """All figures of a solo; NaN where one cannot be measured, and no originality without a corpus."""
    return {**all_metrics(sheet), **(corpus.figures(sheet, tune) if corpus else {})}
