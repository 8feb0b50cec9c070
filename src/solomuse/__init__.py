"""SoloMuse: train transformers that improvise over chord changes, and play with them.

Nothing heavy is loaded until it is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from solomuse.registration import register_when_loaded

__version__ = "0.1.0"

_HOMES = {
    "parse_chord": "solomuse.music.symbols",
    "parse_chart": "solomuse.music.chart_text",
    "analyze": "solomuse.datasets.facts",
    "load_model": "solomuse.model.folder",
    "generate": "solomuse.generation",
    "stream": "solomuse.generation",
    "Controls": "solomuse.generation",
    "Edit": "solomuse.generation",
    "generate_from_chords": "solomuse.generation",
}

__all__ = [
    "Controls",
    "Edit",
    "analyze",
    "generate",
    "generate_from_chords",
    "load_model",
    "parse_chart",
    "parse_chord",
    "stream",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'solomuse' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})


register_when_loaded()
