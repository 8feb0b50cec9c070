"""Writes a lead sheet as MusicXML 4.0: one part, chord symbols above, repeats written out.

Tempo changes within the piece are left out. A note over a bar line is tied. The melody is one voice: where notes
overlap, the earlier one ends when the next begins; of notes at one time those are written that end with the highest.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from solomuse import __version__
from solomuse.errors import OutputError
from solomuse.files import write_whole
from solomuse.formats.musicxml.harmony import harmony_of_chord
from solomuse.formats.musicxml.signs import Signs
from solomuse.formats.notation.part import PartBar, Sound, part_bars, transposed_for
from solomuse.formats.notation.rhythm import EVEN_BELOW, Written, feel_of
from solomuse.music.chart import Chart, ChordSpan
from solomuse.music.instruments import Instrument
from solomuse.music.keys import key_fifths
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.meter import Meter
from solomuse.music.note import TICKS_PER_QUARTER

_DOCTYPE = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE score-partwise PUBLIC '
    '"-//Recordare//DTD MusicXML 4.0 Partwise//EN" "http://www.musicxml.org/dtds/partwise.dtd">\n'
)
_CONTAINER = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<container><rootfiles>'
    '<rootfile full-path="score.musicxml" media-type="application/vnd.recordare.musicxml+xml"/>'
    "</rootfiles></container>\n"
)
_SIGN_AND_LINE = {"treble": ("G", 2), "treble-8": ("G", 2), "alto": ("C", 3), "bass": ("F", 4)}
_STEPS_BY_SEMITONES = {0: 0, 1: 1, 2: 1, 3: 2, 4: 2, 5: 3, 6: 3, 7: 4, 8: 5, 9: 5, 10: 6, 11: 6}
"""Steps of the staff by semitones, for the ``<diatonic>`` of a transposing instrument."""

_USUAL_VELOCITY, _FORTE = 80, 90
"""The velocity that is not written, and the one that MusicXML calls 100 percent (4.0, ``dynamics`` of ``<note>``)."""


def write_musicxml(sheet: LeadSheet, path: Path, part: Instrument | None = None, swing: float | None = None) -> None:
    """Write a lead sheet as ``.musicxml`` or ``.xml``, or zipped as ``.mxl``, in place of any file at `path`.

    `print_musicxml` says what `part` and `swing` are.

    Raises
    ------
    OutputError
        As `print_musicxml` says, or if it cannot be written.
    """
    text = print_musicxml(sheet, part, swing).encode()
    if path.suffix.lower() != ".mxl":
        write_whole(path, text)
        return
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in (("META-INF/container.xml", _CONTAINER.encode()), ("score.musicxml", text)):
            file.writestr(zipfile.ZipInfo(name), content)  # without the time, so that the same sheet is the same file
    write_whole(path, archive.getvalue())


def print_musicxml(sheet: LeadSheet, part: Instrument | None = None, swing: float | None = None) -> str:
    """The lead sheet as MusicXML, which `parse_musicxml` reads back as the same but for its velocities.

    Parameters
    ----------
    part : Instrument, optional
        Whose part it is: its notes, chords and key are written as the player reads them, and said to sound as before.
    swing : float, optional
        How the eighths, which are written as they are, should be played: the first this many times as long as the
        second. Said in words above the first bar, and to programs that play.

    Raises
    ------
    OutputError
        If a title or name holds a character that XML cannot, or a note would be written beyond the range of MIDI.
    """
    written = transposed_for(sheet, part)
    chart = written.chart
    score = Element("score-partwise", version="4.0")
    _add_head(score, chart, part)
    body = SubElement(score, "part", id="P1")
    signs = Signs(key_fifths(chart.key) if chart.key else 0)
    for bar in part_bars(written, cut_at_chords=False, as_played=False):
        measure = SubElement(body, "measure", number=str(bar.number))
        is_first = len(body) == 1
        if bar.is_pickup:
            measure.set("implicit", "yes")
        if bar.starts_system:
            SubElement(measure, "print", {"new-system": "yes"})
        if bar.meter:
            _add_attributes(measure, bar.meter, chart.key if is_first else None, part, is_first=is_first)
        if is_first:
            _add_tempo(measure, chart.qpm, bar.meter, swing)
        if bar.section:
            rehearsal = SubElement(SubElement(measure, "direction", placement="above"), "direction-type")
            SubElement(rehearsal, "rehearsal").text = bar.section
        _add_music(measure, bar, chart.key, signs)
        if bar.ends_section:
            SubElement(SubElement(measure, "barline", location="right"), "bar-style").text = "light-light"
    SubElement(SubElement(body[-1], "barline", location="right"), "bar-style").text = "light-heavy"
    ElementTree.indent(score)
    try:
        text = ElementTree.tostring(score, encoding="unicode")
    except (TypeError, ValueError) as error:
        raise OutputError(f"the lead sheet cannot be written as MusicXML: {error}") from None
    return f"{_DOCTYPE}{text}\n"


def _add_head(score: Element, chart: Chart, part: Instrument | None) -> None:
    """Title, composer, and the one part with its sound."""
    if chart.title:
        SubElement(SubElement(score, "work"), "work-title").text = chart.title
    identification = SubElement(score, "identification")
    if chart.composer:
        SubElement(identification, "creator", type="composer").text = chart.composer
    SubElement(SubElement(identification, "encoding"), "software").text = f"SoloMuse {__version__}"
    score_part = SubElement(SubElement(score, "part-list"), "score-part", id="P1")
    SubElement(score_part, "part-name").text = part.title if part else "Solo"
    if part:
        SubElement(SubElement(score_part, "score-instrument", id="P1-I1"), "instrument-name").text = part.title
        midi = SubElement(score_part, "midi-instrument", id="P1-I1")
        SubElement(midi, "midi-channel").text = "1"
        SubElement(midi, "midi-program").text = str(part.program + 1)


def _add_attributes(
    measure: Element, meter: Meter, key: str | None, part: Instrument | None, *, is_first: bool
) -> None:
    attributes = SubElement(measure, "attributes")
    if is_first:
        SubElement(attributes, "divisions").text = str(TICKS_PER_QUARTER)
    if key is not None:
        element = SubElement(attributes, "key")
        SubElement(element, "fifths").text = str(key_fifths(key))
        SubElement(element, "mode").text = "minor" if key.endswith("min") else "major"
    time = SubElement(attributes, "time")
    SubElement(time, "beats").text = str(meter.numerator)
    SubElement(time, "beat-type").text = str(meter.denominator)
    if is_first:
        _add_clef(attributes, part)


def _add_clef(attributes: Element, part: Instrument | None) -> None:
    """The clef, and how far below what is written the instrument sounds."""
    name = part.clef if part else "treble"
    sign, line = _SIGN_AND_LINE[name]
    clef = SubElement(attributes, "clef")
    SubElement(clef, "sign").text = sign
    SubElement(clef, "line").text = str(line)
    if name == "treble-8":
        SubElement(clef, "clef-octave-change").text = "-1"
    if part and part.written:
        way = -1 if part.written > 0 else 1
        octaves, semitones = divmod(abs(part.written), 12)
        transpose = SubElement(attributes, "transpose")
        SubElement(transpose, "diatonic").text = str(way * _STEPS_BY_SEMITONES[semitones])
        SubElement(transpose, "chromatic").text = str(way * semitones)
        if octaves:
            SubElement(transpose, "octave-change").text = str(way * octaves)


def _add_tempo(measure: Element, qpm: float | None, meter: Meter | None, swing: float | None) -> None:
    """How fast, and whether the eighths swing."""
    if qpm is not None:
        unit, quarters = _beat_unit(meter)
        direction = SubElement(measure, "direction", placement="above")
        metronome = SubElement(SubElement(direction, "direction-type"), "metronome")
        SubElement(metronome, "beat-unit").text = unit
        if quarters == _DOTTED_QUARTER:
            SubElement(metronome, "beat-unit-dot")
        rate = f"{qpm:.2f}".rstrip("0").rstrip(".") if quarters == 1 else f"{qpm / quarters:.0f}"
        SubElement(metronome, "per-minute").text = rate  # for the eye; the sound's tempo is exact
        SubElement(direction, "sound", tempo=repr(float(qpm)))
    if swing is not None:
        direction = SubElement(measure, "direction", placement="above")
        words = SubElement(SubElement(direction, "direction-type"), "words", {"font-weight": "bold"})
        words.text = feel_of(swing)
        SubElement(direction, "sound").append(_swing(swing))


_DOTTED_QUARTER = 1.5


def _beat_unit(meter: Meter | None) -> tuple[str, float]:
    """What a metronome mark counts in a meter, and how many quarters it has: the beat, or a quarter."""
    if meter is not None and meter.denominator == 8 and meter.is_compound:
        return "quarter", _DOTTED_QUARTER
    return ("half", 2.0) if meter is not None and meter.denominator == 2 else ("quarter", 1.0)


def _swing(ratio: float) -> Element:
    """The ``<swing>`` element of a ratio, in small whole numbers."""
    element = Element("swing")
    if ratio < EVEN_BELOW:
        SubElement(element, "straight")
        return element
    parts = Fraction(ratio).limit_denominator(6)
    for name, value in (("first", parts.numerator), ("second", parts.denominator)):
        SubElement(element, name).text = str(value)
    SubElement(element, "swing-type").text = "eighth"
    return element


def _add_music(measure: Element, bar: PartBar, key: str | None, signs: Signs) -> None:
    """Notes, rests and chord symbols of one bar."""
    signs.begin_bar()
    changes = list(bar.chords)
    for stretch in bar.stretches:
        for piece in stretch.pieces:
            for span in _due(changes, piece):
                _add_harmony(measure, span, piece, key)
            if stretch.sound is None:
                rest = _add_note(measure, bar, piece, None, 0, signs)
                if piece.ticks == bar.duration and not bar.is_pickup:  # which others take for a whole bar
                    rest.set("measure", "yes")
                continue
            for index in range(len(stretch.sound.notes)):
                _add_note(measure, bar, piece, stretch.sound, index, signs)


def _due(changes: list[ChordSpan], piece: Written) -> Iterator[ChordSpan]:
    """Take the chords that begin before the piece ends."""
    while changes and changes[0].time < piece.end:
        yield changes.pop(0)


def _add_harmony(measure: Element, span: ChordSpan, piece: Written, key: str | None) -> None:
    harmony = harmony_of_chord(span.chord, key)
    if span.time != piece.start:
        SubElement(harmony, "offset").text = str(span.time - piece.start)
    measure.append(harmony)


def _add_note(measure: Element, bar: PartBar, piece: Written, sound: Sound | None, index: int, signs: Signs) -> Element:
    """One note of a sound, or a rest; returns what says its pitch."""
    element = SubElement(measure, "note")
    ties = list[str]()
    accidental: Element | None = None
    if index:
        SubElement(element, "chord")
    if sound is None:
        head = SubElement(element, "rest")
    else:
        if sound.velocity != _USUAL_VELOCITY:
            element.set("dynamics", f"{100 * sound.velocity / _FORTE:.2f}")
        is_last = bar.start + piece.end == sound.end
        is_first = bar.start + piece.start == sound.time
        if is_first and sound.attack:
            element.set("attack", str(sound.attack))
        if is_last and sound.release:
            element.set("release", str(sound.release))
        ties += [] if is_first else ["stop"]
        ties += [] if is_last else ["start"]
        head, accidental = _add_pitch(element, *sound.notes[index], signs, is_tied="stop" in ties)
    SubElement(element, "duration").text = str(piece.ticks)
    for tie in ties:
        SubElement(element, "tie", type=tie)
    SubElement(element, "voice").text = "1"
    if piece.kind is not None:
        SubElement(element, "type").text = piece.kind
        for _ in range(piece.dots):
            SubElement(element, "dot")
    if accidental is not None:
        element.append(accidental)
    _add_groups(element, piece, ties, is_first=index == 0, is_staccato=sound is not None and _is_staccato(sound))
    return head


def _add_pitch(
    element: Element, pitch: int, name: str, signs: Signs, *, is_tied: bool
) -> tuple[Element, Element | None]:
    """Step, alteration and octave; returned with the accidental that stands in front of it."""
    alter = name.count("#") - name.count("b")
    octave = (pitch - alter) // 12 - 1
    head = SubElement(element, "pitch")
    SubElement(head, "step").text = name[0]
    if alter:
        SubElement(head, "alter").text = str(alter)
    SubElement(head, "octave").text = str(octave)
    return head, signs.accidental(name[0], octave, alter, is_tied=is_tied)


def _is_staccato(sound: Sound) -> bool:
    """Whether less than two fifths sound of a note from a triplet's eighth to a quarter."""
    length = sound.end - sound.time
    return (
        TICKS_PER_QUARTER // 3 <= length <= TICKS_PER_QUARTER
        and 5 * (length + sound.release - sound.attack) < 2 * length
    )


