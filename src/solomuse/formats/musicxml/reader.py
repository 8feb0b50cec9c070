"""Reads a MusicXML score as a lead sheet.

The part with the most notes is read, of it the lowest-numbered voice of the first staff, of chords in it the top
note; chords come from every part. Repeats, endings, D.C., D.S. and codas are played out. Grace notes and cue notes
are left out. A chord holds until the next one as written; chords at one place, as notation programs write two above
a long note, share the time until then or the bar line evenly. A bar that is shorter than its meter at the start, at the
end or at a repeat sign, or that is marked implicit, becomes a bar of its own length.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import accumulate
from pathlib import Path
from typing import Literal
from xml.etree.ElementTree import Element

from solomuse.errors import ChordError, FormatError, NoChordsError
from solomuse.formats.musicxml.document import decimal, measures_of_parts, parse_xml, read_bytes, score_bytes
from solomuse.formats.musicxml.harmony import chord_of_harmony
from solomuse.music.chart import Bar, Chart, bar_of_changes
from solomuse.music.chord import NO_CHORD, UNKNOWN_CHORD, Chord
from solomuse.music.keys import MOST_ACCIDENTALS, key_fifths, key_of_signature, transpose_key
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.meter import COMMON_TIME, LONGEST_BAR_TICKS, Meter, even_shares, meter_of_length
from solomuse.music.note import TICKS_PER_QUARTER, Note
from solomuse.music.pitch import PITCH_CLASS_BY_LETTER
from solomuse.music.repeats import Marks, played_order, with_exits

_QUARTERS_BY_BEAT_UNIT = {"whole": 4.0, "half": 2.0, "quarter": 1.0, "eighth": 0.5, "16th": 0.25}
_JUMP = re.compile(r"\b(d\.?\s*([cs])\.?|da capo|dal segno)(?:\s+al\s+(coda|fine))?\W*", re.IGNORECASE)
_MINOR_MODES = ("minor", "aeolian", "dorian", "phrygian", "locrian")
_TO_CODA = re.compile(r"\bto coda\b|\bal coda\s*$", re.IGNORECASE)


@dataclass(slots=True)
class _Pitched:
    """A note of a written bar, in ticks from its bar line."""

    time: int
    pitch: int
    duration: int
    is_tied: bool
    attack: int = 0
    release: int = 0
    """How much later than written it begins and ends."""


@dataclass(slots=True)
class _Measure:
    """A bar as it is written."""

    number: str
    meter: Meter
    length: int = 0
    is_implicit: bool = False
    section: str | None = None
    notes: list[_Pitched] = field(default_factory=list)
    chords: dict[int, list[Chord]] = field(default_factory=dict)
    turns: int = 0  # back in time, as for another voice
    writers: dict[int, tuple[str | None, int]] = field(default_factory=dict)  # staff and turn of a time's first chord
    marks: Marks = field(default_factory=Marks)
    has_late_coda: bool = False  # behind a note


def read_musicxml(path: Path, *, lenient: bool = False) -> LeadSheet:
    """The lead sheet in a ``.musicxml``, ``.xml`` or ``.mxl`` file; `parse_musicxml` says how.

    Raises
    ------
    FormatError, ChartError, NoChordsError, ChordError
        As `parse_musicxml` says, or if the file cannot be read.
    """
    return parse_musicxml(read_bytes(path), path.name, lenient=lenient)


def parse_musicxml(data: bytes, name: str = "score", *, lenient: bool = False) -> LeadSheet:
    """The lead sheet of a score.

    Parameters
    ----------
    data : bytes
        XML, or a ``.mxl`` archive.
    name : str
        What errors call it.
    lenient : bool
        Take a bar that is longer than its meter as it is, a chord that cannot be read as unknown, and a score
        without chords.

    Raises
    ------
    FormatError
        If it is no score, damaged or too large, a number in it is none, or a bar does not fit its meter; says where.
    ChartError
        If a jump has nowhere to go, or its repeats play out to too many bars or none.
    ChordError
        If a chord is of an unknown kind.
    NoChordsError
        If it holds no ``<harmony>``.
    """
    root = parse_xml(score_bytes(data, name), name)
    parts = measures_of_parts(root, name)
    if not any(parts):
        raise FormatError(f"{name}: the score holds no measure")
    readers = [_PartReader(name, lenient) for _ in parts]
    for reader, measures in zip(readers, parts, strict=True):
        reader.read(measures)
    lead = max(readers, key=lambda reader: sum(len(measure.notes) for measure in reader.measures))
    chords = [dict[int, list[Chord]]() for _ in lead.measures]
    for reader in readers:
        for own, measure in zip(chords, reader.measures, strict=False):
            own.update({time: here for time, here in measure.chords.items() if time not in own})
    if not any(chords) and not lenient:
        raise NoChordsError(f"{name}: the score holds no chord symbols (<harmony>); add them, or read it leniently")
    sheet = _played(lead.measures, chords, name, lenient)
    chart = replace(
        sheet.chart,
        title=_text(root, "work/work-title") or _text(root, "movement-title"),
        composer=_text(root, "identification/creator[@type='composer']"),
        key=lead.key,
        qpm=next((reader.qpm for reader in readers if reader.qpm), None),
    )
    return LeadSheet(chart, sheet.melody)


def _text(root: Element, path: str) -> str | None:
    return " ".join((root.findtext(path) or "").split()) or None


class _PartReader:
    """Reads the measures of one part."""

    def __init__(self, name: str, lenient: bool) -> None:
        self.measures: list[_Measure] = []
        self.key: str | None = None
        self.qpm: float | None = None
        self._name, self._lenient = name, lenient
        self._divisions, self._meter, self._semitones = Fraction(1), COMMON_TIME, 0
        self._fifths: int | None = None  # by which the names of chords move to sound, where the key says so
        self._endings: tuple[int, ...] = ()
        self._voice = "1"

    def read(self, measures: list[Element]) -> None:
        voices = Counter(
            note.findtext("voice") or "1"
            for measure in measures
            for note in measure.findall("note")
            if note.find("pitch") is not None and (note.findtext("staff") or "1") == "1"
        )
        self._voice = min(voices, key=lambda voice: (len(voice), voice), default="1")
        for element in measures:
            self._read_measure(element)

    def _read_measure(self, element: Element) -> None:
        bar = _Measure(element.get("number", str(len(self.measures) + 1)), self._meter)
        bar.is_implicit = element.get("implicit") == "yes"
        at = end = onset = Fraction(0)
        for child in element:
            if child.tag == "attributes":
                self._read_attributes(child, bar)
                bar.meter = self._meter
            elif child.tag == "note":
                length = self._length(child, bar)
                if child.find("grace") is not None or child.find("cue") is not None:
                    at += length if child.find("cue") is not None and child.find("chord") is None else 0
                    continue
                if child.find("chord") is None:
                    onset, at = at, at + length
                self._read_note(child, bar, onset, length)
            elif child.tag in ("backup", "forward"):
                length = self._length(child, bar)
                at = max(Fraction(0), at - length) if child.tag == "backup" else at + length
                bar.turns += child.tag == "backup"
            elif child.tag == "harmony":
                self._read_harmony(child, bar, at)
            elif child.tag == "direction":
                self._read_direction(child, bar, at)
            elif child.tag == "sound":
                self._read_sound(child, bar)
            elif child.tag == "barline":
                self._read_barline(child, bar)
            end = max(end, at)
        bar.length = _ticks(end)
        if self._endings and not bar.marks.endings:
            bar.marks = replace(bar.marks, endings=self._endings)
        if any(ending.get("type") in ("stop", "discontinue") for ending in element.iter("ending")):
            self._endings = ()
        self.measures.append(bar)

    def _fail(self, bar: _Measure, why: str) -> FormatError:
        return FormatError(f"{self._name}, bar {bar.number}: {why}")

    def _number(self, text: str | None, name: str, bar: _Measure) -> Fraction:
        """The number in an element or attribute, 0 where there is none."""
        try:
            return decimal(text or "0")
        except ValueError:
            raise self._fail(bar, f"{name} {str(text)[:20]!r} is no number; export the score again") from None

    def _quarters(self, text: str | None, bar: _Measure) -> Fraction:
        """A duration in divisions as quarters."""
        return self._number(text, "duration", bar) / self._divisions

    def _length(self, element: Element, bar: _Measure) -> Fraction:
        """How far an element goes on in time, in quarters."""
        length = self._quarters(element.findtext("duration"), bar)
        if length < 0:
            raise self._fail(bar, f"<{element.tag}> has a duration below 0; export the score again")
        return length

    def _read_attributes(self, element: Element, bar: _Measure) -> None:
        if (divisions := element.findtext("divisions")) is not None:
            self._divisions = self._number(divisions, "divisions", bar)
            if self._divisions <= 0:
                raise self._fail(bar, f"divisions {divisions!r}: expected a number above 0; export the score again")
        if (time := element.find("time")) is not None and time.find("beats") is not None:
            self._meter = self._read_meter(time, bar)
        if (transpose := element.find("transpose")) is not None:
            steps, octaves = (
                round(self._number(transpose.findtext(name), name, bar)) for name in ("chromatic", "octave-change")
            )
            self._semitones = steps + 12 * octaves
        if (key := element.find("key")) is not None and self.key is None and key.find("fifths") is not None:
            mode = "min" if (key.findtext("mode") or "").strip() in _MINOR_MODES else "maj"
            fifths = round(self._number(key.findtext("fifths"), "fifths", bar))
            written = key_of_signature(max(-MOST_ACCIDENTALS, min(MOST_ACCIDENTALS, fifths)), mode)
            self.key = transpose_key(written, self._semitones) if self._semitones % 12 else written
            self._fifths = key_fifths(self.key) - key_fifths(written)

    def _read_meter(self, time: Element, bar: _Measure) -> Meter:
        """The time signature; of ``3+2`` the sum."""
        beats, unit = time.findtext("beats") or "", time.findtext("beat-type") or ""
        try:
            return Meter(sum(int(part) for part in beats.split("+")), int(unit))
        except ValueError:
            signature, longest = f"{beats[:20]}/{unit[:20]}", LONGEST_BAR_TICKS // TICKS_PER_QUARTER
            raise self._fail(bar, f"{signature} is no time signature of at most {longest} quarters") from None

    def _read_note(self, element: Element, bar: _Measure, onset: Fraction, length: Fraction) -> None:
        pitch = element.find("pitch")
        if pitch is None or length <= 0 or (element.findtext("staff") or "1") != "1":
            return
        if (element.findtext("voice") or "1") != self._voice:
            return
        step, octave = (pitch.findtext("step") or "").strip(), pitch.findtext("octave")
        if step not in PITCH_CLASS_BY_LETTER or octave is None:
            raise self._fail(bar, "a <pitch> without step or octave; export the score again")
        alter = round(self._number(pitch.findtext("alter"), "alter", bar))
        number = 12 * (round(self._number(octave, "octave", bar)) + 1) + PITCH_CLASS_BY_LETTER[step] + alter
        number += self._semitones
        if not 0 <= number < 128:
            raise self._fail(bar, f"the note {step}{octave} is beyond the range of MIDI")
        start, stop = _ticks(onset), _ticks(onset + length)
        is_tied = any(tie.get("type") == "stop" for tie in element.findall("tie"))
        attack, release = (
            min(_ticks(self._quarters(element.get(name), bar)), LONGEST_BAR_TICKS) for name in ("attack", "release")
        )
        note = _Pitched(start, number, max(1, stop - start), is_tied, attack, release)
        if bar.notes and bar.notes[-1].time == start:
            if bar.notes[-1].pitch < number:
                bar.notes[-1] = note
        else:
            bar.notes.append(note)

    def _read_harmony(self, element: Element, bar: _Measure, at: Fraction) -> None:
        time = _ticks(at + self._quarters(element.findtext("offset"), bar))
        try:
            chord = chord_of_harmony(element).transpose(self._semitones, self._fifths)
        except ChordError as error:
            if not self._lenient:
                why = f"{error.why} ({self._name}, bar {bar.number})"
                raise ChordError(error.symbol, error.position, why) from None
            chord = UNKNOWN_CHORD
        here = bar.chords.setdefault(time, [])
        writer = element.findtext("staff"), bar.turns
        is_copy = chord in here[-1:] if bar.writers.setdefault(time, writer) == writer else chord in here
        if not is_copy:  # each staff and each voice may have its own
            here.append(chord)

    def _read_direction(self, element: Element, bar: _Measure, at: Fraction) -> None:
        for sound in element.findall("sound"):  # first: its tempo is exact, the metronome's for the eye
            self._read_sound(sound, bar)
        for kind in element.findall("direction-type/*"):
            text = " ".join((kind.text or "").split())
            if kind.tag == "rehearsal" and text:
                bar.section = text
            elif kind.tag in ("segno", "coda"):
                bar.marks = _with_sign(bar.marks, kind.tag)
                bar.has_late_coda |= kind.tag == "coda" and at > 0
            elif kind.tag == "words":
                bar.marks = _with_words(bar.marks, text)
            elif kind.tag == "metronome" and self.qpm is None:
                self.qpm = _metronome(kind)

    def _read_sound(self, element: Element, bar: _Measure) -> None:
        if self.qpm is None and (tempo := element.get("tempo")):
            self.qpm = max(float(self._number(tempo, "tempo", bar)), 0.0) or None
        names: tuple[tuple[str, Literal["capo", "segno"]], ...] = (("dacapo", "capo"), ("dalsegno", "segno"))
        for attribute, jump in names:
            if element.get(attribute) and bar.marks.jump is None:
                bar.marks = replace(bar.marks, jump=jump)
        marks = bar.marks
        bar.marks = replace(
            marks,
            segno=marks.segno or element.get("segno") is not None,
            coda=marks.coda or element.get("coda") is not None,
            to_coda=marks.to_coda or element.get("tocoda") is not None,
            fine=marks.fine or element.get("fine") is not None,
        )

    def _read_barline(self, element: Element, bar: _Measure) -> None:
        for sign in element.findall("segno") + element.findall("coda"):
            bar.marks = _with_sign(bar.marks, sign.tag)
            bar.has_late_coda |= sign.tag == "coda" and element.get("location", "right") == "right"
        if (ending := element.find("ending")) is not None:
            text = ending.get("number") or ending.text or ""
            numbers = tuple(int(number) for number in re.findall(r"\d{1,9}", text))
            if ending.get("type") == "start":
                self._endings = numbers
            if self._endings:
                bar.marks = replace(bar.marks, endings=self._endings)
        if (repeat := element.find("repeat")) is not None:
            if repeat.get("direction") == "forward":
                bar.marks = replace(bar.marks, starts_repeat=True)
            else:
                times = repeat.get("times", "")
                bar.marks = replace(bar.marks, times=max(2, int(times)) if re.fullmatch(r"\d{1,9}", times) else 2)


def _ticks(quarters: Fraction) -> int:
    return round(quarters * TICKS_PER_QUARTER)


def _with_sign(marks: Marks, name: str) -> Marks:
    return replace(marks, segno=True) if name == "segno" else replace(marks, coda=True)


def _with_words(marks: Marks, text: str) -> Marks:
    """What the words of a direction say about where to go."""
    if jump := _JUMP.match(text):
        letter, until = jump.group(2), (jump.group(3) or "").lower()
        is_capo = (letter or jump.group(1)[3]).lower() == "c"
        goal: Literal["coda", "fine"] | None = "coda" if until == "coda" else "fine" if until == "fine" else None
        return replace(marks, jump="capo" if is_capo else "segno", until=goal)
    if _TO_CODA.match(text):
        return replace(marks, to_coda=True)
    if text.lower().rstrip(".") == "fine":
        return replace(marks, fine=True)
    return marks


def _metronome(element: Element) -> float | None:
    """Quarter notes per minute of a metronome mark; None where it is no plain one."""
    unit, text = element.findtext("beat-unit") or "", element.findtext("per-minute") or ""
    match = re.search(r"\d{1,9}(?:\.\d+)?", text)
    if match is None or unit not in _QUARTERS_BY_BEAT_UNIT or float(match.group()) <= 0:
        return None
    dots = len(element.findall("beat-unit-dot"))
    return float(match.group()) * _QUARTERS_BY_BEAT_UNIT[unit] * (2 - 0.5**dots)


def _played(measures: list[_Measure], chords: list[dict[int, list[Chord]]], name: str, lenient: bool) -> LeadSheet:
    """The lead sheet with its repeats played out."""
    written = _written_bars(measures, chords, name, lenient)
    bars, melody, start = list[Bar](), list[Note](), 0
    late = {index for index, measure in enumerate(measures) if measure.has_late_coda}
    for index in played_order(with_exits([measure.marks for measure in measures], late)):
        bar, measure = written[index], measures[index]
        bars.append(bar)
        for note in measure.notes:
            time, duration = start + note.time, min(note.duration, bar.duration - note.time)
            if duration <= 0:
                continue
            last = melody[-1] if melody else None
            if note.is_tied and last is not None and (last.end, last.pitch) == (time, note.pitch):
                melody[-1] = replace(last, duration=max(1, last.duration + duration + note.release))
            else:
                earliest = last.end if last is not None and note.attack else 0
                sounding = min(max(earliest, time + note.attack), time + duration - 1)
                melody.append(Note(sounding, note.pitch, max(1, time + duration + note.release - sounding)))
        start += bar.duration
    return LeadSheet(Chart(tuple(bars)), tuple(sorted(melody)))


def _written_bars(
    measures: list[_Measure], written: list[dict[int, list[Chord]]], name: str, lenient: bool
) -> list[Bar]:
    """Each written bar with its chords; one that is held goes on into the next."""
    held, bars, early = NO_CHORD, list[Bar](), dict[int, Chord]()
    meters = [_meter(measures, index, name, lenient) for index in range(len(measures))]
    chords = [_placed(own, meter) for own, meter in zip(written, meters, strict=True)]
    for index, (measure, own, meter) in enumerate(zip(measures, chords, meters, strict=True)):
        length = meter.bar_ticks
        changes = early | {min(time, length): chord for time, chord in sorted(own.items()) if time >= 0}
        early = {0: changes.pop(length)} if length in changes else {}
        if index + 1 < len(chords):  # an offset may put a chord in front of its bar line
            ahead = {length + time: chord for time, chord in chords[index + 1].items() if time < 0}
            changes |= {max(0, time): chord for time, chord in ahead.items()}
        bars.append(bar_of_changes(meter, changes, held, measure.section))
        held = bars[-1].chords[-1].chord
    return bars


def _placed(chords: dict[int, list[Chord]], meter: Meter) -> dict[int, Chord]:
    """Each chord of a bar at its own time: those at one place share the ticks up to the next, or to the bar line.

    Two in a bar of 4/4 begin on beats 1 and 3, two in a bar of 3/4 on beats 1 and 3 as well.
    """
    times = sorted(chords)
    placed = dict[int, Chord]()
    for time, stop in zip(times, [*times[1:], meter.bar_ticks], strict=False):
        shares = even_shares(len(chords[time]), Fraction(max(0, stop - time)), meter)
        placed |= zip(map(round, accumulate(shares, initial=Fraction(time))), chords[time], strict=False)
    return placed


def _meter(measures: list[_Measure], index: int, name: str, lenient: bool) -> Meter:
    """The bar's time signature, or one of its real length where it is incomplete on purpose."""
    measure = measures[index]
    nominal = measure.meter.bar_ticks
    if measure.length in (0, nominal) or abs(measure.length - nominal) < TICKS_PER_QUARTER // 48:
        return measure.meter
    if measure.length > nominal:
        if max((note.time + note.duration for note in measure.notes), default=0) <= nominal:
            return measure.meter  # rests too many, and nothing else
        is_free = lenient or measure.is_implicit
        if not is_free or measure.length > LONGEST_BAR_TICKS:
            quarters = Fraction(measure.length, TICKS_PER_QUARTER)
            raise FormatError(
                f"{name}, bar {measure.number}: it holds {float(quarters):g} quarters, but a bar of {measure.meter} "
                f"has {nominal / TICKS_PER_QUARTER:g}; mend it in a notation program"
                f"{'' if is_free else ', or read it leniently'}"
            )
        return meter_of_length(measure.length)
    before = measures[index - 1].marks if index else Marks(times=2)
    after = measures[index + 1].marks if index + 1 < len(measures) else Marks(starts_repeat=True)
    at_sign = measure.marks.times or measure.marks.starts_repeat or before.times or after.starts_repeat
    at_ending = measure.marks.endings != after.endings or measure.marks.jump or measure.marks.fine
    is_short_on_purpose = measure.is_implicit or index == 0 or bool(at_sign or at_ending)
    return meter_of_length(measure.length) if is_short_on_purpose else measure.meter
