"""Generation: a chart in, solos out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from solomuse.datasets.lead_sheets import read_lead_sheet
from solomuse.errors import ConfigError
from solomuse.generation.decoding import Take, run, to_the_end_of_the_form
from solomuse.generation.sampling import Sampling
from solomuse.model.folder import Model, load_model
from solomuse.music.chart import Chart
from solomuse.music.chart_text import parse_chart
from solomuse.music.leadsheet import LeadSheet
from solomuse.render.files import write_lead_sheet
from solomuse.tokens.codec import Codec
from solomuse.tokens.vocabulary import EOS, SEP

__all__ = ["Sampling", "Solo", "generate", "generate_from_chords"]

MOST_TAKES = 256


@dataclass(frozen=True, slots=True)
class Solo:
    """A generated solo over its chart.

    Parameters
    ----------
    sheet : LeadSheet
        Exactly the chart's bars, with the chart's own chords.
    token_ids : tuple of int
        The whole sequence, ``<BOS>`` to ``<EOS>``, with chords as the vocabulary holds them.
    """

    sheet: LeadSheet
    token_ids: tuple[int, ...]
    seed: int
    take: int

    def write(self, path: str | Path) -> None:
        """Write it by the path's ending, as `write_lead_sheet` says: MIDI with a backing, notation, a picture.

        Raises
        ------
        OutputError
            If the ending is unknown or the file cannot be written.
        """
        write_lead_sheet(self.sheet, path)


def generate(
    model: Model | str | Path | None,
    chart: Chart | str | Path,
    *,
    takes: int = 1,
    seed: int = 1,
    temperature: float = 1.0,
    top_p: float = 0.95,
) -> list[Solo]:
    """Solos over a chart.

    Each has exactly the chart's bars. The same seed gives the same solos on the same machine.

    Parameters
    ----------
    model : Model, str or Path
        As `load_model` gives it, or its folder.
    chart : Chart, str or Path
        A value, its text, an iReal Pro link, or a file that holds one, as `read_lead_sheet` says.

    Raises
    ------
    ChartError, ChordError, FormatError
        If the chart cannot be read.
    VocabularyError
        If its meters are not in the vocabulary.
    ModelError
        If the folder is no model.
    ConfigError
        If an option is out of range.

    Examples
    --------
    ``sm.generate("runs/blues", "C7 | F7 | C7 | C7", takes=4, seed=1)[0].write("solo.mid")``
    """
    if not 1 <= takes <= MOST_TAKES:
        raise ConfigError(f"takes is {takes}: expected 1 to {MOST_TAKES}")
    sampling = Sampling(temperature, top_p)
    wanted = chart if isinstance(chart, Chart) else read_lead_sheet(chart).chart
    player = model if isinstance(model, Model) else load_model(model)
    return solos_over(player, [wanted] * takes, sampling, seed)


def solos_over(model: Model, charts: Sequence[Chart], sampling: Sampling, seed: int) -> list[Solo]:
    """A solo over each of some charts, all in one batch; each depends on its chart, the seed and its place only.

    Raises
    ------
    VocabularyError
        If a meter is not in the vocabulary.
    """
    codec, room = Codec(model.vocabulary), model.decoder.config.block_size
    growing = [
        Take(
            codec.quantise(LeadSheet(chart, ())).chart,
            codec,
            np.random.default_rng((seed, number)),
            model.window_bars,
            room,
        )
        for number, chart in enumerate(charts)
    ]
    run(model.decoder, growing, sampling, [to_the_end_of_the_form])
    return [
        Solo(
            sheet=LeadSheet(chart, tuple(take.melody)),
            token_ids=tuple(codec.encode(LeadSheet(take.chart, tuple(take.melody)))),
            seed=seed,
            take=number,
        )
        for number, (chart, take) in enumerate(zip(charts, growing, strict=True))
    ]


def generate_from_chords(
    model: Model | str | Path | None,
    chord_roots: Sequence[str],
    n_events: int = 256,
    temperature: float = 1.0,
    seed: int = 1,
) -> list[int]:
    """Token ids of a solo over chords of one bar each.

    Parameters
    ----------
    chord_roots : sequence of str
        Symbols or labels: ``["C:maj", "F:maj", "G:maj", "C:maj"]``.
    n_events : int
        At most so many tokens after ``<SEP>``, cut after a whole note.

    Returns
    -------
    list of int
        A well-formed sequence, ``<BOS>`` to ``<EOS>``.
    """
    if n_events < 1:
        raise ConfigError(f"n_events is {n_events}: expected at least 1")
    player = model if isinstance(model, Model) else load_model(model)
    chart = replace(parse_chart(" | ".join(chord_roots)))
    solo = generate(player, chart, seed=seed, temperature=temperature)[0]
    token_ids = list(solo.token_ids)
    first = token_ids.index(SEP) + 1
    if len(token_ids) - first <= n_events:
        return token_ids
    ends = [i + 1 for i in range(first, first + n_events - 1) if token_ids[i] in player.vocabulary.duration]
    return [*token_ids[: ends[-1] if ends else first], EOS]
