"""Small RGB copies of photos, upright and of the same aspect ratio: the input of the saliency methods."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

import foveal._kernels as _kernels
from foveal.jpeg import Pixels
from foveal.photo import orientation
from foveal.photo.photo import Photo, to_eight_bits


def small_copy(photo: Photo, side: int) -> NDArray[np.uint8]:
    """Return a small RGB copy of a whole photo, in the displayed orientation.

    Parameters
    ----------
    photo
        Photo to copy, of any size.
    side
        Length of the longer side of the copy in pixels. Photos whose longer side is shorter are enlarged.

    Returns
    -------
    ndarray
        (h, w, 3) uint8. Each pixel is the mean of its area of the photo, which may begin and end within pixels of the
        photo. The shorter side is at least one pixel.
    """
    longest = max(photo.height, photo.width)
    size = (max(1, round(photo.height * side / longest)), max(1, round(photo.width * side / longest)))
    small = _enlarge(photo.pixels, size) if longest < side else _reduce(photo.pixels, size)
    rgb = small if small.ndim == 3 else np.repeat(small[:, :, np.newaxis], 3, axis=2)
    return np.ascontiguousarray(orientation.to_displayed(rgb, photo.orientation))


def _reduce(pixels: Pixels, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Reduce pixels to (height, width) by the means of areas."""
    small = np.empty((*size, *pixels.shape[2:]), np.uint8)
    _kernels.area_means(np.ascontiguousarray(pixels), small)
    return small


def _enlarge(pixels: Pixels, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Enlarge pixels to (height, width) by bilinear interpolation."""
    height, width = size
    return np.asarray(Image.fromarray(to_eight_bits(pixels)).resize((width, height), Image.Resampling.BILINEAR))
