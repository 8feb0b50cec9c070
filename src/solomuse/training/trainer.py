"""transformers' Trainer with our batches, our measure and our checkpoints."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from torch.nn import functional
from transformers import PreTrainedModel, Trainer, TrainerCallback, TrainerControl, TrainingArguments
from transformers.trainer_callback import PrinterCallback, ProgressCallback

from solomuse.config import Config
from solomuse.datasets.load import Dataset, Windows
from solomuse.errors import ConfigError, OutputError
from solomuse.model.folder import save_about
from solomuse.model.likelihood import IGNORED, Likelihood, likelihood
from solomuse.model.melodies import MELODIES, Melodies, melodies_file, melodies_of
from solomuse.training.batches import LengthSampler, TrainingWindows, collate
from solomuse.training.callbacks import Clock, Epochs, Progress, Records, Stopping, best_step, evaluations
from solomuse.training.checkpoints import publish, remove_old, seal
from solomuse.training.costs import CostMeter, costs_of
from solomuse.training.mixing import MixedWindows
from solomuse.training.order import WholeSteps
from solomuse.training.run_folder import METRICS, MODEL, RUN
from solomuse.training.teachers import Teachers
from solomuse.training.watch import Watch


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a training is given besides the model.

    Parameters
    ----------
    out : Path
        The run folder.
    datasets : sequence of Dataset
        The first is what is measured.
    windows : TrainingWindows or MixedWindows
        What is learned from.
    run : mapping
        What ``run.json`` holds.
    callbacks : sequence of TrainerCallback
        Who else is told of logs, evaluations and checkpoints.
    on_checkpoint : callable, optional
        Called in one process with each evaluated checkpoint and its step.
    melodies : Melodies, optional
        What the model that is begun with has learned from.
    teachers : Teachers, optional
        Whose expectations are learned beside what follows.
    """

    out: Path
    datasets: tuple[Dataset, ...]
    windows: TrainingWindows | MixedWindows
    config: Config
    run: Mapping[str, Any]
    callbacks: tuple[TrainerCallback, ...] = ()
    on_checkpoint: Callable[[Path, int], None] | None = None
    melodies: Melodies | None = None
    teachers: Teachers | None = None

    @property
    def dataset(self) -> Dataset:
        """The one that is measured."""
        return self.datasets[0]


