"""Slakh2100 and Slakh2100-redux: multi-track songs, each instrument in a MIDI file of its own.

E. Manilow, G. Wichern, P. Seetharaman and J. Le Roux, "Cutting music source separation some Slakh: A dataset to study
the impact of training data quality and quantity", WASPAA 2019. http://www.slakh.com, CC BY 4.0. 2100 songs; its MIDI
comes from the Lakh MIDI Dataset.

``TrackNNNNN/metadata.yaml`` says what each stem is, ``TrackNNNNN/MIDI/S00.mid`` and so on are the stems,
``TrackNNNNN/all_src.mid`` is the song that they were cut from. The audio beside them is not used.

Oddities
--------
- All stems are on the clock of ``all_src.mid``: each repeats its tempos and meters. The first one's are taken.
- Every stem's track is named by the song's title: what plays is said by ``metadata.yaml`` alone, where drums have
  program 128.
- Stems are moved by octaves, note by note, into the range of the synthesiser that renders them: a bass may end up one
  and two octaves higher. Where a track of ``all_src.mid`` is the same but for octaves, its pitches are taken.
- Whole instruments, such as sound effects, are named in the YAML without having a file: it is noted, and that is all.
- `midi_saved` and `audio_rendered` are false in copies that have all the files: they are not believed.
- Bar lines are as good as Lakh's, which is to say that some have to be found from the notes.
- `lmd_midi_dir` names the file of Lakh that the song is, ``lmd_matched/O/O/H/TROO.../1a81....mid``: the track that it
  was matched to there is its title here too, so that versions of a song stay on one side of a split.
- The publishers' split is the folder above the song; without one it is what the YAML may say. In the redux version
  ``omitted`` holds songs that occur elsewhere in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import yaml

from solomuse.datasets.midi_files import lakh_title, on_believable_bars
from solomuse.datasets.song_file import Folder, SongFile, Source
from solomuse.datasets.text import read_text
from solomuse.errors import FormatError
from solomuse.formats.midi import read_midi
from solomuse.music.note import Note
from solomuse.music.song import Song, Track

METADATA, STEMS, WHOLE = "metadata.yaml", "MIDI", "all_src.mid"
SPLITS = ("train", "validation", "test", "omitted")
DRUMS_PROGRAM = 128

_Facts = Mapping[str, object]


class _Loader(yaml.SafeLoader):  # type: ignore[misc]  # yaml has no types
    """YAML without merge keys (``<<``), which Slakh does not use: a few lines of them could multiply to any size."""

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Leave the keys as they are; a merge key then is one of no known kind."""


def read_slakh(folder: Path, sustain: bool = False) -> Song:
    """The song of one folder ``TrackNNNNN``, a track for each stem.

    Where no stem can be read ``all_src.mid`` is.

    Raises
    ------
    FormatError
        If ``metadata.yaml`` is missing or malformed, or there is no MIDI file that can be read.
    """
    text = read_text(folder / METADATA)
    facts_by_stem = _facts_by_stem(text, folder / METADATA)
    songs, notices = _read_stems(folder, facts_by_stem, sustain)
    if songs:
        clock = next(iter(songs.values()))
        odd = [
            f"{stem}: has other tempos or meters than the first stem" for stem in songs if _differ(songs[stem], clock)
        ]
        tracks = [_track(song, facts_by_stem.get(stem, {})) for stem, song in songs.items()]
        written = _written_tracks(folder / WHOLE, sustain)
        tracks = [replace(track, notes=_in_written_octaves(track, written)) for track in tracks]
        song = replace(clock, tracks=tuple(tracks), notices=(*notices, *odd))
    else:
        song = _read_whole(folder, notices, sustain)
    split = _split(folder, text)
    metadata = {"split": split} if split else {}
    return on_believable_bars(replace(song, title=_title(folder, text), source="slakh", metadata=metadata))


