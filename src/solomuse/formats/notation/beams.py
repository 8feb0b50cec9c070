"""Beams: which eighths and shorter notes of a bar hang together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import groupby, pairwise
from operator import itemgetter

from solomuse.formats.notation.pulse import beats_of
from solomuse.formats.notation.rhythm import EIGHTH, Tuplet, Written, written_rhythm
from solomuse.music.meter import Meter
from solomuse.music.note import TICKS_PER_QUARTER

_BEAMS_BY_KIND = {"eighth": 1, "16th": 2, "32nd": 3, "64th": 4}
_Group = tuple[str, int]


def written_bar(cuts: Sequence[int], meter: Meter, rests: Collection[int] = ()) -> list[list[Written]]:
    """How the stretches between cuts are written, with beams; `written_rhythm` says more."""
    stretches = written_rhythm(cuts, meter, rests)
    pieces = [piece for stretch in stretches for piece in stretch]
    groups = _groups(pieces, meter)
    runs = groupby(zip(pieces, groups, strict=True), key=itemgetter(1))
    joined = iter([piece for group, run in runs for piece in _beamed([piece for piece, _ in run], group is not None)])
    return [[next(joined) for _ in stretch] for stretch in stretches]


def _groups(pieces: Sequence[Written], meter: Meter) -> list[_Group | None]:
    """The beam to which each piece belongs; None for what has none.

    Eighths are joined by half bars in 4/4 where nothing else is there, all others by beats; those in triplets of
    quarters or longer by the quarters of the triplet.
    """
    beats = beats_of(meter)
    even = [
        (start, end)
        for start, end in pairwise(beats.groups)
        if (end - start, meter.denominator <= 4) == (2 * TICKS_PER_QUARTER, True)
        and all(_is_even(piece) for piece in pieces if start <= piece.start < end)
    ]

    def group(piece: Written) -> _Group | None:
        if piece.is_rest or piece.kind not in _BEAMS_BY_KIND:
            return None
        if piece.tuplet is not None and piece.tuplet.ticks > TICKS_PER_QUARTER:
            return "third", (piece.start - piece.tuplet.start) * 3 // piece.tuplet.ticks
        half = next((start for start, end in even if start <= piece.start < end), None)
        if half is not None:
            return "half", half
        return "beat", max(start for start in beats.starts if start <= piece.start)

    return [group(piece) for piece in pieces]


def _is_even(piece: Written) -> bool:
    """Whether it starts and ends on eighths."""
    return piece.tuplet is None and piece.start % EIGHTH == 0 and piece.ticks % EIGHTH == 0


def _beamed(run: Sequence[Written], has_beam: bool) -> list[Written]:
    """Neighbours of one group with their beams; one alone has a flag instead."""
    if not has_beam or len(run) < 2:
        return [*run]
    beams = zip(*[_level(run, level) for level in (1, 2, 3, 4)], strict=True)
    lengths = Counter[Tuplet | None]()
    for piece in run:
        lengths[piece.tuplet] += piece.ticks
    whole: dict[Tuplet | None, Tuplet] = {
        tuplet: replace(tuplet, is_beamed=True) for tuplet in lengths if tuplet and lengths[tuplet] == tuplet.ticks
    }
    return [
        replace(piece, beams=tuple(filter(None, names)), tuplet=whole.get(piece.tuplet) or piece.tuplet)
        for piece, names in zip(run, beams, strict=True)
    ]


def _level(run: Sequence[Written], level: int) -> list[str | None]:
    """The beams of one level, 1 for eighths; None for notes that are too long for it. Finer ones end with a tuplet."""
    names = list[str | None]()
    depths = [_BEAMS_BY_KIND[piece.kind or ""] >= level for piece in run]
    parts = [(is_deep, piece.tuplet if level > 1 else None) for is_deep, piece in zip(depths, run, strict=True)]
    for (is_deep, _), part in groupby(parts):
        length = len([*part])
        hooks_or_ends = _ends(length) if length > 1 else [_hook(run, len(names))]
        names += hooks_or_ends if is_deep else [None] * length
    return names


def _ends(length: int) -> list[str]:
    return ["begin", *["continue"] * (length - 2), "end"]


def _hook(run: Sequence[Written], index: int) -> str:
    """The beam of a note that is shorter than its neighbours: towards the one with which it fills a longer value."""
    piece = run[index]
    origin = piece.tuplet.start if piece.tuplet else 0
    is_first = index == 0 or (index < len(run) - 1 and (piece.start - origin) % (2 * piece.ticks) == 0)
    return "forward hook" if is_first else "backward hook"
