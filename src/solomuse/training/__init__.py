"""Training on transformers' Trainer: one CPU, one GPU, several processes."""

from solomuse.training.train import resumable, train

__all__ = ["resumable", "train"]
