"""``python -m solomuse``."""

from solomuse.cli import entry_point

entry_point()
