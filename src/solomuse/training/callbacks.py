"""What happens beside the steps: progress, records, stopping."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path
from types import FrameType
from typing import Any

from tqdm import tqdm
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments


class Progress(TrainerCallback):
    """A bar with the live loss, bits per note, tokens per second and the time left."""

    def __init__(self, tokens_seen: Any) -> None:
        self._tokens_seen = tokens_seen
        self._bar: Any = None
        self._shown: dict[str, str] = {}

    def on_train_begin(self, args: TrainingArguments, state: TrainerState, *_: Any, **__: Any) -> None:
        """Open the bar, in one process only."""
        if state.is_world_process_zero:
            self._bar = tqdm(total=state.max_steps, initial=state.global_step, unit="step", dynamic_ncols=True)
        self._began, self._tokens_at_start = time.perf_counter(), self._tokens_seen()

    def on_step_end(self, args: TrainingArguments, state: TrainerState, *_: Any, **__: Any) -> None:
        """Move the bar."""
        if self._bar is not None:
            self._bar.update(state.global_step - self._bar.n)

    def on_log(self, args: TrainingArguments, state: TrainerState, *_: Any, logs: dict[str, Any], **__: Any) -> None:
        """Show the newest figures."""
        names = {"loss": ("loss", ".3f"), "eval_bits_per_note": ("bits/note", ".3f")}
        self._shown.update({text: f"{logs[key]:{form}}" for key, (text, form) in names.items() if key in logs})
        seconds = time.perf_counter() - getattr(self, "_began", time.perf_counter())
        if self._bar is not None and seconds > 0:
            self._shown["tok/s"] = f"{(self._tokens_seen() - self._tokens_at_start) / seconds:.0f}"
            self._bar.set_postfix(self._shown)

    def on_train_end(self, *_: Any, **__: Any) -> None:
        """Close the bar."""
        self.close()

    def close(self) -> None:
        """End the bar's line, so that what is said next has one of its own."""
        if self._bar is not None:
            self._bar.close()


class Records(TrainerCallback):
    """Appends every log to ``metrics.jsonl``."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def on_log(self, args: TrainingArguments, state: TrainerState, *_: Any, logs: dict[str, Any], **__: Any) -> None:
        """Append one line."""
        if state.is_world_process_zero:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"step": state.global_step, **logs}) + "\n")


class Stopping(TrainerCallback):
    """Ends the training with a checkpoint: after its last step, on Ctrl-C or SIGTERM, when its time is over.

    Attributes
    ----------
    interrupted : bool
        Whether a signal ended it.
    """

    def __init__(self, max_minutes: float) -> None:
        self.interrupted = False
        self._deadline = time.monotonic() + 60 * max_minutes if max_minutes else float("inf")
        self._previous: dict[int, Any] = {}

    def on_train_begin(self, *_: Any, **__: Any) -> None:
        """Take over the signals; a second Ctrl-C ends the program at once."""
        for number in (signal.SIGINT, signal.SIGTERM):
            self._previous[number] = signal.signal(number, self._interrupt)

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        self.interrupted = True
        signal.signal(number, self._previous[number])

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> TrainerControl:
        """Ask for a checkpoint, and for the end."""
        is_last = state.global_step >= state.max_steps
        over = time.monotonic() > self._deadline
        if is_last or over or self.interrupted:
            control.should_evaluate = control.should_evaluate or not self.interrupted
            control.should_save = control.should_training_stop = True
        return control

    def on_train_end(self, *_: Any, **__: Any) -> None:
        """Give the signals back."""
        for number, handler in self._previous.items():
            signal.signal(number, handler)
