from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from solomuse.config import load_config
from solomuse.errors import ConfigError
from solomuse.model.cache import STRIDE, KeyValueCache
from solomuse.model.decoder import Cache, Decoder, DecoderConfig, Precision, threads
from solomuse.model.gpt2 import build_model
from solomuse.model.gpt2_decoder import GPT2Decoder
from solomuse.model.plain import PlainDecoder
from solomuse.model.quantised import is_supported
from solomuse.model.relative import RelativeTables, relative_scores, relative_size
from solomuse.tokens.features import feature_sizes
from solomuse.tokens.vocabulary import vocabulary

V = vocabulary(12)
CONTEXT = STRIDE + 22
SHAPE = {"n_layer": 2, "n_head": 2, "n_embd": 32, "block_size": CONTEXT}
needs_bytes = pytest.mark.skipif(not is_supported(), reason="this torch has no kernels for bytes")


@dataclass(frozen=True)
class Fixture:
    """A model of transformers with random weights, and five sequences as long as it can read."""

    model: Any
    config: DecoderConfig
    token_ids: Tensor
    features: Tensor

    def decoder(self, precision: Precision = "fp32") -> GPT2Decoder:
        return GPT2Decoder(self.config, {n: w.detach() for n, w in self.model.state_dict().items()}, precision)

    def expected(self) -> Tensor:
        more = {"features": self.features} if self.config.feature_sizes else {}
        with torch.no_grad():
            scores: Tensor = self.model(self.token_ids, **more).logits
        return scores

    def begin(self, decoder: Decoder, rows: list[int], counts: list[int]) -> tuple[Tensor, Cache]:
        return decoder.start(self.token_ids[rows], self.features[rows], torch.tensor(counts))

    def go_on(self, decoder: Decoder, cache: Cache, rows: list[int], places: list[int]) -> Tensor:
        return decoder.step(self.token_ids[rows, places], self.features[rows, places], cache)

    def play(self, decoder: Decoder, rows: list[int], counts: list[int], steps: int) -> Tensor:
        """The scores after the beginnings and each of some steps, (steps + 1, B, V)."""
        scores, cache = self.begin(decoder, rows, counts)
        places = ([count + step for count in counts] for step in range(steps))
        return torch.stack([scores, *(self.go_on(decoder, cache, rows, place) for place in places)])


def fixture(has_features: bool) -> Fixture:
    torch.manual_seed(1)
    config = load_config("tiny").with_values({**SHAPE, "chart_features": has_features}).model
    model = build_model(config, V).eval()
    for weight in (*model.parameters(), *(table for name, table in model.named_buffers() if name == "rest_scores")):
        torch.nn.init.normal_(weight, std=0.2)
    if has_features:
        torch.nn.init.constant_(model.recall, -1.0)  # decoders leave that to who knows the whole solo
    sizes = feature_sizes(V) if has_features else ()
    decoder_config = DecoderConfig(2, 2, 32, CONTEXT, V, tuple(sizes))
    token_ids = torch.randint(len(V), (5, CONTEXT))
    rows = [torch.randint(size or 5000, (5, CONTEXT)) for size in feature_sizes(V)]
    return Fixture(model, decoder_config, token_ids, torch.stack(rows, dim=-1))


WITH_FEATURES, WITHOUT_FEATURES = fixture(True), fixture(False)
FP32 = WITH_FEATURES.decoder()
both = pytest.mark.parametrize("case", [WITH_FEATURES, WITHOUT_FEATURES], ids=["features", "no features"])


@both
@pytest.mark.parametrize("kind", ["own", "plain"])
def test_scores_are_those_of_transformers_without_a_cache_token_by_token(case: Fixture, kind: str) -> None:
    decoder = case.decoder() if kind == "own" else PlainDecoder(case.config, case.model)
    rows, counts, steps = [0, 1, 2], [9, 1, 30], 20
    expected = case.expected()
    scores = case.play(decoder, rows, counts, steps)
    places = torch.tensor(counts) - 1 + torch.arange(steps + 1)[:, None]
    assert torch.allclose(scores, expected[rows, places], atol=1e-4)


