import gzip
from dataclasses import replace
from itertools import accumulate, pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from symusic.core import ScoreTick

from solomuse.errors import FormatError, OutputError
from solomuse.formats import midi, smf
from solomuse.formats.midi import read_midi, write_midi
from solomuse.music.chart import ChordSpan
from solomuse.music.chart_text import parse_chart
from solomuse.music.chord import NO_CHORD, UNKNOWN_CHORD
from solomuse.music.meter import Meter
from solomuse.music.note import Note
from solomuse.music.song import MeterChange, Song, TempoChange, Track
from solomuse.music.symbols import parse_chord
from tests.strategies import METERS, sounding_chords

NOTE = Track((Note(0, 60, 480),))


def variable_length(value: int) -> bytes:
    groups = [value & 0x7F]
    while value := value >> 7:
        groups.insert(0, value & 0x7F | 0x80)
    return bytes(groups)


def track_chunk(*events: tuple[int, bytes]) -> bytes:
    """A track of (ticks since the event before, event); its end comes by itself."""
    body = b"".join(variable_length(delta) + event for delta, event in [*events, (0, b"\xff\x2f\x00")])
    return b"MTrk" + len(body).to_bytes(4) + body


def midi_file(midi_type: int, ticks_per_quarter: int, *chunks: bytes) -> bytes:
    header = midi_type.to_bytes(2) + len(chunks).to_bytes(2) + ticks_per_quarter.to_bytes(2)
    return b"MThd" + (6).to_bytes(4) + header + b"".join(chunks)


def meta(kind: int, data: bytes) -> bytes:
    return bytes((0xFF, kind, len(data))) + data


ON, OFF = b"\x90\x3c\x50", b"\x80\x3c\x00"  # middle C on channel 1


@pytest.fixture
def read(tmp_path: Path):
    def read_bytes(data: bytes) -> Song:
        path = tmp_path / "A Tune.mid"
        path.write_bytes(data)
        return read_midi(path)

    return read_bytes


def one_note_with(read, *events: tuple[int, bytes]) -> Song:
    """A file of these events, then middle C for two bars, at 480 ticks."""
    return read(midi_file(1, 480, track_chunk(*events, (0, ON), (3840, OFF))))


def test_the_title_is_the_name_of_the_file(read) -> None:
    assert one_note_with(read).title == "A Tune"


def test_channels_of_a_type_0_file_come_apart(read) -> None:
    song = read(
        midi_file(
            0,
            480,
            track_chunk(
                *((0, b"\xc0\x41"), (0, b"\xc1\x20")),  # channel 1 saxophone, channel 2 bass
                *((0, b"\x90\x3c\x50"), (0, b"\x91\x28\x51"), (0, b"\x99\x23\x52")),
                *((480, b"\x80\x3c\x00"), (0, b"\x81\x28\x00"), (0, b"\x89\x23\x00")),
            ),
        )
    )
    assert {(track.program, track.is_drum, track.notes) for track in song.tracks} == {
        (65, False, (Note(0, 60, 480, 80),)),
        (32, False, (Note(0, 40, 480, 81),)),
        (0, True, (Note(0, 35, 480, 82),)),
    }


def test_channels_of_one_program_come_apart(read) -> None:
    chunk = track_chunk((0, b"\x90\x3c\x50"), (0, b"\x91\x40\x50"), (480, b"\x80\x3c\x00"), (0, b"\x81\x40\x00"))
    assert len(read(midi_file(0, 480, chunk)).tracks) == 2


def test_a_program_change_starts_another_track(read) -> None:
    chunk = track_chunk((0, b"\xc0\x41"), (0, ON), (480, OFF), (0, b"\xc0\x42"), (0, ON), (480, OFF))
    assert [(track.program, len(track.notes)) for track in read(midi_file(1, 480, chunk)).tracks] == [(65, 1), (66, 1)]


def test_triplets_stay_exact_at_another_resolution(read) -> None:
    song = read(midi_file(1, 96, track_chunk((32, ON), (32, OFF), (0, ON), (32, OFF))))
    assert song.tracks[0].notes == (Note(160, 60, 160, 80), Note(320, 60, 160, 80))


def test_times_go_to_the_nearest_tick_without_growing_errors(read) -> None:
    song = read(midi_file(1, 1000, track_chunk(*[(333, ON), (0, OFF), (0, ON), (1, OFF)] * 300)))
    assert song.tracks[0].notes[-1].time == round(300 * 333.0 * 0.48 + 299 * 0.48)


def test_a_note_without_length_lasts_a_tick(read) -> None:
    assert read(midi_file(1, 480, track_chunk((0, ON), (0, OFF)))).tracks[0].notes[0].duration == 1


