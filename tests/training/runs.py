from __future__ import annotations

import json
from pathlib import Path


def curve(run: Path) -> list[dict[str, float]]:
    """The records of a run without what depends on the clock."""
    logs = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return [{key: value for key, value in log.items() if key != "tokens_per_second"} for log in logs]