@both
def test_scores_stay_right_while_the_cache_grows_to_the_end_of_the_context(case: Fixture) -> None:
    count = STRIDE - 3
    scores = case.play(case.decoder(), [3], [count], CONTEXT - count)
    assert torch.allclose(scores[:, 0], case.expected()[3, count - 1 :], atol=1e-4)


@settings(max_examples=20)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(1, 40)), min_size=1, max_size=5))
def test_a_row_is_scored_the_same_whatever_is_beside_it(parts: list[tuple[int, int]]) -> None:
    rows, counts = [row for row, _ in parts], [count for _, count in parts]
    together = WITH_FEATURES.play(FP32, rows, counts, 4)
    alone = torch.cat([WITH_FEATURES.play(FP32, [row], [count], 4) for row, count in parts], dim=1)
    assert torch.allclose(together, alone, atol=1e-5, rtol=1e-5)


@needs_bytes
@settings(max_examples=20)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(1, 40)), min_size=1, max_size=5))
def test_in_bytes_a_row_is_scored_the_same_to_the_last_bit(parts: list[tuple[int, int]]) -> None:
    decoder = bytes_decoder()
    rows, counts = [row for row, _ in parts], [count for _, count in parts]
    together = WITH_FEATURES.play(decoder, rows, counts, 4)
    alone = torch.cat([WITH_FEATURES.play(decoder, [row], [count], 4) for row, count in parts], dim=1)
    assert torch.equal(together, alone)


_BYTES: list[GPT2Decoder] = []


def bytes_decoder() -> GPT2Decoder:
    if not _BYTES:
        _BYTES.append(WITH_FEATURES.decoder("int8"))
    return _BYTES[0]


@needs_bytes
@pytest.mark.parametrize("counts", [[20, 20], [20, 7]], ids=["even", "uneven"])
def test_bytes_and_floats_give_nearly_the_same_scores(counts: list[int]) -> None:
    exact = WITH_FEATURES.play(FP32, [0, 1], counts, STRIDE - 20)
    rough = WITH_FEATURES.play(bytes_decoder(), [0, 1], counts, STRIDE - 20)
    assert float((rough - exact).std()) < 0.03 * float(exact.std())


def test_bfloat16_gives_nearly_the_same_scores() -> None:
    exact = WITH_FEATURES.play(FP32, [0, 1], [20, 7], 5)
    rough = WITH_FEATURES.play(WITH_FEATURES.decoder("bf16"), [0, 1], [20, 7], 5)
    assert 0 < float((rough - exact).std()) < 0.03 * float(exact.std())


def decoders() -> list[Any]:
    own = [pytest.param(FP32, id="fp32"), pytest.param(bytes_decoder(), id="int8")] if is_supported() else [FP32]
    return [*own, pytest.param(PlainDecoder(WITH_FEATURES.config, WITH_FEATURES.model), id="plain")]


@pytest.mark.parametrize("decoder", decoders()[:-1])
def test_rows_can_be_dropped_moved_and_doubled(decoder: Decoder) -> None:
    whole = WITH_FEATURES.play(decoder, [0, 1, 2], [12, 5, 8], 3)
    _, cache = WITH_FEATURES.begin(decoder, [0, 1, 2], [12, 5, 8])
    WITH_FEATURES.go_on(decoder, cache, [0, 1, 2], [12, 5, 8])
    chosen, order = cache.select(torch.tensor([2, 1, 2])), [2, 1, 2]
    for step in (1, 2):
        scores = WITH_FEATURES.go_on(decoder, chosen, order, [8 + step, 5 + step, 8 + step])
        assert torch.allclose(scores, whole[step + 1, order], atol=1e-4)