def test_without_a_tempo_or_meter_it_is_120_in_common_time(read) -> None:
    song = one_note_with(read)
    assert (song.tempos, song.meters) == ((TempoChange(0, 120.0),), (MeterChange(0, Meter(4, 4)),))


@pytest.mark.parametrize("qpm", [60, 90.5, 120, 133, 140, 171.25, 200, 290, 333])
def test_a_tempo_comes_back_as_it_was_written(qpm: float, tmp_path: Path) -> None:
    write_midi(Song((NOTE,), tempos=(TempoChange(0, qpm),)), tmp_path / "a.mid")
    assert read_midi(tmp_path / "a.mid").tempos == (TempoChange(0, qpm),)


def test_a_tempo_of_no_length_is_left_out(read) -> None:
    assert one_note_with(read, (0, meta(0x51, bytes(3)))).tempos == (TempoChange(0, 120.0),)


@pytest.mark.parametrize("signature", [b"\x00\x02", b"\x04\x09", b"\xff\x02"], ids=["0/4", "4/512", "255/4"])
def test_an_impossible_meter_is_left_out(signature: bytes, read) -> None:
    song = one_note_with(read, (0, meta(0x58, b"\x03\x02\x18\x08")), (0, meta(0x58, signature + b"\x18\x08")))
    assert song.meters == (MeterChange(0, Meter(3, 4)),)


def test_a_first_meter_that_comes_late_leaves_common_time_before_it(read) -> None:
    song = one_note_with(read, (1920, meta(0x58, b"\x06\x03\x18\x08")))
    assert song.meters == (MeterChange(0, Meter(4, 4)), MeterChange(1920, Meter(6, 8)))


def test_a_first_meter_a_tick_late_is_the_first_meter(read) -> None:
    assert one_note_with(read, (1, meta(0x58, b"\x06\x03\x18\x08"))).meters == (MeterChange(0, Meter(6, 8)),)


@pytest.mark.parametrize(
    ("sharps", "minor", "key"),
    [(0, 0, "C:maj"), (-2, 0, "Bb:maj"), (-7, 0, "Cb:maj"), (7, 0, "C#:maj"), (0, 1, "A:min"), (3, 1, "F#:min")],
)
def test_a_key_signature_is_the_key(sharps: int, minor: int, key: str, read) -> None:
    assert one_note_with(read, (0, meta(0x59, bytes((sharps % 256, minor))))).key == key


def test_an_impossible_key_signature_leaves_the_notes_alone(read) -> None:
    song = one_note_with(read, (0, meta(0x59, b"\x0f\x05")))
    assert (song.key, len(song.tracks)) == (None, 1)


def test_markers_are_chords_until_the_next_and_the_last_until_the_bar_line(read) -> None:
    chunk = track_chunk(
        *((0, meta(6, b"Dm7")), (0, ON), (960, meta(6, b"G 7")), (960, meta(6, b"Intro")), (0, meta(6, b"C#:maj"))),
        *((480, meta(6, b"NC")), (0, meta(6, b"F/A")), (480, OFF)),
    )
    assert [(span.time, span.duration, span.chord.label) for span in read(midi_file(1, 480, chunk)).chords] == [
        (0, 960, "D:min7"),
        (960, 960, "G:7"),
        (1920, 480, "Db:maj"),
        (2400, 1440, "F:maj/3"),
    ]


@pytest.mark.parametrize(
    "texts",
    [["Intro", "Verse", "Am"], ["Bsus"], ["Setup", "A", "A2", "B", "B2", "C", "D"]],
    ids=["parts", "title", "letters"],
)
def test_markers_that_name_the_parts_of_a_song_are_no_chords(texts: list[str], read) -> None:
    chunk = track_chunk((0, ON), *((15360, meta(6, text.encode())) for text in texts), (15360, OFF))
    assert read(midi_file(1, 480, chunk)).chords == ()


def test_a_marker_of_swing_makes_no_chord_of_a_name(read) -> None:
    song = one_note_with(read, (0, meta(6, b"Swing 1.500")), (0, meta(6, b"Intro")))
    assert (song.swing, song.chords) == (1.5, ())


def test_plain_triads_bar_by_bar_are_chords(read) -> None:
    chunk = track_chunk((0, ON), *((1920, meta(6, text)) for text in (b"C", b"F", b"G", b"C")), (1920, OFF))
    assert len(read(midi_file(1, 480, chunk)).chords) == 4


def test_a_name_that_is_not_utf8_does_not_stop_the_reading(read) -> None:
    assert len(one_note_with(read, (0, meta(3, b"Fl\xfbte"))).tracks) == 1


