"""What transformers' Trainer is told, and whether several processes found each other."""

from __future__ import annotations

import math
import os

import torch
from transformers import TrainingArguments

from solomuse.config import TrainConfig
from solomuse.errors import ConfigError

LOGGING_STEPS = 10


def training_arguments(scratch: str, config: TrainConfig, windows: int, *, is_new: bool) -> TrainingArguments:
    """The Trainer's arguments.

    Parameters
    ----------
    scratch : str
        Where the Trainer writes a checkpoint, before it is moved to its place.
    windows : int
        How many there are to train on.
    is_new : bool
        Whether the training begins; else it is resumed.

    Raises
    ------
    ConfigError
        If the wanted device is not there, or the processes do not know of each other.
    """
    device, processes = _device(config), _launched()
    steps = math.ceil(windows / (config.batch_size * config.gradient_accumulation_steps * processes)) * config.epochs
    arguments = TrainingArguments(
        output_dir=scratch,
        num_train_epochs=config.epochs,
        per_device_train_batch_size=config.batch_size,
        gradient_accumulation_steps=config.gradient_accumulation_steps,
        learning_rate=config.learning_rate,
        weight_decay=config.weight_decay,
        max_grad_norm=config.max_grad_norm,
        lr_scheduler_type="cosine",
        warmup_steps=max(1, round(config.warmup * steps)),
        optim="adamw_torch_fused",
        bf16=config.precision == "bf16" or (config.precision == "auto" and has_bf16(device)),
        # on a CPU each length of a batch is compiled anew, for minutes, and the steps are then no quicker
        torch_compile=config.compile == "on" or (config.compile == "auto" and device == "cuda"),
        # without it, several processes on a CPU train one model each, in silence
        use_cpu=device == "cpu",
        ddp_backend="gloo" if device == "cpu" and processes > 1 else None,
        ddp_find_unused_parameters=False,
        average_tokens_across_devices=True,
        eval_strategy="steps",
        eval_steps=config.eval_steps,
        eval_on_start=is_new,
        save_strategy="no",  # `solomuse.training.callbacks.Stopping` asks for checkpoints
        logging_steps=LOGGING_STEPS,
        logging_first_step=True,
        logging_nan_inf_filter=False,  # it waits for each step's loss; `solomuse.training.watch` looks now and then
        report_to="none",
        disable_tqdm=True,
        remove_unused_columns=False,
        dataloader_pin_memory=device == "cuda",
        seed=config.seed,
        data_seed=config.seed,
    )
    if arguments.n_gpu > 1:
        arguments._n_gpu = 1  # several GPUs without torchrun: one of them, and no DataParallel
    if arguments.world_size != processes:
        raise ConfigError(
            f"{processes} processes were launched, but {arguments.world_size} found each other: "
            "start them with torchrun, and with one GPU each or --device cpu"
        )
    return arguments


def has_bf16(device: str) -> bool:
    """Whether the hardware multiplies in bf16."""
    if device == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    return bool(torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported())


def _device(config: TrainConfig) -> str:
    if config.device == "cuda" and not torch.cuda.is_available():
        raise ConfigError("device is cuda, but this machine has no GPU that PyTorch can use: pass --device cpu")
    return "cuda" if config.device != "cpu" and torch.cuda.is_available() else "cpu"


def _launched() -> int:
    return int(os.environ.get("WORLD_SIZE", "1"))
