"""Reading of JPEGs, and of broken pictures as far as they can be read."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageFile

from foveal.errors import ParameterError
from foveal.jpeg import application_data, decode_file, markers

_SOI = bytes((0xFF, markers.SOI))


@contextmanager
def seekable(source: str | os.PathLike[str] | BinaryIO) -> Iterator[BinaryIO]:
    """Open a path, or return a file object at its start; one that cannot seek is read into memory.

    Raises
    ------
    ParameterError
        The file object is not binary.
    """
    if isinstance(source, str | os.PathLike):
        with Path(source).open("rb") as file:
            yield file if file.seekable() else io.BytesIO(file.read())
        return
    try:
        source.seek(0)
        first = source.read(0)
    except (AttributeError, OSError):
        first = source.read()
        source = io.BytesIO(first if isinstance(first, bytes) else b"")
    if not isinstance(first, bytes):
        raise ParameterError("open takes a path or a binary file, not a text file")
    yield source


def read_if_jpeg(file: BinaryIO) -> bytes | None:
    """Return the bytes of a file that begins like a JPEG, else None."""
    file.seek(0)
    is_jpeg = file.read(len(_SOI)) == _SOI
    file.seek(0)
    return file.read() if is_jpeg else None


def decode_image(data: bytes, max_pixels: int, notes: list[str], *, strict: bool) -> Image.Image:
    """Decode a JPEG to the image that Pillow would return; append faults that are no errors to `notes`.

    Raises
    ------
    FormatError, UnsupportedError, LimitError
        The errors of `foveal.decode`.
    """
    decoded = decode_file(data, strict=strict, max_pixels=max_pixels)
    pixels = decoded.pixels
    if pixels.shape[2:] == (4,):  # Pillow inverts every CMYK file
        inks = np.subtract(255, pixels)
        image = Image.frombytes("CMYK", (pixels.shape[1], pixels.shape[0]), inks.tobytes())
    else:
        image = Image.fromarray(pixels)
    profile = application_data.icc_profile(decoded.segments)
    if profile:
        image.info["icc_profile"] = profile
    notes.extend(decoded.notes)
    return image


def load_leniently(image: Image.Image, notes: list[str]) -> None:
    """Load the pixels of a file that Pillow has opened, as far as possible; append what is wrong to `notes`.

    Raises
    ------
    OSError
        No pixels can be read, or the file cannot be read.
    """
    # Pillow's LOAD_TRUNCATED_IMAGES would do the same, but for all threads. The rows that were decoded before an error
    # are in the image; without tiles, it counts as loaded.
    try:
        image.load()
    except Exception as error:
        if not isinstance(image, ImageFile.ImageFile) or (isinstance(error, OSError) and error.errno is not None):
            raise
        image.tile = []
        image.load()
        with suppress(Exception):  # what follows the pixels may be missing
            image.load_end()
        notes.append(f"broken picture: {error}; what could not be read is black")
