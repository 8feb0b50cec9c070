"""Writes a lead sheet as an ABC tune, repeats written out.

Velocities are left out. Notes over a bar line are tied, lengths are fractions of a quarter. The melody is one voice: of
notes at one time the highest, each cut off by the next.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

from solomuse.errors import OutputError
from solomuse.music.chart import Bar, Chart
from solomuse.music.chord import UNKNOWN_CHORD, Chord
from solomuse.music.keys import key_fifths, pitch_class_names
from solomuse.music.leadsheet import LeadSheet, one_voice
from solomuse.music.note import TICKS_PER_QUARTER, Note

BARS_PER_LINE = 4
_SIGN_BY_ALTER = {1: "^", -1: "_", 0: "="}
_SHARPS = "FCGDAEB"


def write_abc(sheet: LeadSheet, number: int = 1) -> str:
    """The lead sheet as a tune, which `read_abc` reads back as the same but for its velocities.

    Bars whose meter differs from the one before carry it; a pickup is a bar of its own meter.

    Raises
    ------
    OutputError
        If a title or name holds a line end or a percent sign, or a note is beyond ABC's range.
    """
    chart = sheet.chart
    lines = [f"X:{number}"]
    for name, text in (("T", chart.title), ("C", chart.composer)):
        if text:
            lines.append(f"{name}:{_plain(text)}")
    meter = chart.bars[0].meter
    lines += [f"M:{meter}", "L:1/4"]
    if chart.qpm is not None:
        lines.append(f"Q:1/4={_decimal(chart.qpm)}")
    lines.append(f"K:{_key(chart.key)}")
    melody = one_voice(sheet.melody)
    row: list[str] = []
    for index, (bar, start) in enumerate(zip(chart.bars, chart.bar_times, strict=False)):
        held = chart.bars[index - 1].chords[-1].chord if index else None
        if bar.section or len(row) == BARS_PER_LINE:
            lines += [" ".join(row)] if row else []
            row = []
        if bar.section:
            lines.append(f"P:{_plain(bar.section)}")
        change = "" if bar.meter == meter else f"[M:{bar.meter}]"
        meter = bar.meter
        row.append(f"{change}{_bar(bar, start, melody, chart, held)}|")
    lines.append(" ".join(row))
    return "\n".join(lines) + "\n"


def _plain(text: str) -> str:
    if any(sign in text for sign in "\n\r%"):
        raise OutputError(f"{text!r} cannot be written as ABC: take out line ends and percent signs")
    return " ".join(text.split())


def _decimal(number: float) -> str:
    return repr(number).removesuffix(".0")


def _key(key: str | None) -> str:
    if key is None:
        return "none"
    tonic, _, mode = key.partition(":")
    return tonic + ("m" if mode == "min" else "")


def _bar(bar: Bar, start: int, melody: list[Note], chart: Chart, held: Chord | None) -> str:
    """The notes, rests and chord symbols of one bar."""
    end = start + bar.duration
    changes = {span.time: span.chord for span in bar.chords}
    if bar.chords[0].chord == held:
        del changes[0]
    sounding = [note for note in melody if note.time < end and note.end > start]
    edges = {time - start for note in sounding for time in (note.time, note.end) if start < time < end}
    cuts = sorted({0, bar.duration, *edges, *changes})
    altered = set[str]()
    words = []
    for time, stop in pairwise(cuts):
        chord = f'"{_symbol(changes[time], chart.key)}"' if time in changes else ""
        note = next((note for note in sounding if note.time <= start + time < note.end), None)
        length = _length(stop - time)
        if note is None:
            words.append(f"{chord}z{length}")
        else:
            tie = "-" if start + stop < note.end else ""
            words.append(f"{chord}{_pitch(note.pitch, chart.key, altered)}{length}{tie}")
    return " ".join(words)


def _symbol(chord: Chord, key: str | None) -> str:
    return "X" if chord == UNKNOWN_CHORD else chord.symbol(key=key)


def _length(ticks: int) -> str:
    """A length in quarters: nothing for one, ``3/2``, ``/2``."""
    length = Fraction(ticks, TICKS_PER_QUARTER)
    above = "" if length.numerator == 1 else str(length.numerator)
    return above if length.denominator == 1 else f"{above}/{length.denominator}"


def _pitch(pitch: int, key: str | None, altered: set[str]) -> str:
    """A note by its letter.

    It has a sign where it differs from the key, or where its letter had one in the bar before: so it is the same
    whether a reader holds that signs last for a note, for their octave, or for every octave.
    """
    name = pitch_class_names(key)[pitch % 12]
    letter, alter = name[0], name.count("#") - name.count("b")
    octave = (pitch - alter) // 12 - 5
    fifths = key_fifths(key) if key else 0
    signed = _SHARPS[:fifths] if fifths > 0 else _SHARPS[::-1][: max(0, -fifths)]
    in_key = (1 if fifths > 0 else -1) if letter in signed else 0
    sign = ""
    if alter != in_key or letter in altered:
        altered.add(letter)
        sign = _SIGN_BY_ALTER[alter]
    marks = "'" * (octave - 1) if octave > 1 else "," * -octave
    return sign + (letter.lower() if octave >= 1 else letter) + marks
