"""Filename extensions, and atomic replacement of files: a file is written completely or not at all.

The data is written to a temporary file in the folder of the target, which is then renamed to the target. A reader sees
either the old file or the new one, and an interrupted program leaves the old one.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

# Filename extensions of the file formats.
PICTURE_ENDINGS = {
    "JPEG": {".jpg", ".jpeg", ".jfif"},
    "PNG": {".png"},
    "TIFF": {".tif", ".tiff"},
    "NPZ": {".npz"},
    "HTML": {".html"},
    "other": {".gif", ".webp", ".bmp", ".avif", ".heic", ".jxl", ".jp2", ".ppm", ".pgm", ".svg"},
}


def write_whole(path: str | os.PathLike[str], data: bytes) -> None:
    """Write a file atomically: it holds all of the data afterwards, or is left as it was.

    An existing file keeps its permissions (mode). A symbolic link stays a link, and the file that it points to is
    replaced. Devices and pipes are written to directly. On return, the data and the name of the file have been flushed
    to disk.

    Parameters
    ----------
    path
        Path of the file. Its folder must exist.
    data
        Complete content of the file.

    Raises
    ------
    OSError
        The file cannot be written or is write-protected, or no file can be created in its folder.
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        target.write_bytes(data)
        return
    if target.exists() and not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, "is write-protected")  # renaming would ignore the protection
    mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else None
    temporary, descriptor = _create_temporary(target, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if mode is not None:
            temporary.chmod(mode)
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)


def _create_temporary(target: Path, mode: int | None) -> tuple[Path, int]:
    """Create an empty file in the target's folder; return its path and descriptor.

    Its permissions are those of a new file (0o666 less the umask), further limited to `mode` if that is given.
    """
    temporary = target.with_name(f".foveal-{os.urandom(6).hex()}.tmp")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    try:
        return temporary, os.open(temporary, flags, 0o666 if mode is None else mode & 0o666)
    except OSError as error:
        raise OSError(error.errno, _explain_folder_error(error)) from error


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


def _explain_folder_error(error: OSError) -> str:
    """Return the message for an error of creating a file in a folder."""
    reason = "it takes no new files" if error.errno == errno.ENOENT else error.strerror  # ENOENT: /proc, for example
    return f"cannot write to its folder: {reason}"
