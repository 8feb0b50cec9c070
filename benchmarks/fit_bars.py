"""Learns the weights by which bar lines are found, and says how well beats and bars are found.

    python benchmarks/fit_bars.py POP909_FOLDER [--charts FOLDER...] [--checked POP909_CL]
        [--test MIDI_FOLDER] [--write]

POP909's MIDI files have meaningless bar lines, and beats that lie off their quarters by a distance that differs from
song to song; ``beat_midi.txt`` says where beats and bars are: a flag of simple downbeats, which come every two beats
(or three, in songs in three), and a flag of bars of four beats. F-measures are within 70 ms, from mir_eval,
cross-validated three times by song.

POP909 is one band's piano: solos and lead sheets in 3/4 and 4/4 (``--charts``) are learned from too, under
accompaniments that ``comping.py`` makes up. POP909-CL (``--checked``) has other bar lines for the same songs, from
which nothing is learned: those at which most of its checked chords begin. The files of a folder to ``--test`` are not
learned from; of them those in 3/4 and 4/4 count, whose own bar lines are taken at their word. The last row has the
tempo map taken away: notes in seconds against a clock of 120, as in a recording, where beats have to be tracked.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import mir_eval
import numpy as np
import torch
from chord_examples import STEP, aligned
from comping import comped
from numpy.typing import NDArray
from readable import readable

from solomuse.analysis.bars import beat_phase, beats_at, onset_weights, pitched_columns, seconds_of, track_beats
from solomuse.analysis.downbeats import (
    DILATIONS,
    FEATURES,
    MOST_DEVIATIONS,
    WEIGHTS_FILE,
    beat_features,
    downbeat_log_odds,
    downbeats,
)
from solomuse.datasets.pop909 import read_pop909
from solomuse.datasets.pop909_cl import read_pop909_cl
from solomuse.datasets.source import find_songs
from solomuse.errors import SoloMuseError
from solomuse.formats.midi import read_midi
from solomuse.music.song import Song, TempoChange

FOLDS, EPOCHS, BATCH, HIDDEN, WIDTH = 3, 14, 16, 32, 9
Floats = NDArray[np.float64]


@dataclass
class Example:
    """A song's beats, which of them begin a bar, and what is needed to measure by."""

    columns: NDArray[np.int64]
    beats: NDArray[np.int64]
    seconds: Floats
    bars: Floats
    simple: Floats
    annotated_beats: Floats
    is_triple: bool
    song: Song
    features: Floats
    is_first: Floats


def annotated(folder: Path, in_three: set[str]) -> Example:
    """A song of POP909."""
    song = read_midi(folder / f"{folder.name}.mid")
    flags = np.loadtxt(folder / "beat_midi.txt")
    columns = pitched_columns(song)
    phase, _ = beat_phase(columns[:, 0], onset_weights(columns))
    beats = beats_at(phase, int(columns[:, 1].max()))
    seconds = seconds_of(song, beats)
    simple, bars = (flags[flags[:, column] == 1, 0] for column in (1, 2))
    if is_triple := folder.name in in_three:
        bars = simple
    nearest = np.abs(seconds[None] - bars[:, None]).argmin(1)
    is_first = np.zeros(len(beats))
    is_first[nearest[np.abs(seconds[nearest] - bars) < 0.07]] = 1
    features = beat_features(columns, beats)
    return Example(columns, beats, seconds, bars, simple, flags[:, 0], is_triple, song, features, is_first)


def accompanied(folders: Sequence[Path]) -> list[Example]:
    """Solos and lead sheets in one meter of 3/4 or 4/4, under made-up accompaniments."""
    found = []
    for _, song in readable(folders):
        meter = song.meters[0].meter
        if len(song.meters) > 1 or meter.denominator != 4 or len(song.chords) < 2:
            continue
        tracks = comped(song.chords, len(found), meter.numerator)
        made = on_own_bars(replace(song, tracks=(*tracks, *song.tracks), tempos=(TempoChange(0, 120.0),)))
        if made is not None:
            found.append(made)
    return found


def trusted(path: Path) -> Example | None:
    """A file whose own bar lines are taken; None where they are of another kind, or it is short."""
    try:
        return on_own_bars(read_midi(path))
    except SoloMuseError:
        return None


def on_own_bars(song: Song) -> Example | None:
    """A song whose own bar lines are taken; None where they are of another kind, or it is short."""
    columns = pitched_columns(song)
    if len(columns) < 200 or any(
        change.meter.denominator != 4 or change.meter.numerator not in (3, 4) for change in song.meters
    ):
        return None
    beats = beats_at(0, int(columns[:, 1].max()))
    lines = np.cumsum([0, *(meter.bar_ticks for meter in song.bar_meters())])
    seconds, bars = seconds_of(song, beats), seconds_of(song, lines)
    is_first = np.isin(beats, lines).astype(float)
    is_triple = song.meters[0].meter.numerator == 3
    features = beat_features(columns, beats)
    return Example(columns, beats, seconds, bars, bars, seconds, is_triple, song, features, is_first)


