r"""Impro-Visor lead sheets (``.ls``), read only.

What was learned from the files themselves:

======================================= ============================================================================
in the file                             in the lead sheet
======================================= ============================================================================
``(title ...) (composer ...)``          as they stand; a title that says *Untitled* is none
``(meter 3 4)``                         the meter of the bars from here on
``(key -2)``                            sharps of the signature, here two flats: the major or minor key in which the
                                        last chord, else the first, is the tonic. Else major; but 0, which stands where
                                        nobody chose a key, is then none
``(tempo 160.0) (style swing ...)``     quarters a minute; the name of the style of the accompaniment
``(playback-transpose -2 -2 -14)``      semitones from what is written to what sounds: of bass, chords, melody; one
                                        number is for all of them. The lead sheet is what sounds.
``Dm7 G7 | CM7 / / Am7 | / |``          bars of equal slots. A slot with ``/``, and a bar with nothing, hold the chord
``NC``, ``Am7/G``, ``E\FM7``            no chord, a bass; of two chords at once the lower. A bass that is a chord is
                                        its root.
``(section ...)``, ``(phrase ...)``     nothing: a change of the accompaniment's style, without a name
``(part (type melody) (title ...))``    a chorus of melody begins. Each is played over the whole chart, one after
                                        another, and those without a note are left out
``c#++4+8``, ``bb-4.``, ``r2``          C sharp two octaves above that of middle C, a quarter and an eighth long; B flat
                                        one below, dotted; a rest. ``cb`` and ``b#`` lie within the octave of their
                                        letter, as its highest and lowest
``g8/3``, ``g16/5``                     an eighth of a triplet, a sixteenth of a quintuplet
======================================= ============================================================================
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from solomuse.errors import ChartError, ChordError, FormatError
from solomuse.music.chart import Bar, Chart, bar_of_changes
from solomuse.music.chord import NO_CHORD, UNKNOWN_CHORD, Chord
from solomuse.music.keys import MOST_ACCIDENTALS, key_of_signature, pitch_class_of_name
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.meter import COMMON_TIME, Meter, parse_meter
from solomuse.music.note import TICKS_PER_QUARTER, Note
from solomuse.music.pitch import PITCH_CLASS_BY_LETTER, SHIFT_BY_ACCIDENTAL
from solomuse.music.repeats import MOST_PLAYED_BARS
from solomuse.music.symbols import parse_chord

MIDDLE_C = 60
MOST_SLOTS = 64
"""A bar with more chords is taken for a fault of the file."""

_WHOLE_TICKS = 4 * TICKS_PER_QUARTER
_PARENTHESIS = re.compile(r"[()]")
_WORD = re.compile(r"[^\s()|]+(?:\([^\s()]*\)[^\s()|]*)*")  # C7(b9)/E is one
_NOTE = re.compile(r"(?:([a-g])([#b]?)([+-]*)|r)(\d[\d/.+]*)")
_LENGTH = re.compile(r"(\d{1,3})(?:/([35]))?(\.?)")
_CHORD_BASS = re.compile(r"(.+/[A-G][b#]?).*")


@dataclass(slots=True)
class _Chorus:
    """A part of melody as it is read.

    Parameters
    ----------
    notes : list of Note
        Times from the start of the part.
    length : int
        Ticks read, rests included.
    """

    title: str | None = None
    notes: list[Note] = field(default_factory=list)
    length: int = 0


@dataclass(frozen=True, slots=True)
class _WrittenBar:
    """A bar's meter and slots; None where the chord before is held."""

    meter: Meter
    slots: tuple[Chord | None, ...]


def read_improvisor(text: str, *, lenient: bool = False) -> LeadSheet:
    """The lead sheet of a file's text, every chorus of its melody played out over its chart.

    Parameters
    ----------
    lenient : bool
        Take a chord that cannot be read as unknown.

    Raises
    ------
    FormatError
        In one line with the line of the file, if it is malformed or holds no chord.

    Examples
    --------
    >>> sheet = read_improvisor("(meter 4 4) Dm7 G7 | CM7 | (part (type melody)) d8 e8 f8 g8 a4 b4 c+1")
    >>> [note.pitch for note in sheet.melody], [span.chord.label for span in sheet.chart.spans()]
    ([62, 64, 65, 67, 69, 71, 72], ['D:min7', 'G:7', 'C:maj7'])
    """
    return _Reader(lenient).read(text)


