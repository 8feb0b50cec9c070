"""A forgiving reader of Standard MIDI Files, for those that symusic gives up on, and for the texts that it leaves out.

What it mends, each named in the result: a wrapper around the file (RIFF, gzip, leading bytes), line ends changed as if
it were text, a missing or odd header, wrong chunk lengths, unknown chunks, a track cut short, data bytes that are too
large or out of place, a track that goes astray after damage, notes that never end.

The tracks of a file of type 2 are patterns of their own, which no device plays at once: they are put one after
another, each on the first bar line after the one before. A pattern without meter or tempo keeps that of the one before.
"""

from __future__ import annotations

import re
import zlib
from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from symusic.core import (
    KeySignatureTick,
    NoteTick,
    PedalTick,
    ScoreTick,
    TempoTick,
    TextMetaTick,
    TimeSignatureTick,
    TrackTick,
)

from solomuse.errors import FormatError

MOST_BYTES = 16 * 2**20
"""Larger files, and packed ones that unpack to more, are refused; a long symphony takes about 1 MB."""

MOST_EVENTS = 300_000
"""Of one file; what comes behind them is left out."""

MOST_TRACKS = 8192
"""Of one file; those behind them are left out."""

LONGEST_SILENCE_QUARTERS = 256
"""A longer pause in a track that is damaged shows that what follows is no music; about two minutes."""

LONGEST_DAMAGED_QUARTERS = 4096
"""A track that is damaged is read this far; about half an hour."""

DRUM_CHANNEL = 9
TEXT, LYRIC, MARKER, CUE = 0x01, 0x05, 0x06, 0x07

_LAST_TICK = 2**31 - 1
_HEADER = b"MThd"
_PATTERNS = 2
_SUSTAIN, _DOWN = 64, 64
_DATA_BYTES = {0x80: 2, 0x90: 2, 0xA0: 2, 0xB0: 2, 0xC0: 1, 0xD0: 1, 0xE0: 2}
_SYSTEM_DATA_BYTES = {0xF1: 1, 0xF2: 2, 0xF3: 1}
_SHORT_TEXT = re.compile(rb"\xff[\x01\x05\x07]([\x01-\x18])")
_FRAMES_A_SECOND = {29: 29.97}
"""By the number in the file, where it is not the same; Standard MIDI Files 1.0, "30 drop frame"."""


@dataclass(slots=True)
class Recovered:
    """What a file holds.

    Parameters
    ----------
    score : ScoreTick
        At the file's own resolution.
    texts : dict of (int, int) to list of (int, str)
        Texts with their ticks, by track and kind (`TEXT`, `LYRIC`, `MARKER`, `CUE`).
    notices : dict of str to None
        What had to be mended, each once, in the order in which it was found.
    keeps_clock : bool
        Whether its time is in seconds, so that tempo events say nothing.
    """

    score: ScoreTick
    texts: dict[tuple[int, int], list[tuple[int, str]]] = field(default_factory=lambda: defaultdict(list))
    notices: dict[str, None] = field(default_factory=dict)
    keeps_clock: bool = False
    events_left: int = field(default_factory=lambda: MOST_EVENTS)


def unwrapped(data: bytes) -> tuple[bytes, str | None]:
    """The Standard MIDI File inside a gzip or RIFF file or behind leading bytes, and what had to be taken away.

    Raises
    ------
    FormatError
        If it unpacks to more than `MOST_BYTES`.
    """
    around = None
    if data[:2] == b"\x1f\x8b":
        unpacker = zlib.decompressobj(wbits=31)
        try:
            data = unpacker.decompress(data, MOST_BYTES)
        except zlib.error:
            return data, None
        if unpacker.unconsumed_tail:
            raise FormatError(f"unpacks to more than {MOST_BYTES // 2**20} MB; give the MIDI file itself")
        around = "unpacked"
    start = max(data.find(_HEADER), 0)
    if start:
        around = "taken out of its RIFF wrapper" if data[:4] == b"RIFF" else f"{start} bytes in front"
        data = data[start:]
    if 0 < data.count(b"\n") == data.count(b"\r\n"):
        plain = data.replace(b"\r\n", b"\n")
        if _chunks_end(plain) == len(plain):
            return plain, "its line ends were changed as if it were text"
    return data, around


def is_regular(data: bytes) -> bool:
    """Whether its chunks are whole, as many as its header says, and meant to sound together.

    Of others symusic leaves out what is behind the damage, without a word.
    """
    if data[:4] != _HEADER or _type(data) == _PATTERNS:
        return False
    end = _chunks_end(data)
    return 0 < end <= len(data) and data.find(b"MTrk", end) < 0


def _type(data: bytes) -> int:
    return int.from_bytes(data[8:10], "big")


def _chunks_end(data: bytes) -> int:
    """Where as many tracks as the header says end by their own lengths; 0 if there are not that many."""
    at = 8 + int.from_bytes(data[4:8], "big")
    for _ in range(int.from_bytes(data[10:12], "big")):
        if data[at : at + 4] != b"MTrk":
            return 0
        at += 8 + int.from_bytes(data[at + 4 : at + 8], "big")
    return at


