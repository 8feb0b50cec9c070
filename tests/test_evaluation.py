from __future__ import annotations

import json
import math
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from solomuse.config import ModelConfig
from solomuse.datasets.build import prepare
from solomuse.datasets.load import load_dataset
from solomuse.errors import ConfigError, DatasetError, FormatError, ModelError, OutputError
from solomuse.evaluation import evaluate, evaluate_files, listening
from solomuse.evaluation.figures import SECTIONS
from solomuse.evaluation.markdown import markdown
from solomuse.evaluation.texts import headline, how_to_read
from solomuse.formats.midi import write_midi
from solomuse.model.folder import save_about
from solomuse.model.gpt2 import build_model
from solomuse.music.chart_text import parse_chart
from solomuse.music.leadsheet import LeadSheet
from solomuse.music.note import Note
from solomuse.render.performance import performed
from tests.conftest import REMOTE


@pytest.fixture(scope="module")
def played(toy_run: Path, toy_dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path]:
    """An evaluation with solos, and its report, in which what takes long is not real: the sound."""
    out = tmp_path_factory.mktemp("evaluation") / "report"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(listening, "write_audio", lambda song, path: path.write_bytes(song.title.encode()))
        patch.setattr(listening, "CHARTS", 1)
        return evaluate(toy_run, toy_dataset, solos=3, seeds=(1, 2), out=out), out


def test_the_parts_of_the_bits_add_up(played: tuple[dict[str, Any], Path]) -> None:
    result, _ = played
    parts = ("pitch_bits_per_note", "rhythm_bits_per_note", "velocity_bits_per_note")
    assert math.isclose(sum(result[part] for part in parts), result["bits_per_note"], rel_tol=1e-9)


def test_bits_per_beat_are_the_same_bits_over_the_quarters(toy_run: Path, toy_dataset: Path) -> None:
    result = evaluate(toy_run, toy_dataset)
    dataset = load_dataset(toy_dataset)
    windows = dataset.windows("validation")
    steps = sum(
        int(windows.shards.sheet(*row[1:3]).slice(row[3], row[3] + row[4]).steps) for row in windows.table.tolist()
    )
    bits = result["bits_per_note"] * result["notes"]
    assert result["bits_per_beat"] == pytest.approx(bits / (steps / dataset.vocabulary.grid))
    assert 0 <= result["pitch_accuracy"] <= 1


def test_the_same_seed_gives_the_same_figures(toy_run: Path, toy_dataset: Path) -> None:
    first, second = (evaluate(toy_run, toy_dataset, seed=3, solos=2, seeds=(5,)) for _ in range(2))
    assert first == second


def test_solos_are_measured_beside_the_human_melodies(
    played: tuple[dict[str, Any], Path], toy_run: Path, toy_dataset: Path
) -> None:
    result, _ = played
    for who in ("solo", "human"):
        assert 0 <= result[f"{who}_chord_tone_ratio"] <= 1
        assert result[f"{who}_notes_per_bar"] > 0
    assert "solo_notes_per_bar" not in evaluate(toy_run, toy_dataset)


def test_baselines_and_humans_stand_beside_the_model(played: tuple[dict[str, Any], Path]) -> None:
    rows = played[0]["played"]["rows"]
    assert list(rows) == ["model", "n-gram", "scale walk", "human", "other humans"]
    assert [rows[name]["solos"] for name in ("model", "n-gram", "scale walk", "human")] == [6, 6, 6, 3]
    assert rows["human"]["distance"] == 0
    assert rows["model"]["distance"] > 0


def test_every_player_has_every_figure(played: tuple[dict[str, Any], Path]) -> None:
    names = {name for section in SECTIONS.values() for name in section}
    assert all(row["figures"].keys() == names for row in played[0]["played"]["rows"].values())


