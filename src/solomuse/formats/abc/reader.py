"""Reads ABC tunes (standard 2.1) as lead sheets.

The first voice is read. Repeats, endings, D.C., D.S. and codas are played out, or else the part order of ``P:``, with
the repeats of each part. A chord holds until the next one as written. A bar that does not fill its meter at the start,
at the end, at a jump or fine, or beside a repeat sign or double bar line becomes a bar of its own length.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import cast

from solomuse.errors import ChartError, ChordError, FormatError, SoloMuseError
from solomuse.formats.abc.music import MusicReader, Place, Propagation, WrittenBar
from solomuse.music.chart import Bar, Chart, bar_of_changes
from solomuse.music.chord import NO_CHORD, Chord
from solomuse.music.keys import key_fifths, key_of_signature, writable_key
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.meter import COMMON_TIME, LONGEST_BAR_TICKS, Meter, meter_of_length, parse_meter
from solomuse.music.note import Note
from solomuse.music.repeats import MOST_PLAYED_BARS, played_order, with_exits

_FIELD = re.compile(r"([A-Za-z+]):\s*(.*)")
_KEY = re.compile(r"([A-G])([b#]?)\s*([A-Za-z]*)(.*)")
_CLEF = re.compile(
    r"(?:^|(?<=\s))(?:"
    r"(?:clef|middle|m|octave|transpose|shift|score|sound|stafflines|staffscale|cue|instrument|style)=\S*"
    r"|(?:treble|alto|tenor|bass|perc)\d?(?:[-+^_](?:8|15))?(?=\s|$))"
)
"""What stands behind or in place of a key to say how it looks or sounds (standard 2.1, 4.6)."""
_TRANSPOSE = re.compile(r"(?:^|\s)transpose=([-+]?\d{1,2})(?!\S)")
"""Semitones from what is written up to what sounds."""

_MODES = {
    "": (0, "maj"),
    "maj": (0, "maj"),
    "ion": (0, "maj"),
    "lyd": (1, "maj"),
    "mix": (-1, "maj"),
    "m": (-3, "min"),
    "min": (-3, "min"),
    "aeo": (-3, "min"),
    "dor": (-2, "min"),
    "phr": (-4, "min"),
    "loc": (-5, "min"),
}
"""What each mode adds to the sharps of its tonic's major key, and which of major and minor its label says."""

_BEAT, _NUMBER = r"\d{1,4}/[1-9]\d{0,3}", r"\d{1,9}(?:\.\d{1,20})?"
_LONGEST_ORDER = 1000
_NO_FIELD = "abcdefgzABCDEFGZ"


def split_tunes(text: str) -> list[str]:
    """The tunes of a book, each from its ``X:`` on, with the lines before the first one in front.

    Line numbers are lost; a text without ``X:`` is one tune.
    """
    parts = re.split(r"(?m)^(?=X:)", text.replace("\r\n", "\n").replace("\r", "\n"))
    return parts[1:] if len(parts) > 1 else parts


def tune_title(tune: str) -> str | None:
    r"""The title of a tune, None where it has none.

    Examples
    --------
    >>> tune_title("X:1\nT:100\\% Blues % a comment\nK:C")
    '100% Blues'
    """
    line = re.search(r"(?m)^T:(.*)$", tune)
    return " ".join(_without_comment(line.group(1)).split()) or None if line else None


def read_abc(text: str, *, lenient: bool = False) -> list[LeadSheet]:
    r"""The lead sheets of a book of tunes.

    Parameters
    ----------
    lenient : bool
        Take a bar that does not fit its meter as it is, and a chord that cannot be read as unknown.

    Raises
    ------
    FormatError, ChartError, ChordError
        At the first tune that cannot be read; with its number, line and column or bar.

    Examples
    --------
    >>> sheet = read_abc('X:1\nT:Two Bars\nM:3/4\nL:1/4\nK:G\n"G"GAB|"D7"f2d|')[0]
    >>> [note.pitch for note in sheet.melody], [span.chord.label for span in sheet.chart.spans()]
    ([67, 69, 71, 78, 74], ['G:maj', 'D:7'])
    """
    sheets = []
    for _, result in read_abc_tunes(text, lenient=lenient):
        if isinstance(result, SoloMuseError):
            raise result
        sheets.append(result)
    return sheets


