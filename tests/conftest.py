"""What the tests share: photographs, and decoders and readers written by others."""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import jpeglib
import numpy as np
import pytest
import simplejpeg
import skimage.data
from PIL import Image

from foveal.jpeg.tables import NATURAL_INDEX


def pillow_pixels(data: bytes) -> np.ndarray:
    """Decode with libjpeg-turbo through Pillow; its warnings and truncations are errors."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with Image.open(io.BytesIO(data)) as image:
            image.load()
            return np.asarray(image)


def libjpeg_pixels(data: bytes) -> np.ndarray:
    """Decode as libjpeg-turbo does: Pillow inverts CMYK, libjpeg leaves it as it is."""
    pixels = pillow_pixels(data)
    return 255 - pixels if pixels.shape[2:] == (4,) else pixels


def simplejpeg_pixels(data: bytes) -> np.ndarray:
    """Decode with libjpeg-turbo through simplejpeg, which raises on every warning of libjpeg."""
    colorspace = simplejpeg.decode_jpeg_header(data)[2]
    grey = colorspace.lower() == "gray"
    pixels = simplejpeg.decode_jpeg(data, colorspace="GRAY" if grey else "RGB", strict=True)
    return pixels[:, :, 0] if grey else pixels


def read_levels(data: bytes, folder: Path) -> tuple[list[np.ndarray], np.ndarray]:
    """Levels of each component, (rows, columns, 64) in zig-zag order, and the quantization tables, by libjpeg-turbo."""
    path = folder / "levels.jpg"
    path.write_bytes(data)
    with jpeglib.version("turbo210"):
        dct = jpeglib.read_dct(str(path))
        planes = [plane for plane in (dct.Y, dct.Cb, dct.Cr, dct.K) if plane is not None]
        levels = [plane.reshape(*plane.shape[:2], 64)[:, :, NATURAL_INDEX] for plane in planes]
        tables = dct.qt.reshape(-1, 64)[:, NATURAL_INDEX]
    return levels, tables


def marker_segments(data: bytes) -> list[tuple[int, bytes]]:
    """(second byte of the marker, payload) of every segment up to the first SOS."""
    segments, position = [], 2
    while not segments or segments[-1][0] != 0xDA:
        end = position + 2 + int.from_bytes(data[position + 2 : position + 4], "big")
        segments.append((data[position + 1], data[position + 4 : end]))
        position = end
    return segments


def noisy_gradient(height: int, width: int, channels: int | None = 3) -> np.ndarray:
    """A small picture with smooth parts, edges and texture, the same every time."""
    rng = np.random.default_rng(height * 1000 + width)
    y, x = np.mgrid[0:height, 0:width]
    base = 128 + 90 * np.sin(x / 7) * np.cos(y / 11) + rng.normal(0, 12, (height, width))
    if channels is None:
        return np.clip(base, 0, 255).astype(np.uint8)
    shifts = np.array([0, 25, -40])
    return np.clip(base[:, :, None] + shifts * np.cos(x / 5)[:, :, None], 0, 255).astype(np.uint8)


@pytest.fixture(scope="session")
def astronaut() -> np.ndarray:
    return skimage.data.astronaut()


@pytest.fixture(scope="session")
def chelsea() -> np.ndarray:
    return skimage.data.chelsea()


@pytest.fixture(scope="session")
def coffee() -> np.ndarray:
    return skimage.data.coffee()
