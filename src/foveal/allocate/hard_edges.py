"""Text and other hard edges on flat ground, where ringing is seen at once and texture hides nothing."""

from __future__ import annotations

from typing import NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

import foveal._kernels as _kernels
from foveal.jpeg import EightBitPixels, Pixels, block_grid, fill_block_rows


class Ground(NamedTuple):
    """Flat ground under a hard edge, in levels of 8-bit samples, 0 to 255.

    Parameters
    ----------
    width
        Levels within which the ground varies.
    contrast
        Least difference between the darkest and the lightest sample of a block with a hard edge.
    """

    width: int
    contrast: int


# Noise of a photo varies more than the ground of an original. That of a decoded file rings, and only edges of high
# contrast tell it from texture: with the contrast of originals, every eighth block of photographs would count.
GROUND_OF_ORIGINALS, GROUND_OF_DECODED = Ground(3, 64), Ground(16, 144)
# Shares of flat ground in a block: up to the first it is texture, from the second on a hard edge. Blocks of text have
# 0.2 to 0.9; 97 % of the blocks of photographs have less than 0.2.
_LEAST_GROUND, _MOST_GROUND = 0.2, 0.35


def hard_edges(pixels: Pixels, ground: Ground = GROUND_OF_ORIGINALS, threads: int = 1) -> NDArray[np.float32]:
    """Return how much of each 8x8-pixel block is a hard edge on flat ground: (rows, columns) float32, 0 to 1.

    Parameters
    ----------
    pixels
        (h, w, 3) RGB or (h, w) grey, C-contiguous. Pixels of 16 bits come from cameras and scanners, whose noise leaves
        no ground flat: they give 0.
    ground
        Flatness of the ground and contrast of the edges that are looked for.
    threads
        Largest number of threads; the result does not depend on it.
    """
    found = np.zeros(block_grid(*pixels.shape[:2]), dtype=np.uint8)
    if pixels.dtype == np.uint8:
        samples = cast(EightBitPixels, pixels)
        fill_block_rows(lambda strip, out: _kernels.ground_parts(strip, *ground, out), samples, found, threads)
    beyond_texture = (found / np.float32(64) - _LEAST_GROUND) / (_MOST_GROUND - _LEAST_GROUND)
    return np.clip(beyond_texture, 0, 1).astype(np.float32)