def read_abc_tunes(text: str, *, lenient: bool = False) -> Iterator[tuple[str, LeadSheet | SoloMuseError]]:
    """Title and lead sheet of each tune, the error in place of one that cannot be read."""
    line = 1
    for tune in split_tunes(text):
        reader = _TuneReader(line, lenient)
        try:
            result: LeadSheet | SoloMuseError = reader.read(tune)
        except (FormatError, ChordError) as error:
            result = error
        except ChartError as error:
            result = ChartError(f"tune {reader.name}: {error}")
        yield reader.title or f"tune {reader.name}", result
        line += tune.count("\n")


class _TuneReader:
    """Reads one tune."""

    def __init__(self, first_line: int, lenient: bool) -> None:
        self.name, self.title = "1", ""
        self._first_line, self._lenient = first_line, lenient
        self._composer: str | None = None
        self._key: str | None = None
        self._qpm: float | None = None
        self._order = ""
        self._meter, self._unit = COMMON_TIME, None
        self._accidentals = ""
        self._sounds = 0

    _unit: Fraction | None

    def read(self, text: str) -> LeadSheet:
        lines = list(enumerate(text.split("\n"), start=self._first_line))
        body = self._read_header(lines)
        directive = re.search(r"(?m)^%%propagate-accidentals\s+(not|octave|pitch)\b", text)
        unit = self._unit or _default_unit(self._meter)
        music = MusicReader(self._meter, unit, self._key or "C:maj", self._fail)
        music.lenient = self._lenient
        if directive:
            music.propagation = cast(Propagation, directive.group(1))
        music.set_key(self._key or "C:maj", self._accidentals)
        first_voice: str | None = None
        voice: str | None = None
        for number, line in body:
            match = _FIELD.match(line)
            if match and not (match.group(1) in _NO_FIELD and match.group(2).startswith(("|", ":"))):
                name, value = match.groups()
                if name == "V":
                    voice = value.split()[0] if value.split() else ""
                    first_voice = first_voice or voice
                elif voice == first_voice:
                    self._apply(name, value, music, Place(number, 1))
                continue
            for name, value in music.read(line, number) if voice == first_voice else ():
                if name == "V":
                    voice = value.split()[0] if value.split() else ""
                    first_voice = first_voice or voice
                    if voice != first_voice:
                        break
                self._apply(name, value, music, Place(number, 1))
        music.finish()
        if not music.bars:
            raise self._fail(Place(self._first_line, 1), "it holds no notes")
        return self._played(music.bars)

    def _read_header(self, lines: list[tuple[int, str]]) -> list[tuple[int, str]]:
        """Take the fields up to ``K:``; return the lines behind it without their comments."""
        plain = [(number, _without_comment(line)) for number, line in lines]
        for index, (number, line) in enumerate(plain):
            match = _FIELD.match(line)
            if match is None:
                if line.strip():
                    raise self._fail(Place(number, 1), "music before the key: write a K: line above it")
                continue
            name, value = match.groups()
            if name == "X":
                self.name = value.strip() or self.name
            elif name == "T":
                self.title = self.title or " ".join(value.split())
            elif name == "C":
                self._composer = self._composer or " ".join(value.split()) or None
            elif name == "M":
                self._meter = self._read_meter(value, Place(number, 1))
            elif name == "L":
                self._unit = self._read_unit(value, Place(number, 1))
            elif name == "P" or (name == "Y" and re.fullmatch(r"[A-Z0-9() ]+", value)):
                self._order = value.strip()  # Y: is how the Nottingham Music Database has it
            elif name == "Q":
                self._qpm = _tempo(value)
            elif name == "K":
                self._key, self._accidentals = self._read_key(value, Place(number, 1))
                if moved := _TRANSPOSE.search(value):
                    self._sounds = int(moved.group(1))
                return [(n, text) for n, text in plain[index + 1 :] if text.strip()]
        raise self._fail(Place(self._first_line, 1), "it has no key: write a K: line above its music")

    def _apply(self, name: str, value: str, music: MusicReader, place: Place) -> None:
        """A field in the body."""
        if name == "M":
            music.set_meter(self._read_meter(value, place))
        elif name == "L":
            music.unit = self._read_unit(value, place)
        elif name == "K":
            key, accidentals = self._read_key(value, place)
            if key is not None:
                music.set_key(key, accidentals)
        elif name == "P":
            music.begin_part(value.strip())

    def _fail(self, place: Place, why: str) -> FormatError:
        return FormatError(f"tune {self.name}, line {place.line}, column {place.column}: {why}")

    def _read_meter(self, text: str, place: Place) -> Meter:
        plain = {"C": "4/4", "C|": "2/2", "": "4/4", "none": "4/4"}.get(text.strip(), text.strip())
        sums = re.fullmatch(r"\(?(\d{1,3}(?:\s*\+\s*\d{1,3})+)\)?/(\d{1,3})", plain)
        if sums:
            plain = f"{sum(int(part) for part in sums.group(1).split('+'))}/{sums.group(2)}"
        try:
            return parse_meter(plain)
        except ChartError as error:
            raise self._fail(place, str(error)) from None

    def _read_unit(self, text: str, place: Place) -> Fraction:
        match = re.fullmatch(r"0*([1-9]\d{0,3})(?:/0*([1-9]\d{0,3}))?", text.strip())
        if match is None:
            raise self._fail(place, f"L:{text} is no note length; expected one such as 1/8")
        return Fraction(int(match.group(1)), int(match.group(2) or 1))

    def _read_key(self, text: str, place: Place) -> tuple[str | None, str]:
        """Key and the accidentals behind it; no key where the field only speaks of a clef."""
        plain = _CLEF.sub("", text).strip()
        if plain in ("", "none", "HP", "Hp"):
            return "D:maj" if plain.lower() == "hp" else None, ""
        match = _KEY.match(plain)
        if match is None:
            if "=" in plain:
                return None, ""
            raise self._fail(place, f"K:{text} is no key; expected one such as G, F#m or Ddor")
        letter, accidental, mode, rest = match.groups()
        name = mode.lower()[:3] if mode.lower() != "m" else "m"
        if name not in _MODES:
            if name != "exp":
                raise self._fail(place, f"K:{text} is no key; expected one such as G, F#m or Ddor")
            return "C:maj", rest  # all of its accidentals are listed, the tonic's own too
        more, label = _MODES[name]
        return key_of_signature(key_fifths(f"{letter}{accidental}:maj") + more, label), rest

    def _played(self, written: list[WrittenBar]) -> LeadSheet:
        """The lead sheet with its repeats and parts played out."""
        meters = [self._bar_meter(written, index) for index in range(len(written))]
        bars = _with_chords(written, meters)
        melody, played, start = list[Note](), list[Bar](), Fraction(0)
        for index in self._order_of_bars(written):
            for sound in written[index].notes:
                time, end = round(start + sound.time), round(start + sound.time + sound.duration)
                last = melody[-1] if melody else None
                if sound.is_tied and last is not None and (last.end, last.pitch) == (time, sound.pitch):
                    melody[-1] = replace(last, duration=end - last.time)
                elif end > time:
                    melody.append(Note(time, sound.pitch, end - time))
            played.append(replace(bars[index], section=written[index].part if written[index].starts_part else None))
            start += meters[index].bar_ticks
        key = writable_key(self._key) if self._key else None
        chart = Chart(tuple(played), title=self.title or None, composer=self._composer, key=key, qpm=self._qpm)
        sheet = LeadSheet(chart, tuple(melody))
        return sheet.transpose(self._sounds) if self._sounds else sheet

    def _order_of_bars(self, written: Sequence[WrittenBar]) -> list[int]:
        """The order of play: part by part where the header gives one."""
        parts = list(dict.fromkeys(bar.part for bar in written if bar.part))
        letters = _expanded(self._order) if parts else ""
        if not letters:
            late = {index for index, bar in enumerate(written) if bar.has_late_coda}
            return played_order(with_exits([bar.marks for bar in written], late))
        order_by_letter: dict[str, list[int]] = {}
        for letter in dict.fromkeys(letters):
            own = [index for index, bar in enumerate(written) if bar.part == letter]
            if not own:
                raise ChartError(f"its order of parts is {self._order}, but there is no part {letter}")
            order_by_letter[letter] = [
                own[place] for place in played_order([replace(written[index].marks, jump=None) for index in own])
            ]
        if sum(len(order_by_letter[letter]) for letter in letters) > MOST_PLAYED_BARS:
            raise ChartError(f"its order of parts plays more than {MOST_PLAYED_BARS} bars: check its P: line")
        return [index for letter in letters for index in order_by_letter[letter]]

    def _bar_meter(self, written: Sequence[WrittenBar], index: int) -> Meter:
        """The bar's meter, or one of its real length where it may differ."""
        bar = written[index]
        if bar.length == bar.meter.bar_ticks:
            return bar.meter
        is_last = index + 1 == len(written)
        at_jump = bar.marks.fine or bar.marks.jump is not None
        at_edge = index == 0 or is_last or bar.after_double or bar.before_double or at_jump
        if not at_edge:
            before, after = written[index - 1], written[index + 1]
            at_edge = bar.marks.endings != after.marks.endings or not before.part == bar.part == after.part
        is_plain = bar.length % 120 == 0 and bar.length <= LONGEST_BAR_TICKS
        meter = meter_of_length(round(bar.length)) if is_plain else None
        if meter is not None and (self._lenient or (at_edge and bar.length < bar.meter.bar_ticks)):
            return meter
        beats = float(bar.length / bar.meter.beat_ticks)
        raise self._fail(
            bar.place, f"bar {index + 1}, which ends here, holds {beats:g} beats of a bar of {bar.meter}; mend it"
        )


