"""What can be heard in solos, in figures: beside human ones, at their ends, at the seams, as sound. Prints Markdown.

    python docs/experiments/listening.py DATASET FOLDER [CHART ...]

DATASET is a folder of `solomuse prepare` with human solos. FOLDER holds a folder for each solo, as
`solomuse generate CHART --out FOLDER/NAME` writes it. Over the CHARTs, files, the bundled soloist plays the choruses
by which seams are measured; without any, this is left out.
"""

from __future__ import annotations

import argparse
import math
import wave
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import numpy as np

from solomuse.datasets.lead_sheets import read_lead_sheet
from solomuse.datasets.load import Dataset, load_dataset
from solomuse.datasets.splits import SPLITS
from solomuse.formats.midi import read_midi
from solomuse.generation import Controls, solos_over
from solomuse.generation.lines import read_line
from solomuse.metrics.line import columns
from solomuse.metrics.summary import all_metrics, spreads
from solomuse.model.folder import load_model
from solomuse.music.chart import Chart
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.note import TICKS_PER_QUARTER
from solomuse.music.scales import chord_tones
from solomuse.tokens.codec import Codec
from solomuse.tokens.encoding import encode

QUARTER = TICKS_PER_QUARTER
CHORUSES, OFFSETS, TAKES = 2, 4, 4
FIRST_SEAM = 12
"""The soloist's window of 16 bars first moves here, then every four bars."""


def human_solos(dataset: Dataset, splits: Sequence[str] = SPLITS) -> list[LeadSheet]:
    """All lead sheets of some splits, each once and uncut."""
    codec, solos = Codec(dataset.vocabulary), {}
    for split in splits:
        windows = dataset.windows(split)
        for _, *key in windows.table[:, :3].tolist():
            if (*key,) not in solos:
                ids = encode(windows.shards.sheet(*key), dataset.vocabulary)[0]
                solos[(*key,)] = codec.decode(ids.tolist())
    return [sheet for sheet in solos.values() if sheet.melody]


def heard(sheet: LeadSheet) -> dict[str, float]:
    """Figures of what strikes the ear first: how phrases and the solo end, what is repeated, how long notes are."""
    times, pitches, durations = columns(sheet)
    ends, gaps = times + durations, np.append(times[1:] - (times + durations)[:-1], QUARTER)
    last = gaps >= QUARTER
    is_chord_tone = _chord_tones(sheet)
    runs = [len(list(run)) for _, run in groupby(pitches.tolist())]
    steps = np.abs(np.diff(pitches))
    duration = sheet.chart.duration
    final_bars = sheet.chart.bar_times[-3] if len(sheet.chart.bars) > 1 else 0
    return {
        "phrases end on a chord tone": _share(is_chord_tone[last]),
        "phrases end on a beat": _share(times[last] % QUARTER == 0),
        "last note of a phrase, quarters": float(durations[last].mean()) / QUARTER,
        "notes of a phrase": len(times) / int(last.sum()),
        "solo ends on a chord tone": float(is_chord_tone[-1]),
        "silence before the end, quarters": (duration - int(ends[-1])) / QUARTER,
        "notes in the last two bars": float((times >= final_bars).sum()),
        "first note, quarters": int(times[0]) / QUARTER,
        "repeated notes": float((steps == 0).mean()) if len(steps) else math.nan,
        "longest run of one pitch": float(max(runs)),
        "leaps over a fifth": float((steps > 7).mean()) if len(steps) else math.nan,
        "leaps over an octave": float((steps > 12).mean()) if len(steps) else math.nan,
        "notes of two quarters or more": float((durations >= 2 * QUARTER).mean()),
        "longest note, quarters": int(durations.max()) / QUARTER,
        "longest rest, quarters": int(gaps[:-1].max(initial=0)) / QUARTER,
        "lowest pitch": float(pitches.min()),
        "highest pitch": float(pitches.max()),
    }


def _chord_tones(sheet: LeadSheet) -> np.ndarray:
    """Whether each note is one of the chord over which it starts, shape (n,)."""
    spans = list(sheet.chart.spans())
    starts = [span.time for span in spans]
    return np.array(
        [note.pitch % 12 in chord_tones(spans[bisect_right(starts, note.time) - 1].chord) for note in sheet.melody]
    )


def _share(flags: np.ndarray) -> float:
    return float(np.mean(flags)) if len(flags) else math.nan


