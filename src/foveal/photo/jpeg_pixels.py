"""Pixels of JPEG inputs, which foveal's own decoder reads."""

from __future__ import annotations

from typing import BinaryIO

import numpy as np
from PIL import Image

from foveal.jpeg import decode_file, markers

_SOI = bytes((0xFF, markers.SOI))


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
    notes.extend(decoded.notes)
    return image
