"""Articulation: how long a played note is on paper.

Players let go of a note well before the next; written as it sounds, a solo would be full of tiny rests. So a note is
written up to the next one where no rest is worth writing between them, else up to a place where a rest is easily read.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from solomuse.music.note import TICKS_PER_QUARTER

SHORTEST_REST = TICKS_PER_QUARTER // 2
"""Silence under an eighth is not written, in ticks."""

_SIXTEENTH, _THIRD = TICKS_PER_QUARTER // 4, TICKS_PER_QUARTER // 3
_NEAR = TICKS_PER_QUARTER // 6
"""How far from its end, in ticks, a note may be written to end on a beat, with a short rest before what follows."""


def written_ends(spans: Sequence[tuple[int, int]], bar_times: Sequence[int]) -> list[int]:
    """Where each note ends on paper.

    Parameters
    ----------
    spans : sequence of (int, int)
        Onset and end of the notes, in ticks, in order, none overlapping the next.
    bar_times : sequence of int
        Ticks of the bar lines, the final one included.
    """
    onsets = [start for start, _ in spans]
    follows = [*onsets[1:], bar_times[-1]]
    return [_written_end(span, after, onsets, bar_times) for span, after in zip(spans, follows, strict=False)]


def _written_end(span: tuple[int, int], after: int, onsets: Sequence[int], bar_times: Sequence[int]) -> int:
    start, end = span
    if end >= after:
        return end
    bar = bisect_right(bar_times, end - 1) - 1
    places = [place for place in _places(bar_times[bar], bar_times[bar + 1], end, onsets) if start < place < after]
    nearest = min(places, key=lambda place: (abs(place - end), -place), default=after)
    if after - end < SHORTEST_REST:
        beats = [place for place in places if (place - bar_times[bar]) % TICKS_PER_QUARTER == 0]
        beat = min(beats, key=lambda place: abs(place - end), default=after)
        nearest = beat if abs(beat - end) <= _NEAR else after
    return nearest if after - nearest >= _SIXTEENTH else after


def _places(bar: int, bar_end: int, end: int, onsets: Sequence[int]) -> list[int]:
    """Where a note may end: on eighths, on thirds of a quarter that holds triplets, on the bar line."""
    places = {*range(bar, bar_end, TICKS_PER_QUARTER // 2), bar_end}
    quarter = bar + (end - 1 - bar) // TICKS_PER_QUARTER * TICKS_PER_QUARTER
    inside = [onset - quarter for onset in onsets[bisect_right(onsets, quarter) : bisect_right(onsets, quarter + 479)]]
    if any(onset % _THIRD == 0 for onset in inside):
        places -= {quarter + TICKS_PER_QUARTER // 2}
        places |= {quarter + _THIRD, quarter + 2 * _THIRD}
    return sorted(places)
