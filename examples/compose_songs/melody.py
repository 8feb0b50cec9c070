"""The lead: motifs that repeat and vary, set to the chords."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise
from random import Random

from examples.compose_songs.choice import nearest, pick, rhythm, step
from examples.compose_songs.piece import Harmony, Piece, chart_of, form_of, harmony_of, is_strong
from solomuse.music.chart import Bar, Chart
from solomuse.music.meter import Meter
from solomuse.music.note import Note

VOICES = {  # name, program, lowest and highest pitch in use
    "soprano": ("Soprano Sax", 64, 58, 84),
    "alto": ("Alto Sax", 65, 52, 79),
    "tenor": ("Tenor Sax", 66, 46, 74),
    "trumpet": ("Trumpet", 56, 55, 81),
    "flute": ("Flute", 73, 62, 90),
    "clarinet": ("Clarinet", 71, 55, 84),
    "oboe": ("Oboe", 68, 60, 84),
    "violin": ("Violin", 40, 57, 86),
    "vibraphone": ("Vibraphone", 11, 57, 84),
    "guitar": ("Jazz Guitar", 26, 52, 79),
    "synth": ("Voice Lead", 85, 57, 79),
}
RHYTHMS = {  # bars of a written tune, of an improvised line, of the end of a phrase; r is a rest
    "tune": {
        "4/4": ("q. e q q", "q q h", "e e q q q", "rq e e q q", "h q e e", "re e q e e q", "q e q e q", "t t t q h"),
        "3/4": ("h q", "q q q", "q. e q", "q e e q", "rq q q", "e e q q", "h e e"),
        "2/4": ("q q", "e e q", "q e e"),
        "6/8": ("q. q e", "q e q e", "e e e q.", "q. e e e", "q e q."),
    },
    "line": {
        "4/4": ("e e e e e e e e", "re e e e e e e e", "q e e e e q", "t t t e e e e q", "re e q e e e e",
                "e e t t t q e e", "rq e e e e e e", "e q e e e q"),
        "3/4": ("e e e e e e", "re e e e q", "q e e e e", "t t t e e q", "e e q e e"),
        "2/4": ("e e e e", "q e e"),
        "6/8": ("e e e e e e", "q e e e e", "re e e q e", "s s e e e e e"),
    },
    "pop": {
        "4/4": ("q e e q. e", "e e e s s q q", "re e e e q q", "q. q. q", "e e q re e q", "e q e e e q", "re q q e q"),
        "3/4": ("h q", "q q e e", "q. e q"),
        "2/4": ("e e q", "q q"),
    },
    "close": {
        "4/4": ("h. rq", "q. e q rq", "e q. rh", "q h rq", "h rh", "q rq rh"),
        "3/4": ("h rq", "h.", "q q rq"),
        "2/4": ("q rq", "h"),
        "6/8": ("q. q re", "q e q re", "h."),
    },
}  # fmt: skip
WRITTEN_PLANS = {8: ("abacabdx", "abaxabcx", "abcxabdx", "aabxaacx"), 12: ("abaxabaxcdex", "abcxabcxadex")}
IMPROVISED_PLANS = ("llx", "kklx", "lllx", "allx", "abx", "klkx", "llkllx", "kkkx", "lllrllx")
FRAGMENTS = ((1, 1, -1), (-1, -1, -1), (2, 2, -1), (-1, -1, 2), (1, -1, -1), (-2, 1, -1), (2, 2, 2, -1), (1, 1, 1))

Events = list[tuple[int, int, int, bool]]
"""Onset and length in ticks, move in steps of the scale, whether a phrase begins."""


def bar_rhythm(texts: dict[str, tuple[str, ...]], meter: Meter, rng: Random) -> list[tuple[int, int]]:
    """A bar's rhythm from the table; 5/4 is 3/4 with 2/4."""
    parts = ("3/4", "2/4") if str(meter) == "5/4" else (str(meter),)
    return list(rhythm(" ".join(pick(rng, texts[part]) for part in parts)))


def motif(kind: str, meter: Meter, rng: Random) -> Events:
    """A bar of melody before it meets a chord: rhythm, and a contour of small turns, runs and arpeggios."""
    moves: list[int] = []
    notes = bar_rhythm(RHYTHMS[kind], meter, rng)
    while len(moves) < len(notes):
        moves += pick(rng, FRAGMENTS) if kind == "line" else [pick(rng, (1, -1, 1, -1, 2, -2, 3, 0))]
    return [(onset, length, move, False) for (onset, length), move in zip(notes, moves, strict=False)]


