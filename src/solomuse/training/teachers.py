"""What models that are trained already expect, for another one to learn.

Few solos teach each model a different part of what there is to know, and a part that is true of these solos alone. What
several of them expect in the mean is nearer to solos that nobody has heard, and one model can learn to expect the same
(Hinton, Vinyals and Dean, "Distilling the knowledge in a neural network", 2015).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import torch
from torch import Tensor
from transformers import PreTrainedModel

from solomuse.config import ModelConfig
from solomuse.errors import ModelError
from solomuse.model.folder import model_folder, read_json
from solomuse.model.likelihood import logits_of
from solomuse.tokens.vocabulary import Vocabulary
from solomuse.training.initial import config_of_model, model_from_folder


class Teachers:
    """Models whose mean is learned from.

    Parameters
    ----------
    models : sequence of PreTrainedModel
        Of one vocabulary; they are not trained.
    """

    def __init__(self, models: Sequence[PreTrainedModel], device: torch.device) -> None:
        self.models = [model.to(device).eval().requires_grad_(False) for model in models]

    @torch.no_grad()
    def expect(self, token_ids: Tensor, features: Tensor | None) -> Tensor:
        """The mean of their chances of each next token.

        Parameters
        ----------
        token_ids : Tensor of shape (B, T), int64
        features : Tensor of shape (B, T, F), int32, optional
            For the models that take them.

        Returns
        -------
        Tensor of shape (B, T, V), float32
        """
        total: Tensor | None = None
        for model in self.models:
            chances = logits_of(model, token_ids, features).float().softmax(-1)
            total = chances if total is None else total.add_(chances)
        assert total is not None, "there is no teacher"
        return total / len(self.models)


def load_teachers(
    paths: Iterable[str], config: ModelConfig, vocabulary: Vocabulary, players: Sequence[str], device: torch.device
) -> Teachers | None:
    """The models of some folders or runs; None of none.

    Raises
    ------
    ModelError
        If one is of another vocabulary, knows players that are not the first of these, attends to less than `config`
        says, or cannot be read.
    """
    models = []
    for path in map(Path, paths):
        shape = config_of_model(path, config)
        if shape.block_size < config.block_size:
            raise ModelError(
                f"{path} attends to {shape.block_size} tokens, fewer than the model that it is to teach "
                f"({config.block_size}): pass --block-size {shape.block_size}, or another teacher"
            )
        known = read_json(model_folder(path) / "solomuse.json").get("players", [])
        if known != list(players[: len(known)]):
            raise ModelError(
                f"{path} knows other players than this training: a teacher has learned from the same datasets, "
                "or is what --init begins with"
            )
        models.append(model_from_folder(path, shape, vocabulary))
    return Teachers(models, device) if models else None