NOT_MUSIC = [
    (b"", "the file is empty"),
    (b"RIFF0000WAVE", "not a Standard MIDI File"),
    (b"MThd\0\0\0\6\0\1", "holds no track"),
    (midi_file(1, 480, track_chunk()), "holds no notes"),
    (midi_file(1, 480), "holds no track"),
    (midi_file(1, 1, track_chunk((0x0FFFFFFF, ON), (1, OFF))), "past 20833 quarter notes"),
    (midi_file(1, 1, track_chunk(*[(0x0FFFFFFF, meta(1, b""))] * 8, (0x0FFFFFFF, ON), (1, OFF))), "past 20833"),
    (b"\r\n<!DOCTYPE html><html>", "it is a web page"),
    (b"Rar!\x1a\x07", "it is an archive"),
    (b"SMF2CLIP", "it is a MIDI 2.0 clip"),
    (b"\x1f\x8b\x08" + bytes(7) + b"\xff" * 9, "its packing is damaged"),
]


PLAIN = midi_file(1, 480, track_chunk((0, ON), (480, OFF)))
LONG = midi_file(1, 480, track_chunk((0, ON), (480, OFF), (0, ON), (480, OFF)))

MENDED = [
    (gzip.compress(PLAIN, mtime=0), "unpacked"),
    (b"RIFF\0\0\0\0RMIDdata\0\0\0\0" + PLAIN, "RIFF wrapper"),
    (b"\0" * 128 + PLAIN, "128 bytes in front"),
    (PLAIN[14:], "header is missing"),
    (LONG[:-9], "wrong length"),
    (midi_file(1, 0xE728, track_chunk((0, ON), (480, OFF))), "SMPTE"),
    (midi_file(1, 0, track_chunk((0, ON), (480, OFF))), "resolution is 0"),
    (midi_file(1, 480, b"XFIH\0\0\0\2ab", track_chunk((0, ON), (480, OFF))), ""),
    (PLAIN.replace(b"MTrk\0\0\0\x0d", b"MTrk\0\0\xff\x0d"), "wrong length"),
    (midi_file(1, 480, track_chunk((0, ON), (480, b"\xf5"), (0, OFF))), ""),
    (midi_file(1, 480, track_chunk((0, ON), (960, b"\xb0\x07\x40"))), "without an end"),
    (midi_file(1, 480, track_chunk((0, ON), (480, OFF)))[:-3], "wrong length"),  # no end of track
    (midi_file(1, 480, track_chunk((0, ON), (480, OFF), (0, b"\xff\x01\xff\xff\x7f")))[:-3], ""),  # a text of 2 MB
    (midi_file(1, 480, track_chunk((0, b"\x3c\x50\x90\x3c\x50"), (480, OFF)))[:-3], "out of place"),
    (midi_file(1, 480, track_chunk((0, b"\x90\x3c\xd0"), (480, OFF))).replace(b"MThd", b"MThx"), "above 127"),
    (midi_file(1, 480, track_chunk((0, b"\x90\x3c\xd0"), (480, OFF))), "values above 127"),
    (midi_file(9, 480, track_chunk((0, ON), (480, OFF))), ""),
]


@pytest.mark.parametrize(("data", "notice"), MENDED)
def test_what_can_be_mended_is_read_and_said(data: bytes, notice: str, read) -> None:
    song = read(data)
    assert song.tracks[0].notes[0].pitch == 60
    assert any(notice in said for said in song.notices) if notice else True


def test_a_note_without_an_end_lasts_four_quarters_at_most(read) -> None:
    song = read(midi_file(1, 480, track_chunk((0, ON), (9600, b"\xb0\x07\x40"))))
    assert song.tracks[0].notes == (Note(0, 60, 1920),)


def test_a_packed_file_that_grows_too_large_is_refused(read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smf, "MOST_BYTES", 100)
    with pytest.raises(FormatError, match="unpacks to more than"):
        read(gzip.compress(PLAIN + bytes(10_000), mtime=0))


SYSTEM_EXCLUSIVE = b"\xf0\x05\x7e\x7f\x09\x01\xf7"
PEDAL_DOWN, PEDAL_UP = b"\xb0\x40\x7f", b"\xb0\x40\x00"

READERS = [
    pytest.param(lambda *chunks: midi_file(1, 480, *chunks), id="symusic"),
    pytest.param(lambda *chunks: b"".join(chunks), id="lenient"),  # without a header
]


@pytest.fixture(params=READERS)
def song_of(request: pytest.FixtureRequest, read):
    """The song of some track chunks at 480 ticks, by each of the two readers."""
    return lambda *chunks: read(request.param(*chunks))


