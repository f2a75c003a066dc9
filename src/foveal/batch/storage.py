"""Where sources are read from and targets are written to: the interface, and files of this machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol

from foveal.batch.jobs import FileState
from foveal.files import FileTimes, create_whole, remove_old_temporaries, write_whole


class Storage(Protocol):
    """Files by their keys. It can be pickled, and its methods may be called in any process.

    All methods raise OSError if a file cannot be read or written.
    """

    def read(self, key: str) -> bytes:
        """Return the bytes of a file."""

    def state(self, key: str) -> FileState:
        """Return the present state of a file; raise FileNotFoundError if there is none."""

    def write_new(self, key: str, data: bytes) -> FileState:
        """Create a file as a whole, and return its state; raise FileExistsError if there is one already.

        Of several writers of the same key, one succeeds: a target is claimed by writing it.
        """

    def replace(self, key: str, data: bytes, *, keep_times: bool = False) -> FileState:
        """Write a file as a whole, whether it exists or not, and return its state.

        Readers see the old file or the new one. With `keep_times` the new file has the times of the old one.
        """


class LocalStorage:
    """Files of this machine, by their paths; folders of targets are created."""

    def __init__(self) -> None:
        self._folder: Path | None = None  # folder of the last target

    def read(self, key: str) -> bytes:
        """Return the bytes of a file, see `Storage.read`."""
        return Path(key).read_bytes()

    def state(self, key: str) -> FileState:
        """Return the size of a file and the time of its last change, see `Storage.state`."""
        status = Path(key).stat()
        return FileState(key, status.st_size, str(status.st_mtime_ns))

    def write_new(self, key: str, data: bytes) -> FileState:
        """Create a file by a hard link of a temporary file, see `Storage.write_new`."""
        self._prepare_folder(Path(key).parent)
        create_whole(key, data)
        return self.state(key)

    def replace(self, key: str, data: bytes, *, keep_times: bool = False) -> FileState:
        """Rename a temporary file to the target, see `Storage.replace`."""
        target = Path(key)
        self._prepare_folder(target.parent)
        write_whole(target, data, FileTimes.of(target) if keep_times else None, remove_abandoned=False)
        return self.state(key)

    def _prepare_folder(self, folder: Path) -> None:
        """Create a folder, or remove the temporary files of killed processes; nothing if it was the last one, too."""
        if folder == self._folder:
            return
        folder.mkdir(parents=True, exist_ok=True)
        remove_old_temporaries(Path(os.path.realpath(folder)))
        self._folder = folder
