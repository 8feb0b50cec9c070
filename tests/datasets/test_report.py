from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import Any

import pytest

from solomuse.datasets.duplicates import Pair
from solomuse.datasets.report import full_report, page
from solomuse.datasets.splits import split_titles


def song(name: str, **facts: Any) -> dict[str, Any]:
    return {
        "name": name,
        "title": name,
        "source": "midi",
        "split": "train",
        "chord_source": "inferred",
        "qualities": {"maj": 2, "min7": 1},
        "confidence": 0.75,
        "melody": [{"track": 3, "name": "Flute", "score": 0.75}],
        "beats": "file",
        "deviation_ticks": 2.0,
        "meter": "4/4",
        "qpm": 120.0,
        "key": "C:maj",
        "bars": 32,
        "notes_per_bar": 4.5,
        "mean_pitch": 66.0,
        **facts,
    }


def report(songs: list[dict[str, Any]], **values: Any) -> dict[str, Any]:
    return {
        "package": "0.1.0",
        "config": {"held_back": 0.1, "splits": "title"},
        "files": len(songs),
        "songs": len(songs),
        "titles": len(songs),
        "sources": {"midi": len(songs)},
        "skipped": {},
        "chords": {"given": 0, "inferred": 2, "total": 6, "simplified": 0},
        "notes": 288,
        "tokens_per_note": 2.5,
        "splits": {"train": {"songs": len(songs), "windows": 7}, "validation": {}, "test": {}},
        **values,
    }


SONGS = [song("one"), song("two")]


class Reader(HTMLParser):
    """What a page holds: tags, what they point to, and text; raises if a tag is not closed in order."""

    VOID = ("meta", "br", "link", "img", "input")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(text)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href")]
        self._open += [] if tag in self.VOID else [tag]

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_everything_of_the_report_is_kept() -> None:
    own = report(SONGS)
    assert own.items() <= full_report(own, SONGS, []).items()


def test_stages_count_what_is_left_after_each_reason() -> None:
    skipped = {
        reason: {"count": count, "examples": []}
        for reason, count in {
            "Format": 3,
            "Internal KeyError": 1,
            "NoMelody": 4,
            "NoChords": 2,
            "Vocabulary": 1,
        }.items()
    }
    full = full_report(report(SONGS, files=13, skipped=skipped), SONGS, [])
    assert full["stages"] == {"found": 13, "read": 9, "melody": 5, "chords": 3, "used": 2}


@pytest.mark.parametrize(
    ("fact", "values", "counts"),
    [
        ("meter", ["4/4", "3/4", "4/4"], {"4/4": 2, "3/4": 1}),
        ("key", ["F:maj", "D:min", "D:min"], {"D:min": 2, "F:maj": 1}),
        ("qpm", [59.9, 60.0, 119.0], {"below 60": 1, "60 to 80": 1, "80 to 100": 0, "100 to 120": 1}),
        ("mean_pitch", [97.0, 96.0, 95.9], {"90 to 96": 1, "96 and up": 2}),
        ("confidence", [0.95, 1.0, 0.9], {"0.9 and up": 3}),
        ("swing", [None, 1.0, 1.6], {"0.9 to 1.1": 1, "1.1 to 1.3": 0, "1.3 to 1.5": 0, "1.5 to 1.7": 1}),
        ("bars", [float("inf"), 10, 10], {"8 to 16": 2}),
    ],
)
def test_a_fact_is_counted_over_the_songs(fact: str, values: list[object], counts: dict[str, int]) -> None:
    songs = [song(f"song {place}", **{fact: value}) for place, value in enumerate(values)]
    assert full_report(report(songs), songs, [])["distributions"][fact] == counts


def test_chord_qualities_are_counted_by_chords() -> None:
    assert full_report(report(SONGS), SONGS, [])["distributions"]["qualities"] == {"maj": 4, "min7": 2}


def test_songs_without_swing_have_no_distribution_of_it() -> None:
    assert full_report(report(SONGS), SONGS, [])["distributions"]["swing"] == {}


def test_each_source_of_beats_has_its_mean_deviation() -> None:
    songs = [song("a"), song("b", deviation_ticks=5.0), song("c", beats="tracked", deviation_ticks=20.0)]
    assert full_report(report(songs), songs, [])["beats"] == {
        "file": {"songs": 2, "deviation_ticks": 3.5},
        "tracked": {"songs": 1, "deviation_ticks": 20.0},
    }


def test_the_ten_least_certain_songs_are_named_and_certain_ones_never() -> None:
    songs = [song(f"song {place:02}", confidence=place / 11) for place in range(12)]
    names = [entry["name"] for entry in full_report(report(songs), songs, [])["least_certain"]]
    assert names == [f"song {place:02}" for place in range(10)]
    assert full_report(report(songs), songs[-1:], [])["least_certain"] == []