def test_both_readers_keep_the_time_after_system_exclusive_bytes(song_of) -> None:
    song = song_of(track_chunk((0, SYSTEM_EXCLUSIVE), (0, ON), (480, OFF)))
    assert song.tracks[0].notes == (Note(0, 60, 480),)


def test_both_readers_know_running_status(song_of) -> None:
    song = song_of(track_chunk((0, ON), (480, b"\x3c\x00"), (0, b"\x3e\x50"), (480, b"\x3e\x00")))
    assert song.tracks[0].notes == (Note(0, 60, 480), Note(480, 62, 480))


def test_both_readers_let_overlapping_notes_of_a_pitch_end_in_the_order_in_which_they_began(song_of) -> None:
    song = song_of(track_chunk((0, ON), (100, ON), (100, OFF), (300, OFF)))
    assert song.tracks[0].notes == (Note(0, 60, 200), Note(100, 60, 400))


def test_both_readers_keep_tracks_on_one_channel_apart(song_of) -> None:
    chunk = track_chunk((0, ON), (480, OFF))
    assert [len(track.notes) for track in song_of(chunk, chunk).tracks] == [1, 1]


def test_both_readers_keep_channels_of_one_track_apart(song_of) -> None:
    chunk = track_chunk((0, ON), (0, b"\x99\x24\x50"), (480, OFF), (0, b"\x89\x24\x00"))
    assert sorted((track.is_drum, track.notes[0].pitch) for track in song_of(chunk).tracks) == [(False, 60), (True, 36)]


ABSURD_META = [
    pytest.param(meta(0x51, bytes(3)), id="tempo 0"),
    pytest.param(meta(0x58, b"\x00\xff\x18\x08"), id="meter 0"),
    pytest.param(meta(0x59, b""), id="key signature of nothing"),
    pytest.param(meta(0x59, b"\x7f\x7f"), id="key signature of 127 sharps"),
    pytest.param(meta(0x20, b"\xff"), id="channel 255"),
    pytest.param(meta(0x6E, b"what?"), id="unknown"),
    pytest.param(meta(0x03, b"\xff\xfe\x00"), id="name that is no text"),
]


@pytest.mark.parametrize("event", ABSURD_META)
def test_both_readers_pass_over_an_absurd_meta_event(event: bytes, song_of) -> None:
    song = song_of(track_chunk((0, event), (0, ON), (480, OFF)))
    assert (song.tracks[0].notes, song.tempos, song.meters, song.key) == (
        (Note(0, 60, 480),),
        (TempoChange(0, 120.0),),
        (MeterChange(0, Meter(4, 4)),),
        None,
    )


@pytest.mark.parametrize("event", [meta(0x51, b"\x07"), meta(0x58, b"\x04")], ids=["tempo", "time signature"])
def test_the_lenient_reader_passes_over_an_event_of_one_byte(event: bytes, read) -> None:
    song = read(track_chunk((0, event), (0, ON), (480, OFF)))
    assert (song.tempos, song.meters) == ((TempoChange(0, 120.0),), (MeterChange(0, Meter(4, 4)),))


def test_thousands_of_tracks_are_read(song_of) -> None:
    assert len(song_of(*[track_chunk((0, ON), (480, OFF))] * 3000).tracks) == 3000


@pytest.fixture(params=READERS)
def sustained(request: pytest.FixtureRequest, tmp_path: Path):
    """The notes of one track at 480 ticks with the pedal folded in, by each of the two readers."""

    def read_sustained(*events: tuple[int, bytes]) -> tuple[Note, ...]:
        path = tmp_path / "pedal.mid"
        path.write_bytes(request.param(track_chunk(*events)))
        return read_midi(path, sustain=True).tracks[0].notes

    return read_sustained


def test_a_note_sounds_until_the_pedal_is_lifted(sustained) -> None:
    assert sustained((0, PEDAL_DOWN), (0, ON), (100, OFF), (380, PEDAL_UP)) == (Note(0, 60, 480),)


def test_a_note_sounds_under_the_pedal_until_its_pitch_is_struck_again(sustained) -> None:
    notes = sustained((0, PEDAL_DOWN), (0, ON), (100, OFF), (140, ON), (100, OFF), (140, PEDAL_UP))
    assert notes == (Note(0, 60, 240), Note(240, 60, 240))


def test_a_note_that_outlasts_the_pedal_keeps_its_length(sustained) -> None:
    assert sustained((0, PEDAL_DOWN), (0, ON), (100, PEDAL_UP), (380, OFF)) == (Note(0, 60, 480),)


def test_a_note_that_ends_before_the_pedal_is_pressed_keeps_its_length(sustained) -> None:
    assert sustained((0, ON), (100, OFF), (1, PEDAL_DOWN), (379, PEDAL_UP)) == (Note(0, 60, 100),)


