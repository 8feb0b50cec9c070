from __future__ import annotations

from solomuse.generation import Controls, generate
from solomuse.generation.ranking import explained, rank
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
    assert explained(rank(section, None, best=2)) == explained(rank(alone, None, best=2))
    assert report_of(section[0], random_model, None) == report_of(alone[0], random_model, None)
