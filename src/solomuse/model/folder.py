"""The model folder: weights, tokenizer, and what they were made of."""

from __future__ import annotations

import json
import reprlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import torch

from solomuse import __version__
from solomuse.config import ModelConfig
from solomuse.errors import ConfigError, ModelError
from solomuse.model.decoder import PRECISIONS, Decoder, DecoderConfig, Precision
from solomuse.model.gpt2_decoder import GPT2Decoder
from solomuse.tokens.features import feature_sizes
from solomuse.tokens.tokenizer import save_tokenizer
from solomuse.tokens.vocabulary import CONDITIONS, GRIDS, PLAYER_SLOTS, TOKEN_FORMAT_VERSION, Vocabulary, vocabulary

GPT2_TYPES = ("gpt2", "chart_gpt2")
WEIGHTS_FILE = "model.safetensors"
BUNDLED = "default"
"""Stands for the soloist that comes with the package, where a model's path would be."""


def _is_count(value: Any) -> bool:
    return type(value) is int and value > 0


def _are_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


_COUNT = ("a whole number above 0", _is_count)
_FIELDS: Mapping[str, Mapping[str, tuple[str, Callable[[Any], bool]]]] = {
    "config.json": {
        **dict.fromkeys(("n_layer", "n_head", "n_embd", "n_positions"), _COUNT),
        "feature_sizes": ("a list", lambda value: value is None or isinstance(value, list)),
        "model_type": ("a name", lambda value: isinstance(value, str)),
        "layer_norm_epsilon": ("a number between 0 and 1", lambda value: isinstance(value, float) and 0 < value < 1),
    },
    "solomuse.json": {
        "window_bars": _COUNT,
        "players": (f"at most {PLAYER_SLOTS} names", lambda value: _are_names(value) and len(value) <= PLAYER_SLOTS),
        "conditions": (
            "a list of names for each",
            lambda value: isinstance(value, dict) and all(map(_are_names, value.values())),
        ),
    },
}
"""What is expected of the fields of a file, and whether a value is that. Who needs a field sees whether it is there."""


@dataclass(frozen=True, slots=True)
class Model:
    """A trained model, ready to generate.

    Parameters
    ----------
    about : mapping
        What ``solomuse.json`` says: window length, training data, versions.
    """

    path: Path
    decoder: Decoder
    vocabulary: Vocabulary
    about: Mapping[str, Any]

    @property
    def window_bars(self) -> int:
        """Bars of the windows that it was trained on."""
        return int(self.about["window_bars"])

    @property
    def is_described(self) -> bool:
        """Whether it has learned how dense and how high a melody is."""
        return bool(self.decoder.config.feature_sizes)

    def choices(self, condition: str) -> tuple[str, ...]:
        """What it has learned of that can be asked for: styles, feels, instruments, or players."""
        names = self.about.get("players") if condition == "player" else self.about.get("conditions", {}).get(condition)
        return tuple(names or ())

    def value_index(self, condition: str, value: str) -> int:
        """The index of one of the `choices` among the values of the vocabulary."""
        if condition == "player":
            return self.choices(condition).index(value)
        return self.vocabulary.conditions[CONDITIONS.index(condition)].values.index(value)


