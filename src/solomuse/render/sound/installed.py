"""Where operating systems keep SoundFonts."""

from __future__ import annotations

import os
from pathlib import Path

VARIABLE = "SOLOMUSE_SOUNDFONT"
"""The environment variable that names a SoundFont; the value ``built-in`` asks for none."""

FOLDERS = (
    *("~/.local/share/soundfonts", "~/.local/share/sounds/sf2", "~/.local/share/sounds/sf3"),
    *("/usr/local/share/soundfonts", "/usr/share/soundfonts", "/usr/share/sounds/sf2", "/usr/share/sounds/sf3"),
    *("~/Library/Audio/Sounds/Banks", "/Library/Audio/Sounds/Banks", "/opt/homebrew/share/soundfonts"),
    *("~/Documents/SoundFonts", "C:/soundfonts", "C:/ProgramData/soundfonts"),
)

SMALLEST_BYTES = 1_000_000
"""A smaller SoundFont holds hardly all instruments."""


def installed_soundfont(folders: tuple[str, ...] = FOLDERS) -> Path | None:
    """The SoundFont that `VARIABLE` names, or the largest .sf2 of the first folder that has one; else None."""
    named = os.environ.get(VARIABLE)
    if named:
        return None if named == "built-in" else Path(named)
    for folder in (Path(name).expanduser() for name in folders):
        found = [(path.stat().st_size, path) for path in folder.glob("*.sf2") if path.is_file()]
        if found and max(found)[0] >= SMALLEST_BYTES:
            return max(found)[1]
    return None
