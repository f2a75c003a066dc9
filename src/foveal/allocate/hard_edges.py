"""Text and other hard edges on flat ground, where ringing is seen at once and texture hides nothing."""

from __future__ import annotations

from typing import cast

import numpy as np
from numpy.typing import NDArray

import foveal._kernels as _kernels
from foveal.jpeg import EightBitPixels, Pixels, block_grid

# Levels within which flat ground varies: noise of a photo varies more. In decoded files, ringing does, too.
GROUND_WIDTH, GROUND_WIDTH_OF_DECODED = 3, 16
# Shares of flat ground in a block: up to the first it is texture, from the second on a hard edge. Blocks of text have
# 0.2 to 0.9; 97 % of the blocks of photographs have less than 0.2.
_LEAST_GROUND, _MOST_GROUND = 0.2, 0.35


def hard_edges(pixels: Pixels, ground_width: int = GROUND_WIDTH) -> NDArray[np.float32]:
    """Return how much of each 8x8-pixel block is a hard edge on flat ground: (rows, columns) float32, 0 to 1.

    Parameters
    ----------
    pixels
        (h, w, 3) RGB or (h, w) grey, C-contiguous. Pixels of 16 bits come from cameras and scanners, whose noise leaves
        no ground flat: they give 0.
    ground_width
        Levels within which flat ground varies, 0 to 255.
    """
    found = np.zeros(block_grid(*pixels.shape[:2]), dtype=np.uint8)
    if pixels.dtype == np.uint8:
        _kernels.ground_parts(cast(EightBitPixels, pixels), ground_width, found)
    ground = (found / np.float32(64) - _LEAST_GROUND) / (_MOST_GROUND - _LEAST_GROUND)
    return np.clip(ground, 0, 1).astype(np.float32)
