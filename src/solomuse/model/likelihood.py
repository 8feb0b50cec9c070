"""What a model thinks of music: bits of each kind of token."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from solomuse.tokens.conditions import without_chords
from solomuse.tokens.vocabulary import BOS, PAD, SEP, Kind, Vocabulary

IGNORED = -100
LENGTH_STEP = 32
KINDS = ("pitch", "rhythm", "velocity", "chart")
Sequence_ = tuple[NDArray[np.uint16], NDArray[np.int32]]


@dataclass(frozen=True, slots=True)
class Likelihood:
    """Cost of the events of some sequences under a model.

    Parameters
    ----------
    pitch_bits, rhythm_bits, velocity_bits : float
        Sums over ``NOTE_ON``; over ``DUR``, ``TIME_SHIFT``, ``<BAR>`` and ``<EOS>``; over ``VEL``.
    notes, tokens : int
        How many notes, and tokens of events, they cover.
    pitch_hits, duration_hits : int
        How many ``NOTE_ON`` were the likeliest of all ``NOTE_ON``, and ``DUR`` of all ``DUR``.
    """

    pitch_bits: float
    rhythm_bits: float
    velocity_bits: float
    notes: int
    tokens: int
    pitch_hits: int = 0
    duration_hits: int = 0

    @property
    def bits(self) -> float:
        """Sum over all tokens of the events."""
        return self.pitch_bits + self.rhythm_bits + self.velocity_bits

    @property
    def bits_per_note(self) -> float:
        """Cost of all tokens of the events, over the number of notes."""
        return self.bits / self.notes if self.notes else math.nan

    def per_note(self) -> dict[str, float]:
        """Bits per note, of all tokens and of each kind, by name; NaN without a note."""
        notes = self.notes or math.nan
        return {
            "bits_per_note": self.bits_per_note,
            "pitch_bits_per_note": self.pitch_bits / notes,
            "rhythm_bits_per_note": self.rhythm_bits / notes,
            "velocity_bits_per_note": self.velocity_bits / notes,
        }

    @property
    def pitch_accuracy(self) -> float:
        """Share of the notes whose pitch was the likeliest one, given that a note begins; NaN without a note."""
        return self.pitch_hits / self.notes if self.notes else math.nan

    @property
    def duration_accuracy(self) -> float:
        """Share of the notes whose length was the likeliest one; NaN without a note."""
        return self.duration_hits / self.notes if self.notes else math.nan

    @property
    def nats_per_token(self) -> float:
        """Cross entropy, as a training loss has it."""
        return self.bits * math.log(2) / self.tokens if self.tokens else math.nan


def kind_of_each_token(vocabulary: Vocabulary) -> Tensor:
    """One row for each token and a last one for none, one column for each of `KINDS`: 1 where it is of the kind."""
    v = vocabulary
    chart = (v.chord_root, v.chord_quality, v.chord_bass, v.chord_duration, v.meter, *v.conditions)
    table = torch.zeros(len(v) + 1, len(KINDS))
    table[v.note_on.ids, KINDS.index("pitch")] = 1
    table[v.velocity.ids, KINDS.index("velocity")] = 1
    for kind in chart:
        table[kind.ids, KINDS.index("chart")] = 1
    table[[PAD, BOS, SEP], KINDS.index("chart")] = 1
    table[:-1, KINDS.index("rhythm")] = 1 - table[:-1].sum(1)  # all that is left
    return table


def padded(sequences: Sequence[Sequence_], room: int) -> tuple[Tensor, Tensor, Tensor]:
    """A batch of sequences, padded on the right.

    Causal attention never looks to the right, so that no mask is needed. The length is rounded up to a multiple of
    `LENGTH_STEP` where there is room: kernels are made for each shape anew and kept, which costs a CPU more time and
    memory than the padding does.

    Parameters
    ----------
    room : int
        Longest sequence that the model can attend to.

    Returns
    -------
    token_ids : Tensor of shape (B, T), int64
    features : Tensor of shape (B, T, F), int32
    labels : Tensor of shape (B, T), int64
        The events; `IGNORED` on the chart and on the padding.
    """
    longest = max(len(token_ids) for token_ids, _ in sequences)
    longest = max(longest, min(room, _whole_steps(longest)))
    width = sequences[0][1].shape[1]
    ids = np.full((len(sequences), longest), PAD, dtype=np.int64)
    rows = np.zeros((len(sequences), longest, width), dtype=np.int32)
    labels = np.full((len(sequences), longest), IGNORED, dtype=np.int64)
    for index, (token_ids, features) in enumerate(sequences):
        length, first = len(token_ids), int(np.argmax(token_ids == SEP)) + 1
        ids[index, :length], rows[index, :length] = token_ids, features
        labels[index, first:length] = token_ids[first:]
    return torch.from_numpy(ids), torch.from_numpy(rows), torch.from_numpy(labels)


def _whole_steps(length: int) -> int:
    return -(-length // LENGTH_STEP) * LENGTH_STEP


def batches_by_tokens(sequences: Iterable[Sequence_], tokens: int = 8192) -> Iterator[list[Sequence_]]:
    """Batches of at most `tokens` tokens, the padding of `padded` included, or of one sequence."""
    batch: list[Sequence_] = []
    longest = 0
    for sequence in sequences:
        length = _whole_steps(len(sequence[0]))
        longest = max(longest, length)
        if batch and longest * (len(batch) + 1) > tokens:
            yield batch
            batch, longest = [], length
        batch.append(sequence)
    if batch:
        yield batch


def logits_of(model: nn.Module, token_ids: Tensor, features: Tensor | None) -> Tensor:
    """Scores of each next token, shape (B, T, V); features are given to a model that takes them."""
    takes_features = hasattr(getattr(model, "module", model), "feature_embedding")
    scores: Tensor = (model(token_ids, features=features) if takes_features else model(token_ids)).logits
    return scores


@torch.no_grad()
def likelihood(
    model: nn.Module, sequences: Iterable[Sequence_], vocabulary: Vocabulary, guidance: float = 1.0
) -> Likelihood:
    """The cost of the events of some sequences; features are given to a model that takes them.

    Parameters
    ----------
    guidance : float
        How strongly the chart is heard, as `solomuse.generation.sampling.Sampling` has it.
    """
    device = next(model.parameters()).device
    bits = torch.zeros(len(vocabulary), dtype=torch.float64)
    counts = torch.zeros(len(vocabulary), dtype=torch.int64)
    hits = [0, 0]
    room = int(getattr(model, "module", model).config.n_positions)
    was_training = model.training
    model.eval()
    for batch in batches_by_tokens(sequences):
        token_ids, features, labels = (tensor.to(device) for tensor in padded(batch, room))
        logits = logits_of(model, token_ids, features)
        if guidance != 1:
            logits = _guided(model, logits, batch, vocabulary, guidance)
        targets = labels[:, 1:]
        nats = functional.cross_entropy(
            logits[:, :-1].float().flatten(0, 1), targets.flatten(), ignore_index=IGNORED, reduction="none"
        ).cpu()
        flat = targets.flatten().cpu()
        kept = flat != IGNORED
        bits.index_add_(0, flat[kept], nats[kept].double() / math.log(2))
        counts += torch.bincount(flat[kept], minlength=len(vocabulary))
        for index, kind in enumerate((vocabulary.note_on, vocabulary.duration)):
            hits[index] += _hits(logits[:, :-1], targets, kind)
    model.train(was_training)
    return _by_kind(bits, counts, hits, vocabulary)


def _guided(
    model: nn.Module, heard: Tensor, batch: Sequence[Sequence_], vocabulary: Vocabulary, guidance: float
) -> Tensor:
    """The scores of a batch, shape (B, T, V), in which those of the events count what the chart adds so many times."""
    deaf = [without_chords(*sequence, vocabulary) for sequence in batch]
    token_ids, features, _ = (tensor.to(heard.device) for tensor in padded(deaf, heard.shape[1]))
    unheard, guided = logits_of(model, token_ids, features), heard.clone()
    for row, ((whole, _), (left, _)) in enumerate(zip(batch, deaf, strict=True)):
        first, removed = int(np.argmax(whole == SEP)), len(whole) - len(left)  # it has fewer tokens before the events
        events, same = slice(first, len(whole)), slice(first - removed, len(left))
        guided[row, events] = torch.lerp(unheard[row, same], heard[row, events], guidance)
    return guided


def _hits(logits: Tensor, targets: Tensor, kind: Kind) -> int:
    """How many targets of a kind have the highest score of this kind; logits (B, T, V), targets (B, T)."""
    is_kind = (targets >= kind.start) & (targets < kind.stop)
    guesses = logits[..., kind.ids][is_kind].argmax(dim=-1) + kind.start  # (N,)
    return int((guesses == targets[is_kind]).sum())


def _by_kind(bits: Tensor, counts: Tensor, hits: Sequence[int], vocabulary: Vocabulary) -> Likelihood:
    kinds = kind_of_each_token(vocabulary)[:-1].double()  # (V, K)
    pitch, rhythm, velocity, _ = (bits @ kinds).tolist()  # the chart is not predicted
    return Likelihood(
        pitch_bits=pitch,
        rhythm_bits=rhythm,
        velocity_bits=velocity,
        notes=int(counts[vocabulary.note_on.ids].sum()),
        tokens=int(counts.sum()),
        pitch_hits=hits[0],
        duration_hits=hits[1],
    )
