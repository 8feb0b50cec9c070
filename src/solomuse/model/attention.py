"""Attention of one new token to those before it, with keys and values kept as floats."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True, slots=True)
class Heads:
    """Sizes of a model's attention.

    Parameters
    ----------
    width : int
        Of a head.
    """

    layers: int
    count: int
    width: int


class Attention(nn.Module, ABC):
    """How keys and values are kept for each layer, in a store of some tensors, and attended to.

    `forward` is TorchScript: see `solomuse.model.gpt2_decoder`.
    """

    @abstractmethod
    def empty(self, rows: int, capacity: int, device: torch.device) -> list[Tensor]:
        """A store for so many positions of so many rows."""

    @abstractmethod
    def fill(self, store: list[Tensor], row: int, keys: Tensor, values: Tensor) -> None:
        """Store the beginning of one row.

        Parameters
        ----------
        keys, values : Tensor of shape (heads, T, width)
        """

    @abstractmethod
    def copy(self, store: list[Tensor], rows: Tensor | slice, to: list[Tensor]) -> None:
        """Copy some rows of a store to all of another, as far as both have positions."""

    def indices(self, rows: int, capacity: int, reach: int, device: torch.device) -> list[Tensor]:  # noqa: ARG002
        """What `forward` needs to know of the places of `reach` positions, the same in all layers."""
        return []


class FloatAttention(Attention):
    """Keys and values as they are.

    A store is keys and values of shape (B, heads, capacity, width).
    """

    def __init__(self, heads: Heads, dtype: torch.dtype) -> None:
        super().__init__()
        self.heads, self.width, self.dtype = heads.count, heads.width, dtype

    def empty(self, rows: int, capacity: int, device: torch.device) -> list[Tensor]:
        """A store for so many positions of so many rows."""
        size = (rows, self.heads, capacity, self.width)
        return [torch.zeros(size, dtype=self.dtype, device=device) for _ in range(2)]

    def fill(self, store: list[Tensor], row: int, keys: Tensor, values: Tensor) -> None:
        """Store the beginning of one row."""
        store[0][row, :, : keys.shape[1]], store[1][row, :, : keys.shape[1]] = keys, values

    def copy(self, store: list[Tensor], rows: Tensor | slice, to: list[Tensor]) -> None:
        """Copy some rows of a store to all of another, as far as both have positions."""
        for old, new in zip(store, to, strict=True):
            shared = min(old.shape[2], new.shape[2])
            new[:, :, :shared] = old[rows, :, :shared]

    def forward(
        self,
        joint: Tensor,
        store: list[Tensor],
        reach: int,
        newest: Tensor | None,
        mask: Tensor | None,
        indices: list[Tensor],  # noqa: ARG002  other kinds of attention need them
    ) -> Tensor:
        """The values of all positions, mixed as the newest ones ask, which are stored first.

        Parameters
        ----------
        joint : Tensor of shape (B, 3 * heads * width)
            Queries, keys and values of the newest positions.
        store : list of Tensor
            Of this layer.
        reach : int
            How many positions to attend to, the newest included.
        newest : Tensor of shape (B,), optional
            Where the newest are, unless at the end of these in all rows.
        mask : Tensor of shape (B, 1, reach), optional
            -inf where a row has nothing, unless all have `reach` positions.
        indices : list of Tensor
            As `indices` gives them.

        Returns
        -------
        Tensor of shape (B, heads * width)
        """
        parts = joint.to(store[0].dtype).view(-1, 3, self.heads, self.width)
        if newest is None:
            store[0].select(2, reach - 1).copy_(parts.select(1, 1))
            store[1].select(2, reach - 1).copy_(parts.select(1, 2))
        else:
            rows = torch.arange(len(newest), device=newest.device)
            store[0][rows, :, newest] = parts.select(1, 1)
            store[1][rows, :, newest] = parts.select(1, 2)
        mixed = functional.scaled_dot_product_attention(
            parts.select(1, 0).unsqueeze(2),
            store[0].narrow(2, 0, reach),
            store[1].narrow(2, 0, reach),
            attn_mask=None if mask is None else mask.unsqueeze(1).to(store[0].dtype),
        )
        return mixed.to(joint.dtype).reshape(-1, self.heads * self.width)
