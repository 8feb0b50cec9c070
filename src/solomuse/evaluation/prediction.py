"""How well a model predicts held-back melodies, and how much it relies on their chords."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from solomuse.analysis.key import chord_weights
from solomuse.datasets.load import Dataset, Windows
from solomuse.errors import ConfigError
from solomuse.evaluation.excerpts import tunes_of
from solomuse.model.likelihood import Sequence_, likelihood
from solomuse.music.chart import Chart
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.meter import Meter
from solomuse.music.note import TICKS_PER_QUARTER
from solomuse.tokens.codec import Codec
from solomuse.tokens.encoding import encode
from solomuse.tokens.grammar import parse
from solomuse.tokens.vocabulary import CONDITIONS


def predicted(
    folder: Path,
    dataset: Dataset,
    windows: Windows,
    sheets: Sequence[LeadSheet],
    rng: np.random.Generator,
    guidance: float = 1.0,
) -> dict[str, float]:
    """Bits, hits and chord sensitivity of a model over the windows of a split.

    Parameters
    ----------
    folder : Path
        The model's.
    sheets : sequence of LeadSheet
        What the windows stand for.
    rng : numpy Generator
        Chooses the other tune's chart for each window.
    guidance : float
        As `solomuse.model.likelihood.likelihood` takes it.

    Returns
    -------
    dict
        As ``solomuse evaluate --json`` names them. NaN where there is nothing to measure.

    Raises
    ------
    ConfigError
        If transformers is not installed.
    """
    try:
        from transformers import AutoModelForCausalLM
        from transformers.utils.logging import disable_progress_bar
    except ImportError:
        raise ConfigError(
            'measuring predictions needs transformers; install it with: pip install "solomuse[train]"'
        ) from None
    disable_progress_bar()
    model = AutoModelForCausalLM.from_pretrained(folder)
    own = likelihood(model, windows, dataset.vocabulary, guidance)
    pairs = with_other_chords(windows, sheets, dataset, rng, room=model.config.n_positions)
    true = likelihood(model, [pair[0] for pair in pairs], dataset.vocabulary, guidance)
    swapped = likelihood(model, [pair[1] for pair in pairs], dataset.vocabulary, guidance)
    sensitivity = swapped.bits_per_note - true.bits_per_note
    quarters = sum(sheet.chart.duration for sheet in sheets) / TICKS_PER_QUARTER
    return {
        "notes": own.notes,
        **own.per_note(),
        "bits_per_beat": own.bits / quarters if quarters else float("nan"),
        "pitch_accuracy": own.pitch_accuracy,
        "duration_accuracy": own.duration_accuracy,
        "bits_per_note_other_chords": own.bits_per_note + sensitivity,
        "chord_sensitivity": sensitivity,
        "windows": len(windows),
        "windows_with_other_chords": len(pairs),
    }


def with_other_chords(
    windows: Windows,
    sheets: Sequence[LeadSheet],
    dataset: Dataset,
    rng: np.random.Generator,
    room: float = math.inf,
) -> list[tuple[Sequence_, Sequence_]]:
    """Each window beside itself under another tune's chart, where there is one; all else that it says stays.

    Those are left out that have more tokens under that chart than the dataset's windows may have, or than `room`.
    """
    codec, pairs = Codec(dataset.vocabulary), []
    others = other_charts([sheet.chart for sheet in sheets], tunes_of(windows, dataset), rng)
    for window, sheet, other in zip(windows, sheets, others, strict=True):
        if other is None:
            continue
        said = dict(zip(CONDITIONS, parse(window[0].tolist(), dataset.vocabulary).conditions, strict=True))
        swapped = encode(codec.on_grid(LeadSheet(other, sheet.melody)).saying(**said), dataset.vocabulary)
        if len(swapped[0]) <= min(dataset.config.seq_len, room):
            pairs.append((window, swapped))
    return pairs


def other_charts(charts: Sequence[Chart], tunes: Sequence[str], rng: np.random.Generator) -> Iterator[Chart | None]:
    """For each chart one of another tune that has the same bars; None where there is none.

    Of another tune, not only of another song: several solos may be over the same changes. It is moved to the key in
    which its pitch classes fit the true chart's best, so that what is measured is the changes and not the key.

    Parameters
    ----------
    tunes : sequence of str
        Of each chart.
    """
    meters_by_chart = [tuple(bar.meter for bar in chart.bars) for chart in charts]
    charts_by_meters: dict[tuple[Meter, ...], list[int]] = {}
    for index, meters in enumerate(meters_by_chart):
        charts_by_meters.setdefault(meters, []).append(index)
    for chart, tune, meters in zip(charts, tunes, meters_by_chart, strict=True):
        others = [place for place in charts_by_meters[meters] if tunes[place] != tune]
        yield _in_key_of(charts[others[int(rng.integers(len(others)))]], chart) if others else None


def _in_key_of(chart: Chart, model: Chart) -> Chart:
    """The chart moved to where its pitch classes overlap most with those of `model`."""
    own, target = _histogram(chart), _histogram(model)
    overlaps = [float(np.minimum(np.roll(own, shift), target).sum()) for shift in range(12)]
    return chart.transpose(int(np.argmax(overlaps)))


def _histogram(chart: Chart) -> NDArray[np.float64]:
    weights = chord_weights(chart)
    return weights / max(1.0, float(weights.sum()))
