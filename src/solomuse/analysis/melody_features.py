"""What a track looks like beside the others of its song: the numbers that the search for the melody goes by.

====================  ==========================================================================================
pitch, pitch_bow      mean pitch in octaves from E4; its squared distance from G#4
rank                  share of the tracks with a lower mean
range, range_bow      octaves between the 5th and 95th percentile of pitch; squared distance from 1.3
polyphony, _root      share of the notes that start before one before has ended, by more than a sixteenth
chords, chords_root   share of the notes that start together with another one
polyphonic            whether more than a quarter of the notes overlap
rule                  the published rule: height, monophony and activity in one number
density, _bow         log2 of onsets a quarter; squared distance from 0.3
relative_notes        log2 of the notes to the mean of the tracks
cover, cover_square   share of the song's sounding time in which it sounds
top_share, _root      share of the song's sounding time in which it is the highest; and of its own: top_own
cover_top, low_own    cover times top_own; share of its own time in which it is the lowest
steps, step_third     share of intervals of 1 or 2 semitones; squared share of 1 to 4
thirds, leaps         share of 3 or 4, and of more than 7 semitones
repeated, interval    share of repeated pitches; mean interval in octaves
legato, long_notes    length to the next onset, capped at 1.5; log2 of the mean length in quarters
short_notes           the same, where it is below 0
phrases, long_rests   rests of more than a quarter (three quarters) for every 8 notes; cover_phrases: times cover
pitch_entropy         entropy of its pitch classes in bits; pitches: how many different pitches, in dozens
rhythm_entropy        entropy of the time between onsets in 32nds, in bits
same_bars             share of the bars whose notes stand elsewhere in it; same_rhythms: whose rhythm does
same_square           the product of the two
rank_chords           rank times chords_root
velocity, loudest     against the mean of the tracks, in sixteens; whether no track is louder; velocity_spread
off_beat, first       share of onsets off the quarters; when it begins, as share of the song
together              largest share of its onsets that another track has too
position              place among the song's tracks, from 0 to 1
====================  ==========================================================================================
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from solomuse.analysis.cells import covered_cells
from solomuse.analysis.hashing import Words, mixed
from solomuse.music.note import TICKS_PER_QUARTER
from solomuse.music.song import Track

_IN_ORDER = """
pitch pitch_bow rank range range_bow polyphony polyphony_root chords chords_root polyphonic rule density
density_bow relative_notes cover cover_square top_share top_share_root top_own cover_top low_own steps step_third
thirds leaps repeated interval legato long_notes short_notes phrases long_rests cover_phrases pitch_entropy
pitches rhythm_entropy same_bars same_rhythms same_square rank_chords velocity loudest velocity_spread off_beat
first together position
"""
NAMES = tuple(_IN_ORDER.split())

LOWEST_PITCH, HIGHEST_PITCH = 30.0, 96.0
ENOUGH_NOTES_PER_QUARTER = 1.5
HEIGHT_WEIGHT, MONOPHONY_WEIGHT, ACTIVITY_WEIGHT = 0.3, 0.55, 0.15
"""Of the published rule; the best of some 400 settings on real files."""

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

_SIXTEENTH = TICKS_PER_QUARTER // 4
_TOGETHER = TICKS_PER_QUARTER // 16
_COMMON_BAR = 4 * TICKS_PER_QUARTER


def note_columns(track: Track) -> Integers:
    """Onset, pitch, end and velocity of the notes in order, shape (notes, 4)."""
    notes = track.columns
    return np.stack([notes.times, notes.pitches, notes.ends, notes.columns[:, 3]], axis=1)


def published_rule(mean_pitch: float, overlap: float, count: int, quarters: float) -> float:
    """High, one note at a time (`polyphony`), enough of them: 0 to 1."""
    height = min(max((mean_pitch - LOWEST_PITCH) / (HIGHEST_PITCH - LOWEST_PITCH), 0.0), 1.0)
    activity = min(1.0, count / (ENOUGH_NOTES_PER_QUARTER * quarters))
    return HEIGHT_WEIGHT * height + MONOPHONY_WEIGHT * (1 - overlap) + ACTIVITY_WEIGHT * activity


def polyphony(columns: Integers) -> float:
    """Share of the notes that start before one before them has ended, by more than a sixteenth."""
    if len(columns) < 2:
        return 0.0
    ends = np.maximum.accumulate(columns[:, 2])
    return float((ends[:-1] - columns[1:, 0] > _SIXTEENTH).mean())


def track_features(tracks: Sequence[Integers]) -> Floats:
    """The features of a song's pitched tracks, given as `note_columns`: shape (tracks, len(NAMES))."""
    end = max(int(columns[:, 2].max()) for columns in tracks)
    tops, lows = _outlines(tracks, end)
    sounds = tops >= 0
    sounding = max(1, int(sounds.any(0).sum()))
    is_top = sounds & (tops == tops.max(0))
    is_low = sounds & (lows == lows.min(0))
    own = np.maximum(1, sounds.sum(1))
    means = np.array([columns[:, 1].mean() for columns in tracks])
    loudness = np.array([columns[:, 3].mean() for columns in tracks])
    counts = np.array([len(columns) for columns in tracks])
    begins = np.zeros((len(tracks), end // _TOGETHER + 1), dtype=bool)
    for own_begins, columns in zip(begins, tracks, strict=True):
        own_begins[columns[:, 0] // _TOGETHER] = True
    begins = begins[:, begins.any(0)].astype(np.float32)
    together = (begins @ begins.T) / begins.sum(1)[:, None]
    np.fill_diagonal(together, 0)
    rows = []
    for index, columns in enumerate(tracks):
        features = _alone(columns, end)
        cover, top_own = sounds[index].sum() / sounding, is_top[index].sum() / own[index]
        top_share, rank = is_top[index].sum() / sounding, float((means[index] > means).mean())
        features |= {
            "rank": rank,
            "relative_notes": np.log2(counts[index] / counts.mean()),
            "cover": cover,
            "cover_square": cover**2,
            "top_share": top_share,
            "top_share_root": top_share**0.5,
            "top_own": top_own,
            "cover_top": cover * top_own,
            "low_own": is_low[index].sum() / own[index],
            "cover_phrases": cover * features["phrases"],
            "rank_chords": rank * features["chords_root"],
            "velocity": (loudness[index] - loudness.mean()) / 16,
            "loudest": float(loudness[index] >= loudness.max() - 1),
            "together": float(together[index].max()),
            "position": index / max(1, len(tracks) - 1),
        }
        rows.append([features[name] for name in NAMES])
    return np.array(rows, dtype=np.float64)


def _outlines(tracks: Sequence[Integers], end: int) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    """Highest (-1 for none) and lowest (200 for none) pitch of each track in each sixteenth."""
    length = end // _SIXTEENTH + 2
    tops = np.full((len(tracks), length), -1, dtype=np.int16)
    lows = np.full((len(tracks), length), 200, dtype=np.int16)
    for top, low, columns in zip(tops, lows, tracks, strict=True):
        starts = columns[:, 0] // _SIXTEENTH
        lengths = np.maximum((columns[:, 2] + _SIXTEENTH // 2) // _SIXTEENTH - starts, 1)
        steps = covered_cells(starts, lengths)
        pitches = np.repeat(columns[:, 1], lengths).astype(np.int16)
        by_pitch = np.argsort(pitches, kind="stable")
        top[steps[by_pitch]] = pitches[by_pitch]  # of several at one place the last one written stays
        low[steps[by_pitch[::-1]]] = pitches[by_pitch[::-1]]
    return tops, lows


def _alone(columns: Integers, end: int) -> dict[str, float]:
    """The features that need no other track."""
    times, pitches, _, velocities = columns.T
    quarters = max(1.0, end / TICKS_PER_QUARTER)
    slots = times // _TOGETHER
    is_highest = np.append(slots[1:] != slots[:-1], True)  # columns are in order of time, then pitch
    line, onsets, ends = pitches[is_highest], times[is_highest], columns[is_highest, 2]
    intervals, gaps = np.abs(np.diff(line)), np.diff(onsets)
    lengths = ends - onsets
    rests = gaps - lengths[:-1]
    chords = 1 - len(line) / len(columns)
    overlap = polyphony(columns)
    density = np.log2(len(line) / quarters + 0.05)
    counts = np.bincount(pitches, minlength=132)
    low, high = _percentile(counts, 0.05), _percentile(counts, 0.95)
    classes = counts.reshape(-1, 12).sum(0)
    mean = pitches.sum() / len(pitches)
    length = float(np.log2(lengths.mean() / TICKS_PER_QUARTER + 0.01))
    same_bars, same_rhythms = _repetition(onsets, line)
    phase = times % TICKS_PER_QUARTER
    steps, thirds = _share((intervals >= 1) & (intervals <= 2)), _share((intervals >= 3) & (intervals <= 4))
    return {
        "pitch": (mean - 64) / 12,
        "pitch_bow": ((mean - 68) / 12) ** 2,
        "range": (high - low) / 12,
        "range_bow": ((high - low) / 12 - 1.3) ** 2,
        "polyphony": overlap,
        "polyphony_root": overlap**0.5,
        "chords": chords,
        "chords_root": chords**0.5,
        "polyphonic": float(overlap > 0.25),
        "rule": published_rule(mean, overlap, len(columns), quarters),
        "density": density,
        "density_bow": (density - 0.3) ** 2,
        "steps": steps,
        "step_third": (steps + thirds) ** 2,
        "thirds": thirds,
        "leaps": _share(intervals > 7),
        "repeated": _share(intervals == 0),
        "interval": float(intervals.mean()) / 12 if len(intervals) else 0.0,
        "legato": float(np.clip(lengths[:-1] / np.maximum(gaps, 1), 0, 1.5).mean()) if len(gaps) else 1.0,
        "long_notes": length,
        "short_notes": min(length, 0.0),
        "phrases": 8 * (rests > TICKS_PER_QUARTER).sum() / len(line),
        "long_rests": 8 * _share(rests > 3 * TICKS_PER_QUARTER),
        "pitch_entropy": _entropy(classes),
        "pitches": np.count_nonzero(counts) / 12,
        "rhythm_entropy": _entropy(np.bincount(np.clip((gaps + 30) // 60, 0, 64))) if len(gaps) else 0.0,
        "same_bars": same_bars,
        "same_rhythms": same_rhythms,
        "same_square": same_bars * same_rhythms,
        "velocity_spread": velocities.std() / 16,
        "off_beat": _share((phase > 60) & (phase < TICKS_PER_QUARTER - 60)),
        "first": times[0] / end,
    }


def _share(mask: NDArray[np.bool_]) -> float:
    return np.count_nonzero(mask) / len(mask) if len(mask) else 0.0


def _percentile(counts: Integers, share: float) -> float:
    """The percentile of whole numbers of which there are so many each, between two of them linearly."""
    sums = np.cumsum(counts)
    place = share * (int(sums[-1]) - 1)
    low, high = np.searchsorted(sums, (int(place) + 1, min(int(place) + 2, int(sums[-1]))))
    return float(low + (place - int(place)) * (high - low))


def _entropy(counts: Integers) -> float:
    """Shannon entropy in bits."""
    shares = counts[counts > 0] / counts.sum()
    return float(-(shares * np.log2(shares)).sum())


def _repetition(onsets: Integers, line: Integers) -> tuple[float, float]:
    """Share of the bars of four quarters whose notes, and whose rhythm, stand in another bar."""
    places = (onsets % _COMMON_BAR) // 60
    bars = onsets // _COMMON_BAR
    starts = np.flatnonzero(np.append(True, bars[1:] != bars[:-1]))
    notes = np.add.reduceat(_hashed(places * 128 + line), starts)
    rhythms = np.add.reduceat(_hashed(places), starts)
    return 1 - _different(notes) / len(starts), 1 - _different(rhythms) / len(starts)


def _different(values: Words) -> int:
    """How many different ones there are."""
    ordered = np.sort(values)
    return 1 + int(np.count_nonzero(ordered[1:] != ordered[:-1]))


def _hashed(values: Integers) -> Words:
    """Numbers whose sums tell sets of values apart."""
    return mixed(values.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15))
