"""Writes a lead sheet as an ABC tune, repeats written out.

Velocities are left out. Lengths are in eighths, notes of one beam stand together, notes over a bar line or a chord
symbol are tied. The melody is one voice, each note cut off by the next; of notes at one time those are written that
end with the highest.
"""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

from solomuse.errors import OutputError
from solomuse.formats.notation.part import PartBar, Sound, part_bars, transposed_for
from solomuse.formats.notation.rhythm import EIGHTH, Written, feel_of
from solomuse.music.chord import UNKNOWN_CHORD, Chord
from solomuse.music.instruments import Instrument
from solomuse.music.keys import altered_letters, key_fifths
from solomuse.music.leadsheet import LeadSheet

_SIGN_BY_ALTER = {1: "^", -1: "_", 0: "="}


def write_abc(
    sheet: LeadSheet,
    number: int = 1,
    part: Instrument | None = None,
    swing: float | None = None,
    *,
    as_played: bool = True,
) -> str:
    """The lead sheet as a tune, which `read_abc` reads back as the same but for its velocities, if it is `as_played`.

    Bars whose meter differs from the one before carry it; a pickup is a shorter bar.

    Parameters
    ----------
    part : Instrument, optional
        Whose part it is: notes, chords and key are written as the player reads them; they are read back as they sound.
    swing : float, optional
        Ratio of long to short eighths; a word says whether they swing.
    as_played : bool
        Write notes exactly where and as long as they sound, and not as is easily read.

    Raises
    ------
    OutputError
        If a title or name holds a line end, or a note is beyond ABC's range.
    """
    written = transposed_for(sheet, part)
    chart = written.chart
    bars = list(part_bars(written, cut_at_chords=True, as_played=as_played))
    lines = [f"X:{number}"]
    for name, text in (("T", chart.title), ("C", chart.composer), ("N", _note(part))):
        if text:
            lines.append(f"{name}:{_plain(text)}")
    lines += [f"M:{bars[0].meter}", "L:1/8"]
    tempo = [f'"{feel_of(swing)}"'] if swing is not None else []
    tempo += [f"1/4={_decimal(chart.qpm)}"] if chart.qpm is not None else []
    lines += [f"Q:{' '.join(tempo)}"] if tempo else []
    clef = f" clef={part.clef}" if part and part.clef != "treble" else ""
    sound = f" transpose={-part.written}" if part and part.written else ""
    lines.append(f"K:{_key(chart.key)}{clef}{sound}")
    row: list[str] = []
    for index, bar in enumerate(bars):
        if bar.starts_system:
            lines.append(" ".join(row))
            row = []
        if bar.section:
            lines.append(f"P:{_plain(bar.section)}")
        change = f"[M:{bar.meter}]" if bar.meter and index else ""
        line = "|]" if index == len(bars) - 1 else "||" if bar.ends_section else "|"
        row.append(f"{change}{_music(bar, chart.key)} {line}")
    return "\n".join([*lines, " ".join(row)]) + "\n"


def _note(part: Instrument | None) -> str | None:
    """For whom the part is, and how it sounds."""
    if part is None:
        return None
    way = f", written {abs(part.written)} semitones {'above' if part.written > 0 else 'below'} its sound"
    return f"for {part.title}{way if part.written else ''}"


def _plain(text: str) -> str:
    if any(sign in text for sign in "\n\r"):
        raise OutputError(f"{text!r} cannot be written as ABC: take out its line ends")
    return " ".join(text.split()).replace("%", "\\%")  # a bare one begins a comment


def _decimal(number: float) -> str:
    return repr(number).removesuffix(".0")


def _key(key: str | None) -> str:
    if key is None:
        return "none"
    tonic, _, mode = key.partition(":")
    return tonic + ("m" if mode == "min" else "")


def _music(bar: PartBar, key: str | None) -> str:
    """The notes, rests and chord symbols of one bar, notes that are not beamed apart."""
    chords = {span.time: span.chord for span in bar.chords}
    counts = Counter(piece.tuplet.start for stretch in bar.stretches for piece in stretch.pieces if piece.tuplet)
    altered = set[str]()
    text = ""
    for stretch in bar.stretches:
        for piece in stretch.pieces:
            chord = f'"{_symbol(chords[piece.start], key)}"' if piece.start in chords else ""
            tuplet = _tuplet(counts[piece.start]) if piece.opens else ""
            gap = "" if piece.beams[:1] in (("begin",), ("continue",)) else " "
            text += f"{chord}{tuplet}{_notes(bar, stretch.sound, piece, key, altered)}{gap}"
    return text.rstrip()


def _symbol(chord: Chord, key: str | None) -> str:
    return "X" if chord == UNKNOWN_CHORD else chord.symbol(key=key)


def _tuplet(count: int) -> str:
    """Three in the time of two, of so many notes."""
    return "(3" if count == 3 else f"(3:2:{count}"


def _notes(bar: PartBar, sound: Sound | None, piece: Written, key: str | None, altered: set[str]) -> str:
    """A rest, a note or a chord with its length."""
    length = _length(Fraction(piece.ticks, EIGHTH) * (Fraction(3, 2) if piece.tuplet else 1))
    if sound is None:
        return f"z{length}"
    letters = "".join(_pitch(pitch, name, key, altered) for pitch, name in sound.notes)
    tie = "-" if bar.start + piece.end < sound.end else ""
    return f"[{letters}]{length}{tie}" if len(sound.notes) > 1 else f"{letters}{length}{tie}"


def _length(length: Fraction) -> str:
    """A length in eighths: nothing for one, ``3/2``, ``/2``."""
    above = "" if length.numerator == 1 else str(length.numerator)
    return above if length.denominator == 1 else f"{above}/{length.denominator}"


def _pitch(pitch: int, name: str, key: str | None, altered: set[str]) -> str:
    """A note by its letter.

    It has a sign where it differs from the key, or where its letter had one in the bar before: so it is the same
    whether a reader holds that signs last for a note, for their octave, or for every octave, over a tie or not.
    """
    letter, alter = name[0], name.count("#") - name.count("b")
    octave = (pitch - alter) // 12 - 5
    in_key = altered_letters(key_fifths(key) if key else 0)[letter]
    sign = ""
    if alter != in_key or letter in altered:
        altered.add(letter)
        sign = _SIGN_BY_ALTER[alter]
    marks = "'" * (octave - 1) if octave > 1 else "," * -octave
    return sign + (letter.lower() if octave >= 1 else letter) + marks
