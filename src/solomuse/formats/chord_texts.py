"""Chords that a MIDI file names in its markers or other texts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice, pairwise
from operator import itemgetter

from solomuse.errors import ChordError
from solomuse.formats.smf import read_leniently, short_texts
from solomuse.music.chart import ChordSpan
from solomuse.music.chord import NO_CHORD, Chord
from solomuse.music.meter import COMMON_TIME
from solomuse.music.symbols import parse_chord

CHORD_MARKER_SHARE = 0.8
"""Share of a file's markers that must be chord symbols for them to be its chords."""

CHORD_TEXT_SHARE, SAMPLED_TEXTS = 0.3, 200
"""Share of chord symbols among a file's first texts from which on they are looked at one kind at a time."""

Texts = Sequence[tuple[int, str]]

_SECTION_LETTER = re.compile(r"[A-G][1-4]?")
_SECTION_TICKS = 4 * COMMON_TIME.bar_ticks


def named_chords(
    markers: Texts, data: bytes, rescaled: Callable[[int], int], end: int, latest: int, *, is_sure: bool = False
) -> tuple[ChordSpan, ...]:
    """The chords that markers or other texts name; of several kinds the first whose texts are chords.

    Parameters
    ----------
    markers : sequence of (int, str)
        Times, in the file's own ticks, with texts.
    data : bytes
        The file, for its other texts.
    rescaled : callable
        The file's ticks as those of `TICKS_PER_QUARTER`.
    end : int
        The last bar line, until which the last chord lasts.
    latest : int
        From where on texts are left out.
    is_sure : bool
        Whether the markers are known to be chords, however few.
    """
    for texts in (markers, *_other_texts(data)):
        timed = [(rescaled(time), "".join(text.strip("\0").split())) for time, text in sorted(texts, key=itemgetter(0))]
        inside = [(time, text) for time, text in timed if 0 <= time <= latest]
        names = [text for _, text in inside]
        if (is_sure and any(map(_chord, names))) or _name_chords(names, end):
            return _spans(inside, end)
    return ()


def _other_texts(data: bytes) -> Iterator[Texts]:
    """The texts of each track and kind; nothing where too few look like chords to be worth the reading."""
    found = list(islice(short_texts(data), SAMPLED_TEXTS))
    chords = sum(_chord("".join(text.split())) is not None for text in found)
    if chords >= 2 and chords >= CHORD_TEXT_SHARE * len(found):
        yield from read_leniently(data).texts.values()


def _spans(markers: Texts, end: int) -> tuple[ChordSpan, ...]:
    """Chords, each until the next one; a last ``N.C.`` only says where the others end."""
    chord_by_time = {time: chord for time, text in markers if (chord := _chord(text)) is not None}
    changes = list(chord_by_time.items())
    if changes[-1][1] != NO_CHORD:
        changes.append((max(end, changes[-1][0] + 1), NO_CHORD))
    return tuple(ChordSpan(time, stop - time, chord) for (time, chord), (stop, _) in pairwise(changes))


def _name_chords(texts: Sequence[str], end: int) -> bool:
    """Whether the markers of a song that lasts until tick `end` are chord symbols rather than names of its parts.

    One marker alone is a title more often than a chord; and the letters of rehearsal marks (A, B, B2, C) are
    chord symbols too, but come less often than every four bars.
    """
    read = [text for text in texts if _chord(text) is not None]
    if len(read) < 2 or len(read) < CHORD_MARKER_SHARE * len(texts):
        return False
    are_letters = all(_SECTION_LETTER.fullmatch(text) for text in read)
    return not (are_letters and len(read) * _SECTION_TICKS < end)


def _chord(text: str) -> Chord | None:
    """The chord that a marker names, None where it names none."""
    try:
        return parse_chord(text)
    except ChordError:
        return None