def at_bar_lines(sheet: LeadSheet) -> Iterator[tuple[int, dict[str, float]]]:
    """For each bar line with notes on both sides in the bars beside it: its number, and how the line passes it."""
    times, pitches, durations = columns(sheet)
    lines = sheet.chart.bar_times
    for bar in range(2, len(lines) - 2):
        first = int(np.searchsorted(times, lines[bar]))
        start, end_of_bar = np.searchsorted(times, [lines[bar - 1], lines[bar + 1]]).tolist()
        before, after = slice(start, first), slice(first, end_of_bar)
        if before.stop == before.start or after.stop == after.start:
            continue
        end = int(times[first - 1] + durations[first - 1])
        interval = abs(int(pitches[first]) - int(pitches[first - 1]))
        yield (
            bar,
            {
                "semitones": float(interval),
                "leap over a fifth": float(interval > 7),
                "leap over an octave": float(interval > 12),
                "same pitch": float(interval == 0),
                "held over": float(end > lines[bar]),
                "rest of a quarter": float(times[first] - end >= QUARTER),
                "note on the line": float(times[first] == lines[bar]),
                "notes after less before": float((after.stop - after.start) - (before.stop - before.start)),
                "mean pitch moves by": abs(float(pitches[after].mean() - pitches[before].mean())),
            },
        )


def rotated(chart: Chart, bars: int) -> Chart:
    """Some choruses of a chart, from a later bar on."""
    return replace(chart, bars=chart.bars * (CHORUSES + 1)).slice(bars, bars + CHORUSES * len(chart.bars))


def seams(paths: Iterable[Path]) -> Iterator[tuple[bool, dict[str, float]]]:
    """Bar lines in solos of the bundled soloist: whether its window moved there.

    Each form is played from several bars on, so that each of its bar lines is a seam as often as any other.
    """
    charts = [read_lead_sheet(path).chart for path in paths]
    begun = [rotated(chart, offset) for chart in charts for offset in range(OFFSETS) for _ in range(TAKES)]
    model = load_model()
    for first in range(0, len(begun), 16):
        for solo in solos_over(model, begun[first : first + 16], Controls(), seed=first + 1):
            last = len(solo.sheet.chart.bars) - 8  # where the window reaches the end, it does not move any more
            for bar, figures in at_bar_lines(solo.sheet):
                if FIRST_SEAM <= bar < last:
                    yield (bar - FIRST_SEAM) % 4 == 0, figures


def sound(folder: Path) -> dict[str, float]:
    """How the WAV of a solo stands: peak and loudness in dBFS, samples at full scale, seconds after the form."""
    with wave.open(str(folder / "solo.wav")) as file:
        rate, data = file.getframerate(), file.readframes(file.getnframes())
    samples = np.frombuffer(data, dtype="<i2").reshape(-1, 2) / 32768
    song = read_midi(folder / "solo.mid")
    seconds = read_line(folder / "solo.json").chart.duration / QUARTER * 60 / song.tempos[0].qpm
    return {
        "peak, dBFS": 20 * math.log10(np.abs(samples).max()),
        "loudness, dBFS": 10 * math.log10((samples**2).mean()),
        "samples at full scale": float((np.abs(samples) >= 32767 / 32768).sum()),
        "quietest second, dBFS": _quietest(samples[: int(seconds * rate)], rate),
        "seconds after the form": len(samples) / rate - seconds,
    }


def _quietest(samples: np.ndarray, rate: int) -> float:
    seconds = samples[: len(samples) // rate * rate].reshape(-1, rate, 2)
    return 10 * math.log10(float((seconds**2).mean(axis=(1, 2)).min()) + 1e-12)


def table(columns_by_name: Mapping[str, Iterable[Mapping[str, float]]]) -> None:
    """Mean and deviation of each figure, a column for each group."""
    groups = {name: spreads(rows) for name, rows in columns_by_name.items()}
    print(f"\n|  | {' | '.join(groups)} |\n|{'---|' * (len(groups) + 1)}")
    for figure in next(iter(groups.values())):
        cells = [f"{group[figure].mean:.3f} ± {group[figure].deviation:.3f}" for group in groups.values()]
        print(f"| {figure} | {' | '.join(cells)} |")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("charts", type=Path, nargs="*")
    arguments = parser.parse_args()
    humans = human_solos(load_dataset(arguments.dataset))
    folders = sorted(path.parent for path in arguments.folder.glob("*/solo.json"))
    solos = [read_line(folder / "solo.json") for folder in folders]
    played = {f"{len(solos)} solos": solos, f"{len(humans)} human solos": humans}
    table({name: [all_metrics(sheet) for sheet in sheets] for name, sheets in played.items()})
    table({name: [heard(sheet) for sheet in sheets] for name, sheets in played.items()})
    table({f"{len(folders)} WAVs": [sound(folder) for folder in folders]})
    if arguments.charts:
        found = list(seams(arguments.charts))
        human_lines = [figures for sheet in humans for bar, figures in at_bar_lines(sheet) if bar >= FIRST_SEAM]
        sides = {is_seam: [figures for is_one, figures in found if is_one == is_seam] for is_seam in (True, False)}
        names = {f"{len(sides[True])} seams": sides[True], f"{len(sides[False])} other bar lines": sides[False]}
        table({**names, f"{len(human_lines)} of humans": human_lines})


if __name__ == "__main__":
    main()
