"""Learns the weights by which chords are inferred, and says how well they do on songs they were not learned from.

    python benchmarks/fit_chords.py POP909 POP909_CL --charts WEIMAR_CSV OPENEWLD [--epochs 14] [--write | --first 100]

``chord_examples.py`` says what is learned from. The model is a semi-Markov conditional random field; what is raised is
the likelihood of the annotated stretches (chords that are longer than a stretch may be count as several). Where the
harmony may change is settled first, by a logistic regression at a level that keeps `RECALL` of the annotated changes.

Shapes of the weights, where Q is the number of qualities:

boundary             (BOUNDARY_FEATURES + 1,)   intercept and weights
stretch              (Q, FEATURES, 12)          of what sounds in a stretch, by semitones above the root
start, next, before  (Q, 4, 12), (Q, 3, 12), (Q, 2, 12)
quality, by_density  (Q,), (Q,)                 of a chord, and times the density of the song
by_length            (Q,)                       for each beat of it
key, key_by_length   (2, 12, Q), (2, 12, Q)     by mode, root above the tonic, quality; once, and for each beat
quiet, silence       (2,), (4,)                 for silent half beats inside a chord; of the state of no chord
length               (LONGEST,)                 of a stretch, in half beats
place, place_end     (4,), (4,)                 of where it begins, and of where the next one does
transition           (12, Q, Q)                 by the step of the root upwards
silence_transition   (2,)                       to and from no chord
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from chord_accuracy import measure
from chord_examples import Example, examples, made_up, split
from numpy.typing import NDArray
from scipy.optimize import minimize

from solomuse.analysis.chord_frames import (
    KINDS,
    LENGTH,
    LONGEST,
    Frames,
    boundaries,
    boundary_features,
)
from solomuse.analysis.harmony import (
    BEFORE_KINDS,
    FEATURES,
    NEXT_KINDS,
    QUALITIES,
    REACH,
    SILENCE,
    START_KINDS,
    WEIGHTS_FILE,
    Stretches,
    chord_model,
    end_scores,
    stretch_scores,
    stretches_of,
)

RECALL = 0.99


@dataclass
class Lesson:
    """A song to learn from: its stretches, and which of them in which state are right."""

    frames: Frames
    stretches: Stretches
    right: NDArray[np.int64]
    states: NDArray[np.int64]

    @property
    def places(self) -> int:
        """How many places there are where the harmony may change."""
        return len(self.stretches.bounds) - 1


def boundary_weights(songs: Sequence[Example]) -> NDArray[np.float32]:
    """Intercept and weights by which all but a few of the annotated changes of harmony are kept."""
    features = np.concatenate([boundary_features(song.frames) for song in songs]).astype(np.float64)
    is_change = np.concatenate([np.isin(np.arange(len(song.states)), song.changes) for song in songs]).astype(float)
    mean, scale = features.mean(0), features.std(0) + 1e-6
    standard = (features - mean) / scale

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        scores = standard @ weights[1:] + weights[0]
        error = 1 / (1 + np.exp(-scores)) - is_change
        value = np.mean(np.logaddexp(0, scores) - is_change * scores) + 1e-4 * (weights[1:] ** 2).sum()
        slope = np.concatenate([[error.mean()], standard.T @ error / len(error) + 2e-4 * weights[1:]])
        return float(value), slope

    weights = minimize(loss, np.zeros(standard.shape[1] + 1), jac=True, method="L-BFGS-B").x
    scores = standard @ weights[1:] + weights[0]
    level = np.quantile(scores[is_change == 1], 1 - RECALL)
    print(
        f"the harmony may change at {np.mean(scores > level):.3f} of the half beats, {RECALL} of the changes among them"
    )
    own = weights[1:] / scale
    return np.concatenate([[weights[0] - (own * mean).sum() - level], own]).astype(np.float32)


def lesson(song: Example, weights: NDArray[np.float32]) -> Lesson:
    bounds = boundaries(song.frames, weights, song.changes)
    stretches = stretches_of(song.frames, bounds)
    number = {(int(f), int(t)): row for row, (f, t) in enumerate(zip(stretches.first, stretches.last, strict=True))}
    place = {int(bound): index for index, bound in enumerate(bounds)}
    right, states = [], []
    for start, end in pairwise([*song.changes.tolist(), len(song.states)]):
        first = place[start]
        while bounds[first] < end:
            last = first
            while bounds[last + 1] < end and (first, last + 1) in number:
                last += 1
            right.append(number[first, last])
            states.append(int(song.states[start]))
            first = last + 1
    return Lesson(song.frames, stretches, np.array(right), np.array(states))


class Model(torch.nn.Module):
    """The same scores as `solomuse.analysis.harmony.stretch_scores`, to be learned from."""

    def __init__(self) -> None:
        super().__init__()
        count = len(QUALITIES)
        shapes = {
            "stretch": (count, FEATURES, 12),
            "start": (count, len(START_KINDS), 12),
            "next": (count, len(NEXT_KINDS), 12),
            "before": (count, len(BEFORE_KINDS), 12),
            **dict.fromkeys(("quality", "by_density", "by_length"), (count,)),
            **dict.fromkeys(("key", "key_by_length"), (2, 12, count)),
            "quiet": (2,),
            "silence": (4,),
            "length": (LONGEST,),
            **dict.fromkeys(("place", "place_end"), (4,)),
            "transition": (12, count, count),
            "silence_transition": (2,),
        }
        self.w = torch.nn.ParameterDict({name: torch.nn.Parameter(torch.zeros(*s)) for name, s in shapes.items()})
        classes = torch.arange(12)
        self.relative = (classes[None, :] - classes[:, None]) % 12

    def by_root(self, name: str) -> torch.Tensor:
        """Weights for all roots, shape (kinds * 12, SILENCE)."""
        return self.w[name][:, :, self.relative].permute(1, 3, 2, 0).reshape(-1, SILENCE)

    def by_tonic(self, name: str) -> torch.Tensor:
        """Weights for all keys, shape (24, SILENCE)."""
        return self.w[name][:, self.relative].reshape(24, SILENCE)

    def scores(self, song: Lesson) -> torch.Tensor:
        """Scores of each stretch in each state."""
        w, stretches, frames = self.w, song.stretches, song.frames
        around = torch.zeros(len(frames.places) + 2, KINDS, 12)
        around[1:-1] = torch.from_numpy(frames.kinds)
        around[:, LENGTH] = around[:, LENGTH].sqrt()
        bounds, places = torch.from_numpy(stretches.bounds), torch.from_numpy(np.append(frames.places, 0))
        starts, ends = bounds[:-1], bounds[1:]
        begin = around[starts + 1][:, START_KINDS].flatten(1) @ self.by_root("start")
        begin = begin + around[starts][:, BEFORE_KINDS].flatten(1) @ self.by_root("before")
        finish = around[ends + 1][:, NEXT_KINDS].flatten(1) @ self.by_root("next")
        first, last = torch.from_numpy(stretches.first), torch.from_numpy(stretches.last)
        at_ends = w["place"][places[starts]][first] + w["place_end"][places[ends]][last]
        sizes = (12 * FEATURES, 24, 24, 1, 1, 1)
        features, keys, keys_by_length, beats, quiet, _ = torch.from_numpy(stretches.values).split(sizes, 1)
        beats, quiet, lengths = beats[:, 0], quiet[:, 0], torch.from_numpy(stretches.lengths)
        chords = features @ self.by_root("stretch")
        chords = chords + keys @ self.by_tonic("key") + keys_by_length @ self.by_tonic("key_by_length")
        chords = chords + begin[first] + finish[last]
        chords = chords + (w["quality"] + frames.density * w["by_density"]).repeat(12)
        chords = chords + w["by_length"].repeat(12) * beats[:, None]
        chords = chords + (quiet * (w["quiet"][0] + beats * w["quiet"][1]))[:, None]
        silence = w["silence"]
        silent = quiet * (silence[0] + beats * silence[1]) + silence[2] + silence[3] * beats
        return torch.cat([chords, silent[:, None]], 1) + (at_ends + w["length"][lengths - 1])[:, None]

    def transitions(self) -> torch.Tensor:
        """Scores of one state behind another, from row to column."""
        chords = self.w["transition"][self.relative].permute(0, 2, 1, 3).reshape(SILENCE, SILENCE)
        to_silence, from_silence = self.w["silence_transition"]
        right = torch.cat([to_silence.expand(SILENCE, 1), torch.zeros(1, 1)])
        return torch.cat([torch.cat([chords, from_silence.expand(1, SILENCE)]), right], 1)

    def table(self) -> dict[str, NDArray[np.float32]]:
        """The weights by name."""
        return {name: value.detach().numpy() for name, value in self.w.items()}


def log_partition(scores: torch.Tensor, transitions: torch.Tensor, places: Sequence[int]) -> torch.Tensor:
    """Log of the sum over all sequences; scores of shape (songs, places, REACH, states), by last place."""
    songs, count, _, states = scores.shape
    steps = transitions.exp()
    into, reached = [torch.zeros(songs, states)], []
    for place in range(count):
        back = min(REACH, place + 1)
        before = torch.stack([into[place - step] for step in range(back)], 1)
        ending = torch.logsumexp(before + scores[:, place, :back], 1)
        reached.append(ending)
        top = ending.max(1, keepdim=True)[0].detach()
        into.append(torch.log((ending - top).exp() @ steps + 1e-30) + top)
    last = torch.stack(reached, 1)[torch.arange(songs), torch.tensor(places) - 1]
    return torch.logsumexp(last, 1)


def loss_of(model: Model, songs: Sequence[Lesson]) -> torch.Tensor:
    """Negative log-likelihood of the annotated stretches for every bar of 4/4."""
    transitions, places = model.transitions(), [song.places for song in songs]
    padded, right = [], torch.zeros(())
    for song in songs:
        scores, states = model.scores(song), torch.from_numpy(song.states)
        right = right + scores[torch.from_numpy(song.right), states].sum() + transitions[states[:-1], states[1:]].sum()
        last, back = song.stretches.last, song.stretches.last - song.stretches.first
        grid = torch.full((max(places), REACH, SILENCE + 1), -1e4)
        padded.append(grid.index_put((torch.from_numpy(last), torch.from_numpy(back)), scores))
    every = log_partition(torch.stack(padded), transitions, places)
    return 8 * (every.sum() - right) / sum(len(song.frames.places) for song in songs)


def learned(songs: Sequence[Lesson], epochs: int, rate: float, penalty: float, batch: int, seed: int) -> Model:
    torch.manual_seed(seed)
    generator = np.random.default_rng(seed)
    model = Model()
    optimizer = torch.optim.Adam(model.parameters(), lr=rate)
    batches = -(-len(songs) // batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=epochs * batches, pct_start=0.15)
    began = time.perf_counter()
    for epoch in range(epochs):
        noisy = sorted(range(len(songs)), key=lambda index: songs[index].places + 20 * generator.normal())
        groups = [noisy[first : first + batch] for first in range(0, len(noisy), batch)]
        generator.shuffle(groups)
        losses = []
        for group in groups:
            loss = loss_of(model, [songs[index] for index in group])
            squares = torch.stack([(weight**2).sum() for weight in model.parameters()]).sum()
            optimizer.zero_grad()
            (loss + penalty * squares).backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
        print(f"epoch {epoch + 1}: {np.mean(losses):.4f} nats a bar, {time.perf_counter() - began:.0f} s", flush=True)
    return model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pop909", type=Path)
    parser.add_argument("checked", type=Path)
    parser.add_argument("--charts", type=Path, nargs="*", default=[], help="folders of solos or lead sheets")
    parser.add_argument("--epochs", type=int, default=14)
    parser.add_argument("--rate", type=float, default=0.05)
    parser.add_argument("--penalty", type=float, default=2e-6)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    purpose = parser.add_mutually_exclusive_group()
    purpose.add_argument("--write", action="store_true", help="put the weights into the package, and measure them")
    purpose.add_argument(
        "--first", type=int, help="learn from the songs after POP909's first so many, measure on those"
    )
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    learning, held_back = split(examples(arguments.pop909, arguments.checked), arguments.first)
    more = made_up(arguments.charts, arguments.seed)
    print(f"{len(learning)} songs and {len(more)} made-up accompaniments to learn from, {len(held_back)} to measure")
    boundary = boundary_weights([*learning, *more])
    lessons = [lesson(song, boundary) for song in [*learning, *more]]
    model = learned(lessons, arguments.epochs, arguments.rate, arguments.penalty, arguments.batch, arguments.seed)
    table = {**model.table(), "boundary": boundary}
    first, own_model = lessons[0], chord_model(table)
    own = stretch_scores(first.stretches, end_scores(first.frames, first.stretches.bounds, own_model), own_model)
    assert np.abs(own - model.scores(first).detach().numpy()).max() < 1e-2, "the package scores otherwise"
    stored = {name: value.astype(np.float16) for name, value in table.items()}
    if arguments.write:
        np.savez_compressed(WEIGHTS_FILE, **stored)
    if arguments.write or arguments.first:
        as_read = chord_model({name: value.astype(np.float32) for name, value in stored.items()})
        measure(held_back, arguments.pop909, model=as_read)


if __name__ == "__main__":
    main()
