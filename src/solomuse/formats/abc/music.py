"""The music lines of ABC: tokens to written bars.

====================  =======================================================================
token                 read as
====================  =======================================================================
``"Am7"``             a chord; ``"^text"`` and the like are annotations, left out
``^f'3/2``            a note: accidental, letter, octave, length in units
``[CEG]2``            notes at once, of which the highest is the melody's
``z2 x Z4``           rests, the last one of whole bars
``(3abc (3:2:3abc``   a tuplet; a bracket alone is a slur, left out
``a>b a<<b``          broken rhythm
``a-a``               a tie
``{ga}``              grace notes, left out
``| || |: :| :: [1``  bar lines, repeats, endings
``[M:3/4] [K:G]``     fields inside a line
``!segno! !D.S.!``    where to go in the form, as in `_WAYS`; ``S`` is a segno, ``O`` a coda
``!trill! ~ . u v``   other decorations, left out; ``&`` leaves out the rest of its bar
====================  =======================================================================
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Literal

from solomuse.errors import ChartError, ChordError, FormatError
from solomuse.music.chord import UNKNOWN_CHORD, Chord
from solomuse.music.keys import altered_letters, key_fifths
from solomuse.music.meter import Meter
from solomuse.music.note import TICKS_PER_QUARTER
from solomuse.music.pitch import PITCH_CLASS_BY_LETTER
from solomuse.music.repeats import MOST_PLAYED_BARS, Marks, ending_numbers
from solomuse.music.symbols import parse_chord

_LENGTH = r"\d{0,4}(?:/{1,4}\d{0,4}){0,2}"
_NOTE = rf"(?P<sign>\^\^|\^|__|_|=)?(?P<letter>[A-Ga-g])(?P<octave>[,']*)(?P<length>{_LENGTH})"
_TOKEN = re.compile(
    rf"""
    (?P<quoted>"[^"]*")
  | (?P<decoration>![^!\s]+!|\+[A-Za-z0-9.()<>]+\+|[~.HLMOPQRSTUVWhijklmnopqrstuvw])
  | (?P<grace>\{{[^}}]*\}})
  | (?P<inline>\[[A-Za-z]:[^\]]*\])
  | (?P<tuplet>\(\d{{1,3}}(?::\d{{0,3}})?(?::\d{{0,3}})?)
  | (?P<ending>\[\d{{1,2}}(?:[,\-]\d{{1,2}})*)
  | (?P<bar>(?:\[\||:+\|*|\|+)[\]|:]*)(?P<numbers>[ ]?\d{{1,2}}(?:[,\-]\d{{1,2}})*)?
  | (?P<notes>\[[^\]]*\])(?P<chord_length>{_LENGTH})
  | (?P<note>{_NOTE})
  | (?P<rest>[zx])(?P<rest_length>{_LENGTH})
  | Z(?P<bars>\d{{0,3}})
  | (?P<tie>-)
  | (?P<broken><+|>+)
  | (?P<overlay>&)
  | (?P<ignored>(?:[\s)`\\y*$;]|\((?!\d))+)
    """,
    re.VERBOSE,
)
_INNER_NOTE = re.compile(rf'(?P<skipped>"[^"]*"|![^!]*!|[~.uvT\s()])|{_NOTE}(?P<tie>-?)')
_SIGNS = {"^": 1, "^^": 2, "_": -1, "__": -2, "=": 0}
_WAYS: dict[str, Marks] = {
    **dict.fromkeys(("segno", "S"), Marks(segno=True)),
    **dict.fromkeys(("coda", "O"), Marks(coda=True)),
    "dacoda": Marks(to_coda=True),
    "fine": Marks(fine=True),
    **dict.fromkeys(("D.C.", "dacapo"), Marks(jump="capo")),
    "D.S.": Marks(jump="segno"),
    "D.C.alcoda": Marks(jump="capo", until="coda"),
    "D.C.alfine": Marks(jump="capo", until="fine"),
    "D.S.alcoda": Marks(jump="segno", until="coda"),
    "D.S.alfine": Marks(jump="segno", until="fine"),
}
"""What decorations say of where to go (standard 2.1, 4.14; al fine and al coda as abcm2ps writes them)."""
_NORMAL_NOTES = {2: 3, 3: 2, 4: 3, 6: 2, 8: 3}
_MOST_TUPLETS = 8


Propagation = Literal["not", "octave", "pitch"]
"""How far an accidental reaches to the end of the bar: not at all, in its octave, in all (standard 2.1, 11.3)."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in the text, both counted from 1."""

    line: int
    column: int


@dataclass(slots=True)
class Sounding:
    """A note of a written bar, in ticks from its bar line."""

    time: Fraction
    pitch: int
    duration: Fraction
    is_tied: bool = False


@dataclass(slots=True)
class WrittenBar:
    """A bar as it is written."""

    meter: Meter
    place: Place
    length: Fraction = Fraction(0)
    notes: list[Sounding] = field(default_factory=list)
    chords: dict[Fraction, Chord] = field(default_factory=dict)
    marks: Marks = field(default_factory=Marks)
    has_late_coda: bool = False  # behind a note
    part: str | None = None
    starts_part: bool = False
    after_double: bool = False
    before_double: bool = False


class MusicReader:
    """Reads music lines, one after another, into `bars`."""

    def __init__(self, meter: Meter, unit: Fraction, key: str, fail: Callable[[Place, str], FormatError]) -> None:
        self.bars: list[WrittenBar] = []
        self.meter, self.unit, self.lenient = meter, unit, False
        self.propagation: Propagation = "pitch"
        self._fail, self._place = fail, Place(1, 1)
        self._bar = WrittenBar(meter, self._place)
        self._altered: dict[str, int] = {}
        self._in_bar: dict[tuple[str, int], int] = {}
        self._endings: tuple[int, ...] = ()
        self._way = Marks()
        self._starts_repeat = self._after_double = False
        self._part: str | None = None
        self._starts_part = False
        self._tuplet: list[tuple[Fraction, int]] = []
        self._pending = Fraction(1)
        self._tied: tuple[str, int, int] | None = None
        self._skips_overlay = False
        self.set_key(key)

    def set_key(self, key: str, accidentals: str = "") -> None:
        """Take the accidentals of a key from here on, and those that are listed behind it."""
        self._altered = altered_letters(key_fifths(key))
        for sign, letter in re.findall(r"(\^\^|\^|__|_|=)([A-Ga-g])", accidentals):
            self._altered[letter.upper()] = _SIGNS[sign]

    def set_meter(self, meter: Meter) -> None:
        """Take a meter from here on."""
        self.meter = meter
        if not self._bar.length:
            self._bar.meter = meter

    def begin_part(self, name: str) -> None:
        """End the bar; what follows belongs to a part."""
        self._end_bar()
        self._part, self._starts_part, self._endings = name, True, ()

    def read(self, text: str, line: int) -> Iterator[tuple[str, str]]:
        """Read one line; yields fields inside it, which the caller applies.

        Raises
        ------
        FormatError, ChordError
            With line and column, at what cannot be read.
        """
        at = 0
        while at < len(text):
            self._place = Place(line, at + 1)
            match = _TOKEN.match(text, at)
            if match is None:
                raise self._fail(self._place, f"{text[at]!r} is no ABC; mend it or take it out")
            at = match.end()
            if match["inline"]:
                yield match["inline"][1], match["inline"][3:-1].strip()
            elif match["bar"] or match["ending"]:
                self._skips_overlay = False
                self._read_bar_line(match["bar"] or "", match["numbers"] or match["ending"] or "")
            elif match["overlay"]:
                self._skips_overlay = True
            elif not self._skips_overlay:
                self._read_token(match)

    def finish(self) -> None:
        """End the last bar."""
        self._end_bar()

    def _read_token(self, match: re.Match[str]) -> None:
        if match["quoted"]:
            self._read_chord(match["quoted"][1:-1])
        elif match["decoration"]:
            if way := _WAYS.get(match["decoration"].strip("!+")):
                self._way = self._way.joined(way)
                self._bar.has_late_coda |= way.coda and self._bar.length > 0
        elif match["tuplet"]:
            self._read_tuplet(match["tuplet"])
        elif match["notes"]:
            self._read_notes(match)
        elif match["note"]:
            self._add(self._pitch(match), self._length(match["length"]))
        elif match["rest"]:
            self._add(None, self._length(match["rest_length"]))
        elif match["bars"] is not None:
            for index in range(int(match["bars"] or 1)):
                if index:
                    self._end_bar()
                self._bar.length += self.meter.bar_ticks
        elif match["tie"] and self._bar.notes:
            self._tied = (*self._last_name, self._bar.notes[-1].pitch)
        elif match["broken"]:
            self._read_broken(match["broken"])

    _last_name: tuple[str, int] = ("", 0)

    def _length(self, text: str) -> Fraction:
        """A length such as ``3/2``, ``/``, ``//`` in ticks."""
        number, slash, rest = text.partition("/")
        length = Fraction(int(number or 1))
        for part in (slash + rest).split("/")[1:]:
            length /= int(part or 2) or 1
        return length * self.unit * 4 * TICKS_PER_QUARTER

    def _pitch(self, match: re.Match[str]) -> int:
        letter, marks = match["letter"], match["octave"]
        octave = (1 if letter.islower() else 0) + marks.count("'") - marks.count(",")
        name = letter.upper()
        self._last_name = (name, octave)
        reach = (name, octave if self.propagation == "octave" else 0)
        alter = self._in_bar.get(reach, self._altered[name])
        if match["sign"]:
            alter = _SIGNS[match["sign"]]
            if self.propagation != "not":
                self._in_bar[reach] = alter
        elif self._tied and self._tied[:2] == (name, octave):
            return self._tied[2]
        pitch = 60 + 12 * octave + PITCH_CLASS_BY_LETTER[name] + alter
        if not 0 <= pitch < 128:
            raise self._fail(self._place, f"the note {match.group()!r} is beyond the range of MIDI")
        return pitch

    def _read_notes(self, match: re.Match[str]) -> None:
        """Notes at once: the highest is taken, its length the first one's."""
        inside, found = match["notes"][1:-1], []
        at = 0
        while at < len(inside):
            inner = _INNER_NOTE.match(inside, at)
            if inner is None:
                raise self._fail(self._place, f"{match['notes']!r} is no chord of notes")
            at = inner.end()
            if not inner["skipped"]:
                found.append((self._pitch(inner), self._length(inner["length"]), self._last_name, bool(inner["tie"])))
        if not found:
            return
        outer = self._length(match["chord_length"]) / (self.unit * 4 * TICKS_PER_QUARTER)
        pitch, _, self._last_name, is_tied_on = max(found)
        self._add(pitch, found[0][1] * outer)
        if is_tied_on:
            self._tied = (*self._last_name, pitch)

    def _add(self, pitch: int | None, length: Fraction) -> None:
        """A note or rest at the end of the bar so far."""
        for factor, _ in self._tuplet:
            length *= factor
        self._tuplet = [(factor, left - 1) for factor, left in self._tuplet if left > 1]
        length *= self._pending
        self._pending = Fraction(1)
        if pitch is not None and length > 0:
            is_tied = self._tied is not None and self._tied[2] == pitch
            self._bar.notes.append(Sounding(self._bar.length, pitch, length, is_tied))
        self._tied = None
        self._bar.length += length
        self._last_length = length
        self._last_is_note = pitch is not None

    _last_length, _last_is_note = Fraction(0), False

    def _read_tuplet(self, text: str) -> None:
        count, normal, notes = ([int(part) if part else 0 for part in text[1:].split(":")] + [0, 0])[:3]
        normal = normal or _NORMAL_NOTES.get(count, 3 if self.meter.is_compound else 2)
        if len(self._tuplet) == _MOST_TUPLETS:
            raise self._fail(self._place, f"more than {_MOST_TUPLETS} tuplets within each other; write them out")
        if count:
            self._tuplet.append((Fraction(normal, count), notes or count))

    def _read_broken(self, signs: str) -> None:
        """``a>b`` makes the first longer by half and the next one shorter, ``<`` the other way round."""
        short = Fraction(1, 2 ** len(signs))
        before, after = (2 - short, short) if signs[0] == ">" else (short, 2 - short)
        # right after a bar line there is no first one in this bar
        more = self._last_length * (before - 1) if self._bar.length else Fraction(0)
        if self._bar.notes and self._last_is_note:
            self._bar.notes[-1].duration += more
        self._bar.length += more
        self._pending = after

    def _read_chord(self, text: str) -> None:
        if text[:1] in tuple("^_<>@"):
            return
        plain = re.sub(r"\s", "", text)
        if not plain or self._bar.length in self._bar.chords:  # of two above one note the second is an alternative
            return
        try:
            chord = _chord_or_first(plain)
        except ChordError as error:
            if not self.lenient:
                where = f"line {self._place.line}, column {self._place.column}, bar {len(self.bars) + 1}"
                raise ChordError(text, error.position if plain == text else 0, f"{error.why} ({where})") from None
            chord = UNKNOWN_CHORD
        self._bar.chords[self._bar.length] = chord

    def _read_bar_line(self, signs: str, numbers: str) -> None:
        ends_repeat, starts_repeat = signs.startswith(":"), signs.endswith(":") and signs != ":"
        is_double = "||" in signs or "]" in signs or "[" in signs
        self._end_bar()
        if ends_repeat and self.bars:
            last = self.bars[-1]
            last.marks = replace(last.marks, times=signs.count(":", 0, len(signs) - len(signs.lstrip(":"))) + 1)
            if starts_repeat and set(signs) == {":"}:
                last.marks = replace(last.marks, times=2)
        if (is_double or ends_repeat or starts_repeat) and self.bars:
            self.bars[-1].before_double = True
        self._after_double = self._after_double or is_double or ends_repeat or starts_repeat
        self._starts_repeat = self._starts_repeat or starts_repeat
        if is_double or ends_repeat or starts_repeat:
            self._endings = ()
        if numbers:
            try:
                self._endings = ending_numbers(numbers.strip(" ["))
            except ChartError as error:
                raise self._fail(self._place, str(error)) from None
            self._bar.marks = replace(self._bar.marks, endings=self._endings)

    def _end_bar(self) -> None:
        """Put the bar away if anything stands in it."""
        bar = self._bar
        if bar.length:
            bar.marks = Marks(starts_repeat=self._starts_repeat, endings=self._endings).joined(self._way)
            self._way = Marks()
            bar.part, bar.starts_part = self._part, self._starts_part
            bar.after_double, bar.place = self._after_double, self._place
            self._starts_part = False
            self.bars.append(bar)
            if len(self.bars) > MOST_PLAYED_BARS:  # a rest such as Z999 is many
                raise self._fail(self._place, f"it has more than {MOST_PLAYED_BARS} bars; cut it into pieces")
            self._starts_repeat = self._after_double = False
            self._in_bar = {}
            self._bar = WrittenBar(self.meter, self._place)
        elif self.bars:  # a sign behind the bar line, but for those that say where to begin
            behind = replace(self._way, segno=False, coda=False)
            self.bars[-1].marks = self.bars[-1].marks.joined(behind)
            self._way = Marks(segno=self._way.segno, coda=self._way.coda)
        self._bar.meter = self.meter


def _chord_or_first(text: str) -> Chord:
    """A chord, or the first of two where the second stands behind it in brackets: ``C(Am)``."""
    first = text.partition("(")[0] or text.strip("()")
    try:
        return parse_chord(text)
    except ChordError:
        if first == text:
            raise
        return parse_chord(first)
