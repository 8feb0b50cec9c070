"""Generation: a chart in, solos out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from solomuse.datasets.lead_sheets import read_lead_sheet
from solomuse.errors import ConfigError
from solomuse.generation.controls import Controls
from solomuse.generation.editing import Edit
from solomuse.generation.solo import Solo
from solomuse.generation.solos import MOST_TAKES, solos_of, solos_over, streamed, task_of
from solomuse.model.folder import Model, load_model
from solomuse.music.chart import Chart
from solomuse.music.chart_text import parse_chart
from solomuse.music.leadsheet import LeadSheet
from solomuse.render.performance import qpm_of
from solomuse.tokens.vocabulary import EOS, SEP

__all__ = ["Controls", "Edit", "Solo", "generate", "generate_from_chords", "solos_over", "stream"]


def generate(
    model: Model | str | Path | None,
    chart: Chart | str | Path,
    *,
    takes: int = 1,
    seed: int = 1,
    temperature: float | None = None,
    top_p: float | None = None,
    controls: Controls = Controls(),
    edit: Edit | None = None,
) -> list[Solo]:
    """Solos over a chart.

    Each has exactly the chart's bars. The same seed gives the same solos on the same machine, each whatever the others
    are. A chart without a tempo gets the one at which a band would play it: a player hears it before the first note.

    Parameters
    ----------
    model : Model, str or Path
        As `load_model` gives it, or its folder.
    chart : Chart, str or Path
        A value, its text, an iReal Pro link, or a file that holds one, as `read_lead_sheet` says.
    temperature, top_p : float, optional
        Instead of those of `controls`.
    controls : Controls
        What is asked of the solos.
    edit : Edit, optional
        A line to go on from, to keep in part, to answer or to vary.

    Raises
    ------
    ChartError, ChordError, FormatError
        If the chart cannot be read.
    VocabularyError
        If its meters are not in the vocabulary.
    ModelError
        If the folder is no model.
    ConfigError
        If an option is out of range, clashes with another one, or is one that the model has not learned of.

    Examples
    --------
    ``sm.generate("runs/blues", "C7 | F7 | C7 | C7", takes=4, seed=1)[0].write("solo.mid")``
    """
    if not 1 <= takes <= MOST_TAKES:
        raise ConfigError(f"takes is {takes}: expected 1 to {MOST_TAKES}")
    wanted = replace(
        controls,
        temperature=controls.temperature if temperature is None else temperature,
        top_p=controls.top_p if top_p is None else top_p,
    )
    return solos_of(task_of(_loaded(model), _read(chart), wanted, edit, seed), takes)


def stream(
    model: Model | str | Path | None,
    chart: Chart | str | Path,
    *,
    seed: int = 1,
    controls: Controls = Controls(),
    edit: Edit | None = None,
) -> Iterator[LeadSheet]:
    """The bars of the first solo that `generate` gives for the same arguments, each as soon as it is finished.

    Yields
    ------
    LeadSheet
        One bar with the notes that begin in it; the last of them may sound beyond.

    Raises
    ------
    SoloMuseError
        As `generate` does, and a `ConfigError` where bars are kept: what is played before them needs all tries first.
    """
    task = task_of(_loaded(model), _read(chart), controls, edit, seed)
    if task.outline.looks_ahead:
        raise ConfigError("a solo around kept bars cannot be streamed: generate it as a whole")
    return streamed(task)


def _loaded(model: Model | str | Path | None) -> Model:
    return model if isinstance(model, Model) else load_model(model)


def _read(chart: Chart | str | Path) -> Chart:
    """A chart with its tempo, else the one at which it is performed."""
    read = chart if isinstance(chart, Chart) else read_lead_sheet(chart).chart
    return replace(read, qpm=qpm_of(read))


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
    player = _loaded(model)
    solo = generate(player, parse_chart(" | ".join(chord_roots)), seed=seed, temperature=temperature)[0]
    token_ids = list(solo.token_ids)
    first = token_ids.index(SEP) + 1
    if len(token_ids) - first <= n_events:
        return token_ids
    ends = [i + 1 for i in range(first, first + n_events - 1) if token_ids[i] in player.vocabulary.duration]
    return [*token_ids[: ends[-1] if ends else first], EOS]
