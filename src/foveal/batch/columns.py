"""Paths as columns of SQLite: text, or bytes where a file name is not text in the encoding of the file system."""

from __future__ import annotations

import os


def to_column(path: str) -> str | bytes:
    """Return a path as SQLite can store it."""
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:  # a lone surrogate stands for a byte of the name that is no text
        return os.fsencode(path)
    return path


def from_column(value: str | bytes) -> str:
    """Return the path that `to_column` stored."""
    return value if isinstance(value, str) else os.fsdecode(value)
