"""MusicXML lead sheets: ``.musicxml``, ``.xml``, ``.mxl``."""

from solomuse.formats.musicxml.reader import parse_musicxml, read_musicxml
from solomuse.formats.musicxml.writer import print_musicxml, write_musicxml

__all__ = ["parse_musicxml", "print_musicxml", "read_musicxml", "write_musicxml"]
