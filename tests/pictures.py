"""Test pictures: one with smooth parts, edges and texture, and pictures of every kind for property tests."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image


@st.composite
def pictures(draw: st.DrawFn, dtypes: tuple[str, ...] = ("uint8", "uint16")) -> np.ndarray:
    """Pixels of every valid shape and dtype: noise, flat, ramps, black and white, and arbitrary values."""
    dtype = np.dtype(draw(st.sampled_from(dtypes)))
    height, width = draw(st.integers(1, 40)), draw(st.integers(1, 40))
    channels = draw(st.sampled_from([None, 1, 3]))
    shape = (height, width) if channels is None else (height, width, channels)
    kind = draw(st.sampled_from(["any", "noise", "flat", "ramp", "extremes"]))
    full = np.iinfo(dtype).max
    if kind == "any":
        return draw(hnp.arrays(dtype, shape))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    if kind == "noise":
        return rng.integers(0, full, shape, endpoint=True).astype(dtype)
    if kind == "flat":
        return np.full(shape, rng.integers(0, full, endpoint=True), dtype)
    if kind == "extremes":
        return rng.choice(np.array([0, full], dtype), shape)
    return (
        (np.linspace(0, full, height * width).reshape(height, width, 1) * np.ones(channels or 1))
        .astype(dtype)
        .reshape(shape)
    )


def noisy_gradient(height: int, width: int, channels: int | None = 3) -> np.ndarray:
    """Return a small picture with smooth parts, edges and texture, the same at every call."""
    rng = np.random.default_rng(height * 1000 + width)
    y, x = np.mgrid[0:height, 0:width]
    base = 128 + 90 * np.sin(x / 7) * np.cos(y / 11) + rng.normal(0, 12, (height, width))
    if channels is None:
        return np.clip(base, 0, 255).astype(np.uint8)
    shifts = np.array([0, 25, -40])
    return np.clip(base[:, :, None] + shifts * np.cos(x / 5)[:, :, None], 0, 255).astype(np.uint8)


def original_planes(pixels: np.ndarray) -> np.ndarray:
    """Return the Y, or the Y, Cb and Cr, that a picture has before its DCT: (components, H, W) float64, 0 to 255.

    By T.871, clause 7. Colours of 8 bits are rounded to whole levels by the fixed-point formula of libjpeg's jccolor.c:
    Y's halves up, those of Cb and Cr down.
    """
    levels = pixels.astype(np.float64) / (np.iinfo(pixels.dtype).max / 255)
    if levels.ndim == 2 or levels.shape[2] == 1:
        return levels.reshape(1, *levels.shape[:2])
    if pixels.dtype == np.uint8:
        red, green, blue = np.moveaxis(pixels.astype(np.int64), 2, 0)
        half, centre = 1 << 15, 128 << 16
        y = 19595 * red + 38470 * green + 7471 * blue + half
        cb = -11059 * red - 21709 * green + 32768 * blue + centre + half - 1
        cr = 32768 * red - 27439 * green - 5329 * blue + centre + half - 1
        return (np.stack([y, cb, cr]) >> 16).astype(np.float64)
    y = levels @ [0.299, 0.587, 0.114]
    return np.stack([y, (levels[:, :, 2] - y) / 1.772 + 128, (levels[:, :, 0] - y) / 1.402 + 128])


def save_image(image: Image.Image, file_format: str, **options: Any) -> io.BytesIO:
    """Save a Pillow image in memory; return the file, to be read from its start."""
    file = io.BytesIO()
    image.save(file, file_format, **options)
    file.seek(0)
    return file
