"""Trains on a folder of MIDI and generates: the older name of ``solomuse train`` and ``generate``."""

from __future__ import annotations

import sys
from pathlib import Path

from solomuse.legacy import finetune_midi_gpt

if __name__ == "__main__":
    sys.exit(finetune_midi_gpt(sys.argv[1:], Path(__file__).resolve().parent.parent / "01.data"))
