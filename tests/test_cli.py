from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from solomuse.cli import main
from solomuse.datasets.lead_sheets import read_lead_sheet
from solomuse.formats.ireal import write_ireal
from solomuse.formats.midi import write_midi
from solomuse.music.chart_text import parse_chart
from solomuse.music.note import Note
from solomuse.music.song import Song, Track
from solomuse.music.symbols import parse_chord
from solomuse.render.files import possible

REMOTE = Path(__file__).resolve().parent.parent / "01.data" / "Remote"


def run(capsys: pytest.CaptureFixture[str], *argv: object) -> tuple[int, str, str]:
    code = main([str(word) for word in argv])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def labels(document: str) -> list[str]:
    """The first chord of each bar that ``chart --json`` prints."""
    return [bar[0]["label"] for bar in json.loads(document)["bars"]]


def test_help_loads_neither_torch_nor_transformers() -> None:
    code = "import sys, solomuse.cli as c\ntry: c.main(['--help'])\nexcept SystemExit: pass\n"
    code += "assert not {'torch', 'transformers', 'symusic', 'matplotlib'} & set(sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0


def test_a_solo_loads_nothing_that_trains_draws_or_reads_data_sets(tmp_path: Path) -> None:
    code = "import sys, solomuse.cli as c\nassert c.main(['generate', 'C', '--out', sys.argv[1]]) == 0\n"
    code += "needless = {'transformers', 'matplotlib', 'scipy', 'pandas', 'yaml', 'sqlite3'}\n"
    code += "needless |= {'solomuse.training', 'solomuse.evaluation', 'solomuse.datasets.source'}\n"
    code += "assert not needless & set(sys.modules)"
    assert subprocess.run([sys.executable, "-c", code, tmp_path / "x.mid"], capture_output=True).returncode == 0


def test_chart_shows_its_bars_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "chart", "Dm7 | G7", "--json")
    assert json.loads(out)["bars"][0] == [{"beat": 0.0, "duration_beats": 4.0, "label": "D:min7"}]


LINK = write_ireal([parse_chart("title: Red Door\nkey: C\nC | F"), parse_chart("title: Blue Door\nAm | E7")], "Doors")


@pytest.mark.parametrize(("target", "start"), [("text", "title: Red"), ("ireal", "irealb://"), ("musicxml", "<?xml")])
def test_chart_converts(capsys: pytest.CaptureFixture[str], target: str, start: str) -> None:
    code, out, _ = run(capsys, "chart", LINK, "--song", "1", "--to", target)
    assert (code, out.startswith(start)) == (0, True)


@pytest.mark.parametrize("name", ["x.musicxml", "x.mxl", "x.mid", "x.abc", "x.txt", "x.chart", "x.irealbook"])
def test_chart_writes_a_file_that_is_read_again(capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str) -> None:
    assert run(capsys, "chart", LINK, "--song", "Red", "--out", tmp_path / name)[0] == 0
    assert run(capsys, "chart", "C", "--out", tmp_path / name)[0] == 2  # it is there already
    code, out, _ = run(capsys, "chart", tmp_path / name, "--json")
    assert (code, labels(out)) == (0, ["C:maj", "F:maj"])


