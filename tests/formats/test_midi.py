import gzip
from dataclasses import replace
from itertools import accumulate, pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solomuse.errors import FormatError, OutputError
from solomuse.formats import midi, smf
from solomuse.formats.midi import read_midi, write_midi
from solomuse.music.chart import ChordSpan
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
]


PLAIN = midi_file(1, 480, track_chunk((0, ON), (480, OFF)))
LONG = midi_file(1, 480, track_chunk((0, ON), (480, OFF), (0, ON), (480, OFF)))

MENDED = [
    (gzip.compress(PLAIN), "unpacked"),
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
        read(gzip.compress(PLAIN + bytes(10_000)))


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


@settings(max_examples=300, deadline=None)
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


@settings(max_examples=150, deadline=None)
@given(songs)
def test_a_song_reads_back_as_it_was_written(song: Song) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "song.mid"
        write_midi(song, path)
        assert read_midi(path) == song


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
    with pytest.raises(OutputError, match="meter 300/4"):
        write_midi(Song((NOTE,), meters=(MeterChange(0, Meter(300, 4)),)), tmp_path / "a.mid")