class SoloTrainer(Trainer):
    """transformers' Trainer with our batches, our measure and our checkpoints.

    Attributes
    ----------
    tokens_in_session : int
        Without padding, in all processes, since this one began.
    """

    def __init__(self, model: PreTrainedModel, arguments: TrainingArguments, plan: Plan) -> None:
        config, dataset = plan.config.training, plan.dataset
        self.plan = plan
        self.tokens_in_session = 0
        self.progress, self.clock = Progress(), Clock()
        self.stopping = Stopping(config.max_minutes, config.patience, self._max_over_processes)
        self.watch = Watch(plan.out, arguments.process_index, len(dataset.vocabulary))
        self.costs = CostMeter(dataset.vocabulary, arguments.device)
        self._checked_ranks = False
        self._seconds_logged = 0.0
        self._expected: torch.Tensor | None = None
        super().__init__(
            model=model,
            args=arguments,
            data_collator=partial(collate, room=plan.config.model.block_size, learn_chart=config.learn_chart),
            train_dataset=plan.windows,
            eval_dataset=dataset.windows("validation"),
            compute_loss_func=self._loss,
            callbacks=[self.clock, self.progress, Records(plan.out / METRICS), *plan.callbacks],
        )
        for callback in (ProgressCallback, PrinterCallback):
            self.remove_callback(callback)
        self.add_callback(Epochs(partial(setattr, plan.windows, "epoch")))
        self.add_callback(self.stopping)

    def _get_train_sampler(self, train_dataset: Any = None) -> WholeSteps:
        """An order in which the windows of one step stand together, however many processes share them."""
        a_step = self.args.per_device_train_batch_size * self.args.gradient_accumulation_steps * self.args.world_size
        return WholeSteps(LengthSampler(self.train_dataset, a_step, self.args.seed), a_step)

    def training_step(self, model: Any, inputs: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """Forward and backward; in the first step the processes' data are compared."""
        if not self._checked_ranks:
            self._check_that_ranks_differ(inputs["input_ids"])
        self.watch.batch(inputs)
        self.costs.read(inputs["input_ids"])
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

    def compute_loss(self, model: Any, inputs: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """The loss of a batch, with what the teachers expect of it at hand."""
        if self.plan.teachers is not None:
            self._expected = self.plan.teachers.expect(inputs["input_ids"], inputs.get("features"))
        return super().compute_loss(model, inputs, *args, **kwargs)

    def _loss(self, outputs: Any, labels: torch.Tensor, num_items_in_batch: Any = None) -> torch.Tensor:
        """Mean cost of the learned tokens of a step, whose number is over all its batches in all processes."""
        targets = functional.pad(labels[:, 1:], (0, 1), value=IGNORED).flatten()
        logits = outputs.logits.float().flatten(0, 1)  # (B * T, V)
        nats = functional.cross_entropy(logits, targets, ignore_index=IGNORED, reduction="none")
        self.costs.learned(nats.detach(), targets)
        total = nats.sum()
        if self._expected is not None:
            is_learned, share = targets != IGNORED, self.plan.config.training.teacher_share
            taught = functional.cross_entropy(
                logits[is_learned], self._expected.flatten(0, 1)[is_learned], reduction="sum"
            )
            total = (1 - share) * total + share * taught
        return total / num_items_in_batch

    def _get_grad_norm(self, *args: Any, **kwargs: Any) -> Any:
        norm = super()._get_grad_norm(*args, **kwargs)
        self.watch.gradient(norm)
        return norm

    def _issue_warnings_after_load(self, load_result: Any) -> None:
        """None: checkpoints are known to be whole, so what is missing is tied to what is there."""
        self.model.tie_weights()

    def _maybe_log_save_evaluate(self, *args: Any, **kwargs: Any) -> None:
        """Look at the newest steps before their figures or weights are used."""
        if self.control.should_log or self.control.should_evaluate or self.control.should_save:
            self.watch.look(self.state.global_step)
        super()._maybe_log_save_evaluate(*args, **kwargs)

    def log(self, logs: dict[str, float], *args: Any, **kwargs: Any) -> None:
        """Log, with the costs by kind of token beside each training loss."""
        if "train_runtime" in logs:
            return  # the Trainer's summary; ours is `solomuse.training.train.Trained`
        if "loss" in logs:
            costs = costs_of(self._sum_over_processes(self.costs.sums))
            self.costs.restart()
            self.tokens_in_session += round(costs.tokens)
            seconds, self._seconds_logged = self.clock.seconds - self._seconds_logged, self.clock.seconds
            logs = {**logs, **costs.figures, "tokens_per_second": costs.tokens / max(seconds, 1e-9)}
        super().log(logs, *args, **kwargs)
        if "loss" in logs:
            self.watch.loss(logs["loss"], self.state.global_step)

    def floating_point_ops(self, inputs: dict[str, Any]) -> int:
        """Not counted: it takes a walk through the whole model in each step."""
        return 0

    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
        """Bits per note of the validation windows; of datasets beside the measured one, their sum only."""
        total = self._likelihood(self.eval_dataset)
        self.watch.measured(total.nats_per_token, self.state.global_step)
        others = {
            f"eval_bits_per_note_{dataset.path.resolve().name}": self._likelihood(dataset.windows("validation"))
            for dataset in self.plan.datasets[1:]
        }
        metrics = {
            "eval_loss": total.nats_per_token,
            **{f"eval_{name}": bits for name, bits in total.per_note().items()},
            **{name: other.bits_per_note for name, other in others.items()},
        }
        self.log(metrics)
        self.control: TrainerControl = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        if self.state.global_step == 0 and not self.is_fsdp_enabled:  # FSDP's optimizer counts saving as a step
            self._save_checkpoint(self.model, None)  # what the training begins with may be the best that it ever has
            self.clock.restart()
        return metrics

    def _likelihood(self, windows: Windows) -> Likelihood:
        """The cost of windows, which the processes share."""
        # where the weights are shared, all processes must take part in every batch
        first, step = (0, 1) if self.is_fsdp_enabled else (self.args.process_index, self.args.world_size)
        own = (windows[index] for index in range(first, len(windows), step))
        with self.compute_loss_context_manager():
            part = likelihood(self.model, own, self.plan.dataset.vocabulary)
        return part if self.is_fsdp_enabled else self._summed(part)

    def _summed(self, part: Likelihood) -> Likelihood:
        own = torch.tensor(list(asdict(part).values()), dtype=torch.float64, device=self.args.device)
        pitch, rhythm, velocity, *counts = self._sum_over_processes(own)
        return Likelihood(pitch, rhythm, velocity, *map(int, counts))

    def _sum_over_processes(self, own: torch.Tensor) -> list[float]:
        total: list[float] = self.accelerator.gather(own[None]).sum(0).tolist()
        return total

    def _max_over_processes(self, own: int) -> int:
        return int(self.accelerator.gather(torch.tensor([own], device=self.args.device)).max())

    def _save_checkpoint(self, *args: Any, **kwargs: Any) -> None:
        """A checkpoint that is whole; none at all where it cannot be written in full."""
        name = f"checkpoint-{self.state.global_step}"
        partial_folder, final = Path(self.args.output_dir) / name, self.plan.out / name
        try:
            super()._save_checkpoint(*args, **kwargs)
            (partial_folder / self._position_name).write_text(json.dumps(self._position()), "utf-8")
            self.accelerator.wait_for_everyone()
            if self.args.should_save:
                seal(partial_folder, final)
        except (OSError, RuntimeError, SafetensorError) as error:  # torch has a RuntimeError for a full disk
            if self.args.should_save:
                shutil.rmtree(self.args.output_dir, ignore_errors=True)
            raise OutputError(
                f"{final} cannot be written ({_first_line(error)}): free some space, then resume the run"
            ) from error
        if self.args.should_save:
            self._after_checkpoint(final)
        self.accelerator.wait_for_everyone()

    def _after_checkpoint(self, checkpoint: Path) -> None:
        step, best = self.state.global_step, best_step(self.state)
        if best == step:
            self.publish(checkpoint)
        remove_old(self.plan.out, self.plan.config.training.keep_checkpoints, self.plan.out / f"checkpoint-{best}")
        if step in evaluations(self.state) and self.plan.on_checkpoint is not None:
            self.plan.on_checkpoint(checkpoint, step)

    def publish(self, checkpoint: Path) -> None:
        """Make a checkpoint the run's model.

        Raises
        ------
        OutputError
            If it cannot be written.
        """
        try:
            publish(checkpoint, self.plan.out / MODEL)
        except OSError as error:
            raise OutputError(
                f"{self.plan.out / MODEL} cannot be written: {error.strerror}; free some space, then resume"
            ) from None

    def _save(self, output_dir: str | None = None, state_dict: Any = None) -> None:
        super()._save(output_dir, state_dict)
        if not self.args.should_save:
            return  # every process comes by, one writes
        folder, dataset = Path(output_dir or self.args.output_dir), self.plan.dataset
        facts = {key: dataset.report[key] for key in ("songs", "notes", "sources", "splits")}
        facts["beside"] = [other.report["sources"] for other in self.plan.datasets[1:]]
        save_about(
            folder, dataset.vocabulary, dataset.config.window_bars, dataset.players, self.plan.run["conditions"], facts
        )
        (folder / RUN).write_text(json.dumps(self.plan.run, indent=1) + "\n", encoding="utf-8")
        (folder / MELODIES).write_bytes(self._melodies)

    @cached_property
    def _melodies(self) -> bytes:
        """What is learned from, as each checkpoint has it."""
        return melodies_file(melodies_of(self.plan.datasets, self.plan.melodies))

    @property
    def _position_name(self) -> str:
        return f"position-{self.args.process_index}.json"

    def _position(self) -> dict[str, Any]:
        """What has been added up since the last log, so that the next one is the same after resuming."""
        return {
            "loss": float(self._tr_loss),
            "logged": self._globalstep_last_logged,
            "costs": self.costs.sums.tolist(),
            "too_large": self.watch.too_large,
        }

    def restore_position(self, checkpoint: Path) -> None:
        """Go on adding where a checkpoint was written; another number of processes begins anew."""
        path = checkpoint / self._position_name
        if not path.is_file():
            return
        position = json.loads(path.read_text("utf-8"))
        self._tr_loss = torch.tensor(position["loss"], device=self.args.device)
        self._globalstep_last_logged = position["logged"]
        self.costs.restart(position["costs"])
        self.watch.too_large = position["too_large"]


class Restoring(TrainerCallback):
    """Restores what the Trainer sets to nothing when a training begins."""

    def __init__(self, restore: Callable[[], None]) -> None:
        self._restore = restore

    def on_train_begin(self, *_: Any, **__: Any) -> None:
        """Restore it."""
        self._restore()


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
