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
    height, width = photo.displayed_size
    longest = max(height, width)
    return copy_of_size(photo, (max(1, round(height * side / longest)), max(1, round(width * side / longest))))


def copy_of_size(photo: Photo, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Return an RGB copy of a whole photo as `small_copy` does, of a size (h, w) in the displayed orientation.

    Where the copy is larger than the photo in either direction, the photo is interpolated to the larger side first.
    """
    stored = (size[1], size[0]) if orientation.swaps_sides(photo.orientation) else size
    pixels = photo.pixels[:, :, 0] if photo.pixels.shape[2:] == (1,) else photo.pixels
    small = _resize(pixels, stored)
    rgb = small if small.ndim == 3 else np.repeat(small[:, :, np.newaxis], 3, axis=2)
    return np.ascontiguousarray(orientation.to_displayed(rgb, photo.orientation))


def _resize(pixels: Pixels, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Resize pixels to (height, width): by the means of areas, after an enlargement where a side grows."""
    height, width = pixels.shape[:2]
    if size[0] > height or size[1] > width:
        pixels = _enlarge(pixels, (max(size[0], height), max(size[1], width)))
    return _reduce(pixels, size)


def _reduce(pixels: Pixels, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Reduce pixels to (height, width) by the means of areas."""
    small = np.empty((*size, *pixels.shape[2:]), np.uint8)
    _kernels.area_means(np.ascontiguousarray(pixels), small)
    return small


def _enlarge(pixels: Pixels, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Enlarge pixels to (height, width) by bilinear interpolation."""
    height, width = size
    return np.asarray(Image.fromarray(to_eight_bits(pixels)).resize((width, height), Image.Resampling.BILINEAR))
