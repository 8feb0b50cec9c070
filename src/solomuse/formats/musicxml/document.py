"""The XML of a score: safe parsing, unzipping, the part that holds the lead sheet."""

from __future__ import annotations

import io
import re
import zipfile
from fractions import Fraction
from pathlib import Path
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from solomuse.errors import FormatError
from solomuse.formats.archive_faults import ARCHIVE_FAULTS

MOST_BYTES = 64 * 2**20
"""A score that would be larger than this, unpacked, is refused."""

_DECIMAL = re.compile(r"[+-]?(?:\d{1,9}(?:\.\d{0,20})?|\.\d{1,20})")


def score_bytes(data: bytes, name: str) -> bytes:
    """The XML of a file, out of its archive where it is a ``.mxl``.

    Raises
    ------
    FormatError
        If the archive is damaged or holds no score, or the score is too large.
    """
    if not data.startswith(b"PK"):
        if len(data) > MOST_BYTES:
            raise FormatError(f"{name}: larger than {MOST_BYTES >> 20} MB; not read")
        return data
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _member(archive, _rootfile(archive, name), name)
    except ARCHIVE_FAULTS as error:
        raise FormatError(f"{name}: the archive is damaged ({error}); export it again") from None


def _rootfile(archive: zipfile.ZipFile, name: str) -> str:
    """The score's name by ``META-INF/container.xml``, else the first XML file."""
    names = archive.namelist()
    if "META-INF/container.xml" in names:
        try:
            container = parse_xml(_member(archive, "META-INF/container.xml", name), name)
        except FormatError:  # some archives quote an apostrophe with apostrophes there; the score itself is sound
            container = Element("container")
        for element in container.iter():
            if element.tag.rpartition("}")[2] == "rootfile" and element.get("full-path") in names:
                return str(element.get("full-path"))
    scores = [entry for entry in names if entry.endswith((".xml", ".musicxml")) and not entry.startswith("META-INF")]
    if not scores:
        raise FormatError(f"{name}: the archive holds no score; expected a .xml or .musicxml file in it")
    return scores[0]


def _member(archive: zipfile.ZipFile, entry: str, name: str) -> bytes:
    """A file of the archive, never more than `MOST_BYTES` of it, whatever its header says."""
    with archive.open(entry) as file:
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise FormatError(f"{name}: {entry} unpacks to more than {MOST_BYTES >> 20} MB; not read")
    return data


def parse_xml(data: bytes, name: str) -> Element:
    """The root element; a document type is allowed, entities of its own are not, and nothing is fetched.

    Raises
    ------
    FormatError
        With line and column, if it is not well-formed or declares entities.
    """
    builder = TreeBuilder()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data

    def refuse(*_: object) -> None:
        raise FormatError(
            f"{name}, line {parser.CurrentLineNumber}: it declares an entity, which a score has no need of; not read"
        )

    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(data, True)
        return builder.close()
    except expat.ExpatError as error:
        why = expat.errors.messages[error.code]
        raise FormatError(
            f"{name}, line {error.lineno}, column {error.offset + 1}: not well-formed XML ({why}); export it again"
        ) from None


def read_bytes(path: Path) -> bytes:
    """The file's contents.

    Raises
    ------
    FormatError
        If it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise FormatError(f"{path}: cannot be read ({error.strerror}); check the path") from None


def decimal(text: str) -> Fraction:
    """The number that a text stands for (``decimal`` of XML Schema), of at most nine digits before its point.

    Raises
    ------
    ValueError
        If it is no such number.

    Examples
    --------
    >>> decimal(" -1.5 ")
    Fraction(-3, 2)
    """
    if _DECIMAL.fullmatch(text.strip()) is None:
        raise ValueError(f"{text!r} is no number")
    return Fraction(text.strip())


def measures_of_parts(root: Element, name: str) -> list[list[Element]]:
    """The measures of each part, in order.

    Raises
    ------
    FormatError
        If the document is no score.
    """
    if root.tag == "score-partwise":
        return [part.findall("measure") for part in root.findall("part")]
    if root.tag == "score-timewise":
        by_part: dict[str, list[Element]] = {}
        for measure in root.findall("measure"):
            for part in measure.findall("part"):
                part.attrib = {**measure.attrib, **part.attrib}
                by_part.setdefault(part.get("id", ""), []).append(part)
        return list(by_part.values())
    raise FormatError(f"{name}: <{root.tag}> is no MusicXML score; expected score-partwise or score-timewise")
