"""Text files: charts, books of tunes, tables of data sets."""

from __future__ import annotations

import codecs
from pathlib import Path

from solomuse.errors import FormatError


def read_text(path: Path) -> str:
    """What a text file holds, without a byte order mark, all line ends those of Unix.

    It is read as its byte order mark says, else as UTF-8, else as what older programs wrote: Windows-1252, of which
    Latin-1 is a part.

    Raises
    ------
    FormatError
        If the file is missing, cannot be read, or is no text.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise FormatError(f"{path}: cannot be read ({error.strerror}); check the path") from None
    is_utf16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ("utf-16",) if is_utf16 else ("utf-8-sig", "cp1252"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text.replace("\r\n", "\n").replace("\r", "\n")
    raise FormatError(f"{path}: not a text file; save it as UTF-8, or get it again")
