"""The tokens read so far, as the keys and values of every layer."""

from __future__ import annotations

import torch
from torch import Tensor

from solomuse.model.attention import Attention
from solomuse.model.decoder import Cache

STRIDE = 128
"""Positions by which a cache grows: few copies, little idle memory."""

LANES = 16
"""Fewer positions than a vector register holds are summed in another order, so that shorter rows are masked instead."""


class KeyValueCache(Cache):
    """Keys and values of all layers; every row begins at position 0, and shorter ones have nothing at their end.

    Parameters
    ----------
    attention : Attention
    layers : int
    context : int
        Positions that the model can attend to.
    positions : Tensor of shape (B,), int64
        Where each row's next token goes.

    Attributes
    ----------
    stores : list of list of Tensor
        Of each layer, as `attention` has them.
    reach : int
        How many positions are attended to.
    newest : Tensor of shape (B,), optional
        Where the newest positions are, unless at the end of these in all rows.
    mask : Tensor of shape (B, 1, reach), optional
        -inf where a row has nothing, unless all have `reach` positions.
    indices : list of Tensor
        What `attention` needs to know besides.
    """

    def __init__(self, attention: Attention, layers: int, context: int, positions: Tensor) -> None:
        self.attention, self._layers, self._context = attention, layers, context
        self.positions = positions
        self._length = int(positions.max())
        self._is_even = bool((positions == self._length).all())
        self._capacity = min(context, -(-(self._length + 1) // STRIDE) * STRIDE)
        self.stores = [attention.empty(self.rows, self._capacity, positions.device) for _ in range(layers)]
        self.reach = 0
        self.newest: Tensor | None = None
        self.mask: Tensor | None = None
        self.indices: list[Tensor] = []

    @property
    def rows(self) -> int:
        """How many sequences it holds."""
        return len(self.positions)

    @property
    def length(self) -> int:
        """Positions filled in the longest row."""
        return self._length

    @property
    def room(self) -> int:
        """Positions left in the longest row."""
        return self._context - self._length

    def fill(self, layer: int, row: int, keys: Tensor, values: Tensor) -> None:
        """Store the beginning of one row in one layer, shape (heads, T, width)."""
        self.attention.fill(self.stores[layer], row, keys, values)

    def advance(self) -> None:
        """Make room for one more position in every row."""
        assert self.room > 0, f"the cache is full: {self._context} positions"
        self._length += 1
        if self._length > self._capacity:
            self._grow(min(self._context, self._capacity + STRIDE))
        self.reach, self.newest, self.mask = max(self._length, min(LANES, self._capacity)), None, None
        if not self._is_even or self._length < self.reach:
            self.newest = self.positions
            missing = torch.arange(self.reach, device=self.positions.device) > self.positions[:, None]
            nothing = torch.zeros(missing.shape, device=missing.device)
            self.mask = nothing.masked_fill_(missing, -torch.inf)[:, None]
        self.positions = self.positions + 1
        self.indices = self.attention.indices(self.rows, self._capacity, self.reach, self.positions.device)

    @torch.inference_mode()
    def select(self, rows: Tensor) -> KeyValueCache:
        """A cache whose row `i` is a copy of row `rows[i]` of this one.

        Parameters
        ----------
        rows : Tensor of shape (B,), int64
            Some may come more than once, others not at all.
        """
        rows = rows.to(self.positions.device)
        chosen = KeyValueCache(self.attention, self._layers, self._context, self.positions[rows])
        for layer, store in enumerate(self.stores):
            self.attention.copy(store, rows, chosen.stores[layer])
        return chosen

    def _grow(self, capacity: int) -> None:
        self._capacity = capacity
        for layer, store in enumerate(self.stores):
            self.stores[layer] = self.attention.empty(self.rows, capacity, self.positions.device)
            self.attention.copy(store, slice(None), self.stores[layer])
