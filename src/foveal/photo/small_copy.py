"""The small picture that a method sees: the whole photo, upright, its aspect ratio kept."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

import foveal._kernels as _kernels
from foveal.jpeg import Pixels
from foveal.photo import orientation
from foveal.photo.photo import Photo, to_eight_bits


def small_copy(photo: Photo, side: int) -> NDArray[np.uint8]:
    """RGB of the whole photo as displayed, (h, w, 3) of which the longer is `side` (and no side below 1).

    Each pixel is the mean of the area that it stands for, whose edges need not be those of pixels; smaller photos are
    enlarged.
    """
    longest = max(photo.height, photo.width)
    size = (max(1, round(photo.height * side / longest)), max(1, round(photo.width * side / longest)))
    small = _enlarged(photo.pixels, size) if longest < side else _area_means(photo.pixels, size)
    rgb = small if small.ndim == 3 else np.repeat(small[:, :, np.newaxis], 3, axis=2)
    return np.ascontiguousarray(orientation.to_displayed(rgb, photo.orientation))


def _area_means(pixels: Pixels, size: tuple[int, int]) -> NDArray[np.uint8]:
    small = np.empty((*size, *pixels.shape[2:]), np.uint8)
    _kernels.area_means(np.ascontiguousarray(pixels), small)
    return small


def _enlarged(pixels: Pixels, size: tuple[int, int]) -> NDArray[np.uint8]:
    height, width = size
    return np.asarray(Image.fromarray(to_eight_bits(pixels)).resize((width, height), Image.Resampling.BILINEAR))
