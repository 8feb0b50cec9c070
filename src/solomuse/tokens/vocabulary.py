"""The vocabulary: every token, its id, its meaning."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache

from solomuse.errors import VocabularyError
from solomuse.music.chord import NO_CHORD, Chord
from solomuse.music.meter import Meter
from solomuse.music.note import TICKS_PER_QUARTER
from solomuse.music.symbols import parse_chord

TOKEN_FORMAT_VERSION = 3
GRIDS = (4, 12)
"""Steps per quarter: sixteenths, or sixteenths and triplets."""

SPECIAL_TOKENS = ("<PAD>", "<BOS>", "<EOS>", "<SEP>", "<BAR>")
PAD, BOS, EOS, SEP, BAR = range(len(SPECIAL_TOKENS))
ROOT_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
VELOCITIES = (16, 32, 48, 64, 80, 96, 112, 127)
DEFAULT_VELOCITY = 80
QPMS = (40, 50, 60, 70, 80, 90, 100, 110, 120, 132, 144, 160, 176, 192, 208, 224, 240, 264, 288, 320)
LONGEST_BAR_QUARTERS = 8
STYLES = (
    *("traditional", "swing", "bebop", "cool", "hardbop", "postbop", "fusion", "free", "songbook", "latin", "blues"),
    *("pop", "rock", "folk", "country", "funk", "soul", "classical"),
)
FEELS = ("swing", "twobeat", "latin", "funk", "ballad")
"""What the rhythm section plays."""
SOLO_INSTRUMENTS = (
    *("soprano-sax", "alto-sax", "tenor-sax", "baritone-sax", "clarinet", "flute", "trumpet", "trombone"),
    *("piano", "guitar", "bass", "vibraphone", "violin", "voice", "organ", "synthesizer"),
)
PLAYER_SLOTS = 64
"""Players that a model can tell apart; whose each slot is, its training data says."""
DENSITIES = (1, 2, 3, 4, 5, 6, 8, 10, 12)
"""Notes in a time of four quarters."""
REGISTERS = (45, 50, 55, 60, 65, 70, 75, 80)
"""Mean pitch."""
PLACES = ("inside", "opening", "ending", "whole")
OPENING, ENDING, WHOLE = 1, 2, 3
"""Which part of a piece it is: has it the first bar, the last one, both or neither?"""
CONDITIONS = ("tempo", "style", "feel", "instrument", "player", "density", "register", "place")
"""What a sequence may say of itself before its chart, in this order; each may be left out, which means 'any'."""
TEMPO, STYLE, FEEL, INSTRUMENT, PLAYER, DENSITY, REGISTER, PLACE = range(len(CONDITIONS))
UNSAID = -1
"""Stands for a condition that is left out, where its index would be."""

QUALITY_LABELS = (
    *("maj", "min", "dim", "aug", "sus2", "sus4", "5", "1", "maj6", "min6", "7", "maj7", "min7", "minmaj7"),
    *("dim7", "hdim7", "sus4(b7)", "sus4(b7,9)", "aug(b7)", "aug(7)", "maj(9)", "min(9)", "maj6(9)", "min6(9)"),
    *("9", "13", "maj9", "min9", "min11", "7(b9)", "7(#9)", "7(#11)", "7(9,#11)", "7(b9,13)"),
    *("7(*5,b9,#9,#11,b13)", "7(*5,b5)", "maj7(#11)"),
)
"""Chord qualities of the vocabulary, as in labels. Every base quality is among them, so that each chord has one."""

METERS = tuple(
    Meter(numerator, denominator)
    for denominator, most in ((2, 4), (4, 8), (8, 16), (16, 16))
    for numerator in range(1, most + 1)
)


_METERS = frozenset(METERS)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of token, whose ids are ``[start, stop)``; the token's value is `values` at ``id - start``."""

    prefix: str
    start: int
    values: tuple[str, ...]

    @property
    def stop(self) -> int:
        """One past the last id."""
        return self.start + len(self.values)

    @property
    def ids(self) -> slice:
        """All ids, as an index of what has a place for each token."""
        return slice(self.start, self.stop)

    def __contains__(self, token_id: int) -> bool:
        return self.start <= token_id < self.stop

    def id_of(self, value: object) -> int:
        """The id of the token with this value."""
        return self.start + self.values.index(str(value))