def save_about(
    folder: Path,
    vocabulary: Vocabulary,
    window_bars: int,
    players: Sequence[str],
    conditions: Mapping[str, Sequence[str]],
    data: Mapping[str, Any],
) -> None:
    """Write the tokenizer and ``solomuse.json`` beside weights that transformers has saved.

    Parameters
    ----------
    players : sequence of str
        Whose each slot is.
    conditions : mapping
        Styles, feels and instruments that were learned, each by the name of its condition.
    """
    save_tokenizer(vocabulary, folder)
    about = {
        "package": __version__,
        "token_format": TOKEN_FORMAT_VERSION,
        "vocabulary": vocabulary.hash,
        "grid": vocabulary.grid,
        "window_bars": window_bars,
        "players": list(players),
        "conditions": {name: list(values) for name, values in conditions.items()},
        "data": dict(data),
    }
    (folder / "solomuse.json").write_text(json.dumps(about, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def load_model(path: str | Path | None = None, device: str = "cpu", precision: Precision = "auto") -> Model:
    """The model in a folder.

    Parameters
    ----------
    path : str or Path
        A folder that `solomuse train` has written: a run (its best model is taken) or a checkpoint. Without one, or for
        ``default``, the soloist that comes with the package.
    device : str
        Where to put the weights: ``cpu``, ``cuda``.
    precision : Precision
        ``fp32``, ``bf16`` or ``int8``; ``auto`` takes what is quickest without harm to the music.

    Raises
    ------
    ModelError
        If the folder is no model, incomplete, or of another vocabulary.
    ConfigError
        If there is no such precision here, or the model needs a package that is not installed.
    """
    folder = model_folder(Path(path or BUNDLED))
    about = read_json(folder / "solomuse.json")
    config = read_json(folder / "config.json")
    if about.get("grid") not in GRIDS or about.get("vocabulary") != vocabulary(about["grid"]).hash:
        raise ModelError(
            f"{folder} has another vocabulary ({about.get('vocabulary')}, token format {about.get('token_format')}) "
            f"than this version of SoloMuse: train it again, or use version {about.get('package')}"
        )
    known = vocabulary(about["grid"])
    _refuse_other_versions(folder, config, known, about)
    if "window_bars" not in about:
        raise ModelError(f"{folder}/solomuse.json does not say its window_bars: copy or train the model again")
    return Model(folder, _decoder(folder, config, known, device, precision), known, about)


def is_bundled(path: Path) -> bool:
    """Whether a path stands for the soloist that comes with the package."""
    return path == Path(BUNDLED) and not path.exists()


def model_folder(path: Path) -> Path:
    """The folder with the weights: `path` itself, or the best model of a run; of ``default`` the bundled soloist's.

    Raises
    ------
    ModelError
        If there is none.
    """
    if is_bundled(path):
        return Path(str(files("solomuse").joinpath("soloist")))
    for folder in (path, path / "model"):
        if (folder / "config.json").is_file() and (folder / "solomuse.json").is_file():
            return folder
    raise ModelError(
        f"{path} is not a model folder: expected config.json and solomuse.json, as 'solomuse train' writes"
    )


def config_for(folder: Path, vocabulary: Vocabulary) -> dict[str, Any]:
    """What a model folder's ``config.json`` says, if the model goes with data of this vocabulary.

    Raises
    ------
    ModelError
        If a file cannot be read, or the model has another vocabulary or other features.
    """
    about, config = read_json(folder / "solomuse.json"), read_json(folder / "config.json")
    if about.get("vocabulary") != vocabulary.hash:
        grid = about.get("grid")
        advice = "make the older one again" if grid == vocabulary.grid else f"prepare the dataset with --grid {grid}"
        raise ModelError(
            f"{folder} has another vocabulary (grid {grid}, {about.get('vocabulary')}) than the dataset "
            f"(grid {vocabulary.grid}, {vocabulary.hash}): {advice}"
        )
    _refuse_other_versions(folder, config, vocabulary, about)
    return config


def _refuse_other_versions(
    folder: Path, config: Mapping[str, Any], vocabulary: Vocabulary, about: Mapping[str, Any]
) -> None:
    """See that a model has the features and the weights of this version, or is one without features as a plain GPT-2.

    Raises
    ------
    ModelError
        If it has others.
    """
    stored = config.get("feature_sizes")
    if not stored:
        return
    if stored != list(feature_sizes(vocabulary)):
        raise ModelError(
            f"{folder} was trained with other features of the chart than this version of SoloMuse has: "
            f"train it again, or use the version that made it ({about.get('package')})"
        )
    with _weights_file(folder) as file:
        names = set(file.keys())
    if names and "recall" not in names:
        raise ModelError(
            f"{folder} was trained by a version of SoloMuse whose models recalled nothing of what they had played: "
            "train it again, or use that version"
        )


def _decoder(folder: Path, config: Mapping[str, Any], known: Vocabulary, device: str, precision: Precision) -> Decoder:
    if precision not in PRECISIONS:
        raise ConfigError(f"precision is {precision!r}: expected one of {', '.join(PRECISIONS)}")
    if config.get("model_type") not in GPT2_TYPES:
        from solomuse.model.plain import load_plain

        return load_plain(folder, known, device, precision)
    weights = _weights(folder, device)
    try:
        sizes = {
            "n_layer": sum(name.endswith(".ln_1.weight") for name in weights),
            "n_positions": len(weights["transformer.wpe.weight"]),
        }
        for field, size in sizes.items():
            if config[field] != size:
                raise _damaged(folder, f"{field} is {config[field]} in config.json, {size} in {WEIGHTS_FILE}")
        return GPT2Decoder(_decoder_config(config, known), weights, precision)
    except (KeyError, RuntimeError) as error:
        raise ModelError(f"{folder} is damaged or not complete ({error}): copy or train the model again") from None


def _decoder_config(config: Mapping[str, Any], known: Vocabulary) -> DecoderConfig:
    return DecoderConfig(
        n_layer=config["n_layer"],
        n_head=config["n_head"],
        n_embd=config["n_embd"],
        block_size=config["n_positions"],
        vocabulary=known,
        feature_sizes=tuple(config.get("feature_sizes") or ()),
        layer_norm_epsilon=config.get("layer_norm_epsilon", 1e-5),
    )


def _weights(folder: Path, device: str) -> dict[str, torch.Tensor]:
    with _weights_file(folder, device) as file:
        weights = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118  # it is no mapping
    for name, weight in weights.items():
        if not weight.isfinite().all():  # no note would ever be drawn
            raise ModelError(f"{folder / WEIGHTS_FILE} holds no numbers in {name}: copy or train the model again")
    return weights


@contextmanager
def _weights_file(folder: Path, device: str = "cpu") -> Iterator[Any]:
    """The weights of a model folder, to be read one by one.

    Raises
    ------
    ModelError
        If they cannot be read.
    """
    from safetensors import SafetensorError, safe_open

    path = folder / WEIGHTS_FILE
    try:
        with safe_open(path, "pt", device) as file:
            yield file
    except (OSError, SafetensorError) as error:
        raise ModelError(f"{path} cannot be read ({error}): copy or train the model again") from None


def read_json(path: Path) -> dict[str, Any]:
    """What a JSON file of a model folder holds.

    Raises
    ------
    ModelError
        If it cannot be read, is no object, or one of its fields is not what it should be.
    """
    try:
        content = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ModelError(f"{path} cannot be read ({error}): copy or train the model again") from None
    if not isinstance(content, dict):
        raise ModelError(f"{path} is damaged: expected a JSON object")
    _check_fields(path, content)
    return content


def _check_fields(path: Path, content: Mapping[str, Any]) -> None:
    """See that what a file says can be so.

    Raises
    ------
    ModelError
        If it cannot.
    """
    for field, (expected, is_right) in _FIELDS.get(path.name, {}).items():
        if field in content and not is_right(content[field]):
            raise _damaged(path, f"{field} is {reprlib.repr(content[field])}, expected {expected}")
    heads = {field: content[field] for field in ("n_head", "n_embd") if field in content}
    if len(heads) == 2:
        try:
            ModelConfig(**heads, chart_features=bool(content.get("feature_sizes")))
        except ConfigError as error:
            raise _damaged(path, str(error)) from None


def _damaged(path: Path, why: str) -> ModelError:
    return ModelError(f"{path} is damaged ({why}): copy or train the model again")
