"""Learns the weights by which the melody track is found, and says how well they do on songs they were not learned from.

    python benchmarks/fit_melody.py POP909_FOLDER MIDI_FOLDER... [--test MIDI_FOLDER] [--write]

The right track of a POP909 song is MELODY; in folders of multi-track MIDI the songs count in which a pitched track, but
not every one, is named melody, vocal, voice, lead, solo or the like (names of sounds such as "Square Lead" are no such
names). A track with at least 80 % of a right one's onsets and pitch classes is a double of it, and right too.

The model is a conditional logit: the chance of each track is the softmax of a weighted sum of its features, weights
are penalised by their squares. POP909 has one layout, so the place among the tracks is shuffled there, and each real
file counts as much as `--real-weight` of its songs. Cross-validated ten times by song, with four shufflings. The scale
of the chances is then fitted on the real files' held-out chances, so that a chance of 0.9 is right nine times of ten.
A folder to ``--test`` is not learned from in any way.

A song may have no melody at all. What stands for that, beside the tracks, is fitted on the real files as they are and
without their melody tracks.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from readable import readable
from scipy.optimize import minimize, minimize_scalar

from solomuse.analysis.melody import FEWEST_NOTES, MOST_NOBODY, WEIGHTS_FILE, says_melody
from solomuse.analysis.melody_features import NAMES, note_columns, track_features
from solomuse.music.song import Song, Track

FOLDS, SHUFFLES = 10, 4
POSITION = NAMES.index("position")

Floats = NDArray[np.float64]


@dataclass
class Example:
    """A song's tracks, and which of them is the melody."""

    name: str
    is_real: bool
    features: Floats
    right: NDArray[np.bool_]
    without: Floats | None
    """The features of the other tracks when the melody is taken away."""


