"""Storage by URL (fsspec): `s3://`, `sftp://` and `memory://`, and local files by path or `file://`.

A target is claimed by the write itself: `write_new` creates the whole file, or fails because it exists. Two workers
that make the same target at the same time leave one file, and one of them is told. Each protocol has its own way:

    file      a temporary file, and a hard link to it             fails where the name exists
    s3        PUT with If-None-Match: *                           412 Precondition Failed
    sftp      a temporary file, and SSH_FXP_RENAME                fails where the name exists (OpenSSH's server)
    memory    a file opened with mode "x"                         of one process, for tests

Other protocols of fsspec check whether a file exists, and then write it. That is no claim, so they are refused.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

from foveal.batch.jobs import FileState
from foveal.batch.storage import LocalStorage
from foveal.errors import MissingExtraError, ParameterError

CLAIMING_PROTOCOLS = ("file", "s3", "sftp", "memory")
_VERSION_FIELDS = ("ETag", "etag", "mtime", "created")  # fields of fsspec's `info`, the one to prefer first
_CONFLICT_ATTEMPTS = 5  # of a conditional write that S3 answers by 409 Conflict
_CONFLICT_SECONDS = 0.2  # before the second attempt; each further one waits twice as long

Returned = TypeVar("Returned")


def protocol_of(key: str) -> str:
    """Return the protocol of a URL, in lower case; "file" for a path."""
    scheme, separator, _ = key.partition("://")
    return scheme.lower() if separator and scheme else "file"


def join_key(folder: str, name: str) -> str:
    """Return the key of a name below a folder, or the name itself if it is a URL or an absolute path."""
    if "://" in name or name.startswith("/"):
        return name
    return f"{folder.rstrip('/')}/{name}" if folder.rstrip("/") else f"/{name}"


def check_protocol(key: str) -> None:
    """Raise ParameterError if the protocol of a URL offers no way to create a file that must not exist yet."""
    protocol = protocol_of(key)
    if protocol not in CLAIMING_PROTOCOLS:
        known = ", ".join(f"{name}://" for name in CLAIMING_PROTOCOLS)
        raise ParameterError(f"{key}: {protocol}:// cannot create a file exclusively; storage can be {known} or a path")


class UrlStorage:
    """Files at URLs and paths; see `Storage` for the methods.

    It can be pickled: each process opens connections of its own. Errors are those of `LocalStorage`: OSError and its
    subclasses, FileExistsError where `write_new` finds a file.

    Raises
    ------
    MissingExtraError
        A method is called with a URL, and fsspec or its package for the protocol is not installed.
    """

    def __init__(self) -> None:
        self._local = LocalStorage()

    def read(self, key: str) -> bytes:
        """Return the bytes of a file."""
        if protocol_of(key) == "file":
            return self._local.read(_local_path(key))
        system, path = open_system(key)
        return bytes(_named(key, lambda: system.cat_file(path)))

    def state(self, key: str) -> FileState:
        """Return the size of a file, and a text that changes with its content."""
        if protocol_of(key) == "file":
            return _with_key(key, self._local.state(_local_path(key)))
        system, path = open_system(key)
        details = _named(key, lambda: system.info(path))
        if details.get("type") == "directory":
            raise IsADirectoryError(f"{key}: is a folder")
        return FileState(key, int(details.get("size") or 0), _version_text(details))

    def exists(self, key: str) -> bool:
        """Return whether there is a file."""
        try:
            self.state(key)
        except (FileNotFoundError, NotADirectoryError):
            return False
        return True

    def write_new(self, key: str, data: bytes) -> FileState:
        """Create a file with all of the data; raise FileExistsError, and change nothing, if it exists."""
        check_protocol(key)
        protocol = protocol_of(key)
        if protocol == "file":
            return _with_key(key, self._local.write_new(_local_path(key), data))
        system, path = open_system(key)
        if protocol == "sftp":
            _named(key, lambda: _rename_into_place(system, path, data, system.ftp.rename))
            return self.state(key)
        answer = _named(key, lambda: _retry_conflicts(lambda: system.pipe_file(path, data, mode="create")))
        return self._written(key, data, answer)

    def replace(self, key: str, data: bytes, *, keep_times: bool = False) -> FileState:
        """Write a file that may exist. A reader sees the old file or the new one. Only local files can keep times."""
        check_protocol(key)
        protocol = protocol_of(key)
        if protocol == "file":
            return _with_key(key, self._local.replace(_local_path(key), data, keep_times=keep_times))
        system, path = open_system(key)
        if protocol == "sftp":
            _named(key, lambda: _rename_into_place(system, path, data, system.ftp.posix_rename))
            return self.state(key)
        return self._written(key, data, _named(key, lambda: system.pipe_file(path, data)))

    def remove(self, key: str) -> None:
        """Remove a file; do nothing if there is none."""
        system, path = open_system(key)
        try:
            _named(key, lambda: system.rm_file(path))
        except FileNotFoundError:
            return

    def names(self, folder: str) -> Iterator[str]:
        """Yield the names of the files directly in a folder, in no particular order; none if there is no folder."""
        system, path = open_system(folder)
        system.invalidate_cache()
        try:
            entries = _named(folder, lambda: system.ls(path, detail=True))
        except FileNotFoundError:
            return
        for entry in entries:
            if entry["type"] != "directory":
                yield str(entry["name"]).rpartition("/")[2]

    def _written(self, key: str, data: bytes, answer: object) -> FileState:
        """Return the state of a file that was just written; S3 has told it in its answer to the PUT."""
        if isinstance(answer, dict) and "ETag" in answer:
            return FileState(key, len(data), _version_text(answer))
        return self.state(key)


def open_system(key: str) -> tuple[Any, str]:
    """Return the fsspec file system of a URL or path, and the path in it."""
    protocol = protocol_of(key)
    try:
        import fsspec  # imported late: the extra `ray`

        # One request for each file of S3; s3fs would ask for its size first, and read it in pieces.
        options = {"max_concurrency": 1} if protocol == "s3" else {}
        system, path = fsspec.core.url_to_fs(key, **options)
    except ImportError as error:
        raise MissingExtraError(
            f"{key}: {protocol}:// needs fsspec and its package for the protocol ({error}): pip install 'foveal[ray]'"
        ) from error
    except ValueError as error:  # a protocol that fsspec does not know
        raise ParameterError(f"{key}: {error}") from error
    return system, path


def _local_path(key: str) -> str:
    return unquote(urlsplit(key).path) if key.lower().startswith("file://") else key


def _with_key(key: str, state: FileState) -> FileState:
    return FileState(key, state.size_bytes, state.version)


def _named(key: str, action: Callable[[], Returned]) -> Returned:
    """Run an action on a file, and turn its errors into OSErrors of one line that name the file."""
    try:
        return action()
    except (MissingExtraError, ParameterError):
        raise
    except OSError as error:
        message = " ".join(str(error.strerror or error).split()) or type(error).__name__
        named = f"{key}: {message}"
        raise (type(error)(named) if error.errno is None else type(error)(error.errno, named)) from error
    except Exception as error:  # botocore and paramiko have exceptions of their own
        raise OSError(f"{key}: {' '.join(str(error).split()) or type(error).__name__}") from error


def _version_text(details: dict[str, Any]) -> str:
    """Return the ETag or the time of the last change in the details that fsspec's `info` gives."""
    for name in _VERSION_FIELDS:
        value = details.get(name)
        if isinstance(value, datetime):
            return str(round(value.timestamp() * 1e9))
        if value is not None:
            return str(value).strip('"')
    return ""


