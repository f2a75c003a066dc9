"""Reading photos and writing results: "-" is standard input or output, and a file is written whole or not at all."""

from __future__ import annotations

import io
import os
import stat
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from foveal import image
from foveal.errors import FormatError, FovealError

STANDARD = "-"


def display_name(path: str) -> str:
    """Name of an input or output in messages; what the terminal cannot show is escaped."""
    return "standard input" if path == STANDARD else click.format_filename(path)


def read_photo(path: str, background: str | None) -> image.Photo:
    """Open a photo; errors name the file.

    Raises
    ------
    FovealError, OSError
        As `foveal.open`.
    """
    source = io.BytesIO(sys.stdin.buffer.read()) if path == STANDARD else path
    try:
        if isinstance(source, io.BytesIO) and not source.getbuffer().nbytes:
            raise FormatError("nothing to read")
        return image.open(source, background=background)
    except FovealError as error:
        raise type(error)(f"{display_name(path)}: {error}") from error


def read_map(path: str) -> NDArray[np.float32]:
    """Read a saliency map from a picture: (h, w) float32 in [0, 1], 1 where it is white."""
    photo = read_photo(path, "black").upright()
    if photo.pixels.ndim != 2:
        photo = replace(photo, pixels=np.asarray(Image.fromarray(image.eight_bits(photo.pixels)).convert("L")))
    return (photo.pixels / np.float32(np.iinfo(photo.pixels.dtype).max)).astype(np.float32)


def write_bytes(path: str, data: bytes) -> None:
    """Write a file atomically: a temporary file beside it, with the mode that the file has or would get, is renamed.

    Symbolic links are followed, so that the link stays; pipes and devices are written to directly.
    """
    if path == STANDARD:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        target.write_bytes(data)
        return
    mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else 0o666 & ~_umask()
    descriptor, temporary = tempfile.mkstemp(prefix=f".{target.name[:100]}.", suffix=".tmp", dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(mode)
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _umask() -> int:
    current = os.umask(0)  # there is no way to read it without setting it
    os.umask(current)
    return current


def refuse_terminal(path: str) -> None:
    """Stop before picture data goes to a terminal."""
    if path == STANDARD and sys.stdout.isatty():
        raise click.UsageError("will not write a picture to the terminal; give -o FILE or redirect the output")


def refuse_input_as_output(source: str, target: str) -> None:
    """Stop before the input is overwritten."""
    if STANDARD in (source, target) or not Path(target).exists() or not Path(source).exists():
        return
    if Path(source).samefile(target):
        raise click.UsageError(f"{display_name(target)} is the input; give another name with -o")