def _add_groups(element: Element, piece: Written, ties: list[str], *, is_first: bool, is_staccato: bool) -> None:
    """Tuplet, beams, ties and articulation."""
    if piece.tuplet:
        modification = SubElement(element, "time-modification")
        SubElement(modification, "actual-notes").text = "3"
        SubElement(modification, "normal-notes").text = "2"
        if piece.kind != piece.tuplet.unit or piece.dots:
            SubElement(modification, "normal-type").text = piece.tuplet.unit
    for level, beam in enumerate(piece.beams if is_first else (), start=1):
        SubElement(element, "beam", number=str(level)).text = beam
    brackets = [kind for is_there, kind in ((piece.opens, "start"), (piece.closes, "stop")) if is_there and is_first]
    is_dotted = is_staccato and is_first and "stop" not in ties
    if not (ties or brackets or is_dotted):
        return
    notations = SubElement(element, "notations")
    for tie in ties:
        SubElement(notations, "tied", type=tie)
    for kind in brackets:
        tuplet = SubElement(notations, "tuplet", type=kind, number="1")
        if kind == "start":
            tuplet.set("bracket", "no" if piece.tuplet and piece.tuplet.is_beamed else "yes")
    if is_dotted:
        SubElement(SubElement(notations, "articulations"), "staccato")