def _with_chords(written: Sequence[WrittenBar], meters: Sequence[Meter]) -> list[Bar]:
    """Each written bar with its chords; one that is held goes on into the next."""
    held: Chord = NO_CHORD
    bars = []
    for bar, meter in zip(written, meters, strict=True):
        changes = {min(round(time), meter.bar_ticks - 1): chord for time, chord in bar.chords.items()}
        bars.append(bar_of_changes(meter, changes, held))
        held = bars[-1].chords[-1].chord
    return bars


def _expanded(order: str) -> str:
    """The letters of a part order such as ``AABB``, ``A2B3`` or ``(AB)3C``."""
    plain = re.sub(r"[^A-Za-z0-9()]", "", order)
    while len(plain) <= _LONGEST_ORDER and (group := re.search(r"\(([A-Za-z0-9]*)\)(\d?)", plain)):
        plain = plain[: group.start()] + group.group(1) * int(group.group(2) or 1) + plain[group.end() :]
    if len(plain) > _LONGEST_ORDER:
        raise ChartError(f"its order of parts is longer than {_LONGEST_ORDER} parts")
    return "".join(letter * int(times or 1) for letter, times in re.findall(r"([A-Za-z])(\d?)", plain))


def _default_unit(meter: Meter) -> Fraction:
    """The note length of a tune that gives none: a sixteenth in meters shorter than 3/4."""
    return Fraction(1, 16) if Fraction(meter.numerator, meter.denominator) < Fraction(3, 4) else Fraction(1, 8)


def _tempo(text: str) -> float | None:
    """Quarter notes a minute of ``1/4=120``, ``3/8=100`` or ``120``; None of a tempo in words, or what is no tempo."""
    plain = re.sub(r'"[^"]*"', "", text).strip()
    if match := re.fullmatch(rf"({_BEAT}(?:\s+{_BEAT})*)\s*=\s*({_NUMBER})", plain):
        length = sum((Fraction(part) for part in match.group(1).split()), Fraction(0))
        return float(Fraction(match.group(2)) * length * 4) or None
    match = re.fullmatch(rf"(?:C\d*\s*=\s*)?({_NUMBER})", plain)
    return float(match.group(1)) or None if match else None


def _without_comment(line: str) -> str:
    """The line up to a percent sign; one behind a backslash stands for itself (standard 2.1, 8.2)."""
    return re.split(r"(?<!\\)%", line, maxsplit=1)[0].rstrip().replace("\\%", "%")
