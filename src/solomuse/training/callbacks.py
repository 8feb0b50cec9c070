"""What happens beside the steps: progress, records, stopping."""

from __future__ import annotations

import json
import math
import signal
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from tqdm import tqdm
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from solomuse.errors import OutputError
from solomuse.files import write_whole


class Progress(TrainerCallback):
    """A bar with the newest loss, bits per note, tokens per second and the time left."""

    SHOWN = (
        ("loss", "loss", ".3f"),
        ("bits_per_note", "bits/note", ".2f"),
        ("eval_bits_per_note", "held back", ".2f"),
        ("tokens_per_second", "tok/s", ".0f"),
    )

    def __init__(self) -> None:
        self._bar: Any = None
        self._figures: dict[str, str] = {}

    def on_train_begin(self, args: TrainingArguments, state: TrainerState, *_: Any, **__: Any) -> None:
        """Open the bar, in one process only."""
        if state.is_world_process_zero:
            self._bar = tqdm(total=state.max_steps, initial=state.global_step, unit="step", dynamic_ncols=True)

    def on_step_end(self, args: TrainingArguments, state: TrainerState, *_: Any, **__: Any) -> None:
        """Move the bar."""
        if self._bar is not None:
            self._bar.update(state.global_step - self._bar.n)

    def on_log(self, args: TrainingArguments, state: TrainerState, *_: Any, logs: dict[str, Any], **__: Any) -> None:
        """Show the newest figures."""
        self._figures.update({text: f"{logs[key]:{form}}" for key, text, form in self.SHOWN if key in logs})
        if self._bar is not None:
            self._bar.set_postfix(self._figures)

    def on_train_end(self, *_: Any, **__: Any) -> None:
        """Close the bar."""
        self.close()

    def close(self) -> None:
        """End the bar's line, so that what is said next has one of its own."""
        if self._bar is not None:
            self._bar.close()


class Clock(TrainerCallback):
    """Seconds spent in steps: evaluations and checkpoints do not count."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._mark = time.perf_counter()

    def on_step_end(self, *_: Any, **__: Any) -> None:
        """Add the time since the last step, evaluation or checkpoint."""
        now = time.perf_counter()
        self.seconds += now - self._mark
        self._mark = now

    def restart(self, *_: Any, **__: Any) -> None:
        """Leave out what has passed since the last step."""
        self._mark = time.perf_counter()

    on_train_begin = on_evaluate = on_save = restart


class Epochs(TrainerCallback):
    """Tells the training windows which epoch it is.

    The sampler is told by accelerate, but not where a run is resumed within an epoch by several processes.
    """

    def __init__(self, tell: Callable[[int], None]) -> None:
        self._tell = tell

    def on_epoch_begin(self, args: TrainingArguments, state: TrainerState, *_: Any, **kwargs: Any) -> None:
        """Count the epochs that lie behind."""
        steps = -(-len(kwargs["train_dataloader"]) // args.gradient_accumulation_steps)
        self._tell(state.global_step // steps)


class Records(TrainerCallback):
    """Appends every log to ``metrics.jsonl``."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def on_log(self, args: TrainingArguments, state: TrainerState, *_: Any, logs: dict[str, Any], **__: Any) -> None:
        """Append one line."""
        if not state.is_world_process_zero:
            return
        try:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"step": state.global_step, **logs}) + "\n")
        except OSError as error:
            raise OutputError(
                f"{self._path} cannot be written: {error.strerror}; free some space, then resume"
            ) from None


def cut_records(path: Path, step: int) -> None:
    """Take the lines after a step, and one that was not written to its end, out of ``metrics.jsonl``."""
    if not path.is_file():
        return
    whole = path.read_text("utf-8").splitlines(keepends=True)
    kept = [line for line in whole if line.endswith("\n") and json.loads(line)["step"] <= step]
    write_whole(path, "".join(kept).encode())


def evaluations(state: TrainerState) -> dict[int, float]:
    """Held-back bits per note by step; what is no number counts as endlessly many."""
    found = {log["step"]: log["eval_bits_per_note"] for log in state.log_history if "eval_bits_per_note" in log}
    return {step: bits if math.isfinite(bits) else math.inf for step, bits in found.items()}


def best_step(state: TrainerState) -> int:
    """The step with the fewest held-back bits per note, the first of several; the last if nothing is held back."""
    bits_by_step = evaluations(state)
    best = min(bits_by_step, key=bits_by_step.__getitem__)
    return best if math.isfinite(bits_by_step[best]) else max(bits_by_step)


def evaluations_since_best(state: TrainerState) -> int:
    """How many evaluations were made since the best one."""
    return sum(step > best_step(state) for step in evaluations(state))


class Stopping(TrainerCallback):
    """Asks for checkpoints, with each evaluation, and ends the training with one.

    After its last step, on Ctrl-C or SIGTERM, when its time is over, or when evaluations no longer get better.

    Parameters
    ----------
    max_over_processes : callable
        The largest of a number's values in all processes. They must end at the same step, but signals and clocks
        reach them at different ones; so they compare now and then.

    Attributes
    ----------
    interrupted : bool
        Whether a signal ended it.
    """

    def __init__(self, max_minutes: float, patience: int, max_over_processes: Callable[[int], int]) -> None:
        self.interrupted = False
        self._is_asked = False
        self._patience = patience
        self._max_over_processes = max_over_processes
        self._deadline = time.monotonic() + 60 * max_minutes if max_minutes else float("inf")
        self._previous: dict[int, Any] = {}

    def on_train_begin(self, *_: Any, **__: Any) -> None:
        """Take over the signals; a second Ctrl-C ends the program at once."""
        for number in (signal.SIGINT, signal.SIGTERM):
            self._previous[number] = signal.signal(number, self._interrupt)

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        self._is_asked = True
        signal.signal(number, self._previous[number])

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> TrainerControl:
        """Ask for a checkpoint, and for the end."""
        reason = 2 * self._is_asked or int(time.monotonic() > self._deadline)
        if args.world_size > 1:
            compares = state.global_step % args.logging_steps == 0
            reason = self._max_over_processes(reason) if compares else 0
        self.interrupted = reason == 2
        is_last = state.global_step >= state.max_steps
        if reason or is_last:
            control.should_evaluate = control.should_evaluate or not self.interrupted
            control.should_training_stop = True
        control.should_log = control.should_log or is_last
        control.should_save = control.should_evaluate or control.should_training_stop
        return control

    def on_evaluate(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> TrainerControl:
        """Ask for the end if patience is at its end."""
        control.should_training_stop = control.should_training_stop or self.is_over(state)
        return control

    def is_over(self, state: TrainerState) -> bool:
        """Whether so many evaluations in a row as are allowed were no better."""
        return 0 < self._patience <= evaluations_since_best(state)

    def on_train_end(self, *_: Any, **__: Any) -> None:
        """Give the signals back."""
        for number, handler in self._previous.items():
            signal.signal(number, handler)
