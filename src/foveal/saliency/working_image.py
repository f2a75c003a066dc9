"""The small picture that a method sees: the whole photo, upright, its aspect ratio kept."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from foveal import orientation
from foveal.image import Photo, Pixels, eight_bits

_KEPT_BEFORE_RESIZING = 4  # times the working size: what is left to do for the resampling to the exact size
_BAND_ROWS = 64


def working_image(photo: Photo, side: int) -> NDArray[np.uint8]:
    """RGB of the whole photo as displayed, (h, w, 3) of which the longer is `side` (and no side below 1).

    Each pixel is the mean of the area that it stands for; smaller photos are enlarged.
    """
    longest = max(photo.height, photo.width)
    size = tuple(max(1, round(length * side / longest)) for length in (photo.width, photo.height))
    factor = max(1, longest // (_KEPT_BEFORE_RESIZING * side))
    box = (0, 0, photo.width / factor, photo.height / factor)
    resampling = Image.Resampling.BOX if longest > side else Image.Resampling.BILINEAR
    small = Image.fromarray(_box_means(photo.pixels, factor)).resize((size[0], size[1]), resampling, box).convert("RGB")
    return np.ascontiguousarray(orientation.to_displayed(np.asarray(small), photo.orientation))


def _box_means(pixels: Pixels, factor: int) -> NDArray[np.uint8]:
    """Means of factor x factor pixels, of what is left of them at the right and lower edge.

    In bands, because Pillow makes a copy of 4 bytes per pixel: that of a band stays in the cache.
    """
    rows = factor * max(1, _BAND_ROWS // factor)
    bands = [
        np.asarray(Image.fromarray(eight_bits(pixels[top : top + rows])).reduce(factor))
        for top in range(0, len(pixels), rows)
    ]
    return np.concatenate(bands)
