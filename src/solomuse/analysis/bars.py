"""Finds the beats and bars of a song whose file does not say them, or says them wrongly.

Three things may be wrong, and each is looked for by itself: the notes may lie off the file's beats by the same distance
everywhere (the beat's phase), the bar lines may be missing or meaningless (1/4 bars), or the file may not know the beat
at all (a performance recorded against a clock of 120). What the file says stays where it is believable.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from solomuse.analysis.beats import warp_to_ticks
from solomuse.music.chart import ChordSpan
from solomuse.music.meter import Meter
from solomuse.music.note import TICKS_PER_QUARTER, Note
from solomuse.music.song import MeterChange, Song, TempoChange, Track

WEIGHTS_FILE = Path(__file__).with_name("bars_weights.json")

FEATURES = ("strength", "low_strength", "bass_length", "bass_change", "lowest", "novelty_2", "novelty_4", "novelty_8")
CONTEXT = (-4, -3, -2, -1, 1, 2, 3, 4)
"""Each feature counts by itself and against the beats this far away."""

BAR_LENGTHS = {4: 0.0, 3: 15.0, 6: 8.0}
"""Beats of a bar, and what the log-odds of a song must gain for it to be chosen over 4."""

IRREGULAR_COST = 6.0
"""What the log-odds must gain for a bar of another length in between."""

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Source = Literal["file", "phase", "bars", "tracked"]

USUAL_PERIOD = 60 / 90
"""Seconds of a beat that is preferred where several would do."""

_LOW_PITCH = 52
_LONGEST = 3 * TICKS_PER_QUARTER
_NEAR = TICKS_PER_QUARTER // 8
_PHASE_WIDTH = 25.0
_BELIEVED_PHASE_SHARE = 0.9
_LIVE_COHERENCE = 0.25
_FEWEST_NOTES = 32


@dataclass(frozen=True, slots=True)
class Grid:
    """Where a song's beats and bars come from.

    Parameters
    ----------
    source : {"file", "phase", "bars", "tracked"}
        The file's own; moved by a phase, with bars found; the file's beats with bars found; beats tracked in seconds.
    deviation : float
        Mean distance of the onsets from the nearest sixteenth or triplet, in ticks.
    """

    source: Source
    deviation: float


def with_bars(song: Song) -> tuple[Song, Grid]:
    """The song on a grid to be believed, and where the grid comes from.

    A song with fewer than 32 pitched notes is left as it is.
    """
    columns = pitched_columns(song)
    if len(columns) < _FEWEST_NOTES:
        return song, Grid("file", deviation(columns[:, 0]))
    weights = onset_weights(columns)
    if coherence(columns[:, 0], weights) < _LIVE_COHERENCE:
        song = _tracked(song, columns)
        columns = pitched_columns(song)
        return _barred(song, columns, 0), Grid("tracked", deviation(columns[:, 0]))
    phase, share_of_best = beat_phase(columns[:, 0], weights)
    keeps_beats = min(phase, TICKS_PER_QUARTER - phase) <= _PHASE_WIDTH or share_of_best >= _BELIEVED_PHASE_SHARE
    if keeps_beats and all(change.meter.numerator > 1 for change in song.meters):
        return song, Grid("file", deviation(columns[:, 0]))
    found = _barred(song, columns, 0 if keeps_beats else phase)
    return found, Grid("bars" if keeps_beats else "phase", deviation(pitched_columns(found)[:, 0]))


def onset_weights(columns: Integers) -> Floats:
    """How much each note says about the beat: long and low ones say more. Columns are onset, end, pitch."""
    lengths = np.minimum(columns[:, 1] - columns[:, 0], _LONGEST) / TICKS_PER_QUARTER + 0.1
    return np.asarray(lengths * (1 + 2.0 * (columns[:, 2] < _LOW_PITCH)))


def beat_phase(onsets: Integers, weights: Floats) -> tuple[int, float]:
    """Where in the quarter the beat lies, in ticks, and how well phase 0 fits, as share of the best one.

    The onsets' histogram over the quarter is correlated with a comb that has its highest tooth on the beat, lower ones
    on the eighth and the sixteenths.
    """
    histogram = np.bincount(onsets % TICKS_PER_QUARTER, weights=weights, minlength=TICKS_PER_QUARTER)
    place = np.arange(TICKS_PER_QUARTER)
    comb = np.zeros(TICKS_PER_QUARTER)
    for tooth, height in ((0, 1.0), (240, 0.5), (120, 0.15), (360, 0.15)):
        distance = np.abs((place - tooth + 240) % TICKS_PER_QUARTER - 240)
        comb += height * np.exp(-((distance / _PHASE_WIDTH) ** 2) / 2)
    fits = np.fft.irfft(np.fft.rfft(histogram) * np.conj(np.fft.rfft(comb)), TICKS_PER_QUARTER)
    best = int(fits.argmax())
    return best, float(fits[0] / fits[best])


def coherence(onsets: Integers, weights: Floats) -> float:
    """How much the onsets agree on a grid of sixteenths or eighth triplets, wherever it lies: 0 (not at all) to 1."""
    turns = [np.exp(2j * np.pi * onsets / (TICKS_PER_QUARTER / steps)) for steps in (4, 3)]
    return float(max(abs((weights * turn).sum()) for turn in turns) / weights.sum())


def deviation(onsets: Integers) -> float:
    """Mean distance of onsets from the nearest sixteenth or eighth triplet, in ticks."""
    if not len(onsets):
        return 0.0
    distances = [np.abs((onsets + step // 2) % step - step // 2) for step in (120, 160)]
    return float(np.minimum(*distances).mean())


def beat_features(columns: Integers, beats: Integers) -> Floats:
    """What marks each beat as the first of a bar, shape (beats, len(FEATURES) * (1 + len(CONTEXT)))."""
    count = len(beats)
    onsets, ends, pitches = columns.T
    nearest = np.clip(np.rint((onsets - beats[0]) / TICKS_PER_QUARTER).astype(np.int64), 0, count - 1)
    near = np.abs(onsets - beats[nearest]) <= _NEAR
    lengths = np.minimum(ends - onsets, _LONGEST) / TICKS_PER_QUARTER + 0.1
    strength = np.bincount(nearest[near], weights=lengths[near], minlength=count)
    low = near & (pitches < _LOW_PITCH)
    low_strength = np.bincount(nearest[low], weights=lengths[low], minlength=count)
    bass_length = np.zeros(count)
    np.maximum.at(bass_length, nearest[low], np.minimum(lengths[low], 4.0))
    lowest = np.full(count, 128)
    np.minimum.at(lowest, nearest[near], pitches[near])
    struck = lowest < _LOW_PITCH + 3
    basses = lowest[struck] % 12
    bass_change = np.zeros(count)
    bass_change[struck] = np.where(basses != np.concatenate([[-1], basses[:-1]]), 1.0, -0.5)
    chroma = _chroma(columns, beats)
    own = np.stack(
        [
            np.sqrt(strength / (strength.mean() + 1e-9)),
            np.sqrt(low_strength / (low_strength.mean() + 1e-9)),
            bass_length,
            bass_change,
            np.where(lowest < 128, (60 - lowest) / 12, -1.0),
            *(_novelty(chroma, width) for width in (2, 4, 8)),
        ],
        axis=1,
    )
    reach = max(CONTEXT)
    padded = np.pad(own, ((reach, reach), (0, 0)), mode="edge")
    around = [own - padded[reach + shift : reach + shift + count] for shift in CONTEXT]
    return np.concatenate([own, *around], axis=1)


def _chroma(columns: Integers, beats: Integers) -> Floats:
    """Sounding time of each pitch class in each beat, in beats, shape (beats, 12)."""
    count = len(beats)
    onsets, ends, pitches = columns.T
    first = np.clip((onsets - beats[0]) // TICKS_PER_QUARTER, 0, count - 1)
    lengths = np.clip((ends - 1 - beats[0]) // TICKS_PER_QUARTER, first, count - 1) - first + 1
    stop = np.cumsum(lengths)
    beat = np.repeat(first - stop + lengths, lengths) + np.arange(stop[-1])
    onsets, ends, pitches = (np.repeat(column, lengths) for column in (onsets, ends, pitches))
    sounding = np.minimum(ends, beats[beat] + TICKS_PER_QUARTER) - np.maximum(onsets, beats[beat])
    weights = np.maximum(sounding, 0) / TICKS_PER_QUARTER
    return np.asarray(np.bincount(12 * beat + pitches % 12, weights=weights, minlength=12 * count).reshape(count, 12))


def _novelty(chroma: Floats, width: int) -> Floats:
    """One less the cosine between what sounds in the `width` beats before each beat and from it on; 0.5 at silence."""
    sums = np.vstack([np.zeros((1, 12)), chroma.cumsum(0)])
    place = np.arange(len(chroma))
    before = sums[place] - sums[np.maximum(0, place - width)]
    after = sums[np.minimum(len(chroma), place + width)] - sums[place]
    norms = np.linalg.norm(before, axis=1) * np.linalg.norm(after, axis=1)
    cosine = (before * after).sum(1) / np.maximum(norms, 1e-9)
    return np.where(norms > 0, 1 - cosine, 0.5)


def downbeats(log_odds: Floats) -> tuple[Integers, int]:
    """Indices of the beats that start a bar, given each beat's log-odds to do so, and the beats of a usual bar."""
    found = [(*_positions(log_odds, length), length) for length in BAR_LENGTHS]
    nothing = np.logaddexp(0, log_odds).sum()
    gains = [total - nothing - BAR_LENGTHS[length] for _, total, length in found]
    positions, _, length = found[int(np.argmax(gains))]
    return np.flatnonzero(positions == 0), length


