"""What keeping to the grammar costs: masks of a step beside the step of the model, in processor time.

python benchmarks/masking.py [--size base] [--rows 1 16] [--precision int8]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import torch

from solomuse.config import SIZES, load_config
from solomuse.model.decoder import PRECISIONS, DecoderConfig, threads
from solomuse.model.gpt2 import build_model
from solomuse.model.gpt2_decoder import GPT2Decoder
from solomuse.music.chart_text import parse_chart
from solomuse.music.leadsheet import LeadSheet
from solomuse.tokens.codec import Codec
from solomuse.tokens.cursors import Cursors
from solomuse.tokens.features import feature_sizes
from solomuse.tokens.vocabulary import vocabulary

BEGINNING = 64


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", choices=SIZES, default="base")
    parser.add_argument("--rows", type=int, nargs="+", default=[1, 16])
    parser.add_argument("--precision", choices=PRECISIONS[1:], default="int8")
    parser.add_argument("--steps", type=int, default=64)
    arguments = parser.parse_args()
    words, shape = vocabulary(12), load_config(arguments.size).model
    weights = {name: weight.float() for name, weight in build_model(shape, words).state_dict().items()}
    sizes = feature_sizes(words)
    config = DecoderConfig(shape.n_layer, shape.n_head, shape.n_embd, shape.block_size, words, sizes)
    decoder = GPT2Decoder(config, weights, arguments.precision)
    chart = Codec(words).on_grid(LeadSheet(parse_chart(" | ".join(["Dm7", "G7", "C", "A7"] * 4)), ()))
    print(f"{arguments.size}, {arguments.precision}: rows, ms a step, microseconds a mask, share of the step")
    with threads(1), torch.inference_mode():
        for rows in arguments.rows:
            cursors = Cursors([chart] * rows, [0] * rows, [chart.steps] * rows, words)
            token_ids = torch.zeros(rows, BEGINNING, dtype=torch.int64)
            features = torch.zeros(rows, BEGINNING, len(sizes), dtype=torch.int64)
            scores, cache = decoder.start(token_ids, features, torch.full((rows,), BEGINNING))
            next_ids, next_features = torch.zeros(rows, dtype=torch.int64), torch.from_numpy(cursors.features())
            step = _seconds(lambda: decoder.step(next_ids, next_features, cache), arguments.steps)  # noqa: B023
            mask = _seconds(
                lambda: scores.masked_fill(~torch.from_numpy(cursors.allowed()), -torch.inf),  # noqa: B023
                20 * arguments.steps,
            )
            print(f"{rows:3} {step * 1e3:8.2f} {mask * 1e6:8.1f} {mask / (step + mask):8.2%}")


def _seconds(run: Callable[[], object], times: int) -> float:
    """Processor time of one of many runs, after a few to warm up."""
    for _ in range(3):
        run()
    began = time.process_time()
    for _ in range(times):
        run()
    return (time.process_time() - began) / times


if __name__ == "__main__":
    main()
