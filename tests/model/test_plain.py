from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from solomuse.errors import ConfigError, ModelError
from solomuse.model.folder import load_model
from solomuse.model.plain import PlainDecoder, load_plain
from solomuse.tokens.features import FEATURES
from solomuse.tokens.vocabulary import TOKEN_FORMAT_VERSION, vocabulary

V = vocabulary(12)


def llama(folder: Path, tokens: int = len(V)) -> LlamaForCausalLM:
    """A small Llama, saved as a model folder."""
    torch.manual_seed(1)
    shape = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
    model = LlamaForCausalLM(LlamaConfig(vocab_size=tokens, max_position_embeddings=64, **shape)).eval()
    for weight in model.parameters():
        torch.nn.init.normal_(weight, std=0.3)
    model.save_pretrained(folder)
    about = {"grid": V.grid, "vocabulary": V.hash, "token_format": TOKEN_FORMAT_VERSION, "window_bars": 8}
    (folder / "solomuse.json").write_text(json.dumps(about))
    return model


def test_a_llama_with_our_vocabulary_is_played_token_by_token(tmp_path: Path) -> None:
    token_ids, counts = torch.randint(len(V), (2, 40)), torch.tensor([20, 7])
    with torch.no_grad():
        expected = llama(tmp_path)(token_ids).logits
    decoder, features = load_model(tmp_path).decoder, torch.zeros(2, 40, len(FEATURES), dtype=torch.int64)
    scores, cache = decoder.start(token_ids[:, :20], features[:, :20], counts)
    assert torch.allclose(scores, expected[[0, 1], counts - 1], atol=1e-4)
    for place in (counts, counts + 1, counts + 2):
        scores = decoder.step(token_ids[[0, 1], place], features[:, 0], cache)
        assert torch.allclose(scores, expected[[0, 1], place], atol=1e-4)
    assert (cache.length, cache.room) == (23, 41)


def test_tokens_beyond_the_vocabulary_are_never_scored(tmp_path: Path) -> None:
    llama(tmp_path, len(V) + 13)
    scores, _ = load_model(tmp_path).decoder.start(torch.ones(1, 3).long(), torch.zeros(1, 3, 0), torch.tensor([3]))
    assert scores.shape == (1, len(V))


def test_a_model_with_too_few_tokens_is_refused(tmp_path: Path) -> None:
    llama(tmp_path, len(V) - 1)
    with pytest.raises(ModelError, match=f"expected at least the vocabulary's {len(V)} tokens"):
        load_model(tmp_path)


def test_weights_that_are_missing_are_named(tmp_path: Path) -> None:
    llama(tmp_path)
    (tmp_path / "model.safetensors").unlink()
    with pytest.raises(ModelError, match="transformers cannot load"):
        load_model(tmp_path)


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("hidden_size", "x", "Field 'hidden_size' exp"),
        ("num_attention_heads", 0, "modulo by zero"),
        ("vocab_size", 7, ""),
    ],
)
def test_a_configuration_that_transformers_does_not_take_is_refused_in_a_line(
    tmp_path: Path, field: str, value: object, why: str
) -> None:
    llama(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**config, field: value}))
    with pytest.raises(ModelError, match=rf"^transformers cannot load .*{why}.*: copy or train the model again$"):
        load_model(tmp_path)


def test_weights_that_are_cut_off_are_refused(tmp_path: Path) -> None:
    llama(tmp_path)
    (tmp_path / "model.safetensors").write_bytes((tmp_path / "model.safetensors").read_bytes()[:-8])
    with pytest.raises(ModelError, match=r"transformers cannot load .*not fully covered"):
        load_model(tmp_path)


def test_without_transformers_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(ConfigError, match=r"solomuse\[train\]"):
        load_plain(tmp_path, V, "cpu", "auto")


def test_bytes_are_for_gpt2_only(tmp_path: Path) -> None:
    llama(tmp_path)
    with pytest.raises(ConfigError, match="int8 is for GPT-2 only"):
        load_model(tmp_path, precision="int8")


def test_bfloat16_halves_the_weights(tmp_path: Path) -> None:
    llama(tmp_path)
    decoder = load_model(tmp_path, precision="bf16").decoder
    assert isinstance(decoder, PlainDecoder)
    assert {weight.dtype for weight in decoder.model.parameters()} == {torch.bfloat16}
