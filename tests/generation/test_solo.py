from __future__ import annotations

from pathlib import Path

from solomuse.datasets.lead_sheets import read_lead_sheet
from solomuse.generation import Controls, generate
from solomuse.generation.ranking import explain, rank
from solomuse.generation.report import report_of
from solomuse.model.folder import Model
from solomuse.music.leadsheet import one_voice


def test_a_solo_in_three_voices_has_the_solo_in_one_on_top(random_model: Model) -> None:
    alone, section = (
        generate(random_model, "Dm7 | G7 | N.C. | C", controls=Controls(voices=voices))[0] for voices in (1, 3)
    )
    assert one_voice(section.sheet.melody) == list(alone.sheet.melody)
    assert len(section.sheet.melody) > len(alone.sheet.melody)
    assert section.token_ids == alone.token_ids


def test_ranking_and_report_are_of_the_solo_without_its_section(random_model: Model) -> None:
    alone, section = (
        generate(random_model, "Dm7 | G7 | C | Am7", takes=3, controls=Controls(voices=voices)) for voices in (1, 3)
    )
    assert [solo.line for solo in section] == [solo.sheet for solo in alone]
    assert explain(rank(section, None, best=2)) == explain(rank(alone, None, best=2))
    assert report_of(section[0], random_model, None) == report_of(alone[0], random_model, None)


def test_a_chart_that_names_no_key_is_written_in_that_of_its_chords(random_model: Model, tmp_path: Path) -> None:
    for key, text in ((None, "Gm7 | C7 | Fmaj7 | %"), ("Bb:maj", "key: Bb\nGm7 | C7 | Fmaj7 | %")):
        solo = generate(random_model, text)[0]
        solo.write(tmp_path / "solo.musicxml")
        assert solo.sheet.chart.key == key
        assert read_lead_sheet(tmp_path / "solo.musicxml").chart.key == (key or "F:maj")