def test_a_report_is_numbers_a_table_and_a_page_that_needs_nothing_else(played: tuple[dict[str, Any], Path]) -> None:
    result, out = played
    assert json.loads((out / "report.json").read_text("utf-8")) == result
    assert (out / "report.md").read_text("utf-8") == markdown(result)
    html = (out / "report.html").read_text("utf-8")
    assert not re.search(r'(src|href)="(?!data:)', html)
    assert all(
        word in html for word in ("<svg", "chord-shift gain", "other humans", "data:audio/ogg", "data:image/png")
    )


def test_paths_may_be_texts(toy_run: Path, toy_dataset: Path, tmp_path: Path) -> None:
    assert evaluate(str(toy_run), str(toy_dataset)) == evaluate(toy_run, toy_dataset)
    solos, out = folder_of_solos(tmp_path / "theirs"), tmp_path / "report"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(listening, "CHARTS", 0)
        of_texts = evaluate_files(str(solos), str(solos), str(toy_dataset), out=str(out))
    assert of_texts == evaluate_files(solos, solos, toy_dataset)
    assert (out / "report.json").is_file()


def test_a_model_is_measured_as_it_is_played(toy_run: Path, toy_dataset: Path) -> None:
    learned, deaf = evaluate(toy_run, toy_dataset), evaluate(toy_run, toy_dataset, guidance=0)
    assert abs(deaf["chord_sensitivity"]) < 0.01  # but for where chords change, which is still seen
    assert deaf["bits_per_note"] != learned["bits_per_note"]
    assert headline(deaf).endswith("(validation, guidance 0)")


def test_solos_below_0_and_no_seeds_are_refused(toy_run: Path, toy_dataset: Path) -> None:
    with pytest.raises(ConfigError, match="solos is -1"):
        evaluate(toy_run, toy_dataset, solos=-1)
    with pytest.raises(ConfigError, match="seeds are"):
        evaluate(toy_run, toy_dataset, solos=1, seeds=())


def test_what_cannot_be_is_refused_before_anything_is_measured(toy_run: Path, toy_dataset: Path) -> None:
    said: list[str] = []
    with pytest.raises(ConfigError, match="style"):
        evaluate(toy_run, toy_dataset, solos=1, style="polka", say=said.append)
    with pytest.raises(ConfigError, match="none are played"):
        evaluate(toy_run, toy_dataset, style="bebop", say=said.append)
    with pytest.raises(ConfigError, match="none are played"):
        evaluate(toy_run, toy_dataset, temperature=1.1, say=said.append)
    with pytest.raises(ConfigError, match="guidance is -1"):
        evaluate(toy_run, toy_dataset, guidance=-1, say=said.append)
    with pytest.raises(ConfigError, match="seed is -1"):
        evaluate(toy_run, toy_dataset, seed=-1, say=said.append)
    with pytest.raises(OutputError, match="cannot be made"):
        evaluate(toy_run, toy_dataset, out=toy_dataset / "songs.jsonl", say=said.append)
    assert said == []


def test_windows_longer_than_the_model_can_see_are_refused_before_anything_is_measured(
    toy_dataset: Path, tmp_path: Path
) -> None:
    known, said = load_dataset(toy_dataset).vocabulary, list[str]()
    build_model(ModelConfig(n_layer=1, n_head=2, n_embd=16, block_size=64), known).save_pretrained(tmp_path)
    save_about(tmp_path, known, 4, (), {}, {})
    with pytest.raises(ConfigError, match="attends to 64: prepare the dataset with --seq-len 64"):
        evaluate(tmp_path, toy_dataset, say=said.append)
    assert said == []


def test_without_another_song_there_is_no_sensitivity_and_no_other_split(toy_run: Path, tmp_path: Path) -> None:
    songs = tmp_path / "songs"
    songs.mkdir()
    for path in sorted(REMOTE.glob("*.mid"))[:2]:
        shutil.copy(path, songs)
    config = load_dataset(json_dataset(toy_run)).config
    prepare([songs], tmp_path / "dataset", config, jobs=1)
    with pytest.raises(DatasetError, match=r"the test split of .* has no windows"):
        evaluate(toy_run, tmp_path / "dataset", "test")
    result = evaluate(toy_run, tmp_path / "dataset")
    assert (result["windows_with_other_chords"], result["chord_sensitivity"]) == (0, None)
    assert result["bits_per_note"] > 0


