"""Cells of the network's maps: its output has one value for each 8x8 pixels of its input.

Cell (i, j) covers rows 8i..8i+7 and columns 8j..8j+7 of the input. If a side of the input is no multiple of 8, the last
cells extend beyond it. Class activation maps may have larger cells, see `NetworkOutput.cam_cell_side`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

CELL_SIDE = 8  # in pixels of the input: the stride of the network


def cells_to_pixels(
    cells: NDArray[np.float32], seen: tuple[int, int], size: tuple[int, int], cell_side: int = CELL_SIDE
) -> NDArray[np.float32]:
    """Resample a map of cells to the pixels of a picture, cropping the part of the cells beyond the network's input.

    Parameters
    ----------
    cells
        (ceil(h / cell_side), ceil(w / cell_side)), not negative.
    seen
        Size (h, w) of the network's input in pixels.
    size
        Size (H, W) of the result in pixels.
    cell_side
        Height and width of a cell in pixels of the network's input.

    Returns
    -------
    ndarray
        (H, W) float32: bicubic interpolation, negative values clamped to 0.
    """
    box = (0, 0, seen[1] / cell_side, seen[0] / cell_side)
    picture = Image.fromarray(np.ascontiguousarray(cells, dtype=np.float32))
    return np.asarray(picture.resize((size[1], size[0]), Image.Resampling.BICUBIC, box)).clip(min=0)
