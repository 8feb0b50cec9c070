"""What became of a collection: counts, distributions, doubts and duplicates, as values and as a page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from solomuse.datasets.duplicates import Pair


def full_report(report: dict[str, Any], songs: Sequence[dict[str, Any]], pairs: Sequence[Pair]) -> dict[str, Any]:
    """What ``report.json`` holds."""
    return report


def page(report: dict[str, Any]) -> str:
    """The report as one self-contained page of HTML."""
    return ""
