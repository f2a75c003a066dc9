"""Searches for rows of a manifest that overwrite files of others, in bounded memory: 8 bytes on disk for each key.

The hashes of all keys (targets, or sources and targets) are sorted into temporary files by their last bits. Equal keys
meet in one bucket, and each file is small enough to be sorted in memory. Equal hashes of different keys are told apart
by a second reading.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_BUCKETS = 64  # files; of a manifest of 100 million rows, each holds 1.6 million hashes, 12.5 MB


def find_collision(read_targets: Callable[[], Iterable[list[str]]]) -> str | None:
    """Return a target that two rows have, or None.

    Parameters
    ----------
    read_targets
        Function that reads the targets, some at a time; "" is none. It is called once more if two hashes are equal.
    """
    with tempfile.TemporaryDirectory(prefix="foveal-") as folder:
        files = _bucket_files(folder, "target")
        for targets in read_targets():
            _spread(targets, files)
        repeated = set().union(*map(_repeated_hashes, files))
    if not repeated:
        return None
    counts = Counter(target for targets in read_targets() for target in targets if target and hash(target) in repeated)
    return next((target for target, count in counts.items() if count > 1), None)


def find_overwritten_source(read_keys: Callable[[], Iterable[list[tuple[str, str]]]]) -> str | None:
    """Return a target that is the source of another row, or None.

    Parameters
    ----------
    read_keys
        Function that reads the sources and targets of rows, some at a time; "" is none. It is called once more if a
        source and a target have equal hashes.
    """
    with tempfile.TemporaryDirectory(prefix="foveal-") as folder:
        source_files, target_files = _bucket_files(folder, "source"), _bucket_files(folder, "target")
        for keys in read_keys():
            _spread([source for source, _ in keys], source_files)
            _spread(_targets_of_others(keys), target_files)
        common = set().union(*map(_common_hashes, source_files, target_files))
    if not common:
        return None
    sources: set[str] = set()
    targets: set[str] = set()
    for keys in read_keys():
        sources.update(source for source, _ in keys if hash(source) in common)
        targets.update(target for target in _targets_of_others(keys) if hash(target) in common)
    return min(sources & targets - {""}, default=None)


def _targets_of_others(keys: list[tuple[str, str]]) -> list[str]:
    """Return the targets that are not the source of their own row, which fails and writes nothing."""
    return [target for source, target in keys if target != source]


def _bucket_files(folder: str, name: str) -> list[Path]:
    return [Path(folder, f"{name}-{bucket}") for bucket in range(_BUCKETS)]


def _spread(keys: list[str], files: list[Path]) -> None:
    """Append the hashes of keys to the files of their last bits."""
    hashes = np.fromiter((hash(key) for key in keys if key), np.int64)
    bucket_of = hashes & (_BUCKETS - 1)
    for bucket in np.unique(bucket_of):
        with files[bucket].open("ab") as file:
            file.write(hashes[bucket_of == bucket].tobytes())


def _repeated_hashes(file: Path) -> set[int]:
    hashes = np.sort(_read_hashes(file))
    return set(hashes[1:][hashes[1:] == hashes[:-1]].tolist())


def _common_hashes(first: Path, second: Path) -> set[int]:
    return set(np.intersect1d(_read_hashes(first), _read_hashes(second)).tolist())


def _read_hashes(file: Path) -> NDArray[np.int64]:
    return np.fromfile(file, np.int64) if file.exists() else np.zeros(0, np.int64)
