"""Work in strips of MCU rows, on as many threads as the caller allows.

Where strips begin depends on the picture alone, never on the number of threads, so the bytes of a file do not either.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def row_ranges(rows: int, pixels_per_row: int, pixels_per_strip: int) -> list[tuple[int, int]]:
    """Split `rows` into ranges [first, last) of about `pixels_per_strip` pixels each, at least a row."""
    rows_per_strip = max(1, pixels_per_strip // pixels_per_row)
    return [(first, min(first + rows_per_strip, rows)) for first in range(0, rows, rows_per_strip)]


class Workers:
    """A fixed number of threads; with one, everything runs in the caller's. The kernels release the GIL."""

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads) if threads > 1 else None

    def map(self, function: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
        """Apply `function` to each item; results in the order of the items."""
        if self._pool is None or len(items) < 2:
            return [function(item) for item in items]
        # One task for each thread, not for each item: strips are short, and handing out a task costs 50 microseconds.
        waiting = deque(enumerate(items))
        results: dict[int, Result] = {}

        def work() -> None:
            while waiting:
                try:
                    position, item = waiting.popleft()
                except IndexError:  # another thread took the last one
                    return
                results[position] = function(item)

        for task in [self._pool.submit(work) for _ in range(self._threads)]:
            task.result()
        return [results[position] for position in range(len(items))]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown()
