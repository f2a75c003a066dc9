"""Search for two rows of a manifest with one target, in bounded memory: 8 bytes on disk for each row.

The hashes of all targets are sorted into temporary files by their last bits. Equal targets meet in one file, and each
file is small enough to be sorted in memory. Equal hashes of different targets are told apart by a second reading.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

_BUCKETS = 64  # files; of a manifest of 100 million rows, each holds 1.6 million hashes, 12.5 MB


def find_collision(read_targets: Callable[[], Iterable[list[str]]]) -> str | None:
    """Return a target that two rows have, or None.

    Parameters
    ----------
    read_targets
        Function that reads the targets, some at a time; "" is none. It is called once more if two hashes are equal.
    """
    with tempfile.TemporaryDirectory(prefix="foveal-") as folder:
        files = [Path(folder) / str(bucket) for bucket in range(_BUCKETS)]
        for targets in read_targets():
            _spread(targets, files)
        repeated = set().union(*map(_repeated_hashes, files))
    if not repeated:
        return None
    counts = Counter(target for targets in read_targets() for target in targets if target and hash(target) in repeated)
    return next((target for target, count in counts.items() if count > 1), None)


def _spread(targets: list[str], files: list[Path]) -> None:
    """Append the hashes of targets to the files of their last bits."""
    hashes = np.fromiter((hash(target) for target in targets if target), np.int64)
    bucket_of = hashes & (_BUCKETS - 1)
    for bucket in np.unique(bucket_of):
        with files[bucket].open("ab") as file:
            file.write(hashes[bucket_of == bucket].tobytes())


def _repeated_hashes(file: Path) -> set[int]:
    if not file.exists():
        return set()
    hashes = np.sort(np.fromfile(file, np.int64))
    return set(hashes[1:][hashes[1:] == hashes[:-1]].tolist())
