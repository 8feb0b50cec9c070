"""Type 1 to type 0: all tracks of a MIDI file merged into one."""

from __future__ import annotations

from collections.abc import Iterator

META, SYSEX = 0xFF, (0xF0, 0xF7)
TRACK_NAME, END_OF_TRACK = 0x03, 0x2F
DATA_BYTES = {0x80: 2, 0x90: 2, 0xA0: 2, 0xB0: 2, 0xC0: 1, 0xD0: 1, 0xE0: 2}


def merged_into_one_track(midi: bytes) -> bytes:
    """The bytes of a type 1 file as type 0; track names and ends go, one end of track comes last.

    Source: Standard MIDI Files 1.0, RP-001 (MIDI Manufacturers Association 1996).
    """
    events, start = [], 14
    while start < len(midi):
        end = start + 8 + int.from_bytes(midi[start + 4 : start + 8])
        events += list(_events(midi[start + 8 : end]))
        start = end
    body, now = bytearray(), 0
    for time, event in sorted(events, key=lambda item: item[0]):
        body += _variable_length(time - now) + event
        now = time
    body += bytes((0, META, END_OF_TRACK, 0))
    header = b"MThd" + (6).to_bytes(4) + (0).to_bytes(2) + (1).to_bytes(2) + midi[12:14]
    return header + b"MTrk" + len(body).to_bytes(4) + bytes(body)


def _events(track: bytes) -> Iterator[tuple[int, bytes]]:
    """Time in ticks and bytes, status included, of each event worth keeping."""
    position = time = status = 0
    while position < len(track):
        delta, position = _read_variable_length(track, position)
        time += delta
        if track[position] & 0x80:  # else the status before it runs on
            status = track[position]
            position += 1
        if status == META or status in SYSEX:
            body = position + (status == META)
            length, data = _read_variable_length(track, body)
            if status == META and track[position] not in (TRACK_NAME, END_OF_TRACK):
                yield time, bytes((status,)) + track[position : data + length]
            position = data + length
        else:
            size = DATA_BYTES[status & 0xF0]
            yield time, bytes((status,)) + track[position : position + size]
            position += size


def _read_variable_length(data: bytes, position: int) -> tuple[int, int]:
    """The number that starts at `position`, and where it ends."""
    value = 0
    while True:
        byte = data[position]
        value, position = value << 7 | byte & 0x7F, position + 1
        if not byte & 0x80:
            return value, position


def _variable_length(value: int) -> bytes:
    """Seven bits a byte, the most significant first, all but the last marked."""
    groups = [value & 0x7F]
    while value := value >> 7:
        groups.insert(0, value & 0x7F | 0x80)
    return bytes(groups)
