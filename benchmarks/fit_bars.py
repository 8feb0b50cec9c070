"""Learns the weights by which bar lines are found, and says how well beats and bars are found.

    python benchmarks/fit_bars.py POP909_FOLDER [--write]

POP909's MIDI files have meaningless bar lines, and beats that lie off their quarters by a distance that differs from
song to song; ``beat_midi.txt`` says where beats and bars are. F-measures are within 70 ms, from mir_eval; the weights
of a logistic regression are cross-validated three times by song. The last row has the tempo map taken away: notes in
seconds against a clock of 120, as in a recording, where beats have to be tracked.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import mir_eval
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from solomuse.analysis.bars import (
    WEIGHTS_FILE,
    beat_features,
    beat_phase,
    beats_at,
    downbeats,
    onset_weights,
    pitched_columns,
    seconds_of,
    track_beats,
)
from solomuse.formats.midi import read_midi

FOLDS = 3
Floats = NDArray[np.float64]


def fitted(features: Floats, is_first: Floats, penalty: float) -> Floats:
    """Intercept and weights of a logistic regression on standardised features."""

    def loss(weights: Floats) -> tuple[float, Floats]:
        scores = features @ weights[1:] + weights[0]
        error = 1 / (1 + np.exp(-scores)) - is_first
        value = np.mean(np.logaddexp(0, scores) - is_first * scores) + penalty * (weights[1:] ** 2).sum()
        slope = np.concatenate([[error.mean()], features.T @ error / len(is_first) + 2 * penalty * weights[1:]])
        return float(value), slope

    return np.asarray(minimize(loss, np.zeros(features.shape[1] + 1), jac=True, method="L-BFGS-B").x)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--penalty", type=float, default=1e-3)
    parser.add_argument("--write", action="store_true", help="put the weights into the package")
    arguments = parser.parse_args()
    features, is_first, heard, annotated, bars, lengths, tracked = [], [], [], [], [], [], []
    for folder in sorted(path for path in arguments.folder.iterdir() if path.is_dir()):
        song = read_midi(folder / f"{folder.name}.mid")
        flags = np.loadtxt(folder / "beat_midi.txt")
        columns = pitched_columns(song)
        weights = onset_weights(columns)
        phase, _ = beat_phase(columns[:, 0], weights)
        beats = beats_at(phase, int(columns[:, 1].max()))
        seconds = seconds_of(song, beats)
        starts = flags[flags[:, 2] == 1, 0]
        nearest = np.abs(seconds[None] - starts[:, None]).argmin(1)
        first = np.zeros(len(beats))
        first[nearest[np.abs(seconds[nearest] - starts) < 0.07]] = 1
        features.append(beat_features(columns, beats))
        is_first.append(first)
        heard.append(seconds)
        annotated.append(flags[:, 0])
        bars.append(starts)
        usual = np.bincount(np.diff(np.flatnonzero(flags[:, 2] == 1)))
        lengths.append(int(usual.argmax()))
        tracked.append(track_beats(seconds_of(song, columns[:, 0]), weights))
    every = np.concatenate(features)
    mean, scale = every.mean(0), every.std(0) + 1e-6
    standard = [(rows - mean) / scale for rows in features]
    fold = np.random.default_rng(0).permutation(len(features)) % FOLDS

    def learned(members: NDArray[np.int64]) -> Floats:
        rows = np.concatenate([standard[index] for index in members])
        return fitted(rows, np.concatenate([is_first[index] for index in members]), arguments.penalty)

    scores, is_triple_right = np.zeros(len(features)), np.zeros(len(features))
    for number in range(FOLDS):
        weights = learned(np.flatnonzero(fold != number))
        for index in np.flatnonzero(fold == number):
            starts, length = downbeats(standard[index] @ weights[1:] + weights[0])
            scores[index] = mir_eval.beat.f_measure(bars[index], np.maximum(heard[index][starts], 0))
            is_triple_right[index] = (length % 3 == 0) == (lengths[index] % 3 == 0)
    usual_bars = [
        max(mir_eval.beat.f_measure(own, np.maximum(seconds[start::length], 0)) for start in range(length))
        for own, seconds, length in zip(bars, heard, lengths, strict=True)
    ]
    pairs = list(zip(annotated, heard, tracked, strict=True))
    beats_found = [mir_eval.beat.f_measure(own, np.maximum(found, 0)) for own, found, _ in pairs]
    beats_tracked = [mir_eval.beat.f_measure(own, found) for own, _, found in pairs]
    print(f"{len(features)} songs")
    found = np.array(beats_found)
    print(f"beats, phase found              F {found.mean():.3f}, over 0.9 in {np.mean(found > 0.9):.3f}")
    print(f"downbeats, held out             F {scores.mean():.3f}, over 0.9 in {np.mean(scores > 0.9):.3f}")
    print(
        f"downbeats, best regular bars    F {np.mean(usual_bars):.3f} (what the annotation's own irregular bars leave)"
    )
    print(f"duple or triple                   {is_triple_right.mean():.3f}")
    print(f"beats tracked without a tempo   F {np.mean(beats_tracked):.3f}")
    if arguments.write:
        weights = learned(np.arange(len(features)))
        own = weights[1:] / scale
        table = {"intercept": round(float(weights[0] - (own * mean).sum()), 5), "weights": np.round(own, 5).tolist()}
        WEIGHTS_FILE.write_text(json.dumps(table) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
