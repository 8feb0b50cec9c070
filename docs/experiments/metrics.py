"""The figures of human solos: what generated ones are held against. Prints Markdown tables.

    python docs/experiments/metrics.py DATASET

DATASET is a folder of `solomuse prepare`, such as that of the Weimar Jazz Database. Where muspy or mir_eval is
installed, our figures are compared with theirs.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from solomuse.datasets.catalogue import TABLE
from solomuse.datasets.load import load_dataset
from solomuse.metrics.distributions import interval_histogram, note_length_histogram, pitch_class_entropy
from solomuse.metrics.harmony import (
    chord_shift_curve,
    chord_shift_gain,
    chord_tone_ratio,
    scale_share,
    step_resolution,
    tension_correctness,
)
from solomuse.metrics.originality import IntervalIndex, diversity
from solomuse.metrics.playability import pitch_range
from solomuse.metrics.rhythm import bar_rhythm_divergence, groove_similarity
from solomuse.metrics.set_distance import FEATURES, set_distances
from solomuse.metrics.summary import all_metrics, spreads
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.note import Note
from solomuse.music.scales import chord_tones
from solomuse.tokens.codec import Codec
from solomuse.tokens.encoding import encode

WINDOW_BARS = 16
NGRAMS = range(3, 9)
SHIFTS = (-16, -8, -4, -2, -1, 0, 1, 2, 4, 8, 16)


@dataclass(frozen=True, slots=True)
class Solo:
    name: str
    title: str
    sheet: LeadSheet


def whole_solos(path: Path) -> list[Solo]:
    """All lead sheets of a dataset, each once and uncut."""
    dataset = load_dataset(path)
    codec = Codec(dataset.vocabulary)
    with (path / "songs.jsonl").open(encoding="utf-8") as file:
        songs = [json.loads(line) for line in file]
    solos = {}
    for split in ("train", "validation", "test"):
        windows = dataset.windows(split)
        for row in windows.table.tolist():
            song, *key = (row[TABLE.index(name)] for name in ("song", "shard", "place"))
            if (*key,) not in solos:
                sheet = codec.decode(encode(windows.shards.sheet(*key), dataset.vocabulary)[0].tolist())
                solos[(*key,)] = Solo(songs[song]["name"], songs[song]["title"], sheet)
    return list(solos.values())


def windows_of(sheet: LeadSheet, bars: int) -> list[LeadSheet]:
    """Stretches of so many bars side by side, the rest left out, and those with fewer than one note a bar."""
    cuts = [sheet.slice(first, first + bars) for first in range(0, len(sheet.chart.bars) - bars + 1, bars)]
    return [cut for cut in cuts if len(cut.melody) >= bars]


def with_shuffled_pitches(sheet: LeadSheet, rng: np.random.Generator) -> LeadSheet:
    pitches = rng.permutation([note.pitch for note in sheet.melody]).tolist()
    notes = zip(sheet.melody, pitches, strict=True)
    return LeadSheet(sheet.chart, tuple(Note(n.time, pitch, n.duration, n.velocity) for n, pitch in notes))


def with_shuffled_bars(sheet: LeadSheet, rng: np.random.Generator) -> LeadSheet:
    """The melody's bars in another order under the same chords; only bars of one length change places."""
    lines, lengths = np.array(sheet.chart.bar_times), np.diff(sheet.chart.bar_times)
    target = np.arange(len(lengths))
    for length in np.unique(lengths):
        own = np.flatnonzero(lengths == length)
        target[own] = rng.permutation(own)
    notes = []
    for note in sheet.melody:
        bar = int(np.searchsorted(lines, note.time, side="right")) - 1
        within = note.time - int(lines[bar])
        duration = min(note.duration, int(lengths[bar]) - within)
        notes.append(Note(int(lines[target[bar]]) + within, note.pitch, duration, note.velocity))
    return LeadSheet(sheet.chart, tuple(sorted(notes)))


def table(header: Sequence[object], rows: Sequence[Sequence[object]]) -> None:
    def cell(value: object) -> str:
        return f"{value:.3f}" if isinstance(value, float) else str(value)

    print("\n| " + " | ".join(map(str, header)) + " |\n|" + "---|" * len(header))
    for row in rows:
        print("| " + " | ".join(map(cell, row)) + " |")


