"""The command line: parse, call, print."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from solomuse import __version__
from solomuse.config import FINETUNE, SIZES, Config, load_config
from solomuse.errors import ChartError, FetchError, OutputError, SoloMuseError

if TYPE_CHECKING:
    from solomuse.music.chart import Chart
    from solomuse.music.chord import SymbolStyle
    from solomuse.music.leadsheet import LeadSheet

INTERRUPTED, BROKEN_PIPE = 130, 141
DOWNLOADS = Path("01.data") / "Remote"
FIELDS = {
    "grid": int,
    "seq_len": int,
    "window_bars": int,
    "hop_bars": int,
    "chords": str,
    "melody": str,
    "min_confidence": float,
    "format": str,
    "splits": str,
    "swing": str,
    "max_seconds": float,
    "style": str,
    "n_layer": int,
    "n_head": int,
    "n_embd": int,
    "block_size": int,
    "dropout": float,
    "epochs": float,
    "max_minutes": float,
    "batch_size": int,
    "gradient_accumulation_steps": int,
    "learning_rate": float,
    "weight_decay": float,
    "mix": str,
    "chord_dropout": float,
    "warmup": float,
    "max_grad_norm": float,
    "eval_steps": int,
    "patience": int,
    "keep_checkpoints": int,
    "device": str,
    "precision": str,
    "compile": str,
    "threads": int,
}
HELP = {
    "grid": "steps a quarter: 4 (sixteenths) or 12 (sixteenths and triplets)",
    "chords": "auto, given or inferred",
    "melody": "best, all (whoever has it, bar by bar), name=TEXT or track=N",
    "min_confidence": "leave out songs whose melody is found with a smaller chance",
    "format": "read only this kind of collection, such as slakh; else each is recognised",
    "splits": "title, or original: those of the data set's publishers",
    "swing": "straighten or keep swung eighths",
    "max_seconds": "time limit for one song",
    "style": "of the songs whose source names none: bebop, pop, folk ...",
    "batch_size": "windows at once in each process",
    "gradient_accumulation_steps": "batches that make one step",
    "warmup": "share of the steps over which the learning rate rises",
    "max_grad_norm": "the gradient is scaled down to this norm; 0 leaves it",
    "eval_steps": "steps between evaluations, each with a checkpoint",
    "mix": "share of the steps for each of several datasets: wjazzd=3,openewld=1",
    "chord_dropout": "share of the windows whose chords are left out",
    "patience": "stop after so many evaluations that were no better; 0 for never",
    "keep_checkpoints": "newest checkpoints that stay, the best one besides",
    "device": "auto, cpu or cuda",
    "precision": "auto, bf16 or fp32",
    "compile": "auto, on or off: torch.compile",
}
CHART_FORMATS = ("text", "ireal", "musicxml", "abc", "json", "midi")
ONE_SHEET_FORMATS = ("musicxml", "midi")
FORMAT_BY_ENDING = {
    **dict.fromkeys((".musicxml", ".xml", ".mxl"), "musicxml"),
    **dict.fromkeys((".mid", ".midi"), "midi"),
    ".abc": "abc",
    ".json": "json",
    ".txt": "text",
    ".irealb": "ireal",
    ".ireal": "ireal",
}
DATA_FIELDS = (
    *("grid", "seq_len", "window_bars", "hop_bars", "chords", "melody", "min_confidence", "format", "splits"),
    *("swing", "max_seconds", "style"),
)
SWITCHES = ("omitted", "sustain", "learn_chart")


class OneLineParser(argparse.ArgumentParser):
    """argparse with errors of one line."""

    def error(self, message: str) -> NoReturn:
        """Leave with exit code 2 and one line."""
        self.exit(2, f"{self.prog}: {message}; see '{self.prog} --help'\n")


def entry_point() -> None:
    """Run the command line and leave with its exit code."""
    sys.exit(main(sys.argv[1:]))


def main(argv: Sequence[str]) -> int:
    """Run one command; return 0 done, 2 wrong input, 130 interrupted, 141 if nobody reads on."""
    arguments = _parser().parse_args(argv)
    return guarded(lambda: int(arguments.run(arguments)))


def guarded(run: Callable[[], int]) -> int:
    """The exit code of a command; what the user got wrong becomes one line."""
    try:
        return run()
    except SoloMuseError as error:
        print(f"solomuse: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("solomuse: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # as by "| head": what is left is wanted by nobody, nor a complaint at the end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE


def _parser() -> argparse.ArgumentParser:
    parser = OneLineParser(prog="solomuse", description="Train transformers that improvise over chord changes.")
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=OneLineParser)

    def add(name: str, run: Any, text: str, example: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=text, description=text, epilog=f"example: {example}")
        command.set_defaults(run=run)
        command.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
        return command

    prepare = add("prepare", _prepare, "songs to a dataset", "solomuse prepare my_midi --out dataset")
    prepare.add_argument("source", nargs="+", type=Path)
    prepare.add_argument("--out", type=Path, required=True)
    prepare.add_argument("--jobs", type=int, default=0, help="processes; 0 for one a core")
    prepare.add_argument("--engine", choices=("local", "ray"), default="local", help="what runs them")
    prepare.add_argument("--max_files", "--max-files", type=int, default=0)
    prepare.add_argument("--force", action="store_true", help="replace a dataset that exists")
    add_fields(prepare, DATA_FIELDS)
    prepare.add_argument("--omitted", action="store_const", const=True, help="take in what publishers leave out")
    prepare.add_argument("--sustain", action="store_const", const=True, help="fold the sustain pedal into durations")

    fetch = add("fetch", _fetch, "download a data set; without a name, list them", "solomuse fetch pop909")
    fetch.add_argument("name", nargs="?", help="one that the list shows")
    fetch.add_argument("--into", type=Path, help="a folder; 01.data/Remote where there is one, else data")
    fetch.add_argument("--url", help="the same file at another place")
    fetch.add_argument("--force", action="store_true", help="download it again")

    train = add("train", _train, "train a model on a dataset", "solomuse train dataset --out run --size tiny")
    train.add_argument("dataset", type=Path, nargs="+", help="of several the first is the one that is measured")
    train.add_argument("--out", type=Path, required=True)
    train.add_argument("--resume", action="store_true", help="go on from the newest whole checkpoint in --out")
    train.add_argument("--init", type=Path, metavar="MODEL", help="begin with the weights of a model folder or a run")
    train.add_argument(
        *("--learn_chart", "--learn-chart"), action="store_const", const=True, help="learn the chart's tokens too"
    )
    add_fields(train, tuple(name for name in FIELDS if name not in DATA_FIELDS))

    generate = add(
        "generate",
        _generate,
        "solos over a chart",
        "solomuse generate 'Dm7 | G7 | Cmaj7 | %%' --model run --out solo.mid",
    )
    _add_chart(generate)
    generate.add_argument("--model", type=Path)
    generate.add_argument("--out", type=Path, required=True, help="ends in .mid, .musicxml, .mxl, .abc or .png")
    generate.add_argument("--tempo", type=float, help="quarter notes a minute; else the chart's, else 120")
    generate.add_argument("--takes", type=int, default=1)
    generate.add_argument("--seed", type=int, default=1)
    generate.add_argument("--temperature", type=float, default=1.0)
    generate.add_argument("--top_p", "--top-p", type=float, default=0.95)
    generate.add_argument("--force", action="store_true", help="replace files that exist")

    analyze = add("analyze", _analyze, "a file's melody track, chords, meter, key", "solomuse analyze song.mid --json")
    analyze.add_argument("file", type=Path)
    analyze.add_argument("--all-tracks", action="store_true", help="infer chords from the melody too")

    chart = add("chart", _chart, "read a chart and show or convert it", "solomuse chart tune.musicxml --to ireal")
    _add_chart(chart)
    chart.add_argument("--to", choices=CHART_FORMATS, help="text if not given, or as --out ends")
    chart.add_argument("--out", type=Path, help="a file; else it is printed")
    chart.add_argument("--style", choices=("plain", "jazz"), default="plain", help="Cm7b5 or Cø7, in text")
    chart.add_argument("--force", action="store_true", help="replace a file that exists")

    evaluate = add("evaluate", _evaluate, "bits per note and chord sensitivity", "solomuse evaluate run dataset")
    evaluate.add_argument("model", type=Path)
    evaluate.add_argument("dataset", type=Path)
    evaluate.add_argument("--split", choices=("validation", "test"), default="validation")
    evaluate.add_argument(
        "--solos", type=int, default=0, help="also play over so many held-back charts and measure that"
    )
    evaluate.add_argument("--seed", type=int, default=1)
    return parser


def _add_chart(command: argparse.ArgumentParser) -> None:
    """Add what says which chart is meant, and in which key."""
    command.add_argument("chart", help="text, an iReal Pro link, or a .musicxml, .mxl, .abc, .mid, .html or .txt file")
    command.add_argument("--song", help="of several: number or title")
    command.add_argument("--transpose", type=int, default=0, metavar="SEMITONES")
    command.add_argument("--key", help="move it to this key: Bb, F#m")
    command.add_argument("--lenient", action="store_true", help="read what can be read of a damaged source")


def add_fields(command: argparse.ArgumentParser, names: Iterable[str] = FIELDS) -> None:
    """Add an option for each of these fields of the configuration."""
    command.add_argument("--config", "--size", help=f"a TOML file, or one of {', '.join(SIZES)}; else base")
    command.add_argument("--seed", type=int)
    for name in names:
        command.add_argument(
            *dict.fromkeys((f"--{name}", f"--{name.replace('_', '-')}")), type=FIELDS[name], help=HELP.get(name)
        )


def chosen_config(arguments: argparse.Namespace, default: str | Config = "base") -> Config:
    """The configuration that the options stand for: default, then file, then flag."""
    source = arguments.config or default
    config = source if isinstance(source, Config) else load_config(source)
    given = {name: getattr(arguments, name, None) for name in (*FIELDS, *SWITCHES, "seed")}
    return config.with_values({k: v for k, v in given.items() if v is not None})


def progress(items: Iterable[Any], total: int) -> Iterable[Any]:
    """The items under a progress bar on stderr."""
    from tqdm import tqdm

    bar: Iterable[Any] = tqdm(items, total=total, unit="song", dynamic_ncols=True, file=sys.stderr)
    return bar


@contextmanager
def _byte_bar(what: str, done: int, total: int | None) -> Iterator[Callable[[int], object]]:
    """A progress bar on stderr for bytes, told of them as they come."""
    from tqdm import tqdm

    with tqdm(desc=what, initial=done, total=total, unit="B", unit_scale=True, file=sys.stderr) as bar:
        yield bar.update


def _show(document: Any, as_json: bool, text: str) -> int:
    print(json.dumps(document, ensure_ascii=False) if as_json else text)
    return 0


def _prepare(arguments: argparse.Namespace) -> int:
    from solomuse.datasets.build import prepare

    config = chosen_config(arguments)
    report = prepare(
        arguments.source,
        arguments.out,
        config.data,
        jobs=arguments.jobs,
        engine=arguments.engine,
        seed=config.training.seed,
        max_files=arguments.max_files,
        overwrite=arguments.force,
        progress=progress,
        say=lambda text: print(f"solomuse: {text}", file=sys.stderr),
    )
    skipped = ", ".join(f"{entry['count']} {reason}" for reason, entry in report["skipped"].items()) or "none"
    text = (
        f"{report['songs']} of {report['files']} songs used, skipped: {skipped}; {report['notes']} notes, "
        f"{report['tokens_per_note']:.2f} tokens a note, {report['files_per_second']} files a second; {arguments.out}"
    )
    return _show(report, arguments.json, text)


def _fetch(arguments: argparse.Namespace) -> int:
    from solomuse.datasets.fetch import fetch
    from solomuse.datasets.remote_sets import DATA_SETS, listed, prepare_command, table

    if arguments.name is None:
        return _show(listed(), arguments.json, table())
    data_set = DATA_SETS.get(arguments.name)
    if data_set is None:
        raise FetchError(f"there is no data set {arguments.name!r}: expected one of {', '.join(DATA_SETS)}")
    folder = arguments.into or (DOWNLOADS if DOWNLOADS.is_dir() else Path("data"))
    try:
        fetched, is_new = fetch(data_set, folder, arguments.url, force=arguments.force, progress=_byte_bar)
    except KeyboardInterrupt:
        part = folder / f"{data_set.file}.part"
        print(f"solomuse: interrupted; what has come is in {part}: run the same command to go on", file=sys.stderr)
        return INTERRUPTED
    file, command = str(folder / data_set.file), prepare_command(data_set, folder)
    text = (
        f"{file}: {fetched.bytes} bytes, {'downloaded' if is_new else 'there already'}\nsha256: {fetched.sha256}\n"
        f"licence: {data_set.licence}\ncite: {data_set.citation}\n{command}"
    )
    document = {**asdict(fetched), "file": file, "is_new": is_new, "prepare": command}
    return _show(document, arguments.json, text)


def _train(arguments: argparse.Namespace) -> int:
    from solomuse.generation.samples import write_sample
    from solomuse.training import resumable, train

    checkpoint, begun = None, None
    if arguments.resume:
        checkpoint, _, _, begun = resumable(arguments.out)
    trained = train(
        arguments.dataset,
        arguments.out,
        chosen_config(arguments, begun or (FINETUNE if arguments.init else "base")),
        checkpoint,
        init=arguments.init,
        on_checkpoint=partial(write_sample, arguments.out / "samples"),
    )
    document = {key: str(value) if isinstance(value, Path) else value for key, value in asdict(trained).items()}
    if trained.interrupted:
        print(f"solomuse: interrupted at step {trained.steps}; pass --resume to go on", file=sys.stderr)
        return INTERRUPTED
    if os.environ.get("RANK", "0") != "0":
        return 0
    text = (
        f"validation {trained.before:.3f} -> {trained.after:.3f} bits per note in {trained.steps} steps, "
        f"{trained.tokens_per_second:.0f} tokens a second ({trained.precision}); {trained.model}"
    )
    return _show(document, arguments.json, text)


def _generate(arguments: argparse.Namespace) -> int:
    from solomuse.generation import generate
    from solomuse.render.files import check_ending

    names = [arguments.out]
    if arguments.takes > 1:
        names = [arguments.out.with_stem(f"{arguments.out.stem}-{take + 1}") for take in range(arguments.takes)]
    for name in names:
        check_ending(name)
        _refuse_existing(name, arguments.force)
    [(_, sheet)] = _chosen_sheets(arguments, only_one=True)
    chart = sheet.chart if arguments.tempo is None else replace(sheet.chart, qpm=arguments.tempo)
    solos = generate(
        arguments.model,
        chart,
        takes=arguments.takes,
        seed=arguments.seed,
        temperature=arguments.temperature,
        top_p=arguments.top_p,
    )
    for solo, name in zip(solos, names, strict=True):
        solo.write(name)
    document = [{"file": str(name), "notes": len(solo.sheet.melody)} for solo, name in zip(solos, names, strict=True)]
    return _show(document, arguments.json, "\n".join(f"{entry['file']}: {entry['notes']} notes" for entry in document))


def _refuse_existing(path: Path, force: bool) -> None:
    if path.exists() and not force:
        raise OutputError(f"{path} exists already: choose another name, or pass --force to replace it")


def _chosen_sheets(arguments: argparse.Namespace, *, only_one: bool = False) -> list[tuple[str, LeadSheet]]:
    """The lead sheets that the arguments mean, each under its name, in the key they ask for.

    What cannot be read of several is reported on stderr.
    """
    from solomuse.datasets.lead_sheets import read_lead_sheet, read_lead_sheets
    from solomuse.music.keys import parse_key

    if only_one or arguments.song is not None:
        sheet = read_lead_sheet(arguments.chart, arguments.song, lenient=arguments.lenient)
        named = [(sheet.chart.title or "chart", sheet)]
    else:
        named = []
        for entry in read_lead_sheets(arguments.chart, lenient=arguments.lenient):
            if isinstance(entry.result, SoloMuseError):
                print(f"solomuse: left out {entry.name}: {entry.result}", file=sys.stderr)
            else:
                named.append((entry.name, entry.result))
    if arguments.key is not None:
        key = parse_key(arguments.key)
        named = [(name, sheet.in_key(key)) for name, sheet in named]
    return [(name, sheet.transpose(arguments.transpose) if arguments.transpose else sheet) for name, sheet in named]


def _analyze(arguments: argparse.Namespace) -> int:
    from solomuse.datasets.facts import analyze

    facts = analyze(arguments.file, arguments.all_tracks)
    return _show(facts, arguments.json, "\n".join(_fact_lines(facts)))


def _fact_lines(facts: dict[str, Any]) -> Iterable[str]:
    """What `analyze` prints for people."""
    melody = facts["melody"]
    if melody["track"] is None:
        yield "melody: none"
    else:
        score = melody["scores"][0]["score"] if melody["scores"] else 1.0
        yield f"melody: track {melody['track']} {melody['name']} (chance {score:.2f})"
    if len(facts["soloists"]) > 1:
        turns = (f"track {one['track']} bars {one['bars'][0] + 1}-{one['bars'][1]}" for one in facts["soloists"])
        yield f"soloists: {', '.join(turns)}"
    meters = ", ".join(dict.fromkeys(change["meter"] for change in facts["time_signatures"]))
    yield f"meter: {meters}, {facts['tempos'][0]['qpm']:g} quarters a minute; beats: {facts['beats']}"
    if facts["swing"]:
        yield f"swing: {facts['swing']:.2f}"
    yield f"key: {facts['key']}"
    yield f"chords ({facts['chord_source']}): {' '.join(chord['label'] for chord in facts['chords'])}"
    yield from (f"note: {notice}" for notice in facts["notices"])


def _chart(arguments: argparse.Namespace) -> int:
    from solomuse.formats.midi import write_whole
    from solomuse.render.files import write_lead_sheet

    target = arguments.to or _format_of(arguments.out) or ("json" if arguments.json else "text")
    if arguments.out is not None:
        _refuse_existing(arguments.out, arguments.force)
    named = _chosen_sheets(arguments)
    if target in ONE_SHEET_FORMATS and len(named) > 1:
        raise ChartError(f"{target} holds one song, but the source has {len(named)}: choose one with --song")
    if target == "midi":
        if arguments.out is None:
            raise OutputError("MIDI cannot be printed: pass --out with a name that ends in .mid")
        write_lead_sheet(named[0][1], arguments.out.with_suffix(arguments.out.suffix or ".mid"))
    elif target == "musicxml" and arguments.out is not None:
        write_lead_sheet(named[0][1], arguments.out)
    else:
        text = _as_text(named, target, arguments.style)
        if arguments.out is None:
            print(text)
        else:
            write_whole(arguments.out, f"{text}\n".encode())
    return 0


def _format_of(path: Path | None) -> str | None:
    """The format that a file's ending stands for."""
    return None if path is None else FORMAT_BY_ENDING.get(path.suffix.lower())


