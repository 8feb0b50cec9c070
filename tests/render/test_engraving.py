from __future__ import annotations

import re
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from solomuse.errors import ConfigError, OutputError
from solomuse.formats.musicxml import print_musicxml
from solomuse.music.chart_text import parse_chart
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.note import Note
from solomuse.render.engraving import engraved, engraved_page

SCORE = print_musicxml(LeadSheet(parse_chart("title: Tune\nCm7 | F7"), (Note(0, 60, 480), Note(1920, 65, 480))))


def test_notes_and_chords_are_drawn() -> None:
    pytest.importorskip("verovio", reason="the extra 'notation' is not installed")
    [page] = engraved(SCORE)
    assert len(re.findall(r'class="note\b', page)) == 2
    assert {"Tune", "Cm7", "F7"} <= set(re.findall(r">([^<>\s]+)<", page))


def test_what_a_chord_name_says_is_not_said_again() -> None:
    pytest.importorskip("verovio", reason="the extra 'notation' is not installed")
    [page] = engraved(print_musicxml(LeadSheet(parse_chart("F7alt | Bb6/9"), ())))
    text = "".join(re.findall(r">([^<>\s]+)<", page))
    assert "7alt" in text
    assert "6/9" in text
    assert not [part for part in ("add", "no5", "(9)") if part in text]


def test_a_page_is_whole_and_the_same_each_time() -> None:
    pytest.importorskip("verovio", reason="the extra 'notation' is not installed")
    page = engraved_page(SCORE, "Tom & <Jerry>")
    assert "<title>Tom &amp; &lt;Jerry&gt;</title>" in page
    assert page.count("<svg") >= 1
    assert "<?xml" not in page
    assert not re.findall(r"""(?:src|href)=["'](?!#)""", page)
    assert engraved_page(SCORE, "Tom & <Jerry>") == page


def test_every_thread_engraves() -> None:
    pytest.importorskip("verovio", reason="the extra 'notation' is not installed")
    with ThreadPoolExecutor(2) as threads:
        assert [len(pages) for pages in threads.map(engraved, [SCORE] * 4)] == [1] * 4


def test_what_is_no_score_is_refused() -> None:
    pytest.importorskip("verovio", reason="the extra 'notation' is not installed")
    with pytest.raises(OutputError, match="cannot be engraved"):
        engraved("no score")


def test_without_verovio_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "verovio", None)
    with pytest.raises(ConfigError, match=r"solomuse\[notation\]"):
        engraved(SCORE)
