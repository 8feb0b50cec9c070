from __future__ import annotations

from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from solomuse.music.chart_text import parse_chart
from solomuse.music.leadsheet import LeadSheet
from solomuse.tokens.codec import Codec
from solomuse.tokens.encoding import encode
from solomuse.tokens.vocabulary import SEP, vocabulary

SOLOIST = Path(__file__).resolve().parent.parent.parent / "src" / "solomuse" / "soloist"
V = vocabulary(12)


def prompt(chart: str) -> str:
    """The tokens of a chart, up to where the melody begins."""
    token_ids = encode(Codec(V).on_grid(LeadSheet(parse_chart(chart), ())), V)[0].tolist()
    return " ".join(V.tokens[token] for token in token_ids[: token_ids.index(SEP) + 1])


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
def test_prompts_of_several_lengths_are_gone_on_from_together_as_alone() -> None:
    model = AutoModelForCausalLM.from_pretrained(SOLOIST, dtype=torch.float32).eval()
    tokenizer = AutoTokenizer.from_pretrained(SOLOIST, padding_side="left")

    def gone_on(*prompts: str) -> list[list[int]]:
        given = tokenizer(list(prompts), padding=True, return_tensors="pt")
        inputs = {name: given[name] for name in ("input_ids", "attention_mask")}
        found = model.generate(**inputs, do_sample=False, max_new_tokens=12)
        return found[:, inputs["input_ids"].shape[1] :].tolist()

    prompts = prompt("C | F | G7 | C"), prompt("Dm7 | G7")
    assert gone_on(*prompts) == [*gone_on(prompts[0]), *gone_on(prompts[1])]