def checked_bars(song: Example, folder: Path, checked: Path) -> Floats | None:
    """Seconds of POP909-CL's bar lines on the clock of a song of POP909; None where their notes differ."""
    path = checked / f"{folder.name}.mid"
    try:
        other, on_beats = read_pop909_cl(path), read_pop909(folder)
    except SoloMuseError:
        return None
    found = aligned(on_beats, [note for track in other.tracks for note in track.notes])
    performed = seconds_of(song.song, song.columns[:, 0])
    onsets = np.sort(np.concatenate([track.columns.times for track in on_beats.tracks]))
    if found is None or len(onsets) != len(performed):
        return None
    scale, shift = found
    lines = np.cumsum([0, *(meter.bar_ticks for meter in other.bar_meters())]) * scale - shift * STEP
    inside = (lines >= onsets[0]) & (lines <= onsets[-1])
    return np.interp(lines[inside], *_rising(onsets, performed))


def _rising(onsets: NDArray[np.int64], seconds: Floats) -> tuple[NDArray[np.int64], Floats]:
    """Each onset in ticks once, with the mean of its seconds."""
    values, place, counts = np.unique(onsets, return_inverse=True, return_counts=True)
    return values, np.bincount(place, weights=seconds) / counts


class Net(torch.nn.Module):
    """The network of `solomuse.analysis.downbeats`, with dropout."""

    def __init__(self, mean: Floats, scale: Floats) -> None:
        super().__init__()
        self.mean, self.scale = mean, scale
        sizes = (len(FEATURES), HIDDEN, HIDDEN, 1)
        self.layers = torch.nn.ModuleList(
            torch.nn.Conv1d(here, there, WIDTH, padding=dilation * (WIDTH // 2), dilation=dilation)
            for (here, there), dilation in zip(pairwise(sizes), DILATIONS, strict=True)
        )
        self.dropout = torch.nn.Dropout(0.2)

    def standard(self, features: Floats) -> torch.Tensor:
        """Features of shape (beats, features) as the network takes them."""
        values = np.clip((features - self.mean) / self.scale, -MOST_DEVIATIONS, MOST_DEVIATIONS)
        return torch.tensor(values.T, dtype=torch.float32)

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """Log-odds of shape (songs, beats) for features of shape (songs, features, beats)."""
        first, second, last = self.layers
        hidden = self.dropout(torch.relu(first(values)))
        hidden = self.dropout(torch.relu(second(hidden))) + hidden
        return last(hidden)[:, 0]

    def table(self) -> dict[str, NDArray[np.float32]]:
        """The weights as the package keeps them."""
        table = {"mean": self.mean, "scale": self.scale}
        for number, layer in enumerate(self.layers):
            table[f"weight_{number}"] = layer.weight.detach().permute(2, 1, 0).numpy()
            table[f"bias_{number}"] = layer.bias.detach().numpy()
        return {name: np.asarray(value, dtype=np.float32) for name, value in table.items()}


def learned(songs: Sequence[Example], seed: int) -> Net:
    torch.manual_seed(seed)
    generator = np.random.default_rng(seed)
    every = np.concatenate([song.features for song in songs])
    net = Net(every.mean(0), every.std(0) + 1e-6)
    inputs = [net.standard(song.features) for song in songs]
    optimizer = torch.optim.AdamW(net.parameters(), lr=5e-3, weight_decay=1e-2)
    steps = EPOCHS * -(-len(songs) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 5e-3, total_steps=steps)
    for _ in range(EPOCHS):
        order = generator.permutation(len(songs))
        for first in range(0, len(songs), BATCH):
            chosen = order[first : first + BATCH]
            longest = max(inputs[index].shape[1] for index in chosen)
            values = torch.zeros(len(chosen), len(FEATURES), longest)
            target, counts = torch.zeros(len(chosen), longest), torch.zeros(len(chosen), longest)
            for row, index in enumerate(chosen):
                length = inputs[index].shape[1]
                values[row, :, :length], counts[row, :length] = inputs[index], 1
                target[row, :length] = torch.tensor(songs[index].is_first)
            losses = torch.nn.functional.binary_cross_entropy_with_logits(net(values), target, reduction="none")
            optimizer.zero_grad()
            ((losses * counts).sum() / counts.sum()).backward()
            optimizer.step()
            schedule.step()
    return net.eval()


def log_odds(net: Net, song: Example) -> Floats:
    with torch.no_grad():
        return net(net.standard(song.features)[None])[0].double().numpy()


def f_measure(true: Floats, found: Floats) -> float:
    return float(mir_eval.beat.f_measure(true, np.maximum(found, 0)))


def with_half_bars(starts: NDArray[np.int64], length: int, count: int) -> NDArray[np.int64]:
    """In bars of four the third beat too."""
    step = 2 if length == 4 else length
    pairs = pairwise([*starts.tolist(), count])
    return np.concatenate([np.arange(start, end, step) for start, end in pairs])


def measured(net: Net, song: Example) -> tuple[float, float, float]:
    """F-measures of bars and of simple downbeats, and whether duple and triple are told apart."""
    starts, length = downbeats(log_odds(net, song))
    halves = with_half_bars(starts, length, len(song.beats))
    bars, simple = f_measure(song.bars, song.seconds[starts]), f_measure(song.simple, song.seconds[halves])
    return bars, simple, float((length == 3) == song.is_triple)


def report(name: str, rows: Sequence[tuple[float, float, float]]) -> None:
    bars, simple, meters = np.array(rows).T
    print(f"{name}, {len(rows)} songs")
    print(f"  downbeats, bars               F {bars.mean():.3f}, over 0.9 in {np.mean(bars > 0.9):.3f}")
    print(f"  downbeats, simple             F {simple.mean():.3f}, over 0.9 in {np.mean(simple > 0.9):.3f}")
    print(f"  duple or triple                 {meters.mean():.3f}")


def against_checked(checked: Path, folders: Sequence[Path], songs: Sequence[Example], nets: Sequence[Net]) -> None:
    """How far two annotations of the same bars agree with each other, and what is found with either."""
    rows = []
    for folder, song, net in zip(folders, songs, nets, strict=True):
        bars = checked_bars(song, folder, checked)
        if bars is not None:
            found = song.seconds[downbeats(log_odds(net, song))[0]]
            rows.append((f_measure(song.bars, found), f_measure(bars, found), f_measure(song.bars, bars)))
    with_pop909, with_checked, agreement = np.array(rows).T
    print(f"  {len(rows)} of them beside {checked.name}")
    for name, values in (
        ("found, POP909", with_pop909),
        (f"found, {checked.name}", with_checked),
        (f"{checked.name}, POP909", agreement),
        ("found, POP909, where these agree", with_pop909[agreement > 0.9]),
    ):
        print(f"    {name:<34} F {values.mean():.3f}, over 0.9 in {np.mean(values > 0.9):.3f} of {len(values)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--charts", type=Path, nargs="*", default=[], help="folders of solos or lead sheets")
    parser.add_argument("--checked", type=Path, help="POP909-CL, to measure by too")
    parser.add_argument("--test", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--write", action="store_true", help="put the weights into the package")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    with (arguments.folder / "index.csv").open(encoding="utf-8") as file:
        in_three = {row["song_id"] for row in csv.DictReader(file) if row["num_beats_per_measure"] == "3"}
    folders = [path for path in sorted(arguments.folder.iterdir()) if path.is_dir()]
    songs = [annotated(path, in_three) for path in folders]
    more = accompanied(arguments.charts)
    print(f"{len(songs)} songs of POP909 and {len(more)} made-up accompaniments")
    fold = np.random.default_rng(arguments.seed).permutation(len(songs)) % FOLDS
    nets = [
        learned([*(song for song, own in zip(songs, fold, strict=True) if own != number), *more], arguments.seed)
        for number in range(FOLDS)
    ]
    report("POP909, held out", [measured(nets[own], song) for song, own in zip(songs, fold, strict=True)])
    if arguments.checked:
        against_checked(arguments.checked, folders, songs, [nets[own] for own in fold])
    regular = [
        max(f_measure(song.bars, song.seconds[start::length]) for start in range(length))
        for song in songs
        for length in [3 if song.is_triple else 4]
    ]
    beats = np.array([f_measure(song.annotated_beats, song.seconds) for song in songs])
    tracked = [f_measure(song.annotated_beats, beats_without_tempo(song)) for song in songs]
    print(f"  best regular bars             F {np.mean(regular):.3f} (what its own irregular bars leave)")
    print(f"  beats, phase found            F {beats.mean():.3f}, over 0.9 in {np.mean(beats > 0.9):.3f}")
    print(f"  beats without a tempo         F {np.mean(tracked):.3f}")
    net = learned([*songs, *more], arguments.seed)
    if arguments.test:
        others = [trusted(file.path) for file in find_songs(arguments.test)]
        report(f"{arguments.test.name}, not learned from", [measured(net, song) for song in others if song is not None])
    if arguments.write:
        np.savez_compressed(WEIGHTS_FILE, **{name: value.astype(np.float16) for name, value in net.table().items()})
        difference = log_odds(net, songs[0]) - downbeat_log_odds(songs[0].columns, songs[0].beats)
        print(f"the package's network differs from the learned one by {np.abs(difference).max():.4f}")


def beats_without_tempo(song: Example) -> Floats:
    return track_beats(seconds_of(song.song, song.columns[:, 0]), onset_weights(song.columns))


if __name__ == "__main__":
    main()