def _retry_conflicts(write: Callable[[], Returned]) -> Returned:
    """Repeat a conditional write that S3 refuses by 409 Conflict, because another one of the key is in progress."""
    wait_seconds = _CONFLICT_SECONDS
    for _ in range(_CONFLICT_ATTEMPTS - 1):
        try:
            return write()
        except OSError as error:
            if isinstance(error, FileExistsError) or _error_code(error) not in ("ConditionalRequestConflict", "409"):
                raise
        time.sleep(wait_seconds)
        wait_seconds *= 2
    return write()


def _error_code(error: OSError) -> str | None:
    """Return the code of the error of S3 that s3fs has turned into an OSError."""
    response = getattr(error.__cause__, "response", None) or {}
    code: str | None = response.get("Error", {}).get("Code")
    return code


def _rename_into_place(system: Any, path: str, data: bytes, rename: Callable[[str, str], None]) -> None:
    """Write a temporary file on an SFTP server and rename it to a path; remove it if that fails.

    OpenSSH's server implements the plain rename as link and unlink, so it fails where the path exists. The answer to
    that is a general failure (SSH_FX_FAILURE).
    """
    folder = path.rpartition("/")[0]
    temporary = f"{folder}/.foveal-{os.urandom(6).hex()}.tmp"
    system.makedirs(folder or "/", exist_ok=True)
    try:
        with system.ftp.open(temporary, "wbx") as file:
            file.set_pipelined(True)
            file.write(data)
        rename(temporary, path)
    except OSError as error:
        _remove_quietly(system, temporary)
        if rename == system.ftp.rename and system.exists(path):
            raise FileExistsError("exists") from error
        raise


def _remove_quietly(system: Any, path: str) -> None:
    try:
        system.ftp.remove(path)
    except OSError:  # it was never created
        return
