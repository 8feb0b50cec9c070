"""The older command lines of the numbered folders, over the same functions as the new ones."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from solomuse.cli import INTERRUPTED, OneLineParser, add_fields, chosen_config, guarded, progress
from solomuse.config import Config
from solomuse.datasets.build import chosen_files, fingerprint, prepare
from solomuse.datasets.load import load_dataset
from solomuse.datasets.source import collected
from solomuse.errors import ConfigError, DatasetError

DEMO_CHART = "C:maj F:maj G:maj C:maj"
RUNS = Path("runs")
"""Where a run is written unless `--out_dir` says otherwise."""


def prepare_dataset(argv: Sequence[str], data: Path) -> int:
    """``prepare_dataset.py``: the MIDI files of ``Local/midi_files`` to a dataset beside them."""
    parser = OneLineParser(prog="prepare_dataset.py", description="Prepare MIDI files for training.")
    _add_data_options(parser, data)
    parser.add_argument("--out", type=Path)
    add_fields(parser)
    arguments = parser.parse_args(argv)
    return guarded(lambda: _prepare(arguments))


def _prepare(arguments: Namespace) -> int:
    config = chosen_config(arguments)
    out = arguments.out or dataset_for(arguments.midi_root)
    report = prepare(
        [arguments.midi_root],
        out,
        config.data,
        seed=config.training.seed,
        max_files=arguments.max_files,
        overwrite=True,
        progress=progress,
    )
    skipped = ", ".join(f"{entry['count']} {reason}" for reason, entry in report["skipped"].items()) or "none"
    print(f"{report['songs']} of {report['files']} songs used, skipped: {skipped}; {out}")
    return 0


def finetune_midi_gpt(argv: Sequence[str], data: Path) -> int:
    """``finetune_midi_gpt.py``: train on a folder of MIDI, resume, or generate a demo."""
    parser = OneLineParser(prog="finetune_midi_gpt.py", description="Train on a folder of MIDI files.")
    _add_data_options(parser, data)
    parser.add_argument("--out_dir", "--out-dir", type=Path, help=f"{RUNS} unless given")
    parser.add_argument("--resume_from", "--resume-from", type=Path)
    parser.add_argument("--generate_demo", "--generate-demo", action="store_true")
    parser.add_argument("--local_rank", "--local-rank", type=int, help="given by the launcher; not used")
    add_fields(parser)
    arguments = parser.parse_args(argv)
    return guarded(lambda: _generate_demo(arguments) if arguments.generate_demo else _finetune(arguments))


def _finetune(arguments: Namespace) -> int:
    from solomuse.generation.samples import write_sample
    from solomuse.training import resumable, train

    if arguments.resume_from:
        checkpoint, out, datasets, config, init, teachers = resumable(arguments.resume_from)
        config = chosen_config(arguments, config)
        if arguments.out_dir and arguments.out_dir.resolve() != out.resolve():
            raise ConfigError(
                f"--out_dir {arguments.out_dir} is for a new run, --resume_from goes on in {out}: leave one out"
            )
    else:
        checkpoint, out, datasets = None, arguments.out_dir or RUNS, (dataset_for(arguments.midi_root),)
        init, teachers = None, ()
        config = chosen_config(arguments)
        _in_one_process_first(lambda: _ensure_dataset(arguments, config))
    trained = train(
        datasets,
        out,
        config,
        checkpoint,
        init=init,
        teachers=teachers,
        on_checkpoint=partial(write_sample, out / "samples"),
    )
    if trained.interrupted:
        print(f"interrupted at step {trained.steps}: go on with --resume_from", file=sys.stderr)
        return INTERRUPTED
    if os.environ.get("RANK", "0") == "0":
        print(f"validation {trained.before:.3f} -> {trained.after:.3f} bits per note; {trained.model}")
    return 0


def _generate_demo(arguments: Namespace) -> int:
    from solomuse.generation import generate
    from solomuse.training import resumable

    out = resumable(arguments.resume_from).out if arguments.resume_from else arguments.out_dir or RUNS
    if not (out / "model").is_dir() and (code := _finetune(arguments)):
        return code
    solo = generate(out, DEMO_CHART, seed=1 if arguments.seed is None else arguments.seed)[0]
    for ending in (".mid", ".png"):
        solo.write(out / f"demo{ending}")
    print(f"{out / 'demo.mid'}: {len(solo.sheet.melody)} notes over {DEMO_CHART}")
    return 0


def dataset_for(midi_root: Path) -> Path:
    """Where the dataset of a folder of MIDI files is kept: beside it."""
    return midi_root.with_name(f"{midi_root.name}.dataset")


def _ensure_dataset(arguments: Namespace, config: Config) -> None:
    """Prepare the dataset unless it is there and made of the same files in the same way."""
    out, seed = dataset_for(arguments.midi_root), config.training.seed
    with collected([arguments.midi_root], config.data.format) as found:
        files = chosen_files(found, arguments.max_files, seed)
        wanted = fingerprint(files, config.data, arguments.max_files, seed)
    try:
        if load_dataset(out).report["fingerprint"] == wanted:
            return
    except DatasetError:
        pass  # not there, or outdated: it is made below
    _prepare(Namespace(**{**vars(arguments), "out": out}))


def _in_one_process_first(work: Callable[[], None]) -> None:
    """Do it in the first process of each machine while the others wait."""
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        work()
        return
    import torch
    from accelerate import PartialState

    state = PartialState(cpu=not torch.cuda.is_available())
    if state.is_local_main_process:
        work()
    state.wait_for_everyone()


def _add_data_options(parser: ArgumentParser, data: Path) -> None:
    parser.add_argument("--midi_root", "--midi-root", type=Path, default=data / "Local" / "midi_files")
    parser.add_argument("--max_files", "--max-files", type=int, default=0)
