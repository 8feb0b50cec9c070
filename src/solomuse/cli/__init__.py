"""The command line: parse, call, print."""

from __future__ import annotations

import argparse
import gc
import io
import signal
import sys
from collections.abc import Callable, Sequence

from solomuse import __version__
from solomuse.cli import charts, data, generate, serve, training
from solomuse.cli.options import INTERRUPTED, OneLineParser, add_fields, chosen_config, guarded, progress

__all__ = ["INTERRUPTED", "OneLineParser", "add_fields", "chosen_config", "entry_point", "guarded", "main", "progress"]

OBJECTS_BETWEEN_COLLECTIONS = 100_000
"""New ones, 700 by default: modules make hundreds of thousands that stay, and each look through them takes time."""


def entry_point() -> None:
    """Run the command line and leave with its exit code."""
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what is temporary is taken away, as at Ctrl-C
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal that lacks a letter shows its number
    sys.exit(main(sys.argv[1:]))


def main(argv: Sequence[str]) -> int:
    """Run one command; return 0 done, 2 wrong input, 130 interrupted, 141 if nobody reads on."""
    arguments = _parser().parse_args(argv)
    return guarded(lambda: int(arguments.run(arguments)))


def _parser() -> argparse.ArgumentParser:
    parser = OneLineParser(prog="solomuse", description="Train transformers that improvise over chord changes.")
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=OneLineParser)

    def add(name: str, run: Callable[[argparse.Namespace], int], text: str, example: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=text, description=text, epilog=f"example: {example}")
        command.set_defaults(run=run)
        command.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
        return command

    for group in (data, training, generate, serve, charts):
        group.add_commands(add)
    return parser
