"""Storage whose sources are read ahead by threads, so that a worker does not wait for each of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType

from foveal.batch.jobs import FileState
from foveal.batch.storage import Storage


class ReadAhead:
    """A storage that reads the next sources while the present one is being worked on.

    At most `depth` files that nobody has asked for yet are in memory.

    Parameters
    ----------
    storage
        Storage to read from and to write to.
    keys
        Sources in the order in which they will be read. A source that is read out of this order is read at once.
    depth
        Number of files to read ahead.
    """

    def __init__(self, storage: Storage, keys: Iterable[str], depth: int) -> None:
        self._storage = storage
        self._keys: Iterator[str] = iter(keys)
        self._pool = ThreadPoolExecutor(depth, "foveal-read")
        self._reads: deque[tuple[str, Future[bytes]]] = deque()
        for _ in range(depth):
            self._start_next()

    def __enter__(self) -> ReadAhead:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(cancel_futures=True)

    def read(self, key: str) -> bytes:
        """Return the bytes of a file, see `Storage.read`."""
        if not self._reads or self._reads[0][0] != key:
            return self._storage.read(key)
        _, future = self._reads.popleft()
        self._start_next()
        return future.result()

    def state(self, key: str) -> FileState:
        """Return the present state of a file, see `Storage.state`."""
        return self._storage.state(key)

    def write_new(self, key: str, data: bytes) -> FileState:
        """Create a file, see `Storage.write_new`."""
        return self._storage.write_new(key, data)

    def replace(self, key: str, data: bytes, *, keep_times: bool = False) -> FileState:
        """Write a file, see `Storage.replace`."""
        return self._storage.replace(key, data, keep_times=keep_times)

    def _start_next(self) -> None:
        key = next(self._keys, None)
        if key is not None:
            self._reads.append((key, self._pool.submit(self._storage.read, key)))
