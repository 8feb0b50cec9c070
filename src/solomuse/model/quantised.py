"""Weights, and a cache of keys and values, in 8 bits: a quarter of the memory to read for each token.

On a CPU a token costs the time of reading all weights, and the keys and values of all tokens before it, once. So a
byte for each number makes both quicker. Numbers are rounded to 255 steps between minus and plus the largest of
their group: a group is a row of a weight matrix, the input of a layer for one token, or a head's key or value
of one token. No group has numbers of two sequences, so a row's result depends on that row alone.

The kernels are those of FBGEMM in torch: its matrix product of bytes [1]_, and its sum of weighted rows of bytes, an
embedding bag, which here mixes values, and scores keys that are stored a channel a row.

References
----------
.. [1] Khudia et al., "FBGEMM: enabling high-performance low-precision deep learning inference", arXiv:2101.05615.
"""

from __future__ import annotations

import warnings
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn

from solomuse.model.attention import Attention, Heads

LEVELS = 127
ZERO = 128
TINY = 1e-12
ROW_END = 8
"""Bytes after each row of an embedding bag: its scale and its bias, two float32."""


def is_supported() -> bool:
    """Whether this torch has the kernels, for this kind of processor."""
    has_kernels = all(
        hasattr(torch.ops.quantized, name)
        for name in ("linear_with_input_q_dq_qweight_dq_output_fp32", "embedding_bag_byte_rowwise_offsets")
    )
    return has_kernels and "fbgemm" in torch.backends.quantized.supported_engines


@cache
def input_levels() -> int:
    """Steps on either side of 0 of a layer's input, found by a sum that is wrong if the kernel overflows.

    Without AVX-512 VNNI it adds two products in 16 bits, which hold them if the input has a bit less.
    """
    largest = _product(torch.ones(1, 64), _packed(torch.ones(1, 64)), LEVELS)
    return LEVELS if abs(float(largest) - 64) < 1 else LEVELS // 2


def _packed(weight: Tensor) -> Any:
    """What the kernel makes of a weight of shape (out, in)."""
    scales = (weight.abs().amax(dim=1) / LEVELS).clamp(min=TINY)
    zeros = torch.zeros(len(scales), dtype=torch.int64)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*deprecated", category=UserWarning)  # the kernel takes no other
        codes = torch.quantize_per_channel(weight.contiguous(), scales, zeros, 0, torch.qint8)
        return torch.ops.quantized.linear_prepack(codes, None)


def _product(x: Tensor, packed: Any, levels: int) -> Tensor:
    """The outputs (N, out) of inputs (N, in) from -1 to 1, which are rounded to so many steps on either side of 0."""
    product: Tensor = torch.ops.quantized.linear_with_input_q_dq_qweight_dq_output_fp32(
        x, 1 / levels, levels + 1, packed
    )
    return product


class ByteLinear(nn.Module):
    """A linear layer with a scale for each output, and one for each token's input.

    Parameters
    ----------
    weight : Tensor of shape (out, in), float32
    bias : Tensor of shape (out,), float32
    """

    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        super().__init__()
        self.packed = _packed(weight)
        self.register_buffer("bias", bias)
        self.levels, self.tiny = input_levels(), TINY

    def forward(self, x: Tensor) -> Tensor:
        """The outputs, shape (N, out), of inputs of shape (N, in)."""
        size = x.abs().amax(-1, keepdim=True).clamp_min_(self.tiny)  # (N, 1)
        product = torch.ops.quantized.linear_with_input_q_dq_qweight_dq_output_fp32(
            x / size, 1 / self.levels, self.levels + 1, self.packed
        )
        return torch.addcmul(self.bias, product, size)


