"""The step loop: plays takes token by token, all in one batch. It knows no rules but those that it is handed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from solomuse.errors import ConfigError
from solomuse.generation.memory import Memory
from solomuse.generation.sampling import Sampling
from solomuse.generation.takes import TOKENS_OF_A_NOTE, Take, Window
from solomuse.model.decoder import Decoder
from solomuse.tokens.conditions import without_chords
from solomuse.tokens.cursors import Cursors, Stage
from solomuse.tokens.features import CHORD_COLUMNS
from solomuse.tokens.vocabulary import BAR, EOS, Vocabulary

Integers = NDArray[np.int64]
Read = tuple[NDArray[np.uint16], NDArray[np.int32]]
"""Token ids of shape (T,) and their features of shape (T, F)."""


NEVER = 1000.0
"""Taken from the score of the rest that would leave a solo without a note. It can still be chosen where a rule forbids
all else."""


class Rule(Protocol):
    """Changes the scores of the next tokens, or forbids some."""

    def __call__(self, scores: Tensor, cursors: Cursors, windows: Sequence[Window]) -> Tensor:
        """The scores, shape (B, V), as the rule will have them; -inf for what is forbidden, but never for all."""


def play(
    decoder: Decoder, takes: Sequence[Take], vocabulary: Vocabulary, sampling: Sampling, rules: Sequence[Rule]
) -> Iterator[None]:
    """Play all takes to their ends; comes back whenever one may have finished a bar."""
    while unfinished := [take for take in takes if not take.is_done]:
        windows = [take.window() for take in unfinished]
        yield from _play_windows(decoder, unfinished, windows, vocabulary, sampling, rules)


def _play_windows(
    decoder: Decoder,
    takes: Sequence[Take],
    windows: Sequence[Window],
    vocabulary: Vocabulary,
    sampling: Sampling,
    rules: Sequence[Rule],
) -> Iterator[None]:
    """Play each take until its window closes.

    Raises
    ------
    ConfigError
        If the model cannot attend to a single bar.
    """
    cursors = Cursors(
        [window.sheet for window in windows],
        [window.cursor for window in windows],
        [window.end for window in windows],
        vocabulary,
    )
    lengths = np.array([len(window.token_ids) for window in windows])
    if (lengths + TOKENS_OF_A_NOTE >= decoder.config.block_size).any():
        raise ConfigError(
            f"a bar with its chords and notes is longer than the {decoder.config.block_size} tokens that the model can "
            "see: write it as shorter bars, ask for fewer notes, or take a model with a larger block_size"
        )
    stops = np.array([window.stop for window in windows])
    is_guided = sampling.guidance != 1
    read = [(window.token_ids, window.features) for window in windows]
    scores, cache = decoder.start(*_batch(read, vocabulary, is_guided, decoder.device))
    memory = Memory(decoder.recall, windows)
    heard = [0] * len(takes)
    history: list[tuple[Integers, Integers, NDArray[np.bool_]]] = []
    while True:
        has_room = (cursors.step < stops) & (lengths + TOKENS_OF_A_NOTE < decoder.config.block_size)
        is_open = (cursors.stage != Stage.EVENT) | has_room
        if not is_open.any():
            break
        token_ids = _chosen(scores, cursors, takes, windows, memory, sampling, rules, is_open)
        cursors.read(token_ids, is_open)
        lengths += is_open
        yield from _new_bars(takes, windows, cursors, heard)
        features = cursors.features()
        history.append((token_ids, features, is_open))
        if cache.room:
            scores = decoder.step(*_next(token_ids, features, is_guided, decoder.device), cache)
        else:  # rows of different lengths end together in the cache, which may be full before the longest of them is
            beginnings = [_so_far(part, history, row) for row, part in enumerate(read)]
            scores, cache = decoder.start(*_batch(beginnings, vocabulary, is_guided, decoder.device))
    for row in range(len(takes)):
        takes[row].take_in(windows[row], cursors.notes[row][heard[row] :], int(cursors.step[row]))
    yield


def _new_bars(takes: Sequence[Take], windows: Sequence[Window], cursors: Cursors, heard: list[int]) -> Iterator[None]:
    """Hand over to the takes what is finished, where a cursor has passed a bar line."""
    passed = False
    for row in np.flatnonzero((cursors.stage == Stage.EVENT) & (cursors.step > 0)).tolist():
        step = int(cursors.step[row])
        if takes[row].next_bar_line <= windows[row].start + step < windows[row].start + windows[row].stop:
            takes[row].take_in(windows[row], cursors.notes[row][heard[row] :], step)
            heard[row], passed = len(cursors.notes[row]), True
    if passed:
        yield


def _so_far(part: Read, history: Sequence[tuple[Integers, Integers, NDArray[np.bool_]]], row: int) -> Read:
    """All that a row has read; of one that is closed already, no more than it needs to be there."""
    token_ids, features = part
    if not history[-1][2][row]:
        return token_ids[:1], features[:1]
    played = [(ids[row], rows[row]) for ids, rows, _ in history]
    return (
        np.append(token_ids, np.array([token_id for token_id, _ in played], dtype=np.uint16)),
        np.concatenate([features, np.array([own for _, own in played], dtype=np.int32)]),
    )


def _batch(
    read: Sequence[Read],
    vocabulary: Vocabulary,
    is_guided: bool,
    device: torch.device,
) -> tuple[Tensor, Tensor, Tensor]:
    """What the decoder starts with: ids (B, T), features (B, T, F), counts (B,), padded on the right.

    With guidance the rows without the chart follow those with it.
    """
    parts = list(read)
    if is_guided:
        parts += [without_chords(*part, vocabulary) for part in parts]
    counts = [len(token_ids) for token_ids, _ in parts]
    ids = np.zeros((len(parts), max(counts)), dtype=np.int64)
    rows = np.zeros((len(parts), max(counts), parts[0][1].shape[1]), dtype=np.int64)
    for index, (token_ids, features) in enumerate(parts):
        ids[index, : counts[index]], rows[index, : counts[index]] = token_ids, features
    return torch.from_numpy(ids).to(device), torch.from_numpy(rows).to(device), torch.tensor(counts, device=device)


def _next(token_ids: Integers, features: Integers, is_guided: bool, device: torch.device) -> tuple[Tensor, Tensor]:
    """The newest tokens, shape (B,), and their features, shape (B, F)."""
    if is_guided:
        deaf = features.copy()
        deaf[:, CHORD_COLUMNS] = 0
        token_ids, features = np.concatenate([token_ids, token_ids]), np.concatenate([features, deaf])
    return torch.from_numpy(token_ids).to(device), torch.from_numpy(features).to(device)


def _chosen(
    scores: Tensor,
    cursors: Cursors,
    takes: Sequence[Take],
    windows: Sequence[Window],
    memory: Memory,
    sampling: Sampling,
    rules: Sequence[Rule],
    is_open: NDArray[np.bool_],
) -> Integers:
    """A token for each row; where a row is closed, one that is never read."""
    allowed = cursors.allowed()
    allowed[is_open, EOS] = False
    mask = torch.from_numpy(allowed).to(scores.device)
    heard = scores[: len(takes)].float()
    own = changed = memory.recalled(heard.masked_fill(~mask, -torch.inf), cursors)
    if sampling.guidance != 1:
        heard = torch.lerp(scores[len(takes) :].float(), heard, sampling.guidance)
    if sampling.guidance != 1 or sampling.recall != 1:
        changed = memory.recalled(heard.masked_fill(~mask, -torch.inf), cursors, sampling.recall)
    for rule in rules:
        changed = rule(changed, cursors, windows)
    if silent := _silent(cursors, takes, windows):
        changed = changed.clone()
        changed[silent, BAR] -= NEVER
    points = [take.rng.random() if is_row_open else 0.0 for take, is_row_open in zip(takes, is_open, strict=True)]
    chosen = sampling.choose(changed, torch.tensor(points, device=scores.device), cursors.vocabulary.note_on.ids)
    costs = torch.log_softmax(own, dim=-1).gather(-1, chosen[:, None])[:, 0].tolist()
    for row in np.flatnonzero(is_open).tolist():
        takes[row].log_likelihood += costs[row]
    ids: Integers = chosen.cpu().numpy()
    return ids


def _silent(cursors: Cursors, takes: Sequence[Take], windows: Sequence[Window]) -> list[int]:
    """The rows that stand in the last bar of their form without a note."""
    return [
        row
        for row, (take, window) in enumerate(zip(takes, windows, strict=True))
        if not take.notes and not cursors.notes[row] and window.start + cursors.step[row] >= take.chart.bar_lines[-2]
    ]
