from __future__ import annotations

from pathlib import Path

import pytest

from solomuse.cli import OneLineParser, add_fields, chosen_config
from solomuse.config import DEFAULT_SIZE, SIZES, DataConfig, load_config
from solomuse.errors import ConfigError
from solomuse.model.folder import load_model


def test_the_base_configuration_holds_the_published_defaults() -> None:
    config = load_config("base")
    assert (config.data.ticks_per_quarter, config.data.grid, config.data.seq_len) == (480, 4, 512)
    model, training = config.model, config.training
    assert (model.n_layer, model.n_head, model.n_embd, model.block_size) == (8, 8, 512, 1024)
    assert (training.batch_size, training.learning_rate, training.epochs) == (8, 3e-4, 10)


def test_what_is_prepared_without_a_word_goes_with_the_bundled_soloist() -> None:
    assert DataConfig() == load_config(DEFAULT_SIZE).data
    assert DataConfig().grid == load_model().vocabulary.grid


@pytest.mark.parametrize("size", SIZES)
def test_every_size_has_a_file_that_fits_its_own_windows(size: str) -> None:
    config = load_config(size)
    assert config.data.seq_len <= config.model.block_size


def test_fine_tuning_has_a_configuration_of_its_own() -> None:
    config = load_config("finetune").training
    assert (config.patience > 0, config.learning_rate < load_config("tiny").training.learning_rate) == (True, True)


def test_a_flag_wins_over_the_file_and_the_file_over_the_default(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("[model]\nn_layer = 3\n[training]\nseed = 7\n", encoding="utf-8")
    config = load_config(tmp_path / "mine.toml").with_values({"n_layer": 2})
    assert (config.model.n_layer, config.training.seed, config.model.n_head) == (2, 7, 8)


@pytest.mark.parametrize(
    ("words", "default", "heads_steps_rate"),
    [
        (["--config", "mine.toml"], DEFAULT_SIZE, (2, 500, 5e-4)),
        (["--size", "tiny", "--config", "mine.toml"], DEFAULT_SIZE, (2, 100, 5e-4)),
        (["--config", "mine.toml", "--size", "tiny"], DEFAULT_SIZE, (2, 100, 5e-4)),
        (["--config", "mine.toml", "--n-head", "8"], DEFAULT_SIZE, (8, 500, 5e-4)),
        (["--config", "mine.toml"], "finetune", (2, 20, 5e-4)),
        (["--size", "tiny"], "finetune", (4, 100, 1e-3)),
        ([], "finetune", (8, 20, 3e-4)),
    ],
)
def test_a_file_changes_what_it_names_of_a_size(
    words: list[str],
    default: str,
    heads_steps_rate: tuple[int, int, float],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.toml").write_text("[model]\nn_head = 2\n[training]\nlearning_rate = 5e-4\n", encoding="utf-8")
    parser = OneLineParser()
    add_fields(parser)
    config = chosen_config(parser.parse_args(words), default)
    assert (config.model.n_head, config.training.eval_steps, config.training.learning_rate) == heads_steps_rate


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[model]\nlayers = 3", "layers.*n_layer"),
        ("[modle]\nn_layer = 3", "modle.*model"),
        ("[model]\nn_layer = 'three'", "expected int"),
        ("[model]\nn_layer = true", "expected int"),
        ("[model]\nn_head = 3", "not divisible"),
        ("[model]\nn_embd = 24", "n_embd / n_head = 3 channels, which must be even"),
        ("[training]\ndevice = 'tpu'", "cpu"),
        ("[data]\ngrid = 7", "grid is 7"),
        ("[training]\ngradient_accumulation_steps = 0", "gradient_accumulation_steps is 0: expected at least 1"),
        ("[training]\nkeep_checkpoints = 0", "keep_checkpoints is 0: expected at least 1"),
        ("[training]\npatience = -1", "patience is -1: expected 0 or more"),
        ("[training]\npatience = 0.5", "expected int"),
        ("[training]\nmax_grad_norm = -1.0", "max_grad_norm is -1.0: expected 0 or more"),
        ("[training]\nlearning_rate = nan", "learning_rate is nan: expected more than 0"),
        ("[training]\nlearning_rate = inf", "learning_rate is inf: expected more than 0"),
        ("[training]\nwarmup = 1.0", "warmup is 1.0: expected a share below 1"),
        ("[training]\nlearn_chart = 1", "expected bool"),
        ("[training]\ncompile = 'yes'", "auto, on, off"),
        ("[training]\nseed = -1", "seed is -1"),
        ("[data]\nmax_seconds = inf", "max_seconds is inf: expected 0 to 1000000, 0 for no limit"),
        ("[data]\nmax_seconds = -1.0", "max_seconds is -1.0: expected 0 to 1000000"),
        ("model = 3", r"mine\.toml: model is 3; expected a table of values, \[model\]"),
        ("[[model]]", r"mine\.toml: model is \[{}\]; expected a table of values, \[model\]"),
        ("[data", r"mine\.toml: .*; expected TOML"),
        ("a = " + "[" * 5000, r"mine\.toml: .*; expected TOML"),
    ],
)
def test_a_wrong_file_says_what_and_where(tmp_path: Path, text: str, complaint: str) -> None:
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=complaint):
        load_config(tmp_path / "mine.toml")


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_bytes("[model] # Größe".encode("latin-1"))
    with pytest.raises(ConfigError, match=r"mine\.toml: is no text in UTF-8"):
        load_config(tmp_path / "mine.toml")