def test_a_doubtful_song_shows_its_least_certain_stretch() -> None:
    stretches = [{"track": 1, "name": "Lead", "score": 0.9}, {"track": 2, "name": "Bass", "score": 0.2}]
    songs = [song("one", confidence=0.2, melody=stretches)]
    assert full_report(report(songs), songs, [])["least_certain"] == [
        {"name": "one", "track": 2, "track_name": "Bass", "score": 0.2}
    ]


def test_duplicates_are_grouped_and_those_of_several_titles_come_first() -> None:
    songs = [song("a", title="x"), song("b", title="x"), song("c"), song("d"), song("e")]
    pairs = [Pair(0, 1, 1.0), Pair(2, 3, 0.5), Pair(3, 4, 0.4)]
    assert full_report(report(songs), songs, pairs)["duplicates"] == {
        "pairs": 3,
        "groups": 2,
        "songs": 5,
        "groups_of_several_titles": 1,
        "listed": [
            {"songs": 3, "titles": 3, "overlap": 0.4, "names": ["c", "d", "e"]},
            {"songs": 2, "titles": 1, "overlap": 1.0, "names": ["a", "b"]},
        ],
    }


def test_the_list_of_duplicates_is_short_and_their_count_is_full() -> None:
    songs = [song(f"song {place}") for place in range(400)]
    pairs = [Pair(place, place + 1, 1.0) for place in range(0, 200, 2)] + [Pair(200, n, 1.0) for n in range(201, 400)]
    found = full_report(report(songs), songs, pairs)["duplicates"]
    assert (found["groups"], found["songs"], len(found["listed"])) == (101, 400, 50)
    assert (found["listed"][0]["songs"], len(found["listed"][0]["names"])) == (200, 10)


def test_it_is_said_how_many_melodies_titles_alone_would_have_put_on_two_sides() -> None:
    titles = [f"title {number}" for number in range(20)]
    splits = split_titles(titles, 0.1)
    here = next(place for place, title in enumerate(titles) if splits[title] == "validation")
    there = next(place for place, title in enumerate(titles) if splits[title] == "train")
    songs = [song(title) for title in titles]
    sides = full_report(report(songs), songs, [Pair(min(here, there), max(here, there), 0.9)])["sides"]
    assert (sides["by_title_alone"], sides["on_two_sides"]) == (1, 0)
    assert sides["splits"]["train"] == {"songs": 20, "groups": 19}


def test_splits_of_the_publishers_may_have_a_melody_on_two_sides() -> None:
    songs = [song("a"), song("b", split="test")]
    own = report(songs, config={"held_back": 0.1, "splits": "original"})
    sides = full_report(own, songs, [Pair(0, 1, 0.9)])["sides"]
    assert (sides["by_title_alone"], sides["on_two_sides"]) == (None, 1)


def test_the_report_is_strict_json_in_utf_8_whatever_files_are_called() -> None:
    songs = [song("caf\udce9.mid", deviation_ticks=float("nan"))]
    own = report(songs, skipped={"Format": {"count": 1, "examples": ["bad\udcff.mid: no MIDI"]}})
    text = json.dumps(full_report(own, songs, []), ensure_ascii=False, allow_nan=False)
    assert "caf?.mid" in text.encode("utf-8").decode("utf-8")


def test_the_page_holds_nothing_from_elsewhere_and_closes_what_it_opens() -> None:
    found = Reader(page(full_report(report(SONGS), SONGS, [Pair(0, 1, 1.0)])))
    assert found.links == []
    assert not found.tags & {"script", "link", "img", "iframe", "object"}


def test_the_page_opens_with_how_many_songs_were_used() -> None:
    found = Reader(page(full_report(report(SONGS, files=1234), SONGS, [])))
    assert "2 of 1,234 songs used" in found.text


def test_the_page_says_why_training_notes_are_more_than_the_notes() -> None:
    assert "count in each window" in page(full_report(report(SONGS), SONGS, []))


def test_what_files_are_called_stays_text() -> None:
    evil = '<script>alert("&")</script>\udcff'
    songs = [song(evil, key=evil, melody=[{"track": 0, "name": evil, "score": 0.1}]), song(evil + "2")]
    own = report(songs, skipped={evil: {"count": 2, "examples": [evil, evil]}}, sources={evil: 2})
    found = Reader(page(full_report(own, songs, [Pair(0, 1, 1.0)])))
    assert "script" not in found.tags
    assert '<script>alert("&")</script>?' in found.text


def test_the_page_of_a_report_read_back_from_its_file_is_the_same() -> None:
    full = full_report(report(SONGS), SONGS, [Pair(0, 1, 0.5)])
    assert page(json.loads(json.dumps(full))) == page(full)


def test_a_chart_of_many_names_sums_up_the_last_ones() -> None:
    songs = [song(f"song {place}", key=f"key {place:02}") for place in range(30)]
    text = page(full_report(report(songs), songs, []))
    assert "17 others: 17" in text
    assert "key 13" not in text