def per_solo(sheets: Sequence[LeadSheet]) -> None:
    print(f"\n## Each solo counts once: {len(sheets)} whole ones, and their windows of {WINDOW_BARS} bars")
    rng = np.random.default_rng(1)
    windows = [window for sheet in sheets for window in windows_of(sheet, WINDOW_BARS)]
    kinds = [
        sheets,
        windows,
        [with_shuffled_bars(window, rng) for window in windows],
        [with_shuffled_pitches(window, rng) for window in windows],
    ]
    found = [spreads(map(all_metrics, kind)) for kind in kinds]
    columns = [[f"{s.mean:.3f} ± {s.deviation:.3f}" for s in found[0].values()]]
    columns += [[f"{s.mean:.3f} ± {s.deviation:.3f}" for s in found[1].values()]]
    columns += [[f"{s.mean:.3f}" for s in kind.values()] for kind in found[2:]]
    header = ["", "whole solos", f"{len(windows)} windows", "their bars shuffled", "their pitches shuffled"]
    table(header, list(zip(found[0], *columns, strict=True)))


def pooled(sheets: Sequence[LeadSheet]) -> None:
    print("\n## Each note counts once")
    measures: dict[str, Callable[[Sequence[LeadSheet]], float]] = {
        "chord-tone ratio": chord_tone_ratio,
        "on strong beats": lambda s: chord_tone_ratio(s, "strong beats"),
        "by time": lambda s: chord_tone_ratio(s, "time"),
        "chord-shift gain": chord_shift_gain,
        "scale share": scale_share,
        "tension correctness": tension_correctness,
        "step resolution": step_resolution,
        "to a chord tone": lambda s: step_resolution(s, to_chord_tone=True),
    }
    table(["", "human"], [(name, measure(sheets)) for name, measure in measures.items()])
    table(["chords later by quarters", *SHIFTS], [("", *chord_shift_curve(sheets, SHIFTS).tolist())])
    intervals = np.mean([interval_histogram(sheet) for sheet in sheets], axis=0)
    table(["interval", *range(-12, 13)], [("share", *(f"{share:.3f}".lstrip("0") for share in intervals))])
    lengths = np.mean([note_length_histogram(sheet) for sheet in sheets], axis=0)
    table(["length class", *range(len(lengths))], [("share", *lengths.tolist())])


