"""Seconds that the loader takes for a step, beside those of the step itself.

    python benchmarks/loader_speed.py DATASET [--size tiny] [--steps 20] [--threads N] [--device cpu]

The loader cuts, encodes, changes and pads the windows of a batch in the process that trains. The first epoch's windows
come in the order of a training; three steps warm up unmeasured. Both figures are medians.
"""

from __future__ import annotations

import argparse
import time
from itertools import islice
from pathlib import Path
from statistics import median

import torch

from solomuse.config import load_config
from solomuse.datasets.load import load_dataset
from solomuse.model.gpt2 import build_model
from solomuse.training.batches import LengthSampler, collate
from solomuse.training.mixing import learned_windows

WARM_UP = 3


def seconds_per_step(dataset_path: Path, size: str, device: str, steps: int) -> tuple[float, float]:
    """Of loading, of training."""
    dataset, config = load_dataset(dataset_path), load_config(size)
    torch.manual_seed(1)
    model = build_model(config.model, dataset.vocabulary).to(device).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, fused=True)
    windows = learned_windows([dataset], config.training)
    rows = config.training.batch_size
    order = list(LengthSampler(windows, rows, seed=1))
    loading, training = [], []
    for group in islice((order[start : start + rows] for start in range(0, len(order), rows)), WARM_UP + steps):
        began = time.perf_counter()
        batch = collate([windows[index] for index in group], config.model.block_size)
        loaded = time.perf_counter()
        model(**{name: tensor.to(device) for name, tensor in batch.items()}).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        if device == "cuda":
            torch.cuda.synchronize()
        loading.append(loaded - began)
        training.append(time.perf_counter() - loaded)
    return median(loading[WARM_UP:]), median(training[WARM_UP:])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--size", default="tiny")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--device", default="cpu")
    arguments = parser.parse_args()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    loading, training = seconds_per_step(arguments.dataset, arguments.size, arguments.device, arguments.steps)
    print(f"loader: {1000 * loading:.2f} ms a step")
    print(f"training: {1000 * training:.2f} ms a step ({arguments.size}, {arguments.device})")
    print(f"loader / training: {100 * loading / training:.2f} %")


if __name__ == "__main__":
    main()
