"""Training on transformers' Trainer: one CPU, one GPU, several processes."""

from solomuse.training.run_folder import check_beginning, resumable
from solomuse.training.train import train

__all__ = ["check_beginning", "resumable", "train"]
