from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from solomuse.datasets import workers
from solomuse.datasets.workers import OutOfTimeError, results

ROOT = Path(__file__).resolve().parent.parent.parent


def work(item: int) -> str:
    if item == 13:
        os.kill(os.getpid(), signal.SIGKILL)
    if item == 7:
        time.sleep(30)
    return f"{item} done"


def failed(item: int, error: BaseException) -> str:
    return f"{item} {type(error).__name__}"


def stubborn(item: int) -> str:
    try:
        return work(item)
    except Exception:
        return f"{item} kept on"


def test_results_come_in_order_whatever_the_number_of_processes() -> None:
    items = [item for item in range(70) if item not in (7, 13)]
    expected = [f"{item} done" for item in items]
    assert list(results(work, failed, items, jobs=1)) == expected
    assert list(results(work, failed, items, jobs=2)) == expected


def test_a_process_that_dies_costs_one_item_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "CHUNK", 4)
    items = list(range(10, 40))
    assert list(results(work, failed, items, jobs=2)) == [
        "13 ProcessDiedError" if item == 13 else f"{item} done" for item in items
    ]


def test_one_process_apart_survives_what_kills_it() -> None:
    found = list(results(work, failed, [12, 13, 14], jobs=1, apart=True))
    assert found == ["12 done", "13 ProcessDiedError", "14 done"]


PARENT = """
import multiprocessing, os, signal, sys, time
from solomuse.datasets.workers import results
from tests.datasets.test_workers import failed, own_number

if __name__ == "__main__":
    print(next(results(own_number, failed, list(range(99)), jobs=2)), flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def own_number(_item: int) -> str:
    return str(os.getpid())


def test_processes_end_with_the_one_that_started_them(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(PARENT, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    done = subprocess.run([sys.executable, script], stdout=subprocess.PIPE, text=True, env=environment, check=False)
    assert done.returncode == -signal.SIGKILL
    deadline = time.monotonic() + 10
    while is_running(int(done.stdout)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_running(int(done.stdout))


def is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_takes_too_long_is_left(jobs: int) -> None:
    began = time.perf_counter()
    found = list(results(work, failed, [6, 7, 8], jobs=jobs, max_seconds=0.5))
    assert found == ["6 done", f"7 {OutOfTimeError.__name__}", "8 done"]
    assert time.perf_counter() - began < 20


def test_what_takes_too_long_cannot_take_that_for_a_fault_of_its_own() -> None:
    assert list(results(stubborn, failed, [7], jobs=1, max_seconds=0.2)) == [f"7 {OutOfTimeError.__name__}"]


def test_what_is_broken_off_leaves_nothing_running() -> None:
    found = results(work, failed, list(range(20, 100)), jobs=2)
    assert next(found) == "20 done"
    found.close()
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("Executor")] == []
    assert multiprocessing.active_children() == []


def test_nothing_to_do_is_no_result() -> None:
    assert list(results(work, failed, [], jobs=2)) == []
