"""The grammar: which token sequences are well-formed, step by step.

::

    sequence = <BOS> condition bar+ <SEP> (event | <BAR>)* <EOS>
    condition = [TEMPO] [STYLE] [FEEL] [INSTRUMENT] [PLAYER] [DENSITY] [REGISTER] [PLACE]
    bar      = [METER] chord                 a chord that fills the bar
             | [METER] (chord CHORD_DUR)+    chords whose lengths add up to the bar
    chord    = CHORD_ROOT CHORD_QUAL [CHORD_BASS]
    event    = [TIME_SHIFT] [VEL] NOTE_ON DUR

``METER`` holds until the next one, 4/4 before the first. A note moves the cursor to its end; ``TIME_SHIFT``
is a rest that ends inside the bar, ``<BAR>`` a rest to the next bar line. Nothing passes the last bar line;
``<EOS>`` before it stands for a rest to the end. A velocity holds until the next one, 80 before the first.
"""

from __future__ import annotations

from bisect import bisect_right
from enum import Enum, auto

import numpy as np
from numpy.typing import NDArray

from solomuse.errors import GrammarError
from solomuse.music.meter import COMMON_TIME, Meter, parse_meter
from solomuse.tokens.vocabulary import (
    BAR,
    BOS,
    CONDITIONS,
    DEFAULT_VELOCITY,
    EOS,
    QPMS,
    SEP,
    TEMPO,
    UNSAID,
    VELOCITIES,
    Vocabulary,
)


class Expecting(Enum):
    """What the grammar is waiting for."""

    BOS = auto()
    CONDITION = auto()
    BAR = auto()
    FIRST_ROOT = auto()
    ROOT = auto()
    QUALITY = auto()
    BASS = auto()
    LENGTH = auto()
    EVENT = auto()
    ONSET = auto()
    PITCH = auto()
    DURATION = auto()
    NOTHING = auto()


class ParsedChord:
    """A chord in steps: where it starts and ends, root 0 to 11 or 12 for none, indices of quality and bass."""

    __slots__ = ("bass", "end", "quality", "root", "start")

    def __init__(self, start: int, root: int) -> None:
        self.start, self.end, self.root, self.quality, self.bass = start, start, root, 0, root


