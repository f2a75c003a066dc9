"""Many writers that claim the same file of a storage at the same time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from foveal.batch.storage import Storage


def winners_of_a_claim(storage: Storage, key: str, writers: int) -> list[bytes]:
    """Let writers create a file at the same time, each with bytes of its own; return the bytes of those that could."""

    def claim(number: int) -> bytes | None:
        data = b"%d" % number
        try:
            storage.write_new(key, data)
        except FileExistsError:
            return None
        return data

    with ThreadPoolExecutor(8) as pool:
        return [data for data in pool.map(claim, range(writers)) if data is not None]
