from __future__ import annotations

import math
import os
from pathlib import Path

import pytest
from transformers import TrainerControl, TrainerState, TrainingArguments

from solomuse.errors import OutputError
from solomuse.training.callbacks import Records, best_step, cut_records, evaluations_since_best


@pytest.mark.parametrize(
    ("bits", "best", "since"),
    [
        ([5.0], 0, 0),
        ([5.0, 4.0, 4.5], 10, 1),
        ([5.0, 4.0, 4.0, 4.2], 10, 2),
        ([5.0, math.nan, 4.0], 20, 0),
        ([math.nan, math.nan], 10, 0),
    ],
)
def test_the_best_evaluation_is_the_first_with_the_fewest_bits(bits: list[float], best: int, since: int) -> None:
    logs = [{"step": 10 * index, "eval_bits_per_note": value} for index, value in enumerate(bits)]
    state = TrainerState(log_history=[{"step": 1, "loss": 2.0}, *logs])
    assert (best_step(state), evaluations_since_best(state)) == (best, since)


def test_records_after_a_step_and_half_written_ones_are_cut(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_text('{"step": 1, "loss": 2.0}\n{"step": 2, "loss": 1.5}\n{"step": 3, "lo')
    cut_records(path, 2)
    assert path.read_text() == '{"step": 1, "loss": 2.0}\n{"step": 2, "loss": 1.5}\n'
    cut_records(path, 1)
    assert path.read_text() == '{"step": 1, "loss": 2.0}\n'


def test_records_are_cut_by_a_new_file_so_that_a_killed_process_loses_none(tmp_path: Path) -> None:
    path, before = tmp_path / "metrics.jsonl", tmp_path / "before"
    path.write_text('{"step": 1}\n{"step": 2}\n')
    os.link(path, before)
    cut_records(path, 1)
    assert (path.read_text(), before.read_text()) == ('{"step": 1}\n', '{"step": 1}\n{"step": 2}\n')
    assert sorted(tmp_path.iterdir()) == [before, path]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_is_said_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    path.symlink_to("/dev/full")
    with pytest.raises(OutputError, match=r"metrics.jsonl cannot be written: No space left on device; free some space"):
        Records(path).on_log(TrainingArguments(), TrainerState(), TrainerControl(), logs={"loss": 1.0})
