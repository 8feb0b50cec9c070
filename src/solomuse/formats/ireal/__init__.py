"""iReal Pro links: to charts and back."""

from solomuse.formats.ireal.chords import IREAL_QUALITIES, nearest_ireal_chord, simplified_chords
from solomuse.formats.ireal.links import read_ireal, read_ireal_songs
from solomuse.formats.ireal.scrambling import scramble, unscramble
from solomuse.formats.ireal.write import write_ireal, write_irealbook

__all__ = [
    "IREAL_QUALITIES",
    "nearest_ireal_chord",
    "read_ireal",
    "read_ireal_songs",
    "scramble",
    "simplified_chords",
    "unscramble",
    "write_ireal",
    "write_irealbook",
]
