"""Configuration: three dataclasses, and the TOML files whose keys are their fields."""

from __future__ import annotations

import difflib
import math
import re
import reprlib
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from solomuse.errors import ConfigError
from solomuse.tokens.vocabulary import GRIDS, STYLES

Size = Literal["tiny", "small", "base", "large"]
SIZES: tuple[str, ...] = get_args(Size)
DEFAULT_SIZE: Size = "small"
"""Of its grid is the bundled soloist too, so that what is prepared without a word can go on from it."""
LONGEST_SECONDS = 1_000_000
"""Of a time limit: eleven days. No clock takes much more than 30 years, and nobody waits so long."""
FINETUNE = "finetune"
"""The named configuration for going on from a model's weights."""


@dataclass(frozen=True, slots=True)
class DataConfig:
    """How songs become token sequences.

    Parameters
    ----------
    ticks_per_quarter : int
        Resolution of all time inside SoloMuse; 480, and nothing else.
    grid : int
        Steps per quarter note: 4 (sixteenths) or 12 (sixteenths and triplets).
    seq_len : int
        Longest training sequence, in tokens. A window that would be longer takes fewer bars.
    window_bars, hop_bars : int
        Bars of a training window, and from one window's start to the next one's.
    chords : {"auto", "given", "inferred"}
        ``auto`` takes the chords that the source gives, and infers them where it gives none.
    held_back : float
        Share of the songs (by title) that go to validation, and as many again to test.
    melody : str
        Which tracks are learned from: ``best``, ``all``, ``name=TEXT`` or ``track=N``, as
        `solomuse.analysis.soloists.stretches` says.
    min_confidence : float
        Songs whose melody is found with a smaller chance are left out.
    format : str
        The one kind of collection to read, such as ``slakh``; ``auto`` recognises each by its layout.
    splits : {"title", "original"}
        ``original`` keeps the splits of the data set's publishers where they name one.
    omitted : bool
        Read what the publishers of a data set leave out, such as Slakh's duplicates.
    swing : {"straighten", "keep"}
        Whether swung eighths are made even; the ratio is kept beside the song.
    sustain : bool
        Let notes of MIDI files sound for as long as the sustain pedal is down.
    max_seconds : float
        Time limit for one song; 0 for none.
    style : str
        The style of the songs whose source names none, one of `solomuse.tokens.vocabulary.STYLES`; empty if unknown.
    """

    ticks_per_quarter: int = 480
    grid: int = 12
    seq_len: int = 512
    window_bars: int = 16
    hop_bars: int = 8
    chords: Literal["auto", "given", "inferred"] = "auto"
    held_back: float = 0.1
    melody: str = "best"
    min_confidence: float = 0.0
    format: str = "auto"
    splits: Literal["title", "original"] = "title"
    omitted: bool = False
    swing: Literal["straighten", "keep"] = "straighten"
    sustain: bool = False
    max_seconds: float = 30.0
    style: str = ""

    def __post_init__(self) -> None:
        _require(self.ticks_per_quarter == 480, "ticks_per_quarter is 480 and cannot be changed")
        _require(
            self.grid in GRIDS, f"grid is {self.grid}: expected {' or '.join(map(str, GRIDS))} steps per quarter note"
        )
        _require(self.window_bars >= 1, f"window_bars is {self.window_bars}: expected at least 1")
        _require(
            1 <= self.hop_bars <= self.window_bars,
            f"hop_bars is {self.hop_bars}: expected 1 to window_bars, which is {self.window_bars}",
        )
        _require(self.seq_len >= 32, f"seq_len is {self.seq_len}: expected at least 32 tokens")
        _require(0 < self.held_back < 0.5, f"held_back is {self.held_back}: expected a share between 0 and 0.5")
        is_choice = re.fullmatch(r"best|all|name=.+|track=\d+", self.melody)
        _require(is_choice is not None, f"melody is {self.melody!r}: expected best, all, name=TEXT or track=N")
        _require(0 <= self.min_confidence <= 1, f"min_confidence is {self.min_confidence}: expected a chance, 0 to 1")
        known = ", ".join(STYLES)
        _require(self.style in ("", *STYLES), f"style is {self.style!r}: expected one of {known}")
        _require(
            0 <= self.max_seconds <= LONGEST_SECONDS,
            f"max_seconds is {self.max_seconds}: expected 0 to {LONGEST_SECONDS}, 0 for no limit",
        )


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """The shape of the transformer.

    Parameters
    ----------
    n_layer, n_head, n_embd : int
        Blocks, attention heads, width; as in GPT-2.
    block_size : int
        Longest sequence the model can attend to, in tokens.
    dropout : float
        Share of what the embeddings and each layer give that is left out in training, below 1.
    chart_features : bool
        Tell the model at every position where it is in the chart. Without, it is a plain GPT-2.
    """

    n_layer: int = 8
    n_head: int = 8
    n_embd: int = 512
    block_size: int = 1024
    dropout: float = 0.1
    chart_features: bool = True

    def __post_init__(self) -> None:
        _require(min(self.n_layer, self.n_head, self.n_embd, self.block_size) > 0, "model sizes must be positive")
        _require(self.n_embd % self.n_head == 0, f"n_embd {self.n_embd} is not divisible by n_head {self.n_head}")
        width = self.n_embd // self.n_head
        _require(
            not self.chart_features or width % 2 == 0,
            f"a head has n_embd / n_head = {width} channels, which must be even: its attention turns pairs of them",
        )
        _require(0 <= self.dropout < 1, f"dropout is {self.dropout}: expected a share below 1")


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """How the model is trained.

    Parameters
    ----------
    epochs : float
        Passes over the training windows.
    max_minutes : float
        Stop after this time even if passes are left; 0 for no limit.
    batch_size : int
        Windows at once in each process.
    gradient_accumulation_steps : int
        Batches of each process that make one step.
    learning_rate : float
        Peak of Adam's rate.
    warmup : float
        Share of the steps over which the rate rises; then it falls along a cosine.
    weight_decay, max_grad_norm : float
        A `max_grad_norm` of 0 leaves the gradient as it is.
    mix : str
        Which share of the steps each of several datasets has, by folder name: ``wjazzd=3,openewld=1``. Empty for shares
        by size.
    transpose : bool
        Move each window by a random interval each time it is seen.
    chord_dropout : float
        Share of the windows whose chords are left out, so that a model knows melodies without them too.
    condition_dropout : float
        Share of the windows that say nothing of style, tempo, density and the like, so that a model knows what to play
        when nothing is asked.
    teacher_share : float
        Share of what teachers expect in the loss, where there are any; the rest is what truly follows.
    learn_chart : bool
        Learn to predict the tokens of the chart too; else only the melody's.
    eval_steps : int
        Steps between evaluations; each writes a checkpoint too.
    patience : int
        Stop after so many evaluations without fewer bits per note than before; 0 for never.
    keep_checkpoints : int
        Newest checkpoints that stay on disk, the best one besides.
    device : {"auto", "cpu", "cuda"}
    precision : {"auto", "bf16", "fp32"}
        ``auto`` is bf16 where the hardware has it.
    compile : {"auto", "on", "off"}
        Compile the model with ``torch.compile``; ``auto`` does so on a GPU.
    threads : int
        CPU threads; 0 leaves the choice to PyTorch.
    seed : int
    """

    epochs: float = 10
    max_minutes: float = 0.0
    batch_size: int = 8
    gradient_accumulation_steps: int = 1
    learning_rate: float = 3e-4
    weight_decay: float = 0.0
    warmup: float = 0.02
    max_grad_norm: float = 1.0
    mix: str = ""
    transpose: bool = True
    chord_dropout: float = 0.1
    condition_dropout: float = 0.2
    teacher_share: float = 0.5
    learn_chart: bool = False
    eval_steps: int = 500
    patience: int = 0
    keep_checkpoints: int = 2
    device: Literal["auto", "cpu", "cuda"] = "auto"
    precision: Literal["auto", "bf16", "fp32"] = "auto"
    compile: Literal["auto", "on", "off"] = "auto"
    threads: int = 0
    seed: int = 1

    def __post_init__(self) -> None:
        for name in ("batch_size", "gradient_accumulation_steps", "eval_steps", "keep_checkpoints"):
            _require(getattr(self, name) > 0, f"{name} is {getattr(self, name)}: expected at least 1")
        for name in ("epochs", "learning_rate"):
            _require(0 < getattr(self, name) < math.inf, f"{name} is {getattr(self, name)}: expected more than 0")
        for name in ("max_minutes", "weight_decay", "max_grad_norm", "patience", "threads"):
            _require(0 <= getattr(self, name) < math.inf, f"{name} is {getattr(self, name)}: expected 0 or more")
        for name in ("chord_dropout", "condition_dropout"):
            share = getattr(self, name)
            _require(0 <= share < 1, f"{name} is {share}: expected a share below 1")
        _require(0 <= self.teacher_share <= 1, f"teacher_share is {self.teacher_share}: expected a share, 0 to 1")
        _require(0 <= self.warmup < 1, f"warmup is {self.warmup}: expected a share below 1")
        _require(0 <= self.seed < 2**32, f"seed is {self.seed}: expected 0 to {2**32 - 1}")


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that a TOML file sets: one table for each part."""

    data: DataConfig = field(default_factory=DataConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    training: TrainConfig = field(default_factory=TrainConfig)

    def with_values(self, values: Mapping[str, Any]) -> Config:
        """The configuration with some fields changed, whichever part they belong to.

        Raises
        ------
        ConfigError
            If a field is unknown or its value wrong.
        """
        tables = asdict(self)
        _known(values, {key: None for table in tables.values() for key in table}, "option")
        for table in tables.values():
            table.update({key: value for key, value in values.items() if key in table})
        return config_from_tables(tables, "options")


_PARTS: dict[str, type] = {"data": DataConfig, "model": ModelConfig, "training": TrainConfig}
T = TypeVar("T")


def load_config(source: str | Path, below: Config | None = None) -> Config:
    """The configuration of a name (``tiny``, ``finetune``) or of a TOML file.

    Parameters
    ----------
    below : Config, optional
        What counts where a TOML file says nothing; else the defaults. A name needs nothing else.

    Raises
    ------
    ConfigError
        If there is no such file, or a table, key or value in it is unknown.
    """
    if str(source) in (*SIZES, FINETUNE):
        text, name = files("solomuse.configs").joinpath(f"{source}.toml").read_text("utf-8"), str(source)
        below = None
    else:
        try:
            text, name = Path(source).read_text("utf-8"), str(source)
        except OSError as error:
            sizes = ", ".join(SIZES)
            raise ConfigError(f"config {source}: {error.strerror}; give a TOML file or one of {sizes}") from None
        except ValueError:
            raise ConfigError(f"config {source}: is no text in UTF-8; give a TOML file") from None
    try:
        tables = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"config {name}: {error}; expected TOML") from None
    return config_from_tables(tables, name, below)


def config_from_tables(tables: Mapping[str, Any], name: str, below: Config | None = None) -> Config:
    """The configuration of nested mappings, as a TOML or JSON file holds them; where they say nothing, `below` counts.

    Raises
    ------
    ConfigError
        If a table, key or value is unknown; `name` says where it stands.
    """
    _known(tables, _PARTS, f"config {name}: table")
    for part, table in tables.items():
        if not isinstance(table, Mapping):
            raise ConfigError(f"config {name}: {part} is {reprlib.repr(table)}; expected a table of values, [{part}]")
    unsaid = {} if below is None else asdict(below)
    whole = {part: {**unsaid.get(part, {}), **tables.get(part, {})} for part in _PARTS}
    return Config(**{part: _dataclass_from(_PARTS[part], table, name) for part, table in whole.items()})


def _dataclass_from(kind: type[T], table: Mapping[str, Any], name: str) -> T:
    hints = get_type_hints(kind)
    _known(table, hints, f"config {name}: key")
    for key, value in table.items():
        expected = hints[key]
        choices = get_args(expected) if get_origin(expected) is Literal else None
        if choices and value not in choices:
            raise ConfigError(f"config {name}: {key} is {value!r}; expected one of {', '.join(choices)}")
        accepted = (int, float) if expected is float else expected
        if not choices and (not isinstance(value, accepted) or (isinstance(value, bool) and expected is not bool)):
            raise ConfigError(f"config {name}: {key} is {value!r}; expected {expected.__name__}")
    try:
        return kind(**table)
    except ConfigError as error:
        raise ConfigError(f"config {name}: {error}") from None


def _known(keys: Mapping[str, Any], known: Mapping[str, Any], what: str) -> None:
    for key in keys:
        if key not in known:
            near = difflib.get_close_matches(key, known, 1) or sorted(known)
            raise ConfigError(f"{what} {key!r} is unknown; did you mean {' or '.join(near)}?")


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise ConfigError(message)