def varied(bar: Events, rng: Random) -> Events:
    """The motif again: as it was, with its last step turned round, or with its first long note split."""
    choice, changed = rng.random(), list(bar)
    long = next((index for index, event in enumerate(bar) if event[1] in (480, 960)), None)
    if choice < 0.35:
        onset, length, move, opens = bar[-1]
        changed[-1] = (onset, length, -move or 1, opens)
    elif choice < 0.6 and long is not None:
        onset, length, move, opens = bar[long]
        changed[long : long + 1] = [(onset, length // 2, move, opens), (onset + length // 2, length // 2, 1, False)]
    return changed


def plan(letter: str, bars: int, rng: Random) -> str:
    """One letter a bar: ``a`` to ``e`` a motif of the tune, ``l`` a new line, ``k`` a line repeated in its phrase.

    ``x`` closes a phrase, ``r`` rests.
    """
    if letter.isupper():
        return pick(rng, WRITTEN_PLANS[bars])
    found = ""
    while len(found) < bars:
        found += pick(rng, IMPROVISED_PLANS)
    return found[: bars - 1] + "x"


def section_events(letter: str, bars: Sequence[Bar], style: str, motifs: dict[str, Events], rng: Random) -> Events:
    """The line of a section: motifs in the order of a plan; `motifs` remembers them for the sections to come."""
    events: Events = []
    starts = accumulate((bar.duration for bar in bars), initial=0)
    opens = True
    for slot, start, bar in zip(plan(letter, len(bars), rng), starts, bars, strict=False):
        tune = style if style in RHYTHMS else "tune"
        kind = {"l": "line", "k": "line", "x": "close"}.get(slot, tune)
        name = f"{letter.upper()} {slot} {bar.meter}"
        if slot == "r":
            found: Events = []
        elif slot in "lx" or name not in motifs:
            found = motifs[name] = motif(kind, bar.meter, rng)
        else:
            found = varied(motifs[name], rng)
        events += [(start + t, n, m, opens and index == 0) for index, (t, n, m, _) in enumerate(found)]
        opens = slot in "xr"
        if slot == "x":  # the next phrase repeats another figure
            motifs.pop(f"{letter.upper()} k {bar.meter}", None)
    return events


def contour_pitches(
    events: Events, harmony: Harmony, chart: Chart, center: float, piece: Piece, rng: Random
) -> list[int]:
    """A pitch for each event: the contour walks in the chord's scale, strong beats and long notes seek chord tones."""
    low, high = VOICES[piece.lead][2:]
    pull = 0.8 if "straight" in piece.traits else 0.6  # at 1 every strong beat is a chord tone, and dull
    pitch, pitches = round(center), []
    for index, (tick, length, move, opens) in enumerate(events):
        chord, scale = harmony.at(tick).chord, harmony.scale(tick)
        tones = frozenset(chord.pitch_classes)
        closes = index + 1 == len(events) or events[index + 1][3]
        if opens:
            pitch = nearest(center + 8 * rng.random() - 4, tones)
        if abs(pitch - center) > 7 and move * (pitch - center) > 0 and rng.random() < 0.6:
            move = -move
        there = step(pitch, move, scale)
        there = there if low <= there <= high else step(pitch, -move, scale)
        if closes or ((is_strong(tick, chart) or length >= 720) and rng.random() < pull):
            there = nearest(there, tones, but=pitch if move else None)
        pitch = min(high, max(low, there))
        pitches.append(pitch)
    return pitches


def approached(
    events: Events, pitches: list[int], harmony: Harmony, chart: Chart, chromatic: float, rng: Random
) -> None:
    """Lead weak notes into the strong note that follows, by a half step or a step of its scale, in place."""
    for index, ((tick, length, *_), (following, *_)) in enumerate(pairwise(events)):
        here, target = pitches[index], pitches[index + 1]
        if tick + length < following or is_strong(tick, chart) or not is_strong(following, chart):
            continue
        side = 1 if here > target else -1
        if rng.random() < chromatic:
            pitches[index] = target + side
        elif here == target or abs(here - target) > 4:
            pitches[index] = step(target, side, harmony.scale(tick))


def sung(events: Events, pitches: Sequence[int], chart: Chart, rng: Random) -> list[Note]:
    """The notes with accents: strong beats, high notes and beginnings of phrases a little louder."""
    middle, notes = sum(pitches) / len(pitches), []
    ahead = [*(event[0] for event in events[1:]), None]
    for (tick, length, _, opens), pitch, after, follower in zip(
        events, pitches, [*pitches[1:], None], ahead, strict=True
    ):
        accent = 8 * is_strong(tick, chart) + 6 * opens + 0.6 * (pitch - middle) + 10 * rng.random()
        tongued = 40 if after == pitch and follower == tick + length and length > 120 else 0
        notes.append(Note(tick, pitch, length - tongued, round(min(118, max(50, 80 + accent)))))
    return notes


def melody(piece: Piece, rng: Random) -> list[Note]:
    """The lead: written tunes as they were the first time, improvised choruses anew, a held note at the end."""
    chart, harmony = chart_of(piece), harmony_of(piece)
    low, high = VOICES[piece.lead][2:]
    chromatic = 0.0 if "straight" in piece.traits else 0.3
    motifs: dict[str, Events] = {}
    written: dict[str, tuple[int, list[Note]]] = {}
    notes: list[Note] = []
    start = choruses = 0
    for name, bars in form_of(piece):
        end = start + sum(bar.duration for bar in bars)
        if name in written:
            then, tune = written[name]
            notes += [note.shift(start - then) for note in tune]
        elif name == "ending":
            tones = frozenset(harmony.at(start).chord.pitch_classes)
            notes.append(Note(start, nearest(notes[-1].pitch, tones), bars[0].duration, 78))
        elif name != "pickup":
            choruses += name.islower()
            center = (low + high) / 2 - 2 + 1.5 * min(choruses, 3) * name.islower()
            found = section_events(name, bars, piece.style, motifs, rng)
            events = [(start + tick, length, move, opens) for tick, length, move, opens in found]
            pitches = contour_pitches(events, harmony, chart, center, piece, rng)
            approached(events, pitches, harmony, chart, chromatic, rng)
            tune = sung(events, pitches, chart, rng)
            notes += tune
            if name.isupper():
                written[name] = (start, tune)
        start = end
    return upbeat(notes, harmony) + notes if "pickup" in piece.traits else notes


def upbeat(notes: Sequence[Note], harmony: Harmony) -> list[Note]:
    """Two eighths in the pickup bar that climb to the first note."""
    first = notes[0]
    scale = harmony.scale(harmony.spans[0].time)
    return [Note(240 * index, step(first.pitch, index - 2, scale), 240, 76) for index in (0, 1)]
