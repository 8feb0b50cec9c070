"""Features of the chart at every position, which tell the model where it is in the chart.

A small model does not hear chords that are tokens alone. So each position also carries what a player knows
when choosing the next token: the chord that sounds at the cursor, the one that comes next and when, the place
in the bar, and the last note's degree in the chord. 0 stands for 'none' in every column, the chart's own
positions included.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from solomuse.tokens.grammar import Parser
from solomuse.tokens.vocabulary import BAR, LONGEST_BAR_QUARTERS, QUALITY_LABELS, Vocabulary

FEATURES = (
    "root",  # pitch class of the current chord + 1
    "quality",  # index of its quality + 1
    "bass",  # semitones of its bass above its root + 1
    "next_root",  # semitones of the next chord's root above the current one's, above C where there is none, + 1
    "next_quality",  # index of the next chord's quality + 1
    "until_next",  # steps until the next chord, at most the longest bar's, + 1
    "position",  # steps since the bar line + 1
    "bar_length",  # steps of the bar
    "degree",  # semitones of the last note above the current root, within the octave, + 1
)
ROOT, NEXT_ROOT = FEATURES.index("root"), FEATURES.index("next_root")
CHORD_COLUMNS = tuple(FEATURES.index(name) for name in FEATURES if name not in ("position", "bar_length"))


Integers = NDArray[np.int64]


def feature_sizes(vocabulary: Vocabulary) -> tuple[int, ...]:
    """The number of values of each feature, 0 included."""
    steps = LONGEST_BAR_QUARTERS * vocabulary.grid + 2
    qualities = len(QUALITY_LABELS) + 1
    return (13, qualities, 13, 13, qualities, steps, steps, steps, 13)


class FeatureReader:
    """Features of a parser's positions; one reader for each sequence.

    Parameters
    ----------
    parser : Parser
        Read once its chart is complete; before, all features are 0.
    """

    def __init__(self, parser: Parser) -> None:
        self._parser = parser
        self._next: list[int] = []

    def row(self) -> tuple[int, ...]:
        """The features after the newest token, in the order of `FEATURES`."""
        parser = self._parser
        if not parser.in_events or parser.step >= parser.total:
            return (0,) * len(FEATURES)
        if not self._next:
            self._next = _next_changes(parser)
        chord = parser.chords[parser.chord]
        position, length = self._place(parser)
        root = quality = bass = next_root = next_quality = until = degree = 0
        if chord.root < 12:
            root, quality, bass = chord.root + 1, chord.quality + 1, (chord.bass - chord.root) % 12 + 1
            degree = (parser.last_pitch - chord.root) % 12 + 1 if parser.last_pitch >= 0 else 0
        following = self._next[parser.chord]
        if following < len(parser.chords):
            coming = parser.chords[following]
            until = min(coming.start - parser.step, LONGEST_BAR_QUARTERS * parser.vocabulary.grid) + 1
            if coming.root < 12:
                next_root = (coming.root - (chord.root if chord.root < 12 else 0)) % 12 + 1
                next_quality = coming.quality + 1
        return (root, quality, bass, next_root, next_quality, until, position, length, degree)

    @staticmethod
    def _place(parser: Parser) -> tuple[int, int]:
        start, end = parser.bar_lines[parser.bar], parser.bar_lines[parser.bar + 1]
        return parser.step - start + 1, end - start


def _next_changes(parser: Parser) -> list[int]:
    """For each chord the index of the next different one, or the number of chords."""
    chords = parser.chords
    following = [len(chords)] * len(chords)
    for index in range(len(chords) - 2, -1, -1):
        here, after = chords[index], chords[index + 1]
        same = (here.root, here.quality, here.bass) == (after.root, after.quality, after.bass)
        following[index] = following[index + 1] if same else index + 1
    return following


def features(token_ids: Sequence[int], vocabulary: Vocabulary) -> NDArray[np.uint8]:
    """Features of a sequence, all positions at once; the same as a `FeatureReader` gives one by one.

    Parameters
    ----------
    token_ids : sequence of int
        Well-formed as far as it goes: events are not checked.

    Returns
    -------
    ndarray of shape (T, len(FEATURES)), uint8
        Row i describes where the cursor stands once token i is read.

    Raises
    ------
    GrammarError
        If a token of the chart does not fit.
    """
    parser = Parser(vocabulary)
    rows = np.zeros((len(token_ids), len(FEATURES)), dtype=np.uint8)
    start = 0
    while start < len(token_ids) and not parser.in_events:
        parser.read(int(token_ids[start]))
        start += 1
    if not parser.in_events:
        return rows
    start -= 1  # from <SEP> on
    events = np.asarray(token_ids[start:], dtype=np.int64)
    steps = _steps(events, parser)
    inside = np.flatnonzero(steps < parser.total)
    if len(inside):
        rows[start + inside] = _rows(steps[inside], _last_pitches(events, vocabulary)[inside], parser)
    return rows


def _steps(events: Integers, parser: Parser) -> Integers:
    """Where the cursor stands once each event is read."""
    v = parser.vocabulary
    is_duration = (events >= v.duration.start) & (events < v.duration.stop)
    is_shift = (events >= v.time_shift.start) & (events < v.time_shift.stop)
    advance = is_duration * (events - v.duration.start + 1) + is_shift * (events - v.time_shift.start + 1)
    steps = np.cumsum(advance)
    jump = 0
    for bar in np.flatnonzero(events == BAR).tolist():  # to the next bar line, wherever the cursor stands
        here = int(steps[bar])
        line = min(bisect_right(parser.bar_lines, here), len(parser.bar_lines) - 1)
        jump = parser.bar_lines[line] - here
        steps[bar:] += jump
    return steps


def _last_pitches(events: Integers, vocabulary: Vocabulary) -> Integers:
    """The pitch of the newest note at each event, -1 before the first."""
    note = vocabulary.note_on
    is_note = (events >= note.start) & (events < note.stop)
    newest = np.maximum.accumulate(np.where(is_note, np.arange(len(events)), -1))
    return np.where(newest >= 0, events[newest] - note.start, -1)


def _rows(steps: Integers, pitches: Integers, parser: Parser) -> Integers:
    """The features of places inside the chart, in the order of `FEATURES`."""
    chords = parser.chords
    roots, qualities, basses, starts, ends = np.array(
        [(chord.root, chord.quality, chord.bass, chord.start, chord.end) for chord in chords]
    ).T
    lines = np.array(parser.bar_lines)
    chord, bar = np.searchsorted(ends, steps, side="right"), np.searchsorted(lines, steps, side="right") - 1
    root = roots[chord]
    is_chord = root < 12
    following = np.array(_next_changes(parser))[chord]
    has_next = following < len(chords)
    coming = np.minimum(following, len(chords) - 1)
    is_next_chord = has_next & (roots[coming] < 12)
    longest = LONGEST_BAR_QUARTERS * parser.vocabulary.grid
    columns = (
        np.where(is_chord, root + 1, 0),
        np.where(is_chord, qualities[chord] + 1, 0),
        np.where(is_chord, (basses[chord] - root) % 12 + 1, 0),
        np.where(is_next_chord, (roots[coming] - np.where(is_chord, root, 0)) % 12 + 1, 0),
        np.where(is_next_chord, qualities[coming] + 1, 0),
        np.where(has_next, np.minimum(starts[coming] - steps, longest) + 1, 0),
        steps - lines[bar] + 1,
        lines[bar + 1] - lines[bar],
        np.where(is_chord & (pitches >= 0), (pitches - root) % 12 + 1, 0),
    )
    return np.stack(columns, axis=1)
