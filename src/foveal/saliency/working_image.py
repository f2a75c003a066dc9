"""The small picture that a method sees: the whole photo, upright, its aspect ratio kept."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from foveal import orientation
from foveal.image import Photo, Pixels, eight_bits

_KEPT_BEFORE_RESIZING = 4  # times the working size: what is left to do for the resampling to the exact size
_BAND_ROWS = 64
_MOST_ROWS_IN_16_BITS = 256


def working_image(photo: Photo, side: int) -> NDArray[np.uint8]:
    """RGB of the whole photo as displayed, (h, w, 3) of which the longer is `side` (and no side below 1).

    Each pixel is the mean of the area that it stands for; smaller photos are enlarged.
    """
    longest = max(photo.height, photo.width)
    size = tuple(max(1, round(length * side / longest)) for length in (photo.width, photo.height))
    factor = max(1, longest // (_KEPT_BEFORE_RESIZING * side))
    box = (0, 0, photo.width, photo.height / factor)
    resampling = Image.Resampling.BOX if longest > side else Image.Resampling.BILINEAR
    rows = Image.fromarray(_row_means(photo.pixels, factor))
    small = rows.resize((size[0], size[1]), resampling, box).convert("RGB")
    return np.ascontiguousarray(orientation.to_displayed(np.asarray(small), photo.orientation))


def _row_means(pixels: Pixels, factor: int) -> NDArray[np.uint8]:
    """Means of each `factor` rows, and of what is left of them at the lower edge.

    In bands that stay in the cache; Pillow would first make a copy of 4 bytes per pixel.
    """
    if factor == 1:
        return eight_bits(pixels)
    height = factor * max(1, _BAND_ROWS // factor)
    bands = [_means_of_each(eight_bits(pixels[top : top + height]), factor) for top in range(0, len(pixels), height)]
    return np.concatenate(bands)


def _means_of_each(pixels: NDArray[np.uint8], factor: int) -> NDArray[np.uint8]:
    whole = len(pixels) // factor
    wide_enough = np.uint16 if factor <= _MOST_ROWS_IN_16_BITS else np.uint32
    sums = pixels[: whole * factor].reshape(whole, factor, *pixels.shape[1:]).sum(axis=1, dtype=wide_enough)
    sums += factor // 2
    sums //= factor
    means = np.asarray(sums, dtype=np.uint8)
    if whole * factor == len(pixels):
        return means
    rest = pixels[whole * factor :].mean(axis=0, keepdims=True)
    return np.concatenate([means, np.rint(rest).astype(np.uint8)])
