from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from solomuse.config import Config
from solomuse.datasets.build import prepare
from solomuse.datasets.slakh import read_slakh
from solomuse.datasets.source import find_songs, read_song
from solomuse.errors import FormatError
from solomuse.formats.midi import write_midi
from solomuse.music.note import Note
from solomuse.music.song import Song, TempoChange, Track

LAKH = "lmd_matched/A/B/C/TRABCDE128F931F9DF/0123456789abcdef0123456789abcdef.mid"
GUITAR = {"inst_class": "Guitar", "midi_program_name": "Distortion Guitar", "program_num": 30, "is_drum": False}
BASS = {"inst_class": "Bass", "midi_program_name": "Fretless Bass", "program_num": 35, "is_drum": False}
DRUMS = {"inst_class": "Drums", "midi_program_name": "Drums", "program_num": 128, "is_drum": True}
EFFECTS = {"inst_class": "Sound Effects", "midi_program_name": "FX 8", "program_num": 103, "is_drum": False}
NOT_SAVED = {"midi_saved": False, "audio_rendered": False}

BARS = 16
TEMPOS = (TempoChange(0, 80.0),)


def line(seed: int) -> tuple[Note, ...]:
    rng = random.Random(seed)
    return tuple(Note(480 * beat, 72 + rng.choice((0, 2, 4, 5, 7, 9)), 480) for beat in range(4 * BARS))


def bass(lowest: int) -> tuple[Note, ...]:
    return tuple(Note(1920 * bar, lowest + (0, 5, 7, 0)[bar % 4], 1920) for bar in range(BARS))


def write_song(
    folder: Path,
    seed: int = 1,
    stems: Sequence[dict[str, object]] = (GUITAR, BASS, DRUMS),
    lakh: str = "",
    **more: object,
) -> Path:
    """A song in the layout of Slakh; of Sound Effects there is no file."""
    notes = {
        "Guitar": Track(line(seed), "The Title", 30),
        "Bass": Track(bass(48), "The Title", 35),
        "Drums": Track(tuple(Note(480 * beat, 38, 120) for beat in range(4 * BARS)), "The Title", is_drum=True),
    }
    (folder / "MIDI").mkdir(parents=True)
    for number, facts in enumerate(stems):
        if track := notes.get(str(facts["inst_class"])):
            write_midi(Song((track,), TEMPOS), folder / "MIDI" / f"S{number:02}.mid")
    said = {f"S{number:02}": {**facts, **NOT_SAVED} for number, facts in enumerate(stems)}
    content = {"UUID": "0123", "lmd_midi_dir": lakh or None, "midi_dir": "MIDI", **more, "stems": said}
    (folder / "metadata.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    return folder


def write_whole(folder: Path, *tracks: Track) -> None:
    write_midi(Song(tracks, TEMPOS), folder / "all_src.mid")


def test_a_song_has_a_track_for_each_stem_named_by_what_plays_it(tmp_path: Path) -> None:
    song = read_slakh(write_song(tmp_path / "Track00001"))
    assert [(track.name, track.program, track.is_drum) for track in song.tracks] == [
        ("Guitar (Distortion Guitar)", 30, False),
        ("Bass (Fretless Bass)", 35, False),
        ("Drums", 0, True),
    ]
    assert [len(track.notes) for track in song.tracks] == [4 * BARS, BARS, 4 * BARS]
    assert (song.tempos, song.source, song.beats) == (TEMPOS, "slakh", "file")


def test_a_stem_without_a_file_is_only_a_notice(tmp_path: Path) -> None:
    song = read_slakh(write_song(tmp_path / "Track00001", stems=(GUITAR, EFFECTS, BASS)))
    assert [track.name for track in song.tracks] == ["Guitar (Distortion Guitar)", "Bass (Fretless Bass)"]
    assert song.notices == ("S01: metadata.yaml names it, but it has no file",)


def test_a_damaged_stem_is_only_a_notice(tmp_path: Path) -> None:
    folder = write_song(tmp_path / "Track00001")
    (folder / "MIDI" / "S01.mid").write_bytes(b"nonsense")
    song = read_slakh(folder)
    assert len(song.tracks) == 2
    assert song.notices[0].startswith("S01: not a Standard MIDI File")


def test_a_stem_that_the_yaml_does_not_know_is_as_its_file_says(tmp_path: Path) -> None:
    folder = write_song(tmp_path / "Track00001")
    write_midi(Song((Track(bass(60), "Organ", 17),), TEMPOS), folder / "MIDI" / "S07.mid")
    assert (read_slakh(folder).tracks[3].name, read_slakh(folder).tracks[3].program) == ("Organ", 17)


def test_what_the_yaml_gives_in_place_of_a_name_is_not_taken_for_one(tmp_path: Path) -> None:
    folder = write_song(tmp_path / "Track00001", stems=(GUITAR,))
    nested = [f"- &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]" for level in range(1, 10)]
    stems = "stems: {S00: {inst_class: *a9, midi_program_name: Lead}}"
    text = "\n".join(["nested:", "- &a0 [x]", *nested, stems])
    (folder / "metadata.yaml").write_text(text, encoding="utf-8")
    assert [track.name for track in read_slakh(folder).tracks] == ["Lead"]


def test_a_stem_on_another_clock_is_noted(tmp_path: Path) -> None:
    folder = write_song(tmp_path / "Track00001")
    write_midi(Song((Track(bass(48)),), (TempoChange(0, 90.0),)), folder / "MIDI" / "S01.mid")
    assert read_slakh(folder).notices == ("S01: has other tempos or meters than the first stem",)


def test_a_stem_moved_by_octaves_sounds_as_the_song_has_it(tmp_path: Path) -> None:
    folder = write_song(tmp_path / "Track00001")
    write_whole(folder, Track(bass(36), program=35), Track(line(1)[:-1], program=30))
    guitar, low, _ = read_slakh(folder).tracks
    assert low.notes == bass(36)
    assert guitar.notes == line(1)


def test_without_any_stem_the_whole_song_is_read(tmp_path: Path) -> None:
    folder = write_song(tmp_path / "Track00001", stems=(EFFECTS,))
    write_whole(folder, Track(line(1), "Lead"), Track(bass(36), "Low"))
    song = read_slakh(folder)
    assert [track.name for track in song.tracks] == ["Lead", "Low"]
    assert song.notices == ("it has no stems: all_src.mid is read instead",)


def test_without_any_midi_file_it_is_said_where(tmp_path: Path) -> None:
    folder = write_song(tmp_path / "Track00001", stems=(EFFECTS,))
    with pytest.raises(FormatError, match=r"Track00001: has neither stems in MIDI/ nor all_src\.mid"):
        read_slakh(folder)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("stems: [\n  1,", "line 2: is no YAML"),
        ("a: 2020-13-45", "is no YAML"),
        ("a: " + "[" * 5000, "is no YAML"),
        ("a: &a {b: 1}\nstems: {S00: {<<: [*a, *a]}}", "line 2: is no YAML"),
        ("a: !!bool maybe", "is no YAML"),
        ("a: !!timestamp soon", "is no YAML"),
        ("just words", "expected 'stems'"),
        ("stems: {S00: Guitar}", "expected 'stems'"),
        ("", "expected 'stems'"),
    ],
    ids=["unclosed", "no date", "deep", "merge", "no bool", "no time", "words", "no facts", "empty"],
)
def test_damaged_yaml_is_named_in_one_line(tmp_path: Path, text: str, why: str) -> None:
    folder = write_song(tmp_path / "Track00001")
    (folder / "metadata.yaml").write_text(text, encoding="utf-8")
    assert [file.source for file in find_songs(tmp_path)] == ["slakh"]
    with pytest.raises(FormatError, match=rf"metadata\.yaml.*{why}") as caught:
        read_slakh(folder)
    assert "\n" not in str(caught.value)


