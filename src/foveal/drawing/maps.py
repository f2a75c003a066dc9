"""Maps as pictures to look at."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from foveal.jpeg import Pixels
from foveal.photo import Photo, to_eight_bits


def map_to_grey(saliency: NDArray[np.float32]) -> NDArray[np.uint8]:
    """(H, W) map in [0, 1] as 8-bit grey."""
    return np.rint(saliency * 255).astype(np.uint8)


def draw_over_photo(photo: Photo, saliency: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return the photo as displayed: as it is where the map is 1, dim and grey-blue where it is 0.

    Parameters
    ----------
    saliency
        (H, W) of the displayed photo, in [0, 1].

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


def png_bytes(pixels: Pixels, icc_profile: bytes | None = None) -> bytes:
    """Write a PNG file of (H, W) grey of 8 or 16 bits, or (H, W, 3) RGB of 8 bits."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", icc_profile=icc_profile)
    return file.getvalue()
