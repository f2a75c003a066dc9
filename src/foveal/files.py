"""Files that are written whole or not at all.

The data goes to a temporary file beside the target, which then takes the target's name: a reader sees the old file or
the new one, and an interrupted program leaves the old one.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

# Endings by which programs recognise a kind of file.
PICTURE_ENDINGS = {
    "JPEG": {".jpg", ".jpeg", ".jfif"},
    "PNG": {".png"},
    "TIFF": {".tif", ".tiff"},
    "NPZ": {".npz"},
    "HTML": {".html"},
    "other": {".gif", ".webp", ".bmp", ".avif", ".heic", ".jxl", ".jp2", ".ppm", ".pgm", ".svg"},
}


def write_whole(path: str | os.PathLike[str], data: bytes) -> None:
    """Write a file so that it holds all of the data, or is left as it was.

    An existing file keeps its mode; a symbolic link stays a link, and the file that it points to is replaced. Devices
    and pipes are written to directly. When this returns, the file and its name are on the disk.

    Raises
    ------
    OSError
        The file cannot be written, is write-protected, or its folder takes no new files.
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        target.write_bytes(data)
        return
    if target.exists() and not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, "is write-protected")  # renaming would get around that
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
    """Create an empty file beside the target, no more open than that is; return its path and its descriptor."""
    temporary = target.with_name(f".foveal-{os.urandom(6).hex()}.tmp")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    try:
        return temporary, os.open(temporary, flags, 0o666 if mode is None else mode & 0o666)
    except OSError as error:
        raise OSError(error.errno, _explain_folder_error(error)) from error


def _sync_folder(folder: Path) -> None:
    """Flush a folder to the disk, where the system can: a new name is lost with the power until then."""
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
    """Say why no file can be created in a folder."""
    reason = "it takes no new files" if error.errno == errno.ENOENT else error.strerror  # as /proc says
    return f"cannot write to its folder: {reason}"
