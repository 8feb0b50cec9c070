"""Prepares the user's MIDI files: the older name of ``solomuse prepare``."""

from __future__ import annotations

import sys
from pathlib import Path

from solomuse.legacy import prepare_dataset

if __name__ == "__main__":
    sys.exit(prepare_dataset(sys.argv[1:], Path(__file__).resolve().parent.parent / "01.data"))
