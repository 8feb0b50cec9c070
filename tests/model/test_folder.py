from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoTokenizer

from solomuse.errors import ConfigError, ModelError
from solomuse.model.folder import Model, load_model, read_json
from solomuse.model.gpt2_decoder import GPT2Decoder
from solomuse.tokens.vocabulary import BOS, SEP


def test_the_model_folder_loads_with_the_auto_classes(toy_run: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(toy_run / "model")
    ids = tokenizer("<BOS> CHORD_ROOT_C CHORD_QUAL_maj <SEP> VEL_80 NOTE_ON_60 DUR_2 <EOS>")["input_ids"]
    v = load_model(toy_run).vocabulary
    assert [v.tokens[token_id] for token_id in ids][-3:] == ["NOTE_ON_60", "DUR_2", "<EOS>"]


def test_a_token_that_is_not_in_the_vocabulary_is_refused_by_the_tokenizer(random_model: Model, tmp_path: Path) -> None:
    AutoTokenizer.from_pretrained(random_model.path).save_pretrained(tmp_path)
    for folder in (random_model.path, tmp_path):
        tokenizer = AutoTokenizer.from_pretrained(folder)
        assert tokenizer("<BOS> <SEP>")["input_ids"] == [BOS, SEP]
        with pytest.raises(Exception, match="WordLevel error"):
            tokenizer("<BOS> NOTE_ON_999")


def test_the_tokenizer_of_the_bundled_soloist_has_the_vocabulary_s_tokens() -> None:
    model = load_model()
    assert AutoTokenizer.from_pretrained(model.path).get_vocab() == model.vocabulary.id_by_token


LOADED_AFTER = """
import os, sys
import accelerate, huggingface_hub.hf_api, scipy.optimize, torch._dynamo, torch.distributed.tensor  # once for all

assert not any(name.startswith(("transformers", "solomuse")) for name in sys.modules)
for first in sys.argv[2:]:
    if os.fork() == 0:
        exec(first)
        from transformers import AutoConfig, AutoModelForCausalLM

        assert AutoConfig.from_pretrained(sys.argv[1]).model_type == "chart_gpt2"
        print(first, "->", type(AutoModelForCausalLM.from_pretrained(sys.argv[1])).__name__, flush=True)
        os._exit(0)
    os.wait()
"""


def test_import_solomuse_makes_the_auto_classes_know_the_model_in_whatever_order(toy_run: Path) -> None:
    orders = [
        "import solomuse",
        "import transformers.models.auto.modeling_auto, solomuse",
        "import solomuse; from transformers import Trainer",
        "import solomuse, transformers.models.gpt2.modeling_gpt2",
        "import solomuse.model.gpt2",
    ]
    words = [sys.executable, "-c", LOADED_AFTER, toy_run / "model", *orders]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120)
    assert done.stdout.splitlines() == [f"{order} -> ChartGPT2LMHeadModel" for order in orders], done.stderr


def test_a_model_of_another_vocabulary_is_refused(toy_run: Path, tmp_path: Path) -> None:
    for name in ("config.json", "model.safetensors"):
        (tmp_path / name).write_bytes((toy_run / "model" / name).read_bytes())
    about = json.loads((toy_run / "model" / "solomuse.json").read_text())
    (tmp_path / "solomuse.json").write_text(json.dumps({**about, "vocabulary": "other"}))
    with pytest.raises(ModelError, match="another vocabulary"):
        load_model(tmp_path)


