"""Learns the weights by which chords are inferred, and says how well they do on songs they were not learned from.

    python benchmarks/fit_chords.py POP909 POP909_CL --charts WEIMAR_CSV OPENEWLD [--epochs 14] [--write]
    python benchmarks/fit_chords.py POP909 POP909_CL --epochs 0      # only measure the package's weights

The notes are those of POP909's BRIDGE and PIANO on its annotated beats; the chords are POP909-CL's, which experts
checked, put on POP909's clock by the time shift at which the notes of both agree (a song counts where 95 % of them do).
Songs are split by a hash of their titles, 70 % to learn from, 30 % to measure. Scores are those of mir_eval, weighted
by time, beside those of POP909's own labels against the same chords, and of chorder where it is installed.

Pop has few of the chords that jazz is made of, so charts of solos and lead sheets (``--charts``) are learned from too,
under accompaniments that ``comping.py`` makes up.

The model is a semi-Markov conditional random field; what is raised is the likelihood of the annotated stretches
(chords longer than `LONGEST` half beats count as several). Shapes of the weights, where Q is the number of qualities:

mean, total          (Q, 6, 12), (Q, 6, 12)   of the mean and of the sum of the half beats of a stretch
start, next, before  (Q, 4, 12), (Q, 3, 12), (Q, 2, 12)
quality, by_length   (Q,), (Q,)               of a chord, and for each beat of it
key                  (2, 12, Q)               by mode, root above the tonic, quality; for each beat
quiet, silence       (2,), (4,)               for silent half beats inside a chord; of the state of no chord
length, place        (LONGEST,), (4,)         of a stretch, and of where it begins
transition           (12, Q, Q)               by the step of the root upwards
silence_transition   (2,)                     to and from no chord
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from chord_scores import report, scores
from comping import comped
from numpy.typing import NDArray

from solomuse.analysis.bars import seconds_of, with_bars
from solomuse.analysis.harmony import (
    BEFORE_KINDS,
    LONGEST,
    NEXT_KINDS,
    QUALITIES,
    SILENCE,
    START_KINDS,
    WEIGHTS_FILE,
    Frames,
    frames_of,
    infer_chords,
    stretch_scores,
)
from solomuse.datasets.build import split_titles
from solomuse.datasets.pop909 import read_pop909
from solomuse.datasets.pop909_cl import chord_of
from solomuse.datasets.source import find_songs, read_song
from solomuse.errors import SoloMuseError
from solomuse.formats.midi import read_midi, write_midi
from solomuse.music.chart import ChordSpan
from solomuse.music.chord import NO_CHORD, Chord
from solomuse.music.meter import COMMON_TIME
from solomuse.music.note import TICKS_PER_QUARTER
from solomuse.music.song import MeterChange, Song, Track

SCALES = (1.0, 1.5, 2 / 3, 2.0, 0.5)
STEP = 120


@dataclass
class Example:
    """A song, its checked chords, and its accompaniment by half beats."""

    name: str
    song: Song
    chords: list[ChordSpan]
    frames: Frames
    states: NDArray[np.int64]
    starts: NDArray[np.int64]


def checked_chords(song: Song, path: Path) -> list[ChordSpan] | None:
    """POP909-CL's chords on the clock of POP909's song; None where the two do not agree."""
    other = read_midi(path)
    blocks = [track for track in other.tracks if track.name in ("chords", "MIDI 01")]
    piano = [track for track in other.tracks if track.name == "piano"]
    if not blocks or not piano:
        return None
    own = sorted((round(note.time / STEP), note.pitch) for track in song.tracks for note in track.notes)
    agreement, scale, shift = max(_aligned(own, piano[0], scale) for scale in SCALES)
    if agreement < 0.95:
        return None
    by_time: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for note in blocks[0].notes:
        by_time[note.time].append((note.pitch, note.end))
    spans = []
    for begin in sorted(by_time):
        start = max(0, round(begin * scale) - shift * STEP)
        end = round(max(end for _, end in by_time[begin]) * scale) - shift * STEP
        if spans and spans[-1].end > start:
            spans[-1] = ChordSpan(spans[-1].time, start - spans[-1].time, spans[-1].chord)
        if end > start:
            spans.append(ChordSpan(start, end - start, chord_of([pitch for pitch, _ in by_time[begin]])))
    return [span for span in spans if span.duration > 0]


def _aligned(own: Sequence[tuple[int, int]], piano: Track, scale: float) -> tuple[float, float, int]:
    """Share of the notes that agree at the best shift in sixteenths, for a scale of time."""
    by_pitch: dict[int, list[int]] = defaultdict(list)
    for note in piano.notes:
        by_pitch[note.pitch].append(round(note.time * scale / STEP))
    shifts = Counter(there - here for here, pitch in own[:800] for there in by_pitch.get(pitch, ()))
    if not shifts:
        return 0.0, scale, 0
    shift = shifts.most_common(1)[0][0]
    there_all = {(time, pitch) for pitch, times in by_pitch.items() for time in times}
    return float(np.mean([(here + shift, pitch) in there_all for here, pitch in own])), scale, shift


def example(name: str, song: Song, chords: list[ChordSpan], end: int = 0) -> Example:
    accompaniment = [track for index, track in enumerate(song.tracks) if index != song.melody_track]
    meters = [COMMON_TIME] * (end // COMMON_TIME.bar_ticks) if end else song.bar_meters()
    frames = frames_of(accompaniment, meters)
    middles = (frames.times[:-1] + frames.times[1:]) / 2
    states = np.full(len(middles), SILENCE)
    for span in chords:
        first, last = np.searchsorted(middles, (span.time, span.end))
        if span.chord.root is not None:
            quality = span.chord.quality if span.chord.quality in QUALITIES else "maj"
            states[first:last] = span.chord.root * len(QUALITIES) + QUALITIES.index(quality)
    changes = [0, *(np.flatnonzero(np.diff(states)) + 1).tolist(), len(states)]
    starts = [place for start, end in pairwise(changes) for place in range(start, end, LONGEST)]
    return Example(name, song, chords, frames, states, np.array(starts))


def made_up(folders: Sequence[Path], seed: int) -> list[Example]:
    """Charts of solos and lead sheets under made-up accompaniments, in 4/4, at most 48 bars of each."""
    found = []
    for file in [file for folder in folders for file in find_songs(folder)]:
        try:
            song = read_song(file)
        except SoloMuseError:
            continue
        meters = song.bar_meters()[:48]
        if not song.chords or any(str(meter) != "4/4" for meter in meters):
            continue
        end, up = len(meters) * COMMON_TIME.bar_ticks, len(found) % 12
        chords = [
            ChordSpan(span.time, min(span.end, end) - span.time, span.chord.transpose(up))
            for span in song.chords
            if span.time < end and span.chord.quality != "X"
        ]
        tracks = comped(chords, seed + len(found))
        if tracks and len(chords) > 1:
            made = replace(song, tracks=tracks, melody_track=None, meters=(MeterChange(0, COMMON_TIME),))
            found.append(example(file.name, made, chords, end))
    return found


def examples(pop909: Path, checked: Path) -> list[Example]:
    found = []
    for folder in sorted(path for path in pop909.iterdir() if (checked / f"{path.name}.mid").is_file()):
        try:
            song = read_pop909(folder)
            chords = checked_chords(song, checked / f"{folder.name}.mid")
        except SoloMuseError as error:
            print(f"left out: {error}")
            continue
        if chords and song.melody_track is not None:
            found.append(example(folder.name, song, chords))
    return found


class Model(torch.nn.Module):
    """The same scores as `solomuse.analysis.harmony.stretch_scores`, to be learned from."""

    def __init__(self) -> None:
        super().__init__()
        count = len(QUALITIES)
        shapes = {
            **dict.fromkeys(("mean", "total"), (count, 6, 12)),
            "start": (count, 4, 12),
            "next": (count, 3, 12),
            "before": (count, 2, 12),
            "quality": (count,),
            "by_length": (count,),
            "key": (2, 12, count),
            "quiet": (2,),
            "silence": (4,),
            "length": (LONGEST,),
            "place": (4,),
            "transition": (12, count, count),
            "silence_transition": (2,),
        }
        self.w = torch.nn.ParameterDict({name: torch.nn.Parameter(torch.zeros(*s)) for name, s in shapes.items()})
        classes = torch.arange(12)
        self.relative = (classes[None, :] - classes[:, None]) % 12

    def projected(self, kinds: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        """Scores of each half beat for each chord."""
        scores = torch.einsum("ngp,qgrp->nrq", kinds, weight[:, :, self.relative])
        return scores.reshape(len(kinds), SILENCE)

    def scores(self, frames: Frames) -> torch.Tensor:
        """Scores of each stretch in each state."""
        w, kinds, count = self.w, torch.tensor(frames.kinds), len(frames.places)
        nothing = torch.zeros(1, SILENCE)
        mean = torch.cat([nothing, self.projected(kinds, w["mean"]).cumsum(0)])
        total = torch.cat([nothing, self.projected(kinds, w["total"]).cumsum(0)]) / 4
        first = self.projected(kinds[:, START_KINDS], w["start"])
        first = first + torch.cat([nothing, self.projected(kinds[:-1, BEFORE_KINDS], w["before"])])
        behind = torch.cat([self.projected(kinds[:, NEXT_KINDS], w["next"]), nothing])
        start, lengths = torch.arange(count)[:, None], torch.arange(1, LONGEST + 1)
        end = (start + lengths).clamp(max=count)
        beats = (lengths / 4).float()
        mode, tonic = divmod(frames.key, 12)
        by_length = (w["by_length"] + torch.roll(w["key"][mode], tonic, 0)).reshape(-1)
        chords = (mean[end] - mean[:count, None]) / lengths[:, None] + total[end] - total[:count, None] + behind[end]
        chords = chords + first[:, None] + w["quality"].repeat(12) + by_length * beats[:, None]
        sounds = torch.cat([torch.zeros(1), torch.tensor(frames.sounds).float().cumsum(0)])
        quiet = 1 - (sounds[end] - sounds[:count, None]) / lengths
        chords = chords + (quiet * w["quiet"][0] + quiet * beats * w["quiet"][1])[..., None]
        silence = w["silence"]
        silent = quiet * silence[0] + quiet * beats * silence[1] + silence[2] + silence[3] * beats
        scores = torch.cat([chords, silent[..., None]], -1)
        scores = scores + w["length"][:, None] + w["place"][torch.tensor(frames.places)][:, None, None]
        return scores.masked_fill((start + lengths > count)[..., None], -1e4)

    def transitions(self) -> torch.Tensor:
        """Scores of one state behind another."""
        chords = self.w["transition"][self.relative].permute(0, 2, 1, 3).reshape(SILENCE, SILENCE)
        to_silence, from_silence = self.w["silence_transition"]
        right = torch.cat([to_silence.expand(SILENCE, 1), torch.zeros(1, 1)])
        return torch.cat([torch.cat([chords, from_silence.expand(1, SILENCE)]), right], 1)

    def table(self) -> dict[str, NDArray[np.float32]]:
        """The weights by name."""
        return {name: value.detach().numpy() for name, value in self.w.items()}


def log_partition(scores: torch.Tensor, transitions: torch.Tensor, counts: Sequence[int]) -> torch.Tensor:
    """Log of the summed exponentials of all sequences; scores of shape (n, songs, LONGEST, states)."""
    count, songs = scores.shape[:2]
    steps = transitions.exp()
    source = torch.arange(1, count + 1)[:, None] - torch.arange(1, LONGEST + 1)[None]
    by_end = scores[source.clamp(min=0), :, torch.arange(LONGEST)[None]]
    by_end = by_end.masked_fill((source < 0)[..., None, None], -1e4)
    nothing = torch.zeros(songs, scores.shape[-1])
    into, reached = [nothing], []
    for here in by_end.unbind(0):
        before = into[-1 : -LONGEST - 1 : -1]
        before = torch.stack([*before, *[nothing] * (LONGEST - len(before))])
        ending = torch.logsumexp(before + here, 0)
        reached.append(ending)
        top = ending.max(1, keepdim=True)[0].detach()
        into.append(torch.log((ending - top).exp() @ steps + 1e-30) + top)
    last = torch.stack(reached)[torch.tensor(counts) - 1, torch.arange(songs)]
    return torch.logsumexp(last, 1)


def loss_of(model: Model, songs: Sequence[Example]) -> torch.Tensor:
    """Negative log-likelihood of the annotated stretches for every bar of 4/4."""
    transitions, counts = model.transitions(), [len(song.states) for song in songs]
    padded, right = [], torch.zeros(())
    for song, count in zip(songs, counts, strict=True):
        scores = model.scores(song.frames)
        lengths = np.diff([*song.starts, count])
        states = torch.tensor(song.states[song.starts])
        right = right + scores[torch.tensor(song.starts), torch.tensor(lengths - 1), states].sum()
        right = right + transitions[states[:-1], states[1:]].sum()
        padded.append(torch.nn.functional.pad(scores, (0, 0, 0, 0, 0, max(counts) - count), value=-1e4))
    every = log_partition(torch.stack(padded, 1), transitions, counts)
    return 8 * (every.sum() - right) / sum(counts)


def learned(songs: Sequence[Example], epochs: int, rate: float, penalty: float, batch: int, seed: int) -> Model:
    torch.manual_seed(seed)
    generator = np.random.default_rng(seed)
    model = Model()
    optimizer = torch.optim.Adam(model.parameters(), lr=rate)
    batches = -(-len(songs) // batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=epochs * batches, pct_start=0.15)
    began = time.perf_counter()
    for epoch in range(epochs):
        noisy = sorted(range(len(songs)), key=lambda index: len(songs[index].states) + 20 * generator.normal())
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


def scores_on_own_beats(song: Example, folder: Path) -> dict[str, float]:
    """Scores with beats and bars found from the notes; both chords on the clock of the file's own quarters."""
    name = song.name
    path = folder / name / f"{name}.mid"
    file = read_midi(path)
    found, _ = with_bars(file)
    shift = found.tracks[0].notes[0].time - file.tracks[0].notes[0].time
    names = [track.name for track in file.tracks]
    estimate = infer_chords(found, [index for index, own in enumerate(names) if own != "MELODY"])
    quarters = seconds_of(file, np.arange(0, file.end + 9600, TICKS_PER_QUARTER))
    tapped = np.loadtxt(path.with_name("beat_midi.txt"))[:, 0]
    beats = np.interp(tapped, quarters, np.arange(len(quarters)) * TICKS_PER_QUARTER)
    accompaniment = next(index for index, own in enumerate(names) if own == "PIANO")
    here, there = song.song.tracks[accompaniment].notes[0].time, file.tracks[accompaniment].notes[0].time
    length = 720 if any(meter.denominator == 8 for meter in song.song.bar_meters()) else TICKS_PER_QUARTER
    first = here - length * float(np.interp(there, beats, np.arange(len(beats))))

    def moved(span: ChordSpan) -> ChordSpan | None:
        place = np.arange(len(beats))
        start, end = (np.interp((time - first) / length, place, beats) for time in (span.time, span.end))
        lasts = round(end) - round(start)
        return ChordSpan(max(0, round(start) + shift), lasts, span.chord) if lasts > 0 else None

    return scores([span for span in map(moved, song.chords) if span is not None], estimate)


