"""The command that plays solos."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from solomuse.cli.charts import add_chart, chosen_chart
from solomuse.cli.options import AddCommand, add_model, add_soundfont, chosen_soundfont, refuse_existing, show
from solomuse.errors import ConfigError, OutputError
from solomuse.files import make_folder, write_whole
from solomuse.music.pitch import parse_pitch
from solomuse.tokens.vocabulary import PLACES

if TYPE_CHECKING:
    from solomuse.generation import Controls, Edit, Solo
    from solomuse.model.folder import Model
    from solomuse.model.melodies import Melodies
    from solomuse.render.files import Rendering

REPORT_ENDING = ".json"
NAME = "solo"
"""Of the files in a folder with everything."""


def add_commands(add: AddCommand) -> None:
    """Add them to the command line."""
    generate = add(
        "generate",
        _generate,
        "solos over a chart",
        "solomuse generate 'Dm7 | G7 | Cmaj7 | %%' --out solo.mid solo.png",
    )
    add_chart(generate)
    generate.add_argument("--choruses", type=int, default=1, help="how many times the form is played through")
    add_model(generate)
    generate.add_argument(
        "--out",
        type=_out,
        nargs="+",
        required=True,
        help="files in .mid, .musicxml, .mxl, .abc, .html, .wav, .flac, .ogg, .mp3, .png, .svg or .json (the report), "
        "or a folder for all of it",
    )
    generate.add_argument("--takes", type=int, default=1, help="how many solos to play")
    generate.add_argument("--best", type=int, help="how many of the takes to write, the best first; else all")
    generate.add_argument(
        "--novel", type=int, metavar="NOTES", help="reject takes that share more notes in a row with what was learned"
    )
    generate.add_argument("--report", action="store_true", help="print what was played, four bars a line")
    generate.add_argument("--seed", type=int, default=1)
    generate.add_argument("--force", action="store_true", help="replace files that exist")
    _add_controls(generate.add_argument_group("what is played"))
    _add_edits(generate.add_argument_group("from a given line: MIDI, MusicXML, ABC, or the .json of a solo"))
    _add_rendering(generate.add_argument_group("how it is written and performed"))


def _out(text: str) -> Path:
    if text in ("", "-") or (text.startswith(".") and text.strip(".") and not Path(text).suffix and "/" not in text):
        raise argparse.ArgumentTypeError(f"{text!r}: expected the name of a file or a folder, such as solo.mid")
    return Path(text)


def _pitch(text: str) -> int:
    try:
        return parse_pitch(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _add_controls(group: Any) -> None:
    """Add an option for each field of `Controls`."""
    group.add_argument("--temperature", type=float, help="of notes: 0 always the likeliest, 1 as learned")
    group.add_argument("--top_p", "--top-p", type=float, help="of the likeliest notes, those with this share; 0.99")
    group.add_argument("--top_k", "--top-k", type=int, help="so many of the likeliest notes; 0 for all")
    group.add_argument("--min_p", "--min-p", type=float, help="notes at least this share as likely as the likeliest")
    group.add_argument("--guidance", type=float, help="how strongly the chart is heard; 1 as learned, 1.5 more")
    group.add_argument("--recall", type=float, help="how much comes back of what was played; 1 as learned, 2 more")
    group.add_argument("--harmony", type=float, help="lean on chord tones, tensions and resolution; 0 none, 1 some")
    group.add_argument("--density", type=float, help="notes a bar of four quarters")
    group.add_argument("--register", type=_pitch, help="mean pitch: 65 or F4")
    group.add_argument("--instrument", help="tenor-sax, trumpet, ...: its range, its sound, how it plays")
    group.add_argument("--low", type=_pitch, help="lowest pitch: 48 or C3")
    group.add_argument("--high", type=_pitch, help="highest pitch")
    group.add_argument("--phrase", type=float, help="length of phrases in quarters")
    group.add_argument("--rests", type=float, help="share of the time that is silent: 0.3")
    group.add_argument("--style", help="bebop, hardbop, ...: of those that the model has learned")
    group.add_argument("--feel", help="swing, latin, ...: of those that the model has learned")
    group.add_argument("--player", help="of those that the model has learned")
    group.add_argument("--place", choices=PLACES, help="which part of a solo it is; unless given, whole from 8 bars on")
    group.add_argument("--voices", type=int, help="the solo on top of a section: 1 to 4")
    group.add_argument("--arc", type=float, help="grow (to 1) or calm down (to -1) from start to end")


def _add_edits(group: Any) -> None:
    group.add_argument("--motif", type=Path, metavar="FILE", help="go on from its melody")
    group.add_argument("--from", type=Path, metavar="FILE", dest="line", help="with one of the following")
    group.add_argument("--keep", metavar="BARS", help="keep bars such as 1-4,9 and play the others anew")
    group.add_argument("--trade", type=int, metavar="BARS", help="answer it every so many bars")
    group.add_argument("--vary", type=float, metavar="DISTANCE", help="a variation, from 0 (the same) to 1")
    group.add_argument("--lock", choices=("rhythm", "pitches"), help="what stays")


def _add_rendering(group: Any) -> None:
    group.add_argument("--tempo", type=float, help="quarters a minute; else the chart's, else that of the style")
    group.add_argument("--band", help="swing, bossa, waltz, ballad, pop, rock, funk, blues, or none; else by the chart")
    group.add_argument("--swing", type=float, help="long to short eighths: 1 even, 2 triplets; else by style and tempo")
    group.add_argument("--lay_back", "--lay-back", type=float, help="milliseconds behind the band")
    group.add_argument("--dynamics", type=float, help="how much loudness follows the phrases, 0 to 1")
    group.add_argument("--part", metavar="INSTRUMENT", help="write the notation for its player, transposed")
    add_soundfont(group)
    group.add_argument("--count-in", type=int, default=0, metavar="BARS", help="of clicks before the music, in sound")
    group.add_argument(
        "--stems", action="store_true", help="beside each sound file also the solo alone and the band alone"
    )


def _generate(arguments: argparse.Namespace) -> int:
    from solomuse.generation import generate
    from solomuse.generation.ranking import explain, rank
    from solomuse.generation.report import report_of
    from solomuse.generation.report_table import table_of
    from solomuse.model.folder import load_model
    from solomuse.render.performance import qpm_of

    best = _best(arguments)
    paths = _paths(arguments.out, best, arguments.force, arguments.stems)
    rendering, controls, edit = _rendering(arguments), _controls(arguments), _edit(arguments)
    written = chosen_chart(arguments).repeated(arguments.choruses)
    chart = replace(written, qpm=qpm_of(written, rendering.performance))  # the model is told what the band will take
    model = load_model(arguments.model, precision=arguments.precision)
    solos = generate(model, chart, takes=arguments.takes, seed=arguments.seed, controls=controls, edit=edit)
    is_ranked = arguments.takes > 1 or arguments.novel is not None
    needs_melodies = is_ranked or arguments.report or any(path.suffix.lower() == REPORT_ENDING for path in paths[0])
    melodies = _melodies(model) if needs_melodies else None
    ranked = rank(solos, melodies, best, arguments.novel) if is_ranked else None
    chosen = [(own.solo, own) for own in ranked.best] if ranked else [(solos[0], None)]
    files = [_with_stems(names) if arguments.stems else names for names in paths[: len(chosen)]]
    document, texts = [], []
    with _all_or_none(files):
        for (solo, scored), names, made in zip(chosen, paths, files, strict=False):
            report = report_of(solo, model, melodies, controls, edit, scored) if needs_melodies else {}
            _write(solo, names, rendering, report)
            document.append({"files": [str(file) for file in made], "notes": len(solo.sheet.melody), **report})
            texts.append(f"{', '.join(map(str, made))}: {len(solo.sheet.melody)} notes")
            texts += [table_of(report)] if arguments.report else []
    texts += [explain(ranked)] if ranked else []
    return show(document, arguments.json, "\n".join(texts))


def _melodies(model: Model) -> Melodies | None:
    """What the model has learned from."""
    from solomuse.model.melodies import load_melodies

    return load_melodies(model.path)


def _write(solo: Solo, paths: list[Path], rendering: Rendering, report: dict[str, Any]) -> None:
    """Write a solo, and its report, into files."""
    for path in paths:
        if path.suffix.lower() == REPORT_ENDING:
            write_whole(path, f"{json.dumps(report, ensure_ascii=False, indent=1)}\n".encode())
        else:
            solo.write(path, rendering)


def _best(arguments: argparse.Namespace) -> int:
    """How many takes to write."""
    from solomuse.generation.solos import MOST_TAKES

    if not 1 <= arguments.takes <= MOST_TAKES:
        raise ConfigError(f"takes is {arguments.takes}: expected 1 to {MOST_TAKES}")
    best: int = arguments.takes if arguments.best is None else arguments.best
    if not 1 <= best <= arguments.takes:
        raise ConfigError(f"best is {best}: expected 1 to {arguments.takes}, the number of takes")
    return best


def _paths(outs: list[Path], best: int, force: bool, stems: bool) -> list[list[Path]]:
    """The files of each take without their stems; names that cannot be are refused before any work is done for them."""
    try:
        folders = {out for out in outs if not out.suffix or out.is_dir()}
        paths = [_named(outs, folders, number, best) for number in range(best)]
        for group in paths:
            for path in _checked_stems(group) if stems else group:
                _check(path, folders, force)
    except OSError as error:  # as of a name that is too long
        raise OutputError(f"{error.filename}: cannot be written ({error.strerror}); choose another name") from None
    return paths


def _named(outs: list[Path], folders: set[Path], number: int, count: int) -> list[Path]:
    """The files of one take; a folder stands for all that can be made there."""
    from solomuse.render.files import possible

    suffix = f"-{number + 1}" if count > 1 else ""
    names: list[Path] = []
    for out in outs:
        endings = (*possible(), REPORT_ENDING)
        files = [out / f"{NAME}{ending}" for ending in endings] if out in folders else [out]
        names += [file.with_stem(f"{file.stem}{suffix}") for file in files]
    return list(dict.fromkeys(names))


def _with_stems(names: list[Path]) -> list[Path]:
    """The files of a take with the stems behind each sound file."""
    from solomuse.render.sound import FORMAT_BY_ENDING, stem_paths

    return [
        file
        for name in names
        for file in (name, *(stem_paths(name) if name.suffix.lower() in FORMAT_BY_ENDING else ()))
    ]


def _checked_stems(names: list[Path]) -> list[Path]:
    """The files of a take with their stems, of which there have to be some, under names of their own."""
    files = _with_stems(names)
    if files == names:
        raise ConfigError("--stems goes with sound: give --out a file such as solo.wav, or a folder")
    if len(set(files)) < len(files):
        twice = next(file for file in files if files.count(file) > 1)
        raise OutputError(f"{twice}: would be one file twice, once as a stem; choose another name")
    return files


def _check(path: Path, folders: set[Path], force: bool) -> None:
    """Refuse a name that has another ending, is there already, or is where no file can be."""
    from solomuse.render.files import check_ending

    if path.suffix.lower() != REPORT_ENDING:
        check_ending(path)
    refuse_existing(path, force)
    there = next((folder for folder in path.parents if folder.exists()), path.parent)
    if not there.is_dir() or not (path.parent in folders or there == path.parent):
        raise OutputError(f"{path}: there is no folder {path.parent}; make it, or choose another one")


@contextmanager
def _all_or_none(paths: list[list[Path]]) -> Iterator[None]:
    """Make the folders for files; where not all can be written, none of the new ones stays."""
    files = [path for group in paths for path in group if not path.exists()]
    missing = {parent for path in files for parent in path.parents if not parent.exists()}
    folders = sorted(missing, key=lambda folder: len(folder.parts))
    try:
        for folder in folders:
            make_folder(folder)
        yield
    except BaseException:
        for path in files:
            with suppress(OSError):
                path.unlink(missing_ok=True)
        for folder in reversed(folders):
            with suppress(OSError):
                folder.rmdir()
        raise


def _controls(arguments: argparse.Namespace) -> Controls:
    from solomuse.generation import Controls
    from solomuse.music.instruments import find_instrument

    given = {field.name: getattr(arguments, field.name) for field in fields(Controls)}
    if arguments.instrument is None:
        given["instrument"] = arguments.part
    controls = Controls(**{name: value for name, value in given.items() if value is not None})
    if arguments.part is not None:
        reader, (low, high) = find_instrument(arguments.part), controls.range
        if not reader.low <= low <= high <= reader.high:
            raise ConfigError(
                f"a solo from {low} to {high} leaves the range of {reader.name}, whose part it is, {reader.low} to "
                f"{reader.high}: leave out --instrument, or set --low and --high"
            )
    return controls


def _edit(arguments: argparse.Namespace) -> Edit | None:
    from solomuse.generation import Edit
    from solomuse.generation.editing import parse_bars
    from solomuse.generation.lines import read_line

    ways = {name: getattr(arguments, name) for name in ("keep", "trade", "vary", "lock")}
    given = {name: value for name, value in ways.items() if value is not None}
    if arguments.motif is not None:
        if arguments.line is not None or given:
            raise ConfigError("--motif goes on from a line and cannot be combined with --from or what changes a line")
        return Edit(read_line(arguments.motif), is_motif=True)
    if arguments.line is None and given:
        raise ConfigError(f"--{next(iter(given))} needs a line: give its file with --from")
    if arguments.line is None:
        return None
    if len(given) != 1:
        raise ConfigError("--from needs exactly one of --keep, --trade, --vary and --lock")
    if "keep" in given:
        given["keep"] = parse_bars(given["keep"])
    return Edit(read_line(arguments.line), **given)


def _rendering(arguments: argparse.Namespace) -> Rendering:
    from solomuse.music.instruments import find_instrument
    from solomuse.render.files import Rendering
    from solomuse.render.performance import Performance

    part = None if arguments.part is None else find_instrument(arguments.part)
    has_band = arguments.band != "none"
    played = {
        "style": arguments.band if has_band else None,
        "qpm": arguments.tempo,
        "swing": arguments.swing,
        "lay_back": arguments.lay_back,
        "dynamics": arguments.dynamics,
    }
    performance = Performance(
        band=has_band, seed=arguments.seed, **{name: value for name, value in played.items() if value is not None}
    )
    font = chosen_soundfont(arguments)
    return Rendering(performance, part, font, stems=arguments.stems, count_in=arguments.count_in)