def improvisor_title(text: str) -> str | None:
    """The title that a file gives, without reading the rest.

    Raises
    ------
    FormatError
        If it is malformed above it.
    """
    forms = (_name_and_value(item) for _, item in _items(text) if item.startswith("("))
    return next((_name_of(value) for name, value in forms if name == "title"), None)


def _items(text: str) -> Iterator[tuple[int, str]]:
    """The words, bar lines and whole expressions in parentheses, each with its line."""
    place, line = 0, 1
    while place < len(text):
        sign, end = text[place], place + 1
        if sign == "(":
            end = _end_of_expression(text, place, line)
        elif match := _WORD.match(text, place):
            end = match.end()
        item = text[place:end]
        if not item.isspace():
            yield line, item
        line += item.count("\n")
        place = end


def _end_of_expression(text: str, start: int, line: int) -> int:
    depth = 0
    for match in _PARENTHESIS.finditer(text, start):
        depth += 1 if match.group() == "(" else -1
        if depth == 0:
            return match.end()
    raise FormatError(f"line {line}: {text[start : start + 20].split()[0]!r} opens a parenthesis that nothing closes")


def _name_and_value(expression: str) -> tuple[str, str]:
    """The first word of an expression, and what follows it with its blanks made one."""
    name, *value = expression[1:-1].split(maxsplit=1) or [""]
    return name, " ".join(" ".join(value).split())


def _name_of(text: str) -> str | None:
    return text if text and not text.startswith("Untitled") else None