def sets(solos: Sequence[Solo]) -> None:
    print("\n## Two halves of the solos, split by title, and one half against itself with its pitches shuffled")
    titles = np.random.default_rng(1).permutation(sorted({solo.title for solo in solos})).tolist()
    first = set(titles[: len(titles) // 2])
    halves = [[s.sheet for s in solos if (s.title in first) == is_first] for is_first in (True, False)]
    windows = [[cut for sheet in half for cut in windows_of(sheet, WINDOW_BARS)[:1]] for half in halves]
    rng = np.random.default_rng(2)
    shuffled = [with_shuffled_pitches(sheet, rng) for sheet in windows[1]]
    print(f"\nFirst windows of {WINDOW_BARS} bars: {len(windows[0])} and {len(windows[1])}.")
    human, other = set_distances(windows[0], windows[1]), set_distances(windows[0], shuffled)
    rows = [
        (n, human[n].intra_mean, human[n].inter_mean, human[n].kl_divergence, human[n].overlapping_area,
         other[n].kl_divergence, other[n].overlapping_area)
        for n in FEATURES
    ]  # fmt: skip
    table(["", "intra-set", "inter-set", "KL", "overlap", "KL, shuffled", "overlap, shuffled"], rows)
    print(f"\nBar-rhythm divergence of the halves: {bar_rhythm_divergence(*halves):.3f} bits")


def originality(solos: Sequence[Solo]) -> None:
    print("\n## Each solo against the solos on other tunes")
    lines = [[note.pitch for note in solo.sheet.melody] for solo in solos]
    index = IntervalIndex.of(lines)
    runs, found, novelties = [], [], []
    for at, solo in enumerate(solos):
        others = index.without([i for i, other in enumerate(solos) if other.title == solo.title])
        run = others.longest_run(lines[at])
        runs.append(run.counted if run else 0)
        found.append((runs[-1], run.notes if run else 0, solo.name, solos[run.song].name if run else ""))
        novelties.append([others.novelty(lines[at], n) for n in NGRAMS])
    shares = np.percentile(runs, [10, 50, 90, 99, 100]).tolist()
    table(["longest shared run, counted notes", "10 %", "median", "90 %", "99 %", "most"], [("", *shares)])
    table(["n", *NGRAMS], [("novelty", *np.nanmean(novelties, axis=0).tolist())])
    table(["counted", "notes", "solo", "shares them with"], sorted(found, reverse=True)[:8])
    by_title: dict[str, list[list[int]]] = {}
    for solo, line in zip(solos, lines, strict=True):
        by_title.setdefault(solo.title, []).append(line)
    same = [diversity(group) for group in by_title.values() if len(group) > 1]
    rng = np.random.default_rng(1)
    drawn = [diversity([lines[i] for i in rng.choice(len(lines), 4, replace=False)]) for _ in range(100)]
    print(f"\nDiversity of solos on one tune: {np.mean(same):.3f}; of four drawn at random: {np.mean(drawn):.3f}")


def against_mir_eval(sheets: Sequence[LeadSheet]) -> None:
    import mir_eval

    chords = {span.chord for sheet in sheets for span in sheet.chart.spans() if span.chord.root is not None}
    plain = [chord for chord in chords if not chord.extensions and not chord.omissions]
    agree = 0
    for chord in plain:
        root, bitmap, _ = mir_eval.chord.encode(chord.label.split("/")[0])
        agree += {(root + step) % 12 for step in np.flatnonzero(bitmap).tolist()} == set(chord_tones(chord))
    print(f"\nmir_eval: the same chord tones for {agree} of {len(plain)} chords")


def against_muspy(sheets: Sequence[LeadSheet]) -> None:
    import muspy

    worst = dict.fromkeys(("pitch range", "pitch count", "pitch-class entropy", "groove of two bars"), 0.0)
    for sheet in sheets:
        music = _music(sheet, 40)
        pairs = {
            "pitch range": (muspy.pitch_range(music), pitch_range(sheet)),
            "pitch count": (muspy.n_pitches_used(music), FEATURES["pitch_count"](sheet)),
            "pitch-class entropy": (
                muspy.pitch_class_entropy(music),
                pitch_class_entropy(sheet, len(sheet.chart.bars)),
            ),
        }
        for cut in windows_of(sheet, 2):
            last = cut.melody[-1].time  # muspy has as many bars as the last note reaches
            if cut.chart.bar_times[1] <= last < cut.chart.bar_times[2] - 45 and {
                bar.duration for bar in cut.chart.bars
            } == {1920}:
                there = muspy.groove_consistency(_music(cut, 30, longest=1), 64)
                pairs["groove of two bars"] = (there, groove_similarity(cut))
                worst["groove of two bars"] = max(worst["groove of two bars"], abs(there - groove_similarity(cut)))
        worst = {name: max(most, abs(float(np.subtract(*pairs.get(name, (0, 0)))))) for name, most in worst.items()}
    table(["muspy: largest difference", *worst], [("", *worst.values())])


def _music(sheet: LeadSheet, step: int, longest: int = 10**6):
    import muspy

    notes = [
        muspy.Note((n.time + step // 2) // step, n.pitch, max(1, min(n.duration // step, longest)))
        for n in sheet.melody
    ]
    return muspy.Music(resolution=480 // step, tracks=[muspy.Track(notes=notes)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", type=Path)
    solos = whole_solos(parser.parse_args().dataset)
    sheets = [solo.sheet for solo in solos]
    per_solo(sheets)
    pooled(sheets)
    sets(solos)
    originality(solos)
    if find_spec("mir_eval"):
        against_mir_eval(sheets)
    if find_spec("muspy"):
        against_muspy(sheets)


if __name__ == "__main__":
    main()