def test_a_note_held_into_the_pedal_sounds_until_it_is_lifted(sustained) -> None:
    assert sustained((0, ON), (50, PEDAL_DOWN), (50, OFF), (380, PEDAL_UP)) == (Note(0, 60, 480),)


def test_the_pedal_of_another_channel_holds_nothing(sustained) -> None:
    assert sustained((0, b"\xb1\x40\x7f"), (0, ON), (100, OFF), (380, b"\xb1\x40\x00")) == (Note(0, 60, 100),)


def test_a_pedal_pressed_less_than_half_way_holds_nothing(sustained) -> None:
    assert sustained((0, b"\xb0\x40\x3f"), (0, ON), (100, OFF), (380, PEDAL_UP)) == (Note(0, 60, 100),)


def test_a_pedal_pressed_twice_is_lifted_once(sustained) -> None:
    notes = sustained((0, PEDAL_DOWN), (10, PEDAL_DOWN), (0, ON), (90, OFF), (380, PEDAL_UP), (9, PEDAL_UP))
    assert notes == (Note(10, 60, 470),)


def test_a_pedal_that_is_never_lifted_holds_nothing(sustained) -> None:
    notes = sustained((0, PEDAL_DOWN), (0, ON), (100, OFF), (900, b"\x90\x40\x50"), (10, b"\x80\x40\x00"))
    assert notes == (Note(0, 60, 100), Note(1000, 64, 10))


def test_durations_are_the_keys_own_unless_asked_otherwise(song_of) -> None:
    song = song_of(track_chunk((0, PEDAL_DOWN), (0, ON), (100, OFF), (380, PEDAL_UP)))
    assert song.tracks[0].notes == (Note(0, 60, 100),)


def test_patterns_of_type_2_come_one_after_another_from_a_bar_line_on(read) -> None:
    waltz = track_chunk((0, meta(0x58, b"\x03\x02\x18\x08")), (0, ON), (480, OFF))
    song = read(midi_file(2, 480, waltz, track_chunk((0, ON), (480, OFF)), track_chunk((0, ON), (1440, OFF))))
    assert [track.notes[0].time for track in song.tracks] == [0, 1440, 2880]
    assert song.meters == (MeterChange(0, Meter(3, 4)),)
    assert song.notices == ("its patterns are read one after another",)


def test_one_pattern_of_type_2_is_an_ordinary_song(read) -> None:
    song = read(midi_file(2, 480, track_chunk((0, ON), (480, OFF))))
    assert (song.tracks[0].notes, song.notices) == ((Note(0, 60, 480),), ())


@pytest.mark.parametrize("announced", [0, 1, 9])
def test_every_track_is_read_whatever_number_the_header_says(announced: int, read) -> None:
    data = midi_file(1, 480, *[track_chunk((0, ON), (480, OFF))] * 3)
    assert len(read(data[:10] + announced.to_bytes(2) + data[12:]).tracks) == 3


def test_the_good_part_of_a_track_cut_short_stays_beside_whole_tracks(read) -> None:
    chunk = track_chunk((0, ON), (480, OFF), (0, ON), (480, OFF))
    song = read(midi_file(1, 480, chunk, chunk)[:-9])
    assert [len(track.notes) for track in song.tracks] == [2, 2]
    assert song.notices == ("track 2 has a wrong length", "track 2 has 1 notes without an end")


def test_a_damaged_track_that_goes_astray_ends_there(read) -> None:
    far = 2000 * 480
    song = read(midi_file(1, 480, track_chunk((0, b"\x90\x3c\xd0"), (480, OFF), (far, ON), (480, OFF)))[:-3])
    assert song.tracks[0].notes == (Note(0, 60, 480, 127),)
    assert "track 1 goes astray" in song.notices


@pytest.mark.parametrize("far", [600 * 480, 30_000 * 480, 2**28 - 1], ids=["silence", "hours", "as far as can be"])
def test_notes_far_behind_the_others_are_left_out_and_counted(far: int, read) -> None:
    song = read(midi_file(1, 480, track_chunk((0, ON), (480, OFF), (far, ON), (1, OFF))))
    assert song.tracks[0].notes == (Note(0, 60, 480),)
    assert song.notices == ("1 notes lie far behind the others: they are left out",)


def test_a_rest_in_one_track_is_no_silence(read) -> None:
    rest = 600 * 480
    long = track_chunk(*[(0, ON), (480, OFF)] * 700)
    song = read(midi_file(1, 480, long, track_chunk((0, ON), (480, OFF), (rest, ON), (480, OFF))))
    assert (len(song.tracks[1].notes), song.notices) == (2, ())


