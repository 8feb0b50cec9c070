import pytest

from solomuse.formats.notation.pulse import beats_of
from solomuse.music.meter import Meter, beat_groups
from solomuse.render.band.pulse import pulses


@pytest.mark.parametrize(
    ("meter", "groups"),
    [
        *(((1, 4), (1,)), ((2, 4), (2,)), ((3, 4), (3,)), ((4, 4), (2, 2)), ((5, 4), (3, 2)), ((6, 4), (3, 3))),
        *(((3, 8), (3,)), ((5, 8), (3, 2)), ((6, 8), (3, 3)), ((7, 8), (2, 2, 3)), ((12, 8), (3, 3, 3, 3))),
        *(((8, 8), (2, 2, 2, 2)), ((11, 8), (2, 2, 2, 2, 3))),
    ],
)
def test_beats_go_in_twos_and_threes(meter: tuple[int, int], groups: tuple[int, ...]) -> None:
    assert beat_groups(Meter(*meter)) == groups


@pytest.mark.parametrize("numerator", range(1, 17))
def test_notation_shows_the_pulses_that_the_band_plays(numerator: int) -> None:
    meter = Meter(numerator, 8)
    assert beats_of(meter).starts[:-1] == tuple(pulse.time for pulse in pulses(meter))
