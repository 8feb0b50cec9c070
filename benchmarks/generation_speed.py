"""Seconds to generate solos over 32 bars: our step loop beside transformers' own model with its own cache.

    python benchmarks/generation_speed.py MODEL [--takes 1 8 32]

Both play the same weights. transformers' side is a bare sampling loop, without grammar or features of what it
plays, that takes as many steps as our longest take: the least that it could do.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM

import solomuse
from solomuse.generation import generate
from solomuse.model.folder import load_model
from solomuse.tokens.vocabulary import SEP

CHART = "C7 | F7 | C7 | % | F7 | % | C7 | A7 | Dm7 | G7 | C7 A7 | Dm7 G7 | Dm7 | G7 | Cmaj7 | %" + " | %" * 16


@torch.inference_mode()
def plain_loop(folder: Path, prompt: list[int], takes: int, steps: int) -> float:
    model = AutoModelForCausalLM.from_pretrained(folder).eval()
    width = len(model.config.feature_sizes)
    began = time.perf_counter()
    ids, cache = torch.tensor([prompt] * takes), None
    for _ in range(min(steps, model.config.n_positions - len(prompt))):
        out = model(ids, features=torch.zeros(*ids.shape, width), past_key_values=cache, use_cache=True)
        cache = out.past_key_values
        ids = torch.multinomial(out.logits[:, -1].float().softmax(-1), 1)
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--takes", type=int, nargs="+", default=[1, 8, 32])
    arguments = parser.parse_args()
    chart = solomuse.parse_chart(CHART)
    model = load_model(arguments.model)
    generate(model, chart)
    for takes in arguments.takes:
        began = time.perf_counter()
        solos = generate(model, chart, takes=takes)
        seconds = time.perf_counter() - began
        ids = list(solos[0].token_ids)
        steps = max(len(solo.token_ids) - solo.token_ids.index(SEP) for solo in solos)
        prompt = ids[: ids.index(SEP) + 1]
        room = model.decoder.config.block_size - len(prompt)
        plain = plain_loop(model.path, prompt, takes, steps) * max(1.0, steps / room)
        tokens = sum(len(solo.token_ids) - solo.token_ids.index(SEP) for solo in solos)
        print(
            f"{takes} takes of {len(chart.bars)} bars: {seconds:.2f} s ({tokens / seconds:.0f} tokens a second), "
            f"transformers {plain:.2f} s, ratio {plain / seconds:.2f}"
        )


if __name__ == "__main__":
    main()
