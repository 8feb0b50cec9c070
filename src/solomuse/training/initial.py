"""The model that a training begins with: fresh, or from a model folder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from transformers import PreTrainedModel

from solomuse.config import ModelConfig
from solomuse.errors import ModelError
from solomuse.model.folder import WEIGHTS_FILE, config_for, model_folder, read_json
from solomuse.model.gpt2 import build_model
from solomuse.tokens.vocabulary import Vocabulary


def config_of_model(folder: Path, config: ModelConfig) -> ModelConfig:
    """The shape of the model in a folder, with what a folder does not say taken from `config`.

    Raises
    ------
    ModelError
        If the folder is no model.
    """
    stored = read_json(model_folder(folder) / "config.json")
    try:
        return replace(
            config,
            n_layer=stored["n_layer"],
            n_head=stored["n_head"],
            n_embd=stored["n_embd"],
            block_size=stored["n_positions"],
            chart_features=bool(stored.get("feature_sizes")),
        )
    except KeyError as error:
        raise ModelError(f"{folder}/config.json has no {error}: copy or train the model again") from None


def model_from_folder(path: Path, config: ModelConfig, vocabulary: Vocabulary) -> PreTrainedModel:
    """A model for training with the weights of a folder, of the shape that `config_of_model` has found.

    Raises
    ------
    ModelError
        If its vocabulary or features are not those of this training, or its weights not exactly what they should be.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_model

    folder = model_folder(path)
    config_for(folder, vocabulary)
    model = build_model(config, vocabulary)
    try:
        load_model(model, folder / WEIGHTS_FILE, strict=True)
    except (OSError, SafetensorError, RuntimeError) as error:
        reason = " ".join(str(error).split())
        raise ModelError(f"{folder}/{WEIGHTS_FILE} does not fit ({reason}): copy or train the model again") from None
    return model