def test_a_model_with_other_features_is_refused(toy_run: Path, tmp_path: Path) -> None:
    for path in (toy_run / "model").iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**config, "feature_sizes": config["feature_sizes"][:9]}))
    with pytest.raises(ModelError, match="other features of the chart"):
        load_model(tmp_path)


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("config.json", lambda config: config.pop("n_layer"), "not complete .'n_layer'."),
        ("config.json", lambda config: config.update(n_layer=9), "n_layer is 9 in config.json, 1 in model.safetensors"),
        ("config.json", lambda config: config.update(n_positions=64), "n_positions is 64 in config.json, 512 in model"),
        ("solomuse.json", lambda about: about.pop("window_bars"), "does not say its window_bars"),
        ("model.safetensors", lambda weights: weights.pop("transformer.ln_f.bias"), r"'transformer\.ln_f\.bias'"),
        ("model.safetensors", lambda weights: weights.pop("recall"), "recalled nothing of what they had played"),
        ("model.safetensors", lambda weights: weights.update(_narrow(weights)), "must match"),
        ("model.safetensors", lambda weights: weights["transformer.ln_f.bias"].fill_(float("nan")), "holds no numbers"),
    ],
)
def test_a_model_that_is_not_complete_is_refused(
    toy_run: Path, tmp_path: Path, name: str, change, message: str
) -> None:
    for path in (toy_run / "model").iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    read, write = (load_file, save_file) if name.endswith(".safetensors") else (read_json, _write_json)
    content = read(tmp_path / name)
    change(content)
    write(content, tmp_path / name)
    with pytest.raises(ModelError, match=message):
        load_model(tmp_path)


@pytest.mark.parametrize(
    ("name", "field", "value", "message"),
    [
        ("config.json", "n_layer", "8", "n_layer is '8', expected a whole number above 0"),
        ("config.json", "n_layer", 0, "n_layer is 0, expected a whole number above 0"),
        ("config.json", "n_positions", "x", "n_positions is 'x', expected a whole number above 0"),
        ("config.json", "n_head", 0, "n_head is 0, expected a whole number above 0"),
        ("config.json", "n_head", True, "n_head is True, expected a whole number above 0"),
        ("config.json", "n_head", 7, "n_embd 16 is not divisible by n_head 7"),
        ("config.json", "n_head", 16, "n_embd / n_head = 1 channels, which must be even"),
        ("config.json", "feature_sizes", 5, "feature_sizes is 5, expected a list"),
        ("config.json", "model_type", [], r"model_type is \[\], expected a name"),
        ("config.json", "layer_norm_epsilon", "x", "layer_norm_epsilon is 'x', expected a number between 0 and 1"),
        ("solomuse.json", "window_bars", 0, "window_bars is 0, expected a whole number above 0"),
        ("solomuse.json", "window_bars", -1, "window_bars is -1, expected a whole number above 0"),
        ("solomuse.json", "players", 5, "players is 5, expected at most 64 names"),
        ("solomuse.json", "players", [""] * 65, "expected at most 64 names"),
        ("solomuse.json", "conditions", [], r"conditions is \[\], expected a list of names for each"),
        ("solomuse.json", "conditions", {"style": 5}, "conditions is {'style': 5}, expected a list of names for each"),
    ],
)
def test_a_field_that_cannot_be_is_named(
    random_model: Model, tmp_path: Path, name: str, field: str, value: object, message: str
) -> None:
    folder = Path(shutil.copytree(random_model.path, tmp_path / "model"))
    _write_json({**read_json(folder / name), field: value}, folder / name)
    with pytest.raises(ModelError, match=rf"model/{name} is damaged \(.*{message}"):
        load_model(folder)


@pytest.mark.parametrize("name", ["config.json", "solomuse.json"])
@pytest.mark.parametrize(
    ("text", "message"), [("[" * 100_000, "cannot be read"), ("[]", "expected a JSON object"), ("{", "cannot be read")]
)
def test_a_file_that_is_no_json_object_is_refused(
    random_model: Model, tmp_path: Path, name: str, text: str, message: str
) -> None:
    folder = Path(shutil.copytree(random_model.path, tmp_path / "model"))
    (folder / name).write_text(text)
    with pytest.raises(ModelError, match=rf"model/{name} .*{message}"):
        load_model(folder)


def _narrow(weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {"transformer.wpe.weight": weights["transformer.wpe.weight"][:, 1:].clone()}


def _write_json(content: dict, path: Path) -> None:
    path.write_text(json.dumps(content))


def test_a_trained_model_is_played_by_our_own_decoder_in_any_precision(toy_run: Path) -> None:
    for precision in ("auto", "fp32", "bf16"):
        assert isinstance(load_model(toy_run, precision=precision).decoder, GPT2Decoder)


def test_a_precision_that_does_not_exist_is_refused(toy_run: Path) -> None:
    with pytest.raises(ConfigError, match="'fp8': expected one of auto, fp32, bf16, int8"):
        load_model(toy_run, precision="fp8")  # type: ignore[arg-type]
