"""Other encoders, and files of a given size from them."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from foveal.jpeg import annex_k_tables


def decoded(data: bytes) -> NDArray[np.uint8]:
    """Decode with libjpeg-turbo, as a viewer would: (H, W, 3) uint8."""
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"))


def libjpeg_turbo(pixels: NDArray[np.uint8], quality: float) -> bytes:
    """libjpeg-turbo at its best: 4:2:0, progressive, optimised Huffman tables; quality may be a fraction."""
    file = io.BytesIO()
    tables = [table.natural.tolist() for table in annex_k_tables(quality)]
    Image.fromarray(pixels).save(file, "JPEG", qtables=tables, subsampling=2, progressive=True, optimize=True)
    return file.getvalue()


def smallest_above(encode: Callable[[float], bytes], size_bytes: int) -> tuple[bytes, float]:
    """Return the smallest file of at least `size_bytes` that an encoder makes, and its quality.

    For peers: a comparison at equal bytes then never favours what they are compared with.
    """
    _, quality = _around(encode, size_bytes)
    return encode(quality), quality


def largest_below(encode: Callable[[float], bytes], size_bytes: int) -> bytes:
    """Return the largest file of at most `size_bytes` that an encoder makes: for what is compared with a peer."""
    quality, _ = _around(encode, size_bytes)
    return encode(quality)


def _around(encode: Callable[[float], bytes], size_bytes: int) -> tuple[float, float]:
    """Two neighbouring qualities, by bisection: the file of the first is smaller than `size_bytes`, the second's not.

    Where even quality 0 is too large, or 100 too small, both are next to that end.
    """
    low, high = 0.0, 100.0
    for _ in range(16):
        middle = (low + high) / 2
        low, high = (middle, high) if len(encode(middle)) < size_bytes else (low, middle)
    return low, high
