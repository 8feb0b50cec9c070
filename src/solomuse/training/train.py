"""Trains a model on a dataset, into a run folder.

::

    RUN/
      run.json            resolved configuration, dataset and its fingerprint, versions
      metrics.jsonl       every logged figure
      checkpoint-N/       weights, optimizer, random states: what resuming needs
      model/              the best model by validation bits per note: a model folder
"""

from __future__ import annotations

import gc
import json
import math
import os
import shutil
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
import transformers
from transformers import Trainer, TrainerControl, TrainingArguments, set_seed
from transformers.trainer_callback import PrinterCallback, ProgressCallback
from transformers.utils.logging import disable_progress_bar

from solomuse import __version__
from solomuse.config import Config, TrainConfig, config_from_tables
from solomuse.datasets.load import Dataset, load_dataset
from solomuse.errors import ConfigError, ModelError, OutputError
from solomuse.model.folder import save_about
from solomuse.model.gpt2 import build_model
from solomuse.model.likelihood import Likelihood, likelihood
from solomuse.tokens.vocabulary import PAD
from solomuse.training.batches import LengthSampler, TrainingWindows, collate
from solomuse.training.callbacks import Progress, Records, Stopping


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
        Without padding, evaluations included.
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


def train(dataset_path: Path, out: Path, config: Config, resume: Path | None = None) -> Trained:
    """Train a model, and write the run folder.

    Parameters
    ----------
    config : Config
        Its data part is ignored: the dataset's own counts.
    resume : Path, optional
        A checkpoint of this run to go on from.

    Raises
    ------
    DatasetError, ConfigError, ModelError
        If the dataset, the options or the checkpoint will not do.
    OutputError
        If `out` holds a run already and `resume` is not given, or it cannot be written.
    """
    disable_progress_bar()  # of loading and saving; the training has its own
    dataset = load_dataset(dataset_path)
    if dataset.config.seq_len > config.model.block_size:
        raise ConfigError(
            f"the dataset's sequences have up to {dataset.config.seq_len} tokens, but block_size is "
            f"{config.model.block_size}: make block_size larger, or prepare with a smaller seq_len"
        )
    is_first = os.environ.get("RANK", "0") == "0"
    if is_first and resume is None and (out / "run.json").exists():
        raise OutputError(f"{out} holds a run already: pass --resume to go on with it, or choose another folder")
    if config.training.threads:
        torch.set_num_threads(config.training.threads)
    config = replace(config, data=dataset.config)
    run = run_facts(dataset, config)
    arguments = _arguments(out, config.training, len(dataset.windows("train")))
    _check_processes(arguments)
    if arguments.process_index == 0:
        _write_run(out, run)
    set_seed(config.training.seed)
    trainer = _SoloTrainer(build_model(config.model, dataset.vocabulary), arguments, dataset, config, run)
    try:
        return _run(trainer, out, resume)
    finally:
        trainer.progress.close()
        del trainer
        _leave_process_group()


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


def _run(trainer: _SoloTrainer, out: Path, resume: Path | None) -> Trained:
    began = time.perf_counter()
    before = trainer.evaluate() if resume is None else {}
    trainer.train(resume_from_checkpoint=str(resume) if resume else None)
    seconds = time.perf_counter() - began
    evaluations = [log for log in trainer.state.log_history if "eval_bits_per_note" in log]
    if not trainer.stopping.interrupted:
        best = min(evaluations, key=lambda log: float(log["eval_bits_per_note"]))
        trainer.save_best(out / "model")
    else:
        best = evaluations[-1] if evaluations else {}
    first = before or (evaluations[0] if evaluations else {})
    return Trained(
        model=out / "model",
        before=first.get("eval_bits_per_note", math.nan),
        after=best.get("eval_bits_per_note", math.nan),
        loss_before=first.get("eval_loss", math.nan),
        loss_after=best.get("eval_loss", math.nan),
        steps=trainer.state.global_step,
        tokens_per_second=trainer.tokens_seen / max(seconds, 1e-9),
        seconds=seconds,
        precision="bf16" if trainer.args.bf16 else "fp32",
        interrupted=trainer.stopping.interrupted,
    )


def run_facts(dataset: Dataset, config: Config) -> dict[str, Any]:
    """What ``run.json`` holds."""
    return {
        "package": __version__,
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "dataset": str(dataset.path.resolve()),
        "fingerprint": dataset.report["fingerprint"],
        "vocabulary": dataset.vocabulary.hash,
        "config": asdict(config),
    }