def _positions(log_odds: Floats, length: int) -> tuple[Integers, float]:
    """The likeliest place of each beat in bars of a length, and the log-odds of the first ones."""
    count = len(log_odds)
    came_from = np.zeros((count, length), dtype=np.int64)
    regular = (np.arange(length) - 1) % length
    best = np.zeros(length)
    best[0] = log_odds[0]
    for beat in range(1, count):
        came_from[beat] = regular
        leader = int(best.argmax())
        irregular = best[leader] - IRREGULAR_COST
        following = best[regular]
        if irregular > following[0]:
            came_from[beat, 0], following[0] = leader, irregular
        following[0] += log_odds[beat]
        best = following
    place, total = int(best.argmax()), float(best.max())
    positions = np.zeros(count, dtype=np.int64)
    for beat in range(count - 1, -1, -1):
        positions[beat] = place
        place = int(came_from[beat, place])
    return positions, total


@cache
def _weights() -> tuple[Floats, float]:
    """Weights of the features, and what is added to their sum."""
    stored = json.loads(WEIGHTS_FILE.read_text("utf-8"))
    return np.array(stored["weights"]), float(stored["intercept"])


def beats_at(phase: int, end: int) -> Integers:
    """Ticks of the beats at a phase, from before the first note to past the last."""
    return np.arange(phase - TICKS_PER_QUARTER if phase else 0, end + TICKS_PER_QUARTER, TICKS_PER_QUARTER)


