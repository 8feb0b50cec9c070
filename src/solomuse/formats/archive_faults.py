"""What Python raises of an archive that is damaged, locked, or packed in an unknown way."""

from __future__ import annotations

import lzma
import struct
import tarfile
import zipfile
import zlib

ARCHIVE_FAULTS = (
    OSError,
    EOFError,
    RuntimeError,  # a password is asked for
    NotImplementedError,  # a way of packing that Python does not know
    ValueError,
    OverflowError,
    struct.error,
    zlib.error,
    lzma.LZMAError,
    tarfile.TarError,
    zipfile.BadZipFile,
)
