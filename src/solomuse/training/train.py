"""Trains a model on a dataset, into a run folder.

::

    RUN/
      run.json            resolved configuration, dataset and its fingerprint, versions, seed
      metrics.jsonl       every logged figure
      loss.png            bits per note over steps
      tensorboard/        the same figures as events
      samples/            a solo at each evaluation, if who calls asks for them
      checkpoint-N/       weights, optimizer, random states: what resuming needs
      model/              the best model so far by validation bits per note: a model folder. At the end it is given the
                          table of `solomuse.training.rests`
"""

from __future__ import annotations

import gc
import logging
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from transformers import PreTrainedModel, TrainerCallback, TrainerState, set_seed
from transformers.utils.logging import disable_progress_bar

from solomuse.config import Config
from solomuse.datasets.load import Dataset, conditions_of, load_datasets, players_of
from solomuse.errors import ConfigError
from solomuse.files import UNFINISHED
from solomuse.model.folder import model_folder
from solomuse.model.gpt2 import build_model
from solomuse.model.melodies import melodies_before
from solomuse.tokens.vocabulary import Vocabulary
from solomuse.training.arguments import training_arguments
from solomuse.training.callbacks import best_step, cut_records
from solomuse.training.checkpoints import STATE, damage, newest_whole, step_of
from solomuse.training.curve import Curve
from solomuse.training.events import Events
from solomuse.training.initial import config_of_model, model_from_folder
from solomuse.training.mixing import learned_windows
from solomuse.training.rests import fit_rests
from solomuse.training.run_folder import (
    METRICS,
    MODEL,
    SCRATCH,
    check_continuity,
    known_so_far,
    refuse_to_overwrite,
    run_facts,
    teachers_so_far,
    write_run,
)
from solomuse.training.teachers import load_teachers
from solomuse.training.trainer import Plan, Restoring, SoloTrainer

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Trained:
    """What came of a training.

    Parameters
    ----------
    model : Path
        The best model's folder.
    before, after : float
        Validation bits per note at the start and of the best model.
    loss_before, loss_after : float
        The same as nats per token.
    steps : int
    tokens_per_second : float
        Without padding and without evaluations.
    seconds : float
        Spent in steps.
    interrupted : bool
        Whether a signal ended it early.
    """

    model: Path
    before: float
    after: float
    loss_before: float
    loss_after: float
    steps: int
    tokens_per_second: float
    seconds: float
    precision: str
    interrupted: bool


def train(
    dataset_paths: Path | Sequence[Path],
    out: Path,
    config: Config,
    resume: Path | None = None,
    *,
    init: Path | None = None,
    teachers: Sequence[Path] = (),
    on_checkpoint: Callable[[Path, int], None] | None = None,
) -> Trained:
    """Train a model, and write the run folder.

    Parameters
    ----------
    dataset_paths : Path or sequence of Path
        What is learned from. Of several the first is what is measured: its validation bits per note choose the best
        model and end the training. Those of the others are logged beside them.
    config : Config
        Its data part is ignored: the dataset's own counts. With `init`, the model's own sizes count.
    resume : Path, optional
        A checkpoint of this run to go on from.
    init : Path, optional
        A model folder or a run to take the weights from; ignored when resuming.
    teachers : sequence of Path
        Model folders or runs whose expectations are learned too, at `TrainConfig.teacher_share` of the loss. A run
        that is resumed keeps its own.
    on_checkpoint : callable, optional
        Called with each checkpoint that was evaluated, which is a model folder, and its step.

    Raises
    ------
    DatasetError, ConfigError, ModelError
        If the dataset, the options, the model or the checkpoint will not do.
    OutputError
        If `out` holds a run already and `resume` is not given, or it cannot be written.
    TrainingError
        If the training diverges.
    """
    disable_progress_bar()  # of loading and saving; the training has its own
    datasets = load_datasets([dataset_paths] if isinstance(dataset_paths, Path) else dataset_paths)
    if init is not None and resume is None:
        config = replace(config, model=config_of_model(init, config.model))
    _check_room(datasets, config.model.block_size)
    known_players, known_conditions = known_so_far(resume, init)
    players = players_of(datasets, known_players)
    datasets = [replace(dataset, players=players) for dataset in datasets]
    windows = learned_windows(datasets, config.training)
    config = replace(config, data=datasets[0].config)
    known_teachers = teachers_so_far(resume, teachers)
    run = run_facts(datasets, config, init, conditions_of(datasets, known_conditions), known_teachers)
    is_first = os.environ.get("RANK", "0") == "0"
    if resume is not None:
        check_continuity(resume, run)
    elif is_first:
        refuse_to_overwrite(out)
    if config.training.threads:
        torch.set_num_threads(config.training.threads)
    scratch = str(out / SCRATCH)
    arguments = training_arguments(scratch, config.training, len(windows), is_new=resume is None)
    set_seed(config.training.seed)
    model = _model(config, datasets[0].vocabulary, init if resume is None else None)
    step = step_of(resume) if resume else -1
    if is_first:
        _make_ready(out, run, step)
    melodies = melodies_before(resume or (init and model_folder(init)))
    taught_by = load_teachers(known_teachers, config.model, datasets[0].vocabulary, players, arguments.device)
    plan = Plan(out, tuple(datasets), windows, config, run, observers(out, step), on_checkpoint, melodies, taught_by)
    trainer = SoloTrainer(model, arguments, plan)
    if resume is not None:
        trainer.add_callback(Restoring(partial(trainer.restore_position, resume)))
    try:
        return _run(trainer, resume)
    except RuntimeError as error:
        if not type(error).__module__.startswith(("torch._dynamo", "torch._inductor")):
            raise
        raise ConfigError(f"torch.compile fails here ({type(error).__name__}): pass --compile off") from error
    finally:
        trainer.progress.close()
        del trainer
        shutil.rmtree(scratch, ignore_errors=True)
        _leave_process_group()


