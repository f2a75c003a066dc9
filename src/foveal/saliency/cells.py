"""Maps of cells: the network gives one value for 8x8 pixels of the picture that it sees.

Cell (i, j) stands for rows 8i..8i+7 and columns 8j..8j+7; where 8 does not divide a side, the last cells reach beyond
the picture.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

CELL_SIDE = 8  # pixels: the stride of the network


def cells_to_pixels(cells: NDArray[np.float32], seen: tuple[int, int], size: tuple[int, int]) -> NDArray[np.float32]:
    """Stretch a map of cells over a picture, which it covers exactly: what reaches beyond is cut off.

    Parameters
    ----------
    cells
        (ceil(h / 8), ceil(w / 8)), not negative.
    seen
        (h, w): the size that the network saw.
    size
        (H, W) of the picture.

    Returns
    -------
    ndarray
        (H, W) float32, not negative (bicubic).
    """
    box = (0, 0, seen[1] / CELL_SIDE, seen[0] / CELL_SIDE)
    picture = Image.fromarray(np.ascontiguousarray(cells, dtype=np.float32))
    return np.asarray(picture.resize((size[1], size[0]), Image.Resampling.BICUBIC, box)).clip(min=0)