class _Reader:
    """Reads one lead sheet."""

    def __init__(self, lenient: bool) -> None:
        self._lenient = lenient
        self._meter = COMMON_TIME
        self._header: dict[str, str] = {}
        self._bars: list[_WrittenBar] = []
        self._slots: list[Chord | None] = []
        self._choruses: list[_Chorus] = []

    def read(self, text: str) -> LeadSheet:
        for line, item in _items(text):
            try:
                self._take(item)
            except (FormatError, ChartError) as error:
                raise FormatError(f"line {line}: {error}") from None
        if self._slots:
            self._end_bar()
        if not any(chord for bar in self._bars for chord in bar.slots):
            raise FormatError("it holds no chords: is it a lead sheet of Impro-Visor?")
        return self._played()

    def _take(self, item: str) -> None:
        if item.startswith("("):
            self._take_expression(item)
        elif item == ")":
            raise FormatError("a parenthesis is closed that nothing opens")
        elif item == "|":
            if self._slots or (self._bars and not self._choruses):
                self._end_bar()
        elif match := _NOTE.fullmatch(item):
            self._take_note(match)
        else:
            self._slots.append(None if item == "/" else self._chord(item))

    def _take_expression(self, item: str) -> None:
        name, value = _name_and_value(item)
        if name == "meter":
            self._meter = parse_meter("/".join(value.split()))
        elif name == "part":
            facts = dict(_name_and_value(inner) for _, inner in _items(value) if inner.startswith("("))
            if facts.get("type") == "melody":
                self._choruses.append(_Chorus(_name_of(facts.get("title", ""))))
        else:
            self._header.setdefault(name, value)

    def _end_bar(self) -> None:
        if len(self._slots) > min(MOST_SLOTS, self._meter.bar_ticks):
            raise FormatError(f"bar {len(self._bars) + 1} holds {len(self._slots)} chords: write a bar line '|'")
        self._bars.append(_WrittenBar(self._meter, tuple(self._slots) or (None,)))
        self._slots.clear()

    def _chord(self, text: str) -> Chord:
        lower = text.rpartition("\\")[2]
        shorter = _CHORD_BASS.fullmatch(lower)
        try:
            return parse_chord(lower)
        except ChordError as error:
            if shorter and shorter.group(1) != lower:
                return self._chord(shorter.group(1))
            if self._lenient:
                return UNKNOWN_CHORD
            raise FormatError(f"{text!r} is neither a chord nor a note ({error.why}); mend it") from None

    def _take_note(self, match: re.Match[str]) -> None:
        letter, accidental, octaves, length = match.groups()
        if not self._choruses:
            self._choruses.append(_Chorus())
        chorus, ticks = self._choruses[-1], sum(_ticks(part) for part in length.split("+"))
        if letter is not None:
            pitch_class = PITCH_CLASS_BY_LETTER[letter.upper()] + SHIFT_BY_ACCIDENTAL.get(accidental, 0)
            pitch = MIDDLE_C + pitch_class % 12 + 12 * (octaves.count("+") - octaves.count("-"))
            if not 0 <= pitch < 128:
                raise FormatError(f"{match.group()!r} lies outside of what MIDI can play; mend its octave")
            chorus.notes.append(Note(chorus.length, pitch, ticks))
        chorus.length += ticks

    def _played(self) -> LeadSheet:
        """The choruses one after another, each over the chart as often as it takes."""
        form = _with_chords(self._bars)
        form_ticks = sum(bar.duration for bar in form)
        choruses = [chorus for chorus in self._choruses if chorus.notes]
        turns = [chorus.notes[-1].time // form_ticks + 1 for chorus in choruses] or [1]
        if sum(turns) * len(form) > MOST_PLAYED_BARS:
            raise FormatError(f"with its choruses it has more than {MOST_PLAYED_BARS} bars: check its note lengths")
        bars, melody = list[Bar](), list[Note]()
        for chorus, times in zip(choruses, turns, strict=False):
            start = len(bars) // len(form) * form_ticks
            melody += [note.shift(start) for note in chorus.notes]
            title = chorus.title if len(choruses) > 1 else None
            bars += [replace(form[0], section=title), *form[1:], *form * (times - 1)]
        return self._sounding(LeadSheet(self._chart(bars or form), tuple(melody)))

    def _chart(self, bars: Sequence[Bar]) -> Chart:
        """The bars with what the header says."""
        return Chart(
            tuple(bars),
            title=_name_of(self._header.get("title", "")),
            composer=self._header.get("composer") or None,
            style=self._header.get("style", "").partition("(")[0].strip() or None,
            key=self._key(bars),
            qpm=max(self._number("tempo") or 0, 0) or None,
        )

    def _key(self, bars: Sequence[Bar]) -> str | None:
        """The key of the signature in which the last chord is the tonic, else the first one."""
        sharps = self._number("key")
        if sharps is None or abs(sharps) > MOST_ACCIDENTALS:
            return None
        keys = [key_of_signature(int(sharps), mode) for mode in ("maj", "min")]
        chords = [span.chord for bar in bars for span in bar.chords if span.chord.quality not in ("N", "X")]
        named = [key for chord in (chords[-1], chords[0]) for key in keys if _is_tonic(chord, key)] if chords else []
        return next(iter(named), keys[0] if sharps else None)

    def _number(self, name: str) -> float | None:
        text = self._header.get(name, "")
        return float(text) if re.fullmatch(r"-?\d{1,3}(\.\d*)?", text) else None

    def _sounding(self, written: LeadSheet) -> LeadSheet:
        """The lead sheet as it is played back: the parts of transposing instruments are written higher."""
        text = self._header.get("playback-transpose") or "0"
        if not re.fullmatch(r"-?\d{1,2}( -?\d{1,2} -?\d{1,2})?", text):
            raise FormatError(f"playback-transpose {text!r}: expected one number of semitones, or three")
        shifts = [int(number) for number in text.split()] * 3
        try:
            melody = tuple(note.transpose(shifts[2]) for note in written.melody)
        except ValueError as error:
            raise FormatError(f"playback-transpose {text!r}: {error}") from None
        chart = written.chart.transpose(shifts[1]) if shifts[1] else written.chart
        return LeadSheet(chart, melody)


def _is_tonic(chord: Chord, key: str) -> bool:
    return chord.root == pitch_class_of_name(key.partition(":")[0])


def _ticks(text: str) -> int:
    """The length of a note such as ``4.`` or ``8/3``.

    Examples
    --------
    >>> _ticks("4."), _ticks("8/3")
    (720, 160)
    """
    match = _LENGTH.fullmatch(text)
    value = int(match.group(1)) if match else 0
    if match is None or not value:
        raise FormatError(f"{text!r} is no note length; expected one such as 4, 8. or 8/3")
    tuplet = int(match.group(2) or 0)
    times, parts = (tuplet - 1, tuplet) if tuplet else (3, 2) if match.group(3) else (1, 1)
    ticks, rest = divmod(_WHOLE_TICKS * times, value * parts)
    if rest:
        raise FormatError(f"{text!r} is finer than {TICKS_PER_QUARTER} ticks a quarter can say")
    return ticks


def _with_chords(written: Sequence[_WrittenBar]) -> list[Bar]:
    """The bars with their slots as chords; one that is held goes on into the next."""
    held: Chord = NO_CHORD
    bars = []
    for bar in written:
        length, count = bar.meter.bar_ticks, len(bar.slots)
        changes = {index * length // count: chord for index, chord in enumerate(bar.slots) if chord is not None}
        bars.append(bar_of_changes(bar.meter, changes, held))
        held = bars[-1].chords[-1].chord
    return bars
