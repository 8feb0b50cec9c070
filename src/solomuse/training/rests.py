"""Fits the scores of rests where solos begin and end, with all else of a model as it is."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save
from torch import Tensor
from transformers import PreTrainedModel

from solomuse.config import ModelConfig
from solomuse.datasets.load import Windows
from solomuse.files import write_whole
from solomuse.model.folder import WEIGHTS_FILE
from solomuse.model.likelihood import IGNORED, Sequence_, batches_by_tokens, padded
from solomuse.model.rests import CELLS, KINDS, rest_cells
from solomuse.tokens.vocabulary import BAR, SEP, Vocabulary
from solomuse.training.initial import model_from_folder

STEPS = 100
MOST_WINDOWS = 1024
"""To whose beginnings and ends the table is fitted; it has 36 numbers."""
TABLE = "rest_scores"


def fit_rests(folder: Path, config: ModelConfig, windows: Windows) -> None:
    """Give a model folder the table that makes the beginnings and ends of some windows likeliest.

    Parameters
    ----------
    folder : Path
        Of a model with features; its weights are written anew.
    config : ModelConfig
        The model's shape.
    windows : Windows
        Of the songs that it has learned from.
    """
    order = np.random.default_rng(0).permutation(len(windows)).tolist()
    at_an_end = list(islice((window for index in order if _is_at_an_end(window := windows[index])), MOST_WINDOWS))
    if not at_an_end:
        return
    model = model_from_folder(folder, config, windows.vocabulary)
    model.rest_scores.zero_()
    weights = load_file(folder / WEIGHTS_FILE)
    weights[TABLE] = fitted_rests(model, at_an_end, windows.vocabulary).to(weights[TABLE].dtype)
    write_whole(folder / WEIGHTS_FILE, save(weights, metadata={"format": "pt"}))


def _is_at_an_end(sequence: Sequence_) -> bool:
    """Whether the table counts anywhere in a sequence."""
    return bool(rest_cells(torch.from_numpy(sequence[1]).long()).any())


@torch.no_grad()
def rest_odds(
    model: PreTrainedModel, sequences: Iterable[Sequence_], vocabulary: Vocabulary
) -> tuple[Tensor, Tensor, Tensor]:
    """What a model gives to the kinds of rests and to all else, where they may come and a table counts.

    Parameters
    ----------
    sequences : iterable of sequences
        With features; at least one says a place where a solo begins or ends.

    Returns
    -------
    scores : Tensor of shape (N, KINDS + 1), float32
        Logarithms of the sums over a whole bar's rest, over the shorter ones, over all other tokens.
    cells : Tensor of shape (N, 2), int64
        As `rest_cells` gives them.
    kinds : Tensor of shape (N,), int64
        Which of the three came.
    """
    shifts, lengths = vocabulary.time_shift, vocabulary.duration
    may_follow = torch.zeros(len(vocabulary), dtype=torch.bool)
    may_follow[[SEP, BAR]], may_follow[lengths.ids] = True, True
    kind = torch.full((len(vocabulary),), KINDS)
    kind[BAR], kind[shifts.ids] = 0, 1
    found = []
    for batch in batches_by_tokens(filter(_is_at_an_end, sequences)):
        token_ids, features, labels = padded(batch, model.config.n_positions)
        rows, targets = features.long()[:, :-1], labels[:, 1:]
        cells = rest_cells(rows)
        kept = (targets != IGNORED) & (cells > 0).any(-1) & may_follow[token_ids[:, :-1]]
        logits = model(token_ids, features=features).logits[:, :-1][kept].float()  # (n, V)
        sums = [logits[:, kind == index].logsumexp(-1) for index in range(KINDS + 1)]
        found.append((torch.stack(sums, dim=-1), cells[kept], kind[targets[kept]]))
    scores, cells, kinds = (torch.cat(parts) for parts in zip(*found, strict=True))
    return scores, cells, kinds


def fitted_rests(model: PreTrainedModel, sequences: Iterable[Sequence_], vocabulary: Vocabulary) -> Tensor:
    """The table that makes what comes in some sequences likeliest, each of its numbers held to 0 by a prior of 1.

    Parameters
    ----------
    model : PreTrainedModel
        With features; its own table must be 0.
    sequences : iterable of sequences
        With features that say the place; those that the model learned from.

    Returns
    -------
    Tensor of shape (CELLS, KINDS), float32
    """
    model.eval()
    scores, cells, kinds = rest_odds(model, sequences, vocabulary)
    table = torch.zeros(CELLS, KINDS, requires_grad=True)
    optimizer = torch.optim.LBFGS([table], max_iter=STEPS, line_search_fn="strong_wolfe")

    def cost() -> Tensor:
        optimizer.zero_grad()
        added = torch.nn.functional.pad(table[cells].sum(1), (0, 1))  # (N, KINDS + 1)
        nats = torch.nn.functional.cross_entropy(scores + added, kinds, reduction="sum") + table.square().sum() / 2
        nats.backward()
        return nats

    optimizer.step(cost)
    fitted = table.detach()
    fitted[0] = 0  # where there is no place of these
    return fitted
