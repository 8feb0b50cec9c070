"""Scores of inferred chords against known ones, shared by the benchmarks of chords."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import mir_eval
import numpy as np
from numpy.typing import NDArray

from solomuse.music.chart import ChordSpan
from solomuse.music.chord import NO_CHORD

MEASURES = ("root", "majmin", "sevenths", "majmin_inv")


def scores(reference: Sequence[ChordSpan], estimate: Sequence[ChordSpan]) -> dict[str, float]:
    """The scores of mir_eval; what the reference leaves open is no chord."""
    intervals, labels = _timed(reference)
    estimated, estimated_labels = _timed(estimate)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        estimated, estimated_labels = mir_eval.util.adjust_intervals(
            estimated, estimated_labels, intervals.min(), intervals.max(), "N", "N"
        )
        kept = estimated[:, 1] > estimated[:, 0]
        estimated_labels = [label for label, is_kept in zip(estimated_labels, kept, strict=True) if is_kept]
        estimated = estimated[kept]
        merged, true, guessed = mir_eval.util.merge_labeled_intervals(intervals, labels, estimated, estimated_labels)
        lengths = mir_eval.util.intervals_to_durations(merged)
        result = {
            name: float(mir_eval.chord.weighted_accuracy(getattr(mir_eval.chord, name)(true, guessed), lengths))
            for name in MEASURES
        }
        result["segmentation"] = float(mir_eval.chord.seg(intervals, estimated))
    return result


def _timed(spans: Sequence[ChordSpan]) -> tuple[NDArray[np.float64], list[str]]:
    """Intervals in quarters and labels, without gaps, equal neighbours joined."""
    filled: list[ChordSpan] = []
    for span in spans:
        if filled and filled[-1].end < span.time:
            filled.append(ChordSpan(filled[-1].end, span.time - filled[-1].end, NO_CHORD))
        if filled and filled[-1].chord == span.chord:
            filled[-1] = ChordSpan(filled[-1].time, span.end - filled[-1].time, span.chord)
        else:
            filled.append(span)
    times = np.array([(span.time, span.end) for span in filled]) / 480 + 1000  # mir_eval takes no negative times
    return times, [span.chord.label for span in filled]


def report(name: str, results: Sequence[dict[str, float]]) -> None:
    means = {measure: np.nanmean([result[measure] for result in results]) for measure in results[0]}
    print(f"{name:<36}" + "  ".join(f"{measure} {value:.3f}" for measure, value in means.items()))