def _facts_by_stem(text: str, path: Path) -> dict[str, _Facts]:
    """What the YAML says of each stem, by its name such as ``S00``."""
    try:
        content = yaml.load(text, _Loader)
    except (yaml.YAMLError, ValueError, LookupError, AttributeError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise FormatError(f"{path}{where}: is no YAML; download it again") from None
    stems = content.get("stems") if isinstance(content, dict) else None
    if not isinstance(stems, dict) or not all(isinstance(facts, dict) for facts in stems.values()):
        raise FormatError(f"{path}: expected 'stems' with what each of them is; download it again")
    return {stem: facts for stem, facts in stems.items() if isinstance(stem, str)}


def _read_stems(folder: Path, facts_by_stem: Mapping[str, _Facts], sustain: bool) -> tuple[dict[str, Song], list[str]]:
    """The stems that can be read, by name in order, and a notice for each that cannot."""
    paths = {path.stem: path for path in (folder / STEMS).glob("[!.]*.mid")}
    songs, notices = dict[str, Song](), list[str]()
    for stem in sorted({*paths, *facts_by_stem}):
        if stem not in paths:
            notices.append(f"{stem}: {METADATA} names it, but it has no file")
            continue
        try:
            songs[stem] = read_midi(paths[stem], sustain=sustain)
        except FormatError as error:
            notices.append(f"{stem}: {str(error).removeprefix(f'{paths[stem]}: ')}")
        else:
            notices += [f"{stem}: {notice}" for notice in songs[stem].notices]
    return songs, notices


def _differ(song: Song, clock: Song) -> bool:
    return (song.tempos, song.meters) != (clock.tempos, clock.meters)


def _track(song: Song, facts: _Facts) -> Track:
    """A stem as one track, named by what plays it; a stem that the YAML does not know is as its file says."""
    first = song.tracks[0]
    program = facts.get("program_num")
    is_drum = first.is_drum if facts.get("is_drum") is None else bool(facts["is_drum"])
    return Track(
        tuple(sorted(note for track in song.tracks for note in track.notes)),
        _track_name(facts) or first.name,
        program if isinstance(program, int) and 0 <= program < DRUMS_PROGRAM else first.program,
        is_drum or program == DRUMS_PROGRAM,
    )


def _track_name(facts: _Facts) -> str:
    """``Guitar (Distortion Guitar)``; ``Drums`` where the instrument says no more than its class."""
    said = [facts.get(key) for key in ("inst_class", "midi_program_name")]
    names = [name for name in said if name and isinstance(name, str)]  # anything else could be of any size as a text
    return f"{names[0]} ({names[1]})" if len(set(names)) == 2 else "".join(names[:1])


def _written_tracks(path: Path, sustain: bool) -> tuple[Track, ...]:
    """The tracks of the song that the stems were cut from; none where it is missing or damaged."""
    try:
        return read_midi(path, sustain=sustain).tracks if path.is_file() else ()
    except FormatError:
        return ()


def _in_written_octaves(track: Track, written: Sequence[Track]) -> Sequence[Note]:
    """The notes of a stem in the octaves of the same instrument's track in the song, if there is one that fits."""
    outline = _outline(track.notes)
    fitting = [
        other.notes
        for other in written
        if (other.program, other.is_drum) == (track.program, False) and _outline(other.notes) == outline
    ]
    return fitting[0] if fitting and track.notes not in fitting else track.notes


def _outline(notes: Sequence[Note]) -> list[tuple[int, int, int]]:
    """The notes without their octaves."""
    return sorted((note.time, note.duration, note.pitch % 12) for note in notes)


def _read_whole(folder: Path, notices: list[str], sustain: bool) -> Song:
    """The song that the stems were cut from."""
    if not (folder / WHOLE).is_file():
        why = f" ({notices[0]})" if notices else ""
        raise FormatError(
            f"{folder}: has neither stems in {STEMS}/ nor {WHOLE} to read{why}; unpack the data set again"
        )
    song = read_midi(folder / WHOLE, sustain=sustain)
    return replace(song, notices=(*song.notices, f"it has no stems: {WHOLE} is read instead"))


def _title(folder: Path, text: str) -> str:
    """The track of Lakh that the song is; where none is said, the folder's name."""
    return lakh_title(Path(_value(text, "lmd_midi_dir"))) or folder.name


def _split(folder: Path, text: str) -> str:
    """The split that the folder above says, else the YAML; empty where neither does."""
    names = (folder.absolute().parent.name, _value(text, "split"))
    return next((name for name in names if name in SPLITS), "")


def _value(text: str, key: str) -> str:
    """A plain text at the top of the YAML, without parsing the rest: thousands of songs are found in seconds."""
    line = re.search(rf"^{key}:[ \t]*['\"]?([^\s'\"]+)", text, re.MULTILINE)
    return line.group(1) if line else ""


def _find(folder: Folder) -> Iterator[SongFile]:
    """A folder with ``metadata.yaml`` beside its stems, or the whole song, is a song."""
    if METADATA in folder.file_names and (STEMS in folder.folder_names or WHOLE in folder.file_names):
        try:
            text = read_text(folder.path / METADATA)
        except FormatError:
            text = ""  # reading the song will say so
        folder.take_all()
        yield SongFile("slakh", folder.path, _title(folder.path, text), split=_split(folder.path, text))


SLAKH = Source("slakh", _find, lambda file, sustain: read_slakh(file.path, sustain))
