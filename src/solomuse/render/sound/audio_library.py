"""The optional library that encodes and decodes compressed audio."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from solomuse.errors import ConfigError


def audio_library(purpose: str) -> ModuleType:
    """The module ``soundfile``.

    Raises
    ------
    ConfigError
        If it is not installed: says that `purpose` needs it.
    """
    try:
        return import_module("soundfile")
    except (ImportError, OSError):  # OSError: the module is there, its C library is not
        raise ConfigError(f'{purpose} need soundfile; install it with: pip install "solomuse[audio]"') from None
