"""Trains small GPT-2 models that differ in how they are told the chords, and measures what they make of them.

    python docs/experiments/representation.py VARIANT DATASET... [--seed 1] [--tokens 1.5e6] [--out results.jsonl]
    python docs/experiments/representation.py table results.jsonl

A DATASET is a folder of `solomuse prepare`; its windows are decoded to lead sheets and encoded again as the variant
wants. The first one is measured on. VARIANT is a comma-separated list of changes to the defaults, such as
``chart=changes,features=`` or ``features=now+next+place+degree,heads=degree+interval``; see `Variant`. One line of JSON
is appended to the results; the second command prints them as a table, the mean over seeds.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from transformers import GPT2Config, GPT2Model
from transformers.cache_utils import DynamicCache

from solomuse.datasets.load import load_dataset
from solomuse.metrics.harmony import chord_shift_gain, chord_tone_ratio, notes_per_bar, step_resolution
from solomuse.model.gpt2 import RotaryAttention
from solomuse.model.rotary import angles
from solomuse.music.chart import Chart
from solomuse.music.chord import Chord
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.note import Note
from solomuse.tokens.codec import Codec
from solomuse.tokens.vocabulary import BAR, EOS, PAD, QUALITY_LABELS, SEP, VELOCITIES, Vocabulary, vocabulary

ECHOES = (1, 2, 4, 8)
"""How many bars before, at the same place."""

COLUMNS = {
    "root": 13,  # of the chord that sounds
    "quality": len(QUALITY_LABELS) + 1,
    "bass": 13,
    "next_root": 13,  # above the current root
    "next_quality": len(QUALITY_LABELS) + 1,
    "until_next": 98,  # steps
    "position": 98,  # steps since the bar line
    "bar_length": 98,
    "degree": 13,  # of the last note above the current root
    "interval": 52,  # from the last note but one to the last, within two octaves
    "next_degree": 13,  # of the last note above the next root
    "beat_position": 13,  # steps since the beat
    "form": 66,  # bars since the window's start
    "since_note": 98,  # steps since the last onset
    "last": 129,  # pitch of the last note; for the scores by interval, not embedded
    "following": 13,  # root of the next chord, absolute; for the scores by its degree, not embedded
    "step": 0,  # since the beginning; for the turns of the attention, not embedded
    **{f"echo_{bars}": 4 for bars in ECHOES},  # rest, a note that goes on, one that begins there, so many bars before
    **{f"echo_interval_{bars}": 52 for bars in ECHOES},  # from the last note to that one
    **{f"echo_pitch_{bars}": 129 for bars in ECHOES},  # for its score, not embedded
}
GROUPS = {
    "now": ("root", "quality", "bass"),
    "next": ("next_root", "next_quality", "until_next"),
    "place": ("position", "bar_length"),
    "degree": ("degree",),
    "interval": ("interval",),
    "next_degree": ("next_degree",),
    "beat": ("beat_position",),
    "form": ("form",),
    "since": ("since_note",),
    "last": ("last",),
    "echo": tuple(f"echo{kind}_{bars}" for kind in ("", "_interval") for bars in ECHOES),
}
HARMONY = [
    list(COLUMNS).index(n)
    for n in (
        "root",
        "quality",
        "bass",
        "next_root",
        "next_quality",
        "until_next",
        "degree",
        "next_degree",
        "following",
    )
]
COLUMN = {name: index for index, name in enumerate(COLUMNS)}
ROOT, LAST, FOLLOWING, STEP = COLUMN["root"], COLUMN["last"], COLUMN["following"], COLUMN["step"]
PITCHES_BEFORE = [COLUMN[f"echo_pitch_{bars}"] for bars in ECHOES]
IGNORED = -100


@dataclass(frozen=True)
class Variant:
    """What is compared; the defaults are the package's."""

    chart: str = "prefix"  # prefix, bars, changes, bars+changes, ahead: what is repeated inside the events
    features: str = "now+next+place+degree"
    heads: str = "degree"  # added scores: of notes by degree, interval, next_degree, echo; of lengths by landing
    turn: str = ""  # what turns the attention: time, token (its number), both (every second pair of channels)
    order: str = "pitch"  # pitch before rhythm, or rhythm before pitch
    velocity: str = "change"  # or note
    transpose: int = 1
    dropout: float = 0.1
    chord_dropout: float = 0.0
    token_dropout: float = 0.0  # share of the events' tokens that are hidden from the input
    learn_chart: int = 0
    window: int = 16
    guidance: float = 1.0  # of the sampled solos
    n_layer: int = 4
    n_embd: int = 128
    n_head: int = 2
    lr: float = 1e-3
    decay: float = 0.1


