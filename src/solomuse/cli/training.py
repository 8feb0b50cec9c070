"""Commands that train models, or measure them."""

from __future__ import annotations

import argparse
import os
import re
import sys
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from solomuse.cli.options import DATA_FIELDS, FIELDS, INTERRUPTED, AddCommand, add_fields, chosen_config, show
from solomuse.config import DEFAULT_SIZE, FINETUNE
from solomuse.errors import ConfigError

SOLOS_OF_REPORT = 48
"""Held-back charts that a report plays over unless told otherwise."""


def add_commands(add: AddCommand) -> None:
    """Add them to the command line."""
    train = add("train", _train, "train a model on a dataset", "solomuse train dataset --out run --size tiny")
    train.add_argument("dataset", type=Path, nargs="+", help="of several the first is the one that is measured")
    train.add_argument("--out", type=Path, required=True, help="the folder of the run")
    train.add_argument("--resume", action="store_true", help="go on from the newest whole checkpoint in --out")
    train.add_argument(
        "--init", type=Path, metavar="MODEL", help="begin with the weights of a model folder or a run; default: bundled"
    )
    train.add_argument(
        "--teacher",
        type=Path,
        action="append",
        default=[],
        metavar="MODEL",
        help="also learn what this model expects; several times for the mean of several",
    )
    train.add_argument(
        *("--learn_chart", "--learn-chart"), action="store_const", const=True, help="learn the chart's tokens too"
    )
    add_fields(train, tuple(name for name in FIELDS if name not in DATA_FIELDS))

    evaluate = add(
        "evaluate",
        _evaluate,
        "measure a model, or the solos of any other system, beside humans and baselines",
        "solomuse evaluate run dataset --solos 48 --out report",
    )
    evaluate.add_argument("model", type=Path, nargs="?")
    evaluate.add_argument("dataset", type=Path, nargs="?")
    evaluate.add_argument("--split", choices=("validation", "test", "held-back"), help="validation unless given")
    evaluate.add_argument(
        "--solos",
        metavar="N|DIR",
        help=f"also play over N held-back charts, {SOLOS_OF_REPORT} with --out; "
        "or without a model, a folder of MIDI, MusicXML and ABC solos to measure",
    )
    evaluate.add_argument("--charts", type=Path, metavar="DIR", help="charts by the names of the solos in a folder")
    evaluate.add_argument(
        "--reference", type=Path, metavar="DATASET", help="whose humans stand beside a folder's solos"
    )
    evaluate.add_argument("--seeds", type=_numbers, metavar="1,2,3", help="a take of the solos for each")
    evaluate.add_argument("--style", help="asked of the solos, of a model that has learned several")
    evaluate.add_argument("--guidance", type=float, help="how strongly the chart is heard; 1 as learned")
    evaluate.add_argument("--temperature", type=float, help="of the notes of the solos; 1 as learned")
    evaluate.add_argument("--seed", type=int, default=1, help="chooses charts and draws")
    evaluate.add_argument("--out", type=Path, metavar="DIR", help="write report.json, report.md and report.html there")


def _train(arguments: argparse.Namespace) -> int:
    from solomuse.generation.samples import write_sample
    from solomuse.training import check_beginning, resumable, train

    begun = resumable(arguments.out) if arguments.resume else None
    if begun is not None:
        check_beginning(begun, arguments.init, arguments.teacher)
    default = FINETUNE if arguments.init else DEFAULT_SIZE
    out = begun.out if begun else arguments.out  # a checkpoint's run, where one is named
    trained = train(
        arguments.dataset,
        out,
        chosen_config(arguments, begun.config if begun else default),
        begun and begun.checkpoint,
        init=begun.init if begun else arguments.init,
        teachers=begun.teachers if begun else arguments.teacher,
        on_checkpoint=partial(write_sample, out / "samples"),
    )
    document = {key: str(value) if isinstance(value, Path) else value for key, value in asdict(trained).items()}
    is_first = os.environ.get("RANK", "0") == "0"
    if trained.interrupted:
        if is_first:
            print(f"solomuse: interrupted at step {trained.steps}; pass --resume to go on", file=sys.stderr)
        return INTERRUPTED
    if not is_first:
        return 0
    text = (
        f"validation {trained.before:.3f} -> {trained.after:.3f} bits per note in {trained.steps} steps, "
        f"{trained.tokens_per_second:.0f} tokens a second ({trained.precision}); {trained.model}"
    )
    return show(document, arguments.json, text)


def _evaluate(arguments: argparse.Namespace) -> int:
    from solomuse.evaluation.markdown import markdown

    is_number = arguments.solos is None or re.fullmatch(r"-?\d{1,9}", arguments.solos)
    document = _evaluate_model(arguments) if is_number else _evaluate_files(arguments)
    return show(document, arguments.json, markdown(document).rstrip())


def _evaluate_model(arguments: argparse.Namespace) -> dict[str, Any]:
    from solomuse.evaluation import SEEDS, evaluate

    if arguments.dataset is None:
        raise ConfigError("a model and a dataset are needed; or --solos DIR, to measure the solos of a folder")
    if arguments.charts or arguments.reference:
        raise ConfigError("--charts and --reference belong to the solos of a folder: pass --solos DIR too")
    usual = SOLOS_OF_REPORT if arguments.out else 0
    solos = usual if arguments.solos is None else int(arguments.solos)
    if not solos and (arguments.style, arguments.seeds, arguments.temperature) != (None, None, None):
        raise ConfigError("--style, --seeds and --temperature are of the solos that are played: pass --solos too")
    return evaluate(
        arguments.model,
        arguments.dataset,
        arguments.split or "validation",
        arguments.seed,
        solos,
        arguments.seeds or SEEDS,
        arguments.style,
        1.0 if arguments.guidance is None else arguments.guidance,
        1.0 if arguments.temperature is None else arguments.temperature,
        arguments.out,
        _say,
    )


def _evaluate_files(arguments: argparse.Namespace) -> dict[str, Any]:
    from solomuse.evaluation import evaluate_files

    if arguments.model is not None:
        raise ConfigError(f"--solos {arguments.solos} is a folder, which is measured without a model: leave one out")
    of_models = ("style", "split", "seeds", "guidance", "temperature")
    if any(getattr(arguments, name) is not None for name in of_models):
        raise ConfigError(f"--{', --'.join(of_models)} belong to a model: the solos of a folder are there already")
    return evaluate_files(
        Path(arguments.solos), arguments.charts, arguments.reference, arguments.seed, arguments.out, _say
    )


def _numbers(text: str) -> tuple[int, ...]:
    """The numbers of a list such as ``1,2,3``."""
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}: expected whole numbers such as 1,2,3") from None


def _say(what: str) -> None:
    print(f"solomuse: {what}", file=sys.stderr, flush=True)