def test_a_meter_far_behind_the_notes_makes_no_bars(read) -> None:
    song = one_note_with(read)
    waltz = track_chunk((30_000 * 480, meta(0x58, b"\x03\x02\x18\x08")))
    assert read(midi_file(1, 480, track_chunk((0, ON), (3840, OFF)), waltz)).bar_meters() == song.bar_meters()


def test_a_note_longer_than_64_bars_has_lost_its_end(song_of) -> None:
    song = song_of(track_chunk((0, ON), (0, b"\x91\x40\x50"), (256 * 480, OFF), (1, b"\x81\x40\x00")))
    assert [track.notes for track in song.tracks] == [(Note(0, 60, 256 * 480),), (Note(0, 64, 1920),)]


def test_line_ends_that_were_changed_as_if_it_were_text_are_changed_back(read) -> None:
    data = midi_file(1, 480, track_chunk((0, meta(1, b"A\nB")), (10, ON), (480, OFF)))
    song = read(data.replace(b"\n", b"\r\n"))
    assert song.tracks[0].notes == (Note(10, 60, 480),)
    assert song.notices == ("its line ends were changed as if it were text",)


def test_line_ends_in_a_whole_file_are_its_own(read) -> None:
    data = midi_file(1, 480, track_chunk((0, meta(1, b"A\r\nB")), (480, ON), (480, OFF)))
    assert read(data).notices == ()


def test_a_tempo_says_nothing_where_time_is_in_smpte_frames(read) -> None:
    chunk = track_chunk((0, meta(0x51, b"\x0f\x42\x40")), (0, ON), (500, OFF))  # 60 qpm; 25 frames of 40 ticks
    song = read(midi_file(1, 0xE728, chunk))
    assert (song.tempos, song.tracks[0].notes) == ((TempoChange(0, 120.0),), (Note(0, 60, 480),))


@pytest.mark.parametrize("name", ["a.mid", "a.MID", "a.kar", "a.rmi", "a.mid.gz", "a.KAR.GZ"])
def test_a_song_is_titled_by_its_file_without_endings(name: str, tmp_path: Path) -> None:
    data = gzip.compress(PLAIN, mtime=0) if name.lower().endswith(".gz") else PLAIN
    (tmp_path / name).write_bytes(data)
    assert read_midi(tmp_path / name).title == "a"


def test_karaoke_is_read_with_its_words_left_alone(read) -> None:
    song = one_note_with(read, (0, meta(1, b"@KMIDI KARAOKE FILE")), (0, meta(1, b"\\Hel")), (9, meta(1, b"lo")))
    assert (len(song.tracks), song.chords) == (1, ())


def test_events_beyond_the_limit_are_left_out_of_a_damaged_file(read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smf, "MOST_EVENTS", 2)
    song = read(LONG[14:])
    assert song.tracks[0].notes == (Note(0, 60, 480),)
    assert "track 1 is left out from the file's event 3 on" in song.notices