class ByteAttention(Attention):
    """Keys and values as bytes, and how large each head's largest number was.

    A store is

    - keys of shape (B, heads, width, capacity + ROW_END), uint8: a channel a row, the attention's scale included;
    - values of shape (B, heads, capacity, width + ROW_END), uint8: a position a row;
    - the sizes of keys, and those of values, of shape (B, heads, capacity), float32.
    """

    def __init__(self, heads: Heads) -> None:
        super().__init__()
        self.heads, self.width = heads.count, heads.width
        self.levels, self.tiny = LEVELS, TINY
        self.register_buffer("rounding", torch.tensor(ZERO + 0.5))  # what is cut to a byte then, is rounded

    def empty(self, rows: int, capacity: int, device: torch.device) -> list[Tensor]:
        """A store for so many positions of so many rows."""
        keys = _rows_of_bytes((rows, self.heads, self.width, capacity), self.width**-0.5)
        values = _rows_of_bytes((rows, self.heads, capacity, self.width), 1.0)
        sizes = [torch.zeros(rows, self.heads, capacity, device=device) for _ in range(2)]
        return [keys, values, *sizes]

    def fill(self, store: list[Tensor], row: int, keys: Tensor, values: Tensor) -> None:
        """Store the beginning of one row."""
        T, D = keys.shape[1:]
        codes, sizes = self.codes(torch.stack((keys, values)))
        store[0][row, :, :, :T], store[1][row, :, :T, :D] = codes[0].transpose(1, 2), codes[1]
        store[2][row, :, :T], store[3][row, :, :T] = sizes[..., 0]

    def copy(self, store: list[Tensor], rows: Tensor | slice, to: list[Tensor]) -> None:
        """Copy some rows of a store to all of another, as far as both have positions."""
        shared = min(store[2].shape[2], to[2].shape[2])
        to[0][..., :shared] = store[0][rows, ..., :shared]
        for index in (1, 2, 3):
            to[index][:, :, :shared] = store[index][rows, :, :shared]

    def indices(self, rows: int, capacity: int, reach: int, device: torch.device) -> list[Tensor]:  # noqa: ARG002
        """The rows that embedding bags sum, and where each bag begins: of channels, then of positions."""
        bags = rows * self.heads
        return [*_numbered(bags, self.width, self.width), *_numbered(bags, reach, capacity)]

    def forward(
        self,
        joint: Tensor,
        store: list[Tensor],
        reach: int,
        newest: Tensor | None,
        mask: Tensor | None,
        indices: list[Tensor],
    ) -> Tensor:
        """The values of all positions, mixed as the newest ones ask: see `FloatAttention`."""
        parts = joint.view(-1, 3, self.heads, self.width)
        codes, sizes = self.codes(parts.narrow(1, 1, 2))
        self.append(store, codes, sizes, reach, newest)
        scores = self.sum(store[0], indices[0], indices[1], parts.select(1, 0))
        scores = scores.view(len(parts), self.heads, -1).narrow(2, 0, reach) * store[2].narrow(2, 0, reach)
        if mask is not None:
            scores = scores + mask
        shares = torch.softmax(scores, -1) * store[3].narrow(2, 0, reach)
        return self.sum(store[1], indices[2], indices[3], shares).view(len(parts), -1)

    def append(self, store: list[Tensor], codes: Tensor, sizes: Tensor, reach: int, newest: Tensor | None) -> None:
        """Store the newest position of each row, (B, 2, heads, width) and (B, 2, heads, 1)."""
        keys, values, flat = codes.select(1, 0), codes.select(1, 1), sizes.squeeze(-1)
        if newest is None:
            place = reach - 1
            store[0].select(3, place).copy_(keys)
            store[1].select(2, place).narrow(2, 0, self.width).copy_(values)
            store[2].select(2, place).copy_(flat.select(1, 0))
            store[3].select(2, place).copy_(flat.select(1, 1))
        else:
            rows = torch.arange(len(newest))
            store[0][rows, :, :, newest] = keys.to(torch.uint8)
            store[1].narrow(3, 0, self.width)[rows, :, newest] = values.to(torch.uint8)
            store[2][rows, :, newest] = flat.select(1, 0)
            store[3][rows, :, newest] = flat.select(1, 1)

    def codes(self, numbers: Tensor) -> tuple[Tensor, Tensor]:
        """Bytes, still as floats, of numbers of shape (..., width), and sizes of shape (..., 1)."""
        sizes = numbers.abs().amax(-1, keepdim=True).clamp_min_(self.tiny)
        return torch.addcdiv(self.rounding, numbers, sizes, value=self.levels), sizes

    def sum(self, table: Tensor, indices: Tensor, bags: Tensor, weights: Tensor) -> Tensor:
        """Weighted sums of rows of a table, shape (bags, width of the table)."""
        return torch.ops.quantized.embedding_bag_byte_rowwise_offsets(
            table.view(-1, table.shape[-1]), indices, bags, False, 0, False, weights.reshape(-1)
        )


def _rows_of_bytes(size: tuple[int, int, int, int], scale: float) -> Tensor:
    """Rows for an embedding bag, in which byte `b` stands for `(b - ZERO) / LEVELS * scale`."""
    width = size[-1]
    table = torch.zeros(*size[:-1], width + ROW_END, dtype=torch.uint8)
    table[..., width:] = torch.tensor([scale / LEVELS, -scale * ZERO / LEVELS]).view(torch.uint8)
    return table


def _numbered(bags: int, count: int, stride: int) -> tuple[Tensor, Tensor]:
    """Indices of the first `count` rows in each of some groups of `stride`, and where each group's indices begin."""
    first = torch.arange(bags, dtype=torch.int32)
    return (first[:, None] * stride + torch.arange(count, dtype=torch.int32)).flatten(), first * count
