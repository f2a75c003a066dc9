"""Reading of files however they are given, and atomic replacement: a file is written completely or not at all.

The data is written to a temporary file in the folder of the target, which is then renamed to the target. A reader sees
either the old file or the new one, and an interrupted program leaves the old one.

A program that is killed (SIGKILL, a power failure) can leave a temporary file. Its name tells which process wrote it:

    .foveal-<machine>-<process>-<random>.tmp

The next file that is written into the folder removes those whose process has ended.
"""

from __future__ import annotations

import errno
import io
import os
import re
import stat
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from foveal.errors import ParameterError
from foveal.interruption import temporary_files

# How a file is given to the public functions: its path, its bytes, or a binary file object to read it from.
Source = str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryIO

# Filename extensions of the file formats, the usual one first.
_OTHER_PHOTOS = (".webp", ".heic", ".heif", ".avif", ".bmp", ".gif", ".jp2", ".ppm", ".pgm")
PICTURE_ENDINGS = {
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "PNG": (".png",),
    "TIFF": (".tif", ".tiff"),
    "NPZ": (".npz",),
    "HTML": (".html",),
    "other": (*_OTHER_PHOTOS, ".jxl", ".svg"),
}
# Those of pictures that are read.
PHOTO_ENDINGS = frozenset((*PICTURE_ENDINGS["JPEG"], *PICTURE_ENDINGS["PNG"], *PICTURE_ENDINGS["TIFF"], *_OTHER_PHOTOS))

_TEMPORARY_NAME = re.compile(r"\.foveal-(?:(?P<machine>[0-9a-f]{8})-(?P<process>\d+)-)?[0-9a-f]{12}\.tmp")
_OLD_SECONDS = 24 * 3600  # age from which no process is still writing a temporary file
_DESCRIPTOR = re.compile(r"/dev/fd/(\d+)|/proc/(?:self|thread-self|(?P<process>\d+))/fd/(\d+)")


class FileTimes(NamedTuple):
    """Times of last access and last change of a file, in nanoseconds since 1970."""

    access_ns: int
    change_ns: int

    @classmethod
    def of(cls, path: str | os.PathLike[str]) -> FileTimes | None:
        """Return the times of a regular file; None for anything else."""
        status = _status(path)
        if status is None or not stat.S_ISREG(status.st_mode):
            return None
        return cls(status.st_atime_ns, status.st_mtime_ns)


def is_source(value: object) -> bool:
    """Return whether a value is a path, the bytes of a file or a file object, see `Source`."""
    return isinstance(value, str | os.PathLike | bytes | bytearray | memoryview) or hasattr(value, "read")


@contextmanager
def open_source(source: Source) -> Iterator[BinaryIO]:
    """Open a file however it is given, for reading from its start; what cannot seek is read into memory.

    A file object is left open.

    Raises
    ------
    ParameterError
        The source is neither a path nor bytes nor a binary file object.
    OSError
        The file cannot be read.
    """
    if isinstance(source, bytes | bytearray | memoryview):
        yield io.BytesIO(source)
    elif isinstance(source, str | os.PathLike):
        with _open_path(source) as file:
            yield file if file.seekable() else io.BytesIO(file.read())
    else:
        yield _rewind(source)


def read_source(source: Source) -> bytes:
    """Return the bytes of a file however it is given; errors are those of `open_source`."""
    if isinstance(source, bytes):
        return source
    with open_source(source) as file:
        return file.read()


def _open_path(path: str | os.PathLike[str]) -> BinaryIO:
    try:
        return Path(path).open("rb")
    except (TypeError, ValueError) as error:  # a PathLike that returns bytes; a NUL character
        raise ParameterError(f"{path!a} is not a path: {error}") from error


def _rewind(file: Any) -> BinaryIO:
    """Return a binary file object at its start, or a copy in memory of one that cannot seek."""
    if not hasattr(file, "read"):
        raise ParameterError(
            f"a file is given as a path, as its bytes or as a binary file object, not as {type(file).__name__}"
        )
    rewound: BinaryIO = file
    try:
        file.seek(0)
        first = file.read(0)
    except (AttributeError, OSError):
        first = file.read()
        rewound = io.BytesIO(first if isinstance(first, bytes) else b"")
    if not isinstance(first, bytes):
        raise ParameterError("a file object must be binary, not a text file")
    return rewound


