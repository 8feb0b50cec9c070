"""A solo over a chart that is always the same, to hear how far a training is."""

from __future__ import annotations

import logging
from importlib.util import find_spec
from pathlib import Path

from solomuse.errors import SoloMuseError
from solomuse.files import make_folder
from solomuse.generation import generate

CHART = "title: Sample\nkey: F\nF7 | Bb7 | F7 | % | Bb7 | % | F7 | D7 | Gm7 | C7 | F7 D7 | Gm7 C7"
"""Twelve bars of blues in F."""

logger = logging.getLogger(__name__)


def write_sample(folder: Path, model: Path, step: int) -> None:
    """Write the model's solo into a folder, as MIDI and, where matplotlib is installed, as a picture.

    A sample that cannot be made is no reason to end a training: it is warned of in a line.
    """
    endings = (".mid", ".png") if find_spec("matplotlib") else (".mid",)
    try:
        make_folder(folder)
        solo = generate(model, CHART, seed=1)[0]
        for ending in endings:
            solo.write(folder / f"step-{step:06d}{ending}")
    except SoloMuseError as error:
        logger.warning("no sample at step %d: %s", step, error)
