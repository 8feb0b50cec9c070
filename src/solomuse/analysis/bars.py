"""Finds the beats and bars of a song whose file does not say them, or says them wrongly.

Three things may be wrong, and each is looked for by itself: the notes may lie off the file's beats by the same distance
everywhere (the beat's phase), the bar lines may be missing or meaningless (1/4 bars), or the file may not know the beat
at all (a performance recorded against a clock of 120). What the file says stays where it is believable.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from solomuse.analysis.beats import warp_to_ticks
from solomuse.analysis.downbeats import downbeat_log_odds, downbeats
from solomuse.music.chart import ChordSpan
from solomuse.music.meter import Meter
from solomuse.music.note import TICKS_PER_QUARTER
from solomuse.music.notes import Notes
from solomuse.music.song import BeatSource, MeterChange, Song, TempoChange

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

USUAL_PERIOD = 60 / 90
"""Seconds of a beat that is preferred where several would do."""

TIGHTNESS = 120.0
"""How much a beat costs that is longer or shorter than the others: times the square of the log of the ratio."""

LONGEST_PERFORMANCE_SECONDS = 3 * 3600.0
"""In a longer one beats are not tracked: its tempo is a fault of the file."""

LEAST_GAIN = 10.0
"""What the log-odds of the bar lines that are found must be larger, for each bar, for a song that says no meter not to
be in 4/4 from its first beat on. So taken, 265 files that do say theirs get 0.970 of their downbeats right (F-measure),
0.966 if 4/4 is never doubted, and 0.833 if the likeliest bar lines are always taken."""

_LOW_PITCH = 52
_LONGEST = 3 * TICKS_PER_QUARTER
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

    source: BeatSource
    deviation: float


def with_bars(song: Song) -> tuple[Song, Grid]:
    """The song on a grid to be believed, and where the grid comes from.

    A song with fewer than 32 pitched notes is left as it is. One that says no meter is in 4/4 from its first beat on,
    as MIDI has it, unless the notes speak clearly against that.
    """
    columns = pitched_columns(song)
    if len(columns) < _FEWEST_NOTES:
        return song, Grid("file", deviation(columns[:, 0]))
    weights = onset_weights(columns)
    is_live = coherence(columns[:, 0], weights) < _LIVE_COHERENCE
    if is_live and seconds_of(song, columns[-1:, 0])[0] < LONGEST_PERFORMANCE_SECONDS:
        song = _tracked(song, columns)
        columns = pitched_columns(song)
        return _barred(song, columns, 0), Grid("tracked", deviation(columns[:, 0]))
    phase, share_of_best = beat_phase(columns[:, 0], weights)
    keeps_beats = min(phase, TICKS_PER_QUARTER - phase) <= _PHASE_WIDTH or share_of_best >= _BELIEVED_PHASE_SHARE
    has_bars = all(change.meter.numerator > 1 for change in song.meters)
    if keeps_beats and has_bars and (song.says_meter or not _doubts_common_time(columns)):
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


def beats_at(phase: int, end: int) -> Integers:
    """Ticks of the beats at a phase, from before the first note to past the last."""
    return np.arange(phase - TICKS_PER_QUARTER if phase else 0, end + TICKS_PER_QUARTER, TICKS_PER_QUARTER)


def pitched_columns(song: Song) -> Integers:
    """Onset, end, pitch and velocity of the pitched notes, in order of onset, shape (n, 4)."""
    parts = [track.columns for track in song.tracks if not track.is_drum]
    rows = [np.stack([part.times, part.ends, part.pitches, part.columns[:, 3]], axis=1) for part in parts]
    columns = np.concatenate([np.zeros((0, 4), dtype=np.int64), *rows])
    return columns[np.argsort(columns[:, 0], kind="stable")]


def _doubts_common_time(columns: Integers) -> bool:
    """Whether the notes speak clearly against bars of 4/4 from the first beat on."""
    log_odds = downbeat_log_odds(columns, beats_at(0, int(columns[:, 1].max())))
    starts, _ = downbeats(log_odds)
    plain = log_odds[::4]
    return float(log_odds[starts].sum() - plain.sum()) > LEAST_GAIN * len(plain)


def _barred(song: Song, columns: Integers, phase: int) -> Song:
    """The song with bar lines where they are likeliest, its beats moved onto the quarters."""
    beats = beats_at(phase, int(columns[:, 1].max()))
    starts, length = downbeats(downbeat_log_odds(columns, beats))
    usual = Meter(length, 4)
    first = int(beats[starts[0]])
    shift = -first % (length * TICKS_PER_QUARTER) if first > 0 else -first
    moved = song.shift(shift)
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


def _tracked(song: Song, columns: Integers) -> Song:
    """The song with its beats as they are heard, on the quarters."""
    seconds = seconds_of(song, columns[:, 0])
    beats = track_beats(seconds, onset_weights(columns))
    ticks = TICKS_PER_QUARTER * np.arange(len(beats))

    def warped(times: Integers) -> Integers:
        return np.maximum(warp_to_ticks(seconds_of(song, times), beats, ticks), 0)

    tracks = []
    for track in song.tracks:
        notes = track.columns
        starts = warped(notes.times)
        lengths = np.maximum(warped(notes.ends) - starts, 1)
        columns = np.stack([starts, notes.pitches, lengths, notes.columns[:, 3]], axis=1)
        tracks.append(replace(track, notes=Notes(columns)))
    chords = [
        ChordSpan(start, end - start, span.chord)
        for span in song.chords
        for start, end in [warped(np.array([span.time, span.end])).tolist()]
        if start < end
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

    The period is that at which the onsets' strength resembles itself most, after one of it and four of it, a half and a
    quarter, with a preference for 90 beats a minute; the beats are the sequence of strong places at about that period
    (D. Ellis, "Beat tracking by dynamic programming", Journal of New Music Research 36, 2007).

    Parameters
    ----------
    seconds, weights : ndarray of shape (n,)
        Onsets, rising, and how much each says.

    Returns
    -------
    ndarray of shape (beats,), float64
        Two at least.
    """
    rate = 100
    count = int(seconds[-1] * rate) + 2 * rate
    strength = np.bincount((seconds * rate).astype(np.int64), weights=weights, minlength=count)
    kernel = np.exp(-(np.arange(-4, 5) ** 2) / (2 * 1.5**2))
    strength = np.convolve(strength, kernel, mode="same")
    strength = np.divide(strength, strength.std() + 1e-9)
    lags = np.arange(int(0.3 * rate), int(1.5 * rate))
    spectrum = np.fft.rfft(strength - strength.mean(), max(2 * count, 8 * rate))
    after = np.fft.irfft(np.abs(spectrum) ** 2)
    resemblance = after[lags] + after[4 * lags] + (after[lags // 2] + after[lags // 4]) / 2
    octaves = np.log2(lags / (rate * USUAL_PERIOD))
    preference = np.exp(-((octaves / 0.7) ** 2) / 2)
    period = int(lags[(resemblance * preference).argmax()])
    score, came_from = strength.copy(), np.full(count, -1)
    steps = np.arange(-2 * period, -period // 2 + 1)
    cost = -TIGHTNESS * np.log(-steps / period) ** 2
    block = period // 2  # a beat is at least so far from the one before, so that a block depends on earlier ones only
    for place in range(2 * period, count, block):
        places = np.arange(place, min(place + block, count))
        reached = score[places[:, None] + steps] + cost
        best = reached.argmax(1)
        score[places] += reached[np.arange(len(places)), best]
        came_from[places] = places + steps[best]
    place = count - period + int(score[-period:].argmax())
    found = []
    while place >= 0:
        found.append(place)
        place = int(came_from[place])
    if len(found) < 2:
        found = [period, 0]
    return np.multiply(found[::-1], 1 / rate)