def test_a_file_with_too_many_tracks_is_refused(read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(midi, "MOST_TRACKS", 1)
    with pytest.raises(FormatError, match="holds 2 tracks, more than 1"):
        read(midi_file(1, 480, *[track_chunk((0, ON), (480, OFF))] * 2))


def test_tracks_beyond_the_limit_are_left_out_of_a_damaged_file(read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smf, "MOST_TRACKS", 1)
    song = read(track_chunk((0, ON), (480, OFF)) * 2)
    assert len(song.tracks) == 1
    assert "the tracks behind the first 1 are left out" in song.notices


def test_tempos_beyond_the_limit_are_left_out(read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(midi, "MOST_CHANGES", 1)
    tempos = [(480, meta(0x51, quarter.to_bytes(3))) for quarter in (1_000_000, 2_000_000)]
    assert [change.qpm for change in one_note_with(read, *tempos).tempos] == [120, 60]


def test_a_file_that_is_too_large_is_refused(read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(midi, "MOST_BYTES", 10)
    with pytest.raises(FormatError, match="has 0 MB, more than 0; cut it into pieces"):
        read(PLAIN)


HOSTILE = [
    pytest.param(midi_file(1, 480) + track_chunk() * 65_535, "holds no notes", id="empty tracks"),
    pytest.param(midi_file(1, 480, b"MTrk\x7f\xff\xff\xff" * 100_000), "holds no notes", id="lengths of 2 GB"),
    pytest.param(midi_file(0, 480, track_chunk((0, ON), *[(0, b"\x3c\x50")] * 400_000, *[(0, b"\x3c\x00")] * 400_001)),
                 "holds 400001 notes", id="notes at once"),
]  # fmt: skip


@pytest.mark.timeout(20)
@pytest.mark.parametrize(("data", "why"), HOSTILE)
def test_a_file_out_of_all_proportion_is_refused_in_no_time(data: bytes, why: str, read) -> None:
    with pytest.raises(FormatError, match=why):
        read(data)


@pytest.mark.timeout(20)
def test_a_hundred_thousand_notes_at_once_of_one_pitch_take_no_time(read) -> None:
    chunk = track_chunk((0, ON), *[(0, b"\x3c\x50")] * 99_999, *[(1, b"\x3c\x00")] * 100_000)
    assert len(read(chunk).tracks[0].notes) == 100_000


@pytest.mark.parametrize("kind", [1, 5, 7])
def test_chords_may_be_texts_of_another_kind(kind: int, read) -> None:
    song = one_note_with(read, (0, meta(kind, b"Dm7")), (480, meta(kind, b"G7")), (480, meta(kind, b"Cmaj7")))
    assert [span.chord.label for span in song.chords] == ["D:min7", "G:7", "C:maj7"]


def test_lyrics_are_no_chords(read) -> None:
    words = [b"A ", b"day ", b"be", b"fore ", b"the ", b"A", b"fair"]
    assert one_note_with(read, *((120, meta(5, word)) for word in words)).chords == ()


@pytest.mark.parametrize(("data", "why"), NOT_MUSIC)
def test_what_is_no_music_is_refused_by_name_in_one_line(data: bytes, why: str, read) -> None:
    with pytest.raises(FormatError, match=rf"A Tune\.mid: .*{why}[^\n]*$"):
        read(data)


def test_a_file_with_too_many_notes_is_refused(read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(midi, "MOST_NOTES", 1)
    with pytest.raises(FormatError, match="holds 2 notes, more than 1"):
        read(midi_file(1, 480, track_chunk((0, ON), (1, OFF), (0, ON), (1, OFF))))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"none\.mid: cannot be read \(No such file"):
        read_midi(tmp_path / "none.mid")


@settings(max_examples=300)
@given(
    data=st.just(
        midi_file(1, 96, track_chunk((0, meta(6, b"C")), (0, meta(0x58, b"\x03\x02\x18\x08")), (0, ON), (96, OFF)))
    ),
    edits=st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=6),
)
def test_damage_of_any_kind_is_read_or_refused(data: bytes, edits: list[tuple[int, int]]) -> None:
    damaged = bytearray(data)
    for place, byte in edits:
        damaged[place % len(data)] = byte
    with TemporaryDirectory() as folder:
        path = Path(folder) / "damaged.mid"
        path.write_bytes(damaged)
        try:
            song = read_midi(path)
        except FormatError:
            return
        assert song.tracks


@st.composite
def tracks(draw: st.DrawFn) -> Track:
    """Notes of one pitch do not overlap: MIDI cannot say which of them ends."""
    notes: list[Note] = []
    for pitch in draw(st.sets(st.integers(0, 127), min_size=1, max_size=4)):
        times = sorted(draw(st.sets(st.integers(0, 20_000), min_size=2, max_size=5)))
        notes += [
            Note(a, pitch, draw(st.integers(1, b - a)), draw(st.integers(1, 127)))
            for a, b in pairwise(times)
        ]  # fmt: skip
    name = draw(st.text(st.characters(codec="utf-8", exclude_characters=" \0"), max_size=12))
    return Track(tuple(sorted(notes)), name, draw(st.integers(0, 127)), draw(st.booleans()))


def changes(values: st.SearchStrategy, steps: st.SearchStrategy) -> st.SearchStrategy:
    """(time, value), the first at 0, neighbours different."""
    pairs = st.lists(st.tuples(steps, values), min_size=1, max_size=5)
    return pairs.map(
        lambda drawn: [
            (time, value)
            for index, (time, value) in enumerate(
                zip(accumulate((step for step, _ in drawn[1:]), initial=0), (value for _, value in drawn), strict=True)
            )
            if index == 0 or drawn[index - 1][1] != value
        ]
    )


# A symbol that MIDI holds is one that reads back as the same chord; which do is for the tests of symbols to say.
written_chords = sounding_chords.map(lambda chord: parse_chord(chord.symbol())).filter(
    lambda chord: parse_chord(chord.symbol()) == chord
)


@st.composite
def chord_spans(draw: st.DrawFn) -> tuple[ChordSpan, ...]:
    """Nothing, or chords without gaps from any tick on."""
    if draw(st.booleans()):
        return ()
    chords = draw(st.lists(written_chords | st.sampled_from([NO_CHORD, UNKNOWN_CHORD]), min_size=1, max_size=8))
    lengths = draw(st.lists(st.integers(1, 4000), min_size=len(chords), max_size=len(chords)))
    times = accumulate(lengths, initial=draw(st.integers(0, 4000)))
    return tuple(ChordSpan(a, b - a, chord) for (a, b), chord in zip(pairwise(times), chords, strict=True))


songs = st.builds(
    Song,
    tracks=st.lists(tracks(), min_size=1, max_size=20).map(tuple),
    tempos=changes(st.integers(4, 400).map(float), st.integers(1, 5000)).map(
        lambda drawn: tuple(TempoChange(*change) for change in drawn)
    ),
    meters=changes(st.sampled_from(METERS), st.integers(120, 5000)).map(
        lambda drawn: tuple(MeterChange(*change) for change in drawn)
    ),
    chords=chord_spans(),
    title=st.just("song"),
    key=st.none() | st.sampled_from(["C:maj", "Bb:maj", "F#:min", "Cb:maj", "A#:min"]),
)


@settings(max_examples=150)
@given(songs)
def test_a_song_reads_back_as_it_was_written(song: Song) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "song.mid"
        write_midi(song, path)
        assert read_midi(path) == song


@pytest.mark.parametrize("text", ["key: E\nC#m7 | F#7 | Bmaj7 | G#m7 D#7 |", "key: Gb\nGbmaj7 | Cb7/Eb |"])
def test_markers_spell_the_chords_in_the_key(tmp_path: Path, text: str) -> None:
    chart = parse_chart(text)
    song = Song((NOTE,), chords=tuple(chart.spans()), key=chart.key)
    write_midi(song, tmp_path / "a.mid")
    markers = [marker.text for marker in ScoreTick(tmp_path / "a.mid").markers]
    assert markers == [*(span.chord.symbol(key=chart.key) for span in chart.spans()), "N.C."]
    assert read_midi(tmp_path / "a.mid").chords == song.chords


def test_a_gap_between_chords_reads_back_as_no_chord(tmp_path: Path) -> None:
    spans = (ChordSpan(0, 480, parse_chord("Dm7")), ChordSpan(960, 480, parse_chord("G7")))
    write_midi(Song((NOTE,), chords=spans), tmp_path / "a.mid")
    assert read_midi(tmp_path / "a.mid").chords == (spans[0], ChordSpan(480, 480, NO_CHORD), spans[1])


def test_the_file_is_of_type_1_at_480_ticks(tmp_path: Path) -> None:
    write_midi(Song((NOTE, replace(NOTE, is_drum=True))), tmp_path / "a.mid")
    assert (tmp_path / "a.mid").read_bytes()[8:14] == bytes((0, 1, 0, 2, 480 >> 8, 480 & 255))


def test_drums_go_to_channel_10(tmp_path: Path) -> None:
    write_midi(Song((replace(NOTE, is_drum=True),)), tmp_path / "a.mid")
    assert b"\x99\x3c\x50" in (tmp_path / "a.mid").read_bytes()


def test_writing_replaces_a_file_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    (tmp_path / "a.mid").write_text("before")
    write_midi(Song((NOTE,)), tmp_path / "a.mid")
    assert [path.name for path in tmp_path.iterdir()] == ["a.mid"]
    assert read_midi(tmp_path / "a.mid").tracks == (NOTE,)


def test_a_folder_that_is_missing_is_named_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"a\.mid: cannot be written \(No such file or directory\)[^\n]*$"):
        write_midi(Song((NOTE,)), tmp_path / "none" / "a.mid")


def test_a_file_in_place_of_the_folder_is_named_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"a\.mid: cannot be written \(Not a directory\)"):
        write_midi(Song((NOTE,)), tmp_path / "file" / "a.mid")


def test_a_failed_write_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "a.mid").mkdir()
    with pytest.raises(OutputError, match="Is a directory"):
        write_midi(Song((NOTE,)), tmp_path / "a.mid")
    assert [path.name for path in tmp_path.iterdir()] == ["a.mid"]


def test_a_meter_that_midi_cannot_hold_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="meter 300/32"):
        write_midi(Song((NOTE,), meters=(MeterChange(0, Meter(300, 32)),)), tmp_path / "a.mid")


@pytest.mark.parametrize("swing", [1.0, 1.62])
@pytest.mark.parametrize("text", ["F#m", "Cm | Cm7", "Dm7 | G7 | C"])
def test_a_file_that_says_its_swing_is_ours_and_its_chords_are_sure(tmp_path: Path, text: str, swing: float) -> None:
    chart = parse_chart(text)
    song = Song((Track((Note(0, 60, 480),)),), chords=tuple(chart.spans()), swing=swing)
    write_midi(song, tmp_path / "x.mid")
    found = read_midi(tmp_path / "x.mid")
    assert found.swing == swing
    assert [span.chord for span in found.chords] == [span.chord for span in chart.spans()]
