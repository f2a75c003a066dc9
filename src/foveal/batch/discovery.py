"""Finds the pictures that a batch is asked for: files, folders with everything below them, and patterns (globs).

Whether a file is a picture is told by the ending of its name, so that nothing needs to be opened. Symbolic links to
folders are not followed. Those to files are followed only if the file is in the same tree, and never in place, where
the file would be replaced twice.
"""

from __future__ import annotations

import errno
import glob
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from foveal.files import PHOTO_ENDINGS, PICTURE_ENDINGS


class Found(NamedTuple):
    """A picture that was found.

    Parameters
    ----------
    path
        Absolute path of the file.
    relative
        Path of the file in the tree that the targets keep.
    """

    path: str
    relative: str


@dataclass
class LeftAlone:
    """Numbers of files and links that a search has passed over.

    Parameters
    ----------
    other_files
        Files that are no pictures by the endings of their names.
    links
        Symbolic links that are not followed.
    """

    other_files: int = 0
    links: int = 0


@dataclass(frozen=True)
class Search:
    """A search for pictures: the places to search, and the folder to leave out.

    Parameters
    ----------
    arguments
        Paths of files and folders, and patterns such as "photos/**/*.jpg".
    listed
        Paths of files from a list. Relative ones keep their folders in the tree of the targets.
    excluded
        Folder that is not searched, because targets are written into it; it need not exist. None without one.
    in_place
        Whether the files will be replaced, so that no symbolic link in a folder is followed.
    """

    arguments: tuple[str, ...]
    listed: tuple[str, ...] = ()
    excluded: str | None = None
    in_place: bool = False

    def find(self, left_alone: LeftAlone) -> Iterator[Found]:
        """Yield the pictures, folder by folder in the order of their names, and count what is left alone.

        Raises
        ------
        OSError
            A path does not exist, a pattern matches nothing, or a folder cannot be read.
        """
        excluded = _identity(self.excluded) if self.excluded is not None else None
        for argument in self.arguments:
            if os.path.lexists(argument) and Path(argument).is_dir():
                yield from _Walk(argument, excluded, left_alone, self.in_place).find()
            elif os.path.lexists(argument):  # also if the name has the characters of a pattern
                _check_is_file(argument)
                yield from self._keep(argument, Path(argument).name, left_alone)
            else:
                for path, relative in _match(argument, left_alone):
                    yield from self._keep(path, relative, left_alone)
        for path in self.listed:
            _check_is_file(path)
            yield from self._keep(path, _relative_of_listed(path), left_alone)

    def common_folder(self) -> str:
        """Return the folder that holds everything that is searched; the current folder if that is nothing."""
        folders = [_searched_folder(argument) for argument in self.arguments]
        folders += [str(Path(path).parent) for path in self.listed]
        return os.path.commonpath([os.path.abspath(each) for each in folders or [os.curdir]])  # noqa: PTH100

    def _keep(self, path: str, relative: str, left_alone: LeftAlone) -> Iterator[Found]:
        """Yield a file that was named, if it is a picture; in place, a link stands for the file that it leads to."""
        if is_picture(path):
            yield Found(os.path.realpath(path) if self.in_place else os.path.abspath(path), relative)  # noqa: PTH100
        else:
            left_alone.other_files += 1


def is_jpeg(path: str) -> bool:
    """Return whether a file is a JPEG by the ending of its name."""
    return Path(path).suffix.lower() in PICTURE_ENDINGS["JPEG"]


def is_picture(path: str) -> bool:
    """Return whether a file is a picture by the ending of its name."""
    return Path(path).suffix.lower() in PHOTO_ENDINGS


def _match(pattern: str, left_alone: LeftAlone) -> Iterator[tuple[str, str]]:
    """Yield the files that a pattern matches, each with its path from the folder of the first wildcard on.

    Files to which a symbolic link leads out of this folder are left alone.
    """
    if not glob.has_magic(pattern):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), pattern)
    root = _fixed_part(pattern)
    real_root = os.path.realpath(root)
    matched = sorted(glob.iglob(pattern, recursive=True))  # noqa: PTH207 (keeps relative paths)
    if not matched:
        raise FileNotFoundError(errno.ENOENT, "matches no files", pattern)
    for path in matched:
        is_file = Path(path).is_file()
        if not Path(os.path.realpath(path)).is_relative_to(real_root) or (not is_file and Path(path).is_symlink()):
            left_alone.links += 1
        elif is_file:
            yield path, os.path.relpath(path, root)


def _searched_folder(argument: str) -> str:
    """Return the folder in which the files of an argument are."""
    if Path(argument).is_dir():
        return argument
    return str(Path(argument).parent) if os.path.lexists(argument) else _fixed_part(argument)


def _fixed_part(pattern: str) -> str:
    """Return the folders of a pattern before its first wildcard; "." if there are none."""
    parts: list[str] = []
    for part in Path(pattern).parts[:-1]:
        if glob.has_magic(part):
            break
        parts.append(part)
    return str(Path(*parts)) if parts else os.curdir


def _check_is_file(path: str) -> None:
    if not Path(path).is_file():
        number = errno.EISDIR if Path(path).is_dir() else errno.ENOENT
        raise OSError(number, os.strerror(number), path)


def _relative_of_listed(path: str) -> str:
    """Return the place of a listed file in the tree of the targets: its relative path, or only its name."""
    normal = os.path.normpath(path)
    is_below = not Path(normal).is_absolute() and os.pardir not in Path(normal).parts
    return normal if is_below else Path(normal).name


def _identity(path: str) -> tuple[int, int] | None:
    """Return the numbers by which a folder is recognized under any name; None if it does not exist."""
    try:
        status = os.stat(path)  # noqa: PTH116 (a path may be a string)
    except OSError:
        return None
    return status.st_dev, status.st_ino


class _Walk:
    """A search through one folder and all folders below it."""

    def __init__(self, root: str, excluded: tuple[int, int] | None, left_alone: LeftAlone, in_place: bool) -> None:
        self._root = os.path.abspath(root)  # noqa: PTH100 (does not follow links)
        self._real_root = os.path.realpath(root)
        self._excluded = excluded
        self._left_alone = left_alone
        self._in_place = in_place

    def find(self) -> Iterator[Found]:
        """Yield the pictures; the files of a folder come before those of the folders in it."""
        waiting = [self._root]
        while waiting:
            folder = waiting.pop()
            if _identity(folder) == self._excluded is not None and folder != self._root:
                continue
            below: list[str] = []
            with os.scandir(folder) as entries:
                ordered = sorted(entries, key=lambda entry: entry.name)
            for entry in ordered:
                if entry.is_dir(follow_symlinks=False):
                    below.append(entry.path)
                elif self._is_wanted(entry):
                    yield Found(entry.path, os.path.relpath(entry.path, self._root))
            waiting += reversed(below)

    def _is_wanted(self, entry: os.DirEntry[str]) -> bool:
        """Return whether a directory entry that is no folder is a picture to work on, and count it otherwise."""
        if entry.name.startswith(".foveal-"):  # ledgers and temporary files
            return False
        if entry.is_symlink() and not self._may_follow(entry):
            self._left_alone.links += 1
            return False
        if not entry.is_file() or not is_picture(entry.name):
            self._left_alone.other_files += 1
            return False
        return True

    def _may_follow(self, entry: os.DirEntry[str]) -> bool:
        real = Path(os.path.realpath(entry.path))
        return not self._in_place and real.is_file() and real.is_relative_to(self._real_root)
