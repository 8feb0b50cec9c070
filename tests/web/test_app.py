from __future__ import annotations

import io
import json
import re
import wave
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import fields
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from solomuse.analysis.lead_sheet import song_chords
from solomuse.formats.midi import read_midi
from solomuse.generation import Controls, generate
from solomuse.model.folder import Model
from solomuse.render.performance import Performance

pytest.importorskip("starlette", reason="the extra 'serve' is not installed")

from starlette.testclient import TestClient

from solomuse.web import studio as studios
from solomuse.web.app import MOST_BYTES, PAGE, application
from solomuse.web.studio import Studio
from solomuse.web.wishes import rendering_of

BLUES = "title: Blues\nkey: F\nF7 | Bb7 | F7 | Cm7 F7"
BINARY = {"Content-Type": "application/octet-stream"}


@pytest.fixture
def page(random_model: Model) -> Iterator[TestClient]:
    with TestClient(application(Studio(random_model, "built-in"), ["testserver"])) as client:
        yield client


def chart(page: TestClient, data: bytes | str, **query: str) -> dict[str, Any]:
    answer = page.post("/api/chart", params=query, content=data, headers=BINARY)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def played(page: TestClient, **wish: Any) -> list[dict[str, Any]]:
    answer = page.post("/api/solos", json={"chart": BLUES, **wish})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["solos"])


def refused(page: TestClient, **wish: Any) -> str:
    answer = page.post("/api/solos", json={"chart": BLUES, **wish})
    assert answer.status_code == 400, answer.text
    return str(answer.json()["error"])


def file(page: TestClient, solo: dict[str, Any], name: str, **wish: Any) -> bytes:
    answer = page.get(f"/api/solos/{solo['id']}/{name}", params={"wish": json.dumps(wish)})
    assert answer.status_code == 200, answer.text
    return answer.content


def sound(data: bytes) -> np.ndarray[Any, Any]:
    with wave.open(io.BytesIO(data)) as opened:
        return np.frombuffer(opened.readframes(opened.getnframes()), dtype=np.int16).astype(np.int64)


def test_a_chart_is_shown_bar_by_bar(page: TestClient) -> None:
    found = chart(page, BLUES)
    assert [[chord["symbol"] for chord in bar["chords"]] for bar in found["bars"]] == [
        ["F7"],
        ["Bb7"],
        ["F7"],
        ["Cm7", "F7"],
    ]
    assert (found["title"], found["key"], found["bars"][3]["start"]) == ("Blues", "F:maj", 3 * 1920)
    assert found["songs"] == ["Blues"]


def test_a_chart_moves_to_another_key(page: TestClient) -> None:
    moved = chart(page, BLUES, key="Eb")
    assert [chord["symbol"] for bar in moved["bars"] for chord in bar["chords"]] == ["Eb7", "Ab7", "Eb7", "Bbm7", "Eb7"]
    assert chart(page, moved["text"])["bars"] == moved["bars"]


def test_a_chart_without_a_key_moves_from_that_of_its_chords(page: TestClient) -> None:
    assert chart(page, "Am | Dm | E7 | Am")["key"] == "A:min"
    assert chart(page, "Am | Dm | E7 | Am", key="Cm")["text"] == "key: Cm\nCm | Fm | G7 | Cm |"
    assert chart(page, "Am | Dm | E7 | Am")["text"] == "Am | Dm | E7 | Am"


def test_of_a_book_the_first_song_that_can_be_read_is_shown(page: TestClient) -> None:
    good, bad = "Doe==Swing=C==1r34LbKcu7C   |F   Z==0=0", "Doe==Swing=C==1r34LbKcu7T44Q7  Z==0=0"
    book = f"irealb://Bad={bad}===Good={good}===Other={good}"
    found = chart(page, book)
    assert (found["songs"], found["song"], found["title"]) == (["Bad", "Good", "Other"], 2, "Good")
    answer = page.post("/api/chart", params={"song": "1"}, content=book, headers=BINARY)
    assert (answer.status_code, "'Bad'" in answer.json()["error"]) == (400, True)


