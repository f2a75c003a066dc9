"""Work in strips of MCU rows, on as many threads as the caller allows.

Where strips begin depends on the picture alone, never on the number of threads, so the bytes of a file do not either.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from threading import local
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def available_threads() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def row_ranges(rows: int, values_per_row: int, values_per_strip: int) -> list[tuple[int, int]]:
    """Split `rows` into ranges [first, last) of about so many values (pixels, coefficients) each, at least a row."""
    rows_per_strip = max(1, values_per_strip // values_per_row)
    return [(first, min(first + rows_per_strip, rows)) for first in range(0, rows, rows_per_strip)]


_of_this_thread = local()


@contextmanager
def helper_threads(threads: int) -> Iterator[ThreadPoolExecutor]:
    """Keep `threads` - 1 helper threads for all that this thread does `run_in_threads` meanwhile.

    Started anew for every stage, they would begin each on a processor that another thread keeps busy.
    """
    pool = getattr(_of_this_thread, "pool", None)
    if pool is not None:
        yield pool
        return
    with ThreadPoolExecutor(max(1, threads - 1)) as pool:
        _of_this_thread.pool = pool
        try:
            yield pool
        finally:
            _of_this_thread.pool = None


def run_in_threads(function: Callable[[Item], Result], items: Sequence[Item], threads: int) -> list[Result]:
    """Apply `function` to each item, on at most `threads` threads, this one included; the kernels release the GIL.

    Returns
    -------
    list
        Results in the order of the items. An exception stops the work and is raised here.
    """
    waiting = deque(enumerate(items))
    results: dict[int, Result] = {}
    errors: list[BaseException] = []

    def work() -> None:
        while not errors:
            try:
                position, item = waiting.popleft()
            except IndexError:
                return
            try:
                results[position] = function(item)
            except BaseException as error:
                errors.append(error)

    workers = min(threads, len(items))
    with helper_threads(workers) as pool:
        started: list[Future[None]] = []
        with suppress(RuntimeError):  # no more threads to be had: those that started, and this one, do it all
            started.extend(pool.submit(work) for _ in range(workers - 1))
        work()
        wait([helper for helper in started if not helper.cancel()])
    if errors:
        raise errors[0]
    return [results[position] for position in range(len(items))]
