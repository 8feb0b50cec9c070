from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from solomuse.model.attention import FloatAttention, Heads
from solomuse.model.quantised import LEVELS, ByteAttention, ByteLinear, input_levels, is_supported

pytestmark = pytest.mark.skipif(not is_supported(), reason="this torch has no kernels for bytes")

seeds = st.integers(0, 2**32 - 1)
magnitudes = st.floats(-6, 6).map(lambda power: 10**power)


@settings(max_examples=30)
@given(seeds, magnitudes, st.integers(1, 5))
def test_a_layer_errs_by_no_more_than_its_steps_allow(seed: int, magnitude: float, rows: int) -> None:
    rng = torch.Generator().manual_seed(seed)
    weight, bias = torch.randn(24, 40, generator=rng), torch.randn(24, generator=rng)
    x = magnitude * torch.randn(rows, 40, generator=rng)
    found = ByteLinear(weight, bias)(x)
    half_weight_step = weight.abs().amax(dim=1) / LEVELS / 2
    half_input_step = x.abs().amax(dim=1, keepdim=True) / input_levels() / 2
    rounded_input = x.abs() + half_input_step
    allowed = half_input_step * weight.abs().sum(dim=1) + rounded_input.sum(dim=1, keepdim=True) * half_weight_step
    error = (found - torch.nn.functional.linear(x, weight, bias)).abs()
    assert bool((error <= allowed * 1.001 + 1e-5).all())


def test_nothing_in_gives_the_bias() -> None:
    bias = torch.randn(24)
    assert torch.equal(ByteLinear(torch.randn(24, 40), bias)(torch.zeros(3, 40)), bias.expand(3, -1))


def test_a_row_of_zero_weights_gives_zero() -> None:
    assert torch.equal(ByteLinear(torch.zeros(2, 40), torch.zeros(2))(torch.randn(3, 40)), torch.zeros(3, 2))


def test_where_products_are_added_in_16_bits_two_of_them_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    half = LEVELS // 2
    monkeypatch.setattr("solomuse.model.quantised.input_levels", lambda: half)
    largest_code = 2 * half + 1  # codes are not negative: 0 has the middle one
    assert 2 * largest_code * LEVELS < 2**15
    weight, x = torch.randn(24, 40), torch.randn(3, 40)
    assert torch.allclose(ByteLinear(weight, torch.zeros(24))(x), x @ weight.t(), atol=0.6)


@pytest.mark.parametrize("newest", [None, torch.tensor([20, 9, 15])], ids=["even", "uneven"])
def test_attention_in_bytes_is_near_that_in_floats(newest: torch.Tensor | None) -> None:
    torch.manual_seed(1)
    heads, reach, found = Heads(1, 2, 16), 21, []
    mask = None
    if newest is not None:
        missing = torch.arange(reach) > newest[:, None]
        mask = torch.zeros(3, 1, reach).masked_fill(missing[:, None], -torch.inf)
    keys, values, joint = torch.randn(3, 2, 20, 16), torch.randn(3, 2, 20, 16), torch.randn(3, 96)
    for attention in (FloatAttention(heads, torch.float32), ByteAttention(heads)):
        store = attention.empty(3, 32, torch.device("cpu"))
        for row in range(3):
            attention.fill(store, row, keys[row], values[row])
        indices = attention.indices(3, 32, reach, torch.device("cpu"))
        found.append(attention(joint, store, reach, newest, mask, indices))
    assert 0 < float((found[1] - found[0]).abs().max()) < 0.03