def test_a_book_is_read_once(page: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    book = 'X:1\nT:First\nL:1/4\nK:C\n"C"cccc|\n\nX:2\nT:Second\nL:1/4\nK:G\n"G"gggg|\n'
    assert chart(page, book, name="book.abc")["title"] == "First"
    monkeypatch.setattr(studios, "read_lead_sheets", None)
    assert chart(page, book, name="book.abc", song="2")["title"] == "Second"


def test_a_file_is_a_chart_by_its_ending(page: TestClient, tmp_path: Path, random_model: Model) -> None:
    generate(random_model, BLUES)[0].write(tmp_path / "tune.musicxml")
    found = chart(page, (tmp_path / "tune.musicxml").read_bytes(), name="../My: tune.musicxml")
    assert [bar["chords"] for bar in found["bars"]] == [bar["chords"] for bar in chart(page, BLUES)["bars"]]


def test_of_several_songs_one_is_chosen(page: TestClient) -> None:
    book = 'X:1\nT:One\nM:4/4\nL:1/4\nK:C\n"C"cccc|\n\nX:2\nT:Two\nM:3/4\nL:1/4\nK:G\n"G"ggg|\n'
    assert chart(page, book)["songs"] == ["One", "Two"]
    assert chart(page, book, song="2")["title"] == "Two"
    for song in ("0", "3", "9" * 5000):
        answer = page.post("/api/chart", params={"song": song}, content=book, headers=BINARY)
        assert (answer.status_code, answer.json()["error"]) == (400, f"song is {song}: expected 1 to 2")


@pytest.mark.parametrize(
    ("data", "name", "complaint"),
    [
        (b"Dm7 | Gx7", "chart.txt", "chord 'Gx7'"),
        (b"", "chart.txt", "chart"),
        (b"MThd", "tune.mid", "tune.mid"),
        (b"<score", "tune.musicxml", "tune.musicxml"),
        (b"\x00\xff\xfe", "x" * 400 + ".pdf", ""),
    ],
)
def test_what_is_no_chart_is_told_by_its_own_name(page: TestClient, data: bytes, name: str, complaint: str) -> None:
    answer = page.post("/api/chart", params={"name": name}, content=data, headers=BINARY)
    error = answer.json()["error"]
    assert answer.status_code == 400
    assert complaint in error
    assert "/" not in error.replace("4/4", "")


def test_solos_are_those_of_generate(page: TestClient, random_model: Model) -> None:
    solos = played(page, takes=3, seed=5, controls={"low": 60, "high": 75})
    expected = generate(random_model, BLUES, takes=3, seed=5, controls=Controls(low=60, high=75))
    by_take = {solo.take: [[n.time, n.pitch, n.duration] for n in solo.sheet.melody] for solo in expected}
    assert {solo["take"]: [note[:3] for note in solo["notes"]] for solo in solos} == by_take
    scores = [solo["report"]["score"] for solo in solos]
    assert len(scores) == 3
    assert scores[0] == max(scores)


def test_choruses_are_played_through(page: TestClient) -> None:
    assert len(played(page, choruses=2)[0]["chart"]["bars"]) == 8


def test_files_are_those_that_the_solo_writes(page: TestClient, tmp_path: Path, random_model: Model) -> None:
    solo = played(page, seed=3)[0]
    own = generate(random_model, BLUES, seed=3)[0]
    wish = {"performance": {"style": "bossa", "qpm": 90, "seed": 3}, "part": "trumpet"}
    for name in ("solo.mid", "solo.musicxml", "solo.abc"):
        own.write(tmp_path / name, rendering_of(wish))
        assert file(page, solo, name, **wish) == (tmp_path / name).read_bytes()
    assert json.loads(file(page, solo, "solo.json"))["seed"] == 3


def test_notation_has_the_tempo_that_is_heard(page: TestClient) -> None:
    solo = played(page)[0]
    wish = {"performance": {"qpm": 97}}
    assert b"<per-minute>97</per-minute>" in file(page, solo, "solo.musicxml", **wish)
    assert b"1/4=97" in file(page, solo, "solo.abc", **wish)


def test_stems_add_up_to_the_mix(page: TestClient) -> None:
    solo = played(page)[0]
    mix, melody, band = (sound(file(page, solo, name)) for name in ("solo.wav", "solo.solo.wav", "solo.band.wav"))
    assert np.abs(band).max() > 0
    assert np.abs(mix - melody - band).max() <= 2


def test_sound_is_rendered_once(page: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    solo = played(page)[0]
    first = file(page, solo, "solo.band.wav")
    monkeypatch.setattr(studios.Solo, "write", None)
    assert file(page, solo, "solo.band.wav") == first
    assert file(page, solo, "solo.solo.wav") != first


def test_sound_is_rendered_once_for_who_waits_for_it_too(random_model: Model) -> None:
    studio = Studio(random_model, "built-in")
    identity = studio.play({"chart": BLUES})[0]["id"]

    class Turn:
        """Comes after another request for the same."""

        def __enter__(self) -> None:
            studio._turn = nullcontext()  # type: ignore[assignment]
            self.rendered = studio.file(identity, "solo.wav", {})

        def __exit__(self, *_: object) -> None: ...

    studio._turn = turn = Turn()  # type: ignore[assignment]
    assert studio.file(identity, "solo.wav", {}) is turn.rendered


def test_kept_bars_stay_and_the_others_are_played_anew(page: TestClient) -> None:
    solo = played(page, seed=1)[0]
    edited = played(page, chart=None, seed=2, edit={"line": solo["id"], "keep": [2]})[0]

    def bar(notes: list[list[Any]], number: int) -> list[list[Any]]:
        return [note[:2] for note in notes if note[0] // 1920 == number - 1]

    assert bar(edited["notes"], 2) == bar(solo["notes"], 2)
    assert edited["notes"] != solo["notes"]
    assert edited["report"]["edit"]["keep"] == [2]


def test_a_line_of_the_users_is_answered(page: TestClient, tmp_path: Path, random_model: Model) -> None:
    generate(random_model, BLUES, seed=9)[0].write(tmp_path / "mine.musicxml")
    mine = page.post(
        "/api/line", params={"name": "mine.musicxml"}, content=(tmp_path / "mine.musicxml").read_bytes(), headers=BINARY
    ).json()
    assert mine["bars"] == 4
    answered = played(page, edit={"line": mine["id"], "trade": 1})[0]
    assert answered["report"]["edit"]["trade"] == 1


def test_engraved_pages_are_pictures(page: TestClient) -> None:
    pytest.importorskip("verovio", reason="the extra 'notation' is not installed")
    solo = played(page)[0]
    pages = page.get(f"/api/solos/{solo['id']}/pages").json()
    assert [svg.startswith(("<?xml", "<svg")) for svg in pages] == [True]


def test_signs_of_engraved_pages_have_their_font(page: TestClient) -> None:
    pytest.importorskip("verovio", reason="the extra 'notation' is not installed")
    (svg,) = page.get(f"/api/solos/{played(page)[0]['id']}/pages").json()
    assert set(re.findall(r"url\(['\"]?(\w+:)", svg)) == {"data:"}
    assert "font-src data:" in page.get("/").text


@pytest.mark.parametrize(
    ("wish", "complaint"),
    [
        ({"chart": None}, "there is no chart"),
        ({"chart": "Gx7"}, "Gx7"),
        ({"chart": 7}, "chart is 7: expected a text"),
        ({"takes": 0}, "takes is 0"),
        ({"takes": "many"}, "takes is 'many'"),
        ({"choruses": 0}, "0"),
        ({"controls": {"style": "polka"}}, "polka"),
        ({"edit": {"keep": [1]}}, "edit names no line"),
        ({"edit": 5}, "edit names no line"),
    ],
)
def test_what_cannot_be_played_is_said(page: TestClient, wish: dict[str, Any], complaint: str) -> None:
    assert complaint in refused(page, **wish)


def test_half_a_character_is_no_chord(page: TestClient) -> None:
    answer = page.post("/api/solos", content=b'{"chart": "C\\ud800"}', headers={"Content-Type": "application/json"})
    assert (answer.status_code, "chord 'C?'" in answer.json()["error"]) == (400, True)


def test_what_is_not_kept_any_more_is_gone(page: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(studios, "MOST_KEPT", 1)
    first, second = played(page, seed=1)[0], played(page, seed=2)[0]
    gone = page.get(f"/api/solos/{first['id']}/solo.mid")
    assert (gone.status_code, "play it again" in gone.json()["error"]) == (404, True)
    assert file(page, second, "solo.mid")
    assert page.post("/api/solos", json={"edit": {"line": first["id"], "vary": 0.2}}).status_code == 404


@pytest.mark.parametrize("name", ["solo.exe", "other.mid", "solo.stem.wav", "..%2f..%2fetc%2fpasswd"])
def test_no_other_file_can_be_had(page: TestClient, name: str) -> None:
    solo = played(page)[0]
    assert page.get(f"/api/solos/{solo['id']}/{name}").status_code in (400, 404)


def test_requests_that_another_site_could_send_are_refused(page: TestClient) -> None:
    as_text = page.post("/api/solos", content=json.dumps({"chart": BLUES}), headers={"Content-Type": "text/plain"})
    assert as_text.status_code == 400
    assert page.get("/", headers={"Host": "elsewhere.example"}).status_code == 400


def test_requests_have_a_size(page: TestClient) -> None:
    answer = page.post("/api/chart", content=b"C | " * (MOST_BYTES // 4 + 1), headers=BINARY)
    assert (answer.status_code, "20 MB" in answer.json()["error"]) == (400, True)
    assert (
        page.post("/api/solos", content=b"[" * 100_000, headers={"Content-Type": "application/json"}).status_code == 400
    )


def test_what_can_be_asked_for_is_what_the_model_has_learned(page: TestClient, random_model: Model) -> None:
    choices = page.get("/api/choices").json()
    assert choices["style"] == list(random_model.choices("style"))
    assert "tenor-sax" in choices["instrument"]
    assert "bossa" in choices["band"]


class Names(HTMLParser):
    """Names and ids of the elements of a page, and what it loads."""

    def __init__(self) -> None:
        super().__init__()
        self.names, self.ids, self.sources = set[str](), set[str](), list[str]()
        self.fields: dict[str, dict[str, str | None]] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.names |= {given["name"] or ""} if "name" in given and tag in ("input", "select") else set()
        self.fields |= {given["name"] or "": given} if given.get("type") == "number" and "name" in given else {}
        self.ids |= {given["id"] or ""} if "id" in given else set()
        self.sources += [
            value for key in ("src", "href") if (value := given.get(key)) and not value.startswith("data:")
        ]


def test_the_page_asks_for_what_there_is(page: TestClient) -> None:
    html = page.get("/").text
    names = Names()
    names.feed(html)
    known = {field.name for kind in (Controls, Performance) for field in fields(kind)}
    assert names.names - known == {"band", "tempo", "part", "count_in", "choruses", "takes", "seed"} - known
    script = "".join((PAGE / name).read_text("utf-8") for name in ("page.js", "player.js", "roll.js"))
    assert set(re.findall(r"\$\(\"([^\"]+)\"\)", script)) <= names.ids
    for source in [*names.sources, *(f"{name}" for name in re.findall(r"from \"\./(\w+\.js)\"", script))]:
        assert page.get(f"/{source}").status_code == 200
    assert "http" not in script.replace("http://www.w3.org/2000/svg", "")


def test_after_an_update_no_old_script_is_used(page: TestClient) -> None:
    first = page.get("/page.js")
    assert first.headers["Cache-Control"] == "no-cache"
    assert page.get("/page.js", headers={"If-None-Match": first.headers["ETag"]}).status_code == 304


@pytest.mark.parametrize("side", ["min", "max"])
def test_a_field_ends_where_what_can_be_asked_for_ends(page: TestClient, side: str) -> None:
    names = Names()
    names.feed(page.get("/").text)
    ends = {name: float(field[side] or 0) for name, field in names.fields.items() if side in field}
    for kind in (Controls, Performance):
        for known in {field.name for field in fields(kind)} & ends.keys():
            kind(**{known: ends[known]})


@pytest.mark.parametrize(("name", "value"), [("swing", 1.67), ("rests", 0.33), ("arc", 0.25), ("lay_back", 12.5)])
def test_a_field_takes_what_lies_between(page: TestClient, name: str, value: float) -> None:
    names = Names()
    names.feed(page.get("/").text)
    step = names.fields[name].get("step") or "1"
    assert step == "any" or round((value - float(names.fields[name]["min"] or 0)) / float(step), 6).is_integer()


def test_the_band_plays_the_chords_of_the_page(page: TestClient, tmp_path: Path) -> None:
    (tmp_path / "solo.mid").write_bytes(file(page, played(page)[0], "solo.mid"))
    song = read_midi(tmp_path / "solo.mid")
    assert [span.chord.symbol() for span in song_chords(song, None, "given")] == ["F7", "Bb7", "F7", "Cm7", "F7"]
