"""Pixels of 16 bits in PNG and PPM files, which Pillow reduces to 8 bits, and PPM files of any largest value."""

from __future__ import annotations

from typing import BinaryIO

import numpy as np
from PIL import Image
from PIL.ImageFile import ImageFile

from foveal.errors import FormatError
from foveal.jpeg import Pixels
from foveal.photo.lenient import load_leniently

CUT_OFF = "broken picture: its pixels are cut off"
_SAMPLES_PER_STRIP = 1 << 20


def read_pixels(image: Image.Image, file: BinaryIO, lenient_notes: list[str] | None = None) -> Pixels | None:
    """Read the pixels of a PNG or PPM file that Pillow does not read in full; None for any other file.

    Parameters
    ----------
    image
        The file as Pillow has opened it, not yet decoded.
    file
        The file. Its position is kept if the pixels are left to Pillow.
    lenient_notes
        List to append to what is broken, where the rest is black; None to raise FormatError.
    """
    if not isinstance(image, ImageFile) or not image.tile:
        return None
    if image.format == "PNG":
        return _read_png(image, file, lenient_notes)
    return _read_ppm(image, file, lenient_notes) if image.format == "PPM" else None


def _read_png(image: ImageFile, file: BinaryIO, lenient_notes: list[str] | None) -> Pixels | None:
    """Read a 16-bit PNG of RGB, RGB and alpha, or grey and alpha; None for other PNGs.

    Pillow's decoder takes the first byte of each big-endian sample. Told that samples are little-endian, it takes the
    second one. Grey and alpha of 16 bits are four bytes like RGB and alpha of 8 bits.
    """
    layout = image.tile[0].args
    if layout == "LA;16B":
        octets = np.asarray(_reopen_png(file, "RGBA", lenient_notes))
        return octets.reshape(*octets.shape[:2], 2, 2).view(">u2")[:, :, :, 0].astype(np.uint16)
    if layout not in ("RGB;16B", "RGBA;16B"):
        return None
    pixels = np.asarray(_reopen_png(file, layout, lenient_notes)).astype(np.uint16)
    pixels <<= 8
    second_notes: list[str] | None = None if lenient_notes is None else []  # the same as of the first bytes
    pixels |= np.asarray(_reopen_png(file, layout.replace("16B", "16L"), second_notes))
    if "transparency" not in image.info:
        return pixels
    is_clear = np.all(pixels == np.array(image.info["transparency"]), axis=2, keepdims=True)
    return np.concatenate([pixels, np.where(is_clear, 0, 0xFFFF).astype(np.uint16)], axis=2)


def _reopen_png(file: BinaryIO, layout: str, lenient_notes: list[str] | None) -> Image.Image:
    """Open a PNG again, to be decoded as if its samples had another layout of the same size."""
    file.seek(0)
    image = Image.open(file, formats=["PNG"])
    assert isinstance(image, ImageFile)  # noqa: S101 (what Image.open returns)
    image.tile = [tile._replace(args=layout) for tile in image.tile]
    if lenient_notes is None:
        image.load()
    else:
        load_leniently(image, lenient_notes)
    return image


def _read_ppm(image: ImageFile, file: BinaryIO, lenient_notes: list[str] | None) -> Pixels | None:
    """Read a binary PGM or PPM whose largest value is not 255, scaled to 8 or 16 bits; None for other files.

    Raises
    ------
    FormatError
        The file ends early.
    """
    tile = image.tile[0]
    if tile.codec_name == "raw" and tile.args == "I;16B":
        layout, peak = "I", 0xFFFF
    elif tile.codec_name == "ppm" and isinstance(tile.args, tuple):
        layout, peak = tile.args
    else:
        return None
    shape = (image.height, image.width, 3) if layout == "RGB" else (image.height, image.width)
    stored, scaled = (np.dtype(">u2"), np.dtype(np.uint16)) if peak > 0xFF else (np.dtype(np.uint8), np.dtype(np.uint8))
    file.seek(tile.offset)
    count = int(np.prod(shape))
    data = file.read(count * stored.itemsize)
    if len(data) < count * stored.itemsize:
        if lenient_notes is None:
            raise FormatError(CUT_OFF)
        lenient_notes.append(f"{CUT_OFF}; what could not be read is black")
        data = data.ljust(count * stored.itemsize, b"\0")
    values = np.frombuffer(data, dtype=stored, count=count)
    full = int(np.iinfo(scaled).max)
    pixels: Pixels = np.empty(count, dtype=scaled)
    for first in range(0, count, _SAMPLES_PER_STRIP):
        strip = np.minimum(values[first : first + _SAMPLES_PER_STRIP].astype(np.uint32), peak)
        pixels[first : first + _SAMPLES_PER_STRIP] = (strip * full + peak // 2) // peak
    return pixels.reshape(shape)
