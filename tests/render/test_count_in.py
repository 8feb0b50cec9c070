from __future__ import annotations

import pytest

from solomuse.errors import ConfigError
from solomuse.music.chart_text import parse_chart
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.note import Note
from solomuse.render.count_in import counted_in
from solomuse.render.files import Rendering
from solomuse.render.performance import Performance, performed


@pytest.mark.parametrize(
    ("form", "bars", "clicks", "begins"),
    [
        ("C | F", 1, [0, 480, 960, 1440], 1920),
        ("(3/4) C | F", 2, [0, 480, 960, 1440, 1920, 2400], 2880),
        ("(6/8) C | F", 1, [0, 720], 1440),
        ("(1/4) N.C. | (4/4) C | F", 1, [0, 480, 960], 1440),  # the pickup is where the fourth click would be
        ("C | F", 0, [], 0),
    ],
)
def test_clicks_lead_to_the_first_bar(form: str, bars: int, clicks: list[int], begins: int) -> None:
    sheet = LeadSheet(parse_chart(form), (Note(0, 60, 240),))
    song = performed(sheet, Performance(lay_back=0, dynamics=0))
    counted = counted_in(song, sheet.chart, bars)
    heard = [note.time for track in counted.tracks[len(song.tracks) :] for note in track.notes]
    assert (heard, counted.tracks[0].notes[0].time) == (clicks, begins)
    assert counted.end == song.end + begins
    assert counted.seconds_at(counted.end) == pytest.approx(song.seconds_at(song.end) + song.seconds_at(begins))
    lines = [sum(meter.bar_ticks for meter in counted.bar_meters()[:index]) for index in range(8)]
    assert begins in lines


def test_too_many_bars_are_refused() -> None:
    with pytest.raises(ConfigError, match="count_in is 9: expected 0 to 8 bars"):
        Rendering(count_in=9)