def short_texts(data: bytes) -> Iterator[str]:
    """What may be short texts other than markers, found without reading the file: quick, but not sure."""
    for match in _SHORT_TEXT.finditer(data):
        yield data[match.end() : match.end() + match[1][0]].decode("latin-1")


def read_leniently(data: bytes) -> Recovered:
    """Read what can be read.

    Raises
    ------
    FormatError
        If there is no track at all.
    """
    data, around = unwrapped(data)
    recovered, at = _of_header(data)
    notices = recovered.notices
    if around:
        notices[around] = None
    are_patterns = data[:4] == _HEADER and _type(data) == _PATTERNS
    number = time = 0
    while (at := _next_track(data, at, notices)) >= 0:
        if number == MOST_TRACKS:
            notices[f"the tracks behind the first {MOST_TRACKS} are left out"] = None
            break
        start, end = at + 8, at + 8 + int.from_bytes(data[at + 4 : at + 8], "big")
        following = data[end : end + 4]
        if end > len(data) or (following and following != b"MTrk" and not following.isalpha()):
            actual = data.find(b"MTrk", start)
            end = actual if actual > 0 else len(data)
            notices[f"track {number + 1} has a wrong length"] = None
        track = _Track(data, start, end, number, time, recovered)
        at = track.read()
        number += 1
        if are_patterns and number > 1:
            notices["its patterns are read one after another"] = None
        if are_patterns:
            time = _next_bar_line(recovered.score, track.time)
    if number == 0:
        raise FormatError("holds no track; open and export it again in a sequencer")
    return recovered


def _of_header(data: bytes) -> tuple[Recovered, int]:
    """What the header says of time, still without tracks, and where the chunks begin."""
    if data[:4] != _HEADER:
        return Recovered(ScoreTick(480), notices={"the header is missing": None}), 0
    length = int.from_bytes(data[4:8], "big")
    division = int.from_bytes(data[12:14], "big")
    start = 8 + length if data[8 + length : 12 + length] == b"MTrk" else 8
    if division & 0x8000:  # SMPTE: frames a second, ticks a frame; a quarter is half a second at 120
        number, ticks = 256 - (division >> 8), division & 0xFF
        resolution = max(1, round(_FRAMES_A_SECOND.get(number, number) * ticks / 2))
        notice = "its time is in SMPTE frames, taken at 120 quarters a minute"
        return Recovered(ScoreTick(resolution), notices={notice: None}, keeps_clock=True), start
    if division == 0:
        return Recovered(ScoreTick(480), notices={"its resolution is 0, taken as 480": None}), start
    return Recovered(ScoreTick(division)), start


def _next_track(data: bytes, at: int, notices: dict[str, None]) -> int:
    """Where the next track chunk begins, -1 if there is none; other chunks are passed over."""
    while at < len(data):
        if data[at : at + 4] == b"MTrk":
            return at
        length = int.from_bytes(data[at + 4 : at + 8], "big")
        if data[at : at + 4].isalpha() and data[at + 8 + length : at + 12 + length] == b"MTrk":
            at += 8 + length
            continue
        found = data.find(b"MTrk", at)
        if found > at:
            notices["bytes between its tracks"] = None
        return found
    return -1