@dataclass(frozen=True)
class Vocabulary:
    """All tokens of one grid; ids are positions in `tokens`.

    Parameters
    ----------
    grid : int
        Steps per quarter note: 4 or 12.
    """

    grid: int

    def __post_init__(self) -> None:
        if self.grid not in GRIDS:
            raise VocabularyError(f"grid {self.grid}: expected {' or '.join(map(str, GRIDS))} steps per quarter note")

    @cached_property
    def _kinds(self) -> dict[str, Kind]:
        longest = LONGEST_BAR_QUARTERS * self.grid
        values: dict[str, Iterable[object]] = {
            "": SPECIAL_TOKENS,
            "NOTE_ON_": range(128),
            "VEL_": VELOCITIES,
            "DUR_": range(1, longest + 1),
            "TIME_SHIFT_": range(1, longest),
            "CHORD_ROOT_": (*ROOT_NAMES, "N"),
            "CHORD_QUAL_": (*QUALITY_LABELS, "N"),
            "CHORD_BASS_": ROOT_NAMES,
            "CHORD_DUR_": range(1, longest + 1),
            "METER_": METERS,
            "TEMPO_": QPMS,
            "STYLE_": STYLES,
            "FEEL_": FEELS,
            "INSTRUMENT_": SOLO_INSTRUMENTS,
            "PLAYER_": range(1, PLAYER_SLOTS + 1),
            "DENSITY_": DENSITIES,
            "REGISTER_": REGISTERS,
            "PLACE_": PLACES,
        }
        kinds, start = {}, 0
        for prefix, items in values.items():
            kinds[prefix] = Kind(prefix, start, tuple(map(str, items)))
            start = kinds[prefix].stop
        return kinds

    @cached_property
    def tokens(self) -> tuple[str, ...]:
        """Every token, by id."""
        return tuple(kind.prefix + value for kind in self._kinds.values() for value in kind.values)

    @cached_property
    def id_by_token(self) -> dict[str, int]:
        """Every token's id."""
        return {token: token_id for token_id, token in enumerate(self.tokens)}

    @cached_property
    def hash(self) -> str:
        """Fingerprint of the tokens in order; models and datasets carry it."""
        text = f"{TOKEN_FORMAT_VERSION} {self.grid} " + " ".join(self.tokens)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def __len__(self) -> int:
        return len(self.tokens)

    @cached_property
    def note_on(self) -> Kind:
        """``NOTE_ON_0`` to ``NOTE_ON_127``."""
        return self._kinds["NOTE_ON_"]

    @cached_property
    def velocity(self) -> Kind:
        """``VEL_16`` to ``VEL_127``."""
        return self._kinds["VEL_"]

    @cached_property
    def duration(self) -> Kind:
        """``DUR_1`` and up, in steps."""
        return self._kinds["DUR_"]

    @cached_property
    def time_shift(self) -> Kind:
        """``TIME_SHIFT_1`` and up, in steps."""
        return self._kinds["TIME_SHIFT_"]

    @cached_property
    def chord_root(self) -> Kind:
        """``CHORD_ROOT_C`` to ``CHORD_ROOT_B``, then ``CHORD_ROOT_N``."""
        return self._kinds["CHORD_ROOT_"]

    @cached_property
    def chord_quality(self) -> Kind:
        """``CHORD_QUAL_maj`` and so on, ``CHORD_QUAL_N`` last."""
        return self._kinds["CHORD_QUAL_"]

    @cached_property
    def chord_bass(self) -> Kind:
        """``CHORD_BASS_C`` to ``CHORD_BASS_B``."""
        return self._kinds["CHORD_BASS_"]

    @cached_property
    def chord_duration(self) -> Kind:
        """``CHORD_DUR_1`` and up, in steps."""
        return self._kinds["CHORD_DUR_"]

    @cached_property
    def meter(self) -> Kind:
        """``METER_3/4`` and so on."""
        return self._kinds["METER_"]

    @cached_property
    def conditions(self) -> tuple[Kind, ...]:
        """A kind for each of `CONDITIONS`: ``TEMPO_40`` in quarters per minute, ``STYLE_bebop``, and so on."""
        return tuple(self._kinds[f"{name.upper()}_"] for name in CONDITIONS)

    @property
    def step_ticks(self) -> int:
        """Length of a grid step, in ticks."""
        return TICKS_PER_QUARTER // self.grid

    def steps_of(self, meter: Meter) -> int:
        """Length of a bar in grid steps.

        Raises
        ------
        VocabularyError
            If the vocabulary has no such meter.
        """
        if meter not in _METERS:
            raise VocabularyError(f"meter {meter} is not in the vocabulary, which holds bars of up to 8/4 or 16/16")
        return meter.bar_ticks // self.step_ticks


@lru_cache(maxsize=len(GRIDS))
def vocabulary(grid: int) -> Vocabulary:
    """The vocabulary of `grid` steps per quarter note."""
    return Vocabulary(grid)


CHORDS_ON_C = tuple(parse_chord(f"C:{label}") for label in QUALITY_LABELS)
"""The chord of each quality of the vocabulary, on C."""


@lru_cache(maxsize=65536)
def simplify(chord: Chord) -> Chord:
    """The chord of the vocabulary that stands for `chord`.

    The rule: root, base quality and bass stay; of the entries with that quality whose extensions and
    omissions the chord has, the one with the most of them is taken. An unknown chord becomes no chord.

    Examples
    --------
    >>> simplify(parse_chord("G7(b9,#11)/F")).label
    'G:7(b9)/b7'
    """
    if chord.root is None:
        return NO_CHORD
    held = [
        entry
        for entry in CHORDS_ON_C
        if entry.quality == chord.quality
        and set(entry.extensions) <= set(chord.extensions)
        and set(entry.omissions) <= set(chord.omissions)
    ]
    entry = max(held, key=lambda entry: len(entry.extensions))
    return Chord(chord.root, entry.quality, entry.extensions, entry.omissions, chord.bass)


@lru_cache(maxsize=4096)
def nearest(value: float, choices: tuple[int, ...]) -> int:
    """The choice that is closest to `value`, the smaller one at a tie."""
    return min(choices, key=lambda choice: (abs(choice - value), choice))