def variant_of(text: str) -> Variant:
    kinds = {field.name: {"int": int, "float": float, "str": str}[str(field.type)] for field in fields(Variant)}
    pairs = [part.partition("=")[::2] for part in text.split(",") if part and part != "default"]
    return replace(Variant(), **{name: kinds[name](value) for name, value in pairs})


@dataclass
class Example:
    """A window: ids (T,), features (T, F), and which ids are to be predicted."""

    ids: NDArray[np.int64]
    rows: NDArray[np.int64]
    is_event: NDArray[np.bool_]
    notes: int


class Encoder:
    """Lead sheets on the grid to examples of one variant."""

    def __init__(self, v: Vocabulary, variant: Variant) -> None:
        self.v, self.variant, self.codec = v, variant, Codec(v)
        self.bar_token, self.next_token = len(v), len(v) + 1
        self.size = len(v) + 2

    def chart(self, sheet: LeadSheet) -> ChartOnGrid:
        return ChartOnGrid(self.codec, sheet.chart)

    def prefix(self, chart: Chart) -> list[int]:
        """Tokens ``<BOS>`` to ``<SEP>``."""
        ids = self.codec.encode(LeadSheet(chart, ()))
        return ids[: ids.index(SEP) + 1]

    def encode(self, sheet: LeadSheet) -> Example:
        """A quantised sheet as an example."""
        chart = self.chart(sheet)
        player = Player(self, chart)
        prefix = self.prefix(sheet.chart)
        ids, rows = list(prefix), [(0,) * len(COLUMNS)] * (len(prefix) - 1) + [player.row()]
        is_event = [bool(self.variant.learn_chart)] * len(prefix)

        def put(token: int, counts: bool = True) -> None:
            ids.append(token)
            player.read(token)
            rows.append(player.row())
            is_event.append(counts)

        def forced() -> None:
            while player.queue:
                put(player.queue[0], counts=False)

        v, step, velocity = self.v, self.v.step_ticks, 0
        forced()

        def rest_to(onset: int) -> None:
            while player.step < onset:
                line = chart.next_line(player.step)
                put(BAR if line <= onset else v.time_shift.start + onset - player.step - 1)
                forced()

        for note in sheet.melody:
            rest_to(note.time // step)
            if note.velocity != velocity or self.variant.velocity == "note":
                velocity = note.velocity
                put(v.velocity.id_of(velocity))
            pair = [v.note_on.start + note.pitch, v.duration.start + note.duration // step - 1]
            for token in pair if self.variant.order == "pitch" else pair[::-1]:
                put(token)
            forced()
        rest_to(chart.total)
        put(EOS)
        return Example(np.array(ids), np.array(rows), np.array(is_event), len(sheet.melody))


def chord_ids(chord: Chord, v: Vocabulary) -> list[int]:
    if chord.root is None:
        return [v.chord_root.stop - 1, v.chord_quality.stop - 1]
    ids = [v.chord_root.start + chord.root, v.chord_quality.id_of(chord.quality_label)]
    return ids if chord.bass == chord.root else [*ids, v.chord_bass.start + chord.bass]


class ChartOnGrid:
    """A chart's chords and bar lines in steps."""

    def __init__(self, codec: Codec, chart: Chart) -> None:
        v, step = codec.vocabulary, codec.vocabulary.step_ticks
        self.lines = [time // step for time in chart.bar_times]
        self.total = self.lines[-1]
        self.chords = []  # start, root, quality, bass, token ids
        for span in chart.spans():
            chord, ids = span.chord, chord_ids(span.chord, v)
            none = chord.root is None
            quality = 0 if none else v.chord_quality.values.index(chord.quality_label) + 1
            self.chords.append(
                (span.time // step, -1 if none else chord.root, quality, -1 if none else chord.bass, ids)
            )
        self.chord_at, self.bar_at = np.zeros(self.total + 1, dtype=int), np.zeros(self.total + 1, dtype=int)
        for index, chord in enumerate(self.chords):
            self.chord_at[chord[0] :] = index
        for index, line in enumerate(self.lines[:-1]):
            self.bar_at[line:] = index
        self.chord_at, self.bar_at = self.chord_at.tolist(), self.bar_at.tolist()

    def next_line(self, step: int) -> int:
        return self.lines[self.bar_at[step] + 1]


class Player:
    """Where the cursor stands, which features it has, and which tokens are due."""

    def __init__(self, encoder: Encoder, chart: ChartOnGrid) -> None:
        self.encoder, self.c, self.v, self.kind = encoder, chart, encoder.v, encoder.variant.chart
        self.step, self.last, self.before, self.onset, self.length = 0, -1, -1, -1, 0
        self.announced = (-1, -1)
        self.waiting = "event"
        self.velocity = 80
        self.notes: list[tuple[int, int, int, int]] = []
        self.sounding: dict[int, tuple[int, int]] = {}
        self.queue: list[int] = []
        self._announce()

    def _announce(self) -> None:
        if self.kind == "prefix" or self.step >= self.c.total:
            return
        bar, chord = self.c.bar_at[self.step], self.c.chord_at[self.step]
        new_bar, new_chord = bar != self.announced[0], chord != self.announced[1]
        self.announced = (bar, chord)
        if self.kind == "bars":
            self.queue += [self.encoder.bar_token] * new_bar
        elif self.kind == "changes":
            self.queue += self.c.chords[chord][4] if new_chord else []
        elif new_bar or new_chord:
            self.queue += [self.encoder.bar_token] * new_bar + self.c.chords[chord][4]
            if self.kind == "ahead" and chord + 1 < len(self.c.chords):
                until = min(self.c.chords[chord + 1][0] - self.step, len(self.v.chord_duration.values))
                self.queue += [
                    self.encoder.next_token,
                    *self.c.chords[chord + 1][4],
                    self.v.chord_duration.start + until - 1,
                ]

    def read(self, token: int) -> None:
        if self.queue:
            self.queue.pop(0)
            return
        v, rhythm_first = self.v, self.encoder.variant.order == "rhythm"
        if token in v.note_on:
            self.before, self.last, self.onset = self.last, token - v.note_on.start, self.step
            self.waiting = "length"
            if rhythm_first:
                self._note()
        elif token in v.duration:
            self.length = token - v.duration.start + 1
            self.waiting = "pitch"
            if not rhythm_first:
                self._note()
        elif token in v.velocity:
            self.velocity, self.waiting = VELOCITIES[token - v.velocity.start], "note"
        elif token in v.time_shift:
            self.step, self.waiting = self.step + token - v.time_shift.start + 1, "onset"
            self._announce()
        elif token == BAR:
            self.step = self.c.next_line(self.step)
            self._announce()
        elif token == EOS:
            self.waiting = "nothing"

    def _note(self) -> None:
        self.notes.append((self.step, self.last, self.length, self.velocity))
        self.sounding |= dict.fromkeys(range(self.step, self.step + self.length), (self.last, 2))
        self.sounding[self.step] = self.last, 3
        self.step += self.length
        self.waiting = "event"
        self._announce()

    def allowed(self) -> NDArray[np.bool_]:
        """Which tokens may come next in a solo that fills its chart."""
        v, mask, room = self.v, np.zeros(self.encoder.size, dtype=bool), self.c.total - self.step
        if self.queue:
            mask[self.queue[0]] = True
            return mask
        if room == 0 and self.waiting == "event":
            mask[EOS] = True
            return mask
        note = slice(v.note_on.start, v.note_on.stop)
        length = slice(v.duration.start, min(v.duration.stop, v.duration.start + room))
        first = note if self.encoder.variant.order == "pitch" else length
        if self.waiting == "event":
            mask[BAR] = True
            mask[v.time_shift.start : v.time_shift.start + self.c.next_line(self.step) - self.step - 1] = True
        if self.waiting in ("event", "onset"):
            mask[v.velocity.start : v.velocity.stop] = True
        if self.waiting == "note" or (
            self.waiting in ("event", "onset")
            and (self.notes or self.velocity != 80)
            and self.encoder.variant.velocity == "change"
        ):
            mask[first] = True
        if self.waiting == "length":
            mask[length] = True
        if self.waiting == "pitch":
            mask[note] = True
        return mask

    def row(self) -> tuple[int, ...]:
        if self.step >= self.c.total:
            return (0,) * len(COLUMNS)
        chords, index, bar = self.c.chords, self.c.chord_at[self.step], self.c.bar_at[self.step]
        _, root, quality, bass, _ = chords[index]
        coming = chords[index + 1] if index + 1 < len(chords) else None
        start, end = self.c.lines[bar], self.c.lines[bar + 1]
        next_root, next_quality, until, following = 0, 0, 0, 0
        if coming is not None:
            until = min(coming[0] - self.step, 96) + 1
            if coming[1] >= 0:
                next_root, next_quality = (coming[1] - max(root, 0)) % 12 + 1, coming[2]
                following = coming[1] + 1
        last = self.last
        echoes = [self._echo(self.step - bars * (end - start)) for bars in ECHOES]
        return (
            root + 1,
            quality,
            (bass - root) % 12 + 1 if root >= 0 else 0,
            next_root,
            next_quality,
            until,
            self.step - start + 1,
            end - start,
            (last - root) % 12 + 1 if last >= 0 and root >= 0 else 0,
            int(np.clip(last - self.before, -25, 25)) + 26 if self.before >= 0 else 0,
            (last - following + 1) % 12 + 1 if last >= 0 and following else 0,
            (self.step - start) % self.v.grid + 1,
            min(bar, 64) + 1,
            min(self.step - self.onset, 96) + 1 if self.onset >= 0 else 0,
            last + 1,
            following,
            self.step,
            *(value for column in zip(*echoes, strict=True) for value in column),
        )

    def _echo(self, step: int) -> tuple[int, int, int]:
        """What was played at a step: its kind, the interval to it, its pitch."""
        pitch, kind = self.sounding.get(step, (-1, 1 if step >= 0 else 0))
        interval = int(np.clip(pitch - self.last, -25, 25)) + 26 if pitch >= 0 and self.last >= 0 else 0
        return kind, interval, pitch + 1


class Transposer:
    """Moves examples by semitones, on ids and features."""

    def __init__(self, v: Vocabulary, size: int) -> None:
        self.v, self.tables = v, {}
        for shift in range(-6, 6):
            table = np.arange(size)
            for kind in (v.chord_root, v.chord_bass):
                table[kind.start : kind.start + 12] = kind.start + (np.arange(12) + shift) % 12
            table[v.note_on.start : v.note_on.stop] = v.note_on.start + np.clip(np.arange(128) + shift, 0, 127)
            self.tables[shift] = table

    def __call__(self, example: Example, shift: int) -> Example:
        rows = example.rows.copy()
        for column in (ROOT, FOLLOWING):
            rows[:, column] = np.where(rows[:, column] > 0, (rows[:, column] - 1 + shift) % 12 + 1, 0)
        absolute = (example.rows[:, ROOT] == 0) & (rows[:, COLUMN["next_root"]] > 0)
        rows[:, COLUMN["next_root"]] = np.where(absolute, rows[:, FOLLOWING], rows[:, COLUMN["next_root"]])
        for column in (LAST, *PITCHES_BEFORE):
            rows[:, column] = np.where(rows[:, column] > 0, np.clip(rows[:, column] + shift, 1, 128), 0)
        return Example(self.tables[shift][example.ids], rows, example.is_event, example.notes)


def without_chords(example: Example, v: Vocabulary) -> Example:
    """The same with every chord of the chart taken for no chord."""
    ids, rows = example.ids.copy(), example.rows.copy()
    is_root = (ids >= v.chord_root.start) & (ids < v.chord_root.stop)
    is_quality = (ids >= v.chord_quality.start) & (ids < v.chord_quality.stop)
    ids[is_root], ids[is_quality] = v.chord_root.stop - 1, v.chord_quality.stop - 1
    rows[:, HARMONY] = 0
    kept = ~((ids >= v.chord_bass.start) & (ids < v.chord_bass.stop))
    return Example(ids[kept], rows[kept], example.is_event[kept], example.notes)


class Model(nn.Module):
    """GPT-2 with embedded features and scores of the notes relative to the chords and to the last note."""

    def __init__(self, variant: Variant, size: int, v: Vocabulary, length: int = 1024) -> None:
        super().__init__()
        self.v, self.variant = v, variant
        names = [name for group in variant.features.split("+") if group for name in GROUPS[group]]
        self.columns = [COLUMN[name] for name in names]
        sizes = [COLUMNS[name] for name in names]
        self.offsets = torch.tensor([sum(sizes[:i]) for i in range(len(sizes))])
        config = GPT2Config(
            vocab_size=1,
            n_positions=length,
            n_embd=variant.n_embd,
            n_layer=variant.n_layer,
            n_head=variant.n_head,
            resid_pdrop=variant.dropout,
            embd_pdrop=variant.dropout,
            attn_pdrop=0.0,
            attn_implementation="eager",
            bos_token_id=0,
            eos_token_id=0,
        )
        self.trunk = GPT2Model(config)
        for layer, block in enumerate(self.trunk.h if variant.turn else ()):
            block.attn = RotaryAttention(config, layer_idx=layer)
        self.embedding = nn.Embedding(size, variant.n_embd)
        self.feature_embedding = nn.Embedding(max(1, sum(sizes)), variant.n_embd)
        self.heads = nn.ModuleDict()
        for head in filter(None, variant.heads.split("+")):
            width = {"interval": 97, "echo": len(ECHOES)}.get(head, 12)
            self.heads[head] = nn.Linear(variant.n_embd, width, bias=False)
        for module in (self.embedding, self.feature_embedding, *self.heads.values()):
            nn.init.normal_(module.weight, std=0.02)

    def forward(self, ids: Tensor, rows: Tensor, **kwargs: Any) -> tuple[Tensor, Any]:
        x = self.embedding(ids)
        if self.columns:
            index = rows[..., self.columns] + self.offsets
            chart = functional.embedding_bag(index.flatten(0, 1), self.feature_embedding.weight, mode="sum")
            x = x + chart.view(*ids.shape, -1)
        if self.variant.turn:
            turn = self._angles(rows, kwargs.get("position_ids"))
            kwargs["turn"] = turn.cos().float(), turn.sin().float()
        out = self.trunk(inputs_embeds=x, **kwargs)
        hidden = out.last_hidden_state
        scores = hidden @ self.embedding.weight.T
        pitches = torch.arange(128)
        note = slice(self.v.note_on.start, self.v.note_on.stop)
        for name, head in self.heads.items():
            if name == "landing":
                scores = scores + self._landing(head(hidden), rows, scores.shape[-1])
                continue
            if name == "echo":
                hits = rows[..., PITCHES_BEFORE, None] == pitches + 1  # (B, T, bars, 128)
                added = (head(hidden).unsqueeze(-1) * hits).sum(-2)
            else:
                base = rows[..., {"degree": ROOT, "interval": LAST, "next_degree": FOLLOWING}[name]]
                distance = pitches - (base.unsqueeze(-1) - 1)
                index = distance.clamp(-48, 48) + 48 if name == "interval" else distance % 12
                added = head(hidden).gather(-1, index) * (base > 0).unsqueeze(-1)
            scores = torch.cat([scores[..., : note.start], scores[..., note] + added, scores[..., note.stop :]], dim=-1)
        return scores, out.past_key_values

    def _angles(self, rows: Tensor, numbers: Tensor | None) -> Tensor:
        """What pairs of channels are turned by; waves of 4 to 1024 tokens, or as the package has them in time."""
        if numbers is None:
            numbers = torch.arange(rows.shape[1]).expand(rows.shape[:2])
        width = self.variant.n_embd // self.variant.n_head
        by_token, by_time = angles(numbers, width, 8), angles(rows[..., STEP], width, self.v.grid)
        if self.variant.turn == "both":
            return torch.where(torch.arange(width // 2) % 2 == 0, by_time, by_token)
        return {"time": by_time, "token": by_token}[self.variant.turn]

    def _landing(self, places: Tensor, rows: Tensor, size: int) -> Tensor:
        """Scores of lengths and rests by where in the beat they end."""
        position, added = rows[..., COLUMN["position"]], torch.zeros(*places.shape[:-1], size, dtype=places.dtype)
        for kind in (self.v.duration, self.v.time_shift):
            steps = torch.arange(1, kind.stop - kind.start + 1)
            index = (position.unsqueeze(-1) - 1 + steps) % self.v.grid
            added[..., kind.start : kind.stop] = places.gather(-1, index) * (position > 0).unsqueeze(-1)
        return added


def batch_of(examples: Sequence[Example]) -> tuple[Tensor, Tensor, Tensor]:
    longest = -(-max(len(example.ids) for example in examples) // 32) * 32
    ids = np.full((len(examples), longest), PAD)
    rows = np.zeros((len(examples), longest, len(COLUMNS)), dtype=np.int64)
    labels = np.full((len(examples), longest), IGNORED)
    for index, example in enumerate(examples):
        n = len(example.ids)
        ids[index, :n], rows[index, :n] = example.ids, example.rows
        labels[index, :n] = np.where(example.is_event, example.ids, IGNORED)
    return torch.from_numpy(ids), torch.from_numpy(rows), torch.from_numpy(labels)


def bits(model: Model, examples: Sequence[Example], v: Vocabulary) -> dict[str, float]:
    """Bits per note of the events, and their split."""
    model.eval()
    order = sorted(range(len(examples)), key=lambda i: len(examples[i].ids))
    cost = np.zeros(len(v) + 2)
    notes = sum(example.notes for example in examples)
    with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16):
        for first in range(0, len(order), 16):
            ids, rows, labels = batch_of([examples[i] for i in order[first : first + 16]])
            scores, _ = model(ids, rows)
            targets = labels[:, 1:].flatten()
            nats = functional.cross_entropy(
                scores[:, :-1].float().flatten(0, 1), targets, reduction="none", ignore_index=IGNORED
            )
            kept = targets != IGNORED
            # the chart, where it is learned, is not measured
            after = (torch.cumsum(ids == SEP, 1)[:, :-1] > 0).flatten()
            kept &= after
            np.add.at(cost, targets[kept].numpy(), nats[kept].numpy() / math.log(2))
    model.train()
    pitch = cost[v.note_on.start : v.note_on.stop].sum() / notes
    velocity = cost[v.velocity.start : v.velocity.stop].sum() / notes
    total = cost.sum() / notes
    return {"bits": total, "pitch": pitch, "rhythm": total - pitch - velocity, "velocity": velocity}


def batches(examples: Sequence[Example], encoder: Encoder, seed: int, size: int = 8) -> Iterator[list[Example]]:
    """Endless batches of windows of like length, moved and without chords at random."""
    rng = np.random.default_rng(seed)
    move, lengths = Transposer(encoder.v, encoder.size), np.array([len(example.ids) for example in examples])
    while True:
        order = rng.permutation(len(examples))
        groups = [order[i : i + 64 * size] for i in range(0, len(order), 64 * size)]
        order = np.concatenate([group[np.argsort(-lengths[group], kind="stable")] for group in groups])
        starts = rng.permutation(range(0, len(order), size))
        for start in starts:
            batch = []
            for index in order[start : start + size]:
                example = examples[index]
                if encoder.variant.transpose:
                    example = move(example, int(rng.integers(-6, 6)))
                if rng.random() < encoder.variant.chord_dropout:
                    example = without_chords(example, encoder.v)
                batch.append(example)
            yield batch


def train(
    variant: Variant, encoder: Encoder, examples: list[Example], held_back: list[Example], tokens: float, seed: int
) -> tuple[Model, list[dict[str, float]]]:
    """The model with the fewest bits per note among two evaluations, half-way and at the end, and all of these."""
    torch.manual_seed(seed)
    model = Model(variant, encoder.size, encoder.v)
    decayed = [p for p in model.parameters() if p.dim() > 1]
    others = [p for p in model.parameters() if p.dim() <= 1]
    groups = [{"params": decayed, "weight_decay": variant.decay}, {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=variant.lr, betas=(0.9, 0.98), fused=True)
    rng = np.random.default_rng(seed + 1000)
    seen, curve, due = 0, [], 1
    best: tuple[float, dict[str, Tensor]] = math.inf, {}
    for batch in batches(examples, encoder, seed):
        if seen >= tokens:
            break
        share = seen / tokens
        for group in optimizer.param_groups:
            group["lr"] = (
                variant.lr
                * min(1, share / 0.03 + 0.01)
                * (0.05 + 0.95 * (0.5 + 0.5 * math.cos(math.pi * min(1, share))))
            )
        ids, rows, labels = batch_of(batch)
        if variant.token_dropout:
            hide = torch.from_numpy(rng.random(ids.shape) < variant.token_dropout) & (labels != IGNORED)
            ids = ids.masked_fill(hide, PAD)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            scores, _ = model(ids, rows)
        loss = functional.cross_entropy(
            scores[:, :-1].float().flatten(0, 1), labels[:, 1:].flatten(), ignore_index=IGNORED
        )
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        seen += sum(len(example.ids) for example in batch)
        if seen >= due * tokens / 2:
            due += 1
            figures = {"tokens": seen, "train_nats": float(loss.detach()), **bits(model, held_back, encoder.v)}
            curve.append(figures)
            print(json.dumps({name: round(value, 4) for name, value in figures.items()}), flush=True)
            if figures["bits"] < best[0]:
                best = figures["bits"], {name: w.clone() for name, w in model.state_dict().items()}
    model.load_state_dict(best[1])
    return model, curve


def histogram(chart: Chart) -> NDArray[np.float64]:
    weights = np.zeros(12)
    for span in chart.spans():
        weights[list(span.chord.pitch_classes)] += span.duration
    return weights / max(1.0, weights.sum())


def swapped(
    sheets: Sequence[LeadSheet], songs: Sequence[int], seed: int = 1
) -> tuple[list[LeadSheet], list[LeadSheet]]:
    """Sheets, and the same melodies under another song's chart of the same meters in the same key."""
    rng, own, others = np.random.default_rng(seed), [], []
    meters = [[bar.meter for bar in sheet.chart.bars] for sheet in sheets]
    for index, sheet in enumerate(sheets):
        fitting = [j for j in range(len(sheets)) if songs[j] != songs[index] and meters[j] == meters[index]]
        if fitting:
            chart, target = sheets[fitting[int(rng.integers(len(fitting)))]].chart, histogram(sheet.chart)
            overlap = [np.minimum(np.roll(histogram(chart), shift), target).sum() for shift in range(12)]
            moved = chart.transpose(int(np.argmax(overlap)))
            own.append(sheet)
            others.append(LeadSheet(Chart(moved.bars, qpm=sheet.chart.qpm), sheet.melody))
    return own, others


@torch.inference_mode()
def sampled(model: Model, encoder: Encoder, sheets: Sequence[LeadSheet], seed: int) -> list[LeadSheet]:
    """A solo over the chart of each sheet, drawn at temperature 1 with top-p 0.95."""
    model.eval()
    rng, guidance, v = np.random.default_rng(seed), encoder.variant.guidance, encoder.v
    solos: list[LeadSheet] = []
    for first in range(0, len(sheets), 48):
        group = sheets[first : first + 48]
        solos += _sampled(model, encoder, group, rng, guidance, v)
    model.train()
    return solos


def _sampled(
    model: Model,
    encoder: Encoder,
    sheets: Sequence[LeadSheet],
    rng: np.random.Generator,
    guidance: float,
    v: Vocabulary,
) -> list[LeadSheet]:
    players = [Player(encoder, encoder.chart(sheet)) for sheet in sheets]
    prompts = []
    for sheet, player in zip(sheets, players, strict=True):
        prefix = encoder.prefix(sheet.chart)
        rows = [(0,) * len(COLUMNS)] * (len(prefix) - 1) + [player.row()]
        prompts.append(Example(np.array(prefix), np.array(rows), np.zeros(len(prefix), dtype=bool), 0))
    streams = [prompts] if guidance == 1 else [prompts, [without_chords(prompt, v) for prompt in prompts]]
    flat = [prompt for stream in streams for prompt in stream]
    longest = max(len(prompt.ids) for prompt in flat)
    ids = torch.full((len(flat), longest), PAD)
    rows = torch.zeros(len(flat), longest, len(COLUMNS), dtype=torch.int64)
    seen = torch.zeros(len(flat), longest, dtype=torch.int64)
    for index, prompt in enumerate(flat):
        n = len(prompt.ids)
        ids[index, -n:], rows[index, -n:], seen[index, -n:] = (
            torch.from_numpy(prompt.ids),
            torch.from_numpy(prompt.rows),
            1,
        )
    cache = DynamicCache(config=model.trunk.config)
    positions = (seen.cumsum(1) - 1).clamp(min=0)
    while any(player.waiting != "nothing" for player in players) and seen.shape[1] < 1000:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            scores, cache = model(
                ids, rows, attention_mask=seen, position_ids=positions, past_key_values=cache, use_cache=True
            )
        last = scores[:, -1].float().numpy()
        if guidance != 1:
            last = last - last.max(-1, keepdims=True)
            last = last - np.log(np.exp(last).sum(-1, keepdims=True))
            with_chart, without = np.split(last, 2)
            last = without + guidance * (with_chart - without)
        chosen, newest = [], []
        for player, row in zip(players, last, strict=False):
            if player.waiting == "nothing":
                chosen.append(PAD)
                newest.append((0,) * len(COLUMNS))
                continue
            allowed = np.flatnonzero(player.allowed())
            shares = np.exp(row[allowed] - row[allowed].max())
            order = np.argsort(-shares)
            kept = order[: int(np.searchsorted(np.cumsum(shares[order]) / shares.sum(), 0.95)) + 1]
            token = int(allowed[kept[rng.choice(len(kept), p=shares[kept] / shares[kept].sum())]])
            player.read(token)
            chosen.append(token)
            newest.append(player.row())
        plain = torch.tensor(newest)
        if guidance != 1:
            blank = plain.clone()
            blank[:, HARMONY] = 0
            plain = torch.cat([plain, blank])
        ids, rows = torch.tensor(chosen * len(streams))[:, None], plain[:, None]
        seen = torch.cat([seen, torch.ones(len(flat), 1, dtype=torch.int64)], dim=1)
        positions = positions[:, -1:] + 1
    step = v.step_ticks
    return [
        LeadSheet(sheet.chart, tuple(Note(s * step, p, n * step, w) for s, p, n, w in player.notes))
        for sheet, player in zip(sheets, players, strict=True)
    ]


def musical(sheets: Sequence[LeadSheet]) -> dict[str, float]:
    return {
        "chord_tones": chord_tone_ratio(sheets),
        "strong": chord_tone_ratio(sheets, "strong beats"),
        "by_time": chord_tone_ratio(sheets, "time"),
        "shift_gain": chord_shift_gain(sheets),
        "step_resolution": step_resolution(sheets),
        "notes_per_bar": notes_per_bar(sheets),
    }


def sheets_of(path: Path, split: str) -> tuple[list[LeadSheet], list[int]]:
    dataset = load_dataset(path)
    codec, windows = Codec(dataset.vocabulary), dataset.windows(split)
    return [codec.decode(token_ids.tolist()) for token_ids, _ in windows], windows.songs.tolist()


def table(paths: Sequence[Path]) -> Iterator[str]:
    """The rows of a Markdown table."""
    results = [json.loads(line) for path in paths for line in path.read_text("utf-8").splitlines()]
    runs: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for result in results:
        key = (result["variant"], "+".join(result["datasets"]), f"{result['tokens']:g}", str(result["share"]))
        runs.setdefault(key, []).append(result)
    yield (
        "| variant | data | tokens | share | seeds | bits | pitch | rhythm | velocity | sensitivity "
        "| chord tones | on strong beats | by time | shift gain | steps | notes a bar |"
    )
    yield "|---" * 16 + "|"
    for key, group in runs.items():
        figures = [[run[name] for name in ("bits", "pitch", "rhythm", "velocity", "sensitivity")] for run in group]
        solos = [list(run["solos"].values()) for run in group]
        numbers = np.concatenate([np.mean(figures, axis=0), np.mean(solos, axis=0)])
        yield f"| {' | '.join(key)} | {len(group)} | " + " | ".join(f"{number:.3f}" for number in numbers) + " |"
    for name, human in {result["datasets"][0]: result["human"] for result in results}.items():
        yield f"| human | {name} | | | | | | | | | " + " | ".join(f"{value:.3f}" for value in human.values()) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("variant")
    parser.add_argument("datasets", type=Path, nargs="+")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tokens", type=float, default=1.5e6)
    parser.add_argument("--share", type=float, default=1.0, help="of the songs that are learned from")
    parser.add_argument("--split", default="validation")
    parser.add_argument("--solos", type=int, default=96)
    parser.add_argument("--out", type=Path, default=Path("representation.jsonl"))
    parser.add_argument("--save", type=Path)
    arguments = parser.parse_args()
    if arguments.variant == "table":
        print("\n".join(table(arguments.datasets)))
        return
    torch.set_num_threads(1)
    variant, began = variant_of(arguments.variant), time.perf_counter()
    encoder = Encoder(vocabulary(load_dataset(arguments.datasets[0]).config.grid), variant)
    training: list[LeadSheet] = []
    for path in arguments.datasets:
        sheets, songs = sheets_of(path, "train")
        kept = set(
            np.random.default_rng(1)
            .permutation(sorted(set(songs)))[: round(arguments.share * len(set(songs)))]
            .tolist()
        )
        training += [sheet for sheet, song in zip(sheets, songs, strict=True) if song in kept]
    held_back, songs = sheets_of(arguments.datasets[0], arguments.split)
    examples = [example for example in map(encoder.encode, training) if len(example.ids) <= 1024]
    prepared = time.perf_counter()
    held = [encoder.encode(sheet) for sheet in held_back]
    model, curve = train(variant, encoder, examples, held, arguments.tokens, arguments.seed)
    trained = time.perf_counter()
    own, others = swapped(held_back, songs)
    sensitivity = (
        bits(model, [encoder.encode(s) for s in others], encoder.v)["bits"]
        - bits(model, [encoder.encode(s) for s in own], encoder.v)["bits"]
    )
    whole = [sheet for sheet in held_back if len(sheet.chart.bars) == max(len(s.chart.bars) for s in held_back)]
    chosen = [whole[i] for i in np.random.default_rng(1).permutation(len(whole))[: arguments.solos]]
    solos = sampled(model, encoder, chosen, arguments.seed)
    result = {
        "variant": arguments.variant,
        "datasets": [path.name for path in arguments.datasets],
        "seed": arguments.seed,
        "tokens": arguments.tokens,
        "share": arguments.share,
        "split": arguments.split,
        "parameters": sum(p.numel() for p in model.parameters()),
        **min(curve, key=lambda figures: figures["bits"]),
        "last_bits": curve[-1]["bits"],
        "sensitivity": sensitivity,
        "solos": musical(solos),
        "human": musical(chosen),
        "seconds": {"encode": prepared - began, "train": trained - prepared, "rest": time.perf_counter() - trained},
    }
    if arguments.save:
        torch.save({"variant": arguments.variant, "weights": model.state_dict()}, arguments.save)
    with arguments.out.open("a", encoding="utf-8") as file:
        file.write(json.dumps(result) + "\n")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
