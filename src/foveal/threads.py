"""A thread pool for strips of the rows of a picture, properties without locks, and a context to start processes in.

Strips depend on the size of the picture and never on the number of threads, so that neither do the bytes of a file.

A process may fork while another of its threads encodes. The child has only the thread that forked, and a lock that
another thread held is never released in it. So no lock of foveal is held over a fork.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, wait
from concurrent.futures.thread import ThreadPoolExecutor  # before others fork: it has functions that a fork calls
from contextlib import contextmanager, suppress
from threading import RLock, local
from typing import Any, Generic, Self, TypeVar, overload

Item = TypeVar("Item")
Result = TypeVar("Result")

# A thread holds it while it imports modules at their first use or opens a session of onnxruntime: both take locks that
# a child process could not release. A fork waits for it, so that no fork falls into that time.
loading = RLock()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=loading.acquire, after_in_parent=loading.release, after_in_child=loading.release)


class lazy_property(Generic[Result]):  # noqa: N801 (a decorator, like property)
    """A property that is computed at its first use and kept in the `__dict__` of the object.

    Unlike `functools.cached_property` of Python 3.11 it has no lock, which all objects of a class would share. If
    several threads compute the property at the same time, all get the value that is ready first.
    """

    def __init__(self, function: Callable[[Any], Result]) -> None:
        self._function = function
        self.__doc__ = function.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...

    @overload
    def __get__(self, instance: object, owner: type) -> Result: ...

    def __get__(self, instance: object | None, owner: type) -> Self | Result:
        if instance is None:
            return self
        value: Result = instance.__dict__.setdefault(self._name, self._function(instance))
        return value


@contextmanager
def sigint_blocked() -> Iterator[None]:
    """Context in which this thread does not get SIGINT; a process that is started in it never gets the signal.

    Ctrl-C reaches all processes of a terminal. A handler that a worker process sets itself comes too late for a SIGINT
    that arrives while it starts.
    """
    import signal  # imported late: most commands start no processes
    from multiprocessing import resource_tracker

    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # starting it would let signals through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def available_threads() -> int:
    """Return the number of processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def row_ranges(rows: int, values_per_row: int, values_per_strip: int) -> list[tuple[int, int]]:
    """Divide rows into strips of at most `values_per_strip` values (pixels or coefficients), but at least one row.

    Parameters
    ----------
    rows
        Number of rows to divide.
    values_per_row
        Number of values in each row.
    values_per_strip
        Largest number of values in a strip of several rows.

    Returns
    -------
    list of (first, end)
        Half-open ranges of rows, in order. The last may be shorter than the others.
    """
    rows_per_strip = max(1, values_per_strip // values_per_row)
    return [(first, min(first + rows_per_strip, rows)) for first in range(0, rows, rows_per_strip)]


_thread_state = local()  # attribute `pool`: the pool that the current thread has opened, or None


def _forget_pool() -> None:
    """Forget the pool of the thread that forked: in the child its helper threads do not exist."""
    _thread_state.pool = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_pool)


@contextmanager
def helper_threads(threads: int) -> Iterator[ThreadPoolExecutor]:
    """Open a pool of `threads` - 1 helper threads that every `run_in_threads` of this thread uses meanwhile.

    A pool that this thread has already opened is used instead. One pool for all stages of an encoding is faster than
    one for each stage: a new thread often starts on a processor that another thread keeps busy.
    """
    pool = getattr(_thread_state, "pool", None)
    if pool is not None:
        yield pool
        return
    with ThreadPoolExecutor(max(1, threads - 1)) as pool:
        _thread_state.pool = pool
        try:
            yield pool
        finally:
            _thread_state.pool = None


def run_in_threads(function: Callable[[Item], Result], items: Sequence[Item], threads: int) -> list[Result]:
    """Apply a function to each item, on up to `threads` threads, of which the calling thread is one.

    Parameters
    ----------
    function
        Function to apply. It runs in parallel as far as it releases the GIL, which the kernels do.
    items
        Arguments of the function, one for each call.
    threads
        Largest number of threads to use, at least 1.

    Returns
    -------
    list
        Results in the order of the items.

    Raises
    ------
    BaseException
        The first exception that the function raised. Items that had not been started are skipped.
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
    if workers <= 1:
        work()
    else:
        with helper_threads(workers) as pool:
            started: list[Future[None]] = []
            with suppress(RuntimeError):  # no more threads can be started: the others do all the work
                started.extend(pool.submit(work) for _ in range(workers - 1))
            work()
            wait([helper for helper in started if not helper.cancel()])
    if errors:
        raise errors[0]
    return [results[position] for position in range(len(items))]
