"""Filling gaps with both sides in view.

A model of what comes next knows only what was. So each gap is played several times, and one of these is drawn by how
likely it makes what follows the gap: importance resampling, which for many tries draws from the model's own
distribution of the gap given both sides (D. Rubin, "Using the SIR algorithm to simulate posterior distributions",
Bayesian Statistics 3, 1988).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from solomuse.generation.loop import Read, Rule, play
from solomuse.generation.sampling import Sampling
from solomuse.generation.takes import PlayedNote, Take
from solomuse.model.decoder import Decoder
from solomuse.tokens.encoding import encode_start
from solomuse.tokens.grid_sheet import GridSheet
from solomuse.tokens.vocabulary import Vocabulary

TRIES = 8
BARS_AHEAD = 4
"""How much of what follows a gap is looked at."""


def fill(
    decoder: Decoder,
    take: Take,
    vocabulary: Vocabulary,
    sampling: Sampling,
    rules: Sequence[Rule],
    try_at: Callable[[int, tuple[int, int], Sequence[PlayedNote]], Take],
) -> None:
    """Play all gaps of a take, one after another.

    Parameters
    ----------
    take : Take
        Changed in place: its gaps are full afterwards.
    try_at : callable
        A new take for the number of the try, the gap, and the notes so far.
    """
    for gap in take.gaps:
        tries = [try_at(number, gap, take.notes) for number in range(TRIES)]
        for _ in play(decoder, tries, vocabulary, sampling, rules):
            pass
        chosen = tries[_drawn(_following(decoder, tries, gap, vocabulary), take.rng)]
        take.notes = chosen.notes
        take.log_likelihood += chosen.log_likelihood
    take.gaps, take.cursor = (), take.chart.steps


def _drawn(log_likelihoods: NDArray[np.float64], rng: np.random.Generator) -> int:
    weights = np.exp(log_likelihoods - log_likelihoods.max())
    return int(np.searchsorted(np.cumsum(weights) / weights.sum(), rng.random()))


def _following(
    decoder: Decoder, tries: Sequence[Take], gap: tuple[int, int], vocabulary: Vocabulary
) -> NDArray[np.float64]:
    """The logarithm of how likely each try makes what follows the gap, shape (tries,)."""
    bar = int(np.searchsorted(tries[0].chart.bar_lines, gap[1]))  # the first after the gap
    ahead = min(BARS_AHEAD, tries[0].chart.bars - bar)
    context = min(max(1, tries[0].window_bars - ahead), bar)
    while ahead:
        views = [_view(take, (bar - context, bar, bar + ahead), vocabulary) for take in tries]
        wholes, counts = [whole for whole, _ in views], [count for _, count in views]
        if max(counts) + _most_ahead(wholes, counts) <= decoder.config.block_size:
            return _scored(decoder, wholes, counts)
        context, ahead = (context // 2, ahead) if context > 1 else (1, ahead - 1)
    return np.zeros(len(tries))


def _view(take: Take, bars: tuple[int, int, int], vocabulary: Vocabulary) -> tuple[Read, int]:
    """A take from the first of three bars to the last, and how many of its tokens come before the one between them."""
    start, middle, until = (int(take.chart.bar_lines[bar]) for bar in bars)
    part = take.chart.slice(bars[0], bars[2]).saying(**take.conditions_at(middle))
    notes = [(t - start, p, min(s, until - t), v) for t, p, s, v in take.notes if start <= t < until]
    before = _with(part, [note for note in notes if note[0] < middle - start])
    return (
        encode_start(_with(part, notes), until - start, vocabulary),
        len(encode_start(before, middle - start, vocabulary)[0]),
    )


def _with(part: GridSheet, notes: Sequence[PlayedNote]) -> GridSheet:
    return replace(part, notes=np.array(notes, dtype=np.int32).reshape(-1, 4))


def _most_ahead(sequences: Sequence[Read], counts: Sequence[int]) -> int:
    """How many tokens at most a sequence has from number ``counts[i]`` on: all rows of the cache grow by so many."""
    return max(len(token_ids) - count for (token_ids, _), count in zip(sequences, counts, strict=True))


def _scored(decoder: Decoder, sequences: Sequence[Read], counts: Sequence[int]) -> NDArray[np.float64]:
    """Log-likelihood of each sequence from its token number ``counts[i]`` on."""
    rows, longest = len(sequences), max(counts)
    ids = np.zeros((rows, longest), dtype=np.int64)
    features = np.zeros((rows, longest, sequences[0][1].shape[1]), dtype=np.int64)
    for row, ((token_ids, own), count) in enumerate(zip(sequences, counts, strict=True)):
        ids[row, :count], features[row, :count] = token_ids[:count], own[:count]
    device = decoder.device
    scores, cache = decoder.start(
        torch.from_numpy(ids).to(device), torch.from_numpy(features).to(device), torch.tensor(counts, device=device)
    )
    total = np.zeros(rows)
    most = _most_ahead(sequences, counts)
    for ahead in range(most):
        places = [min(count + ahead, len(sequences[row][0]) - 1) for row, count in enumerate(counts)]
        is_there = np.array([count + ahead < len(sequences[row][0]) for row, count in enumerate(counts)])
        token_ids = np.array([sequences[row][0][place] for row, place in enumerate(places)], dtype=np.int64)
        shares = torch.log_softmax(scores.float(), dim=-1)
        chosen = shares.gather(-1, torch.from_numpy(token_ids).to(device)[:, None])[:, 0].cpu().numpy()
        total += np.where(is_there, chosen, 0.0)
        if ahead + 1 == most:
            break
        rows_of_features = np.stack([sequences[row][1][place] for row, place in enumerate(places)]).astype(np.int64)
        scores = decoder.step(
            torch.from_numpy(token_ids).to(device), torch.from_numpy(rows_of_features).to(device), cache
        )
    return total
