"""Saliency maps and maps of bits as pictures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from foveal.drawing.colors import brightest_value
from foveal.drawing.pictures import enlarge_pixels
from foveal.inspection import Inspection
from foveal.jpeg import BLOCK_SIDE
from foveal.photo import Photo, to_eight_bits


def map_to_grey(saliency: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Convert a map of values in [0, 1] to 8-bit grey of the same shape: 0 is black, 1 is white."""
    return np.rint(saliency * 255).astype(np.uint8)


def draw_over_photo(photo: Photo, saliency: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Draw a photo as displayed: unchanged where the map is 1, dim and grey-blue where it is 0.

    Parameters
    ----------
    photo
        Photo of (H, W) pixels as displayed.
    saliency
        Saliency map, (H, W) values in [0, 1].

    Returns
    -------
    ndarray
        (H, W, 3) uint8.
    """
    pixels = to_eight_bits(photo.upright().pixels)
    rgb = (pixels if pixels.ndim == 3 else np.repeat(pixels[:, :, np.newaxis], 3, axis=2)).astype(np.float32)
    grey = rgb @ np.array([0.299, 0.587, 0.114], dtype=np.float32)
    dim = grey[:, :, np.newaxis] * np.array([0.25, 0.3, 0.45], dtype=np.float32)
    share = np.sqrt(saliency)[:, :, np.newaxis]
    return np.asarray(np.rint(rgb * share + dim * (1 - share)), dtype=np.uint8)


def draw_bits_map(inspection: Inspection) -> NDArray[np.uint8]:
    """Draw the bits of each block of a JPEG: (H, W) uint8 of the size of its picture, black for 0 bits."""
    bits = inspection.bits_map()
    brightness = np.clip(bits / brightest_value(bits), 0, 1)
    picture = enlarge_pixels(map_to_grey(brightness.astype(np.float32)), BLOCK_SIDE)
    return picture[: inspection.frame.height, : inspection.frame.width]