@pytest.mark.parametrize("decoder", decoders())
def test_a_cache_knows_its_room_and_is_not_overfilled(decoder: Decoder) -> None:
    _, cache = WITH_FEATURES.begin(decoder, [0, 1], [CONTEXT - 1, 4])
    assert (cache.length, cache.room) == (CONTEXT - 1, 1)
    WITH_FEATURES.go_on(decoder, cache, [0, 1], [CONTEXT - 1, 4])
    assert cache.room == 0
    with pytest.raises(AssertionError, match="full"):
        WITH_FEATURES.go_on(decoder, cache, [0, 1], [0, 5])


def test_a_cache_without_its_longest_rows_has_room_again() -> None:
    _, cache = WITH_FEATURES.begin(FP32, [0, 1], [CONTEXT, 4])
    assert (cache.room, cache.select(torch.tensor([1])).room) == (0, CONTEXT - 4)


def test_equal_beginnings_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    filled = []
    fill = KeyValueCache.fill
    monkeypatch.setattr(KeyValueCache, "fill", lambda self, *rest: filled.append(rest[0]) or fill(self, *rest))
    scores, cache = WITH_FEATURES.begin(FP32, [0, 1, 0, 0], [10, 10, 10, 9])
    assert (len(filled), cache.rows) == (3 * 2, 4)  # three different ones, two layers
    assert torch.equal(scores[0], scores[2])


@needs_bytes
def test_bytes_are_chosen_where_they_can_be() -> None:
    assert WITH_FEATURES.decoder("auto").precision == "int8"


def test_without_kernels_for_bytes_floats_are_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("solomuse.model.gpt2_decoder.is_supported", lambda: False)
    assert WITH_FEATURES.decoder("auto").precision == "fp32"
    with pytest.raises(ConfigError, match="int8 needs an x86 processor"):
        WITH_FEATURES.decoder("int8")


def test_layers_compiled_or_not_are_the_same() -> None:
    decoder = WITH_FEATURES.decoder()
    compiled = WITH_FEATURES.play(decoder, [0, 1], [12, 5], 3)
    decoder._step = decoder._stack
    assert torch.allclose(WITH_FEATURES.play(decoder, [0, 1], [12, 5], 3), compiled, atol=1e-5)


def test_relative_scores_looked_up_are_those_computed() -> None:
    torch.manual_seed(2)
    tables = RelativeTables(V, torch.device("cpu"))
    rows = torch.stack([torch.randint(size or 5000, (200,)) for size in feature_sizes(V)], dim=-1)
    rows[:20] = 0
    relative = torch.randn(200, relative_size(V))
    found = tables.scores(torch.nn.functional.pad(relative, (0, 1)), rows)
    assert tables.size == relative_size(V) + 1
    assert torch.allclose(found, relative_scores(relative, rows, V), atol=1e-6)


def test_threads_are_given_back_by_the_last_of_those_that_overlap() -> None:
    before = torch.get_num_threads()
    one, other = threads(before + 1), threads(before + 1)
    found = []
    for step in (one.__enter__, other.__enter__, lambda: one.__exit__(None, None, None)):
        step()
        found.append(torch.get_num_threads())
    other.__exit__(None, None, None)
    assert (found, torch.get_num_threads()) == ([before + 1] * 3, before)


def test_threads_are_given_back_to_each_thread_and_to_new_ones() -> None:
    before, meet = torch.get_num_threads(), Barrier(2, timeout=10)
    with ThreadPoolExecutor(3) as pool:

        def one() -> int:
            with threads(before + 1):
                meet.wait()  # both are inside
                meet.wait()
            meet.wait()
            return torch.get_num_threads()

        def other() -> int:
            meet.wait()
            with threads(before + 1):
                meet.wait()
                meet.wait()  # the first has left
            return torch.get_num_threads()

        assert [future.result() for future in (pool.submit(one), pool.submit(other))] == [before, before]
        assert pool.submit(torch.get_num_threads).result() == before
    assert torch.get_num_threads() == before


def test_threads_are_given_back() -> None:
    before = torch.get_num_threads()
    with threads(before + 1):
        assert torch.get_num_threads() == before + 1
    assert torch.get_num_threads() == before
