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
    """Return Y, or Y, Cb and Cr, of a picture by T.871, clause 7: (components, H, W) float64, 0 to 255."""
    levels = pixels.astype(np.float64) / (np.iinfo(pixels.dtype).max / 255)
    if levels.ndim == 2 or levels.shape[2] == 1:
        return levels.reshape(1, *levels.shape[:2])
    y = levels @ [0.299, 0.587, 0.114]
    return np.stack([y, (levels[:, :, 2] - y) / 1.772 + 128, (levels[:, :, 0] - y) / 1.402 + 128])


def save_image(image: Image.Image, file_format: str, **options: Any) -> io.BytesIO:
    """Save a Pillow image in memory; return the file, to be read from its start."""
    file = io.BytesIO()
    image.save(file, file_format, **options)
    file.seek(0)
    return file
