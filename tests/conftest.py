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

SHARED_DATA = Path(__file__).parents[2] / "shared" / "data"


def pillow_pixels(data: bytes) -> np.ndarray:
    """Decode with libjpeg-turbo through Pillow; its warnings and truncations are errors."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with Image.open(io.BytesIO(data)) as image:
            image.load()
            return np.asarray(image)


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
        # jpeglib shows blocks transposed to how T.81 counts rows and columns no more since 1.0
        planes = [plane for plane in (dct.Y, dct.Cb, dct.Cr) if plane is not None]
        levels = [plane.reshape(*plane.shape[:2], 64)[:, :, NATURAL_INDEX] for plane in planes]
        tables = dct.qt.reshape(-1, 64)[:, NATURAL_INDEX]
    return levels, tables


def psnr(first: np.ndarray, second: np.ndarray) -> float:
    error = np.mean((first.astype(np.float64) - second.astype(np.float64)) ** 2)
    return float(10 * np.log10(255**2 / error)) if error else float("inf")


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


@pytest.fixture
def shared_data() -> Path:
    if not SHARED_DATA.is_dir():
        pytest.skip(f"the photographs in {SHARED_DATA} are not on this machine")
    return SHARED_DATA