def by_chorder(song: Song, tracks: Sequence[int]) -> list[ChordSpan]:
    """The chords that chorder 0.1 (Dechorder) finds on the same notes and beats, one a beat."""
    from chorder import Dechorder
    from miditoolkit import MidiFile

    names = {"M": "maj", "m": "min", "o": "dim", "+": "aug", "M7": "maj7", "m7": "min7", "o7": "dim7", "/o7": "hdim7"}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "song.mid"
        write_midi(replace(song, tracks=tuple(song.tracks[index] for index in tracks), chords=()), path)
        found = Dechorder.dechord(MidiFile(str(path)))
    spans = []
    for beat, chord in enumerate(found):
        heard = Chord(chord.root_pc, names.get(chord.quality, chord.quality)) if chord.is_complete() else NO_CHORD
        if heard.root is not None and chord.bass_pc is not None:
            heard = replace(heard, bass=chord.bass_pc)
        spans.append(ChordSpan(beat * TICKS_PER_QUARTER, TICKS_PER_QUARTER, heard))
    return spans


def measure(songs: Sequence[Example], folder: Path | None = None) -> None:
    seconds, ours = 0.0, []
    for song in songs:
        tracks = [index for index in range(len(song.song.tracks)) if index != song.song.melody_track]
        began = time.perf_counter()
        estimate = infer_chords(song.song, tracks)
        seconds += time.perf_counter() - began
        ours.append(scores(song.chords, estimate))
    report(f"SoloMuse, {1000 * seconds / len(songs):.0f} ms a song", ours)
    if folder is not None:
        report("the same, beats found", [scores_on_own_beats(song, folder) for song in songs])
    if find_spec("chorder"):
        began, theirs = time.perf_counter(), []
        for song in songs:
            tracks = [index for index in range(len(song.song.tracks)) if index != song.song.melody_track]
            theirs.append(scores(song.chords, by_chorder(song.song, tracks)))
        report(f"chorder, {1000 * (time.perf_counter() - began) / len(songs):.0f} ms a song", theirs)
    report("POP909's own labels", [scores(song.chords, song.song.chords) for song in songs])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pop909", type=Path)
    parser.add_argument("checked", type=Path)
    parser.add_argument("--charts", type=Path, nargs="*", default=[], help="folders of solos or lead sheets")
    parser.add_argument("--epochs", type=int, default=14)
    parser.add_argument("--rate", type=float, default=0.08)
    parser.add_argument("--penalty", type=float, default=2e-6)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--write", action="store_true", help="put the weights into the package")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    songs = examples(arguments.pop909, arguments.checked)
    more = made_up(arguments.charts, arguments.seed)
    side = split_titles({song.song.title for song in songs}, 0.3)
    learning = [song for song in songs if side[song.song.title] != "validation"]
    held_back = [song for song in songs if side[song.song.title] == "validation"]
    print(f"{len(learning)} songs and {len(more)} made-up accompaniments to learn from, {len(held_back)} to measure")
    if arguments.epochs:
        model = learned(
            [*learning, *more], arguments.epochs, arguments.rate, arguments.penalty, arguments.batch, arguments.seed
        )
        table = model.table()
        same = np.abs(stretch_scores(learning[0].frames, table) - model.scores(learning[0].frames).detach().numpy())
        assert same.max() < 1e-2, "the package scores otherwise than the model that was learned"
        if arguments.write:
            np.savez_compressed(WEIGHTS_FILE, **{name: value.astype(np.float16) for name, value in table.items()})
    measure(held_back, arguments.pop909)


if __name__ == "__main__":
    main()
