"""The rhythm section: bass, comping, strings, drums."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from examples.compose_songs.choice import pick, rhythm, step
from examples.compose_songs.piece import Piece, form_of, harmony_of
from solomuse.music.note import Note

DRUM_PITCHES = {"kick": 36, "rim": 37, "snare": 38, "hat": 42, "pedal": 44, "ride": 51, "crash": 49, "shaker": 70}
LOWEST = 28  # the open E string of a bass
COMPING_INSTRUMENTS = {
    "pop": ("Guitar", 25),
    "six": ("Guitar", 24),
    "bossa": ("Guitar", 24),
    "five": ("Electric Piano", 4),
}


@dataclass(frozen=True, slots=True)
class Groove:
    """What the rhythm section plays in one bar.

    Parameters
    ----------
    roles : str
        One letter for each bass note: Root, 5th, Walk, Approach to the next root.
    drums : str
        One sign for each eighth of the bar: ``x`` a stroke, ``o`` a soft one.
    """

    bass: str
    roles: str
    comping: tuple[str, ...]
    drums: str


GROOVES = {
    ("swing", "4/4"): Groove(
        "q q q q",
        "RWWA",
        ("q. e rh", "re q. rh", "rq re e rh", "rq. q. rq", "rh. re e", "rq q rq q"),
        "ride:x.xxx.xx pedal:..x...x. kick:o...o...",
    ),
    ("twobeat", "4/4"): Groove(
        "h h", "R5", ("rq e re rq e re", "rq q rq q"), "pedal:..x...x. kick:x...x... snare:o.ooo.oo"
    ),
    ("pop", "4/4"): Groove(
        "q. e q q", "RR5R", ("q q q q", "q. e q q", "e e q e e q"), "hat:xoxoxoxo snare:..x...x. kick:x..xx..."
    ),
    ("pop", "3/4"): Groove("h q", "R5", ("h q", "q q q"), "hat:xoxoxo snare:..x.x. kick:x....."),
    ("pop", "2/4"): Groove("q q", "RR", ("q q",), "hat:xoxo snare:..x. kick:x..."),
    ("waltz", "3/4"): Groove("h q", "R5", ("rq q q", "rq q. re", "q. q."), "ride:x.xxx. pedal:..x... kick:x....."),
    ("bossa", "4/4"): Groove(
        "q. e q. e", "R55R", ("q. q. q", "e re q re q. ", "q e q. q"), "shaker:xoxoxoxo rim:x..x..x. kick:x..xx..x"
    ),
    ("ballad", "4/4"): Groove("h q q", "R5A", ("h h", "h q q", "q h q"), "ride:x.x.x.x. pedal:..x...x. snare:oooooooo"),
    ("five", "5/4"): Groove(
        "h q q q", "R55A", ("q. e q h", "q. q. h"), "ride:x.x.xxx.x. pedal:......x... kick:x.....x..."
    ),
    ("six", "6/8"): Groove("q e q.", "RR5", ("e e e e e e", "q. q e"), "hat:xooxoo snare:...x.. kick:x....o"),
}


def bass(piece: Piece, rng: Random) -> list[Note]:
    """Roots where the chord changes, and what the groove asks for between them."""
    harmony, notes, last, pitch = harmony_of(piece), [], None, 36
    hits = list(groove_hits(piece, rng, "bass"))
    for (tick, length, role), after in zip(hits, [*hits[1:], None], strict=True):
        span = harmony.at(tick)
        coming = harmony.at(after[0]) if after else span
        assert span.chord.bass is not None
        assert coming.chord.bass is not None
        root, next_root = (LOWEST + (pc - LOWEST) % 12 for pc in (span.chord.bass, coming.chord.bass))
        if span != last or role == "R":
            pitch = root
        elif role == "5":
            fifth = next((n for n in (7, 6, 8) if (root + n) % 12 in span.chord.pitch_classes), 7)
            pitch = root + fifth if root + fifth < 45 else root + fifth - 12
        elif role == "A" or coming != span:
            near = (-1, 1, -2, 7) if coming != span else (-2, 2, 7, -5)
            pitch = pick(rng, [next_root + n for n in near if LOWEST <= next_root + n < 44 and next_root + n != pitch])
        else:
            tones = frozenset(span.chord.pitch_classes)
            direction = 1 if pitch < 36 else pick(rng, (1, -1))
            pitch = step(pitch, direction, tones if rng.random() < 0.7 else harmony.scale(tick))
        last = span
        notes.append(Note(tick, pitch, length, 78 + int(10 * rng.random())))
    return notes


def groove_hits(piece: Piece, rng: Random, part: str) -> Iterator[tuple[int, int, str]]:
    """Onset, length and role of what bass or comping play in each bar; one long chord in the bars of the ending."""
    start = 0
    for name, bars in form_of(piece):
        for bar in bars:
            if name == "ending":
                yield start, bar.duration, "R"
            elif name != "pickup":
                groove = GROOVES[piece.style, str(bar.meter)]
                texts = (groove.bass,) if part == "bass" else groove.comping
                found = list(rhythm(pick(rng, texts)))
                roles = groove.roles if part == "bass" else " " * len(found)
                yield from ((start + tick, length, role) for (tick, length), role in zip(found, roles, strict=True))
            start += bar.duration


def comping(piece: Piece, rng: Random, low: int = 53) -> list[Note]:
    """Close voicings within the octave above `low`, so that voices move little; sevenths leave the root to the bass."""
    harmony, notes = harmony_of(piece), []
    hits = {tick: length for tick, length, _ in groove_hits(piece, rng, "comping")}
    for span in harmony.spans:
        if not any(span.time <= tick < span.end for tick in hits):
            hits[span.time] = min(480, span.duration)
    for tick, length in sorted(hits.items()):
        span = harmony.at(tick)
        shell = [p for p in span.chord.pitch_classes if p != span.chord.root or len(span.chord.pitch_classes) < 4]
        velocity = 58 + int(14 * rng.random())
        for pitch in sorted(low + (pc - low) % 12 for pc in shell):
            notes.append(Note(tick, pitch, min(length, span.end - tick), velocity))
    return notes


def pad(piece: Piece) -> list[Note]:
    """Strings that hold each chord."""
    spans = harmony_of(piece).spans
    return [
        Note(span.time, pitch, span.duration, 48)
        for span in spans
        for pitch in sorted(60 + pc for pc in span.chord.pitch_classes)
    ]


def drums(piece: Piece, rng: Random) -> list[Note]:
    """The groove's strokes, a fill in the last bar of each section, a crash on the final chord."""
    notes, start = [], 0
    for name, bars in form_of(piece):
        for number, bar in enumerate(bars):
            if name == "ending" and number > 0:
                break
            text = drum_text(piece, name, number == len(bars) - 1, str(bar.meter))
            for drum, signs in (word.split(":") for word in text.split()):
                strokes = [(index, sign) for index, sign in enumerate(signs) if sign != "."]
                for index, sign in strokes:
                    velocity = (82 if sign == "x" else 50) + int(12 * rng.random())
                    notes.append(Note(start + 240 * index, DRUM_PITCHES[drum], 120, velocity))
            start += bar.duration
    return sorted(notes)


def drum_text(piece: Piece, name: str, is_last: bool, meter: str) -> str:
    """What the drums play in a bar of a part of the song."""
    if name in ("pickup", "ending"):
        return {"pickup": "", "ending": "crash:x kick:x"}[name]
    text = GROOVES[piece.style, meter].drums
    fill = " snare:" + "." * (len(text.split()[0].split(":")[1]) - 3) + "oxx"
    return re.sub(r"\s?snare:\S+|$", fill, text, count=1) if is_last else text
