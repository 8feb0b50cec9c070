from __future__ import annotations

from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from solomuse.datasets.shards import Spool
from solomuse.datasets.windows import Window
from solomuse.tokens.features import FEATURES
from solomuse.tokens.vocabulary import SEP


def window(number: int, length: int) -> Window:
    token_ids = np.full(length, 1000 + number, dtype=np.uint16)
    token_ids[1] = SEP
    return Window(token_ids, np.full((length, len(FEATURES)), number, dtype=np.uint8), bars=1, notes=number)


@given(st.lists(st.integers(2, 9), max_size=8), st.data())
@settings(max_examples=30, deadline=None)
def test_a_split_holds_the_windows_of_its_songs_in_order(
    tmp_path_factory: object, lengths: list[int], data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("spool")  # type: ignore[attr-defined]
    windows = [window(number, length) for number, length in enumerate(lengths)]
    chosen = data.draw(st.lists(st.sampled_from(range(len(windows))), unique=True)) if windows else []
    with Spool(folder) as spool:
        kept = spool.keep(windows)
        spool.write(folder / "train", [(7 * number, [kept[number]]) for number in chosen])
    read = {name: np.load(folder / f"train.{name}.npy") for name in ("tokens", "features", "offsets", "songs")}
    assert read["songs"].tolist() == [7 * number for number in chosen]
    assert np.diff(read["offsets"]).tolist() == [lengths[number] for number in chosen]
    expected = [token for number in chosen for token in windows[number].token_ids.tolist()]
    assert read["tokens"].tolist() == expected
    assert read["features"].shape == (len(expected), len(FEATURES))
    assert sorted(path.suffix for path in folder.iterdir()) == [".npy"] * 4


def test_a_window_that_comes_twice_is_written_once(tmp_path: Path) -> None:
    one = window(3, 5)
    with Spool(tmp_path) as spool:
        first, second = spool.keep([one, one])
        assert first == second
        assert (first.tokens, first.events, first.notes) == (5, 3, 3)
        spool.write(tmp_path / "test", [(0, [first, second])])
    assert np.load(tmp_path / "test.tokens.npy").tolist() == 2 * one.token_ids.tolist()
