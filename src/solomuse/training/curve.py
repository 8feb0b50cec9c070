"""Picture of a run's learning curve."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

from transformers import TrainerCallback, TrainerState, TrainingArguments

from solomuse.files import write_whole

SERIES = (("bits_per_note", "training", "#e07a3f"), ("eval_bits_per_note", "held back", "#1f6f8b"))


class Curve(TrainerCallback):
    """Draws the curve anew after each evaluation."""

    def __init__(self, metrics: Path, out: Path) -> None:
        self._metrics, self._out = metrics, out

    def on_evaluate(self, args: TrainingArguments, state: TrainerState, *_: Any, **__: Any) -> None:
        """Draw it, in one process."""
        if state.is_world_process_zero:
            draw_curve(self._metrics, self._out)


def draw_curve(metrics: Path, out: Path) -> None:
    """Draw bits per note over steps as a PNG, from the lines of ``metrics.jsonl``; matplotlib must be there.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    from matplotlib.figure import Figure

    logs = [json.loads(line) for line in metrics.read_text("utf-8").splitlines()]
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.add_subplot()
    for key, label, colour in SERIES:
        points = [(log["step"], log[key]) for log in logs if key in log]
        axes.plot([step for step, _ in points], [bits for _, bits in points], label=label, color=colour)
    axes.set_xlabel("step")
    axes.set_ylabel("bits per note")
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=120)
    write_whole(out, picture.getvalue())
