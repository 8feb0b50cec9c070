"""How the names of files end, by format."""

from __future__ import annotations

MUSICXML_SUFFIXES, ABC_SUFFIXES, IMPROVISOR_SUFFIXES = (".musicxml", ".xml", ".mxl"), (".abc",), (".ls",)
TEXT_SUFFIXES, IREAL_SUFFIXES, PAGE_SUFFIXES = (
    (".txt", ".chart"),
    (".ireal", ".irealb", ".irealbook"),
    (".html", ".htm"),
)
WRITTEN_MIDI_SUFFIXES = (".mid", ".midi")
MIDI_SUFFIXES = (*WRITTEN_MIDI_SUFFIXES, ".kar", ".rmi", ".mid.gz", ".midi.gz", ".kar.gz")
"""With the other names of MIDI, and packed, as it is read."""
