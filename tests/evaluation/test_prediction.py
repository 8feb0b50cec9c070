from __future__ import annotations

import numpy as np
import pytest

from solomuse.config import Config
from solomuse.datasets.build import prepare
from solomuse.datasets.load import Dataset, load_dataset
from solomuse.evaluation.excerpts import tune_titles
from solomuse.evaluation.prediction import with_other_chords
from solomuse.formats.midi import write_midi
from solomuse.model.likelihood import Sequence_
from solomuse.music.chart_text import parse_chart
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.note import Note
from solomuse.render.performance import performed
from solomuse.tokens.codec import Codec
from solomuse.tokens.grammar import parse

TUNES = {"Uno": "Dm7 | G7 | C6 | A7 |", "Dos": "Fmaj7 | Bb7 | Am7 | D7 |", "Tres": "Em7b5 | A7 | Dm7 | G7 |"}
Pair = tuple[Sequence_, Sequence_]


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory, toy_config: Config) -> Dataset:
    """Two solos over each of three tunes; two of the tunes are learned from."""
    folder = tmp_path_factory.mktemp("tunes")
    rng = np.random.default_rng(1)
    for title, chords in TUNES.items():
        chart = parse_chart(f"title: {title}\n" + chords * 4)
        for take in range(2):
            pitches = 60 + rng.integers(0, 20, 64)
            notes = [Note(480 * place, int(pitch), 400) for place, pitch in enumerate(pitches)]
            (folder / str(take)).mkdir(exist_ok=True)
            write_midi(performed(LeadSheet(chart, notes)), folder / str(take) / f"{title}.mid")
    prepare([folder], folder / "dataset", toy_config.data, jobs=1)
    return load_dataset(folder / "dataset")


@pytest.fixture(scope="module")
def pairs(dataset: Dataset) -> list[Pair]:
    windows, codec = dataset.windows("train"), Codec(dataset.vocabulary)
    sheets = [codec.decode(token_ids.tolist()) for token_ids, _ in windows]
    return with_other_chords(windows, sheets, dataset, np.random.default_rng(1))


def test_the_other_chart_is_never_that_of_another_solo_over_the_same_tune(dataset: Dataset, pairs: list[Pair]) -> None:
    titles, codec = tune_titles(dataset), Codec(dataset.vocabulary)
    assert sorted(titles) == sorted([*TUNES, *TUNES])
    assert len(pairs) == len(dataset.windows("train")) == 4
    for own, other in pairs:
        true, swapped = (codec.decode(token_ids.tolist()) for token_ids, _ in (own, other))
        assert true.melody == swapped.melody
        assert true.chart.bars != swapped.chart.bars


def test_what_the_windows_say_of_themselves_stays(dataset: Dataset, pairs: list[Pair]) -> None:
    for pair in pairs:
        own, other = (parse(token_ids.tolist(), dataset.vocabulary).conditions for token_ids, _ in pair)
        assert own == other
