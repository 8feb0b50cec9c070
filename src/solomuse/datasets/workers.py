"""Works on many items in processes that may be slow, crash or be killed, without losing another item."""

from __future__ import annotations

import faulthandler
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import cache, partial
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

CHUNK = 16
"""Items that a process is given at a time."""

CHUNKS_AHEAD = 8
"""Chunks that are out for each process: so few results wait in memory."""


class OutOfTimeError(BaseException):
    """An item took longer than its limit; no `except Exception` on the way takes it for its own."""


class ProcessDiedError(Exception):
    """The process that worked on an item crashed or was killed."""


def results(
    work: Callable[[Item], Result],
    failed: Callable[[Item, BaseException], Result],
    items: Sequence[Item],
    jobs: int,
    max_seconds: float = 0,
    *,
    apart: bool = False,
) -> Iterator[Result]:
    """The result of each item, in order, whatever the number of processes.

    A process that hangs in a library is killed at three times the limit. The items of a process that died are tried
    again one at a time, so that only the one at fault fails.

    Parameters
    ----------
    work : callable
        Can be pickled; raises nothing.
    failed : callable
        The result of an item that ended in `OutOfTimeError` or `ProcessDiedError`. Can be pickled.
    jobs : int
        Processes; with 1 all is done in this one, unless `apart` asks for one of its own.
    max_seconds : float
        Time limit for an item, 0 for none; kept where the system has timers and this is the main thread.
    """
    guarded = partial(_guarded, work, failed, max_seconds)
    if jobs == 1 and not apart:
        yield from map(guarded, items)
        return
    waiting = deque(items[first : first + CHUNK] for first in range(0, len(items), CHUNK))
    while waiting:
        for _, chunk_results in _until_broken(guarded, waiting, jobs):
            yield from chunk_results
        if waiting:
            for item in waiting.popleft():
                yield _alone(guarded, failed, item)


def _until_broken(
    guarded: Callable[[Item], Result], waiting: deque[Sequence[Item]], jobs: int
) -> Iterator[tuple[Sequence[Item], list[Result]]]:
    """Chunks with their results until all are done or a process dies; those without a result are put back."""
    out: deque[tuple[Sequence[Item], Future[list[Result]]]] = deque()
    with _one_thread_each(), _pool(jobs) as pool:
        try:
            while waiting or out:
                while waiting and len(out) < CHUNKS_AHEAD * jobs:
                    out.append((waiting[0], pool.submit(_chunk, guarded, waiting[0])))
                    waiting.popleft()
                yield out[0][0], out[0][1].result()
                out.popleft()
        except BrokenProcessPool:
            waiting.extendleft(chunk for chunk, _ in reversed(out))
        except BaseException:
            # Waited for: Python's exit fails where a pool is still closing.
            pool.shutdown(cancel_futures=True)
            raise


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Let the processes that are started meanwhile do linear algebra in one thread: more get into each other's way."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    added = [name for name in names if name not in os.environ]
    os.environ.update(dict.fromkeys(added, "1"))
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)


def _alone(guarded: Callable[[Item], Result], failed: Callable[[Item, BaseException], Result], item: Item) -> Result:
    """The result of one item in a process of its own."""
    with _pool(1) as pool:
        try:
            return pool.submit(guarded, item).result()
        except BrokenProcessPool:
            return failed(item, ProcessDiedError("its process crashed or was killed"))


def _pool(processes: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(processes, multiprocessing.get_context("spawn"), _leave_with_parent)


def _leave_with_parent() -> None:
    """End this process once the one that started it is gone, even if it was killed: else it would wait for ever."""

    def leave() -> None:
        if (parent := multiprocessing.parent_process()) is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=leave, daemon=True).start()


def _chunk(guarded: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    return [guarded(item) for item in items]


def _guarded(
    work: Callable[[Item], Result], failed: Callable[[Item, BaseException], Result], max_seconds: float, item: Item
) -> Result:
    try:
        with _time_limit(max_seconds):
            return work(item)
    except OutOfTimeError as error:
        return failed(item, error)


@contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """Raise `OutOfTimeError` after some seconds; end a child process that does not react in three times as many."""
    if not seconds or not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(_signal: int, _frame: object) -> None:
        raise OutOfTimeError(f"takes more than {seconds:g} seconds")

    is_child = multiprocessing.parent_process() is not None
    previous = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    if is_child:
        faulthandler.dump_traceback_later(3 * seconds, exit=True, file=_nowhere())
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
        if is_child:
            faulthandler.cancel_dump_traceback_later()


@cache
def _nowhere() -> int:
    """A file descriptor that swallows what is written, opened once for each process."""
    return os.open(os.devnull, os.O_WRONLY)
