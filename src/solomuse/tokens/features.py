"""Features of every position, which tell the model where it is in the chart and in time.

A small model does not hear chords that are tokens alone. So each position also carries what a player knows
when choosing the next token: the chord that sounds at the cursor, the one that comes next and when, the place
in the bar, the last note, its degree in the chord and the interval that led to it, and what is asked of the whole solo,
such as its style. 0 stands for 'none' in every
column, the chart's own positions included.

The first column is the time. It has no embedding: `solomuse.model.rotary` turns the attention by it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from solomuse.tokens.grammar import Parser
from solomuse.tokens.vocabulary import BAR, CONDITIONS, LONGEST_BAR_QUARTERS, QUALITY_LABELS, Vocabulary

FEATURES = (
    "step",  # steps since the beginning, at the end of the form too
    "root",  # pitch class of the current chord + 1
    "quality",  # index of its quality + 1
    "bass",  # semitones of its bass above its root + 1
    "next_root",  # semitones of the next chord's root above the current one's, above C where there is none, + 1
    "next_quality",  # index of the next chord's quality + 1
    "until_next",  # steps until the next chord, at most the longest bar's, + 1
    "position",  # steps since the bar line + 1
    "bar_length",  # steps of the bar
    "degree",  # semitones of the last note above the current root, within the octave, + 1
    "pitch",  # pitch of the last note + 1
    "interval",  # semitones up from the note before it to the last note, at most 25 either way, + 26
    "bars_left",  # bars after the current one, at most 15, + 1
    *CONDITIONS,  # index of the value + 1
)
FIRST_CONDITION = len(FEATURES) - len(CONDITIONS)
STEP, ROOT, QUALITY, BASS, NEXT_ROOT, NEXT_QUALITY, UNTIL_NEXT, *_ = range(FIRST_CONDITION)
*_, POSITION, BAR_LENGTH, DEGREE, PITCH, INTERVAL, BARS_LEFT = range(FIRST_CONDITION)
CHORD_COLUMNS = (ROOT, QUALITY, BASS, NEXT_ROOT, NEXT_QUALITY, UNTIL_NEXT, DEGREE)
LARGEST_INTERVAL = 25
MOST_BARS_LEFT = 15

Integers = NDArray[np.int64]


def feature_sizes(vocabulary: Vocabulary) -> tuple[int, ...]:
    """The number of values of each feature that has an embedding, 0 included; for the step 0."""
    steps = LONGEST_BAR_QUARTERS * vocabulary.grid + 2
    qualities = len(QUALITY_LABELS) + 1
    conditions = (len(kind.values) + 1 for kind in vocabulary.conditions)
    chord, place, line = (13, qualities, 13, 13, qualities, steps), (steps, steps), (13, 129, 2 * LARGEST_INTERVAL + 2)
    return (0, *chord, *place, *line, MOST_BARS_LEFT + 2, *conditions)


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
            return (parser.step if parser.in_events else 0, *(0,) * (len(FEATURES) - 1))
        if not self._next:
            self._next = _next_changes(_columns(parser)).tolist()
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
        pitch, before = parser.last_pitch, parser.pitch_before
        interval = min(max(pitch - before, -LARGEST_INTERVAL), LARGEST_INTERVAL) + LARGEST_INTERVAL + 1
        line = (pitch + 1, interval if before >= 0 else 0)
        bars_left = min(len(parser.bar_lines) - 2 - parser.bar, MOST_BARS_LEFT) + 1
        said = (index + 1 for index in parser.conditions)
        here = (parser.step, root, quality, bass, next_root, next_quality, until, position, length, degree)
        return (*here, *line, bars_left, *said)

    @staticmethod
    def _place(parser: Parser) -> tuple[int, int]:
        start, end = parser.bar_lines[parser.bar], parser.bar_lines[parser.bar + 1]
        return parser.step - start + 1, end - start


def _columns(parser: Parser) -> Integers:
    """The chords of a parser as a `solomuse.tokens.grid_sheet.GridSheet` has them, shape (m, 5)."""
    return np.array([(chord.start, chord.end, chord.root, chord.quality, chord.bass) for chord in parser.chords])


def _next_changes(chords: NDArray[np.integer[Any]]) -> Integers:
    """For each chord the index of the next different one, or the number of chords."""
    changes = np.flatnonzero((chords[1:, 2:] != chords[:-1, 2:]).any(axis=1)) + 1
    return np.append(changes, len(chords))[np.searchsorted(changes, np.arange(len(chords)), side="right")]


def features(token_ids: Sequence[int], vocabulary: Vocabulary) -> NDArray[np.int32]:
    """Features of a sequence, all positions at once; the same as a `FeatureReader` gives one by one.

    Parameters
    ----------
    token_ids : sequence of int
        Well-formed as far as it goes: events are not checked.

    Returns
    -------
    ndarray of shape (T, len(FEATURES)), int32
        Row i describes where the cursor stands once token i is read.

    Raises
    ------
    GrammarError
        If a token of the chart does not fit.
    """
    parser = Parser(vocabulary)
    rows = np.zeros((len(token_ids), len(FEATURES)), dtype=np.int32)
    start = 0
    while start < len(token_ids) and not parser.in_events:
        parser.read(int(token_ids[start]))
        start += 1
    if not parser.in_events:
        return rows
    start -= 1  # from <SEP> on
    events = np.asarray(token_ids[start:], dtype=np.int64)
    steps = _steps(events, parser)
    rows[start:, STEP] = steps
    inside = np.flatnonzero(steps < parser.total)
    if len(inside):
        is_note = (events >= vocabulary.note_on.start) & (events < vocabulary.note_on.stop)
        rows[start + inside] = feature_rows(
            steps[inside],
            np.cumsum(is_note, dtype=np.int64)[inside],
            events[is_note] - vocabulary.note_on.start,
            _columns(parser),
            np.array(parser.bar_lines),
            parser.conditions,
            vocabulary,
        )
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


def feature_rows(
    steps: NDArray[np.integer[Any]],
    counts: NDArray[np.integer[Any]],
    pitches: NDArray[np.integer[Any]],
    chords: NDArray[np.integer[Any]],
    bar_lines: NDArray[np.integer[Any]],
    conditions: Sequence[int],
    vocabulary: Vocabulary,
) -> NDArray[np.integer[Any]]:
    """The features of places inside a chart.

    Parameters
    ----------
    steps, counts : ndarray of shape (T,)
        Where the cursor stands, and how many notes have been read.
    pitches : ndarray of shape (n,)
        Of all notes.
    chords, bar_lines, conditions : ndarray of shapes (m, 5) and (b + 1,), sequence of int
        As a `solomuse.tokens.grid_sheet.GridSheet` has them.

    Returns
    -------
    ndarray of shape (T, len(FEATURES))
    """
    chord, bar = (np.searchsorted(ends, steps, side="right") for ends in (chords[:, 1], bar_lines[1:]))
    rows, roots = _chord_rows(chords)[chord], chords[chord, 2]
    rows[:, STEP] = steps
    longest = LONGEST_BAR_QUARTERS * vocabulary.grid
    until = rows[:, UNTIL_NEXT] - steps
    rows[:, UNTIL_NEXT] = np.where(until > 0, np.minimum(until, longest) + 1, 0)
    rows[:, POSITION] = steps - bar_lines[bar] + 1
    rows[:, BAR_LENGTH] = np.diff(bar_lines)[bar]
    padded = np.concatenate([[-1, -1], pitches])
    pitch, before = padded[counts + 1], padded[counts]
    interval = np.clip(pitch - before, -LARGEST_INTERVAL, LARGEST_INTERVAL) + LARGEST_INTERVAL + 1
    rows[:, DEGREE] = np.where((roots < 12) & (pitch >= 0), (pitch - roots) % 12 + 1, 0)
    rows[:, PITCH] = pitch + 1
    rows[:, INTERVAL] = np.where(before >= 0, interval, 0)
    rows[:, BARS_LEFT] = np.minimum(len(bar_lines) - 2 - bar, MOST_BARS_LEFT) + 1
    rows[:, FIRST_CONDITION:] = np.array(conditions) + 1
    return rows


def _chord_rows(chords: NDArray[np.integer[Any]]) -> Integers:
    """The features of each chord that do not depend on the place in it; for the steps until the next, where that is."""
    starts, _, roots, qualities, basses = chords.T
    following = _next_changes(chords)
    has_next, coming = following < len(chords), np.minimum(following, len(chords) - 1)
    is_chord = roots < 12
    is_next_chord = has_next & is_chord[coming]
    rows = np.zeros((len(chords), len(FEATURES)), dtype=np.int64)
    rows[:, ROOT] = np.where(is_chord, roots + 1, 0)
    rows[:, QUALITY] = np.where(is_chord, qualities + 1, 0)
    rows[:, BASS] = np.where(is_chord, (basses - roots) % 12 + 1, 0)
    rows[:, NEXT_ROOT] = np.where(is_next_chord, (roots[coming] - np.where(is_chord, roots, 0)) % 12 + 1, 0)
    rows[:, NEXT_QUALITY] = np.where(is_next_chord, qualities[coming] + 1, 0)
    rows[:, UNTIL_NEXT] = np.where(has_next, starts[coming], 0)
    return rows