def test_chart_engraves_a_page(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    pytest.importorskip("verovio", reason="the extra 'notation' is not installed")
    printed = run(capsys, "chart", LINK, "--song", "Red", "--to", "html")[1]
    assert run(capsys, "chart", LINK, "--song", "Red", "--out", tmp_path / "x.html")[0] == 0
    for page in (printed, (tmp_path / "x.html").read_text("utf-8")):
        assert page.startswith("<!doctype html>")
        assert "Red Door" in page
        assert "<svg" in page


def test_chart_writes_as_json_what_it_prints_as_json(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    printed = run(capsys, "chart", LINK, "--song", "Red", "--json")[1]
    assert run(capsys, "chart", LINK, "--song", "Red", "--out", tmp_path / "x.json") == (0, "", "")
    assert (tmp_path / "x.json").read_text("utf-8") == printed


@pytest.mark.parametrize("words", [("--out", "x.mid"), ("--out", "x.txt"), ("--to", "abc", "--out", "x.abc")])
def test_json_is_printed_beside_a_file_of_any_format(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, _ = run(capsys, "chart", "C | F", "--json", *words)
    assert (code, labels(out), Path(words[-1]).is_file()) == (0, ["C:maj", "F:maj"], True)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--to", "musicxml", "--out", "x.mid"), "'.mid' is that of midi, but --to says musicxml"),
        (("--to", "abc", "--out", "x.txt"), "'.txt' is that of text, but --to says abc"),
        (("--to", "midi", "--out", "x.wav"), "'.wav' is none of a chart"),
        (("--to", "text", "--out", "x.wav"), "'.wav' is none of a chart"),
        (("--out", "x.wav"), "'.wav' is none of a chart"),
        (("--out", "x.doc"), "'.doc' is none of a chart"),
        (("--json", "--to", "abc"), "--json prints JSON, but --to says abc"),
        (("--to", "midi"), "MIDI cannot be printed"),
    ],
)
def test_chart_refuses_a_format_that_its_file_does_not_have(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    complaint: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = run(capsys, "chart", "C", *words)
    assert (code, out, complaint in err) == (2, "", True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("target", "name"), [("midi", "x.mid"), ("musicxml", "x.musicxml")])
def test_chart_replaces_no_file_whose_ending_it_adds(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, target: str, name: str
) -> None:
    (tmp_path / name).write_text("mine")
    code, _, err = run(capsys, "chart", "C", "--to", target, "--out", tmp_path / "x")
    assert (code, f"{name} exists already" in err) == (2, True)
    assert (tmp_path / name).read_text() == "mine"


def test_generate_moves_a_chart_further_than_its_melody_could_go(
    capsys: pytest.CaptureFixture[str], toy_run: Path, tmp_path: Path
) -> None:
    (tmp_path / "tune.abc").write_text('X:1\nM:4/4\nL:1/4\nK:C\n"C"cdea|\n')
    words = (tmp_path / "tune.abc", "--transpose", "60")
    assert "pitch 72 moved by 60 is beyond" in run(capsys, "chart", *words)[2]
    assert run(capsys, "generate", *words, "--model", toy_run, "--out", tmp_path / "solo.mid")[0] == 0


def test_the_ending_of_a_report_may_be_written_in_capitals(
    capsys: pytest.CaptureFixture[str], toy_run: Path, tmp_path: Path
) -> None:
    assert run(capsys, "generate", "C", "--model", toy_run, "--out", tmp_path / "solo.JSON")[0] == 0
    assert "notes" in json.loads((tmp_path / "solo.JSON").read_text("utf-8"))


@pytest.mark.parametrize(
    ("words", "labels"),
    [
        (("--transpose", "2"), ["E:min7", "A:7"]),
        (("--key", "Eb"), ["F:min7", "Bb:7"]),
        (("--key", "Db"), ["Eb:min7", "Ab:7"]),
    ],
)
def test_chart_moves_to_another_key(capsys: pytest.CaptureFixture[str], words: list[str], labels: list[str]) -> None:
    _, out, _ = run(capsys, "chart", "key: C\nDm7 | G7", *words, "--json")
    bars = json.loads(out)["bars"]
    assert [parse_chord(bar[0]["label"]) for bar in bars] == [parse_chord(label) for label in labels]


def test_of_a_book_what_cannot_be_read_is_reported(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    book = tmp_path / "book.abc"
    book.write_text('X:1\nT:One\nK:C\n"C"C8|\n\nX:2\nT:Two\nK:C\n"foo"C8|\n', encoding="utf-8")
    code, out, err = run(capsys, "chart", book)
    assert (code, "title: One" in out, "left out Two" in err, "foo" in err) == (0, True, True, True)
    code, out, err = run(capsys, "chart", book, "--lenient")
    assert (code, "title: Two" in out, "left out" in err) == (0, True, False)


def test_generate_takes_any_chart_and_writes_notation(
    capsys: pytest.CaptureFixture[str], toy_run: Path, tmp_path: Path
) -> None:
    sheet = tmp_path / "tune.musicxml"
    assert run(capsys, "chart", "title: Two Bars\nDm7 | G7", "--out", sheet)[0] == 0
    for name in ("solo.musicxml", "solo.mxl", "solo.abc"):
        code, _, _ = run(capsys, "generate", sheet, "--model", toy_run, "--tempo", "90", "--out", tmp_path / name)
        assert (code, read_lead_sheet(tmp_path / name).chart.qpm) == (0, 90)


def test_analyze_gives_the_facts_of_every_example(capsys: pytest.CaptureFixture[str]) -> None:
    for path in sorted(REMOTE.glob("*.mid")):
        code, out, _ = run(capsys, "analyze", path, "--json")
        facts = json.loads(out)
        assert (code, facts["chord_source"] in ("given", "inferred"), len(facts["chords"]) > 8) == (0, True, True)


def test_generate_writes_midi_and_picture(capsys: pytest.CaptureFixture[str], toy_run: Path, tmp_path: Path) -> None:
    for name in ("solo.mid", "solo.png"):
        code, _, _ = run(capsys, "generate", "C | F", "--model", toy_run, "--out", tmp_path / name)
        assert (code, (tmp_path / name).stat().st_size > 100) == (0, True)


def test_generate_plays_the_bundled_soloist_into_a_folder_with_everything(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out = tmp_path / "solos"
    words = ("generate", "Dm7 | G7", "--takes", "3", "--best", "2", "--instrument", "trumpet", "--out", out)
    code, text, _ = run(capsys, *words, "--soundfont", "built-in", "--report")
    endings = [ending.removeprefix(".") for ending in (*possible(), ".json")]
    expected = sorted(f"solo-{take}.{ending}" for take in (1, 2) for ending in endings)
    assert (code, sorted(path.name for path in out.iterdir())) == (0, expected)
    assert "Chord tones" in text
    report = json.loads((out / "solo-1.json").read_text("utf-8"))
    melody = read_lead_sheet(out / "solo-1.musicxml").melody
    assert [note[1] for note in report["notes"]] == [note.pitch for note in melody]
    assert all(52 <= note[1] <= 84 for note in report["notes"])


def test_generate_prints_one_document_as_json(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, out, _ = run(capsys, "generate", "C | F", "--takes", "2", "--json", "--out", tmp_path / "x.mid")
    document = json.loads(out)
    assert (code, [entry["files"] for entry in document]) == (0, [[str(tmp_path / f"x-{n}.mid")] for n in (1, 2)])
    assert document[0]["score"] >= document[1]["score"]


def test_the_same_seed_writes_the_same_bytes(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for name in ("a.mid", "b.mid"):
        assert run(capsys, "generate", "C7 | F7", "--seed", "3", "--out", tmp_path / name)[0] == 0
    assert (tmp_path / "a.mid").read_bytes() == (tmp_path / "b.mid").read_bytes()


def test_a_solo_is_changed_from_its_files(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    chart = "Dm7 | G7 | Cmaj7 | A7"
    old = tmp_path / "old.json"
    assert run(capsys, "generate", chart, "--seed", "4", "--out", old)[0] == 0
    for words in (("--keep", "1,3"), ("--trade", "1"), ("--vary", "0.4"), ("--lock", "rhythm"), ("--lock", "pitches")):
        new = tmp_path / f"{words[0]}{words[1]}.json"
        assert run(capsys, "generate", chart, "--from", old, *words, "--out", new)[0] == 0
        before, after = (json.loads(path.read_text("utf-8")) for path in (old, new))
        assert before["chart"] == after["chart"]
        assert before["notes"] != after["notes"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--keep", "1"], "--from"),
        (["--from", "{line}"], "exactly one"),
        (["--from", "{line}", "--keep", "1", "--vary", "0.5"], "exactly one"),
        (["--motif", "{line}", "--vary", "0.5"], "--motif"),
        (["--best", "2"], "best is 2"),
        (["--style", "polka"], "polka"),
        (["--band", "polka"], "band style 'polka'"),
        (["--part", "kazoo"], "kazoo"),
        (["--tempo", "1000"], "tempo 1000"),
        (["--low", "60", "--high", "64"], "octave"),
        (["--from", "{line}", "--keep", "2"], "the line ends before bar 2"),
        (["--part", "tenor-sax", "--instrument", "piccolo"], "leaves the range of tenor-sax"),
        (["--instrument", "trumpet", "--low", "C1"], "the range of trumpet is 52 to 84"),
        (["--register", "C8"], "register is 108: models know 42 to 83"),
        (["--density", "20"], "density is 20.0: models know 0.5 to 13"),
        (["--choruses", "0"], "0 choruses"),
    ],
)
def test_options_that_cannot_be_are_refused_in_a_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, words: list[str], message: str
) -> None:
    line = tmp_path / "line.abc"
    line.write_text('X:1\nM:4/4\nL:1/4\nK:C\n"C"CDEF|\n', encoding="utf-8")
    given = [word.format(line=line) for word in words]
    code, out, err = run(capsys, "generate", "C | F", *given, "--out", tmp_path / "x.mid")
    assert (code, out, message in err, err.count("\n")) == (2, "", True, 1)
    assert not (tmp_path / "x.mid").exists()


def test_evaluate_reports_bits_and_sensitivity(
    capsys: pytest.CaptureFixture[str], toy_run: Path, toy_dataset: Path
) -> None:
    code, out, _ = run(capsys, "evaluate", toy_run, toy_dataset, "--json")
    result = json.loads(out)
    assert (code, result["notes"] > 0, result["bits_per_note"] > 0) == (0, True, True)


def test_wrong_input_is_one_clear_line_and_exit_code_2(
    capsys: pytest.CaptureFixture[str], toy_run: Path, toy_dataset: Path, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "a.txt").write_text("not music")
    (tmp_path / "broken.mid").write_bytes(b"MThd nonsense")
    (tmp_path / "there.mid").write_bytes(b"")
    cases = [
        (["prepare", tmp_path / "empty", "--out", tmp_path / "d"], "empty"),
        (["prepare", tmp_path / "text", "--out", tmp_path / "d"], "text"),
        (["prepare", tmp_path / "broken.mid", "--out", tmp_path / "d"], "broken.mid"),
        (["prepare", REMOTE, "--out", toy_dataset], "exists already"),
        (["analyze", tmp_path / "missing.mid"], "missing.mid"),
        (["chart", "C:foo"], "foo"),
        (["chart", " "], "empty"),
        (["generate", "C", "--model", tmp_path, "--out", tmp_path / "x.mid"], "not a model folder"),
        (["generate", "C", "--model", toy_run, "--out", tmp_path / "there.mid"], "exists already"),
        (["generate", "C", "--model", toy_run, "--out", tmp_path / "x.doc"], "ending"),
        (["train", tmp_path, "--out", tmp_path / "r"], "not a dataset"),
    ]
    for argv, word in cases:
        code, out, err = run(capsys, *argv)
        assert (code, out, word in err, "Traceback" in err) == (2, "", True, False), argv
    assert not (tmp_path / "d").exists()


def test_a_reader_that_goes_away_is_no_reason_to_complain() -> None:
    code = "import sys; from solomuse.cli import main; sys.exit(main(['fetch']))"
    with subprocess.Popen(
        [sys.executable, "-u", "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        errors = process.stderr.read()
    assert (process.returncode, errors) == (141, b"")


def test_analyze_tells_of_a_song_without_a_melody(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    pad = Track(tuple(Note(1920 * bar, 48 + step, 1920) for bar in range(16) for step in (0, 4, 7)), "Pad", 89)
    write_midi(Song((pad,)), tmp_path / "pad.mid")
    code, out, _ = run(capsys, "analyze", tmp_path / "pad.mid", "--json")
    facts = json.loads(out)
    assert (code, facts["melody"]["track"], facts["soloists"]) == (0, None, [])
    assert [chord["label"] for chord in facts["chords"]] == ["C:maj"]
    assert run(capsys, "analyze", tmp_path / "pad.mid")[1].startswith("melody: none\n")


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--format", "sheet", "no format 'sheet'"),
        ("--melody", "loud", "name=TEXT"),
        ("--min-confidence", "2", "chance"),
    ],
)
def test_an_option_of_prepare_that_means_nothing_is_refused_in_one_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, option: str, value: str, message: str
) -> None:
    code, _, errors = run(capsys, "prepare", REMOTE, "--out", tmp_path / "dataset", option, value)
    assert (code, errors.count("\n")) == (2, 1)
    assert message in errors
    assert not (tmp_path / "dataset").exists()
