"""Fits the scores of rests where solos begin and end, with all else of a model as it is."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor
from transformers import PreTrainedModel

from solomuse.model.likelihood import IGNORED, Sequence_, batches_by_tokens, padded
from solomuse.model.rests import CELLS, KINDS, rest_cells
from solomuse.tokens.vocabulary import BAR, SEP, Vocabulary

STEPS = 100


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
    at_an_end = (sequence for sequence in sequences if bool(rest_cells(torch.from_numpy(sequence[1]).long()).any()))
    for batch in batches_by_tokens(at_an_end):
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
