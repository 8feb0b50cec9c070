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


@pytest.mark.parametrize("meter", [(0, 4), (4, 3), (65, 4), (300_000_000, 4)])
def test_what_is_no_meter_is_refused(meter: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match=f"{meter[0]}/{meter[1]}"):
        Meter(*meter)


def test_a_meter_in_threes_of_short_units_is_compound() -> None:
    meters = [Meter(*meter) for meter in ((3, 8), (6, 8), (9, 16), (12, 8), (3, 4), (6, 4), (4, 4), (5, 8), (7, 8))]
    assert [str(meter) for meter in meters if meter.is_compound] == ["3/8", "6/8", "9/16", "12/8"]


@pytest.mark.parametrize("numerator", range(1, 17))
def test_notation_shows_the_pulses_that_the_band_plays(numerator: int) -> None:
    meter = Meter(numerator, 8)
    assert beats_of(meter).starts[:-1] == tuple(pulse.time for pulse in pulses(meter))