def outline(track: Track) -> set[tuple[int, int]]:
    return {(note.time // 60, note.pitch % 12) for note in track.notes}


def example(song: Song, name: str) -> Example | None:
    candidates = [
        index for index, track in enumerate(song.tracks) if not track.is_drum and len(track.notes) >= FEWEST_NOTES
    ]
    named = {index for index in candidates if says_melody(song.tracks[index].name)}
    right = {song.melody_track} & set(candidates) if song.melody_track is not None else named
    if not right or len(right) == len(candidates):
        return None
    outlines = [outline(song.tracks[index]) for index in right]
    for index in set(candidates) - right:
        own = outline(song.tracks[index])
        if any(len(own & other) >= 0.8 * max(len(own), len(other)) for other in outlines):
            right = right | {index}
    features = track_features([note_columns(song.tracks[index]) for index in candidates])
    is_right = np.array([index in right for index in candidates])
    others = [index for index, right in zip(candidates, is_right, strict=True) if not right]
    without = track_features([note_columns(song.tracks[index]) for index in others]) if others else None
    return Example(name, song.melody_track is None, features, is_right, without)


def examples(folder: Path) -> list[Example]:
    """The songs of a folder whose melody is known, each once."""
    found: dict[bytes, Example] = {}
    for file, song in readable([folder]):
        if (made := example(song, file.name)) is not None:
            found.setdefault(made.features.round(2).tobytes(), made)
    return list(found.values())


def shuffled(songs: list[Example], seed: int) -> list[Example]:
    """The songs with the place of POP909's tracks shuffled."""
    generator = np.random.default_rng(seed)
    result = []
    for song in songs:
        features = song.features.copy()
        if not song.is_real:
            features[:, POSITION] = generator.permutation(len(features)) / max(1, len(features) - 1)
        result.append(replace(song, features=features))
    return result


def fitted(songs: list[Example], penalty: float, real_weight: float) -> Floats:
    """Weights for standardised features."""
    rows = np.concatenate([song.features for song in songs])
    right = np.concatenate([song.right for song in songs]).astype(float)
    sizes = [len(song.features) for song in songs]
    starts, owner = np.cumsum([0, *sizes[:-1]]), np.repeat(np.arange(len(songs)), sizes)
    importance = np.array([real_weight if song.is_real else 1.0 for song in songs])
    importance /= importance.sum()

    def loss(weights: Floats) -> tuple[float, Floats]:
        scores = rows @ weights
        exponents = np.exp(scores - np.maximum.reduceat(scores, starts)[owner])
        total, good = np.add.reduceat(exponents, starts), np.add.reduceat(exponents * right, starts)
        slope = (exponents / total[owner] - exponents * right / good[owner]) * importance[owner]
        value = -(importance * np.log(good / total)).sum() + penalty * (weights**2).sum()
        return value, rows.T @ slope + 2 * penalty * weights

    return np.asarray(minimize(loss, np.zeros(rows.shape[1]), jac=True, method="L-BFGS-B").x)


def chances(scores: Floats) -> Floats:
    exponents = np.exp(scores - scores.max())
    return np.asarray(exponents / exponents.sum())


def no_chance(scores: Floats, nobody: float) -> float:
    """The chance that none of the tracks is the melody."""
    return float(1 / (1 + np.exp(np.logaddexp.reduce(scores) - nobody)))


def level_of_nobody(songs: list[Example], weights: Floats) -> float:
    """The score that stands for no melody, as likely as may be with the songs whole and without their melody."""

    def surprise(level: float) -> float:
        whole = [np.log(1 - no_chance(song.features @ weights, level) + 1e-9) for song in songs]
        bare = [np.log(no_chance(song.without @ weights, level) + 1e-9) for song in songs if song.without is not None]
        return -float(np.sum(whole) + np.sum(bare))

    return float(minimize_scalar(surprise, bounds=(-30, 30), method="bounded").x)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="+")
    parser.add_argument("--penalty", type=float, default=1e-3)
    parser.add_argument("--real-weight", type=float, default=4.0)
    parser.add_argument("--test", type=Path, nargs="*", default=[], help="folders to measure on only")
    parser.add_argument("--write", action="store_true", help="put the weights into the package")
    arguments = parser.parse_args()
    songs = [song for folder in arguments.folder for song in examples(folder)]
    rows = np.concatenate([song.features for song in shuffled(songs, 0)])
    mean, scale = rows.mean(0), rows.std(0) + 1e-6
    results: list[tuple[float, float, float]] = []
    held_out: list[tuple[Floats, NDArray[np.bool_]]] = []
    is_real = np.array([song.is_real for song in songs])
    for seed in range(SHUFFLES):
        standard = [replace(song, features=(song.features - mean) / scale) for song in shuffled(songs, seed)]
        fold = np.empty(len(songs), dtype=int)
        for group in (is_real, ~is_real):
            members = np.random.default_rng(seed).permutation(np.flatnonzero(group))
            fold[members] = np.arange(len(members)) % FOLDS
        found, best = np.zeros(len(songs), dtype=bool), np.zeros(len(songs))
        for number in range(FOLDS):
            weights = fitted(
                [song for song, own in zip(standard, fold, strict=True) if own != number],
                arguments.penalty,
                arguments.real_weight,
            )
            for index in np.flatnonzero(fold == number):
                scores = standard[index].features @ weights
                found[index] = standard[index].right[scores.argmax()]
                best[index] = chances(scores).max()
                if is_real[index]:
                    held_out.append((scores, standard[index].right))
        real = np.flatnonzero(is_real)
        surest = real[np.argsort(-best[real])][: round(0.4 * len(real))]
        results.append((found[~is_real].mean(), found[is_real].mean(), found[surest].mean()))
    rule = np.array([song.right[song.features[:, NAMES.index("rule")].argmax()] for song in songs])
    print(f"{(~is_real).sum()} songs of POP909, {is_real.sum()} real files")
    print(f"published rule      POP909 {rule[~is_real].mean():.3f}  real {rule[is_real].mean():.3f}")
    pop, other, sure = np.mean(results, axis=0)
    print(f"learned, held out   POP909 {pop:.3f}  real {other:.3f}  the surest 40 % of the real {sure:.3f}")

    def surprise(sharpness: float) -> float:
        return -sum(float(np.log(chances(scores * sharpness)[right].sum() + 1e-9)) for scores, right in held_out)

    sharpness = float(minimize_scalar(surprise, bounds=(0.05, 3.0), method="bounded").x)
    print(f"sharpness of the chances on held-out real files: {sharpness:.3f}")
    for low in np.arange(0.3, 1.0, 0.1):
        inside = [
            right[scores.argmax()] for scores, right in held_out if low <= chances(scores * sharpness).max() < low + 0.1
        ]
        if inside:
            count = len(inside) / SHUFFLES
            print(f"  chance {low:.1f} to {low + 0.1:.1f}: right {np.mean(inside):.2f} of {count:.0f} files")
    standard = [replace(song, features=(song.features - mean) / scale) for song in shuffled(songs, 0)]
    weights = sharpness * fitted(standard, arguments.penalty, arguments.real_weight) / scale
    real_songs = [song for song in songs if song.is_real]
    nobody = level_of_nobody(real_songs, weights)
    groups = {"learned from": real_songs, "POP909": [song for song in songs if not song.is_real]}
    for folder in arguments.test:
        groups[folder.name] = unseen = examples(folder)
        right = np.array([song.right[(song.features @ weights).argmax()] for song in unseen])
        best = np.array([chances(song.features @ weights).max() for song in unseen])
        surest = np.argsort(-best)[: round(0.4 * len(unseen))]
        by_rule = [song.right[song.features[:, NAMES.index("rule")].argmax()] for song in unseen]
        print(
            f"{folder.name}, never learned from: {right.mean():.3f} of {len(unseen)} songs, the surest 40 % "
            f"{right[surest].mean():.3f}, published rule {np.mean(by_rule):.3f}"
        )
    for name, members in groups.items():
        whole = np.array([no_chance(song.features @ weights, nobody) for song in members])
        bare = np.array([no_chance(song.without @ weights, nobody) for song in members if song.without is not None])
        for level in (0.5, MOST_NOBODY):
            print(
                f"no melody with a chance over {level}, {name}: {np.mean(whole > level):.3f} of the songs, "
                f"{np.mean(bare > level):.3f} with the melody taken away"
            )
    if arguments.write:
        table = {name: round(float(weight), 5) for name, weight in zip(NAMES, weights, strict=True)}
        table["nobody"] = round(nobody, 5)
        WEIGHTS_FILE.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
