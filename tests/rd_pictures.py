"""Pictures for the metrics of `bench.rd`: flat ones, and ones that went through a JPEG."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image


def as_jpeg(pixels: np.ndarray, quality: int) -> np.ndarray:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


def flat(value: int, height: int = 176, width: int = 176) -> np.ndarray:
    return np.full((height, width, 3), value, dtype=np.uint8)
