"""Training tokens a second: our training against a bare loop of PyTorch, and bf16 against fp32, in one run.

    python benchmarks/training_speed.py DATASET [--size small] [--steps 20] [--rounds 3] [--threads N] [--device cpu]

Both do the same on the same batches: windows of like length, cut and moved as they come, forward, backward, clipping,
AdamW, learning rate. Ours is `solomuse.training.trainer.SoloTrainer` as `solomuse train` runs it, logs included,
without evaluations and checkpoints. The first steps warm up unmeasured. The four kinds take turns, each round with
fresh weights; the quickest round of each counts. ``--cpu-time`` counts the processor's seconds instead of the clock's,
for one thread on a machine that is busy with other things.
"""

from __future__ import annotations

import argparse
import math
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from transformers import TrainerCallback, get_cosine_schedule_with_warmup
from transformers.utils.logging import disable_progress_bar

from solomuse.config import Config, load_config
from solomuse.datasets.load import Dataset, load_dataset
from solomuse.model.gpt2 import build_model
from solomuse.tokens.vocabulary import PAD
from solomuse.training.arguments import training_arguments
from solomuse.training.batches import LengthSampler, collate
from solomuse.training.mixing import learned_windows
from solomuse.training.order import WholeSteps
from solomuse.training.trainer import Plan, SoloTrainer

WARM_UP = 4
Clock = Callable[[], float]


def batches(dataset: Dataset, config: Config) -> Iterator[dict[str, torch.Tensor]]:
    """The batches of the first epoch."""
    rows = config.training.batch_size
    windows = learned_windows([dataset], config.training)
    order = list(WholeSteps(LengthSampler(windows, rows, config.training.seed), rows))
    for start in range(0, len(order), rows):
        yield collate([windows[index] for index in order[start : start + rows]], config.model.block_size)


def bare_seconds(dataset: Dataset, config: Config, device: str, steps: int, clock: Clock) -> float:
    """Seconds that a bare loop takes for the steps after the warm-up."""
    torch.manual_seed(1)
    model = build_model(config.model, dataset.vocabulary).to(device).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, fused=True)
    schedule = get_cosine_schedule_with_warmup(optimizer, 1, steps)
    began = 0.0
    for step, batch in enumerate(islice(batches(dataset, config), WARM_UP + steps)):
        if step == WARM_UP:
            began = now(clock, device)
        moved = {name: tensor.to(device) for name, tensor in batch.items()}
        with torch.autocast(device, dtype=torch.bfloat16, enabled=config.training.precision == "bf16"):
            loss = model(**moved).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), config.training.max_grad_norm)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
    return now(clock, device) - began


class Stopwatch(TrainerCallback):
    """Notes when the warm-up and the last step are over."""

    def __init__(self, last: int, clock: Clock, device: str) -> None:
        self._last, self._clock, self._device = last, clock, device
        self.began = self.ended = 0.0

    def on_step_end(self, _arguments: Any, state: Any, *_: Any, **__: Any) -> None:
        """Note the time."""
        if state.global_step == WARM_UP:
            self.began = now(self._clock, self._device)
        if state.global_step == self._last:
            self.ended = now(self._clock, self._device)


def our_seconds(dataset: Dataset, config: Config, device: str, steps: int, clock: Clock) -> float:
    """Seconds that our training takes for the steps after the warm-up."""
    stopwatch = Stopwatch(WARM_UP + steps, clock, device)
    with tempfile.TemporaryDirectory() as folder:
        arguments = training_arguments(f"{folder}/scratch", config.training, 1, is_new=False)
        arguments.max_steps = WARM_UP + steps + 1  # in its last step it evaluates
        torch.manual_seed(1)
        model = build_model(config.model, dataset.vocabulary)
        windows = learned_windows([dataset], config.training)
        plan = Plan(Path(folder), (dataset,), windows, config, run={"conditions": {}}, callbacks=(stopwatch,))
        SoloTrainer(model, arguments, plan).train()
    return stopwatch.ended - stopwatch.began


def now(clock: Clock, device: str) -> float:
    """The time, once all work is done."""
    if device == "cuda":
        torch.cuda.synchronize()
    return clock()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--size", default="small")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--compile", default="off", choices=("on", "off"))
    parser.add_argument("--cpu-time", action="store_true")
    arguments = parser.parse_args()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    disable_progress_bar()
    dataset, steps = load_dataset(arguments.dataset), arguments.steps
    clock = time.process_time if arguments.cpu_time else time.perf_counter
    base = load_config(arguments.size).with_values({"device": arguments.device, "compile": arguments.compile})
    measured = list(islice(batches(dataset, base), WARM_UP + steps))[WARM_UP:]
    tokens = sum(int((batch["input_ids"] != PAD).sum()) for batch in measured)
    kinds = {
        (loop, precision): base.with_values({"precision": precision})
        for precision in ("fp32", "bf16")
        for loop in (bare_seconds, our_seconds)
    }
    best = dict.fromkeys(kinds, math.inf)
    for _ in range(arguments.rounds):
        for (loop, precision), config in kinds.items():
            seconds = loop(dataset, config, arguments.device, steps, clock)
            best[loop, precision] = min(best[loop, precision], seconds)
    for precision in ("fp32", "bf16"):
        bare, ours = (tokens / best[loop, precision] for loop in (bare_seconds, our_seconds))
        print(f"{precision}: ours {ours:.0f}, bare loop {bare:.0f} tokens a second; ours / bare: {ours / bare:.3f}")
    ratio = best[our_seconds, "fp32"] / best[our_seconds, "bf16"]
    print(f"bf16 / fp32: {ratio:.2f} ({arguments.size}, {arguments.device}, compile {arguments.compile})")


if __name__ == "__main__":
    main()
