"""Training tokens a second, in fp32 and in bf16, one after the other in one run.

    python benchmarks/training_speed.py DATASET [--size small] [--steps 20] [--threads N] [--device cpu]

Steps are those of a training: windows of like length, forward, backward, AdamW; three steps warm up unmeasured.
"""

from __future__ import annotations

import argparse
import time
from itertools import islice
from pathlib import Path

import torch

from solomuse.config import load_config
from solomuse.datasets.load import load_dataset
from solomuse.model.gpt2 import build_model
from solomuse.tokens.vocabulary import PAD
from solomuse.training.batches import LengthSampler, TrainingWindows, collate

WARM_UP = 3


def tokens_per_second(dataset_path: Path, size: str, device: str, dtype: torch.dtype, steps: int) -> float:
    dataset, config = load_dataset(dataset_path), load_config(size)
    torch.manual_seed(1)
    model = build_model(config.model, dataset.vocabulary).to(device).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, fused=True)
    windows = TrainingWindows(dataset.windows("train"), dataset.vocabulary, True, seed=1)
    order = list(LengthSampler(windows, config.training.batch_size, seed=1))
    rows = config.training.batch_size
    groups = (order[start : start + rows] for start in range(0, len(order), rows))
    batches = (collate([windows[i] for i in group], config.model.block_size) for group in groups)
    tokens, seconds = 0, 0.0
    for step, batch in enumerate(islice(batches, WARM_UP + steps)):
        began = time.perf_counter()
        moved = {name: tensor.to(device) for name, tensor in batch.items()}
        with torch.autocast(device, dtype=torch.bfloat16, enabled=dtype == torch.bfloat16):
            loss = model(**moved).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        if device == "cuda":
            torch.cuda.synchronize()
        if step >= WARM_UP:
            seconds += time.perf_counter() - began
            tokens += int((batch["input_ids"] != PAD).sum())
    return tokens / seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--size", default="small")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    arguments = parser.parse_args()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    speeds = {
        name: tokens_per_second(arguments.dataset, arguments.size, arguments.device, dtype, arguments.steps)
        for name, dtype in (("fp32", torch.float32), ("bf16", torch.bfloat16))
    }
    for name, speed in speeds.items():
        print(f"{name}: {speed:.0f} tokens a second")
    print(f"bf16 / fp32: {speeds['bf16'] / speeds['fp32']:.2f} ({arguments.size}, {arguments.device})")


if __name__ == "__main__":
    main()
