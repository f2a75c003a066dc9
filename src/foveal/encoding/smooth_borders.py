"""The least quality at which block borders do not show in the smooth areas of a photo."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from foveal import jpeg
from foveal.allocate.block_borders import extra_border_step, smooth_blocks
from foveal.allocate.masking import texture

# Largest mean step across block borders, in 8-bit levels, see `allocate.block_borders`. Photographs with large skies
# have 0.1 to 0.2 at a predicted score of 80, gradients 0.5.
_LARGEST_BORDER_STEP = 0.18
_LEAST_SMOOTH_SHARE = 0.15  # photos that are less smooth do not reach that mean


def raise_until_borders_vanish(
    pixels: jpeg.Pixels, decode_at: Callable[[int], NDArray[np.uint8]], quality: int, most: int, threads: int
) -> int:
    """Return the least quality from `quality` to `most` at which block borders of smooth areas do not show.

    By bisection: the steps across borders fall with quality, but for small fluctuations.

    Parameters
    ----------
    pixels
        (h, w, 3) RGB or (h, w) grey, C-contiguous: the photo, or a sample of it.
    decode_at
        Function from a quality to the decoded file of these pixels.
    quality, most
        First and last quality to consider; the last one is returned if borders show at all the others.
    threads
        Number of threads to use.
    """
    frame = jpeg.frame_of(pixels, "4:4:4")
    blocks = jpeg.transform(pixels, frame, threads)
    smooth = smooth_blocks(texture(blocks[0], frame.components[0], threads).high)
    if smooth.mean() < _LEAST_SMOOTH_SHARE:
        return quality
    original = _luminance(pixels)

    def shows(quality: int) -> bool:
        return extra_border_step(original, _luminance(decode_at(quality)), smooth) > _LARGEST_BORDER_STEP

    if not shows(quality):
        return quality
    while quality + 1 < most:
        middle = (quality + most) // 2
        quality, most = (middle, most) if shows(middle) else (quality, middle)
    return most


def _luminance(pixels: jpeg.Pixels) -> NDArray[np.float32]:
    """Return the luminance of pixels, (h, w) in 8-bit units, centred on 0."""
    return np.asarray(jpeg.to_planes(pixels, *pixels.shape[:2])[0])
