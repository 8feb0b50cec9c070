"""One song as training examples: its melody, or each soloist's stretch, on the grid."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from solomuse.analysis.lead_sheet import lead_sheet_of, song_chords
from solomuse.analysis.soloists import Stretch, stretches, with_joined_melody
from solomuse.analysis.swing import straightened
from solomuse.config import DataConfig
from solomuse.datasets.conditions import song_conditions
from solomuse.datasets.duplicates import MelodyPrint, melody_print
from solomuse.datasets.facts import song_facts
from solomuse.datasets.song_file import SongFile
from solomuse.datasets.source import read_song
from solomuse.datasets.windows import cut, windows_from_each_bar
from solomuse.datasets.workers import OutOfTimeError
from solomuse.errors import SoloMuseError
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.song import Song
from solomuse.tokens.codec import Codec
from solomuse.tokens.grid_sheet import GridSheet
from solomuse.tokens.vocabulary import CONDITIONS, FEEL, GRIDS, INSTRUMENT, STYLE, UNSAID, vocabulary


@dataclass(frozen=True, slots=True)
class Skip:
    """A song that was left out."""

    name: str
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class Prepared:
    """A song on the grid, where its windows are, and what it was made of.

    Parameters
    ----------
    sheets : tuple of GridSheet
        One for each stretch of melody.
    windows : tuple of ndarray of shape (bars, len(WINDOW)), int32
        The window from each bar of each lead sheet, as `solomuse.datasets.windows.windows_from_each_bar` says.
    starts, held_back_starts : tuple of ndarray of int32
        The bars of each lead sheet from which windows are taken: overlapping ones to learn from, and windows side by
        side to measure by.
    facts : dict
        What `solomuse.datasets.facts.song_facts` says of it.
    print : MelodyPrint
        By which duplicates are found.
    """

    file: SongFile
    sheets: tuple[GridSheet, ...]
    windows: tuple[NDArray[np.int32], ...]
    starts: tuple[NDArray[np.int32], ...]
    held_back_starts: tuple[NDArray[np.int32], ...]
    facts: dict[str, Any]
    print: MelodyPrint


def prepare_song(file: SongFile, config: DataConfig) -> Prepared | Skip:
    """One song on the grid, or why it is left out."""
    if file.split == "omitted" and not config.omitted:
        return Skip(file.name, "Omitted", f"{file.name}: its publishers leave it out; --omitted takes it in")
    try:
        song = replace(read_song(file, config.sustain), title=file.name)  # for errors to tell one of several alike
        song = with_joined_melody(song, config.melody)
        sheets = list(_sheets(song, config))
        codec = Codec(vocabulary(config.grid))
        on_grid = tuple(
            codec.on_grid(sheet).saying(**song_conditions(song, stretch.track, config)) for stretch, sheet in sheets
        )
        windows = tuple(windows_from_each_bar(sheet, config.window_bars, config.seq_len) for sheet in on_grid)
        starts, apart = (tuple(cut(own, hop) for own in windows) for hop in (config.hop_bars, config.window_bars))
        if not sum(map(len, starts)):
            return Skip(file.name, "NoWindow", f"{file.name}: no bar of its melody fits {config.seq_len} tokens")
        facts = song_facts(song, sheets, config.chords) | {"conditions": _said(on_grid)}
        melody = melody_print([sheet for _, sheet in sheets])
        return Prepared(file, on_grid, windows, starts, apart, facts, melody)
    except SoloMuseError as error:
        # an archive's songs lie in a folder whose name is another one each time
        detail = str(error).splitlines()[0].replace(str(file.path), file.name)
        return Skip(file.name, error.reason, detail)
    except Exception as error:  # a batch job must outlive one file that shows a bug of ours; it is counted by its name
        return Skip(file.name, f"Internal {type(error).__name__}", f"{file.name}: {error}")


def _said(sheets: Sequence[GridSheet]) -> dict[str, list[str]]:
    """The styles, feels and instruments of the lead sheets of a song."""
    kinds = vocabulary(GRIDS[0]).conditions
    return {
        CONDITIONS[index]: [
            kinds[index].values[value] for value in sorted({sheet.conditions[index] for sheet in sheets} - {UNSAID})
        ]
        for index in (STYLE, FEEL, INSTRUMENT)
    }


def failed_song(file: SongFile, error: BaseException) -> Skip:
    """A song that took too long, or took its process with it."""
    return Skip(file.name, "OutOfTime" if isinstance(error, OutOfTimeError) else "Crash", f"{file.name}: {error}")


def _sheets(song: Song, config: DataConfig) -> Iterator[tuple[Stretch, LeadSheet]]:
    """Each chosen stretch of melody over its chords."""
    whole_by_track: dict[int, LeadSheet] = {}
    for stretch in stretches(song, config.melody, config.min_confidence):
        if stretch.track not in whole_by_track:
            whole = lead_sheet_of(song, stretch.track, song_chords(song, stretch.track, config.chords))
            if config.swing == "straighten":
                whole = LeadSheet(whole.chart, straightened(whole.melody))
            whole_by_track[stretch.track] = whole
        whole = whole_by_track[stretch.track]
        yield stretch, whole.slice(stretch.first_bar, min(stretch.last_bar, len(whole.chart.bars)))