def write_whole(
    path: str | os.PathLike[str], data: bytes, times: FileTimes | None = None, *, remove_abandoned: bool = True
) -> None:
    """Write a file atomically: it holds all of the data afterwards, or is left as it was.

    An existing file keeps its permissions (mode), and its owner and group as far as the process may set them. A
    symbolic link stays a link, and the file that it points to is replaced. Other names of the file (hard links) keep
    the old file. Devices, pipes and open descriptors (/dev/stdout, /dev/fd/N) are written to directly. On return, the
    data and the name of the file have been flushed to disk.

    Temporary files that killed processes left in the folder are removed, unless `remove_abandoned` is False.

    Parameters
    ----------
    path
        Path of the file. Its folder must exist.
    data
        Complete content of the file.
    times
        Times to give to the file; None for the current time. Devices, pipes and open descriptors get none.
    remove_abandoned
        Whether to remove the temporary files of killed processes. The whole folder is read for it, which those who
        write many files into one folder need not do for each.

    Raises
    ------
    OSError
        The file cannot be written or is write-protected, or no file can be created in its folder.
    """
    descriptor = descriptor_of(path)
    if descriptor is not None:
        with os.fdopen(os.dup(descriptor), "wb") as file:
            file.write(data)
        return
    old = _status(path)
    if old is not None and not stat.S_ISREG(old.st_mode):
        Path(path).write_bytes(data)
        return
    target = Path(os.path.realpath(path))
    if old is not None and not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, "is write-protected")  # renaming would ignore the protection
    if remove_abandoned:
        remove_old_temporaries(target.parent)
    with _temporary_file(target, data, old, times) as temporary:
        temporary.replace(target)
    _sync_folder(target.parent)


def create_whole(path: str | os.PathLike[str], data: bytes) -> None:
    """Create a file atomically: it holds all of the data afterwards, or does not exist.

    Of several processes that create the same file at the same time, one succeeds. On file systems without hard links,
    such as FAT, two that do so within the same moment may both succeed; the file is then that of one of them.

    Raises
    ------
    FileExistsError
        The path names something already, which is left as it is.
    OSError
        No file can be created in the folder.
    """
    target = Path(path)
    with _temporary_file(target, data, None, None) as temporary:
        try:
            os.link(temporary, target)
        except FileExistsError:
            raise
        except OSError:  # the file system has no hard links
            if os.path.lexists(target):
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target)) from None
            temporary.rename(target)
    _sync_folder(target.parent)


@contextmanager
def _temporary_file(target: Path, data: bytes, old: os.stat_result | None, times: FileTimes | None) -> Iterator[Path]:
    """Write data to a temporary file beside a target, for the caller to rename; remove it at the end if it is there.

    Parameters
    ----------
    target
        Path of the file that the temporary file will become.
    data
        Content of the file, which has been flushed to disk when the block begins.
    old
        Status of the file at the target, whose mode and owner are taken over; None without one.
    times
        Times to give to the file; None for the current time.
    """
    temporary = target.with_name(f".foveal-{_machine()}-{os.getpid()}-{os.urandom(6).hex()}.tmp")
    temporary_files.add(str(temporary))
    try:
        with os.fdopen(_create(temporary, old), "wb") as file:
            file.write(data)
            file.flush()
            if old is not None:
                _copy_owner(old, file.fileno())
            os.fsync(file.fileno())
        if old is not None:
            temporary.chmod(stat.S_IMODE(old.st_mode))
        if times is not None:
            os.utime(temporary, ns=(times.access_ns, times.change_ns))
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)
        temporary_files.discard(str(temporary))


def descriptor_of(path: str | os.PathLike[str]) -> int | None:
    """Return the descriptor of this process that a path such as /dev/stdout or /dev/fd/63 names; else None."""
    name = os.fspath(path)
    if name in ("/dev/stdout", "/dev/stderr"):
        return 1 if name == "/dev/stdout" else 2
    match = _DESCRIPTOR.fullmatch(name)
    if match is None or match["process"] not in (None, str(os.getpid())):
        return None
    return int(match[1] or match[3])