def json_dataset(run: Path) -> Path:
    """The dataset that a run was trained on."""
    return Path(json.loads((run / "run.json").read_text())["datasets"][0])


def test_a_dataset_of_another_grid_is_refused(toy_run: Path, toy_dataset: Path, tmp_path: Path) -> None:
    own = load_dataset(toy_dataset).config.grid
    config = type(load_dataset(toy_dataset).config)(grid=16 - own)
    prepare([REMOTE], tmp_path / "dataset", config, jobs=1)
    with pytest.raises(ModelError, match="another vocabulary"):
        evaluate(toy_run, tmp_path / "dataset")


def folder_of_solos(solos: Path) -> Path:
    """A folder of three solos."""
    solos.mkdir()
    for number in range(3):
        notes = tuple(Note(time, 60 + (time // 240 + number) % 12, 240) for time in range(0, 8 * 1920, 240))
        write_midi(performed(LeadSheet(parse_chart("Dm7 | G7 | Cmaj7 | C6 |" * 2), notes)), solos / f"{number}.mid")
    return solos


def test_the_solos_of_another_system_are_measured_by_the_same_figures(tmp_path: Path, toy_dataset: Path) -> None:
    result = evaluate_files(folder_of_solos(tmp_path / "theirs"), reference=toy_dataset)
    rows = result["played"]["rows"]
    assert list(rows) == ["theirs", "n-gram", "scale walk", "other humans", "more humans"]
    assert rows["theirs"]["figures"]["notes_per_bar"]["mean"] == 8
    assert result["files"]["read"] == 3


def test_few_files_are_held_against_as_many_humans_as_there_are(tmp_path: Path, toy_dataset: Path) -> None:
    solos = folder_of_solos(tmp_path / "theirs")
    for path in sorted(solos.iterdir())[1:]:
        path.unlink()
    table = evaluate_files(solos, reference=toy_dataset)["played"]
    others, more = table["rows"]["other humans"], table["rows"]["more humans"]
    assert min(others["solos"], more["solos"]) > 40
    assert table["references"] == more["solos"]
    assert table["rows"]["theirs"]["distance"] > 0
    assert (others["distance"], more["distance"] > 0) == (0, True)
    assert others["sets"]["overlapping_area"]
    assert more["sets"].keys() == {"diversity"}


def test_how_to_read_speaks_of_the_rows_that_there_are(
    played: tuple[dict[str, Any], Path], tmp_path: Path, toy_dataset: Path
) -> None:
    solos = folder_of_solos(tmp_path / "theirs")
    of_files = " ".join(how_to_read(evaluate_files(solos, reference=toy_dataset)["played"]))
    assert "nearer than more humans" in of_files
    assert "on the same tunes" not in of_files
    assert "nearer than other humans" in " ".join(how_to_read(played[0]["played"]))
    assert "pass a dataset" in " ".join(how_to_read(evaluate_files(solos)["played"]))


@pytest.mark.parametrize("name", ["human", "n-gram", "other humans"])
def test_a_folder_named_like_a_row_takes_the_place_of_none(tmp_path: Path, toy_dataset: Path, name: str) -> None:
    rows = evaluate_files(folder_of_solos(tmp_path / name), reference=toy_dataset)["played"]["rows"]
    assert list(rows) == [f"{name} (files)", "n-gram", "scale walk", "other humans", "more humans"]


def test_a_folder_without_a_solo_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="no solo in it"):
        evaluate_files(tmp_path)
    with pytest.raises(FormatError, match="no such folder"):
        evaluate_files(tmp_path / "missing")
