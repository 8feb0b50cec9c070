"""What the commands share: options, output, refusals."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, Protocol, get_type_hints

from solomuse.config import DEFAULT_SIZE, FINETUNE, SIZES, Config, DataConfig, ModelConfig, TrainConfig, load_config
from solomuse.errors import OutputError, SoloMuseError

if TYPE_CHECKING:
    from solomuse.render.sound import SoundFontChoice

INTERRUPTED, BROKEN_PIPE = 130, 141
PRECISIONS = ("auto", "fp32", "bf16", "int8")
"""Those of `solomuse.model.decoder`, which would load torch for every command."""
HELP = {
    "grid": "steps a quarter: 4 (sixteenths) or 12 (sixteenths and triplets)",
    "seq_len": "longest window in tokens",
    "window_bars": "bars of a window",
    "hop_bars": "bars from one window to the next",
    "chords": "auto, given or inferred",
    "melody": "best, all (whoever has it, bar by bar), name=TEXT or track=N",
    "held_back": "share of the tunes to stop by, and as many again to measure by; 0.1",
    "min_confidence": "leave out songs whose melody is found with a smaller chance",
    "format": "read only this kind of collection, such as slakh; else each is recognised",
    "splits": "title, or original: those of the data set's publishers",
    "swing": "straighten or keep swung eighths",
    "max_seconds": "time limit for one song",
    "style": "of the songs whose source names none: bebop, pop, folk ...",
    "n_layer": "layers of the model",
    "n_head": "attention heads of a layer",
    "n_embd": "width of the model, a multiple of twice the heads",
    "block_size": "longest sequence that the model can attend to, in tokens",
    "dropout": "share of what each layer gives that is left out in training",
    "epochs": "passes over the dataset; 0.1 is a tenth of one",
    "max_minutes": "stop after so many; 0 for no limit",
    "learning_rate": "peak of Adam's rate",
    "weight_decay": "of Adam",
    "threads": "of the CPU; 0 leaves it to torch",
    "batch_size": "windows at once in each process",
    "gradient_accumulation_steps": "batches that make one step",
    "warmup": "share of the steps over which the learning rate rises",
    "max_grad_norm": "the gradient is scaled down to this norm; 0 leaves it",
    "eval_steps": "steps between evaluations, each with a checkpoint",
    "mix": "share of the steps for each of several datasets: wjazzd=3,openewld=1",
    "chord_dropout": "share of the windows whose chords are left out",
    "condition_dropout": "share of the windows that say nothing of style, tempo and the like",
    "teacher_share": "share of what the teachers expect in what is learned",
    "patience": "stop after so many evaluations that were no better; 0 for never",
    "keep_checkpoints": "newest checkpoints that stay, the best one besides",
    "device": "auto, cpu or cuda",
    "precision": "auto, bf16 or fp32",
    "compile": "auto, on or off: torch.compile",
}
"""What each option of the configuration is; those fields that are missing here have none."""


def _types(part: type) -> dict[str, Callable[[str], Any]]:
    """What reads the text of each option of a part of the configuration."""
    hints = get_type_hints(part)
    return {name: hints[name] if hints[name] in (int, float) else str for name in hints if name in HELP}


DATA_FIELDS = _types(DataConfig)
FIELDS = DATA_FIELDS | _types(ModelConfig) | _types(TrainConfig)
SWITCHES = ("omitted", "sustain", "learn_chart")


class OneLineParser(argparse.ArgumentParser):
    """argparse with errors of one line."""

    def error(self, message: str) -> NoReturn:
        """Leave with exit code 2 and one line."""
        self.exit(2, f"{self.prog}: {message}; see '{self.prog} --help'\n")


class AddCommand(Protocol):
    """Adds a command."""

    def __call__(
        self, name: str, run: Callable[[argparse.Namespace], int], text: str, example: str
    ) -> argparse.ArgumentParser:
        """The command's parser, with ``--json`` and an example in its help."""


def guarded(run: Callable[[], int]) -> int:
    """The exit code of a command; what the user got wrong becomes one line."""
    try:
        return run()
    except SoloMuseError as error:
        print(f"solomuse: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("solomuse: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # as by "| head": what is left is wanted by nobody, nor a complaint at the end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE


def add_fields(command: argparse.ArgumentParser, names: Iterable[str] = FIELDS) -> None:
    """Add an option for each of these fields of the configuration."""
    sizes = f"one of {', '.join(SIZES)}, or a TOML file of what is to be otherwise than in that size; {DEFAULT_SIZE}"
    command.add_argument("--config", "--size", action="append", default=[], help=sizes)
    command.add_argument("--seed", type=int, help="of all that is drawn at random; 1")
    for name in names:
        command.add_argument(
            *dict.fromkeys((f"--{name}", f"--{name.replace('_', '-')}")), type=FIELDS[name], help=HELP[name]
        )


def add_model(command: argparse.ArgumentParser) -> None:
    """Add which model plays, and how."""
    command.add_argument("--model", type=Path, help="a run or a model folder; else the bundled soloist")
    command.add_argument(
        "--precision", choices=PRECISIONS, default="auto", help="of the weights; auto: what is quickest"
    )


def add_soundfont(command: Any) -> None:
    """Add with which sound."""
    command.add_argument("--soundfont", help="an .sf2 file, or built-in; else one that the system has")


def chosen_soundfont(arguments: argparse.Namespace) -> SoundFontChoice:
    """The SoundFont that the arguments mean."""
    chosen: str | None = arguments.soundfont
    if chosen is None:
        return None
    return "built-in" if chosen == "built-in" else Path(chosen)


def chosen_config(arguments: argparse.Namespace, default: str | Config = DEFAULT_SIZE) -> Config:
    """The configuration that the options stand for: default or size, then file, then flag."""
    config = default if isinstance(default, Config) else load_config(default)
    for source in sorted(arguments.config, key=lambda source: source not in (*SIZES, FINETUNE)):
        config = load_config(source, config)
    given = {name: getattr(arguments, name, None) for name in (*FIELDS, *SWITCHES, "seed")}
    return config.with_values({k: v for k, v in given.items() if v is not None})


def progress(items: Iterable[Any], total: int) -> Iterable[Any]:
    """The items under a progress bar on stderr."""
    from tqdm import tqdm

    bar: Iterable[Any] = tqdm(items, total=total, unit="song", dynamic_ncols=True, file=sys.stderr)
    return bar


def show(document: Any, as_json: bool, text: str) -> int:
    """Print the document as JSON, or else the text; return 0, the exit code."""
    print(json.dumps(document, ensure_ascii=False) if as_json else text)
    return 0


def refuse_existing(path: Path, force: bool) -> None:
    """See that nothing is replaced unasked."""
    if path.exists() and not force:
        raise OutputError(f"{path} exists already: choose another name, or pass --force to replace it")
