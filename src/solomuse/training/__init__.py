"""Training on transformers' Trainer: one CPU, one GPU, several processes."""

from solomuse.training.run_folder import resumable
from solomuse.training.train import train

__all__ = ["resumable", "train"]