def resumable(path: Path) -> tuple[Path, Path, Path, Config]:
    """Checkpoint, run folder, dataset and configuration of a run folder or of one of its checkpoints.

    Raises
    ------
    ModelError
        If there is no checkpoint.
    """
    checkpoints = [path] if (path / "trainer_state.json").is_file() else _checkpoints(path)
    if not checkpoints:
        raise ModelError(
            f"{path} holds no checkpoint to resume from: give a run folder or one of its checkpoint-N folders"
        )
    checkpoint = checkpoints[-1]
    try:
        run = json.loads((checkpoint / "run.json").read_text("utf-8"))
        config = config_from_tables(run["config"], str(checkpoint / "run.json"))
        return checkpoint, checkpoint.parent, Path(run["dataset"]), config
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"{checkpoint}/run.json cannot be read ({error}): the checkpoint is not complete") from None


def _checkpoints(run: Path) -> list[Path]:
    """The checkpoints of a run that are complete, oldest first."""
    found = [folder for folder in run.glob("checkpoint-*") if (folder / "trainer_state.json").is_file()]
    return sorted(found, key=lambda folder: int(folder.name.rpartition("-")[2]))


def _write_run(out: Path, run: Mapping[str, Any]) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / "run.json").write_text(json.dumps(run, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{out} cannot be written: {error.strerror}; choose another folder") from None


def has_bf16(device: str) -> bool:
    """Whether the hardware multiplies in bf16."""
    if device == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    return bool(torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported())


def _arguments(out: Path, config: TrainConfig, windows: int) -> TrainingArguments:
    if config.device == "cuda" and not torch.cuda.is_available():
        raise ConfigError("device is cuda, but this machine has no GPU that PyTorch can use: pass --device cpu")
    device = "cuda" if config.device != "cpu" and torch.cuda.is_available() else "cpu"
    processes = int(os.environ.get("WORLD_SIZE", "1"))
    steps = math.ceil(windows / (config.batch_size * processes) * config.epochs)
    return TrainingArguments(
        output_dir=str(out),
        num_train_epochs=config.epochs,
        per_device_train_batch_size=config.batch_size,
        learning_rate=config.learning_rate,
        weight_decay=config.weight_decay,
        max_grad_norm=config.max_grad_norm,
        lr_scheduler_type="cosine",
        warmup_steps=max(1, round(config.warmup * steps)),
        optim="adamw_torch_fused",
        bf16=config.precision == "bf16" or (config.precision == "auto" and has_bf16(device)),
        # without it, several processes on a CPU train one model each, in silence
        use_cpu=device == "cpu",
        ddp_backend="gloo" if device == "cpu" and processes > 1 else None,
        ddp_find_unused_parameters=False,
        eval_strategy="steps",
        eval_steps=config.eval_steps,
        save_strategy="steps",
        save_steps=config.eval_steps,
        save_total_limit=config.keep_checkpoints,
        load_best_model_at_end=True,
        metric_for_best_model="bits_per_note",
        greater_is_better=False,
        logging_steps=10,
        logging_first_step=True,
        report_to="none",
        disable_tqdm=True,
        remove_unused_columns=False,
        dataloader_pin_memory=device == "cuda",
        seed=config.seed,
        data_seed=config.seed,
    )


def _check_processes(arguments: TrainingArguments) -> None:
    """Refuse to run as several trainings that do not know of each other."""
    promised = int(os.environ.get("WORLD_SIZE", "1"))
    if arguments.world_size != promised:
        raise ConfigError(
            f"{promised} processes were launched, but {arguments.world_size} found each other: "
            "start them with torchrun, and with one GPU each or --device cpu"
        )


class _SoloTrainer(Trainer):
    """transformers' Trainer with our batches, our measure and our folder."""

    def __init__(
        self,
        model: Any,
        arguments: TrainingArguments,
        dataset: Dataset,
        config: Config,
        run: Mapping[str, Any],
    ) -> None:
        windows, seed = dataset.windows("train"), config.training.seed
        self.tokens_seen = 0
        self.dataset, self.config_of_run, self.run = dataset, config, run
        self.stopping = Stopping(config.training.max_minutes)
        self.progress = Progress(lambda: self.tokens_seen)
        self._checked_ranks = False
        super().__init__(
            model=model,
            args=arguments,
            data_collator=partial(collate, room=config.model.block_size),
            train_dataset=TrainingWindows(windows, dataset.vocabulary, config.training.transpose, seed),
            eval_dataset=dataset.windows("validation"),
            callbacks=[self.progress, Records(Path(arguments.output_dir) / "metrics.jsonl")],
        )
        for callback in (ProgressCallback, PrinterCallback):
            self.remove_callback(callback)
        self.add_callback(self.stopping)

    def _get_train_sampler(self, train_dataset: Any = None) -> LengthSampler:
        return LengthSampler(self.train_dataset, self.args.per_device_train_batch_size, self.args.seed)

    def training_step(self, model: Any, inputs: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """One step; counts its tokens, and in the first one compares the processes' data."""
        if not self._checked_ranks:
            self._check_that_ranks_differ(inputs["input_ids"])
        self.tokens_seen += int((inputs["input_ids"] != PAD).sum()) * self.args.world_size
        return super().training_step(model, inputs, *args, **kwargs)

    def _check_that_ranks_differ(self, token_ids: torch.Tensor) -> None:
        self._checked_ranks = True
        if self.args.world_size == 1:
            return
        own = torch.tensor([[hash(tuple(token_ids.flatten().tolist())) % 2**31]], device=self.args.device)
        seen = self.accelerator.gather(own).flatten().tolist()
        if len(set(seen)) < self.args.world_size:
            raise ConfigError(
                "the processes were given the same data: start them with torchrun, each with its own rank"
            )

    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
        """Validation bits per note, summed over the processes."""
        windows = self.eval_dataset
        own = range(self.args.process_index, len(windows), self.args.world_size)
        with self.compute_loss_context_manager():
            part = likelihood(self.model, (windows[index] for index in own), self.dataset.vocabulary)
        total = self._summed(part)
        metrics = {
            "eval_loss": total.nats_per_token,
            "eval_bits_per_note": total.bits_per_note,
            "eval_pitch_bits_per_note": total.pitch_bits / max(1, total.notes),
            "eval_rhythm_bits_per_note": total.rhythm_bits / max(1, total.notes),
        }
        self.log(metrics)
        self.control: TrainerControl = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics

    def _summed(self, part: Likelihood) -> Likelihood:
        if self.args.world_size == 1:
            return part
        own = torch.tensor([list(asdict(part).values())], dtype=torch.float64, device=self.args.device)
        pitch, rhythm, velocity, notes, tokens = self.accelerator.gather(own).sum(0).tolist()
        return Likelihood(pitch, rhythm, velocity, int(notes), int(tokens))

    def _save_checkpoint(self, *args: Any, **kwargs: Any) -> None:
        """A checkpoint; none at all where it cannot be written in full."""
        folder = Path(self.args.output_dir) / f"checkpoint-{self.state.global_step}"
        try:
            super()._save_checkpoint(*args, **kwargs)
        except Exception as error:
            if self.args.should_save:
                shutil.rmtree(folder, ignore_errors=True)
            raise OutputError(
                f"{folder} cannot be written ({_first_line(error)}): free some space, then resume the run"
            ) from error

    def _save(self, output_dir: str | None = None, state_dict: Any = None) -> None:
        super()._save(output_dir, state_dict)
        if not self.args.should_save:
            return  # every process comes by, one writes
        folder = Path(output_dir or self.args.output_dir)
        self._save_about(folder)
        (folder / "run.json").write_text(json.dumps(self.run, indent=1) + "\n", encoding="utf-8")

    def _save_about(self, folder: Path) -> None:
        facts = {key: self.dataset.report[key] for key in ("songs", "notes", "sources", "splits")}
        save_about(folder, self.dataset.vocabulary, self.dataset.config.window_bars, facts)

    def save_best(self, folder: Path) -> None:
        """Write the model folder, under a temporary name first."""
        if self.args.process_index != 0:
            return
        partial_folder = folder.with_name(f".{folder.name}.partial")
        try:
            shutil.rmtree(partial_folder, ignore_errors=True)
            self.accelerator.unwrap_model(self.model).save_pretrained(partial_folder)
            self._save_about(partial_folder)
            shutil.rmtree(folder, ignore_errors=True)
            partial_folder.rename(folder)
        except OSError as error:
            shutil.rmtree(partial_folder, ignore_errors=True)
            raise OutputError(f"{folder} cannot be written: {error.strerror}; free some space, then resume") from None


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