def pitched_columns(song: Song) -> Integers:
    """Onset, end and pitch of the pitched notes, in order of onset, shape (n, 3)."""
    rows = [
        (note.time, note.time + note.duration, note.pitch)
        for track in song.tracks
        if not track.is_drum
        for note in track.notes
    ]
    columns = np.array(rows, dtype=np.int64).reshape(-1, 3)
    return columns[np.argsort(columns[:, 0], kind="stable")]


def _barred(song: Song, columns: Integers, phase: int) -> Song:
    """The song with bar lines where they are likeliest, its beats moved onto the quarters."""
    beats = beats_at(phase, int(columns[:, 1].max()))
    weights, intercept = _weights()
    starts, length = downbeats(beat_features(columns, beats) @ weights + intercept)
    usual = Meter(3 if length == 6 else length, 4)
    first = int(beats[starts[0]])
    shift = -first % (length * TICKS_PER_QUARTER) if first > 0 else -first
    moved = _shifted(song, shift)
    lines = [int(beats[start]) + shift for start in starts]
    if lines[0] > 0:
        lines = [0, *lines]
    changes = [MeterChange(0, usual)]
    for line, following in zip(lines, [*lines[1:], None], strict=True):
        quarters = length if following is None else (following - line) // TICKS_PER_QUARTER
        meter = usual if quarters % usual.numerator == 0 else Meter(quarters, 4)
        if changes[-1].meter != meter:
            changes = changes[:-1] if changes[-1].time == line else changes
            changes.append(MeterChange(line, meter))
    return replace(moved, meters=tuple(changes))


