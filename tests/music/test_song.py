from itertools import accumulate

import pytest

from solomuse.music.meter import Meter
from solomuse.music.note import Note
from solomuse.music.song import MeterChange, Song, Track

COMMON, WALTZ, JIG = Meter(4, 4), Meter(3, 4), Meter(6, 8)


def song(*changes: tuple[int, Meter], end: int = 6000) -> Song:
    return Song((Track((Note(0, 60, end),)),), meters=tuple(MeterChange(*change) for change in changes))


@pytest.mark.parametrize(
    ("changes", "meters"),
    [
        ([(0, COMMON)], ["4/4"] * 4),
        ([(0, COMMON), (480, COMMON)], ["1/4", "4/4", "4/4", "4/4"]),
        ([(0, COMMON), (2400, WALTZ)], ["4/4", "1/4", "3/4", "3/4", "3/4"]),
        ([(0, COMMON), (2420, WALTZ)], ["4/4", "1/4", "3/4", "3/4", "3/4"]),
        ([(0, JIG), (1430, WALTZ)], ["6/8", "3/4", "3/4", "3/4", "3/4"]),
        ([(0, Meter(3, 32)), (180, COMMON)], ["3/32", "4/4", "4/4", "4/4", "4/4"]),
        ([(0, COMMON), (9000, WALTZ)], ["4/4", "4/4", "4/4", "4/4", "11/16", "3/4"]),
    ],
)
def test_a_change_of_meter_ends_the_bar(changes: list[tuple[int, Meter]], meters: list[str]) -> None:
    assert [str(meter) for meter in song(*changes).bar_meters()] == meters


def test_bar_lines_do_not_drift_from_their_meter_changes() -> None:
    times = [time + 25 * index for index, time in enumerate(range(0, 60_000, 2400))]
    changes = [(time, WALTZ if index % 2 else COMMON) for index, time in enumerate(times)]
    lines = list(accumulate((meter.bar_ticks for meter in song(*changes, end=65_000).bar_meters()), initial=0))
    assert max(min(abs(line - time) for line in lines) for time in times) <= 60
