"""Writes a lead sheet as MusicXML 4.0: one part, chord symbols above, repeats written out.

Velocities are left out, as are tempo changes within the piece. A note over a bar line is tied. The melody is one
voice: where notes overlap, the earlier one ends when the next begins; of notes at one time the highest is written.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from solomuse import __version__
from solomuse.errors import OutputError
from solomuse.formats.midi import write_whole
from solomuse.formats.musicxml.harmony import harmony_of_chord
from solomuse.formats.musicxml.notation import Written, written_bar
from solomuse.music.chart import Bar, ChordSpan
from solomuse.music.keys import key_fifths, pitch_class_names
from solomuse.music.leadsheet import LeadSheet, one_voice
from solomuse.music.meter import Meter
from solomuse.music.note import TICKS_PER_QUARTER, Note

_DOCTYPE = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE score-partwise PUBLIC '
    '"-//Recordare//DTD MusicXML 4.0 Partwise//EN" "http://www.musicxml.org/dtds/partwise.dtd">\n'
)
_CONTAINER = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<container><rootfiles>'
    '<rootfile full-path="score.musicxml" media-type="application/vnd.recordare.musicxml+xml"/>'
    "</rootfiles></container>\n"
)
_ALTER_BY_SIGN = {"": 0, "b": -1, "#": 1}


def write_musicxml(sheet: LeadSheet, path: Path) -> None:
    """Write a lead sheet as ``.musicxml`` or ``.xml``, or zipped as ``.mxl``, in place of any file at `path`.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    text = print_musicxml(sheet).encode()
    if path.suffix.lower() != ".mxl":
        write_whole(path, text)
        return
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in (("META-INF/container.xml", _CONTAINER.encode()), ("score.musicxml", text)):
            file.writestr(zipfile.ZipInfo(name), content)  # without the time, so that the same sheet is the same file
    write_whole(path, archive.getvalue())


def print_musicxml(sheet: LeadSheet) -> str:
    """The lead sheet as MusicXML, which `parse_musicxml` reads back as the same but for its velocities.

    Raises
    ------
    OutputError
        If a title or name holds a character that XML cannot.
    """
    chart = sheet.chart
    score = Element("score-partwise", version="4.0")
    if chart.title:
        SubElement(SubElement(score, "work"), "work-title").text = chart.title
    identification = SubElement(score, "identification")
    if chart.composer:
        SubElement(identification, "creator", type="composer").text = chart.composer
    SubElement(SubElement(identification, "encoding"), "software").text = f"SoloMuse {__version__}"
    SubElement(SubElement(SubElement(score, "part-list"), "score-part", id="P1"), "part-name").text = "Solo"
    part = SubElement(score, "part", id="P1")
    melody = one_voice(sheet.melody)
    meter: Meter | None = None
    for index, (bar, start) in enumerate(zip(chart.bars, chart.bar_times, strict=False)):
        measure = SubElement(part, "measure", number=str(index + 1))
        if bar.meter != meter:
            _add_attributes(measure, bar.meter, chart.key if index == 0 else None, index == 0)
            meter = bar.meter
        if index == 0 and chart.qpm:
            _add_tempo(measure, chart.qpm)
        if bar.section:
            rehearsal = SubElement(SubElement(measure, "direction", placement="above"), "direction-type")
            SubElement(rehearsal, "rehearsal").text = bar.section
        held = chart.bars[index - 1].chords[-1].chord if index else None
        _add_music(measure, bar, start, melody, chart.key, is_held=bar.chords[0].chord == held)
    SubElement(SubElement(part[-1], "barline", location="right"), "bar-style").text = "light-heavy"
    ElementTree.indent(score)
    try:
        text = ElementTree.tostring(score, encoding="unicode")
    except (TypeError, ValueError) as error:
        raise OutputError(f"the lead sheet cannot be written as MusicXML: {error}") from None
    return f"{_DOCTYPE}{text}\n"


def _add_attributes(measure: Element, meter: Meter, key: str | None, is_first: bool) -> None:
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
        clef = SubElement(attributes, "clef")
        SubElement(clef, "sign").text = "G"
        SubElement(clef, "line").text = "2"


def _add_tempo(measure: Element, qpm: float) -> None:
    direction = SubElement(measure, "direction", placement="above")
    metronome = SubElement(SubElement(direction, "direction-type"), "metronome")
    SubElement(metronome, "beat-unit").text = "quarter"
    SubElement(metronome, "per-minute").text = f"{qpm:.2f}".rstrip("0").rstrip(".")
    SubElement(direction, "sound", tempo=repr(float(qpm)))


def _add_music(measure: Element, bar: Bar, start: int, melody: list[Note], key: str | None, *, is_held: bool) -> None:
    """Notes, rests and chord symbols of one bar."""
    end = start + bar.duration
    sounding = [note for note in melody if note.time < end and note.end > start]
    times = {time for note in sounding for time in (note.time, note.end) if start < time < end}
    cuts = [0, *(time - start for time in sorted(times)), bar.duration]
    pieces = written_bar(cuts, bar.meter)
    changes = list(bar.chords[1:] if is_held else bar.chords)
    for stretch in pieces:
        note = next((n for n in sounding if n.time <= start + stretch[0].start < n.end), None)
        for piece in stretch:
            for span in _due(changes, piece):
                _add_harmony(measure, span, piece, key)
            _add_note(measure, note, piece, start, key)


def _due(changes: list[ChordSpan], piece: Written) -> Iterator[ChordSpan]:
    """Take the chords that begin before the piece ends."""
    while changes and changes[0].time < piece.start + piece.ticks:
        yield changes.pop(0)


def _add_harmony(measure: Element, span: ChordSpan, piece: Written, key: str | None) -> None:
    harmony = harmony_of_chord(span.chord, key)
    if span.time != piece.start:
        SubElement(harmony, "offset").text = str(span.time - piece.start)
    measure.append(harmony)


def _add_note(measure: Element, note: Note | None, piece: Written, start: int, key: str | None) -> None:
    element = SubElement(measure, "note")
    ties = []
    if note is None:
        SubElement(element, "rest")
    else:
        name = pitch_class_names(key)[note.pitch % 12]
        pitch = SubElement(element, "pitch")
        SubElement(pitch, "step").text = name[0]
        if alter := _ALTER_BY_SIGN[name[1:]]:
            SubElement(pitch, "alter").text = str(alter)
        SubElement(pitch, "octave").text = str(note.pitch // 12 - 1)
        ties += ["stop"] if start + piece.start > note.time else []
        ties += ["start"] if start + piece.start + piece.ticks < note.end else []
    SubElement(element, "duration").text = str(piece.ticks)
    for tie in ties:
        SubElement(element, "tie", type=tie)
    SubElement(element, "voice").text = "1"
    if piece.kind is not None:
        SubElement(element, "type").text = piece.kind
        for _ in range(piece.dots):
            SubElement(element, "dot")
    if piece.is_triplet:
        modification = SubElement(element, "time-modification")
        SubElement(modification, "actual-notes").text = "3"
        SubElement(modification, "normal-notes").text = "2"
    if ties or piece.opens or piece.closes:
        notations = SubElement(element, "notations")
        for tie in ties:
            SubElement(notations, "tied", type=tie)
        for is_there, kind in ((piece.opens, "start"), (piece.closes, "stop")):
            if is_there:
                SubElement(notations, "tuplet", type=kind, number="1")
