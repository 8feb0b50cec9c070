"""Tokens a second of our decoder beside those of transformers' `generate`, over the same weights.

    python benchmarks/generation_speed.py [--size base] [--rows 1 8 16 64] [--precisions fp32 bf16 int8] [--threads 1]
        [--clock wall]

Weights are random, those of a plain GPT-2 of our size and vocabulary. Both read the same beginning, then sample one
token after another (temperature 1, top-p 0.95) with a cache; `generate` plays one row at a time. Every round measures
all cells in turn, so that what else the machine does troubles all alike; the best round counts. On a busy machine
`--clock cpu` leaves out the time in which others ran; it counts each thread. Last comes the most memory that a process
of its own needs for 64 rows of 1024 positions.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path

import torch
from torch import Tensor

from solomuse.config import load_config
from solomuse.generation.sampling import Sampling
from solomuse.model.decoder import DecoderConfig, Precision
from solomuse.model.gpt2 import build_model
from solomuse.model.gpt2_decoder import GPT2Decoder
from solomuse.tokens.vocabulary import vocabulary

Clock = Callable[[], float]
CLOCKS = {"wall": time.perf_counter, "cpu": time.process_time}
BEGINNING, ROUNDS, SAMPLING = 64, 3, Sampling(temperature=1.0, top_p=0.95)


def plain_gpt2(size: str):
    torch.manual_seed(1)
    config = load_config(size).with_values({"chart_features": False}).model
    return build_model(config, vocabulary(12)).eval()


def decoder_of(model, precision: Precision) -> GPT2Decoder:
    shape = model.config
    config = DecoderConfig(shape.n_layer, shape.n_head, shape.n_embd, shape.n_positions, vocabulary(12), ())
    return GPT2Decoder(config, {name: weight.detach() for name, weight in model.state_dict().items()}, precision)


def generate_seconds(model, beginning: Tensor, count: int, clock: Clock) -> float:
    began = clock()
    out = model.generate(
        beginning,
        attention_mask=torch.ones_like(beginning),
        max_new_tokens=count,
        min_new_tokens=count,
        do_sample=True,
        temperature=SAMPLING.temperature,
        top_p=SAMPLING.top_p,
        top_k=0,
        use_cache=True,
    )
    assert out.shape[1] == beginning.shape[1] + count
    return clock() - began


@torch.inference_mode()
def decoder_seconds(decoder: GPT2Decoder, beginning: Tensor, rows: int, count: int, clock: Clock) -> float:
    began = clock()
    ids = beginning.expand(rows, -1)
    features = torch.zeros(*ids.shape, 0, dtype=torch.int64)
    scores, cache = decoder.start(ids, features, torch.full((rows,), ids.shape[1]))
    for step in range(count):
        token_ids = SAMPLING.choose(scores, torch.rand(rows), slice(None))  # as `generate` does
        if step < count - 1:
            scores = decoder.step(token_ids, features[:, 0], cache)
    return clock() - began


def compare(size: str, all_rows: list[int], precisions: list[Precision], count: int, clock: Clock) -> None:
    model = plain_gpt2(size)
    decoders = {precision: decoder_of(model, precision) for precision in precisions}
    beginning = torch.randint(5, len(vocabulary(12)), (1, BEGINNING))
    best: dict[tuple[str, int], float] = {}
    for _ in range(ROUNDS):
        cells = {("generate", 1): generate_seconds(model, beginning, count, clock)}
        for precision, decoder in decoders.items():
            cells |= {(precision, rows): decoder_seconds(decoder, beginning, rows, count, clock) for rows in all_rows}
        best = {cell: min(seconds, best.get(cell, seconds)) for cell, seconds in cells.items()}
    usual = count / best["generate", 1]
    print(f"{size}, {BEGINNING} tokens read and {count} played, {torch.get_num_threads()} threads")
    print(f"{'':>10} {'rows':>5} {'ms a step':>10} {'tokens/s':>9} {'ratio':>6}")
    for (name, rows), seconds in best.items():
        speed = rows * count / seconds
        print(f"{name:>10} {rows:>5} {1000 * seconds / count:>10.2f} {speed:>9.0f} {speed / usual:>6.1f}")


def peak_megabytes() -> float:
    """The most resident memory of this process so far; `resource` would count what it was spawned from, too."""
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def most_megabytes(size: str, precision: Precision, rows: int) -> tuple[float, float]:
    """The peak memory of this process before it fills a cache to the brim, and after."""
    torch.set_num_threads(1)
    decoder = decoder_of(plain_gpt2(size), precision)
    before = peak_megabytes()
    room = decoder.config.block_size
    ids, features = torch.full((rows, room - 4), 7), torch.zeros(rows, room - 4, 0, dtype=torch.int64)
    _, cache = decoder.start(ids, features, torch.full((rows,), room - 4))
    while cache.room:
        decoder.step(ids[:, 0], features[:, 0], cache)
    return before, peak_megabytes()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", default="base")
    parser.add_argument("--rows", type=int, nargs="+", default=[1, 8, 16, 64])
    parser.add_argument("--precisions", nargs="+", default=["fp32", "bf16", "int8"])
    parser.add_argument("--tokens", type=int, default=256)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--clock", choices=list(CLOCKS), default="wall")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    compare(arguments.size, arguments.rows, arguments.precisions, arguments.tokens, CLOCKS[arguments.clock])
    print(f"{'':>10} {'MB before':>10} {'MB with 64 full rows':>21}")
    for precision in arguments.precisions:
        with get_context("spawn").Pool(1) as pool:
            before, most = pool.apply(most_megabytes, (arguments.size, precision, 64))
        print(f"{precision:>10} {before:>10.0f} {most:>21.0f}")


if __name__ == "__main__":
    main()