def _check_room(datasets: Sequence[Dataset], block_size: int) -> None:
    """See that the model can attend to every window."""
    for dataset in datasets:
        if dataset.config.seq_len > block_size:
            raise ConfigError(
                f"{dataset.path} has sequences of up to {dataset.config.seq_len} tokens, but block_size is "
                f"{block_size}: make block_size larger, or prepare with a smaller seq_len"
            )


def _model(config: Config, vocabulary: Vocabulary, init: Path | None) -> PreTrainedModel:
    if init is None:
        return build_model(config.model, vocabulary)
    model = model_from_folder(init, config.model, vocabulary)
    if config.model.chart_features:
        model.rest_scores.zero_()  # other music begins and ends in its own way
    return model


def _make_ready(out: Path, run: dict[str, Any], step: int) -> None:
    """Write what the run is, and take away what a run that was killed has left beyond `step`."""
    write_run(out, run)
    shutil.rmtree(out / SCRATCH, ignore_errors=True)
    for path in out.glob(f"{UNFINISHED}*"):
        path.unlink(missing_ok=True)
    cut_records(out / METRICS, step)


def observers(out: Path, step: int) -> tuple[TrainerCallback, ...]:
    """Who draws and records, as far as the libraries for it are installed; what is missing is said in a line."""
    found: list[TrainerCallback] = []
    if find_spec("tensorboard"):
        found.append(Events(out / "tensorboard", step + 1))
    else:
        logger.warning('no events for TensorBoard are written: pip install "solomuse[train]"')
    if find_spec("matplotlib"):
        found.append(Curve(out / METRICS, out / "loss.png"))
    else:
        logger.warning('no loss.png is drawn: pip install "solomuse[plot]"')
    return tuple(found)


def _leave_process_group() -> None:
    """End the process group's threads: one that outlives the interpreter aborts the process at its exit.

    They run as long as anything refers to the group. The trainer does, in a cycle, so it is collected here.
    """
    if not torch.distributed.is_initialized():
        return
    if sys.exc_info()[0] is None:
        torch.distributed.barrier()  # nobody leaves while another one is still at work
    torch.distributed.destroy_process_group()
    gc.collect()


def _run(trainer: SoloTrainer, resume: Path | None) -> Trained:
    """Train to the end; a run whose patience is at its end has nothing left to do."""
    if resume is not None:
        trainer.state = TrainerState.load_from_json(str(resume / STATE))
    if not trainer.stopping.is_over(trainer.state):
        trainer.train(resume_from_checkpoint=str(resume) if resume else None)
    model = trainer.plan.out / MODEL
    best_at = best_step(trainer.state)
    best_one = trainer.plan.out / f"checkpoint-{best_at}"
    chosen = best_one if damage(best_one) is None else resume or newest_whole(trainer.plan.out)
    if trainer.args.should_save and chosen is not None and (chosen == best_one or not model.is_dir()):
        trainer.publish(chosen)  # again, for a run may have been killed between a checkpoint and this
    config = trainer.plan.config.model
    if trainer.args.should_save and config.chart_features:
        fit_rests(model, config, trainer.plan.dataset.windows("train"))
    evaluations = {log["step"]: log for log in trainer.state.log_history if "eval_bits_per_note" in log}
    first, best = evaluations[min(evaluations)], evaluations[best_at]
    return Trained(
        model=model,
        before=first["eval_bits_per_note"],
        after=best["eval_bits_per_note"],
        loss_before=first["eval_loss"],
        loss_after=best["eval_loss"],
        steps=trainer.state.global_step,
        tokens_per_second=trainer.tokens_in_session / max(trainer.clock.seconds, 1e-9),
        seconds=trainer.clock.seconds,
        precision="bf16" if trainer.args.bf16 else "fp32",
        interrupted=trainer.stopping.interrupted,
    )
