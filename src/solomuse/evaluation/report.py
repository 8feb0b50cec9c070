"""The files of an evaluation: numbers, a table, a page."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from solomuse.evaluation.excerpts import Excerpt
from solomuse.evaluation.listening import listening_examples
from solomuse.evaluation.markdown import markdown
from solomuse.evaluation.page import page
from solomuse.files import write_whole


def write_report(
    document: Mapping[str, Any], players: Mapping[str, Sequence[Excerpt]], out: Path, say: Callable[[str], None]
) -> None:
    """Write ``report.json``, ``report.md`` and ``report.html`` into a folder, in place of any.

    Parameters
    ----------
    document : mapping
        What `solomuse.evaluation.evaluate` or `evaluate_files` returns.
    players : mapping of str to sequence of Excerpt
        What each played, for examples.

    Raises
    ------
    OutputError
        If a file cannot be written.
    """
    say(f"writing {out / 'report.html'}")
    texts: dict[str, Callable[[], str]] = {  # what takes longest comes last, so that its failure costs nothing else
        "report.json": lambda: json.dumps(document, indent=1, ensure_ascii=False) + "\n",
        "report.md": lambda: markdown(document),
        "report.html": lambda: page(document, listening_examples(players)),
    }
    for name, text in texts.items():
        write_whole(out / name, text().encode("utf-8", "replace"))