class Parser:
    """Reads one sequence, token by token.

    Attributes
    ----------
    bar_lines : list of int
        Steps of the bar lines so far, the first is 0.
    meters : list of Meter
        One for each bar.
    chords : list of ParsedChord
        In order, filling the bars without a gap.
    notes : list of (start, pitch, duration, velocity)
        In steps.
    step : int
        The cursor, in steps from the first bar line, once the events have begun.
    in_events : bool
        Whether ``<SEP>`` has been read.
    conditions : list of int
        For each of `solomuse.tokens.vocabulary.CONDITIONS` the index of its value, `UNSAID` where it was left out.
    """

    __slots__ = (
        *("vocabulary", "expecting", "bar_lines", "meters", "chords", "notes", "step", "in_events"),
        *("conditions", "_later_conditions"),
        *("_meter", "_filled", "_velocity", "_pitch", "_pitch_before", "_bar", "_chord"),
    )

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.expecting = Expecting.BOS
        self.bar_lines: list[int] = [0]
        self.meters: list[Meter] = []
        self.chords: list[ParsedChord] = []
        self.notes: list[tuple[int, int, int, int]] = []
        self.step = 0
        self.in_events = False
        self.conditions = [UNSAID] * len(CONDITIONS)
        self._later_conditions = 0
        self._meter, self._filled = COMMON_TIME, 0
        self._velocity, self._pitch, self._pitch_before = DEFAULT_VELOCITY, -1, -1
        self._bar = self._chord = 0

    @property
    def qpm(self) -> int | None:
        """Quarter notes per minute, where the sequence says it."""
        return None if self.conditions[TEMPO] == UNSAID else QPMS[self.conditions[TEMPO]]

    @property
    def total(self) -> int:
        """Steps of the bars read so far."""
        return self.bar_lines[-1]

    @property
    def bar(self) -> int:
        """Index of the bar that the cursor stands in."""
        while self._bar + 2 < len(self.bar_lines) and self.bar_lines[self._bar + 1] <= self.step:
            self._bar += 1
        return self._bar

    @property
    def chord(self) -> int:
        """Index of the chord that the cursor stands in."""
        while self._chord + 1 < len(self.chords) and self.chords[self._chord].end <= self.step:
            self._chord += 1
        return self._chord

    @property
    def last_pitch(self) -> int:
        """Pitch of the newest note, -1 before the first."""
        return self._pitch

    @property
    def pitch_before(self) -> int:
        """Pitch of the newest note but one, -1 before the second."""
        return self._pitch_before

    def allowed(self) -> NDArray[np.bool_]:
        """Which tokens may come next, as a mask of shape (V,)."""
        v, mask = self.vocabulary, np.zeros(len(self.vocabulary), dtype=np.bool_)
        state = self.expecting
        if state is Expecting.BOS:
            mask[BOS] = True
        if state is Expecting.CONDITION:
            for kind in v.conditions[self._later_conditions :]:
                mask[kind.ids] = True
        if state in (Expecting.CONDITION, Expecting.BAR) or self._may_imply_length():
            mask[v.meter.ids] = True
            mask[v.chord_root.ids] = True
            mask[SEP] = self.total > 0 or state in (Expecting.BASS, Expecting.LENGTH)
        if state in (Expecting.FIRST_ROOT, Expecting.ROOT):
            mask[v.chord_root.ids] = True
        if state is Expecting.QUALITY:
            is_no_chord = self.chords[-1].root == 12
            mask[v.chord_quality.start : v.chord_quality.stop - 1] = not is_no_chord
            mask[v.chord_quality.stop - 1] = is_no_chord
        if state is Expecting.BASS:
            mask[v.chord_bass.ids] = True
        if state in (Expecting.BASS, Expecting.LENGTH):
            room = v.steps_of(self._meter) - self._filled
            mask[v.chord_duration.start : v.chord_duration.start + room] = True
        if self.in_events:
            self._allow_events(mask)
        return mask

    def _allow_events(self, mask: NDArray[np.bool_]) -> None:
        v, state, room = self.vocabulary, self.expecting, self.total - self.step
        if state is Expecting.EVENT:
            mask[EOS] = True
            mask[BAR] = room > 0
            to_bar_line = self.bar_lines[self.bar + 1] - self.step if room else 1
            mask[v.time_shift.start : v.time_shift.start + to_bar_line - 1] = True
        if state in (Expecting.EVENT, Expecting.ONSET) and room:
            mask[v.velocity.ids] = True
        if state is Expecting.PITCH or (state in (Expecting.EVENT, Expecting.ONSET) and room):
            mask[v.note_on.ids] = True
        if state is Expecting.DURATION:
            mask[v.duration.start : min(v.duration.stop, v.duration.start + room)] = True

    def _may_imply_length(self) -> bool:
        """Whether a chord has been read that may still fill the bar by itself."""
        return self._filled == 0 and self.expecting in (Expecting.BASS, Expecting.LENGTH)

    def read(self, token_id: int) -> None:
        """Take the next token.

        Raises
        ------
        GrammarError
            If the token may not come here.
        """
        if not self._take(token_id):
            tokens = self.vocabulary.tokens
            name = tokens[token_id] if 0 <= token_id < len(tokens) else f"id {token_id}"
            raise GrammarError(f"token {name} may not come here: expected {self.expecting.name.lower()}")

    def _take(self, token_id: int) -> bool:
        if self.in_events:
            return self._take_event(token_id)
        v, state = self.vocabulary, self.expecting
        if state is Expecting.BOS:
            self.expecting = Expecting.CONDITION
            return token_id == BOS
        if state is Expecting.CONDITION and self._take_condition(token_id):
            return True
        if self._may_imply_length() and token_id not in v.chord_duration and token_id not in v.chord_bass:
            self._add_length(v.steps_of(self._meter))
        state = self.expecting
        at_bar_line = state in (Expecting.CONDITION, Expecting.BAR)
        if at_bar_line and token_id in v.meter:
            self._meter = parse_meter(v.meter.values[token_id - v.meter.start])
            self.expecting = Expecting.FIRST_ROOT
        elif (at_bar_line or state in (Expecting.FIRST_ROOT, Expecting.ROOT)) and token_id in v.chord_root:
            self.chords.append(ParsedChord(self.total + self._filled, token_id - v.chord_root.start))
            self.expecting = Expecting.QUALITY
        elif state is Expecting.QUALITY and token_id in v.chord_quality:
            chord = self.chords[-1]
            chord.quality = token_id - v.chord_quality.start
            self.expecting = Expecting.LENGTH if chord.root == 12 else Expecting.BASS
            return bool((chord.root == 12) == (token_id == v.chord_quality.stop - 1))
        elif state is Expecting.BASS and token_id in v.chord_bass:
            self.chords[-1].bass = token_id - v.chord_bass.start
            self.expecting = Expecting.LENGTH
        elif state in (Expecting.BASS, Expecting.LENGTH) and token_id in v.chord_duration:
            steps = token_id - v.chord_duration.start + 1
            if steps > v.steps_of(self._meter) - self._filled:
                return False
            self._add_length(steps)
        elif at_bar_line and token_id == SEP and self.total > 0:
            self.in_events, self.expecting = True, Expecting.EVENT
        else:
            return False
        return True

    def _take_condition(self, token_id: int) -> bool:
        """Whether it is a condition that may still come; each comes once, in order."""
        for index, kind in enumerate(self.vocabulary.conditions):
            if index >= self._later_conditions and token_id in kind:
                self.conditions[index], self._later_conditions = token_id - kind.start, index + 1
                return True
        return False

    def _add_length(self, steps: int) -> None:
        """Give the newest chord its length, and close the bar where it is full."""
        self._filled += steps
        self.chords[-1].end = self.chords[-1].start + steps
        self.expecting = Expecting.ROOT
        if self._filled == self.vocabulary.steps_of(self._meter):
            self.bar_lines.append(self.total + self._filled)
            self.meters.append(self._meter)
            self._filled, self.expecting = 0, Expecting.BAR

    def _take_event(self, token_id: int) -> bool:
        v, state, room = self.vocabulary, self.expecting, self.total - self.step
        if state is Expecting.DURATION:
            steps = token_id - v.duration.start + 1
            if token_id not in v.duration or steps > room:
                return False
            self.notes.append((self.step, self._pitch, steps, self._velocity))
            self.step += steps
            self.expecting = Expecting.EVENT
        elif token_id in v.note_on and room and state is not Expecting.NOTHING:
            self._pitch_before, self._pitch = self._pitch, token_id - v.note_on.start
            self.expecting = Expecting.DURATION
        elif token_id in v.velocity and room and state in (Expecting.EVENT, Expecting.ONSET):
            self._velocity, self.expecting = VELOCITIES[token_id - v.velocity.start], Expecting.PITCH
        elif state is not Expecting.EVENT:
            return False
        elif token_id in v.time_shift and room:
            steps = token_id - v.time_shift.start + 1
            if self.step + steps >= self.bar_lines[self.bar + 1]:
                return False
            self.step, self.expecting = self.step + steps, Expecting.ONSET
        elif token_id == BAR and room:
            self.step = self.bar_lines[bisect_right(self.bar_lines, self.step)]
        elif token_id == EOS:
            self.expecting = Expecting.NOTHING
        else:
            return False
        return True


def parse(token_ids: list[int], vocabulary: Vocabulary) -> Parser:
    """The parser after reading a whole sequence.

    Raises
    ------
    GrammarError
        Naming the first token that does not fit, and where it stands.
    """
    parser = Parser(vocabulary)
    for position, token_id in enumerate(token_ids):
        try:
            parser.read(token_id)
        except GrammarError as error:
            raise GrammarError(f"position {position}: {error}") from None
    if parser.expecting is not Expecting.NOTHING:
        raise GrammarError(f"the sequence ends too early: expected {parser.expecting.name.lower()}")
    return parser