def _as_text(named: Sequence[tuple[str, LeadSheet]], target: str, style: SymbolStyle) -> str:
    """Charts or lead sheets in a format of text."""
    from solomuse.formats.abc import write_abc
    from solomuse.formats.ireal import write_ireal
    from solomuse.formats.musicxml import print_musicxml
    from solomuse.music.chart_text import print_chart

    if target == "json":
        documents = [_chart_document(sheet.chart) for _, sheet in named]
        return json.dumps(documents[0] if len(documents) == 1 else {"charts": documents}, ensure_ascii=False)
    if target == "ireal":
        return write_ireal([sheet.chart for _, sheet in named], named[0][0] if len(named) > 1 else None)
    if target == "musicxml":
        return print_musicxml(named[0][1])
    if target == "abc":
        return "\n".join(write_abc(sheet, number) for number, (_, sheet) in enumerate(named, start=1))
    return "\n\n".join(print_chart(sheet.chart, style) for _, sheet in named)


def _chart_document(chart: Chart) -> dict[str, Any]:
    """A chart as ``chart --json`` prints it."""
    facts = {"title": chart.title, "composer": chart.composer, "style": chart.style, "key": chart.key, "qpm": chart.qpm}
    bars = [
        [
            {
                "beat": span.time / bar.meter.beat_ticks,
                "duration_beats": span.duration / bar.meter.beat_ticks,
                "label": span.chord.label,
            }
            for span in bar.chords
        ]
        for bar in chart.bars
    ]
    return {
        "meter": str(chart.bars[0].meter),
        "bars": bars,
        **{name: value for name, value in facts.items() if value is not None},
        "bar_meters": [str(bar.meter) for bar in chart.bars],
        "sections": [{"bar": i, "name": bar.section} for i, bar in enumerate(chart.bars) if bar.section],
    }


def _evaluate(arguments: argparse.Namespace) -> int:
    from solomuse.evaluation import evaluate

    result = evaluate(arguments.model, arguments.dataset, arguments.split, arguments.seed, arguments.solos)
    text = "\n".join(
        f"{key}: {value:.3f}" if isinstance(value, float) else f"{key}: {value}" for key, value in result.items()
    )
    return _show(result, arguments.json, text)
