"""A run's figures as events for TensorBoard."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from transformers import TrainerCallback, TrainerState, TrainingArguments


class Events(TrainerCallback):
    """Writes every log as events; those of an earlier process from `first_step` on are struck out."""

    def __init__(self, folder: Path, first_step: int) -> None:
        self._folder, self._first_step = folder, first_step
        self._writer: Any = None

    def on_train_begin(self, args: TrainingArguments, state: TrainerState, *_: Any, **__: Any) -> None:
        """Open the file, in one process only."""
        from torch.utils.tensorboard import SummaryWriter

        if state.is_world_process_zero:
            self._writer = SummaryWriter(str(self._folder), purge_step=self._first_step)

    def on_log(self, args: TrainingArguments, state: TrainerState, *_: Any, logs: dict[str, Any], **__: Any) -> None:
        """Write the figures: held-back ones under ``eval/``, the others under ``train/``."""
        if self._writer is not None:
            for key, value in logs.items():
                group, name = ("eval", key.removeprefix("eval_")) if key.startswith("eval_") else ("train", key)
                self._writer.add_scalar(f"{group}/{name}", value, state.global_step)
            self._writer.flush()

    def on_train_end(self, *_: Any, **__: Any) -> None:
        """Close the file."""
        if self._writer is not None:
            self._writer.close()
