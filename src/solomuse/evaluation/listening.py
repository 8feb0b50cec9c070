"""Solos to listen to and to look at, as text of a page."""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from solomuse.errors import ConfigError
from solomuse.evaluation.excerpts import Excerpt
from solomuse.render.performance import performed
from solomuse.render.piano_roll import draw_piano_roll
from solomuse.render.sound.audio_file import write_audio

MOST_BYTES = 5_500_000
"""Of pictures and sound together, before base64 makes them a third larger."""
CHARTS = 2
"""Charts over which players are shown beside each other."""
SOUND_ENDING = ".ogg"


@dataclass(frozen=True, slots=True)
class Example:
    """A solo to be shown.

    Parameters
    ----------
    picture, sound : str or None
        Data URIs; None where matplotlib or soundfile is not installed, or the page has no room left.
    """

    player: str
    tune: str
    picture: str | None
    sound: str | None


def listening_examples(players: Mapping[str, Sequence[Excerpt]]) -> Iterator[Example]:
    """The solos of all players over the first charts, in the order of the charts, as long as there is room."""
    first = next(iter(players.values()), ())
    charts = list(dict.fromkeys(excerpt.chart for excerpt in first))[:CHARTS]
    left = MOST_BYTES
    for chart in charts:
        for player, played in players.items():
            excerpt = next((excerpt for excerpt in played if excerpt.chart == chart), None)
            if excerpt is None or left <= 0:
                continue
            picture, sound = (_file(excerpt, ending) for ending in (".png", SOUND_ENDING))
            left -= len(picture or b"") + len(sound or b"")
            if left > 0:
                yield Example(player, excerpt.tune, _uri("image/png", picture), _uri("audio/ogg", sound))


def _file(excerpt: Excerpt, ending: str) -> bytes | None:
    """The excerpt as a picture, or played with a band; None where what it needs is not installed."""
    sheet = replace(excerpt.sheet, chart=replace(excerpt.sheet.chart, title=excerpt.tune))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"solo{ending}"
        try:
            if ending == SOUND_ENDING:
                write_audio(performed(sheet), path)
            else:
                draw_piano_roll(sheet, path)
        except ConfigError:
            return None
        return path.read_bytes()


def _uri(kind: str, data: bytes | None) -> str | None:
    return None if data is None else f"data:{kind};base64,{base64.b64encode(data).decode()}"
