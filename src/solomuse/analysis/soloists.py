"""Who plays the melody, bar by bar: soloists hand it over to each other.

`melody.rank_melody_tracks` says how likely each track of a whole song is the melody; here the same is asked of
stretches of `STRETCH_BARS` bars, and the likeliest path from track to track is taken, each change at a cost.
"""

from __future__ import annotations

from dataclasses import dataclass

from solomuse.analysis.melody import melody_track
from solomuse.music.song import Song


@dataclass(frozen=True, slots=True)
class Stretch:
    """Bars ``[first_bar, last_bar)`` in which a track is the melody.

    Parameters
    ----------
    score : float
        The chance that it is.
    """

    track: int
    first_bar: int
    last_bar: int
    score: float


def stretches(song: Song, choice: str = "best", min_score: float = 0.0) -> tuple[Stretch, ...]:
    """The stretches of melody that are asked for.

    Parameters
    ----------
    choice : str
        ``best``: the likeliest track over the whole song. ``all``: whoever has the melody, stretch by stretch.
        ``name=TEXT``: the first track whose name holds the text, in any case. ``track=N``: by its index.
    min_score : float
        Stretches that are less likely are left out.

    Raises
    ------
    NoMelodyError
        If there is none.
    """
    if choice == "best":
        best = melody_track(song)
        return (Stretch(best.track, 0, len(song.bar_meters()), best.score),)
    raise NotImplementedError
