"""ABC notation: tunes with chord symbols."""

from solomuse.formats.abc.reader import read_abc, read_abc_tunes, split_tunes, tune_title
from solomuse.formats.abc.writer import write_abc

__all__ = ["read_abc", "read_abc_tunes", "split_tunes", "tune_title", "write_abc"]
