from __future__ import annotations

import pytest

from solomuse.analysis.key import key_of, key_of_chart
from solomuse.music.chart_text import parse_chart
from solomuse.music.note import Note

MAJOR_SCALE, HARMONIC_MINOR = (0, 2, 4, 5, 7, 9, 11, 12), (0, 2, 3, 5, 7, 8, 11, 12)


@pytest.mark.parametrize(
    ("tonic", "scale", "key"), [(60, MAJOR_SCALE, "C:maj"), (70, MAJOR_SCALE, "Bb:maj"), (57, HARMONIC_MINOR, "A:min")]
)
def test_a_scale_is_in_its_key(tonic: int, scale: tuple[int, ...], key: str) -> None:
    notes = [Note(480 * i, tonic + step, 480) for i, step in enumerate(scale)]
    assert key_of(notes) == key


def test_without_notes_it_is_c_major() -> None:
    assert key_of([]) == "C:maj"


@pytest.mark.parametrize(
    ("chart", "key"),
    [
        ("Dm7 | G7 | Cmaj7 | %", "C:maj"),
        ("F7 | Bb7 | F7 | % | Bb7 | % | F7 | D7 | Gm7 | C7 | F7 D7 | Gm7 C7", "F:maj"),
        ("Cm | Fm | G7 | Cm", "C:min"),
        ("Ebm7 | Ab7 | Dbmaj7 | %", "Db:maj"),
        ("G#m7 | D#7 | C#m7 D#7 | G#m7", "G#:min"),
        ("N.C. | %", None),
    ],
)
def test_a_chart_is_in_the_key_of_its_chords(chart: str, key: str | None) -> None:
    assert key_of_chart(parse_chart(chart)) == key