def other_names(path: str | os.PathLike[str]) -> int:
    """Return how many other names (hard links) the regular file at a path has."""
    status = _status(path)
    return status.st_nlink - 1 if status is not None and stat.S_ISREG(status.st_mode) else 0


def _status(path: str | os.PathLike[str]) -> os.stat_result | None:
    """Return the status of what a path leads to, or None if there is nothing."""
    try:
        return os.stat(path)  # noqa: PTH116 (a path may be a string)
    except (FileNotFoundError, NotADirectoryError):
        return None


def _create(temporary: Path, old: os.stat_result | None) -> int:
    """Create an empty file and return its descriptor.

    Its permissions are those of a new file (0o666 less the umask), further limited to those of the old file.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    try:
        return os.open(temporary, flags, 0o666 if old is None else stat.S_IMODE(old.st_mode) & 0o666)
    except OSError as error:
        raise OSError(error.errno, explain_folder_error("its folder", error)) from error


def _copy_owner(old: os.stat_result, descriptor: int) -> None:
    """Give a file the owner and the group of the old file, or only its group, as far as this process may."""
    new = os.fstat(descriptor)
    if (new.st_uid, new.st_gid) == (old.st_uid, old.st_gid) or not hasattr(os, "fchown"):
        return
    try:
        os.fchown(descriptor, old.st_uid, old.st_gid)
    except OSError:  # only root may set the owner
        with suppress(OSError):
            os.fchown(descriptor, -1, old.st_gid)


def remove_old_temporaries(folder: Path) -> None:
    """Remove the temporary files in a folder whose processes have ended; those that cannot be removed are left."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(".foveal-") and _is_abandoned(entry):
                with suppress(OSError):
                    Path(entry.path).unlink()


def _is_abandoned(entry: os.DirEntry[str]) -> bool:
    """Return whether a file is a temporary file that no process is still writing."""
    name = _TEMPORARY_NAME.fullmatch(entry.name)
    try:
        if name is None or not entry.is_file(follow_symlinks=False):
            return False
        age = time.time() - entry.stat(follow_symlinks=False).st_mtime
    except OSError:
        return False
    return age > _OLD_SECONDS or (name["machine"] == _machine() and not _is_running(int(name["process"])))


@cache
def _machine() -> str:
    """Return a code, 8 hexadecimal digits, for what gives process numbers a meaning: a machine, or a container in it.

    It changes when the machine is started again.
    """
    name = os.uname().nodename if hasattr(os, "uname") else os.environ.get("COMPUTERNAME", "")
    parts = [name]
    with suppress(OSError):  # Linux
        parts += [Path("/proc/sys/kernel/random/boot_id").read_text(), str(Path("/proc/self/ns/pid").readlink())]
    return f"{zlib.crc32(repr(parts).encode()):08x}"


def _is_running(process: int) -> bool:
    """Return whether a process of this machine is running. Where that cannot be found out, it counts as running."""
    if os.name != "posix":
        return True
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:  # it belongs to somebody else
        return True
    try:
        state = Path(f"/proc/{process}/stat").read_text(errors="replace").rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return True
    return state not in ("Z", "X")  # ended, but its parent has not asked how


def _sync_folder(folder: Path) -> None:
    """Flush a folder to disk if the system can: until then, a power failure can undo the renaming."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:  # Windows cannot open folders; a folder without read permission cannot be flushed
        return
    try:
        os.fsync(descriptor)
    except OSError:  # some network and FUSE file systems refuse it; the file itself has been flushed
        pass
    finally:
        os.close(descriptor)


def explain_folder_error(folder: str, error: OSError) -> str:
    """Return the message for an error of creating a file in a folder, which is "its folder" or "this folder"."""
    reason = "it takes no new files" if error.errno == errno.ENOENT else error.strerror  # ENOENT: /proc, for example
    return f"cannot write to {folder}: {reason}"