def _shifted(song: Song, ticks: int) -> Song:
    """The song later by some ticks, its tempo changes and chords too."""
    return replace(
        song,
        tracks=tuple(replace(track, notes=tuple(note.shift(ticks) for note in track.notes)) for track in song.tracks),
        tempos=tuple(TempoChange(change.time + ticks if change.time else 0, change.qpm) for change in song.tempos),
        chords=tuple(ChordSpan(span.time + ticks, span.duration, span.chord) for span in song.chords),
    )


def _tracked(song: Song, columns: Integers) -> Song:
    """The song with its beats as they are heard, on the quarters."""
    seconds = seconds_of(song, columns[:, 0])
    beats = track_beats(seconds, onset_weights(columns))
    ticks = TICKS_PER_QUARTER * np.arange(len(beats))

    def warped(times: Sequence[int]) -> Integers:
        heard = warp_to_ticks(seconds_of(song, np.array(times, dtype=np.int64)), beats, ticks)
        return np.maximum(heard, 0)

    tracks = []
    for track in song.tracks:
        starts = warped([note.time for note in track.notes])
        ends = np.maximum(warped([note.end for note in track.notes]), starts + 1)
        notes = [
            Note(start, note.pitch, end - start, note.velocity)
            for note, start, end in zip(track.notes, starts.tolist(), ends.tolist(), strict=True)
        ]
        tracks.append(Track(tuple(sorted(notes)), track.name, track.program, track.is_drum))
    chords = [
        ChordSpan(start, end - start, span.chord)
        for span in song.chords
        if (start := int(warped([span.time])[0])) < (end := int(warped([span.end])[0]))
    ]
    tempos = (TempoChange(0, round(60 / float(np.median(np.diff(beats))), 3)),)
    return replace(song, tracks=tuple(tracks), tempos=tempos, chords=tuple(chords))


def seconds_of(song: Song, ticks: Integers) -> Floats:
    """Seconds at ticks under the song's tempo map."""
    times = np.array([change.time for change in song.tempos])
    rates = 60.0 / (TICKS_PER_QUARTER * np.array([change.qpm for change in song.tempos]))
    starts = np.concatenate([[0.0], np.cumsum(np.diff(times) * rates[:-1])])
    place = np.maximum(0, np.searchsorted(times, ticks, side="right") - 1)
    return np.asarray(starts[place] + (ticks - times[place]) * rates[place])


def track_beats(seconds: Floats, weights: Floats) -> Floats:
    """Beats of a performance in seconds, from its onsets.

    The period is that at which the onsets' strength resembles itself most, with a preference for 90 beats a minute;
    the beats are the sequence of strong places at about that period (D. Ellis, "Beat tracking by dynamic programming",
    Journal of New Music Research 36, 2007).

    Parameters
    ----------
    seconds, weights : ndarray of shape (n,)
        Onsets, rising, and how much each says.

    Returns
    -------
    ndarray of shape (beats,), float64
        Two at least.
    """
    rate, tightness = 100, 400.0
    count = int(seconds[-1] * rate) + 2 * rate
    strength = np.bincount((seconds * rate).astype(np.int64), weights=weights, minlength=count)
    kernel = np.exp(-(np.arange(-4, 5) ** 2) / (2 * 1.5**2))
    strength = np.convolve(strength, kernel, mode="same")
    strength = np.divide(strength, strength.std() + 1e-9)
    lags = np.arange(int(0.3 * rate), int(1.5 * rate))
    spectrum = np.fft.rfft(strength - strength.mean(), 2 * count)
    resemblance = np.fft.irfft(np.abs(spectrum) ** 2)[lags]
    octaves = np.log2(lags / (rate * USUAL_PERIOD))
    preference = np.exp(-((octaves / 0.7) ** 2) / 2)
    period = int(lags[(resemblance * preference).argmax()])
    score, came_from = strength.copy(), np.full(count, -1)
    steps = np.arange(-2 * period, -period // 2 + 1)
    cost = -tightness * np.log(-steps / period) ** 2 / 100
    for place in range(2 * period, count):
        reached = score[place + steps] + cost
        best = int(reached.argmax())
        score[place] += reached[best]
        came_from[place] = place + steps[best]
    place = count - period + int(score[-period:].argmax())
    found = []
    while place >= 0:
        found.append(place)
        place = int(came_from[place])
    if len(found) < 2:
        found = [period, 0]
    return np.multiply(found[::-1], 1 / rate)
