"""Text files: charts, books of tunes, tables of data sets."""

from __future__ import annotations

import codecs
from pathlib import Path

from solomuse.errors import FormatError


def read_text(path: Path) -> str:
    """What a text file holds, without a byte order mark, all line ends those of Unix.

    It is read as its byte order mark says, else as UTF-8, else as what older programs wrote: Windows-1252, of which
    Latin-1 is a part. Where it is neither, or UTF-8 for the greater part, what cannot be read is replaced.

    Raises
    ------
    FormatError
        If the file is missing, cannot be read, or is no text.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise FormatError(f"{path}: cannot be read ({error.strerror}); check the path") from None
    text = _decoded(data)
    if "\0" in text:
        raise FormatError(f"{path}: not a text file; save it as UTF-8, or get it again")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _decoded(data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace") if len(data) % 2 == 0 else "\0"
    mended = data.decode("utf-8-sig", "replace")
    wrong = mended.count("\ufffd")
    beyond_ascii = sum(character > "\x7f" for character in mended)
    if 2 * wrong < beyond_ascii or not wrong:
        return mended
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        return mended
