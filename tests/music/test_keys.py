import pytest

from solomuse.errors import ChartError
from solomuse.music.keys import key_fifths, parse_key, pitch_class_names


@pytest.mark.parametrize(
    ("text", "key"),
    [
        *(("C#", "C#:maj"), ("Cb", "Cb:maj"), ("A#m", "A#:min"), ("Ab minor", "Ab:min")),
        *(("G#", "Ab:maj"), ("D#", "Eb:maj"), ("A#:maj", "Bb:maj"), ("Fb", "E:maj")),
        *(("E#m", "F:min"), ("B#m", "C:min"), ("Dbm", "C#:min"), ("Gb minor", "F#:min")),
    ],
)
def test_a_key_is_one_that_a_signature_has(text: str, key: str) -> None:
    assert parse_key(text) == key
    assert abs(key_fifths(key)) <= 7


@pytest.mark.parametrize(
    ("key", "names"),
    [
        ("C:maj", "C Db D Eb E F F# G Ab A Bb B"),
        ("Gb:maj", "C Db D Eb E F Gb G Ab A Bb Cb"),
        ("Eb:min", "C Db D Eb E F Gb G Ab A Bb Cb"),
        ("Cb:maj", "C Db D Eb Fb F Gb G Ab A Bb Cb"),
        ("F#:maj", "C C# D D# E E# F# G G# A A# B"),
        ("A#:min", "B# C# D D# E E# F# G G# A A# B"),
    ],
)
def test_a_key_names_its_scale_by_seven_letters(key: str, names: str) -> None:
    assert " ".join(pitch_class_names(key)) == names


def test_what_is_no_key_is_refused() -> None:
    with pytest.raises(ChartError, match="expected a key such as"):
        parse_key("X")
