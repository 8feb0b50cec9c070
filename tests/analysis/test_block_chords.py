import pytest

from solomuse.analysis.block_chords import are_blocks, chord_of, chords_of_blocks
from solomuse.music.note import Note
from solomuse.music.song import Track


def blocks(rows):
    """Onset and duration in quarters, pitches."""
    return tuple(sorted(Note(on * 480, pitch, length * 480) for on, length, pitches in rows for pitch in pitches))


@pytest.mark.parametrize(
    ("pitches", "label"),
    [
        ((48, 52, 55), "C:maj"),
        ((48, 51, 56), "Ab:maj/3"),
        ((48, 53, 57), "F:maj/5"),
        ((48, 51, 55, 60), "C:min"),
        ((48, 51, 54), "C:dim"),
        ((48, 52, 56), "C:aug"),
        ((48, 50, 55), "C:sus2"),
        ((48, 53, 55), "C:sus4"),
        ((48, 53, 58), "F:sus4/5"),
        ((48, 52, 55, 57), "C:maj6"),
        ((48, 51, 55, 57), "C:min6"),
        ((48, 52, 55, 58), "C:7"),
        ((48, 50, 54, 57), "D:7/b7"),
        ((48, 52, 55, 59), "C:maj7"),
        ((48, 49, 53, 56), "Db:maj7/7"),
        ((48, 51, 55, 58), "C:min7"),
        ((48, 50, 53, 57), "D:min7/b7"),
        ((48, 51, 54, 58), "C:hdim7"),
        ((48, 51, 54, 57), "C:dim7"),
        ((48, 51, 55, 59), "C:minmaj7"),
        ((48, 53, 55, 58), "C:sus4(b7)"),
        ((48, 50, 52, 55), "C:maj(9)"),
        ((48, 50, 51, 55), "C:min(9)"),
        ((48, 52, 55, 58, 62), "C:9"),
        ((48, 52, 56, 58), "C:aug(b7)"),
        ((48, 51, 58), "C:min7(*5)"),
        ((48, 55, 58), "C:5(b7)"),
        ((48, 55), "C:5"),
        ((48, 52), "C:maj(*5)"),
        ((48, 60), "C:1"),
    ],
)
def test_a_block_is_read_tone_for_tone_over_its_lowest_note(pitches, label):
    assert chord_of(pitches).label == label


@pytest.mark.parametrize("up", range(12))
def test_a_transposed_block_is_the_transposed_chord(up):
    assert chord_of([48 + up, 51 + up, 56 + up]) == chord_of([48, 51, 56]).transpose(up)


def test_a_block_that_is_no_chord_is_the_nearest_plain_one():
    assert chord_of([48, 52, 53]).label == "F:maj7/5"


def test_blocks_are_chords_until_the_next_one_or_until_nothing_sounds():
    spans = chords_of_blocks(blocks([(0, 2, (48, 52, 55)), (3, 1, (53, 57, 60))]))
    assert [(span.time, span.duration, span.chord.label) for span in spans] == [
        (0, 960, "C:maj"),
        (960, 480, "N"),
        (1440, 480, "F:maj"),
    ]


def test_a_voice_that_moves_inside_a_block_makes_another_chord():
    spans = chords_of_blocks(blocks([(0, 4, (48, 55)), (0, 2, (53,)), (2, 2, (52,))]))
    assert [(span.time, span.chord.label) for span in spans] == [(0, "C:sus4"), (960, "C:maj")]


def test_a_note_of_a_block_that_is_a_little_early_is_still_of_it():
    early = (*blocks([(0, 4, (48, 52, 55)), (4, 4, (53, 57))]), Note(1900, 60, 1900))
    assert [(span.time, span.chord.label) for span in chords_of_blocks(early)] == [(0, "C:maj"), (1920, "F:maj")]


def test_a_track_of_block_chords_is_told_from_one_of_lines():
    chords = blocks([(0, 4, (48, 52, 55)), (4, 4, (53, 57, 60))])
    assert are_blocks(Track(chords))
    assert not are_blocks(Track(chords, is_drum=True))
    assert not are_blocks(Track((*chords, *blocks([(1, 1, (72,)), (2, 1, (74,))]))))
    assert not are_blocks(Track(()))
