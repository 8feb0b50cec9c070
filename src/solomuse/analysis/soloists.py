"""Who plays the melody, bar by bar: soloists hand it over to each other.

`melody.rank_melody_tracks` says how likely each track of a whole song is the melody. Here the same is asked of windows
of `WINDOW_BARS` bars, and the likeliest path from track to track is taken, each change at a cost.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import accumulate, groupby

import numpy as np
from numpy.typing import NDArray

from solomuse.analysis.melody import (
    MOST_NOBODY,
    TrackScore,
    melody_scores,
    melody_track,
    rank_melody_tracks,
    rank_with_nobody,
)
from solomuse.analysis.melody_features import note_columns
from solomuse.errors import NoMelodyError
from solomuse.music.notes import Notes
from solomuse.music.song import Song

WINDOW_BARS, HOP_BARS = 4, 2

CHANGE_COST = 2.0
"""What the sum of the log-chances of the windows must gain for another track to take over."""

WHOLE_WEIGHT = 0.5
"""How much a track's log-chance in the whole song counts in each window."""

LEAST_NOTES_PER_BAR = 0.5
"""A track with fewer notes in a window is not its melody."""

_NOBODY = -8.0  # log-chance of no melody in a window in which somebody plays


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
        ``name=TEXT``: of the tracks whose name holds the text, in any case, the likeliest. ``name=TEXT+TEXT``: of
        several such tracks, which `with_joined_melody` has joined. ``track=N``: by its index.
    min_score : float
        Stretches that are less likely are left out.

    Raises
    ------
    NoMelodyError
        If there is none.
    """
    if choice == "all":
        found = handed_over(song)
    else:
        one = _chosen(song, choice)
        found = (Stretch(one.track, 0, len(song.bar_meters()), one.score),)
    kept = tuple(stretch for stretch in found if stretch.score >= min_score)
    if not kept:
        best = max((stretch.score for stretch in found), default=0.0)
        raise NoMelodyError(f"{song.title}: its melody is found with a chance of {best:.2f}, less than {min_score:g}")
    return kept


def _chosen(song: Song, choice: str) -> TrackScore:
    """One track for the whole song."""
    kind, _, value = choice.partition("=")
    if kind == "best" or "+" in value:
        return melody_track(song)
    if kind == "name":
        return _named(song, value)
    wanted = [score for score in rank_melody_tracks(song) if score.track == int(value)]
    if not wanted:
        raise _no_such_track(song, choice)
    return wanted[0]


def _named(song: Song, text: str) -> TrackScore:
    """The likeliest of the tracks whose name holds a text."""
    wanted = [score for score in rank_melody_tracks(song) if text.lower() in song.tracks[score.track].name.lower()]
    if not wanted:
        raise _no_such_track(song, f"name={text}")
    return wanted[0]


def _no_such_track(song: Song, choice: str) -> NoMelodyError:
    names = ", ".join(f"{index} {track.name!r}" for index, track in enumerate(song.tracks[:12]))
    return NoMelodyError(f"{song.title}: no track is {choice}; it has {names}")


def with_joined_melody(song: Song, choice: str) -> Song:
    """The song in which the first of the tracks that ``name=TEXT+TEXT`` names has the melody of them all.

    In each bar it is that of the first one that plays there; the notes that it takes from the others are theirs no
    longer. Other choices leave the song as it is.

    Raises
    ------
    NoMelodyError
        If one of the names is that of no track.
    """
    kind, _, value = choice.partition("=")
    if kind != "name" or "+" not in value:
        return song
    chosen = list(dict.fromkeys(_named(song, text.strip()).track for text in value.split("+")))
    lines = list(accumulate((meter.bar_ticks for meter in song.bar_meters()), initial=0))
    is_free = np.ones(len(lines), dtype=bool)
    tracks, taken = list(song.tracks), []
    for index in chosen:
        columns = tracks[index].columns.columns
        bars = np.searchsorted(lines, columns[:, 0], side="right") - 1
        is_taken = is_free[bars]
        taken.append(columns[is_taken])
        tracks[index] = replace(tracks[index], notes=Notes(columns[~is_taken]))
        is_free[bars] = False
    tracks[chosen[0]] = replace(tracks[chosen[0]], notes=Notes(np.concatenate(taken)))
    return replace(song, tracks=tuple(tracks), melody_track=chosen[0])


def handed_over(song: Song) -> tuple[Stretch, ...]:
    """The stretches in which one track after another has the melody, in order; of each the mean chance."""
    if song.melody_track is not None:
        return (Stretch(song.melody_track, 0, len(song.bar_meters()), 1.0),)
    lines = list(accumulate((meter.bar_ticks for meter in song.bar_meters()), initial=0))
    count = len(lines) - 1
    starts = list(range(0, max(1, count - HOP_BARS), HOP_BARS))
    ranked, nobody = rank_with_nobody(song)
    if nobody > MOST_NOBODY:
        raise _nobody(song)
    whole = {score.track: score.score for score in ranked}
    columns = [note_columns(track) for track in song.tracks]
    scores = np.full((len(starts), len(columns) + 1), -np.inf)
    scores[:, -1] = _NOBODY
    for row, start in enumerate(starts):
        end = min(start + WINDOW_BARS, count)
        inside = [_between(notes, lines[start], lines[end]) for notes in columns]
        enough = max(1.0, LEAST_NOTES_PER_BAR * (end - start))
        playing = [index for index in whole if whole[index] > 0 and len(inside[index]) >= enough]
        if playing:
            found = melody_scores([inside[index] for index in playing], [song.tracks[index].name for index in playing])
            scores[row, playing] = found - np.logaddexp.reduce(found)
            scores[row, playing] += WHOLE_WEIGHT * np.log([whole[index] for index in playing])
    path = _likeliest_path(scores)
    chances = np.exp(scores - np.logaddexp.reduce(scores, axis=1, keepdims=True))
    found_stretches = []
    for track, rows in groupby(range(len(starts)), key=lambda row: int(path[row])):
        own = list(rows)
        margin = (WINDOW_BARS - HOP_BARS) // 2  # a window speaks for its middle
        first, last = starts[own[0]] + (margin if own[0] else 0), starts[own[-1]] + margin + HOP_BARS
        if track < len(columns):
            end = count if own[-1] == len(starts) - 1 else min(last, count)
            found_stretches.append(Stretch(track, first, end, float(chances[own, track].mean())))
    if not found_stretches:
        raise _nobody(song)
    return tuple(found_stretches)


def _nobody(song: Song) -> NoMelodyError:
    return NoMelodyError(f"{song.title}: none of its {len(song.tracks)} tracks looks like a melody anywhere")


def _between(notes: NDArray[np.int64], start: int, end: int) -> NDArray[np.int64]:
    """Rows of `note_columns` that start in ``[start, end)``, on a clock that starts there, cut at the end."""
    first, last = np.searchsorted(notes[:, 0], (start, end))
    part = notes[first:last].copy()
    part[:, 0] -= start
    part[:, 2] = np.minimum(part[:, 2], end) - start
    return part


def _likeliest_path(scores: NDArray[np.float64]) -> NDArray[np.int64]:
    """The state of each row, shape (rows,), for scores of shape (rows, states)."""
    best, came_from = scores[0], np.zeros(scores.shape, dtype=np.int64)
    for row in range(1, len(scores)):
        leader = int(best.argmax())
        changes = best < best[leader] - CHANGE_COST
        came_from[row] = np.where(changes, leader, np.arange(len(best)))
        best = np.where(changes, best[leader] - CHANGE_COST, best) + scores[row]
    path = np.zeros(len(scores), dtype=np.int64)
    path[-1] = best.argmax()
    for row in range(len(scores) - 1, 0, -1):
        path[row - 1] = came_from[row, path[row]]
    return path