def _next_bar_line(score: ScoreTick, time: int) -> int:
    """The first bar line at `time` or later, counted from the last time signature."""
    if not len(score.time_signatures):
        start, bar = 0, 4 * score.ticks_per_quarter
    else:
        last = score.time_signatures[-1]
        start, bar = last.time, max(1, 4 * score.ticks_per_quarter * last.numerator // last.denominator)
    return start + -(-(time - start) // bar) * bar


class _EndsEarlyError(Exception):
    """The rest of a track cannot be read; says why."""


class _Track:
    """Reads one track chunk into a score."""

    def __init__(self, data: bytes, start: int, end: int, number: int, time: int, into: Recovered) -> None:
        self._data, self._at, self._end, self._number, self._into = data, start, end, number, into
        self.time = time
        self._longest_silence = LONGEST_SILENCE_QUARTERS * into.score.ticks_per_quarter
        self._latest = time + LONGEST_DAMAGED_QUARTERS * into.score.ticks_per_quarter
        self._is_damaged = False
        self._name = ""
        self._programs: dict[int, int] = {}
        self._open: dict[tuple[int, int], deque[tuple[int, int, int]]] = defaultdict(deque)
        self._notes: dict[tuple[int, int], list[NoteTick]] = defaultdict(list)
        self._pedal_down: dict[int, int] = {}
        self._pedals: dict[int, list[PedalTick]] = defaultdict(list)

    def read(self) -> int:
        """Read to the end of the track; returns where the next chunk may begin."""
        try:
            self._read_events()
        except _EndsEarlyError as error:
            self._notice(str(error))
        except IndexError:
            self._notice("is cut short")
        still_open = [(channel, pitch, *opened) for (channel, pitch), queue in self._open.items() for opened in queue]
        if still_open:
            self._notice(f"has {len(still_open)} notes without an end")
        longest = 4 * self._into.score.ticks_per_quarter
        for channel, pitch, time, velocity, program in still_open:
            self._add(channel, pitch, time, velocity, program, min(self.time, time + longest))
        for (channel, program), notes in sorted(self._notes.items()):
            track = TrackTick(self._name, program, channel == DRUM_CHANNEL)
            for note in notes:
                track.notes.append(note)
            for pedal in self._pedals[channel]:
                track.pedals.append(pedal)
            self._into.score.tracks.append(track)
        return max(self._at, self._end)

    def _notice(self, what: str) -> None:
        self._is_damaged = True
        self._into.notices[f"track {self._number + 1} {what}"] = None

    def _read_events(self) -> None:
        data, status = self._data, 0
        while self._at < self._end:
            self._pass_time(self._number_of_variable_length())
            byte = data[self._at]
            if byte == 0xFF:
                self._at += 1
                if self._read_meta():
                    return
            elif byte in (0xF0, 0xF7):
                self._at += 1
                length = self._number_of_variable_length()  # not in one line with +=, which looks at the place first
                self._at += length
            elif byte >= 0xF0:
                self._at += 1 + _SYSTEM_DATA_BYTES.get(byte, 0)
            else:
                if byte >= 0x80:
                    status = byte
                    self._at += 1
                if status == 0:
                    self._notice("has bytes out of place")
                    self._at += 1
                    continue
                count = _DATA_BYTES[status & 0xF0]
                self._read_channel_event(status, data[self._at : self._at + count])
                self._at += count

    def _number_of_variable_length(self) -> int:
        value = 0
        for _ in range(4):
            byte = self._data[self._at]
            self._at += 1
            value = (value << 7) | (byte & 0x7F)
            if byte < 0x80:
                break
        return value

    def _pass_time(self, ticks: int) -> None:
        """Go to the next event, where there is one to be believed."""
        if self._into.events_left == 0:
            raise _EndsEarlyError(f"is left out from the file's event {MOST_EVENTS + 1} on")
        is_far = ticks > self._longest_silence or self.time + ticks > self._latest
        if (is_far and self._is_damaged) or self.time + ticks > _LAST_TICK:
            raise _EndsEarlyError("goes astray")
        self._into.events_left -= 1
        self.time += ticks

    def _read_channel_event(self, status: int, values: bytes) -> None:
        kind, channel = status & 0xF0, status & 0x0F
        if len(values) < _DATA_BYTES[kind]:
            raise IndexError
        if max(values) > 127:
            self._notice("has values above 127")
        first = values[0] & 0x7F
        if kind == 0xC0:
            self._programs[channel] = first
        elif kind == 0xB0 and first == _SUSTAIN:
            if values[1] >= _DOWN:
                self._pedal_down.setdefault(channel, self.time)
            elif channel in self._pedal_down:
                down = self._pedal_down.pop(channel)
                self._pedals[channel].append(PedalTick(down, self.time - down))
        elif kind == 0x90 and values[1]:
            self._open[channel, first].append((self.time, min(values[1], 127), self._programs.get(channel, 0)))
        elif kind in (0x80, 0x90) and (queue := self._open.get((channel, first))):
            time, velocity, program = queue.popleft()
            self._add(channel, first, time, velocity, program, self.time)

    def _add(self, channel: int, pitch: int, time: int, velocity: int, program: int, end: int) -> None:
        self._notes[channel, program].append(NoteTick(time, end - time, pitch, velocity))

    def _read_meta(self) -> bool:
        """Read a meta event; returns whether it ends the track."""
        kind = self._data[self._at]
        self._at += 1
        length = self._number_of_variable_length()
        content = self._data[self._at : self._at + length]
        self._at += length
        score = self._into.score
        if kind == 0x2F:
            return self._at >= self._end - 1 or self._data[self._end : self._end + 4] == b"MTrk"
        if kind == 0x03 and not self._name:
            self._name = _text(content)
        elif kind in (TEXT, LYRIC, MARKER, CUE):
            self._into.texts[self._number, kind].append((self.time, _text(content)))
            if kind == MARKER:
                score.markers.append(TextMetaTick(self.time, _text(content)))
        elif kind == 0x51 and length == 3 and any(content) and not self._into.keeps_clock:
            score.tempos.append(TempoTick(self.time, mspq=int.from_bytes(content, "big")))
        elif kind == 0x58 and length >= 2 and content[0] and content[1] <= 7:
            score.time_signatures.append(TimeSignatureTick(self.time, content[0], 2 ** content[1]))
        elif kind == 0x59 and length == 2:
            sharps = content[0] - 256 if content[0] > 127 else content[0]
            if -7 <= sharps <= 7 and content[1] <= 1:
                score.key_signatures.append(KeySignatureTick(self.time, sharps, content[1]))
        return False


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("latin-1")