def test_the_title_is_the_track_of_lakh_else_the_folder(tmp_path: Path) -> None:
    write_song(tmp_path / "train" / "Track00001", lakh=LAKH)
    write_song(tmp_path / "train" / "Track00002")
    files = find_songs(tmp_path)
    assert [file.title for file in files] == ["TRABCDE128F931F9DF", "Track00002"]
    assert [read_song(file).title for file in files] == [file.title for file in files]


def test_the_split_is_the_folder_above_else_what_the_yaml_says(tmp_path: Path) -> None:
    for folder in ("train", "validation", "test", "omitted"):
        write_song(tmp_path / folder / f"Track-{folder}", split="train")
    write_song(tmp_path / "mine" / "Track00001", split="validation")
    write_song(tmp_path / "mine" / "Track00002")
    assert {file.name: file.split for file in find_songs(tmp_path)} == {
        "train/Track-train": "train",
        "validation/Track-validation": "validation",
        "test/Track-test": "test",
        "omitted/Track-omitted": "omitted",
        "mine/Track00001": "validation",
        "mine/Track00002": "",
    }


def test_a_song_is_found_from_its_own_folder_and_neither_stem_nor_whole_is_a_song_by_itself(tmp_path: Path) -> None:
    folder = write_song(tmp_path / "omitted" / "Track00001")
    write_whole(folder, Track(line(1)))
    (folder / "stems").mkdir()
    write_whole(folder / "stems", Track(line(1)))
    for path in (folder, tmp_path):
        assert [(file.source, file.split) for file in find_songs(path)] == [("slakh", "omitted")]


@pytest.mark.parametrize(("omitted", "songs"), [(False, 4), (True, 5)])
def test_omitted_songs_are_left_out_unless_asked_for(
    tmp_path: Path, toy_config: Config, omitted: bool, songs: int
) -> None:
    for seed in range(4):
        write_song(tmp_path / "slakh" / ("train", "validation")[seed % 2] / f"Track{seed}", seed)
    write_song(tmp_path / "slakh" / "omitted" / "Track9", 9)
    config = replace(toy_config.data, omitted=omitted, splits="original")
    report = prepare([tmp_path / "slakh"], tmp_path / "out", config, jobs=1)
    assert (report["songs"], report["sources"]) == (songs, {"slakh": songs})
    assert ("Omitted" in report["skipped"]) is not omitted


def test_the_publishers_split_is_kept_on_request(tmp_path: Path, toy_config: Config) -> None:
    for seed in range(4):
        write_song(tmp_path / "slakh" / ("train", "validation", "test")[seed % 3] / f"Track{seed}", seed)
    report = prepare([tmp_path / "slakh"], tmp_path / "out", replace(toy_config.data, splits="original"), jobs=1)
    assert [report["splits"][split]["songs"] for split in ("train", "validation", "test")] == [2, 1, 1]
