"""Text files of data sets."""

from __future__ import annotations

from pathlib import Path

from solomuse.errors import FormatError


def read_text(path: Path) -> str:
    """What a UTF-8 text file holds, without a byte order mark.

    Raises
    ------
    FormatError
        If the file is missing, cannot be read, or is no text.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise FormatError(f"{path}: cannot be read ({error.strerror}); unpack the data set again") from None
    except UnicodeDecodeError:
        raise FormatError(f"{path}: not a text file in UTF-8; unpack the data set again") from None
