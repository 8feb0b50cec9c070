"""What generation asks of a model: to read the beginnings of some sequences, then a token of each at a time."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from solomuse.tokens.vocabulary import Vocabulary

Precision = Literal["auto", "fp32", "bf16", "int8"]
PRECISIONS: tuple[Precision, ...] = get_args(Precision)


@dataclass(frozen=True, slots=True)
class DecoderConfig:
    """What the decoder needs to know of ``config.json``.

    Parameters
    ----------
    block_size : int
        Positions that the model can attend to.
    vocabulary : Vocabulary
    feature_sizes : tuple of int
        Empty for a model that takes no features.
    """

    n_layer: int
    n_head: int
    n_embd: int
    block_size: int
    vocabulary: Vocabulary
    feature_sizes: tuple[int, ...]
    layer_norm_epsilon: float = 1e-5


class Cache(ABC):
    """What a decoder remembers of the tokens that it has read, for each of some rows."""

    @property
    @abstractmethod
    def rows(self) -> int:
        """How many sequences it holds."""

    @property
    @abstractmethod
    def length(self) -> int:
        """Positions filled in the longest row."""

    @property
    @abstractmethod
    def room(self) -> int:
        """Positions left in the longest row."""


class Decoder(ABC):
    """A model that scores the next token.

    What it gives for a row depends on that row alone, whatever is beside it in the batch.

    Attributes
    ----------
    recall : ndarray of shape (REACH + 1,), float32, optional
        How strong votes for what comes back are (`solomuse.model.recall`), where the model has learned it. They are
        not in the scores, for they look back further than the rows do.
    """

    config: DecoderConfig
    recall: NDArray[np.float32] | None = None

    @property
    @abstractmethod
    def device(self) -> torch.device:
        """Where the weights are."""

    @abstractmethod
    def start(self, token_ids: Tensor, features: Tensor, counts: Tensor) -> tuple[Tensor, Cache]:
        """Scores of the token after each row's last, and what is remembered of the rows.

        Parameters
        ----------
        token_ids : Tensor of shape (B, T), int64
            The beginning of each row, padded on the right.
        features : Tensor of shape (B, T, F), int64
            Ignored by a model that takes none.
        counts : Tensor of shape (B,), int64
            How many of the T are real: at least 1.

        Returns
        -------
        scores : Tensor of shape (B, V), float32
        cache : Cache
        """

    @abstractmethod
    def step(self, token_ids: Tensor, features: Tensor, cache: Cache) -> Tensor:
        """Scores of the token after these, by which every row grows; the cache must have room.

        Parameters
        ----------
        token_ids : Tensor of shape (B,), int64
        features : Tensor of shape (B, F), int64
        cache : Cache
            Grows by one position.

        Returns
        -------
        Tensor of shape (B, V), float32
        """


_lock = threading.Lock()
_inside: Counter[int] = Counter()
"""How often each thread of Python is inside `threads`; what torch had before them all is put back."""
_before = 1


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Let torch use so many threads, and put back what it had before the first of those that overlap, which are alike.

    One is best for few rows, and wherever other programs work beside this one: threads that wait for each other
    dozens of times a token lose more by a single one that is late than they gain.
    """
    global _before
    thread = threading.get_ident()
    with _lock:
        if not _inside:  # else torch may say in this thread what another one has set
            _before = torch.get_num_threads()
        _inside[thread] += 1
        torch.set_num_threads(count)
    try:
        yield
    finally:
        with _lock:
            _inside[thread] -= 1
            if not _inside[thread]:
                del _inside[thread]
                torch.set_num_threads(_before)  # in this thread, and for new ones
